// Package caseload answers "what is there to do?": programmes, groups, occasions, who waits and for how long.
package caseload

import (
	"context"
	_ "embed"
	"encoding/binary"
	"encoding/json"

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

func (Projection) Name() string   { return "caseload" }
func (Projection) Tables() string { return tables }
func (Projection) Keys() string   { return keys }

func (Projection) Batch(events.Municipality) projections.Batch { return newFold() }

type entryKey struct {
	child  events.ID
	number int64
}

// numberOf is an entry's own number as PostgreSQL's bigint.
func numberOf(e events.Entry) int64 { return int64(binary.BigEndian.Uint64(e.Number[:])) }

func keyOf(e events.Entry) entryKey { return entryKey{e.Of, numberOf(e)} }

func (k entryKey) entry() events.Entry {
	e := events.Entry{Of: k.child}
	binary.BigEndian.PutUint64(e.Number[:], uint64(k.number))
	return e
}

type groupRow struct {
	programme events.ProgrammeID
	stated    string
}

type memberKey struct{ group, child events.ID }

type sessionRow struct {
	programme events.ProgrammeID
	form      events.Form
	heldOn    events.Day
}

type gathering struct{ session, group events.ID }

type voidKey struct {
	session events.ID
	why     string
}

type markKey struct {
	session, child events.ID
	role           events.Role
	target         events.Target
	home           events.Municipality
}

type countKey struct {
	session events.ID
	number  int64
}

type countRow struct {
	role   events.Role
	people events.Count
}

type referralRow struct {
	channel    events.Channel
	receivedOn events.Day
	programme  events.ProgrammeID
	form       events.Form
}

type closingRow struct {
	referral int64
	outcome  events.Outcome
}

type enrolmentRow struct {
	programme  events.ProgrammeID
	form       events.Form
	enrolledOn events.Day
}

type endingRow struct {
	enrolment int64
	endedOn   events.Day
}

// fold is what a stretch of the log adds to the read model.
type fold struct {
	programmes *projections.Versions[events.ProgrammeID, string]
	groups     *projections.Versions[events.ID, groupRow]
	members    *projections.Versions[memberKey, struct{}]
	sessions   *projections.Versions[events.ID, sessionRow]
	gatherings *projections.Facts[gathering]
	voids      *projections.Versions[voidKey, struct{}]
	marks      *projections.Versions[markKey, bool]
	counts     *projections.Versions[countKey, countRow]
	referrals  *projections.Versions[entryKey, referralRow]
	closings   *projections.Versions[entryKey, closingRow]
	enrolments *projections.Versions[entryKey, enrolmentRow]
	endings    *projections.Versions[entryKey, endingRow]
	merges     *projections.Versions[events.ID, events.ID]
}

// Add folds one message.
func (f *fold) Add(r events.Recorded) error {
	for _, e := range r.Events {
		f.addWork(e, r.Position)
		f.addSession(e, r.Position)
		f.addCase(e, r.Position)
	}
	return nil
}

func (f *fold) addWork(e events.Event, at events.Position) {
	switch e := e.(type) {
	case events.ProgrammeRegistered:
		f.programmes.Replace(e.Programme, stated(e), at)
	case events.ProgrammeAmended:
		f.programmes.Replace(e.Programme, stated(e), at)
	case events.GroupFormed:
		f.groups.Replace(e.Group, groupRow{e.Programme, stated(e)}, at)
	case events.GroupMembersChanged:
		for _, child := range e.Left {
			f.members.Close(memberKey{e.Group, child}, at)
		}
		for _, child := range e.Joined {
			f.members.Replace(memberKey{e.Group, child}, struct{}{}, at)
		}
	}
}

func stated(e events.Event) string {
	text, err := json.Marshal(e)
	if err != nil {
		panic(err) // it was read from JSON
	}
	return string(text)
}

func (f *fold) addSession(e events.Event, at events.Position) {
	switch e := e.(type) {
	case events.SessionOpened:
		f.sessions.Replace(e.Session, sessionRow{e.Programme, e.Form, e.HeldOn}, at)
		if !e.Group.IsZero() {
			f.gatherings.Add(gathering{e.Session, e.Group})
		}
	case events.SessionCorrected:
		f.sessions.Replace(e.Session, sessionRow{e.Programme, e.Form, e.HeldOn}, at)
	case events.SessionCancelled:
		f.voids.Replace(voidKey{e.Session, "cancelled"}, struct{}{}, at)
	case events.SessionReinstated:
		f.voids.Close(voidKey{e.Session, "cancelled"}, at)
	case events.SessionWithdrawn:
		f.voids.Replace(voidKey{e.Session, "withdrawn"}, struct{}{}, at)
	case events.SessionAttended:
		f.attended(e, at)
	}
}

func (f *fold) attended(e events.SessionAttended, at events.Position) {
	for _, m := range e.Removed {
		f.marks.Close(markOf(e, m), at)
	}
	for _, m := range e.Absent {
		f.marks.Replace(markOf(e, m), false, at)
	}
	for _, m := range e.Attended {
		f.marks.Replace(markOf(e, m), true, at)
	}
	for _, c := range e.Counted {
		key := countKey{e.Session, numberOf(c.Entry)}
		f.counts.Close(key, at)
		if c.Count > 0 {
			f.counts.Open(key, countRow{or(c.Role, events.ChildRole), c.Count}, at)
		}
	}
}

func markOf(e events.SessionAttended, m events.Mark) markKey {
	return markKey{e.Session, m.Child, or(m.Role, events.ChildRole), or(m.Target, events.SubstanceAbuse), or(m.HomeMunicipality, e.HomeMunicipality)}
}

func or[T ~string](given, otherwise T) T {
	if given == "" {
		return otherwise
	}
	return given
}

func (f *fold) addCase(e events.Event, at events.Position) {
	switch e := e.(type) {
	case events.ReferralReceived:
		f.referrals.Replace(keyOf(e.Referral), referralRow{e.Channel, e.ReceivedOn, e.Programme, e.Form}, at)
	case events.ReferralCorrected:
		f.referrals.Replace(keyOf(e.Referral), referralRow{e.Channel, e.ReceivedOn, e.Programme, e.Form}, at)
	case events.ReferralClosed:
		f.closed(e.Closing, e.Referral, e.Outcome, at)
	case events.ReferralClosingMatched:
		f.closed(e.Closing, e.Referral, e.Outcome, at)
	case events.ChildEnrolled:
		f.enrolments.Replace(keyOf(e.Enrolment), enrolmentRow{e.Programme, e.Form, e.EnrolledOn}, at)
	case events.EnrolmentCorrected:
		f.enrolments.Replace(keyOf(e.Enrolment), enrolmentRow{e.Programme, e.Form, e.EnrolledOn}, at)
	case events.EnrolmentEnded:
		f.ended(e.End, e.Enrolment, e.EndedOn, at)
	case events.EnrolmentEndMatched:
		f.ended(e.End, e.Enrolment, e.EndedOn, at)
	case events.EntryWithdrawn:
		f.withdrawn(keyOf(e.Entry), at)
	case events.CaseMerged:
		f.merges.Replace(e.Merge.Of, e.Into, at)
	case events.MergeUndone:
		f.merges.Close(e.Merge.Of, at)
	}
}

func (f *fold) withdrawn(key entryKey, at events.Position) {
	f.referrals.Close(key, at)
	f.closings.Close(key, at)
	f.enrolments.Close(key, at)
	f.endings.Close(key, at)
}

// closed notes which referral a closing closes; while it waits for one it changes nothing.
func (f *fold) closed(closing, referral events.Entry, outcome events.Outcome, at events.Position) {
	f.closings.Close(keyOf(closing), at)
	if !referral.IsZero() {
		f.closings.Open(keyOf(closing), closingRow{numberOf(referral), outcome}, at)
	}
}

func (f *fold) ended(end, enrolment events.Entry, on events.Day, at events.Position) {
	f.endings.Close(keyOf(end), at)
	if !enrolment.IsZero() {
		f.endings.Open(keyOf(end), endingRow{numberOf(enrolment), on}, at)
	}
}

// Apply writes what was folded.
func (f *fold) Apply(ctx context.Context, tx pgx.Tx) error {
	for _, apply := range []func(context.Context, pgx.Tx) error{
		f.programmes.Apply, f.groups.Apply, f.members.Apply, f.sessions.Apply, f.gatherings.Apply, f.voids.Apply, f.marks.Apply, f.counts.Apply,
		f.referrals.Apply, f.closings.Apply, f.enrolments.Apply, f.endings.Apply, f.merges.Apply,
	} {
		if err := apply(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}
