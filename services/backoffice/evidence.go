package backoffice

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/reach"
	"rackvidd/projections/register"
	"rackvidd/services/surveying"
)

// question is whose figures of which year, as a form asks for them, at a position (0: the latest, no earlier than least).
type question struct {
	m     events.Municipality
	year  events.Year
	form  surveying.Form
	at    events.Position
	least events.Position
	today events.Day             // on which the checks are made
	shown projections.Checkpoint // of the figures, as it was settled; the zero value: it was not
}

// evidence is what answers follow from, all of one position.
type evidence struct {
	reach.Figures
	figures  surveying.Figures
	sessions reach.SessionsPerChild
	circum   surveying.Circumstances
	behind   map[events.Rule][]events.ID // the sessions that checks are about
	shown    projections.Checkpoint      // of the figures
}

// settle fixes the position of a question about the latest one, so that all that answers it is of the same, and notes what
// the read model shows. Before anything is recorded it stays 0.
func (s *Service) settle(ctx context.Context, q *question) error {
	shown, recorded, err := projections.ShownRecorded(ctx, s.Log, s.Reading, reach.Projection{}.Name(), q.m, max(q.least, q.at))
	if err != nil || !recorded {
		return err
	}
	if q.shown = shown; q.at == 0 {
		q.at = shown.Position
	}
	return nil
}

// gather reads the figures and what goes with them, as of the question's position.
func (s *Service) gather(ctx context.Context, q question) (e evidence, err error) {
	d, err := reach.Named(string(q.form.Definition))
	if err != nil {
		return e, err
	}
	if q.at == 0 {
		e.count(q, d, reach.Count(reach.Evidence{Municipal: q.m}, d, reach.CalendarYear(q.year), 0))
		e.dates(q)
		return e, nil
	}
	var found reviewed
	together, within := errgroup.WithContext(ctx)
	together.Go(func() error {
		n, err := s.count(within, q)
		e.count(q, d, n)
		return err
	})
	together.Go(func() (err error) {
		found, err = s.review(within, q)
		return err
	})
	if err := together.Wait(); err != nil {
		return e, err
	}
	e.figures.Programmes = found.programmes
	e.note(found.registers)
	e.dates(q)
	return e, nil
}

// count takes over the figures, and notes what checks ask of it.
func (e *evidence) count(q question, d reach.Definition, found reach.Counted) {
	e.Figures, e.sessions = found.Figures, found.Sessions
	e.figures = surveyed(q.year, d, e.Figures)
	r := found.Findings
	e.circum.WithoutReferral, e.circum.TooOld, e.circum.NotBorn, e.circum.Disputed = r.WithoutReferral, r.TooOld, r.NotBorn, r.Disputed
	e.circum.Guests, e.circum.Erased = r.Guests, e.Figures.Erased
}

// reviewed reads the programmes, and what the registers of the year show.
func (s *Service) reviewed(ctx context.Context, tx pgx.Tx, shown projections.Checkpoint, q question) (programmes []surveying.Programme, f register.Findings, err error) {
	if programmes, err = offered(ctx, tx, q.at); err != nil {
		return nil, f, err
	}
	period := reach.CalendarYear(q.year)
	f, err = s.registers.Of(ctx, tx, shown, register.Asked{From: period.From, To: period.To, Today: q.today}, q.at)
	return programmes, f, err
}

// note takes over what the registers show.
func (e *evidence) note(f register.Findings) {
	c := &e.circum
	e.behind = behind(f)
	e.figures.Recorded = e.figures.Recorded || f.Sessions.Total+f.Sessions.Elsewhere+f.Sessions.LeftOut > 0
	e.figures.Sessions = f.Sessions.Total - f.Sessions.Cancelled - f.Sessions.Planned + f.Sessions.Elsewhere
	c.Missing, c.Empty, c.Crowded, c.Twice = f.Sessions.Missing.Number, f.Sessions.Empty.Number, f.Sessions.Crowded.Number, f.Sessions.Twice.Number
	c.Early, c.FromElsewhere = f.Programmes.Early.Number, f.Attendance.Elsewhere.Attendances
	c.Unplaced, c.NotYet, c.Left = f.Places.Never.Children, f.Places.NotYet.Children, f.Places.Ended.Children
	c.NeverCame, c.Idle = f.Places.NeverCame, f.Places.Idle
	c.Often, c.OneDay = f.Attendance.Often, f.Attendance.OneDay.Children
	c.OtherReason = f.Attendance.Other.Children
	c.OpenReferrals, c.UnknownChannel = f.Referrals.Open, f.Referrals.UnknownChannel
	c.NotOffered, c.WithoutSession, c.WithoutIdentity = f.Programmes.NotOffered, f.Programmes.NoSession, f.Programmes.NoIdentity
	for _, offer := range f.Programmes.NotReached {
		c.NotReached = append(c.NotReached, offer.Form)
	}
	c.NotReached = sorted(c.NotReached)
	c.Merged, c.Unmerged = f.Merges.Standing, f.Merges.Undone
	c.ExpectedLate = f.Late.Previous.Later
}

// dates notes how long ago the year ended, and in the figures what their explanation tells of who is not in them.
func (e *evidence) dates(q question) {
	e.figures.LeftOut = surveying.LeftOut{TooOld: e.circum.TooOld, Guests: e.circum.Guests, OtherReason: e.circum.OtherReason}
	e.figures.Erased = e.circum.Erased
	if since := int(q.today - lastDay(q.year)); since > 0 {
		e.circum.Ended, e.circum.DaysSince = true, since
	}
}

func surveyed(year events.Year, d reach.Definition, f reach.Figures) surveying.Figures {
	q := surveying.Figures{
		Municipality: f.Municipality, Year: year, Position: f.Position, Definition: events.DefinitionID(d.ID), Sentence: surveying.Text{SV: d.Swedish, EN: d.Sentence},
		Children: f.Children, Lower: f.Bounds.Lower, Upper: f.Bounds.Upper, Unidentified: f.UnidentifiedAttendances, UnknownAge: f.UnknownAge,
		Enrolled: f.Enrolments.Children, SumOverForms: f.SumOverForms,
		Recorded: f.Children+f.UnidentifiedAttendances+f.Referrals.Received+f.Enrolments.Children+f.Guests.Children > 0,
	}
	for _, form := range f.ByForm {
		q.Attendances += form.Attendances
		q.Forms = append(q.Forms, surveying.Count[events.Form]{Code: form.Form, Children: form.Children})
	}
	for _, p := range f.ByProgramme {
		q.ByProgramme = append(q.ByProgramme, surveying.Count[events.ProgrammeID]{Code: events.ProgrammeID(p.Programme), Children: p.Children})
	}
	for _, channel := range f.ByChannel {
		q.Channels = append(q.Channels, surveying.Count[events.Channel]{Code: channel.Channel, Children: channel.First})
	}
	return q
}

// unlessStopped passes over a national read model that has stopped: it keeps no municipality's survey back.
func unlessStopped[T any](value T, err error) (T, error) {
	var stopped *projections.StoppedError
	if errors.As(err, &stopped) {
		err = nil
	}
	return value, err
}
