package api

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/casework"
)

// ahead is how far a telephone's clock may be ahead of ours.
const ahead = 5 * time.Minute

type oneSession struct {
	Municipal
	AtLeast
	ID events.ID `path:"id"`
}

// RegisterRow is one child in a register: marked, or expected because it is in the group.
type RegisterRow struct {
	LabelledChild
	State  casework.RowState   `json:"state"`
	Target events.Target       `json:"target,omitempty" doc:"other: there for another reason"`
	Home   events.Municipality `json:"home_municipality,omitempty" doc:"where the register says that the child lives; left out: as its enrolment says, or here"`
	Member bool                `json:"member" doc:"whether the child is in the session's group"`
	Erased bool                `json:"erased,omitempty" doc:"nobody can tell any more who the child is: it has a row where it is marked, and nowhere else"`
	Marked *RowMark            `json:"marked,omitempty" doc:"left out where the row never was marked"`
}

// RowMark is who set a row last, and when.
type RowMark struct {
	Account events.ID `json:"account"`
	Name    string    `json:"name,omitempty" doc:"what the account is called; left out where there is no such account here"`
	At      time.Time `json:"at" doc:"of a row when it was tapped, also where it was sent later"`
}

// Session is an occasion with its register.
type Session struct {
	SessionInfo
	Withdrawn    bool            `json:"withdrawn"`
	HasRegister  bool            `json:"has_register"`
	Version      events.Position `json:"version"`
	Register     []RegisterRow   `json:"register" nullable:"false"`
	Unidentified int             `json:"unidentified"`
	Adults       int             `json:"adults"`

	UnidentifiedAt events.Instant `json:"unidentified_at,omitzero" doc:"when they were counted, or the register was stated whole; left out: neither was done"`
	AdultsAt       events.Instant `json:"adults_at,omitzero" doc:"of adults the same"`
	UnidentifiedBy *events.ID     `json:"unidentified_by,omitempty" doc:"the account that did; left out: neither was done"`
	AdultsBy       *events.ID     `json:"adults_by,omitempty" doc:"of adults the same"`
	Shown
}

type stateRegister struct {
	OnSession
	Body struct {
		Attended     []events.ID  `json:"attended,omitempty" maxItems:"500"`
		Absent       []events.ID  `json:"absent,omitempty" maxItems:"500"`
		Other        []events.ID  `json:"other,omitempty" maxItems:"500" doc:"there, but for another reason than substance abuse in the family"`
		Homes        []ChildHome  `json:"homes,omitempty" maxItems:"500" doc:"of those there or absent who live elsewhere; who is left out stays as the register had it"`
		Unidentified events.Count `json:"unidentified,omitempty"`
		Adults       events.Count `json:"adults,omitempty"`
	}
}

// ChildHome is where a child lives.
type ChildHome struct {
	Child            events.ID           `json:"child"`
	HomeMunicipality events.Municipality `json:"home_municipality"`
}

type countHeads struct {
	OnSession
	Body struct {
		Unidentified *events.Count   `json:"unidentified,omitempty" doc:"children whom nobody identified; left out: as they are"`
		Adults       *events.Count   `json:"adults,omitempty" doc:"left out: as they are"`
		At           *events.Instant `json:"at,omitempty" doc:"when they were counted; now when it is left out, and after the last count in any case"`
	}
}

type markRow struct {
	OnSession
	Child events.ID `path:"child"`
	Body  struct {
		State  casework.RowState   `json:"state,omitempty" doc:"left out: as it is, and of the row it is said why the child is there or where it lives"`
		At     *events.Instant     `json:"at,omitempty" doc:"when it was marked; now when it is left out"`
		Target events.Target       `json:"target,omitempty" enum:"substance_abuse,other" doc:"other: there for another reason than substance abuse in the family; left out: as the register had it. It has no time: said last, it stands"`
		Home   events.Municipality `json:"home_municipality,omitempty" doc:"where the child lives; left out: as the register had it"`
	}
}

