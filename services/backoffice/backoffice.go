// Package backoffice is the annual survey of a municipality as its back office works with it: opened, checked, approved
// by somebody else, submitted, amended. What is decided is in the log; what people wrote is in tables of its own.
package backoffice

import (
	"cmp"
	"context"
	"embed"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/reach"
	"rackvidd/projections/register"
	"rackvidd/services/database"
	"rackvidd/services/surveying"
)

// National is told what is submitted, and knows how many children there are.
type National interface {
	// Receive records answers in the national log; those that stand already, or newer ones, are left.
	Receive(ctx context.Context, c events.Command, answers []events.AnswerReceived) (events.Position, error)
	// Population is how many children aged 0–17 live in the municipality in the year; 0: not known.
	Population(ctx context.Context, m events.Municipality, year events.Year) (int, error)
	// Coverage is how great a share of the municipality's children in need so many children are, under each estimate.
	Coverage(ctx context.Context, m events.Municipality, year events.Year, children int, needs ...int) ([]reach.Coverage, error)
}

// Service works with surveys.
type Service struct {
	Log      events.Log
	Pool     *pgxpool.Pool // the main database; texts are in its schema "backoffice"
	Reading  *pgxpool.Pool // the read models, as whoever reads one municipality at a time
	Forms    surveying.Collection
	National National
	Program  events.ProgramVersion
	// Threshold is the fewest children that are told exactly outside the house: 3 to 10; 0: 5.
	Threshold int
	Sign      func(events.AnswerReceived) ([]byte, error) // an answer for the national level of another installation
	// Statement is what is signed of a submitted version; nil: it is not made yet, and will be. None: nothing is signed.
	Statement func(context.Context, events.Municipality, events.Year, int) (*surveying.Statement, error)
	// Apart compares the figures that were signed with two submitted versions; nil without an error: one is not signed yet. None: never.
	Apart func(ctx context.Context, m events.Municipality, year events.Year, from, to int) ([]surveying.FigureApart, error)
	// Recount gives a year's figures at a position from the log alone, and an error where the read model shows others: nothing is
	// submitted from a copy that does not verify.
	Recount func(ctx context.Context, m events.Municipality, d reach.Definition, year events.Year, at events.Position) (reach.Figures, error)
	Today   func() events.Day // in Sweden
	Logger  *slog.Logger      // nil: slog.Default
	Counts  *reach.Counts     // what was counted lately, for whomever; nil: nothing is remembered

	explained projections.Remembered[explanation, reach.Explanation]
	registers register.Reviews
	reviews   projections.Remembered[reviewKey, reviewed]
}

//go:embed migrations/*.sql
var migrations embed.FS

// migrationLock is any number that nobody else takes in the main database.
const migrationLock = 5219741

// Install brings the tables up to date.
func Install(ctx context.Context, pool *pgxpool.Pool) error {
	return away(database.Migration{Files: migrations, Schema: "backoffice", Lock: migrationLock}.Run(ctx, pool))
}

func (s *Service) form(year events.Year) (surveying.Form, error) {
	form, ok := s.Forms.Of(year)
	if last := s.Today().Year(); !ok || year > last {
		return form, &surveying.UnknownFormError{Year: year, First: s.Forms.FirstYear(), Last: last}
	}
	return form, nil
}

// stream reads what was decided about a survey.
func (s *Service) stream(ctx context.Context, m events.Municipality, years ...events.Year) (map[events.Year]*surveying.Survey, map[events.Year]events.Position, error) {
	names := make([]events.Stream, len(years))
	for i, year := range years {
		names[i] = events.SurveyOf(year)
	}
	found, err := s.Log.Streams(ctx, m, names...)
	if err != nil {
		return nil, nil, err
	}
	surveys, latest := make(map[events.Year]*surveying.Survey), make(map[events.Year]events.Position)
	for i, year := range years {
		surveys[year] = surveying.NewSurvey()
		latest[year] = events.Fold(surveys[year], found[names[i]])
	}
	return surveys, latest, nil
}

func (s *Service) logger() *slog.Logger { return cmp.Or(s.Logger, slog.Default()) }

// lastDay is the last day of a year.
func lastDay(year events.Year) events.Day { return events.Date(int(year), time.December, 31) }
