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

// passes comes to a gate, and tells when it has passed.
func passes(t *testing.T, gate *database.Gate) (passed <-chan error) {
	t.Helper()
	ended := make(chan error, 1)
	go func() {
		leave, err := gate.Pass(t.Context())
		if err == nil {
			leave()
		}
		ended <- err
	}()
	return ended
}

const soon = time.Minute

// waitingAt tells when somebody waits at a gate.
func waitingAt(t *testing.T, pool *pgxpool.Pool, lock int) <-chan struct{} {
	t.Helper()
	seen := make(chan struct{})
	go func() {
		for some := 0; some == 0 && t.Context().Err() == nil; time.Sleep(10 * time.Millisecond) {
			_ = pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_locks
				WHERE locktype = 'advisory' AND NOT granted AND classid = 0 AND objid = $1 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`, lock).Scan(&some)
		}
		close(seen)
	}()
	return seen
}

func passesNow(t *testing.T, gate *database.Gate, otherwise string) {
	t.Helper()
	select {
	case err := <-passes(t, gate):
		if err != nil {
			t.Error(err)
		}
	case <-time.After(soon):
		t.Error(otherwise)
	}
}

func TestWhoPassesAGateWaitsForWhoHoldsItShutInAnotherProcess(t *testing.T) {
	const lock = 17
	pool := projectiontest.Pool(t)
	here, elsewhere := database.NewGate(pool, lock), database.NewGate(pool, lock)
	leave, err := here.Pass(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	passesNow(t, here, "two do not pass at once")
	passesNow(t, elsewhere, "two processes do not pass at once")
	type shut struct {
		open func() error
		err  error
	}
	shutting := make(chan shut, 1)
	go func() {
		open, err := elsewhere.Shut(t.Context())
		shutting <- shut{open, err}
	}()
	select {
	case <-shutting:
		t.Fatal("it is shut while somebody passes")
	case <-waitingAt(t, pool, lock):
	}
	leave()
	held := <-shutting
	if held.err != nil {
		t.Fatal(held.err)
	}
	waiting := passes(t, here)
	select {
	case <-waiting:
		t.Error("somebody passes while it is shut")
	case <-waitingAt(t, pool, lock):
	}
	passesNow(t, database.NewGate(pool, lock+1), "another gate is shut as well")
	if err := held.open(); err != nil {
		t.Error(err)
	}
	if err := <-waiting; err != nil {
		t.Error(err)
	}
}

func TestWhoeverHoldsAGateHearsThatTheDatabaseLetItGo(t *testing.T) {
	pool := projectiontest.Pool(t)
	open, err := database.NewGate(pool, 18).Shut(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_locks
		WHERE locktype = 'advisory' AND classid = 0 AND objid = 18 AND objsubid = 1 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`); err != nil {
		t.Fatal(err)
	}
	if err := open(); err == nil {
		t.Error("it is said to have been shut all the time")
	}
}

// TestWhoeverPassesOrWaitsLeavesConnectionsToOthers has many more at a gate than a pool has connections.
func TestWhoeverPassesOrWaitsLeavesConnectionsToOthers(t *testing.T) {
	config := projectiontest.Pool(t).Config()
	config.MaxConns = 6
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
	for range 20 {
		go func() { _, err := gate.Pass(ctx); ended <- err }()
	}
	<-waitingAt(t, pool, 19)
	if err := pool.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	stop()
	for range 20 {
		if err := <-ended; err == nil {
			t.Error("somebody passes a gate that is shut")
		}
	}
	if err := open(); err != nil {
		t.Error(err)
	}
	for range 20 {
		go func() {
			leave, err := gate.Pass(t.Context())
			if err == nil {
				err = pool.Ping(t.Context())
				leave()
			}
			ended <- err
		}()
	}
	for range 20 {
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(soon):
			t.Fatal("those who pass have taken the connections that they need")
		}
	}
}
