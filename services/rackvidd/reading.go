package main

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events/giveway"
	"rackvidd/projections"
)

// forgone is what is said where nothing but the policy table keeps municipalities apart.
const forgone = "row-level security does not hold here: let a superuser carry out deploy/postgres/databases.sql (roles rackvidd, with BYPASSRLS, and rackvidd_reader)"

// readers are the settings of sessions that read for people. A process that helps has to map the database's memory first, page by
// page: it costs more than it helps with what a figure reads (services/decisions/0018).
var readers = []string{"default_transaction_read_only", "on", "max_parallel_workers_per_gather", "0"}

// startReading opens the read models as the role that reads one municipality at a time. Where nobody named it, the role that
// makes the tables becomes it; where it may not, it reads itself, and says so.
func (p *parts) startReading(ctx context.Context) (err error) {
	if !p.runs("api") { // which alone reads for people
		p.reading = p.pool
		return nil
	}
	making, err := projections.IsolationOf(ctx, p.pool)
	if err != nil {
		return err
	}
	switch {
	case p.ReadingDatabaseURL != "":
		p.reading, err = p.open(ctx, setting{"RACKVIDD_READING_DATABASE_URL", p.ReadingDatabaseURL}, readers...)
	case making.Becomes:
		p.reading, err = p.open(ctx, setting{"RACKVIDD_DATABASE_URL", p.DatabaseURL}, append(slices.Clone(readers), "role", projections.Reader)...)
	default:
		p.log.Warn(forgone)
		p.reading = p.pool
		return nil
	}
	if err != nil {
		return err
	}
	reading := making
	err = p.retry(ctx, "the reading role", func() (err error) {
		reading, err = projections.IsolationOf(ctx, p.reading)
		return err
	})
	if err != nil {
		return err
	}
	if reading.Bypasses || reading.Owns {
		return &usageError{errors.New("RACKVIDD_READING_DATABASE_URL names a role that owns tables or bypasses row-level security; name rackvidd_reader (deploy/postgres/databases.sql)")}
	}
	if !making.Bypasses {
		p.log.Warn(forgone)
	}
	return nil
}

// givingWay is a pool like another for what takes long while others wait: its connections have no processes to help them, and
// where PostgreSQL runs here their own give way.
func (p *parts) givingWay(ctx context.Context, pool *pgxpool.Pool, here bool) (*pgxpool.Pool, error) {
	cfg := pool.Config()
	cfg.MaxConns = 4
	cfg.ConnConfig.RuntimeParams["max_parallel_workers_per_gather"] = "0"
	if here {
		cfg.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
			giveway.Lower(int(conn.PgConn().PID()))
			return nil
		}
	}
	return p.openWith(ctx, cfg)
}
