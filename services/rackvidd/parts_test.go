package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"rackvidd/services/vault"
)

// TestWhatNoWaitingMendsIsSaidAtOnce tells a part that is on its way up from one that is given what is not its own.
func TestWhatNoWaitingMendsIsSaidAtOnce(t *testing.T) {
	p := &parts{serveCommand: &serveCommand{}, data: t.TempDir(), log: slog.New(slog.DiscardHandler)}
	for name, c := range map[string]struct {
		err   error
		waits bool
	}{
		"index keys of another vault":     {fmt.Errorf("check: %w", vault.ErrWrongKeys), false},
		"an older ledger":                 {fmt.Errorf("check: %w", vault.ErrWrongLedger), false},
		"tables that another makes":       {&pgconn.PgError{Code: "42P07"}, true},
		"a database on its way up":        {&pgconn.PgError{Code: "57P03"}, true},
		"a password that is not set yet":  {&pgconn.PgError{Code: "28P01"}, true},
		"a database that is not made yet": {&pgconn.PgError{Code: "3D000"}, true},
		"whatever else does not answer":   {errors.New("connection refused"), true},
	} {
		limit := 200 * time.Millisecond
		if !c.waits {
			limit = time.Minute // which it does not take
		}
		ctx, stop := context.WithTimeout(t.Context(), limit)
		err := p.retry(ctx, "vault", func() error { return c.err })
		waited := ctx.Err() != nil
		stop()
		var usage *usageError
		if waited != c.waits || errors.As(err, &usage) == c.waits {
			t.Errorf("%s: waited %t, %v", name, waited, err)
		}
	}
}

func TestWhoeverRunsPostgreSQLQueriesArePlannedTheSame(t *testing.T) {
	t.Parallel()
	o := newPlaces(t)
	p := &parts{serveCommand: &serveCommand{}}
	defer p.close()
	pool, err := p.open(t.Context(), setting{"RACKVIDD_DATABASE_URL", o.postgres.DSN("rackvidd")}, readers...)
	if err != nil {
		t.Fatal(err)
	}
	for setting, want := range map[string]string{"plan_cache_mode": "force_generic_plan", "jit": "off", "random_page_cost": "1.1", "max_parallel_workers_per_gather": "0"} {
		var got string
		if err := pool.QueryRow(t.Context(), `SELECT current_setting($1)`, setting).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, %v", setting, got, err)
		}
	}
}
