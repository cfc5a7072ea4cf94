package database_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/projections/projectiontest"
	"rackvidd/services/database"
)

func TestMain(m *testing.M) { projectiontest.Main(m) }

// waits reports whether something is not done within a while, and returns what comes of it.
func waits(do func() error) (waited bool, done <-chan error) {
	ended := make(chan error, 1)
	go func() { ended <- do() }()
	select {
	case err := <-ended:
		ended <- err
		return false, ended
	case <-time.After(200 * time.Millisecond): // many times what it takes
		return true, ended
	}
}

func TestWhoPassesAGateWaitsForWhoHoldsItShutInAnotherProcess(t *testing.T) {
	const lock = 17
	pool := projectiontest.Pool(t)
	here, elsewhere := database.NewGate(pool, lock), database.NewGate(pool, lock)
	passes := func() error {
		leave, err := here.Pass(t.Context())
		if err == nil {
			leave()
		}
		return err
	}
	leave, err := here.Pass(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if waited, done := waits(passes); waited || <-done != nil {
		t.Error("two do not pass at once")
	}
	var open func() error
	waited, shut := waits(func() (err error) { open, err = elsewhere.Shut(t.Context()); return err })
	if !waited {
		t.Error("it is shut while somebody passes")
	}
	leave()
	if err := <-shut; err != nil {
		t.Fatal(err)
	}
	waited, passed := waits(passes)
	if !waited {
		t.Error("somebody passes while it is shut")
	}
	if waited, done := waits(func() error {
		leave, err := database.NewGate(pool, lock+1).Pass(t.Context())
		if err == nil {
			leave()
		}
		return err
	}); waited || <-done != nil {
		t.Error("another gate is shut as well")
	}
	if err := open(); err != nil {
		t.Error(err)
	}
	if err := <-passed; err != nil {
		t.Error(err)
	}
}

func TestWhoeverHoldsAGateHearsThatTheDatabaseLetItGo(t *testing.T) {
	pool := projectiontest.Pool(t)
	gate := database.NewGate(pool, 18)
	open, err := gate.Shut(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 18`); err != nil {
		t.Fatal(err)
	}
	if err := open(); err == nil {
		t.Error("it is said to have been shut all the time")
	}
}

func TestWaitingAtAGateEndsWithItsContextAndTakesOneConnection(t *testing.T) {
	config := projectiontest.Pool(t).Config()
	config.MaxConns = 3
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	gate := database.NewGate(pool, 19)
	open, err := gate.Shut(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	for range 5 {
		go func() { _, err := gate.Pass(ctx); ended <- err }()
	}
	time.Sleep(100 * time.Millisecond)
	if waited, done := waits(func() error { return pool.Ping(t.Context()) }); waited || <-done != nil {
		t.Error("those who wait take every connection")
	}
	stop()
	for range 5 {
		if err := <-ended; err == nil {
			t.Error("somebody passes a gate that is shut")
		}
	}
	if err := open(); err != nil {
		t.Error(err)
	}
}
