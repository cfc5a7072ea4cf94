// Package national receives what municipalities answered and the reference data that their answers are compared with,
// and records both in the national log. What follows from them is read from projections/survey.
package national

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/survey"
	"rackvidd/services/casework"
)

// FirstYear is the first year of activity that the survey ever asked about.
const FirstYear = survey.FirstYear

// Service writes the national log. Several may do so at once.
type Service struct {
	Log  events.Log
	Pool *pgxpool.Pool // the read models
	// MostChoices is how many choices the form of a year allows for what is called so here; 0: any number.
	MostChoices func(events.Year, events.Question) int
	// Visible waits until reads show a position of the national log; none: nothing is waited for.
	Visible func(context.Context, events.Position) error
	Clock   func() time.Time // none: time.Now
}

// Summary says what became of every row.
type Summary struct {
	Rows       int
	Recorded   int
	Duplicates int // it stands already
	Rejected   []Rejection
	Position   events.Position
}

// Rejection says which row was refused and why, and nothing of what was in it.
type Rejection struct {
	Line    int
	Column  string
	Code    string
	Message string
}

// FileError says why a file cannot be read at all.
type FileError struct{ Code, Column, Message string }

func (e *FileError) Error() string { return e.Message }

// refuse says why something cannot be so, and what to do.
func refuse(field, code, format string, args ...any) error {
	return &casework.Refusal{Why: casework.Invalid, Code: code, Field: field, Message: fmt.Sprintf(format, args...)}
}

// thisYear is the last year that can be told of.
func (s *Service) thisYear() events.Year {
	now := time.Now
	if s.Clock != nil {
		now = s.Clock
	}
	return events.DayOf(now().In(events.Sweden)).Year()
}

// shown waits until reads show a position.
func (s *Service) shown(ctx context.Context, at events.Position) error {
	if s.Visible == nil || at == 0 {
		return nil
	}
	return s.Visible(ctx, at)
}

// Population is how many children aged 0–17 live in a municipality, in the year or the nearest earlier one that is known;
// 0 where none is.
func (s *Service) Population(ctx context.Context, m events.Municipality, year events.Year) (n int, err error) {
	err = s.view(ctx, func(tx pgx.Tx, at events.Position) error {
		p, err := survey.PopulationOf(ctx, tx, m, year, at)
		n = p.Places[m]
		return err
	})
	return n, err
}

// view reads the survey's tables as they are. Before anything is recorded it reads nothing.
func (s *Service) view(ctx context.Context, read func(pgx.Tx, events.Position) error) error {
	_, err := projections.ViewRecorded(ctx, s.Log, s.Pool, survey.Projection{}.Name(), events.National, 0, func(tx pgx.Tx, c projections.Checkpoint) error {
		return read(tx, c.Position)
	})
	return err
}