func (s *server) registerRoutes() {
	to := access.WriteSessions
	add(s, route{id: "get-session", method: http.MethodGet, path: "sessions/{id}", permission: access.ReadSessions, summary: "Read an occasion and its register, with labels"}, s.getSession)
	add(s, route{id: "state-register", method: http.MethodPut, path: "sessions/{id}/register", permission: to, summary: "State the whole register"}, s.stateRegister)
	add(s, route{
		id: "mark-row", method: http.MethodPut, path: "sessions/{id}/register/{child}", permission: to,
		summary: "Mark one child; repeatable, in any order, the latest time stands",
	}, s.markRow)
	add(s, route{
		id: "count-heads", method: http.MethodPut, path: "sessions/{id}/counts", permission: to,
		summary: "Count those whom nobody identified, children and adults each by themselves; repeatable, in any order, the latest time stands",
	}, s.countHeads)
}

func (s *server) stateRegister(ctx context.Context, c caller, in *stateRegister) (*Answer[SessionReceipt], error) {
	b := in.Body
	children := slices.Concat(namedIn(b.Attended, "attended"), namedIn(b.Absent, "absent"), namedIn(b.Other, "other"))
	known, kinOf := s.asked(ctx, c, children...), s.kinOf(ctx, c, children)
	return s.changeSession(ctx, c, in.OnSession, about(events.SessionOf(in.ID)), func(one *casework.Session) ([]events.Event, error) {
		if err := s.held(one); err != nil {
			return nil, err
		}
		k, err := kinOf()
		if err != nil {
			return nil, err
		}
		same := k.roots
		_, refused := s.newlyNamed(ctx, c, one.Programme, children, marked(one, same)) // while the vault is asked
		persons, err := known(marked(one, same))
		if err := cmp.Or(err, refused); err != nil {
			return nil, err
		}
		homes := make(map[events.ID]events.Municipality)
		for i, h := range b.Homes {
			if !slices.ContainsFunc(children, func(n named) bool { return n.child == h.Child }) {
				return nil, invalid("not_in_register", fmt.Sprintf("body.homes[%d].child", i), "is in none of the register's lists; say whether the child was there, or leave its home out")
			}
			root := same.Of(h.Child)
			if said, twice := homes[root]; twice && said != h.HomeMunicipality {
				return nil, invalid("child_named_twice", fmt.Sprintf("body.homes[%d].home_municipality", i), "is another one than the child was said to live in above; name the child once")
			}
			homes[root] = h.HomeMunicipality
		}
		people := func(children []events.ID) (list []casework.Person) {
			for i, child := range children {
				another := func(named events.ID) bool { return named != child && same.Of(named) == same.Of(child) }
				if !slices.ContainsFunc(children[:i], another) { // of a merge whoever writes a register may not have heard
					list = append(list, one.As(casework.Person{Child: child, BirthYear: persons[child].BirthYear, Home: homes[same.Of(child)]}, same, k.erased))
				}
			}
			return list
		}
		r := casework.Register{
			Attended: people(b.Attended), Other: people(b.Other), Absent: people(b.Absent),
			Unidentified: b.Unidentified, Adults: b.Adults,
		}
		return one.State(r, events.InstantOf(s.now()))
	}, b)
}

// marked tells who is in a register, by whichever record of the child.
func marked(one *casework.Session, same casework.Roots) func(events.ID) bool {
	return func(child events.ID) bool { return one.RowOf(one.RowFor(child, same), "").State != casework.RowNone }
}

// held refuses the register of an occasion that lies ahead.
func (s *server) held(one *casework.Session) error {
	if err := one.Held(); err != nil {
		return err
	}
	if one.HeldOn > s.today() {
		return invalid("future_date", "path.id", "the session is after today and nobody can have been there; correct its day first")
	}
	return nil
}

