package vault

import (
	"context"
	"embed"

	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/services/database"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrationLock is any number that nobody else takes in the vault's database.
const migrationLock = 5219730

// Install makes the tables, or brings them up to date. New does so as well.
func Install(ctx context.Context, pool *pgxpool.Pool) error {
	return failed("migrate the vault's database", migrate(ctx, pool))
}

func migrate(ctx context.Context, pool *pgxpool.Pool) error {
	return database.Migration{Files: migrations, Lock: migrationLock}.Run(ctx, pool)
}
