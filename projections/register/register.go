// Package register answers "who came?": programmes, groups and their occasions, with how many stand in each register, what a
// child has to do with, and what somebody should look at before figures are signed; all as it stood at any position.
package register

import (
	"context"
	_ "embed"

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

func (Projection) Name() string   { return "register" }
func (Projection) Tables() string { return tables }
func (Projection) Keys() string   { return keys }

// Concerns leaves the national log out: it tells of no child.
func (Projection) Concerns(log events.Municipality) bool { return log != events.National }

func (Projection) Batch(events.Municipality) projections.Batch { return newFold() }

// fold is what a stretch of the log adds to the read model.
type fold struct {
	programmes *projections.Versions[events.ProgrammeID, programmeRow]
	groups     *projections.Versions[events.ID, groupRow]
	closures   *projections.Versions[events.ID, events.Day]
	members    *projections.Versions[memberKey, struct{}]
	opened     *projections.Facts[openedRow]
	sessions   *projections.Versions[events.ID, sessionRow]
	voids      *projections.Versions[voidKey, struct{}]
	marks      *projections.Versions[markKey, bool] // whether the child came
	counts     *projections.Versions[entryKey, countRow]
	saved      *projections.Facts[savedRow]
	guests     *projections.Facts[guestsRow]
	uncounted  *projections.Facts[guestsWithdrawnRow]
	referrals  *projections.Versions[entryKey, referralRow]
	closings   *projections.Versions[entryKey, closingRow]
	enrolments *projections.Versions[entryKey, enrolmentRow]
	endings    *projections.Versions[entryKey, endingRow]
	merges     *projections.Versions[events.ID, events.ID]
	erased     *projections.Facts[erasedRow]
	messages   *projections.Facts[messageRow]
}

// Add folds one message.
func (f *fold) Add(r events.Recorded) error {
	f.messages.Add(messageRow{r.Position, r.Time, about(r.Stream)})
	for _, e := range r.Events {
		f.addOffer(e, r.Position)
		f.addSession(e, r.Position)
		f.addGuests(e, r)
		f.addReferral(e, r.Position)
		f.addEnrolment(e, r.Position)
		f.addIdentity(e, r.Position)
	}
	return nil
}

// about is the session or the child whose stream it is: all that a message says of sessions and children is of that one.
func about(s events.Stream) (id events.ID) {
	if s.Type == events.SessionStream || s.Type == events.CaseStream {
		id, _ = events.ParseID(s.ID) // what is no id names nothing
	}
	return id
}

func (f *fold) addOffer(e events.Event, at events.Position) {
	switch e := e.(type) {
	case events.ProgrammeRegistered:
		f.programmes.Replace(e.Programme, programmeOf(e), at)
	case events.ProgrammeAmended:
		f.programmes.Replace(e.Programme, programmeOf(events.ProgrammeRegistered(e)), at)
	case events.GroupFormed:
		f.groups.Replace(e.Group, groupOf(e), at)
	case events.GroupAmended:
		f.groups.Replace(e.Group, groupOf(events.GroupFormed(e)), at)
	case events.GroupClosed:
		f.closures.Replace(e.Group, e.ClosedOn, at)
	case events.GroupReopened:
		f.closures.Close(e.Group, at)
	case events.GroupMembersChanged:
		for _, child := range e.Left {
			f.members.Close(memberKey{e.Group, child}, at)
		}
		for _, child := range e.Joined {
			f.members.Replace(memberKey{e.Group, child}, struct{}{}, at)
		}
	}
}

func (f *fold) addSession(e events.Event, at events.Position) {
	switch e := e.(type) {
	case events.SessionOpened:
		if !e.Group.IsZero() {
			f.opened.Add(openedRow{e.Session, e.Group, at})
		}
		f.sessions.Open(e.Session, sessionRow{e.Programme, e.Form, e.HeldOn, e.ProviderMunicipality}, at)
	case events.SessionCorrected:
		f.sessions.Replace(e.Session, sessionRow{e.Programme, e.Form, e.HeldOn, e.ProviderMunicipality}, at)
	case events.SessionCancelled:
		f.voids.Replace(voidKey{e.Session, cancelled}, struct{}{}, at)
	case events.SessionReinstated:
		f.voids.Close(voidKey{e.Session, cancelled}, at)
	case events.SessionWithdrawn:
		f.voids.Replace(voidKey{e.Session, withdrawn}, struct{}{}, at)
	case events.SessionAttended:
		f.addRegister(e, at)
	}
}

// addRegister folds changes of a register: what is removed first, because a mark that changed comes as both.
func (f *fold) addRegister(e events.SessionAttended, at events.Position) {
	f.saved.Add(savedRow{e.Session, at})
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
		f.counts.Close(keyOf(c.Entry), at)
		if c.Count > 0 {
			f.counts.Open(keyOf(c.Entry), countOf(c), at)
		}
	}
}

