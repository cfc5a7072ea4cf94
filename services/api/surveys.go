package api

import (
	"context"
	"net/http"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/projections/register"
	"rackvidd/services/access"
	"rackvidd/services/surveying"
)

type readSurvey struct {
	Municipal
	AtLeast
	Year events.Year `path:"year"`
}

func (s *server) surveyRoutes() {
	add(s, route{
		id: "read-survey", method: http.MethodGet, path: "surveys/{year}", permission: access.ReadSurvey,
		summary: "The survey's answers as they follow from the log",
	}, s.readSurvey)
}

func (s *server) readSurvey(ctx context.Context, c caller, in *readSurvey) (*DatedAnswer[surveying.Survey], error) {
	if in.Year < surveying.FirstYear || in.Year > s.today().Year() {
		return nil, newProblem(http.StatusNotFound, "unknown_survey", "no survey asks about the year in the path; choose one from 2003 to this one")
	}
	form, ok := surveying.FormOf(in.Year)
	if !ok {
		return nil, newProblem(http.StatusNotFound, "unknown_form", "what the survey asked about the year in the path is not known (2015 to 2020), so there is nothing to answer; choose another, or ask reach for the year's figures")
	}
	d, err := reach.Named(form.Definition)
	if err != nil {
		return nil, err
	}
	f, recorded, err := s.figures(ctx, question{m: c.municipality, definition: d, period: reach.CalendarYear(in.Year), least: in.MinPosition})
	if err != nil {
		return nil, err
	}
	q := surveyed(in.Year, d, f)
	held := false
	if q.Programmes, held, err = s.programmesAt(ctx, c, f.Position, in.Year); err != nil {
		return nil, err
	}
	q.Recorded = q.Recorded || held
	return showModel(f.Position, recorded, surveying.Draft(form, q)), nil
}

// programmesAt lists those of the position that the figures show, and says whether any session of the year is recorded.
func (s *server) programmesAt(ctx context.Context, c caller, at events.Position, year events.Year) (list []surveying.Programme, held bool, err error) {
	if at == 0 {
		return nil, false, nil
	}
	_, err = s.registers(ctx, c, at, func(tx pgx.Tx, _ events.Position) error {
		all, err := register.Programmes(ctx, tx, at)
		if err != nil {
			return err
		}
		for _, p := range all {
			list = append(list, surveying.Programme{ID: p.Programme, Forms: p.Forms, Organiser: p.Organiser, ValidFrom: p.ValidFrom})
		}
		whole := reach.CalendarYear(year)
		sessions, err := register.Sessions(ctx, tx, register.Wanted{From: whole.From, To: whole.To, Limit: 1}, at)
		held = len(sessions) > 0
		return err
	})
	return list, held, err
}

func surveyed(year events.Year, d reach.Definition, f reach.Figures) surveying.Figures {
	q := surveying.Figures{
		Municipality: f.Municipality, Year: year, Position: f.Position, Definition: d.ID, Sentence: d.Sentence,
		Children: f.Children, Lower: f.Bounds.Lower, Upper: f.Bounds.Upper, Unidentified: f.UnidentifiedAttendances,
		Recorded: f.Children+f.UnidentifiedAttendances+f.Referrals.Received+f.Enrolments.Children+f.Guests.Children > 0,
	}
	for _, form := range f.ByForm {
		q.Attendances += form.Attendances
		q.Forms = append(q.Forms, surveying.Count[events.Form]{Code: form.Form, Children: form.Children})
	}
	for _, channel := range f.ByChannel {
		q.Channels = append(q.Channels, surveying.Count[events.Channel]{Code: channel.Channel, Children: channel.First})
	}
	return q
}
