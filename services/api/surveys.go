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
	d, err := reach.Named(surveying.FormOf(in.Year).Definition)
	if err != nil {
		return nil, err
	}
	f, recorded, err := s.figures(ctx, question{m: c.municipality, definition: d, period: reach.CalendarYear(in.Year), least: in.MinPosition})
	if err != nil {
		return nil, err
	}
	programmes, err := s.programmesAt(ctx, c, f.Position)
	if err != nil {
		return nil, err
	}
	survey := surveying.Draft(surveyed(in.Year, d, f, programmes))
	return showModel(f.Position, recorded, survey), nil
}

// programmesAt lists those of the position that the figures show.
func (s *server) programmesAt(ctx context.Context, c caller, at events.Position) (list []surveying.Programme, err error) {
	if at == 0 {
		return nil, nil
	}
	_, err = s.registers(ctx, c, at, func(tx pgx.Tx, _ events.Position) error {
		all, err := register.Programmes(ctx, tx, at)
		for _, p := range all {
			list = append(list, surveying.Programme{ID: p.Programme, Organiser: p.Organiser, ValidFrom: p.ValidFrom})
		}
		return err
	})
	return list, err
}

func surveyed(year events.Year, d reach.Definition, f reach.Figures, programmes []surveying.Programme) surveying.Figures {
	q := surveying.Figures{
		Municipality: f.Municipality, Year: year, Position: f.Position, Definition: d.ID, Sentence: d.Sentence, Programmes: programmes,
		Children: f.Children, Lower: f.Bounds.Lower, Upper: f.Bounds.Upper, Unidentified: f.UnidentifiedAttendances,
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
