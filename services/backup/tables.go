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
		// What refers to what was whole when it was copied; only the order of the tables is another here.
		if _, err := tx.Exec(ctx, `SET LOCAL session_replication_role = replica`); err != nil {
			return err
		}
		for _, f := range found {
			if err := fill(ctx, tx, filepath.Join(dir, f.Name())); err != nil {
				return fmt.Errorf("fill %s of %s: %w", f.Name(), name, err)
			}
		}
		return nil
	})
}

func fill(ctx context.Context, tx pgx.Tx, file string) error {
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
	schema, name, _ := strings.Cut(filepath.Base(file), ".")
	t := table{schema, name, strings.Split(strings.TrimSuffix(head, "\n"), ",")}
	_, err = tx.Exec(ctx, "DELETE FROM "+t.quoted()) // a fresh installation may have made rows of its own
	if err == nil {
		_, err = tx.Conn().PgConn().CopyFrom(ctx, lines, fmt.Sprintf("COPY %s (%s) FROM STDIN", t.quoted(), t.columns()))
	}
	if unknown(err) {
		return &UnusableError{fmt.Sprintf("it holds the table %s.%s as this version of the program does not know it; restore it with the version that made it", t.Schema, t.Name)}
	}
	if err != nil {
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
