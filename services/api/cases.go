package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/reach"
	"rackvidd/projections/register"
	"rackvidd/services/access"
	"rackvidd/services/casework"
	"rackvidd/services/vault"
)

type readCase struct {
	Municipal
	AtLeast
	Child events.ID                 `path:"child"`
	AsOf  optional[time.Time]       `query:"as_of" doc:"as it was known at that time"`
	At    optional[events.Position] `query:"position" doc:"as it was known at that position"`
}

// CaseReferral is a referral and how it ended.
type CaseReferral struct {
	ID         events.Entry       `json:"id"`
	Channel    events.Channel     `json:"channel"`
	ReceivedOn events.Day         `json:"received_on"`
	Programme  events.ProgrammeID `json:"programme,omitempty"`
	Form       events.Form        `json:"form,omitempty"`
	Closing    *events.Entry      `json:"closing,omitempty"`
	Outcome    events.Outcome     `json:"outcome,omitempty"`
	ClosedOn   events.Day         `json:"closed_on,omitzero"`
	Recorded   RowMark            `json:"recorded"`
	Closed     *RowMark           `json:"closing_recorded,omitempty"`
}

// CaseEnrolment is a place and how it ended.
type CaseEnrolment struct {
	ID               events.Entry        `json:"id"`
	Programme        events.ProgrammeID  `json:"programme"`
	Form             events.Form         `json:"form"`
	EnrolledOn       events.Day          `json:"enrolled_on"`
	HomeMunicipality events.Municipality `json:"home_municipality,omitempty"`
	Target           events.Target       `json:"target,omitempty" doc:"why the child takes part; none: because of substance abuse"`
	End              *events.Entry       `json:"end,omitempty"`
	Reason           events.EndReason    `json:"reason,omitempty"`
	EndedOn          events.Day          `json:"ended_on,omitzero"`
	Recorded         RowMark             `json:"recorded"`
	Ended            *RowMark            `json:"end_recorded,omitempty"`
}

// CaseSession is an occasion that was held and in whose register the child is.
type CaseSession struct {
	SessionInfo
	casework.Row
	Recorded RowMark `json:"recorded"`
}

// StruckRow is what a register said of the child and no longer says, and what the account is called that struck it.
type StruckRow struct {
	casework.StruckRow
	Name      string `json:"struck_name,omitempty"`
	Elsewhere bool   `json:"elsewhere,omitempty" doc:"the session is one of another programme now, which is not the caller's"`
}

// StruckLine is a line that no longer holds, and what the account is called that struck it.
type StruckLine struct {
	casework.Struck
	Name string `json:"struck_name,omitempty"`
}

// CaseMerge is that the child was found to be another one, and who took that back.
type CaseMerge struct {
	ID       events.Entry `json:"id"`
	Child    events.ID    `json:"child" doc:"the other one"`
	Kept     bool         `json:"kept" doc:"the other one counts as this child; otherwise this child counts as the other one"`
	Recorded RowMark      `json:"recorded"`
	Undone   *RowMark     `json:"undone,omitempty" doc:"none: it stands"`
}

// Case is one child's history.
type Case struct {
	LabelledChild
	BirthYear  events.Year     `json:"birth_year,omitempty" doc:"as figures have it, by what the caller may see; none: nobody has stated it there"`
	Erased     *time.Time      `json:"erased,omitempty" doc:"when it is erased at the earliest who the child is, unless something more is recorded of it before; left out where it is not listed for that, and of the past"`
	MergedInto *events.ID      `json:"merged_into,omitempty"`
	Absorbed   []AbsorbedChild `json:"absorbed,omitempty"`
	Referrals  []CaseReferral  `json:"referrals" nullable:"false"`
	Enrolments []CaseEnrolment `json:"enrolments" nullable:"false"`
	Sessions   []CaseSession   `json:"sessions" nullable:"false"`
	Groups     []ChildsGroup   `json:"groups,omitempty" doc:"the open ones that the child is in now; left out of the past"`
	Merges     []CaseMerge     `json:"merges" nullable:"false" doc:"those that were undone as well, in the order in which they were made"`
	Struck     []StruckLine    `json:"struck,omitempty" doc:"referrals, places and their ends as they were recorded before they were corrected or withdrawn"`
	StruckRows []StruckRow     `json:"struck_rows,omitempty" doc:"what registers said of the child before it was marked otherwise, or the session was corrected, cancelled or withdrawn, in the order in which it was struck"`
	Shown
}

// AbsorbedChild was merged into this one.
type AbsorbedChild struct {
	Child events.ID    `json:"child"`
	Merge events.Entry `json:"merge"`
}

