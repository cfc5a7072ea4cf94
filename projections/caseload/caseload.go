// Package caseload answers "who waits, and who has a place?"
package caseload

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

func (Projection) Name() string   { return "caseload" }
func (Projection) Tables() string { return tables }
func (Projection) Keys() string   { return keys }

// Concerns leaves the national log out: it tells of no child.
func (Projection) Concerns(log events.Municipality) bool { return log != events.National }

func (Projection) Batch(events.Municipality) projections.Batch { return newFold() }

// fold is what a stretch of the log adds to the read model.
type fold struct {
	referrals  *projections.Versions[entryKey, referralRow]
	closings   *projections.Versions[entryKey, closingRow]
	enrolments *projections.Versions[entryKey, enrolmentRow]
	endings    *projections.Versions[entryKey, endingRow]
	merges     *projections.Versions[events.ID, events.ID]
	erased     *projections.Facts[erasedRow]
	touched    *projections.Facts[touchedRow]
}

// Add folds one message. Occasions and their registers are another question's.
func (f *fold) Add(r events.Recorded) error {
	if child, err := events.ParseID(r.Stream.ID); err == nil && r.Stream.Type == events.CaseStream {
		f.touched.Add(touchedRow{child, r.Position})
	}
	for _, e := range r.Events {
		f.addIdentity(e, r.Position)
		f.addReferral(e, r.Position)
		f.addEnrolment(e, r.Position)
	}
	return nil
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

func (f *fold) addReferral(e events.Event, at events.Position) {
	switch e := e.(type) {
	case events.ReferralReceived:
		f.referrals.Open(keyOf(e.Referral), referralRow{e.Channel, e.ReceivedOn, e.Programme, e.Form}, at)
	case events.ReferralCorrected:
		f.referrals.Replace(keyOf(e.Referral), referralRow{e.Channel, e.ReceivedOn, e.Programme, e.Form}, at)
	case events.ReferralClosed:
		f.close(e.Closing, e.Referral, closingRow{outcome: e.Outcome, closedOn: e.ClosedOn}, at)
	case events.ReferralClosingMatched:
		f.close(e.Closing, e.Referral, closingRow{outcome: e.Outcome, closedOn: e.ClosedOn}, at)
	case events.EntryWithdrawn:
		key := keyOf(e.Entry) // the event does not say what it was
		f.referrals.Close(key, at)
		f.closings.Close(key, at)
		f.enrolments.Close(key, at)
		f.endings.Close(key, at)
	}
}

// close notes which referral a closing closes; while it waits for one it changes nothing.
func (f *fold) close(closing, referral events.Entry, row closingRow, at events.Position) {
	f.closings.Close(keyOf(closing), at)
	if !referral.IsZero() {
		row.referral = keyOf(referral).number
		f.closings.Open(keyOf(closing), row, at)
	}
}

func (f *fold) addEnrolment(e events.Event, at events.Position) {
	switch e := e.(type) {
	case events.ChildEnrolled:
		f.enrolments.Open(keyOf(e.Enrolment), enrolmentRow{e.Programme, e.Form, e.EnrolledOn, e.HomeMunicipality}, at)
	case events.EnrolmentCorrected:
		f.enrolments.Replace(keyOf(e.Enrolment), enrolmentRow{e.Programme, e.Form, e.EnrolledOn, e.HomeMunicipality}, at)
	case events.EnrolmentEnded:
		f.end(e.End, e.Enrolment, e.EndedOn, at)
	case events.EnrolmentEndMatched:
		f.end(e.End, e.Enrolment, e.EndedOn, at)
	}
}

func (f *fold) end(end, enrolment events.Entry, on events.Day, at events.Position) {
	f.endings.Close(keyOf(end), at)
	if !enrolment.IsZero() {
		f.endings.Open(keyOf(end), endingRow{keyOf(enrolment).number, on}, at)
	}
}

// Apply writes what was folded.
func (f *fold) Apply(ctx context.Context, tx pgx.Tx) error {
	for _, apply := range []func(context.Context, pgx.Tx) error{
		f.referrals.Apply, f.closings.Apply, f.enrolments.Apply, f.endings.Apply, f.merges.Apply, f.erased.Apply, f.touched.Apply,
	} {
		if err := apply(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}
