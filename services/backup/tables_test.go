package backup_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
	"rackvidd/events/archive/archivetest"
	"rackvidd/projections/projectiontest"
	"rackvidd/services/backup"
)

// shelves are tables of which the first refers to the last.
const shelves = `
CREATE SCHEMA shelf;
CREATE TABLE shelf.owner (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text);
CREATE TABLE shelf.book (owner bigint REFERENCES shelf.owner, title text, pages bytea);
CREATE TABLE shelf.remembered (id int);
CREATE TABLE shelf.migration (version int);`

func TestTablesComeBackAsTheyWere(t *testing.T) {
	from, to := projectiontest.Pool(t), projectiontest.Pool(t)
	run(t, from, shelves)
	run(t, to, shelves)
	run(t, from, `INSERT INTO shelf.owner (name) VALUES (NULL), (E'tab\tline\nback\\slash'), ('\N'), ('åäö')`)
	run(t, from, `INSERT INTO shelf.book SELECT id, 'of ' || id, '\x00ff0a5c' FROM shelf.owner`)
	run(t, from, `INSERT INTO shelf.remembered VALUES (1)`)
	run(t, to, `INSERT INTO shelf.owner (name) VALUES ('made at the first start')`)
	u := unpackedTables(t, from)
	if err := u.Fill(t.Context(), "main", to); err != nil {
		t.Fatal(err)
	}
	const all = `SELECT string_agg(o.id || coalesce(name, 'NULL') || title || pages::text, ',' ORDER BY o.id) FROM shelf.owner o JOIN shelf.book ON owner = o.id`
	if was, is := one(t, from, all), one(t, to, all); was != is || was == "" {
		t.Errorf("they are %q, and were %q", is, was)
	}
	if n := one(t, to, `SELECT count(*)::text FROM shelf.remembered`); n != "0" {
		t.Errorf("what is only remembered came back: %s rows", n)
	}
	if id := one(t, to, `INSERT INTO shelf.owner (name) VALUES ('next') RETURNING id::text`); id != "5" {
		t.Errorf("the next row is number %s", id)
	}
}

func TestATableThatTheProgramDoesNotKnowIsRefusedByName(t *testing.T) {
	from, to := projectiontest.Pool(t), projectiontest.Pool(t)
	run(t, from, shelves)
	run(t, to, shelves+`ALTER TABLE shelf.book DROP COLUMN pages;`)
	run(t, to, `INSERT INTO shelf.owner (name) VALUES ('stays')`)
	var unusable *backup.UnusableError
	if err := unpackedTables(t, from).Fill(t.Context(), "main", to); !errors.As(err, &unusable) {
		t.Errorf("a column that is not known: %v", err)
	}
	if n := one(t, to, `SELECT count(*)::text FROM shelf.owner`); n != "1" {
		t.Errorf("half of it was done: %s rows", n)
	}
}

func unpackedTables(t *testing.T, from *pgxpool.Pool) backup.Unpacked {
	t.Helper()
	signer, _, public := archivetest.Key(t, "rackvidd-test")
	key, err := backup.LoadKey(t.TempDir() + "/" + backup.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	err = backup.Write(t.Context(), backup.Source{
		Key: signer, Public: public, Spool: t.TempDir(), Logs: func(context.Context) ([]events.Municipality, error) { return nil, nil },
		Databases: map[string]backup.Tables{"main": {Pool: from, Schemas: []string{"shelf"}, Without: []string{"shelf.remembered"}}},
	}, key, &file)
	if err != nil {
		t.Fatal(err)
	}
	u, err := backup.Unpack(&file, key, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func run(t *testing.T, pool *pgxpool.Pool, sql string) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func one(t *testing.T, pool *pgxpool.Pool, sql string) (text string) {
	t.Helper()
	if err := pool.QueryRow(t.Context(), sql).Scan(&text); err != nil {
		t.Fatal(err)
	}
	return text
}