func (s *server) caseRoutes() {
	add(s, route{id: "read-case", method: http.MethodGet, path: "cases/{child}", permission: access.ReadCase, summary: "Read one child's history, now or as it was known at a time; the read is logged"}, s.readCase)
}

func (s *server) readCase(ctx context.Context, c caller, in *readCase) (*DatedAnswer[Case], error) {
	if err := s.mustKnow(ctx, c, in.Child); err != nil {
		return nil, err
	}
	with, err := s.worksWith(ctx, c, in.Child, in.MinPosition)
	if err := cmp.Or(err, with.hidden()); err != nil {
		return nil, err
	}
	if err := s.Vault.NoteRead(ctx, c.municipality, in.Child, c.Account, "case"); err != nil {
		return nil, err
	}
	if _, err := s.reached(ctx, c.municipality, in.MinPosition); err != nil {
		return nil, err
	}
	until, err := s.knownUntil(ctx, c, question{m: c.municipality, asOf: in.AsOf, at: in.At})
	if err != nil {
		return nil, err
	}
	body, at, err := s.caseAs(ctx, c, in.Child, until, in.MinPosition)
	if err != nil {
		return nil, err
	}
	if until.Given {
		at.Position = until.Value
		if at.Recorded, err = s.recordedAt(ctx, c.municipality, at.Position); err != nil {
			return nil, err
		}
	}
	body.Position = at.Position
	if !until.Given {
		if err := s.due(ctx, c, &body); err != nil {
			return nil, err
		}
		if body.Groups, err = s.openGroupsOf(ctx, c, in.Child, at.Position); err != nil {
			return nil, err
		}
	}
	if err := s.signCase(ctx, &body); err != nil {
		return nil, err
	}
	if with == own {
		labels, err := s.labels(ctx, c, []events.ID{in.Child})
		if err != nil {
			return nil, err
		}
		body.Label = labels[in.Child]
	}
	return showModel(at.Position, at.Recorded, body), nil
}

// openGroupsOf are the groups of the caller's programmes that still meet and that the child is in.
func (s *server) openGroupsOf(ctx context.Context, c caller, child events.ID, at events.Position) ([]ChildsGroup, error) {
	list, err := s.groupsOf(ctx, c, child, at)
	return slices.DeleteFunc(list, func(g ChildsGroup) bool { return g.Left != nil || g.ClosedOn != 0 || c.allow(g.Programme) != nil }), err
}

// due says when who the child is is erased, as the case stands now; it is left out where the vault is too old to tell, for whoever
// works with the child does not wait for that.
func (s *server) due(ctx context.Context, c caller, body *Case) error {
	at, err := s.Retention.Due(ctx, c.municipality, body.Child, body.Position)
	if errors.Is(err, vault.ErrTooOld) {
		s.Logger.Warn("when a child is erased cannot be told", "municipality", c.municipality, "err", err)
		return nil
	}
	if !at.IsZero() {
		body.Erased = &at
	}
	return err
}

// caseAs is a child's history as a caller sees it, and where the read model stood. It is not signed yet, nor labelled.
func (s *server) caseAs(ctx context.Context, c caller, child events.ID, until asKnown, least events.Position) (body Case, at projections.Checkpoint, err error) {
	name := events.CaseOf(child)
	recorded, err := s.Log.Streams(ctx, c.municipality, name)
	if err != nil {
		return body, at, err
	}
	one, messages := casework.NewCase(), until.of(recorded[name])
	events.Fold(one, messages)
	body = caseOf(child, one, casework.RecordersIn(messages))
	body.Merges = mergesOf(casework.MergesIn(messages))
	apart := least // an undone merge counts at once
	if n := len(recorded[name]); n > 0 && len(body.Merges) > 0 {
		_, last := recorded[name][n-1].Span()
		apart = max(least, last)
	}
	if err := s.keepOwnMerges(ctx, c, &body, apart); err != nil {
		return body, at, err
	}
	var born casework.Born
	born.Hear(child, messages, c.worksIn)
	for _, one := range casework.StruckIn(messages) {
		if c.allow(one.Programme) == nil {
			body.Struck = append(body.Struck, StruckLine{Struck: one})
		}
	}
	body.Referrals = slices.DeleteFunc(body.Referrals, func(r CaseReferral) bool { return c.allow(r.Programme) != nil })
	body.Enrolments = slices.DeleteFunc(body.Enrolments, func(n CaseEnrolment) bool { return c.allow(n.Programme) != nil })
	sessions, at, err := s.sessionsWith(ctx, c, child, max(least, until.Value))
	if err != nil {
		return body, at, err
	}
	body.attend(c, sessions, until, &born)
	body.BirthYear, err = s.bornAs(ctx, c, child, until, at.Position, apart, born)
	return body, at, err
}

