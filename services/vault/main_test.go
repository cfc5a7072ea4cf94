package vault

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
	"rackvidd/services/rackvidd/node"
)

var (
	postgres *node.Postgres
	admin    *pgxpool.Pool
	schemas  atomic.Int64
)

func TestMain(m *testing.M) { os.Exit(withPostgres(m)) }

func withPostgres(m *testing.M) int {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "vault")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	if postgres, err = node.StartPostgres(ctx, node.PostgresConfig{Dir: dir}); err != nil {
		panic(err)
	}
	defer postgres.Stop(ctx)
	if admin, err = pgxpool.New(ctx, postgres.DSN("postgres")); err != nil {
		panic(err)
	}
	defer admin.Close()
	return m.Run()
}

const (
	orebro events.Municipality = "1880"
	kumla  events.Municipality = "1881"
)

var (
	today   = events.Date(2026, 3, 15)
	account = events.ID{1}
)

// house is where a test's vault lives; it can be opened again and again.
type house struct {
	pool *pgxpool.Pool
	dir  string
	keys Keys
}

// newHouse gives the vault a schema of its own: a database of its own costs ten times as much.
func newHouse(t testing.TB) *house {
	t.Helper()
	schema := fmt.Sprintf("vault%d", schemas.Add(1))
	if _, err := admin.Exec(t.Context(), "CREATE SCHEMA "+schema); err != nil {
		t.Fatal(err)
	}
	return &house{pool: newPool(t, "postgres", schema, nil), dir: t.TempDir(), keys: NewKeys()}
}

// newHouseWithDatabase is for what touches the whole database.
func newHouseWithDatabase(t testing.TB, name string) *house {
	t.Helper()
	if err := postgres.CreateDatabases(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	return &house{pool: newPool(t, name, "public", nil), dir: t.TempDir(), keys: NewKeys()}
}

func newPool(t testing.TB, database, schema string, configure func(*pgxpool.Config)) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(postgres.DSN(database))
	if err != nil {
		t.Fatal(err)
	}
	config.ConnConfig.RuntimeParams["search_path"] = schema
	if _, measured := t.(*testing.B); !measured {
		config.ConnConfig.RuntimeParams["synchronous_commit"] = "off" // what a crash would take away is not tested here
	}
	if configure != nil {
		configure(config)
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func (h *house) open(t testing.TB) *Vault {
	t.Helper()
	v, err := h.tryOpen(t)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (h *house) tryOpen(t testing.TB) (*Vault, error) {
	t.Helper()
	store, err := OpenKeyStore(h.dir)
	if err != nil {
		return nil, err
	}
	return New(t.Context(), Config{Pool: h.pool, Keys: h.keys, KeyStore: store})
}

func (h *house) count(t testing.TB, table string) (n int) {
	t.Helper()
	if err := h.pool.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func (h *house) keyFiles(t testing.TB) (paths []string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(h.dir, "keys", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// eachService runs a test against a vault in the process and against one over HTTP.
func eachService(t *testing.T, test func(t *testing.T, s Service)) {
	t.Helper()
	t.Run("in the process", func(t *testing.T) { test(t, newHouse(t).open(t)) })
	t.Run("over HTTP", func(t *testing.T) {
		server := httptest.NewServer(Handler(newHouse(t).open(t), "a credential"))
		t.Cleanup(server.Close)
		test(t, NewClient(server.URL, "a credential"))
	})
}

// madeNumber returns a personnummer that nobody has: birth numbers 980–999 are never given away.
func madeNumber(n int) string {
	day := events.Date(2006, 1, 1) + events.Day(n%7000)
	nine := strings.ReplaceAll(day.String(), "-", "") + fmt.Sprint(980+n/7000)
	for check := byte('0'); ; check++ {
		if number, _, ok := events.ParseIdentityNumber(nine+string(check), today); ok {
			return number
		}
	}
}

func tokenOf(t testing.TB, s Service, m events.Municipality, source, child string) events.ID {
	t.Helper()
	persons, err := s.Tokens(t.Context(), m, []Identity{{source, child}}, today)
	if err != nil {
		t.Fatal(err)
	}
	return persons[0].Token
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
