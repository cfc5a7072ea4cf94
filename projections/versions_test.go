package projections_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/projectiontest"
)

var (
	anna = events.ID{1}
	bo   = events.ID{2}
	one  = events.ID{0xa1}
	two  = events.ID{0xa2}
)

func TestARowHoldsFromItsPositionToItsPosition(t *testing.T) {
	pool := projectiontest.Pool(t)
	for _, tt := range []struct {
		name  string
		given [][]events.Event // one decision each
		want  string
	}{
		{"a mark holds from its position on", [][]events.Event{{attended(one, anna)}}, "anna since 1"},
		{"a removed one held until then", [][]events.Event{{attended(one, anna)}, {removed(one, anna)}}, "anna 1-2"},
		{"a mark made and removed in one decision never was", [][]events.Event{{attended(one, anna), removed(one, anna)}}, ""},
		{"one that comes back holds anew", [][]events.Event{{attended(one, anna)}, {removed(one, anna)}, {attended(one, anna, bo)}}, "anna 1-2, anna since 3, bo since 3"},
		{"removed and marked anew in one decision, it changes there", [][]events.Event{{attended(one, anna)}, {removed(one, anna), attended(one, anna)}}, "anna 1-2, anna since 2"},
		{"changed twice in one decision, the last stands", [][]events.Event{{attended(one, anna)}, {removed(one, anna), attended(one, anna), removed(one, anna)}}, "anna 1-2"},
		{"removing what was never there is nothing", [][]events.Event{{removed(one, anna)}, {attended(one, bo)}, {removed(one, anna), removed(one, bo)}, {removed(one, bo)}}, "bo 2-3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := projectiontest.NewStory(t, örebro)
			for _, list := range tt.given {
				s.Happens(events.SessionOf(one), list...)
			}
			projectiontest.Same(t, pool, marked{}, s)
			if got := marksOf(t, s); got != tt.want {
				t.Errorf("the register reads %q, want %q", got, tt.want)
			}
		})
	}
}

// marksOf applies a story decision by decision and reads the table.
func marksOf(t *testing.T, s *projectiontest.Story) string {
	t.Helper()
	ctx, pool := t.Context(), projectiontest.Pool(t)
	var lines []string
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, marked{}.Tables()+marked{}.Keys()); err != nil {
			return err
		}
		for _, r := range s.Messages() {
			if err := applyOne(ctx, tx, r); err != nil {
				return err
			}
		}
		rows, err := tx.Query(ctx, `SELECT CASE child::text WHEN $1 THEN 'anna' ELSE 'bo' END || coalesce(' ' || since || '-' || until, ' since ' || since)
			FROM mark ORDER BY 1`, fmt.Sprintf("01%030d", 0)[:8]+"-0000-0000-0000-000000000000")
		if err != nil {
			return err
		}
		lines, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, ", ")
}

func applyOne(ctx context.Context, tx pgx.Tx, r events.Recorded) error {
	b := marked{}.Batch(örebro)
	return errors.Join(b.Add(r), b.Apply(ctx, tx))
}

func TestTwoOpenRowsOfAKeyAreRefusedHoweverTheyCome(t *testing.T) {
	s := projectiontest.NewStory(t, örebro)
	s.Happens(events.SessionOf(one), attended(one, anna))
	s.Happens(events.SessionOf(one), attended(one, anna))
	pool, ctx := projectiontest.Pool(t), t.Context()
	for _, together := range []bool{true, false} {
		err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "CREATE SCHEMA s; SET LOCAL search_path = s;"+marked{}.Tables()+marked{}.Keys()); err != nil {
				return err
			}
			if !together {
				return errors.Join(applyOne(ctx, tx, s.Messages()[0]), applyOne(ctx, tx, s.Messages()[1]))
			}
			b := marked{}.Batch(örebro)
			for _, r := range s.Messages() {
				if err := b.Add(r); err != nil {
					return err
				}
			}
			return b.Apply(ctx, tx)
		})
		if err == nil {
			t.Errorf("together %v: two open rows of a key were written", together)
		}
	}
}

func TestEveryTypeComesBackAsItWasWritten(t *testing.T) {
	pool, ctx := projectiontest.Pool(t), t.Context()
	type all struct {
		n     int
		day   events.Day
		text  string
		entry events.Entry
		id    events.ID
	}
	table := projections.FactTable[all]{
		Name: "everything", Columns: []string{"n", "big", "day", "text", "entry", "id", "yes"},
		Write: func(a all, w *projections.Row) {
			w.Int(a.n)
			w.Int64(int64(a.n) << 40)
			w.Day(a.day)
			w.Text(a.text)
			w.Entry(a.entry)
			w.ID(a.id)
			w.Bool(a.n > 0)
		},
	}
	facts := projections.NewFacts(table)
	facts.Add(all{7, events.Date(2021, 3, 1), "Åsa's 'tab'\t", events.Entry{Of: anna, Number: [8]byte{1, 2, 3}}, bo})
	facts.Add(all{-7, events.Date(1999, 12, 31), "", events.Entry{}, events.ID{}})
	var got []string
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `CREATE TABLE everything (n integer, big bigint, day date, text text, entry bytea, id uuid, yes boolean)`); err != nil {
			return err
		}
		if err := facts.Apply(ctx, tx); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT e::text FROM everything e ORDER BY n DESC`)
		if err != nil {
			return err
		}
		got, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	want := []string{
		`(7,7696581394432,2021-03-01,"Åsa's 'tab'	","\\x01000000000000000000000000000000` + `0102030000000000",02000000-0000-0000-0000-000000000000,t)`,
		`(-7,-7696581394432,1999-12-31,"",,,f)`,
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("read back %s, %v\nwant %s", got, err, want)
	}
}

func TestAWrongNumberOfColumnsIsAnError(t *testing.T) {
	pool, ctx := projectiontest.Pool(t), t.Context()
	facts := projections.NewFacts(projections.FactTable[int]{Name: "f", Columns: []string{"a", "b"}, Write: func(n int, w *projections.Row) { w.Int(n) }})
	facts.Add(1)
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error { return facts.Apply(ctx, tx) })
	if err == nil || !strings.Contains(err.Error(), "1 values for 2 columns") {
		t.Errorf("got %v", err)
	}
}

func TestRandomHistoriesGiveTheSameTablesHoweverTheyAreCut(t *testing.T) {
	pool := projectiontest.Pool(t)
	for range 30 {
		projectiontest.Same(t, pool, marked{}, randomStory(t, 40))
	}
}

// randomStory marks and removes a few children in a few registers, sometimes several times in a decision.
func randomStory(t *testing.T, decisions int) *projectiontest.Story {
	s, here := projectiontest.NewStory(t, örebro), make(map[markKey]bool)
	for range decisions {
		var parts []projectiontest.Part
		for i := range 1 + rand.IntN(3) {
			session, part := events.ID{0xa0, byte(i)}, projectiontest.Part{}
			for range 1 + rand.IntN(4) {
				child := events.ID{byte(1 + rand.IntN(5))}
				if key := (markKey{session, child}); here[key] {
					part.Events, here[key] = append(part.Events, removed(session, child)), false
				} else {
					part.Events, here[key] = append(part.Events, attended(session, child)), true
				}
			}
			part.Stream = events.SessionOf(session)
			parts = append(parts, part)
		}
		s.Together(parts...)
	}
	return s
}
