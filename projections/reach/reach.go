// Package reach answers "how many different children did we reach?", now or as of any earlier position of the log.
package reach

import (
	"context"
	_ "embed"
	"encoding/binary"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections"
)

//go:embed tables.sql
var tables string

//go:embed keys.sql
var keys string

// Projection is the read model.
type Projection struct{}

func (Projection) Name() string   { return "reach" }
func (Projection) Tables() string { return tables }
func (Projection) Keys() string   { return keys }

// Concerns leaves the national log out: it tells of no child.
func (Projection) Concerns(log events.Municipality) bool { return log != events.National }

func (Projection) Batch(events.Municipality) projections.Batch { return newFold() }

// numberOf is an entry's own number as PostgreSQL's bigint.
func numberOf(e events.Entry) int64 { return int64(binary.BigEndian.Uint64(e.Number[:])) }

type sessionRow struct {
	programme events.ProgrammeID
	form      events.Form
	heldOn    events.Day
	provider  events.Municipality
}

type voidKey struct {
	session events.ID
	why     string
}

type markKey struct {
	session, child events.ID
	target         events.Target
	home           events.Municipality
}

type countKey struct {
	session events.ID
	number  int64
}

type countRow struct {
	target   events.Target
	home     events.Municipality
	children events.Count
}

type guestsRow struct {
	form     events.Form
	heldOn   events.Day
	children events.Count
}

type entryKey struct {
	child  events.ID
	number int64
}

func keyOf(e events.Entry) entryKey { return entryKey{e.Of, numberOf(e)} }

// restated is the ordinal of a correction: what it corrects says where it stands.
const restated = -1

type referralRow struct {
	channel    events.Channel
	receivedOn events.Day
	ordinal    int
}

type enrolmentRow struct {
	programme  events.ProgrammeID
	form       events.Form
	enrolledOn events.Day
	home       events.Municipality
}

type endingRow struct {
	enrolment int64
	endedOn   events.Day
}

type statement struct {
	child      events.ID
	birthYear  events.Year
	gender     events.Gender
	correction events.Position
}

type erasure struct {
	child events.ID
	since events.Position
}

type span struct{ first, last events.Position }

type moment struct {
	recorded time.Time
	position events.Position
}

// fold is what a stretch of the log adds to the read model.
type fold struct {
	sessions   *projections.Versions[events.ID, sessionRow]
	voids      *projections.Versions[voidKey, struct{}]
	marks      *projections.Versions[markKey, struct{}]
	counts     *projections.Versions[countKey, countRow]
	guests     *projections.Versions[events.ID, guestsRow]
	referrals  *projections.Versions[entryKey, referralRow]
	enrolments *projections.Versions[entryKey, enrolmentRow]
	endings    *projections.Versions[entryKey, endingRow]
	merges     *projections.Versions[events.ID, events.ID]
	programmes *projections.Versions[events.ProgrammeID, events.Target]

	received   map[entryKey]int // the ordinals of the referrals that were received in the message at receivedAt
	receivedAt events.Position

	erasures *projections.Facts[erasure]
	stated   *projections.Firsts[statement]
	spans    *projections.Facts[span]
	moments  []moment
}

// Add folds one message.
func (f *fold) Add(r events.Recorded) error {
	f.noteTime(r)
	for i, e := range r.Events {
		switch e := e.(type) {
		case events.ProgrammeRegistered:
			f.programme(e, r.Position)
		case events.ProgrammeAmended:
			f.programme(events.ProgrammeRegistered(e), r.Position)
		case events.GuestsCounted:
			f.guests.Open(e.Report, guestsRow{e.Form, e.HeldOn, e.Children}, r.Position)
		case events.GuestCountWithdrawn:
			f.guests.Close(e.Report, r.Position)
		case events.CaseMerged:
			f.merges.Open(e.Merge.Of, e.Into, r.Position)
		case events.MergeUndone:
			f.merges.Close(e.Merge.Of, r.Position)
		case events.IdentityErased:
			f.erasures.Add(erasure{e.Child, r.Position})
		default:
			f.addSession(e, r.Position)
			f.addCase(e, r.Position, i)
		}
	}
	return nil
}

func (f *fold) noteTime(r events.Recorded) {
	if first, last := r.Span(); last > first && r.Part == r.Parts {
		f.spans.Add(span{first, last})
	}
	if n := len(f.moments); n == 0 || r.Time.After(f.moments[n-1].recorded) {
		f.moments = append(f.moments, moment{r.Time, r.Position})
	}
}

func (f *fold) programme(e events.ProgrammeRegistered, at events.Position) {
	f.programmes.Replace(e.Programme, e.Target, at)
}

func (f *fold) addSession(e events.Event, at events.Position) {
	switch e := e.(type) {
	case events.SessionOpened:
		f.sessions.Open(e.Session, sessionRow{e.Programme, e.Form, e.HeldOn, e.ProviderMunicipality}, at)
	case events.SessionCorrected:
		f.sessions.Replace(e.Session, sessionRow{e.Programme, e.Form, e.HeldOn, e.ProviderMunicipality}, at)
	case events.SessionCancelled:
		f.voids.Open(voidKey{e.Session, "cancelled"}, struct{}{}, at)
	case events.SessionReinstated:
		f.voids.Close(voidKey{e.Session, "cancelled"}, at)
	case events.SessionWithdrawn:
		f.voids.Open(voidKey{e.Session, "withdrawn"}, struct{}{}, at)
	case events.SessionAttended:
		f.attended(e, at)
	}
}

