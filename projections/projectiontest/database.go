package projectiontest

import (
	"context"
	"os"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/projections"
)

// shared is the test program's server, started when it is first asked for.
var shared struct {
	sync.Mutex
	server *Postgres
}

// Main runs a package's tests and ends their server. TestMain calls it; without it the server ends with the test
// program all the same, and leaves its directory behind.
func Main(m *testing.M) {
	code := m.Run()
	shared.Lock()
	if shared.server != nil {
		shared.server.Close()
	}
	os.Exit(code)
}

func server(ctx context.Context) (*Postgres, error) {
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		var err error
		if shared.server, err = Start(ctx); err != nil {
			return nil, err
		}
	}
	return shared.server, nil
}

// Pool returns a pool on a database of the test's own, with the checkpoints installed.
func Pool(t testing.TB) *pgxpool.Pool {
	t.Helper()
	pool := Empty(t)
	if err := projections.Install(context.Background(), pool); err != nil {
		t.Fatal(err)
	}
	return pool
}

// Empty returns a pool on a database of the test's own with nothing in it.
func Empty(t testing.TB) *pgxpool.Pool {
	t.Helper()
	ctx := context.Background()
	s, err := server(ctx)
	if err != nil {
		t.Fatal(err)
	}
	name, err := s.Database(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.GiveBack(ctx, name); err != nil {
			t.Error(err)
		}
	})
	return Open(t, s, name)
}

// Open returns a pool on a database of a server.
func Open(t testing.TB, s *Postgres, database string) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(context.Background(), s.URL(database)+" pool_max_conns=16")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// Reading returns a pool on the same database whose role reads one municipality at a time, as services do.
func Reading(t testing.TB, pool *pgxpool.Pool) *pgxpool.Pool {
	t.Helper()
	cfg := pool.Config()
	cfg.ConnConfig.RuntimeParams["role"] = projections.Reader
	reading, err := pgxpool.NewWithConfig(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(reading.Close)
	return reading
}
