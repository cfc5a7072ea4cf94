package database

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Gate is passed by many at once, in whichever process, or held shut by one: a lock of the database that all of them use.
type Gate struct {
	pool     *pgxpool.Pool
	lock     int64
	entering chan struct{} // whoever waits: one alone of each process takes a connection for that
}

// NewGate is the gate that a number stands for, which nothing else takes in the database.
func NewGate(pool *pgxpool.Pool, lock int64) *Gate { return &Gate{pool, lock, make(chan struct{}, 1)} }

// Pass waits while somebody holds the gate shut, and keeps others from shutting it until leave is called.
func (g *Gate) Pass(ctx context.Context) (leave func(), err error) {
	tx, err := g.take(ctx, "pg_advisory_xact_lock_shared")
	if err != nil {
		return nil, err
	}
	return func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }, nil // a connection that is lost is let go with its lock
}

// Shut waits for those who passed, and lets nobody pass until open is called. open's error: it may have been open meanwhile.
func (g *Gate) Shut(ctx context.Context) (open func() error, err error) {
	tx, err := g.take(ctx, "pg_advisory_xact_lock")
	if err != nil {
		return nil, err
	}
	return func() error {
		if err := tx.Commit(context.WithoutCancel(ctx)); err != nil {
			return fmt.Errorf("the database let go of what was held; do it again: %w", err)
		}
		return nil
	}, nil
}

// take takes the lock for as long as a transaction goes on.
func (g *Gate) take(ctx context.Context, how string) (tx pgx.Tx, err error) {
	select {
	case g.entering <- struct{}{}:
		defer func() { <-g.entering }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if tx, err = g.pool.Begin(ctx); err != nil {
		return nil, err
	}
	if _, err = tx.Exec(ctx, `SELECT `+how+`($1)`, g.lock); err != nil {
		return nil, errors.Join(err, tx.Rollback(context.WithoutCancel(ctx)))
	}
	return tx, nil
}