func (s *server) markRow(ctx context.Context, c caller, in *markRow) (*Answer[SessionReceipt], error) {
	b := in.Body
	if b.State == "" && b.Target == "" && b.Home == "" {
		return nil, invalid("missing", "body.state", "is missing; say whether the child was there, or why or where it lives")
	}
	at, err := s.moment(b.At)
	if err != nil {
		return nil, err
	}
	child := named{in.Child, "path.child"}
	known, kinOf := s.asked(ctx, c, child), s.kinOf(ctx, c, []named{child})
	return s.changeSession(ctx, c, in.OnSession, about(events.SessionOf(in.ID)), func(one *casework.Session) ([]events.Event, error) {
		if err := cmp.Or(s.held(one), s.come(at, one)); err != nil {
			return nil, err
		}
		k, err := kinOf()
		if err != nil {
			return nil, err
		}
		same := k.roots
		programme, refused := s.newlyNamed(ctx, c, one.Programme, []named{child}, marked(one, same)) // while the vault is asked
		persons, err := known(marked(one, same))
		if err := cmp.Or(err, refused); err != nil {
			return nil, err
		}
		person := one.As(casework.Person{Child: in.Child, BirthYear: persons[in.Child].BirthYear, Target: b.Target, Home: b.Home}, same, k.erased)
		if programme != nil && programme.Target == events.MixedTarget {
			person.Placed = casework.Placed(one.Programme, k.cases(in.Child)...)
		}
		if b.At == nil {
			at = one.After(person, at)
		}
		return one.MarkRow(person, b.State, at)
	}, in.Child, b)
}

// moment is when somebody marked or counted: now, where it was not said.
func (s *server) moment(at *events.Instant) (events.Instant, error) {
	switch {
	case at == nil:
		return events.InstantOf(s.now()), nil
	case *at <= 0: // a row that nobody marked is as old
		return 0, invalid("past_time", "body.at", "is before 1970; set the clock of the device, or leave it out")
	}
	return *at, nil
}

// come refuses a moment that has not come. Right after what the register has is none of those: a tap on what was dated by a clock
// that was ahead is dated after it, and would be refused until then.
func (s *server) come(at events.Instant, one *casework.Session) error {
	const waited = 1000 // taps that waited are dated a millisecond apart
	if at.Time().After(s.now().Add(ahead)) && at > one.DatedAt()+waited {
		return invalid("future_time", "body.at", "is in the future; set the clock of the device, or leave it out")
	}
	return nil
}

func (s *server) countHeads(ctx context.Context, c caller, in *countHeads) (*Answer[SessionReceipt], error) {
	at, err := s.moment(in.Body.At)
	if err != nil {
		return nil, err
	}
	return s.changeSession(ctx, c, in.OnSession, about(events.SessionOf(in.ID)), func(one *casework.Session) ([]events.Event, error) {
		if err := cmp.Or(s.held(one), s.come(at, one)); err != nil {
			return nil, err
		}
		heads := casework.Heads{Children: in.Body.Unidentified, Adults: in.Body.Adults}
		if in.Body.At == nil {
			return one.CountHeadsNow(heads, at)
		}
		return one.CountHeads(heads, at)
	}, in.Body)
}

