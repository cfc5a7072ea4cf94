package vault

import (
	"context"
	"encoding/binary"
	"errors"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// Keyed puts the caller's purpose behind a word of its own, so that no caller can ask for a child's index.
func (v *Vault) Keyed(_ context.Context, purpose string, parts ...string) ([16]byte, error) {
	return v.keys.oldest().purpose("for others: " + purpose).sum16(parts...), nil
}

func (v *Vault) RecordKeys(_ context.Context, m events.Municipality, source string, records []RecordSource) ([]events.Record, error) {
	keys, contents := v.keys.oldest().purpose("record"), v.keys.oldest().purpose("record content")
	list := make([]events.Record, len(records))
	for i, r := range records {
		list[i].Key = keys.sum16(string(m), source, r.ID)
		list[i].MAC = [8]byte(contents.sum(string(m), source, r.ID, string(r.Content)))
	}
	return list, nil
}

func (v *Vault) SessionKeys(_ context.Context, m events.Municipality, source string, sessions []string) ([]events.ID, error) {
	keys := v.keys.oldest().purpose("session")
	list := make([]events.ID, len(sessions))
	for i, s := range sessions {
		list[i] = keys.sum16(string(m), source, s)
	}
	return list, nil
}

func (v *Vault) Recorded(ctx context.Context, m events.Municipality, keys [][16]byte) (map[[16]byte]Fact, error) {
	rows, _ := v.pool.Query(ctx, `
		SELECT r.key, r.mac, r.position, r.stream
		FROM unnest($2::uuid[]) AS w(key) JOIN record r ON r.key = w.key AND r.municipality = $1`, m, keys)
	facts := map[[16]byte]Fact{}
	var key [16]byte
	var mac, position int64
	var f Fact
	_, err := pgx.ForEachRow(rows, []any{&key, &mac, &position, &f.Stream}, func() error {
		binary.BigEndian.PutUint64(f.MAC[:], uint64(mac))
		f.Position = uint64(position)
		facts[key] = f
		return nil
	})
	return facts, failed("look records up", err)
}

// Remember does not wait for the disk: what a crash takes away is read back from the log, from the position that
// went with it.
func (v *Vault) Remember(ctx context.Context, m events.Municipality, facts map[[16]byte]Fact, position uint64) error {
	keys, streams := make([][16]byte, 0, len(facts)), make([]string, 0, len(facts))
	macs, positions := make([]int64, 0, len(facts)), make([]int64, 0, len(facts))
	for key, f := range facts {
		keys, streams = append(keys, key), append(streams, f.Stream)
		macs, positions = append(macs, int64(binary.BigEndian.Uint64(f.MAC[:]))), append(positions, int64(f.Position))
	}
	var err error
	for range 5 {
		b := &pgx.Batch{} // a batch is a transaction
		b.Queue(`SELECT set_config('synchronous_commit', 'off', true)`)
		b.Queue(`
			INSERT INTO record (key, municipality, mac, position, stream)
			SELECT key, $1, mac, position, stream
			FROM unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::text[]) AS w(key, mac, position, stream) ORDER BY key
			ON CONFLICT (key) DO UPDATE SET mac = excluded.mac, position = excluded.position, stream = excluded.stream
			WHERE record.position <= excluded.position`, m, keys, macs, positions, streams)
		b.Queue(`
			INSERT INTO record_checkpoint (municipality, position) VALUES ($1, $2)
			ON CONFLICT (municipality) DO UPDATE SET position = greatest(record_checkpoint.position, excluded.position)`, m, int64(position))
		if err = v.pool.SendBatch(ctx, b).Close(); !again(err) {
			break
		}
	}
	return failed("remember records", err)
}

// ForgetLog leaves the claims: another request under the same key is refused as before.
func (v *Vault) ForgetLog(ctx context.Context, m events.Municipality) error {
	return v.transaction(ctx, "forget a log", func(tx pgx.Tx) error {
		for _, forget := range []string{
			`DELETE FROM record_checkpoint WHERE municipality = $1`,
			`DELETE FROM record WHERE municipality = $1`,
			`UPDATE request SET answer = NULL WHERE municipality = $1 OR municipality IS NULL`,
		} {
			if _, err := tx.Exec(ctx, forget, m); err != nil {
				return err
			}
		}
		return nil
	})
}

func (v *Vault) RecordsPosition(ctx context.Context, m events.Municipality) (uint64, error) {
	var position int64
	err := v.pool.QueryRow(ctx, `SELECT position FROM record_checkpoint WHERE municipality = $1`, m).Scan(&position)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	return uint64(position), failed("find the import index's position", err)
}
