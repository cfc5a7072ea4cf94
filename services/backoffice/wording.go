package backoffice

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/services/database"
	"rackvidd/services/surveying"
)

// texts are what people wrote in one municipality's surveys, by the id that the log names.
type texts map[events.ID]kept

// kept is a text with the salt of its digest.
type kept struct {
	salt []byte
	text string
}

func (k kept) digest(id events.ID) events.Digest {
	return sha256.Sum256(slices.Concat(k.salt, id[:], []byte(k.text)))
}

// of returns the text that a wording names, if it is the one that was meant. Of an erased one the emptied row is kept: one that
// has no row was lost with the database.
func (t texts) of(w events.Wording) surveying.Written {
	if w.IsZero() {
		return surveying.Written{}
	}
	k, kept := t[w.ID]
	switch {
	case !kept:
		return surveying.Written{Gone: surveying.TextLost}
	case k.digest(w.ID) == w.Digest:
		return surveying.Written{Text: k.text}
	case len(k.salt) == 0 && k.text == "":
		return surveying.Written{Gone: surveying.TextErased}
	}
	return surveying.Written{Gone: surveying.TextChanged}
}

// desk keeps the texts of one command until it is known whether they were recorded.
type desk struct {
	*Service
	m       events.Municipality
	written [][16]byte
}

// write keeps a text, and returns how the log names it. Blank is none.
func (d *desk) write(ctx context.Context, text string) (events.Wording, error) {
	k := kept{make([]byte, 16), strings.TrimSpace(text)}
	if k.text == "" {
		return events.Wording{}, nil
	}
	rand.Read(k.salt)
	id := events.NewID()
	if _, err := d.Pool.Exec(ctx, `INSERT INTO backoffice.wording (id, municipality, salt, text) VALUES ($1, $2, $3, $4)`, [16]byte(id), d.m, k.salt, k.text); err != nil {
		return events.Wording{}, fmt.Errorf("keep a text: %w", away(err))
	}
	d.written = append(d.written, id)
	return events.Wording{ID: id, Digest: k.digest(id)}, nil
}

// tidy removes the texts of a command that recorded nothing: it was refused, or it was a repeat. Where it is not known,
// they stay.
func (d *desk) tidy(ctx context.Context, repeated bool, err error) {
	if len(d.written) == 0 || err == nil && !repeated || errors.Is(err, events.ErrUnavailable) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if _, err := d.Pool.Exec(ctx, `DELETE FROM backoffice.wording WHERE id = ANY ($1)`, d.written); err != nil {
		d.logger().Warn("texts of a command that recorded nothing could not be removed", "municipality", d.m, "error", err)
	}
}

// read returns the texts that wordings name.
func (s *Service) read(ctx context.Context, m events.Municipality, named []events.Wording) (texts, error) {
	found := make(texts)
	if len(named) == 0 {
		return found, nil
	}
	ids := make([][16]byte, len(named))
	for i, w := range named {
		ids[i] = w.ID
	}
	rows, err := s.Pool.Query(ctx, `SELECT id, salt, text FROM backoffice.wording WHERE municipality = $1 AND id = ANY ($2)`, m, ids)
	if err != nil {
		return nil, fmt.Errorf("read texts: %w", away(err))
	}
	var id [16]byte
	var k kept
	_, err = pgx.ForEachRow(rows, []any{&id, &k.salt, &k.text}, func() error {
		found[id] = kept{slices.Clone(k.salt), k.text}
		return nil
	})
	return found, away(err)
}

// away marks an error of a database that does not answer.
func away(err error) error {
	if err != nil && database.Unavailable(err) {
		return fmt.Errorf("%w: %w", surveying.ErrUnavailable, err)
	}
	return err
}