func (s *server) getSession(ctx context.Context, c caller, in *oneSession) (*Answer[Session], error) {
	at, err := s.reached(ctx, c.municipality, in.MinPosition)
	if err != nil {
		return nil, err
	}
	name := events.SessionOf(in.ID)
	recorded, err := s.Log.Streams(ctx, c.municipality, name)
	if err != nil {
		return nil, err
	}
	one := casework.NewSession()
	version := events.Fold(one, recorded[name])
	if err := c.ownsSession(one); err != nil {
		return nil, err
	}
	body := Session{SessionInfo: sessionInfo(one), Withdrawn: one.Withdrawn, HasRegister: one.HasRegister, Version: version, Shown: Shown{at}}
	if body.Register, err = s.rows(ctx, c, one); err != nil {
		return nil, err
	}
	named := make([]LabelledChild, len(body.Register))
	for i, row := range body.Register {
		named[i] = row.LabelledChild
	}
	if err := s.noteAlone(ctx, c, named...); err != nil {
		return nil, err
	}
	if err := s.sign(ctx, body.Register, casework.MarkersIn(recorded[name])); err != nil {
		return nil, err
	}
	body.Unidentified, body.UnidentifiedAt = int(one.Heads(events.ChildRole)), one.CountedAt(events.ChildRole)
	body.Adults, body.AdultsAt = int(one.Heads(events.AdultRole)), one.CountedAt(events.AdultRole)
	for role, m := range casework.CountersIn(recorded[name]) {
		if role == events.AdultRole {
			body.AdultsBy = &m.By
		} else {
			body.UnidentifiedBy = &m.By
		}
	}
	answer := show(at, body)
	answer.ETag = etag(body.Version)
	return answer, nil
}

// sign says of each row who set it.
func (s *server) sign(ctx context.Context, rows []RegisterRow, markers map[events.ID]casework.Marker) error {
	var accounts []events.ID
	for _, m := range markers {
		accounts = append(accounts, m.By)
	}
	names, err := s.Access.Names(ctx, accounts)
	for i, row := range rows {
		if m, ok := markers[row.Child]; ok {
			rows[i].Marked = &RowMark{m.By, names[m.By], m.At}
		}
	}
	return err
}

func sessionInfo(one *casework.Session) SessionInfo {
	info := SessionInfo{ID: one.Session, Programme: one.Programme, Form: one.Form, HeldOn: one.HeldOn, Cancelled: one.Cancelled, ProviderMunicipality: one.ProviderMunicipality}
	if !one.Group.IsZero() {
		info.Group = &one.Group
	}
	return info
}

// rows are the group's members and whoever else was marked: one row of a child, whatever records it has.
func (s *server) rows(ctx context.Context, c caller, one *casework.Session) ([]RegisterRow, error) {
	members, err := s.expected(ctx, c, one)
	if err != nil {
		return nil, err
	}
	records := slices.Clone(members)
	for key := range one.Marks {
		if key.Role == events.ChildRole {
			records = append(records, key.Child)
		}
	}
	k, err := s.kin(ctx, c, asKnown{}, records...)
	if err != nil {
		return nil, err
	}
	expected := k.roots.Children(members...)
	ordered, err := s.labelled(ctx, c, k.named(k.roots.Children(records...)))
	list := []RegisterRow{}
	for _, child := range ordered {
		record, known := k.known(child.Child)
		if one.RowOf(one.RowFor(child.Child, k.roots), events.ChildRole).State != casework.RowNone {
			record = one.RowFor(child.Child, k.roots)
		} else if !known {
			continue // of whom nobody can say any more whether it was there
		}
		said := one.RowOf(record, events.ChildRole)
		list = append(list, RegisterRow{
			LabelledChild: LabelledChild{record, child.Label}, State: said.State, Target: said.Target, Home: said.Home,
			Member: slices.Contains(expected, k.roots.Of(child.Child)), Erased: !known,
		})
	}
	return list, err
}

// expected are the members of a session's group. One that was corrected to another programme than its group's expects nobody:
// whoever works there knows nothing of the group.
func (s *server) expected(ctx context.Context, c caller, one *casework.Session) ([]events.ID, error) {
	if one.Group.IsZero() {
		return nil, nil
	}
	name := events.GroupOf(one.Group)
	loaded, _, err := s.streams(ctx, c, 0, name)
	if err != nil {
		return nil, err
	}
	group := state[*casework.Group](loaded[name])
	if group.Programme != one.Programme {
		return nil, nil
	}
	return members(group), nil
}
