package main

import (
	"context"
	"errors"

	"rackvidd/projections"
)

// forgone is what is said where nothing but the policy table keeps municipalities apart.
const forgone = "row-level security does not hold here: let a superuser carry out deploy/postgres/databases.sql (roles rackvidd, with BYPASSRLS, and rackvidd_reader)"

// startReading opens the read models as the role that reads one municipality at a time. Where nobody named it, the role that
// makes the tables becomes it; where it may not, it reads itself, and says so.
func (p *parts) startReading(ctx context.Context) (err error) {
	readOnly := []string{"default_transaction_read_only", "on"}
	making, err := projections.IsolationOf(ctx, p.pool)
	if err != nil {
		return err
	}
	switch {
	case p.ReadingDatabaseURL != "":
		p.reading, err = p.open(ctx, p.ReadingDatabaseURL, readOnly...)
	case making.Becomes:
		p.reading, err = p.open(ctx, p.DatabaseURL, append(readOnly, "role", projections.Reader)...)
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
