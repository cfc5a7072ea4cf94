package projections_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/projectiontest"
)

// told makes tables for two municipalities, of which the second has twice as much to tell.
func told(t *testing.T, pool *pgxpool.Pool) (stories [2]*projectiontest.Story) {
	t.Helper()
	for i, m := range []events.Municipality{örebro, uddevalla} {
		s := projectiontest.NewStory(t, m)
		start(t, s.Log, pool, marked{})
		var at events.Position
		for k := range 3 * (i + 1) {
			at = s.Happens(events.SessionOf(events.ID{0xa0, byte(k)}), attended(events.ID{0xa0, byte(k)}, anna))
		}
		messages(t, pool, "marked", m, at)
		stories[i] = s
	}
	return stories
}

func TestWhoeverReadsSeesOneMunicipalityWhicheverGenerationIsInUse(t *testing.T) {
	pool := projectiontest.Pool(t)
	reading, stories := projectiontest.Reading(t, pool), told(t, pool)
	isolated := func(when string, generations int) {
		t.Helper()
		shown := projectiontest.Isolated(t, pool, reading, örebro, uddevalla)
		if want := 1 + 2*generations; shown[örebro] != want || shown[uddevalla] != 3 {
			t.Errorf("%s: %v tables show rows, want %d and 3", when, shown, want)
		}
		for i, m := range []events.Municipality{örebro, uddevalla} {
			if n, _ := messages(t, reading, "marked", m, 0); n != 3*(i+1) {
				t.Errorf("%s: %s sees %d messages", when, m, n)
			}
		}
	}
	isolated("at first", 1)
	rebuild(t, pool, stories[0], marked{})
	isolated("rebuilt", 2)
	if err := projections.Rollback(t.Context(), stories[0].Log, pool, marked{}, örebro, anyOther); err != nil {
		t.Fatal(err)
	}
	isolated("taken back", 2)
	if err := projections.Verify(t.Context(), stories[0].Log, pool, marked{}, örebro); err != nil {
		t.Fatal(err)
	}
	isolated("verified", 2)
}

func TestAForgottenPredicateShowsNothingOfOthers(t *testing.T) {
	pool := projectiontest.Pool(t)
	reading := projectiontest.Reading(t, pool)
	told(t, pool)
	err := projections.View(t.Context(), reading, "marked", örebro, 0, func(tx pgx.Tx, _ projections.Checkpoint) error {
		for sql, want := range map[string]int{"marked_1485_1.message": 0, "marked_1880_1.message": 3, "projections.checkpoint": 1} {
			var n int
			if err := tx.QueryRow(t.Context(), "SELECT count(*) FROM "+sql).Scan(&n); err != nil {
				return err
			}
			if n != want {
				t.Errorf("%d rows of %s, want %d", n, sql, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTablesThatWereOpenAreClosedAtTheNextStart(t *testing.T) {
	pool := projectiontest.Pool(t)
	reading := projectiontest.Reading(t, pool)
	told(t, pool)
	for _, sql := range []string{
		"DROP POLICY own ON marked_1880_1.mark", "ALTER TABLE marked_1880_1.mark DISABLE ROW LEVEL SECURITY", "ALTER TABLE marked_1880_1.message NO FORCE ROW LEVEL SECURITY",
		"REVOKE ALL ON marked_1485_1.mark FROM rackvidd_reader", "ALTER TABLE projections.checkpoint DISABLE ROW LEVEL SECURITY",
	} {
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := projections.Install(t.Context(), pool); err != nil {
			t.Fatal(err)
		}
	}
	projectiontest.Isolated(t, pool, reading, örebro, uddevalla)
}

// A database that others run may not let the role that makes the tables bypass its own policies.
func TestWithoutTheRightToBypassTablesAreMadeAndReadersAreIsolatedAllTheSame(t *testing.T) {
	pool := projectiontest.Pool(t)
	reading := projectiontest.Reading(t, pool)
	role := fmt.Sprintf("ordinary_%s", strings.ToLower(events.NewID().String()))
	if _, err := pool.Exec(t.Context(), "CREATE ROLE "+role+" LOGIN; DROP SCHEMA projections CASCADE; GRANT CREATE ON DATABASE "+pool.Config().ConnConfig.Database+" TO "+role); err != nil {
		t.Fatal(err)
	}
	cfg := pool.Config()
	cfg.ConnConfig.User = role
	cfg.ConnConfig.RuntimeParams["row_security"] = "off"
	ordinary, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ordinary.Close)
	if err := projections.Install(t.Context(), ordinary); err != nil {
		t.Fatal(err)
	}
	stories := told(t, ordinary)
	rebuild(t, ordinary, stories[0], marked{})
	for _, m := range []events.Municipality{örebro, uddevalla, "9999"} {
		want := map[events.Municipality]int{örebro: 3}[m]
		var n int
		err := pgx.BeginFunc(t.Context(), reading, func(tx pgx.Tx) error {
			if _, err := tx.Exec(t.Context(), "SELECT set_config('rackvidd.municipality', $1, true)", string(m)); err != nil {
				return err
			}
			return tx.QueryRow(t.Context(), "SELECT count(*) FROM marked_1880_2.message").Scan(&n)
		})
		if err != nil || n != want {
			t.Errorf("%s sees %d messages of Örebro's, want %d: %v", m, n, want, err)
		}
	}
	switch i, err := projections.IsolationOf(t.Context(), ordinary); {
	case err != nil:
		t.Error(err)
	case i.Bypasses || i.Becomes || !i.Owns:
		t.Errorf("an ordinary role: %+v", i)
	}
	// Once it may, the next start forces them.
	if _, err := pool.Exec(t.Context(), "ALTER ROLE "+role+" BYPASSRLS"); err != nil {
		t.Fatal(err)
	}
	if err := projections.Install(t.Context(), ordinary); err != nil {
		t.Fatal(err)
	}
	projectiontest.Isolated(t, pool, reading, örebro, uddevalla)
}

func TestThePolicyIsAskedOnceAQueryAndLeavesIndexesInUse(t *testing.T) {
	pool := projectiontest.Pool(t)
	reading := projectiontest.Reading(t, pool)
	told(t, pool)
	var lines []string
	err := projections.View(t.Context(), reading, "marked", örebro, 0, func(tx pgx.Tx, _ projections.Checkpoint) error {
		if _, err := tx.Exec(t.Context(), "SET LOCAL enable_seqscan = off"); err != nil {
			return err
		}
		rows, err := tx.Query(t.Context(), "EXPLAIN (COSTS OFF) SELECT FROM message WHERE position = 2")
		if err != nil {
			return err
		}
		lines, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	plan := strings.Join(lines, "\n")
	for _, want := range []string{"InitPlan 1", "One-Time Filter: (current_setting('rackvidd.municipality'", "Index Cond: (\"position\" = 2)"} {
		if !strings.Contains(plan, want) {
			t.Errorf("no %q in\n%s", want, plan)
		}
	}
}
