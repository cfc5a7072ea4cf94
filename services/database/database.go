// Package database is what services with tables of their own do alike: bring them up to date, and tell a database that
// is away from one that answers.
package database

import (
	"context"
	"errors"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"rackvidd/projections"
)

// Migration is the SQL files of a folder migrations, and where it is noted how far they have been carried out.
type Migration struct {
	Files fs.FS // the folder above it
	// Schema the tables are in; it is made when it does not exist. "": the one that is there.
	Schema string
	// Lock is any number that nobody else takes in the database: of two starters the second waits for the first.
	Lock int64
}

// Run carries out what has not been.
func (m Migration) Run(ctx context.Context, pool *pgxpool.Pool) (err error) {
	files, err := fs.Sub(m.Files, "migrations")
	if err != nil {
		return err
	}
	db := stdlib.OpenDB(*pool.Config().ConnConfig)
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1) // what is carried out is so on the connection that has the lock
	if _, err := db.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, m.Lock); err != nil {
		return err
	}
	options := []goose.ProviderOption{goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true)}
	if m.Schema != "" {
		options = append(options, goose.WithTableName(m.Schema+".migration"))
		if _, err := db.ExecContext(ctx, `CREATE SCHEMA IF NOT EXISTS `+pgx.Identifier{m.Schema}.Sanitize()); err != nil {
			return err
		}
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, options...)
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

// Unavailable reports whether an error is of the connection or the server's own state: the same call may succeed later.
func Unavailable(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, pgx.ErrNoRows) {
		return false
	}
	var answer *pgconn.PgError
	if !errors.As(err, &answer) {
		return true // nothing but a connection stands between us and an answer
	}
	return projections.Unable(err)
}
