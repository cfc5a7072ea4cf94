package projections

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
)

// Source is what tables are made from: the log, or its archive.
type Source interface {
	Head(ctx context.Context, m events.Municipality) (events.Position, error)
	Read(ctx context.Context, m events.Municipality, after events.Position) iter.Seq2[events.Recorded, error]
}

// Rebuild makes a projection's tables anew beside those in use, catches up, and switches to them in one transaction.
// Whoever reads is undisturbed; the generation that was in use is kept for Rollback, older ones are dropped. Where the
// tables in use were made by the same code, both are compared at the same position first: *DifferenceError.
// progress, if any, hears how it goes, at most a few times a second. ErrNoConcern: the log has nothing to say of it.
func Rebuild(ctx context.Context, log Source, pool *pgxpool.Pool, p Projection, m events.Municipality, progress func(done, total events.Position, rate float64)) error {
	if !p.Concerns(m) {
		return fmt.Errorf("rebuild %s of %s: %w", p.Name(), m, ErrNoConcern)
	}
	return locked(ctx, pool, p.Name(), m, func(conn *pgx.Conn) error {
		b := &building{log: log, pool: pool, conn: conn, projection: p, progress: progress}
		return b.run(ctx, m)
	})
}

// RebuildAll is Rebuild of several projections at once, for which the log is read once. Those that it does not concern
// are left out. Each succeeds or fails by itself.
func RebuildAll(ctx context.Context, log Source, pool *pgxpool.Pool, m events.Municipality, list ...Projection) error {
	list = slices.DeleteFunc(slices.Clone(list), func(p Projection) bool { return !p.Concerns(m) })
	return allLocked(ctx, pool, m, list, func(conns []*pgx.Conn) error {
		readers, end := share(ctx, log, m, len(list))
		defer end()
		errs := make([]error, len(list))
		var rebuilding sync.WaitGroup
		for i, p := range list {
			rebuilding.Go(func() {
				defer readers[i].leave()
				b := &building{log: readers[i], pool: pool, conn: conns[i], projection: p}
				errs[i] = b.run(ctx, m)
			})
		}
		rebuilding.Wait()
		return errors.Join(errs...)
	})
}

// allLocked holds the locks of several projections, taken in one order: two that want the same never wait for each other.
func allLocked(ctx context.Context, pool *pgxpool.Pool, m events.Municipality, list []Projection, do func([]*pgx.Conn) error) error {
	slices.SortFunc(list, func(a, b Projection) int { return cmp.Compare(a.Name(), b.Name()) })
	var take func(conns []*pgx.Conn) error
	take = func(conns []*pgx.Conn) error {
		if len(conns) == len(list) {
			return do(conns)
		}
		return locked(ctx, pool, list[len(conns)].Name(), m, func(conn *pgx.Conn) error { return take(append(conns, conn)) })
	}
	return take(nil)
}

func lockOf(projection string, m events.Municipality) int32 {
	return int32(crc32.ChecksumIEEE([]byte(projection + "/" + string(m))))
}

// locked holds the lock on a projection's generations in a municipality. It ends with the connection, which is none of the
// pool's: what a rebuild asks the pool for beside it comes, however many rebuilds there are at once.
func locked(ctx context.Context, pool *pgxpool.Pool, projection string, m events.Municipality, do func(*pgx.Conn) error) error {
	conn, err := pgx.ConnectConfig(ctx, pool.Config().ConnConfig)
	if err != nil {
		return reaching(err)
	}
	key := lockOf(projection, m)
	defer unlock(context.WithoutCancel(ctx), conn, key)
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1, $2)", int32(rebuildLock), key); err != nil {
		return reaching(err)
	}
	return do(conn)
}

// unlock lets others in at once; a connection that was lost is given up by the database, and the lock with it.
func unlock(ctx context.Context, conn *pgx.Conn, key int32) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	_, _ = conn.Exec(ctx, "SELECT pg_advisory_unlock($1, $2)", int32(rebuildLock), key)
	_ = conn.Close(ctx)
}
