package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// TestADamagedReadModelIsFoundAndMadeAnew takes one child out of the tables behind the program's back.
func TestADamagedReadModelIsFoundAndMadeAnew(t *testing.T) {
	t.Parallel()
	s := serve(t, dataDir(t))
	if _, err := s.bring(t.Context(), "1880", "a", smallFile); err != nil {
		t.Fatal(err)
	}
	replay := []string{"audit", "replay", "--municipality", "1880", "--year", "2021"}
	if stdout, stderr, code := s.rackvidd(replay...); code != done {
		t.Fatalf("exit %d before the damage:\n%s%s", code, stdout, stderr)
	}
	conn := s.database(t)
	if _, err := conn.Exec(t.Context(), `DELETE FROM reach_1880_1.attendance WHERE child = (SELECT child FROM reach_1880_1.attendance ORDER BY child LIMIT 1)`); err != nil {
		t.Fatal(err)
	}
	stdout, _, code := s.rackvidd(replay...)
	if page := s.address + "/municipalities/1880/replay?definition=reach%2Fv3&position="; !strings.Contains(stdout, page) || !strings.Contains(stdout, "&year=2021\n") {
		t.Errorf("it does not lead to the page that replays the same, %s:\n%s", page, stdout)
	}
	if code != difference || !strings.Contains(stdout, "children") || !strings.Contains(stdout, "DIFFERENT") {
		t.Errorf("exit %d, want %d and what differs:\n%s", code, difference, stdout)
	}
	figures := []string{"reach", "--municipality", "1880", "--year", "2021"}
	if _, stderr, code := s.rackvidd(figures...); code != failed || !strings.Contains(stderr, "another than the log gives") {
		t.Errorf("figures of what is known to differ: exit %d, %s", code, stderr)
	}
	backup := func() (said string) {
		_, stderr, code := s.rackvidd("backup", filepath.Join(t.TempDir(), "backup"))
		if code != done {
			t.Errorf("a backup: exit %d: %s", code, stderr)
		}
		return stderr
	}
	const damaged = "what is kept of 1880 was found damaged: keep earlier backups as well until it is whole"
	if said := backup(); !strings.Contains(said, damaged) {
		t.Errorf("a backup of what is known to differ says %s", said)
	}
	if stdout, _, code := s.rackvidd(replay...); code != difference || !strings.Contains(stdout, "DIFFERENT") {
		t.Errorf("what differs is told once alone: exit %d\n%s", code, stdout)
	}
	if _, stderr, code := s.rackvidd("projections", "rebuild", "reach", "--municipality", "1880"); code != failed || !strings.Contains(stderr, "attendance") {
		t.Errorf("a rebuild that differs: exit %d, %s", code, stderr)
	}
	if _, stderr, code := s.rackvidd("projections", "rollback", "reach", "--municipality", "1880"); code != done {
		t.Errorf("taking the rebuilt tables: exit %d, %s", code, stderr)
	}
	if stdout, _, code := s.rackvidd(replay...); code != done {
		t.Errorf("exit %d after it was made anew:\n%s", code, stdout)
	}
	if stdout, _, code := s.rackvidd("audit", "verify", "--municipality", "1880", "--year", "2021"); code != done {
		t.Errorf("exit %d of a verification after it was made anew:\n%s", code, stdout)
	}
	if _, stderr, code := s.rackvidd(figures...); code != done {
		t.Errorf("figures after it was made anew: exit %d, %s", code, stderr)
	}
	if said := backup(); strings.Contains(said, "damaged") {
		t.Errorf("a backup after it was made anew says %s", said)
	}
}

// TestNoFigureComesOfTablesThatARebuildOrASwitchFindsDamaged takes one child out of them, and asks for no replay.
func TestNoFigureComesOfTablesThatARebuildOrASwitchFindsDamaged(t *testing.T) {
	t.Parallel()
	s := serve(t, dataDir(t))
	if _, err := s.bring(t.Context(), "1880", "a", smallFile); err != nil {
		t.Fatal(err)
	}
	before := s.figures(t, "1880", "year=2021")
	if _, err := s.database(t).Exec(t.Context(), `DELETE FROM reach_1880_1.attendance WHERE child = (SELECT child FROM reach_1880_1.attendance ORDER BY child LIMIT 1)`); err != nil {
		t.Fatal(err)
	}
	of := func(args ...string) []string { return append(args, "--municipality", "1880") }
	figures := of("reach", "--year", "2021")
	for _, model := range []string{"all", "reach"} {
		if _, stderr, code := s.rackvidd(of("projections", "rebuild", model)...); code != failed || !strings.Contains(stderr, "attendance") {
			t.Errorf("rebuilding %s: exit %d, %s", model, code, stderr)
		}
		if _, stderr, code := s.rackvidd(figures...); code != failed || !strings.Contains(stderr, "what the log gives is not in [attendance]") {
			t.Errorf("figures after that: exit %d, %s", code, stderr)
		}
	}
	s.must(t, of("projections", "rollback", "reach")...)
	if after := s.figures(t, "1880", "year=2021"); after.Children != before.Children {
		t.Errorf("%d children after the switch, %d before", after.Children, before.Children)
	}
	s.awaitReady(t)
	if _, stderr, code := s.rackvidd(of("projections", "rollback", "reach")...); code != failed || !strings.Contains(stderr, "is not what the log gives: attendance") {
		t.Errorf("back to what is damaged: exit %d, %s", code, stderr)
	}
	if after := s.figures(t, "1880", "year=2021"); after.Children != before.Children {
		t.Errorf("%d children after a switch that is refused, %d before", after.Children, before.Children)
	}
}

// database connects to the read models of a running server.
func (s *server) database(t *testing.T) *pgx.Conn { return s.databaseCalled(t, "rackvidd") }

func (s *server) databaseCalled(t *testing.T, name string) *pgx.Conn {
	t.Helper()
	password, err := os.ReadFile(filepath.Join(s.data, "postgres", "password"))
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := pgx.ParseConfig("dbname=" + name + " user=rackvidd host=" + filepath.Join(s.data, "postgres", "cluster"))
	if err != nil {
		t.Fatal(err)
	}
	cfg.Password = strings.TrimSpace(string(password))
	conn, err := pgx.ConnectConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(t.Context()) })
	return conn
}
