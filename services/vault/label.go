package vault

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

var errKeyStore = errors.New("the key store")

// CheckLabel refuses what SetLabel does.
func CheckLabel(s string) error {
	n := utf8.RuneCountInString(s)
	if n == 0 || n > 80 || !utf8.ValidString(s) || strings.TrimSpace(s) == "" || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return ErrLabel
	}
	if events.Revealing(s) != "" {
		return ErrRevealingLabel
	}
	return nil
}

func (v *Vault) SetLabel(ctx context.Context, m events.Municipality, token events.ID, label string, over bool) error {
	if label != "" {
		if err := CheckLabel(label); err != nil {
			return err
		}
	}
	if err := v.settle(ctx); err != nil {
		return err
	}
	return v.transaction(ctx, "set a label", func(tx pgx.Tx) error {
		if err := lockChild(ctx, tx, m, token); err != nil {
			return err
		}
		if label == "" {
			_, err := tx.Exec(ctx, `DELETE FROM label WHERE token = $1 AND $2`, [16]byte(token), over)
			return err
		}
		return v.putLabel(ctx, tx, token, label, over)
	})
}

// lockChild keeps an erasure from passing by; its key file would be left behind.
func lockChild(ctx context.Context, tx pgx.Tx, m events.Municipality, token events.ID) error {
	var one int
	err := tx.QueryRow(ctx, `SELECT 1 FROM child WHERE token = $1 AND municipality = $2 FOR NO KEY UPDATE`, [16]byte(token), m).Scan(&one)
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrUnknownChild
	}
	return err
}

// putLabel needs the child's row to be locked. It does the same work whether or not there is a label that stays.
func (v *Vault) putLabel(ctx context.Context, tx pgx.Tx, token events.ID, label string, over bool) error {
	key, err := v.store.make(token)
	if err != nil {
		return fmt.Errorf("%w: %w", errKeyStore, err)
	}
	sealed, err := seal(key, token, label)
	if err != nil {
		return fmt.Errorf("%w: %w", errKeyStore, err)
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO label AS l (token, sealed) VALUES ($1, $2)
		ON CONFLICT (token) DO UPDATE SET sealed = CASE WHEN $3 THEN excluded.sealed ELSE l.sealed END`, [16]byte(token), sealed, over)
	return err
}

func (v *Vault) Labels(ctx context.Context, m events.Municipality, tokens []events.ID) (map[events.ID]string, error) {
	if err := v.settle(ctx); err != nil {
		return nil, err
	}
	sealed := map[events.ID][]byte{}
	rows, _ := v.pool.Query(ctx, `
		SELECT l.token, l.sealed FROM label l JOIN child c USING (token)
		WHERE c.municipality = $1 AND l.token = ANY ($2) AND NOT EXISTS (SELECT FROM protected p WHERE p.token = l.token)`, m, uuids(tokens))
	var token [16]byte
	var text []byte
	_, err := pgx.ForEachRow(rows, []any{&token, &text}, func() error {
		sealed[token] = append([]byte(nil), text...)
		return nil
	})
	if err != nil {
		return nil, failed("read labels", err)
	}
	labels := make(map[events.ID]string, len(sealed))
	for token, text := range sealed {
		label, err := v.open(token, text)
		if err != nil {
			return nil, err
		}
		if label != "" {
			labels[token] = label
		}
	}
	return labels, nil
}

// open returns "" when the label's key is no more: the label came out of an older backup.
func (v *Vault) open(token events.ID, sealed []byte) (string, error) {
	key, err := v.store.read(token)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	a, err := aead(key)
	if err != nil {
		return "", err
	}
	label, err := a.Open(nil, nil, sealed, token[:])
	if err != nil {
		return "", fmt.Errorf("the label of %s is damaged", token)
	}
	return string(label), nil
}

func seal(key []byte, token events.ID, label string) ([]byte, error) {
	a, err := aead(key)
	if err != nil {
		return nil, err
	}
	return a.Seal(nil, nil, []byte(label), token[:]), nil
}

func aead(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func uuids(tokens []events.ID) [][16]byte {
	list := make([][16]byte, len(tokens))
	for i, t := range tokens {
		list[i] = t
	}
	return list
}
