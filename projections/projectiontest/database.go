package projectiontest

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
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
	d, err := s.lend(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.takeBack(ctx, d); err != nil {
			t.Error(err)
		}
	})
	return d.pool
}

// database is one that tests have in turn, with its connections: to make them anew takes longer than what most tests ask.
type database struct {
	name    string
	pool    *pgxpool.Pool
	reading *pgxpool.Pool // nil until somebody reads one municipality at a time
}

// lend lends an empty database.
func (p *Postgres) lend(ctx context.Context) (*database, error) {
	d := p.next()
	if d.pool == nil {
		if err := p.in(ctx, "postgres", "CREATE DATABASE "+d.name); err != nil {
			return nil, err
		}
		if err := d.open(ctx, p); err != nil {
			return nil, err
		}
	}
	p.databases.Lock()
	defer p.databases.Unlock()
	p.lent[d.pool] = d
	return d, nil
}

// next is a database that was taken back, or the name of one that is to be made.
func (p *Postgres) next() (d *database) {
	p.databases.Lock()
	defer p.databases.Unlock()
	if last := len(p.empty) - 1; last >= 0 {
		d, p.empty = p.empty[last], p.empty[:last]
		return d
	}
	p.made++
	return &database{name: fmt.Sprintf("t%d", p.made)}
}

func (d *database) open(ctx context.Context, p *Postgres) (err error) {
	d.pool, err = pgxpool.New(ctx, p.URL(d.name)+" pool_max_conns=16 application_name="+ofDatabase)
	return err
}

// ofDatabase is what connections are called that stay with a database.
const ofDatabase = "kept"

// emptying ends whoever is still at work in a database, or has come otherwise, and leaves nothing in it. Making one takes several times as long.
const emptying = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid() AND (application_name <> '` + ofDatabase + `' OR state <> 'idle');
	DO $$ BEGIN
		EXECUTE (SELECT 'DROP SCHEMA ' || string_agg(quote_ident(nspname), ', ') || ' CASCADE' FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema');
	END $$;
	CREATE SCHEMA public AUTHORIZATION pg_database_owner;
	GRANT USAGE ON SCHEMA public TO PUBLIC`

// takeBack empties a database that is not needed any more, for whoever needs one next.
func (p *Postgres) takeBack(ctx context.Context, d *database) error {
	lent := d.pool
	if lent.Ping(ctx) != nil { // a test may close what it has
		if err := d.open(ctx, p); err != nil {
			return err
		}
	}
	if d.reading != nil && d.reading.Ping(ctx) != nil {
		d.reading = nil
	}
	if _, err := d.pool.Exec(ctx, emptying, pgx.QueryExecModeSimpleProtocol); err != nil {
		return fmt.Errorf("empty %s: %w", d.name, err)
	}
	p.databases.Lock()
	defer p.databases.Unlock()
	delete(p.lent, lent)
	p.empty = append(p.empty, d)
	return nil
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

// Reading returns a pool on the same database, which Pool or Empty returned, whose role reads one municipality at a time, as services do.
func Reading(t testing.TB, pool *pgxpool.Pool) *pgxpool.Pool {
	t.Helper()
	shared.Lock()
	s := shared.server
	shared.Unlock()
	s.databases.Lock()
	defer s.databases.Unlock()
	d := s.lent[pool]
	if d == nil {
		t.Fatal("the pool is of no database that was lent")
	}
	if d.reading == nil {
		cfg := pool.Config()
		cfg.ConnConfig.RuntimeParams["role"] = projections.Reader
		var err error
		if d.reading, err = pgxpool.NewWithConfig(context.Background(), cfg); err != nil {
			t.Fatal(err)
		}
	}
	return d.reading
}