func (f *fold) attended(e events.SessionAttended, at events.Position) {
	for _, m := range e.Removed {
		if m.Role != events.AdultRole {
			f.marks.Close(markOf(e, m), at)
		}
	}
	for _, m := range e.Attended {
		if m.Role != events.AdultRole {
			f.marks.Open(markOf(e, m), struct{}{}, at)
			f.state(statement{m.Child, m.BirthYear, m.Gender, 0}, at)
		}
	}
	for _, m := range e.Absent {
		if m.Role != events.AdultRole {
			f.state(statement{m.Child, m.BirthYear, m.Gender, 0}, at)
		}
	}
	for _, c := range e.Counted {
		if c.Role == events.AdultRole {
			continue
		}
		key := countKey{e.Session, numberOf(c.Entry)}
		f.counts.Close(key, at)
		if c.Count > 0 {
			f.counts.Open(key, countRow{targetOf(c.Target), homeOf(c.HomeMunicipality, e.HomeMunicipality), c.Count}, at)
		}
	}
}

func markOf(e events.SessionAttended, m events.Mark) markKey {
	return markKey{e.Session, m.Child, targetOf(m.Target), homeOf(m.HomeMunicipality, e.HomeMunicipality)}
}

func targetOf(t events.Target) events.Target {
	if t == "" {
		return events.SubstanceAbuse
	}
	return t
}

func homeOf(own, shared events.Municipality) events.Municipality {
	if own == "" {
		return shared
	}
	return own
}

// receive notes that a referral is received in the message that is folded.
func (f *fold) receive(key entryKey, at events.Position, ordinal int) {
	if f.receivedAt != at {
		clear(f.received)
		f.receivedAt = at
	}
	f.received[key] = ordinal
}

func (f *fold) addCase(e events.Event, at events.Position, ordinal int) {
	switch e := e.(type) {
	case events.ReferralReceived:
		f.receive(keyOf(e.Referral), at, ordinal)
		f.referrals.Open(keyOf(e.Referral), referralRow{e.Channel, e.ReceivedOn, ordinal}, at)
		f.state(statement{e.Referral.Of, e.BirthYear, e.Gender, 0}, at)
	case events.ReferralCorrected:
		row := referralRow{e.Channel, e.ReceivedOn, restated}
		if received, here := f.received[keyOf(e.Referral)]; here && f.receivedAt == at { // no row says that it was received
			row.ordinal = received
		}
		f.referrals.Replace(keyOf(e.Referral), row, at)
	case events.ChildEnrolled:
		f.enrolments.Open(keyOf(e.Enrolment), enrolmentRow{e.Programme, e.Form, e.EnrolledOn, e.HomeMunicipality}, at)
		f.state(statement{e.Enrolment.Of, e.BirthYear, e.Gender, 0}, at)
	case events.EnrolmentCorrected:
		f.enrolments.Replace(keyOf(e.Enrolment), enrolmentRow{e.Programme, e.Form, e.EnrolledOn, e.HomeMunicipality}, at)
	case events.EnrolmentEnded:
		f.ended(e.End, e.Enrolment, e.EndedOn, at)
	case events.EnrolmentEndMatched:
		f.ended(e.End, e.Enrolment, e.EndedOn, at)
	case events.EntryWithdrawn:
		f.referrals.Close(keyOf(e.Entry), at)
		f.enrolments.Close(keyOf(e.Entry), at)
		f.endings.Close(keyOf(e.Entry), at)
	case events.ChildDescribed:
		f.state(statement{e.Child, e.BirthYear, e.Gender, at}, at)
	}
}

// ended notes which enrolment an end ends; while it waits for one it changes nothing.
func (f *fold) ended(end, enrolment events.Entry, on events.Day, at events.Position) {
	f.endings.Close(keyOf(end), at)
	if !enrolment.IsZero() {
		f.endings.Open(keyOf(end), endingRow{numberOf(enrolment), on}, at)
	}
}

// state notes the first time something was said of a child. That a gender is unknown says nothing unless it is a correction.
func (f *fold) state(s statement, at events.Position) {
	if s.gender == events.UnknownGender && s.correction == 0 {
		s.gender = ""
	}
	if s.birthYear == 0 && s.gender == "" {
		return
	}
	f.stated.Add(s, at)
}

// Apply writes what was folded.
func (f *fold) Apply(ctx context.Context, tx pgx.Tx) error {
	for _, apply := range []func(context.Context, pgx.Tx) error{
		f.sessions.Apply, f.voids.Apply, f.marks.Apply, f.counts.Apply, f.guests.Apply, f.referrals.Apply,
		f.enrolments.Apply, f.endings.Apply, f.merges.Apply, f.erasures.Apply, f.programmes.Apply, f.spans.Apply, f.stated.Apply, f.applyMoments,
	} {
		if err := apply(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// applyMoments keeps the times that are later than every one before: those of two processes may cross (events/decisions/0007).
func (f *fold) applyMoments(ctx context.Context, tx pgx.Tx) error {
	times, positions := make([]time.Time, len(f.moments)), make([]int64, len(f.moments))
	for i, m := range f.moments {
		times[i], positions[i] = m.recorded, int64(m.position)
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO moment (recorded, position)
		SELECT * FROM unnest($1::timestamptz[], $2::bigint[]) AS m(recorded, position)
		WHERE m.recorded > coalesce((SELECT max(recorded) FROM moment), '-infinity')`, times, positions)
	f.moments = nil
	return err
}