// bornAs is the year of birth as figures have it: with what was said of the child's other records, as far as the caller sees it: of the
// past, of those that are the caller's as it is known at the position apart at least.
func (s *server) bornAs(ctx context.Context, c caller, child events.ID, until asKnown, least, apart events.Position, born casework.Born) (events.Year, error) {
	k, err := s.kin(ctx, c, until, child)
	if err != nil {
		return 0, err
	}
	same := k.same(child)
	if until.Given { // who was the same then may be of others alone now
		strange, err := s.strange(ctx, c, same, apart)
		if err != nil {
			return 0, err
		}
		same = slices.DeleteFunc(same, func(other events.ID) bool { return strange[other] })
	}
	for _, other := range same {
		born.Hear(other, k.recorded[other], c.worksIn)
		sessions, _, err := s.sessionsWith(ctx, c, other, least)
		if err != nil {
			return 0, err
		}
		of := Case{LabelledChild: LabelledChild{Child: other}}
		of.attend(c, sessions, until, &born)
	}
	return born.Year, nil
}

// asKnown is the position up to which something is shown, if it is of the past.
type asKnown struct{ optional[events.Position] }

// of are the messages that were recorded by then.
func (u asKnown) of(messages []events.Recorded) []events.Recorded {
	if !u.Given {
		return messages
	}
	return slices.DeleteFunc(slices.Clone(messages), func(r events.Recorded) bool { return r.Position > u.Value })
}

// knownUntil is the position that a time or a position stands for, as figures are asked for: never inside a decision.
func (s *server) knownUntil(ctx context.Context, c caller, q question) (u asKnown, err error) {
	if err := s.hasBeen(ctx, q.m, q.asOf, q.at); err != nil {
		return u, err
	}
	u.Given = q.ofThePast()
	least, err := s.leastFor(ctx, q)
	if err != nil || !u.Given || least == 0 {
		return u, err
	}
	_, err = s.view(ctx, reach.Projection{}.Name(), c, least, func(tx pgx.Tx, shown events.Position) (err error) {
		u.Value, err = q.position(ctx, tx, shown)
		return err
	})
	return u, err
}

// signCase says what those are called who recorded its lines.
func (s *server) signCase(ctx context.Context, body *Case) error {
	var marks []*RowMark
	for i := range body.Referrals {
		marks = append(marks, &body.Referrals[i].Recorded, body.Referrals[i].Closed)
	}
	for i := range body.Enrolments {
		marks = append(marks, &body.Enrolments[i].Recorded, body.Enrolments[i].Ended)
	}
	for i := range body.Sessions {
		marks = append(marks, &body.Sessions[i].Recorded)
	}
	for i := range body.Merges {
		marks = append(marks, &body.Merges[i].Recorded, body.Merges[i].Undone)
	}
	marks = slices.DeleteFunc(marks, func(m *RowMark) bool { return m == nil })
	var accounts []events.ID
	for _, m := range marks {
		accounts = append(accounts, m.Account)
	}
	for _, one := range body.Struck {
		accounts = append(accounts, one.By)
	}
	for _, one := range body.StruckRows {
		accounts = append(accounts, one.By)
	}
	names, err := s.Access.Names(ctx, accounts)
	for _, m := range marks {
		m.Name = names[m.Account]
	}
	for i := range body.Struck {
		body.Struck[i].Name = names[body.Struck[i].By]
	}
	for i := range body.StruckRows {
		body.StruckRows[i].Name = names[body.StruckRows[i].By]
	}
	return err
}

// mustKnow hides a child that the vault does not know, because there is none or because nobody is to know any more.
func (s *server) mustKnow(ctx context.Context, c caller, child events.ID) error {
	known, err := s.Vault.Known(ctx, c.municipality, []events.ID{child})
	if err == nil && len(known) == 0 {
		return notFound("child")
	}
	return err
}

