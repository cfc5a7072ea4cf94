package main

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/reach"
)

// relation is a table or an index of a read model in use.
type relation struct {
	name  string // with its schema
	file  string // below the cluster
	table string // of an index; else its own name
}

func (r relation) municipality() events.Municipality {
	return events.Municipality(strings.Split(r.name, "_")[1])
}

// relations are those of a kind ('r', a table; 'i', an index) that hold something.
func (c *corrupted) relations(db interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}, kind rune,
) (list []relation) {
	c.t.Helper()
	rows, err := db.Query(c.t.Context(), `SELECT format('%I.%I', n.nspname, r.relname), pg_relation_filepath(r.oid), format('%I.%I', n.nspname, coalesce(t.relname, r.relname))
		FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace
		JOIN projections.checkpoint c ON c.current AND n.nspname = c.projection || '_' || c.municipality || '_' || c.generation
		LEFT JOIN pg_index i ON i.indexrelid = r.oid LEFT JOIN pg_class t ON t.oid = i.indrelid
		WHERE r.relkind = $1 AND pg_relation_size(coalesce(t.oid, r.oid)) > 0 ORDER BY 1`, string(kind))
	if err != nil {
		c.t.Fatal(err)
	}
	var r relation
	if _, err = pgx.ForEachRow(rows, []any{&r.name, &r.file, &r.table}, func() error {
		list = append(list, r)
		return nil
	}); err != nil {
		c.t.Fatal(err)
	}
	return list
}

// damageDatabase damages a file of a table or an index while PostgreSQL is stopped.
func (c *corrupted) damageDatabase(data string) {
	c.t.Helper()
	conn := c.connect()
	kind := []rune{'r', 'i'}[c.rng.IntN(2)]
	list := c.relations(conn, kind)
	r := list[c.rng.IntN(len(list))]
	file := filepath.Join(c.cluster, "cluster", r.file)
	kinds := map[string]func() string{
		"a bit":          func() string { return c.flip(file) },
		"cut short":      func() string { return c.cut(file) },
		"bytes zeroed":   func() string { return c.zero(file) },
		"a file deleted": func() string { return c.remove(file) },
		"a stale file":   func() string { return c.putBack(file) },
	}
	names := slices.Sorted(maps.Keys(kinds))
	name := names[c.rng.IntN(len(names))]
	if name == "a stale file" {
		c.before(conn, r, file)
	}
	c.stopPostgres(conn)
	how := strings.ReplaceAll(kinds[name](), c.cluster, "")
	c.startPostgres()
	if how == "" {
		return
	}
	what := fmt.Sprintf("read model, %s: %s", map[rune]string{'r': "table", 'i': "index"}[kind], name)
	how = fmt.Sprintf("%s: %s (%s)", what, how, r.name)
	p := c.open(data)
	defer p.close()
	if name == "a bit" { // which the page's checksum shows whoever reads it
		c.figuresAreRefusedOrRight(p, how)
	}
	if !c.checked(p, r.municipality(), how) {
		c.t.Fatalf("%s is not found", how)
	}
	c.figuresAreRefusedOrRight(p, how)
	c.count(what, true)
}

func (c *corrupted) connect() *pgx.Conn {
	c.t.Helper()
	conn, err := pgx.Connect(c.t.Context(), c.database)
	if err != nil {
		c.t.Fatal(err)
	}
	return conn
}

// stopPostgres stops it with everything on the disk: a stop that took too long is made good from the log of writes, and so would be
// a page of them that is damaged meanwhile.
func (c *corrupted) stopPostgres(conn *pgx.Conn) {
	c.t.Helper()
	if _, err := conn.Exec(c.t.Context(), "CHECKPOINT"); err != nil {
		c.t.Fatal(err)
	}
	if err := conn.Close(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
	if err := c.postgres.Stop(context.WithoutCancel(c.t.Context())); err != nil {
		c.t.Fatal(err)
	}
}

// before keeps a file as it was before a table's last rows were written.
func (c *corrupted) before(conn *pgx.Conn, r relation, file string) {
	c.t.Helper()
	last := `(SELECT ctid FROM ` + r.table + ` ORDER BY ctid DESC LIMIT 3)`
	for _, sql := range []string{
		`CREATE TEMP TABLE late AS SELECT * FROM ` + r.table + ` WHERE ctid IN ` + last,
		`DELETE FROM ` + r.table + ` WHERE ctid IN ` + last,
		`VACUUM ` + r.table,
		`CHECKPOINT`,
	} {
		if _, err := conn.Exec(c.t.Context(), sql); err != nil {
			c.t.Fatal(err)
		}
	}
	if err := copyFile(file, c.staleFile()); err != nil {
		c.t.Fatal(err)
	}
	for _, sql := range []string{`INSERT INTO ` + r.table + ` SELECT * FROM late`, `DROP TABLE late`} {
		if _, err := conn.Exec(c.t.Context(), sql); err != nil {
			c.t.Fatal(err)
		}
	}
}

func (c *corrupted) staleFile() string {
	return filepath.Join(filepath.Dir(c.states[stopped]), "stale")
}

func (c *corrupted) putBack(file string) string {
	c.t.Helper()
	if c.alike(file, c.staleFile()) {
		return ""
	}
	if err := copyFile(c.staleFile(), file); err != nil {
		c.t.Fatal(err)
	}
	return file
}

// figuresAreRefusedOrRight reads a figure from the tables, as the program would.
func (c *corrupted) figuresAreRefusedOrRight(p *parts, how string) {
	c.t.Helper()
	if p.damage("1880") != nil {
		return
	}
	d, err := reach.Named(reach.Default)
	if err != nil {
		c.t.Fatal(err)
	}
	var f reach.Figures
	err = projections.View(c.t.Context(), p.pool, reach.Projection{}.Name(), "1880", 0, func(tx pgx.Tx, at projections.Checkpoint) error {
		e, err := reach.Gather(c.t.Context(), tx, "1880", reach.CalendarYear(2021), at.Position)
		f = reach.Compute(e, d, reach.CalendarYear(2021), at.Position)
		return err
	})
	if err == nil && f.Children != c.children || err != nil && !projections.Damaged(err) {
		c.t.Errorf("%s: a figure of %d children, %v; there were %d", how, f.Children, err, c.children)
	}
}
