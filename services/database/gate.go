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
	pool    *pgxpool.Pool
	lock    int64
	passing chan struct{}
}

// passingAtOnce is how many of a process pass a gate at once, or wait at it: each has a connection of the pool, which others need too.
const passingAtOnce = 4

// NewGate is the gate that a number stands for, which nothing else takes in the database.
func NewGate(pool *pgxpool.Pool, lock int64) *Gate {
	return &Gate{pool, lock, make(chan struct{}, passingAtOnce)}
}

// Pass waits while somebody holds the gate shut, and keeps others from shutting it until leave is called.
func (g *Gate) Pass(ctx context.Context) (leave func(), err error) {
	select {
	case g.passing <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	tx, err := g.take(ctx, "0", "pg_advisory_xact_lock_shared")
	if err != nil {
		<-g.passing
		return nil, err
	}
	return func() {
		_ = tx.Rollback(context.WithoutCancel(ctx)) // a connection that is lost is let go with its lock
		<-g.passing
	}, nil
}

// shutFor is longer than anybody holds a gate shut who is still there.
const shutFor = "5min"

// Shut waits for those who passed, and lets nobody pass until open is called. open's error: it may have been open meanwhile. Whoever is
// not heard of any more holds it for five minutes.
func (g *Gate) Shut(ctx context.Context) (open func() error, err error) {
	tx, err := g.take(ctx, shutFor, "pg_advisory_xact_lock")
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

// take takes the lock for as long as a transaction goes on, whatever limits the role has.
func (g *Gate) take(ctx context.Context, idle, how string) (tx pgx.Tx, err error) {
	if tx, err = g.pool.Begin(ctx); err != nil {
		return nil, err
	}
	_, err = tx.Exec(ctx, fmt.Sprintf(`SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = '%s'; SELECT %s(%d)`, idle, how, g.lock))
	if err != nil {
		return nil, errors.Join(err, tx.Rollback(context.WithoutCancel(ctx)))
	}
	return tx, nil
}