func caseOf(child events.ID, one *casework.Case, recorders map[events.Entry]casework.Marker) Case {
	mark := func(line events.Entry) RowMark { return RowMark{Account: recorders[line].By, At: recorders[line].At} }
	body := Case{LabelledChild: LabelledChild{Child: child}, Referrals: []CaseReferral{}, Enrolments: []CaseEnrolment{}}
	if !one.MergedInto.IsZero() {
		body.MergedInto = &one.MergedInto
	}
	for absorbed, merge := range one.Absorbed {
		body.Absorbed = append(body.Absorbed, AbsorbedChild{absorbed, merge})
	}
	for id, r := range one.Referrals {
		line := CaseReferral{ID: id, Channel: r.Channel, ReceivedOn: r.ReceivedOn, Programme: r.Programme, Form: r.Form, Recorded: mark(id)}
		for closing, closed := range one.Closings {
			if closed.Referral == id {
				line.Closing, line.Outcome, line.ClosedOn, line.Closed = &closing, closed.Outcome, closed.ClosedOn, new(mark(closing))
			}
		}
		body.Referrals = append(body.Referrals, line)
	}
	for id, n := range one.Enrolments {
		line := CaseEnrolment{ID: id, Programme: n.Programme, Form: n.Form, EnrolledOn: n.EnrolledOn, HomeMunicipality: n.HomeMunicipality, Target: n.Target, Recorded: mark(id)}
		for end, ended := range one.Ends {
			if ended.Enrolment == id {
				line.End, line.Reason, line.EndedOn, line.Ended = &end, ended.Reason, ended.EndedOn, new(mark(end))
			}
		}
		body.Enrolments = append(body.Enrolments, line)
	}
	body.sort()
	return body
}

func (b *Case) sort() {
	slices.SortFunc(b.Absorbed, func(a, o AbsorbedChild) int { return strings.Compare(a.Merge.String(), o.Merge.String()) })
	slices.SortFunc(b.Referrals, func(a, o CaseReferral) int {
		return cmp.Or(int(a.ReceivedOn-o.ReceivedOn), strings.Compare(a.ID.String(), o.ID.String()))
	})
	slices.SortFunc(b.Enrolments, func(a, o CaseEnrolment) int {
		return cmp.Or(int(a.EnrolledOn-o.EnrolledOn), strings.Compare(a.ID.String(), o.ID.String()))
	})
}

// sessionsWith reads the sessions in whose registers a child stood, each as the log has it, and where the read model stood that
// finds them.
func (s *server) sessionsWith(ctx context.Context, c caller, child events.ID, least events.Position) (list [][]events.Recorded, at projections.Checkpoint, err error) {
	var ids []events.ID
	at, err = s.registers(ctx, c, least, func(tx pgx.Tx, at events.Position) (err error) {
		ids, err = register.SessionsOf(ctx, tx, child, at)
		return err
	})
	if err != nil || len(ids) == 0 {
		return nil, at, err
	}
	names := make([]events.Stream, len(ids))
	for i, id := range ids {
		names[i] = events.SessionOf(id)
	}
	recorded, err := s.Log.Streams(ctx, c.municipality, names...)
	for _, name := range names {
		list = append(list, recorded[name])
	}
	return list, at, err
}

// attend fills in the child's sessions in the caller's programmes, and what registers said of it before, with what was said there
// of when the child was born.
func (b *Case) attend(c caller, sessions [][]events.Recorded, until asKnown, born *casework.Born) {
	b.Sessions = []CaseSession{}
	for _, recorded := range sessions {
		b.addSession(c, until.of(recorded), born)
	}
	slices.SortFunc(b.Sessions, func(a, o CaseSession) int {
		return cmp.Or(int(a.HeldOn-o.HeldOn), strings.Compare(a.ID.String(), o.ID.String()))
	})
	slices.SortStableFunc(b.StruckRows, func(a, o StruckRow) int { return a.At.Compare(o.At) })
}

// addSession adds what was recorded of a session: the child's row as it stands, and as it stood.
func (b *Case) addSession(c caller, recorded []events.Recorded, born *casework.Born) {
	one := casework.NewSession()
	events.Fold(one, recorded)
	elsewhere := c.allow(workedIn(one)) != nil
	if elsewhere && one.ProviderMunicipality != "" { // nor are its rows' programmes this municipality's, whatever they are called
		return
	}
	for _, row := range casework.StruckRowsIn(b.Child, c.municipality, recorded) {
		if c.allow(row.Programme) == nil {
			b.StruckRows = append(b.StruckRows, StruckRow{StruckRow: row, Elsewhere: elsewhere})
		}
	}
	if elsewhere {
		return
	}
	born.Hear(b.Child, recorded, c.worksIn)
	if row := one.RowOf(b.Child, "").In(c.municipality); row.State != casework.RowNone && !one.Withdrawn && !one.Cancelled {
		marker := casework.MarkersIn(recorded)[b.Child]
		b.Sessions = append(b.Sessions, CaseSession{sessionInfo(one), row, RowMark{Account: marker.By, At: marker.At}})
	}
}
