package access

import (
	"context"
	"embed"

	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/services/database"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrationLock is any number that nobody else takes in the main database.
const migrationLock = 5219731

func migrate(ctx context.Context, pool *pgxpool.Pool) error {
	return database.Migration{Files: migrations, Schema: "access", Lock: migrationLock}.Run(ctx, pool)
}
