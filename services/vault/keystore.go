package vault

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
)

// KeyStore is the directory that makes erasure final: a key file per labelled child, and the erasure ledger. It is
// no part of the database and must not be part of the database's backups.
type KeyStore struct {
	dir    string
	ledger *ledger
}

// shards are the first characters that a token may have.
const shards = "abcdefghijklmnopqrstuvwxyz234567"

// OpenKeyStore opens the directory, or makes it.
func OpenKeyStore(dir string) (*KeyStore, error) {
	for _, shard := range shards {
		// All of them now, so that the first child of a shard takes no longer than the next.
		if err := os.MkdirAll(filepath.Join(dir, "keys", string(shard)), 0o700); err != nil {
			return nil, fmt.Errorf("make the key store: %w", err)
		}
	}
	if err := errors.Join(syncDir(filepath.Join(dir, "keys")), syncDir(dir)); err != nil {
		return nil, fmt.Errorf("make the key store: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, fmt.Errorf("close the key store to others: %w", err)
	}
	l, err := openLedger(filepath.Join(dir, "erasures.log"))
	if err != nil {
		return nil, err
	}
	return &KeyStore{dir: dir, ledger: l}, nil
}

// BelongsTo refuses a store whose ledger is not the one of a vault's database, or an older copy of it: ErrWrongLedger.
func (s *KeyStore) BelongsTo(ctx context.Context, pool *pgxpool.Pool) error {
	return failedIn("check the erasure ledger", s.belongsTo(ctx, pool))
}

func (s *KeyStore) belongsTo(ctx context.Context, db interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
},
) error {
	var id [16]byte
	var seen int
	if err := db.QueryRow(ctx, `SELECT id, lines FROM ledger`).Scan(&id, &seen); err != nil {
		return err
	}
	lines, err := s.ledger.all() // what the database knows of was written here before
	if err != nil {
		return err
	}
	if id != s.ledger.id || seen > len(lines) {
		return ErrWrongLedger
	}
	return nil
}

// Erasures are the tokens that nobody owns any more, with the municipality of each.
func (s *KeyStore) Erasures() (map[events.ID]events.Municipality, error) {
	lines, err := s.ledger.all()
	list := make(map[events.ID]events.Municipality, len(lines))
	for _, e := range lines {
		list[e.token] = e.municipality
	}
	return list, err
}

// make returns the child's key. It does the same work whether there was one or not.
func (s *KeyStore) make(token events.ID) ([]byte, error) {
	var fresh [32]byte
	rand.Read(fresh[:])
	if err := writeOnce(s.path(token), fresh[:]); err != nil {
		return nil, fmt.Errorf("write the key of %s: %w", token, err)
	}
	return s.read(token)
}

// read returns fs.ErrNotExist when the child has no key.
func (s *KeyStore) read(token events.ID) ([]byte, error) {
	k, err := os.ReadFile(s.path(token))
	if err == nil && len(k) != 32 {
		err = errors.New("it is damaged")
	}
	if err != nil {
		return nil, fmt.Errorf("read the key of %s: %w", token, err)
	}
	return k, nil
}

// destroy overwrites the key before it removes it; what the disk's own wear levelling keeps is out of reach.
func (s *KeyStore) destroy(token events.ID) error {
	path := s.path(token)
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		_, err = f.Write(make([]byte, 32))
		err = errors.Join(err, f.Sync(), f.Close())
	}
	if err == nil {
		err = os.Remove(path)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // another process may destroy it too
		return fmt.Errorf("destroy the key of %s: %w", token, err)
	}
	return syncDir(filepath.Dir(path))
}

func (s *KeyStore) path(token events.ID) string {
	name := token.String()
	return filepath.Join(s.dir, "keys", name[:1], name)
}
