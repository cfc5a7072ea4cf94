package backup

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// tables copies each database as it is at one moment.
func (w *writing) tables() error {
	for _, name := range slices.Sorted(maps.Keys(w.Databases)) {
		d := w.Databases[name]
		err := pgx.BeginTxFunc(w.ctx, d.Pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
			list, err := d.list(w.ctx, tx)
			for _, t := range list {
				if err == nil {
					err = w.table(tx, path.Join(tablesDir, name), t)
				}
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("the tables of %s: %w", name, err)
		}
	}
	return nil
}

// table is one table and its columns.
type table struct {
	Schema, Name string
	Columns      []string
}

func (t table) quoted() string { return pgx.Identifier{t.Schema, t.Name}.Sanitize() }

func (t table) columns() string {
	quoted := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		quoted[i] = pgx.Identifier{c}.Sanitize()
	}
	return strings.Join(quoted, ", ")
}

// list returns the tables, but for the notes of how far they are migrated: whoever restores makes those.
func (d Tables) list(ctx context.Context, tx pgx.Tx) ([]table, error) {
	rows, err := tx.Query(ctx, `
		SELECT c.table_schema::text, c.table_name::text, array_agg(c.column_name::text ORDER BY c.ordinal_position)
		FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
		WHERE t.table_type = 'BASE TABLE' AND c.table_schema = ANY ($1) AND c.is_generated = 'NEVER'
			AND c.table_schema || '.' || c.table_name <> ALL ($2) AND c.table_name NOT IN ('migration', 'goose_db_version')
		GROUP BY 1, 2 ORDER BY 1, 2`, d.Schemas, append([]string{}, d.Without...))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[table])
}

// table writes a line of columns, and the rows as COPY has them.
func (w *writing) table(tx pgx.Tx, under string, t table) (err error) {
	spool, err := os.CreateTemp(w.Spool, ".backup-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, spool.Close()) }()
	if err := os.Remove(spool.Name()); err != nil { // no crash leaves it behind
		return err
	}
	digest := sha256.New()
	into := bufio.NewWriter(io.MultiWriter(spool, digest))
	fmt.Fprintln(into, strings.Join(t.Columns, ","))
	if _, err := tx.Conn().PgConn().CopyTo(w.ctx, into, fmt.Sprintf("COPY (SELECT %s FROM %s) TO STDOUT", t.columns(), t.quoted())); err != nil {
		return fmt.Errorf("copy %s.%s: %w", t.Schema, t.Name, err)
	}
	if err := into.Flush(); err != nil {
		return err
	}
	size, err := spool.Seek(0, io.SeekCurrent)
	if err == nil {
		_, err = spool.Seek(0, io.SeekStart)
	}
	if err != nil {
		return err
	}
	return w.put(path.Join(under, t.Schema+"."+t.Name), size, spool, digest.Sum(nil))
}

// Fill copies a database's tables from an unpacked backup into tables that are there and empty, in one transaction.
func (u Unpacked) Fill(ctx context.Context, name string, pool *pgxpool.Pool) error {
	dir := filepath.Join(u.Dir, tablesDir, name)
	found, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("the backup has no tables of %s: %w", name, err)
	}
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		list, err := inOrder(ctx, tx, found)
		if err != nil {
			return err
		}
		for _, t := range slices.Backward(list) { // a fresh installation may have made rows of its own
			if _, err := tx.Exec(ctx, "DELETE FROM "+t.quoted()); err != nil {
				return t.refused(err, name)
			}
		}
		for _, t := range list {
			if err := t.fill(ctx, tx, filepath.Join(dir, t.Schema+"."+t.Name)); err != nil {
				return t.refused(err, name)
			}
		}
		return nil
	})
}

// inOrder are the tables of files, each behind those that it refers to.
func inOrder(ctx context.Context, tx pgx.Tx, files []os.DirEntry) (list []table, err error) {
	rows, _ := tx.Query(ctx, `
		SELECT DISTINCT of.nspname || '.' || t.relname, target.nspname || '.' || f.relname
		FROM pg_constraint c
		JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace of ON of.oid = t.relnamespace
		JOIN pg_class f ON f.oid = c.confrelid JOIN pg_namespace target ON target.oid = f.relnamespace
		WHERE c.contype = 'f' AND c.conrelid <> c.confrelid`)
	type reference struct{ From, To string }
	references, err := pgx.CollectRows(rows, pgx.RowToStructByPos[reference])
	placed := make(map[string]bool)
	var place func(name string)
	place = func(name string) {
		if placed[name] {
			return
		}
		placed[name] = true
		for _, r := range references {
			if r.From == name {
				place(r.To)
			}
		}
		if slices.ContainsFunc(files, func(f os.DirEntry) bool { return f.Name() == name }) {
			schema, short, _ := strings.Cut(name, ".")
			list = append(list, table{Schema: schema, Name: short})
		}
	}
	for _, f := range files {
		place(f.Name())
	}
	return list, err
}

// refused says which table it was of.
func (t table) refused(err error, database string) error {
	if unknown(err) {
		err = &UnusableError{fmt.Sprintf("it holds the table %s.%s as this version of the program does not know it; restore it with the version that made it", t.Schema, t.Name)}
	}
	return fmt.Errorf("fill %s.%s of %s: %w", t.Schema, t.Name, database, err)
}

func (t table) fill(ctx context.Context, tx pgx.Tx, file string) error {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	lines := bufio.NewReader(in)
	head, err := lines.ReadString('\n')
	if err != nil {
		return err
	}
	t.Columns = strings.Split(strings.TrimSuffix(head, "\n"), ",")
	if _, err := tx.Conn().PgConn().CopyFrom(ctx, lines, fmt.Sprintf("COPY %s (%s) FROM STDIN", t.quoted(), t.columns())); err != nil {
		return err
	}
	return numberOn(ctx, tx, t)
}

// unknown reports whether there is no such table or column.
func unknown(err error) bool {
	var answer *pgconn.PgError
	return errors.As(err, &answer) && (answer.Code == "42P01" || answer.Code == "42703")
}

// numberOn lets columns that number their rows go on after the highest number.
func numberOn(ctx context.Context, tx pgx.Tx, t table) error {
	rows, err := tx.Query(ctx, `SELECT column_name::text FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2 AND is_identity = 'YES'`, t.Schema, t.Name)
	if err != nil {
		return err
	}
	columns, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, c := range columns {
		if err == nil {
			_, err = tx.Exec(ctx, fmt.Sprintf(`SELECT setval(pg_get_serial_sequence($1, $2), coalesce(max(%s), 0) + 1, false) FROM %s`, pgx.Identifier{c}.Sanitize(), t.quoted()), t.quoted(), c)
		}
	}
	return err
}
