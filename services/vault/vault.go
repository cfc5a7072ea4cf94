package vault

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events/failpoint"
)

// Config is what a vault is made of. Pool is its own database, under its own role.
type Config struct {
	Pool     *pgxpool.Pool
	Keys     Keys
	KeyStore *KeyStore
	Log      *slog.Logger
	// AdoptKeyStore accepts a key store that is not the database's: the labels it held are lost, and erasures made
	// since the database's backup are forgotten. For when it cannot be restored.
	AdoptKeyStore bool
}

// Vault is the Service itself.
type Vault struct {
	pool  *pgxpool.Pool
	keys  Keys
	store *KeyStore
	log   *slog.Logger
	// done is how many of the ledger's erasures are known to be carried out.
	done atomic.Int64
	// step is told before each step of an erasure; tests end the work there.
	step func(name string) error
}

// New opens the vault: it migrates the database, checks that keys and ledger are the database's own, and carries out
// every erasure in the ledger, so that neither a crash nor an old backup brings an erased child back.
func New(ctx context.Context, c Config) (*Vault, error) {
	v := &Vault{pool: c.Pool, keys: c.Keys, store: c.KeyStore, log: c.Log, step: func(string) error { return nil }}
	if v.log == nil {
		v.log = slog.New(slog.DiscardHandler)
	}
	if len(v.keys.versions) == 0 || v.store == nil {
		return nil, errors.New("open the vault: it needs index keys and a key store")
	}
	if err := Install(ctx, c.Pool); err != nil {
		return nil, err
	}
	if err := v.checkKeys(ctx); err != nil {
		return nil, err
	}
	if err := v.checkLedger(ctx, c.AdoptKeyStore); err != nil {
		return nil, err
	}
	if err := v.settle(ctx); err != nil {
		return nil, err
	}
	if err := v.forgetReads(ctx); err != nil {
		return nil, err
	}
	v.log.Info("vault open", "key_version", v.keys.current().version, "erasures", v.done.Load())
	return v, nil
}

// checkKeys refuses keys with which known children would not be found again.
func (v *Vault) checkKeys(ctx context.Context) error {
	given := map[int]string{}
	for _, k := range v.keys.versions {
		given[k.version] = string(k.fingerprint())
	}
	return v.transaction(ctx, "check the index keys", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `LOCK TABLE key`); err != nil {
			return err
		}
		rows, _ := tx.Query(ctx, `SELECT version, fingerprint FROM key`)
		var version int
		var fingerprint []byte
		_, err := pgx.ForEachRow(rows, []any{&version, &fingerprint}, func() error {
			if given[version] != string(fingerprint) {
				return fmt.Errorf("version %d: %w", version, ErrWrongKeys)
			}
			return nil
		})
		if err != nil {
			return err
		}
		for version, fingerprint := range given {
			if _, err := tx.Exec(ctx, `INSERT INTO key (version, fingerprint) VALUES ($1, $2) ON CONFLICT DO NOTHING`, version, []byte(fingerprint)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (v *Vault) checkLedger(ctx context.Context, adopt bool) error {
	return v.transaction(ctx, "check the erasure ledger", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `LOCK TABLE ledger`); err != nil {
			return err
		}
		if adopt {
			if _, err := tx.Exec(ctx, `DELETE FROM ledger`); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `INSERT INTO ledger (id, lines) SELECT $1, 0 WHERE NOT EXISTS (SELECT FROM ledger)`, [16]byte(v.store.ledger.id)); err != nil {
			return err
		}
		return v.store.belongsTo(ctx, tx)
	})
}

// transaction runs do, again when PostgreSQL gave up on it for the sake of another.
func (v *Vault) transaction(ctx context.Context, what string, do func(pgx.Tx) error) error {
	var err error
	for range 5 {
		err = pgx.BeginFunc(ctx, v.pool, func(tx pgx.Tx) error {
			if err := do(tx); err != nil {
				return err
			}
			failpoint.At(failpoint.BeforeVaultCommit)
			return nil
		})
		if !again(err) {
			break
		}
	}
	failpoint.At(failpoint.AfterVaultCommit)
	return failedIn(what, err)
}

func failedIn(what string, err error) error {
	for _, own := range []error{ErrWrongKeys, ErrWrongLedger, ErrUnknownChild, errKeyStore} {
		if errors.Is(err, own) {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	return failed(what, err)
}