func (f *fold) addGuests(e events.Event, r events.Recorded) {
	switch e := e.(type) {
	case events.GuestsCounted:
		f.guests.Add(guestsRow{e, r.Actor, r.Position})
	case events.GuestCountWithdrawn:
		f.uncounted.Add(guestsWithdrawnRow{e, r.Actor, r.Position})
	}
}

func (f *fold) addReferral(e events.Event, at events.Position) {
	switch e := e.(type) {
	case events.ReferralReceived:
		f.referrals.Open(keyOf(e.Referral), referralRow{e.Channel, e.ReceivedOn, e.Programme, e.Form}, at)
	case events.ReferralCorrected:
		f.referrals.Replace(keyOf(e.Referral), referralRow{e.Channel, e.ReceivedOn, e.Programme, e.Form}, at)
	case events.ReferralClosed:
		f.closings.Open(keyOf(e.Closing), closingRow{e.Referral, e.ClosedOn}, at)
	case events.ReferralClosingMatched:
		f.closings.Replace(keyOf(e.Closing), closingRow{e.Referral, e.ClosedOn}, at)
	case events.EntryWithdrawn:
		f.withdraw(e, at)
	}
}

func (f *fold) addEnrolment(e events.Event, at events.Position) {
	switch e := e.(type) {
	case events.ChildEnrolled:
		f.enrolments.Open(keyOf(e.Enrolment), enrolmentRow{e.Programme, e.Form, e.EnrolledOn}, at)
	case events.EnrolmentCorrected:
		f.enrolments.Replace(keyOf(e.Enrolment), enrolmentRow{e.Programme, e.Form, e.EnrolledOn}, at)
	case events.EnrolmentEnded:
		f.endings.Open(keyOf(e.End), endingRow{e.Enrolment, e.EndedOn}, at)
	case events.EnrolmentEndMatched:
		f.endings.Replace(keyOf(e.End), endingRow{e.Enrolment, e.EndedOn}, at)
	}
}

// withdraw closes the entry wherever it stands: the event does not say what it was.
func (f *fold) withdraw(e events.EntryWithdrawn, at events.Position) {
	key := keyOf(e.Entry)
	f.referrals.Close(key, at)
	f.closings.Close(key, at)
	f.enrolments.Close(key, at)
	f.endings.Close(key, at)
}

func (f *fold) addIdentity(e events.Event, at events.Position) {
	switch e := e.(type) {
	case events.CaseMerged:
		f.merges.Replace(e.Merge.Of, e.Into, at)
	case events.MergeUndone:
		f.merges.Close(e.Merge.Of, at)
	case events.IdentityErased:
		f.erased.Add(erasedRow{e.Child, at})
	}
}

// Apply writes what was folded.
func (f *fold) Apply(ctx context.Context, tx pgx.Tx) error {
	for _, apply := range []func(context.Context, pgx.Tx) error{
		f.programmes.Apply, f.groups.Apply, f.closures.Apply, f.members.Apply, f.opened.Apply, f.sessions.Apply, f.voids.Apply, f.marks.Apply,
		f.counts.Apply, f.saved.Apply, f.guests.Apply, f.uncounted.Apply, f.referrals.Apply, f.closings.Apply, f.enrolments.Apply, f.endings.Apply,
		f.merges.Apply, f.erased.Apply, f.messages.Apply,
	} {
		if err := apply(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}
