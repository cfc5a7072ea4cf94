package projectiontest

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Batches is a transaction that counts how often many questions were asked of it at once.
type Batches struct {
	pgx.Tx
	Sent int
}

func (b *Batches) SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults {
	b.Sent++
	return b.Tx.SendBatch(ctx, batch)
}
