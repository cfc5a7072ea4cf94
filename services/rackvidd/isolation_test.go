package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/projections"
	"rackvidd/projections/projectiontest"
	"rackvidd/services/rackvidd/node"
)

// as connects to a private server's database as one of its roles.
func as(t *testing.T, data, role, password, database string) string {
	t.Helper()
	secret, err := os.ReadFile(filepath.Join(data, "postgres", password))
	if err != nil {
		t.Fatal(err)
	}
	running, err := os.ReadFile(filepath.Join(data, "postgres", "cluster", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	socket := strings.Split(string(running), "\n")[4]
	u := url.URL{Scheme: "postgres", User: url.UserPassword(role, strings.TrimSpace(string(secret))), Path: "/" + database, RawQuery: url.Values{"host": {socket}, "sslmode": {"disable"}}.Encode()}
	return u.String()
}

func pool(t *testing.T, address string) *pgxpool.Pool {
	t.Helper()
	p, err := pgxpool.New(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func TestThePrivateServersReaderSeesOneMunicipalityAndNoOtherDatabase(t *testing.T) {
	data := dataDir(t)
	s := serve(t, data)
	for _, m := range []string{"1880", "1881"} {
		if _, err := s.bring(t.Context(), m, "a", smallFile); err != nil {
			t.Fatal(err)
		}
	}
	const secret = projections.Reader + ".password"
	reader := pool(t, as(t, data, projections.Reader, secret, "rackvidd"))
	shown := projectiontest.Isolated(t, pool(t, as(t, data, "rackvidd", "password", "rackvidd")), reader, "1880", "1881")
	if shown["1880"] < 5 || shown["1880"] != shown["1881"] {
		t.Errorf("so many tables show rows: %v", shown)
	}
	for _, sql := range []string{"CREATE TEMPORARY TABLE mine (a int)", "CREATE TABLE public.mine (a int)", "CREATE SCHEMA mine", "SET ROLE rackvidd", "SET SESSION AUTHORIZATION rackvidd"} {
		if projectiontest.Trying(t.Context(), reader, sql) == nil {
			t.Errorf("the reader may: %s", sql)
		}
	}
	if _, err := reader.Exec(t.Context(), "SELECT lo_create(0)"); err == nil {
		t.Error("the reader makes a large object")
	}
	for _, closed := range []string{"rackvidd_vault", "postgres", "template1"} {
		if conn, err := pgx.Connect(t.Context(), as(t, data, projections.Reader, secret, closed)); err == nil {
			conn.Close(t.Context())
			t.Errorf("the reader opens the database %s", closed)
		}
	}
	s.stop(t)
	if info, err := os.Stat(filepath.Join(data, "postgres", secret)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read the reader's password: %v %v", info.Mode(), err)
	}
}

// elsewhere is a PostgreSQL that others run, with an ordinary role that has a database for each part.
func elsewhere(t *testing.T) (server *node.Postgres, address string) {
	t.Helper()
	server, err := node.StartPostgres(t.Context(), node.PostgresConfig{Dir: dataDir(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Stop(context.WithoutCancel(t.Context())) })
	admin := pool(t, server.DSN("postgres"))
	for _, sql := range []string{"CREATE ROLE ordinary LOGIN PASSWORD 'ordinary'", "CREATE DATABASE rackvidd OWNER ordinary", "CREATE DATABASE rackvidd_vault OWNER ordinary"} {
		if _, err := admin.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	u, err := url.Parse(server.DSN("rackvidd"))
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("ordinary", "ordinary")
	return server, u.String()
}

func TestADatabaseThatOthersRunIsIsolatedAsSoonAsItsRolesAreMade(t *testing.T) {
	server, address := elsewhere(t)
	admin := pool(t, server.DSN("rackvidd"))
	data := dataDir(t)
	s := serve(t, data, "--database-url", address)
	if _, err := s.bring(t.Context(), "1880", "a", smallFile); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(s.output.String(), "row-level security does not hold here") {
		t.Errorf("it does not say that municipalities are not kept apart:\n%s", s.output)
	}
	s.stop(t)
	if _, err := admin.Exec(t.Context(), "ALTER ROLE ordinary BYPASSRLS; CREATE ROLE rackvidd_reader LOGIN PASSWORD 'reader'"); err != nil {
		t.Fatal(err)
	}
	projector := serve(t, dataDir(t), "projector", "--database-url", address, "--nats-url", natsIn(t, dataDir(t)).URL())
	if strings.Contains(projector.output.String(), "row-level security") {
		t.Errorf("a service by which nobody reads says %s", projector.output)
	}
	projector.stop(t)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(projections.Reader, "reader")
	s = serve(t, data, "--database-url", address, "--reading-database-url", u.String())
	if _, err := s.bring(t.Context(), "1881", "a", smallFile); err != nil {
		t.Fatal(err)
	}
	if f := s.figures(t, "1881", "year=2021"); f.Children != 2 || strings.Contains(s.output.String(), "row-level security") {
		t.Errorf("%d children; %s", f.Children, s.output)
	}
	projectiontest.Isolated(t, admin, pool(t, u.String()), "1880", "1881")
}

func TestARoleThatSeesEverythingIsNoReader(t *testing.T) {
	server, _ := elsewhere(t)
	s, err := launch(dataDir(t), "--database-url", server.DSN("rackvidd"), "--reading-database-url", server.DSN("rackvidd"))
	if err != nil {
		t.Fatal(err)
	}
	<-s.exited
	if exitCode(s.exitErr) != 2 || !strings.Contains(s.output.String(), "RACKVIDD_READING_DATABASE_URL names a role that owns tables") {
		t.Errorf("%v: %s", s.exitErr, fmt.Sprint(s.output))
	}
}
