package backoffice

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/services/database"
)

// texts are what people wrote in one municipality's surveys, by the id that the log names.
type texts map[events.ID]string

// erased stands for a text that is no longer kept.
const erased = "(raderad text)"

// of returns the text that a wording names, if it is the one that was meant.
func (t texts) of(w events.Wording) string {
	if w.IsZero() {
		return ""
	}
	if text, ok := t[w.ID]; ok && digestOf(w.ID, text) == w.Digest {
		return text
	}
	return erased
}

func digestOf(id events.ID, text string) events.Digest {
	return sha256.Sum256(append(id[:], text...))
}

// write keeps a text, and returns how the log names it. A command that is repeated names it by the same id, and
// one that was refused and is tried again with another text names that by another.
func (s *Service) write(ctx context.Context, m events.Municipality, command uuid.UUID, what, text string) (events.Wording, error) {
	if text = strings.TrimSpace(text); text == "" {
		return events.Wording{}, nil
	}
	sum := sha256.Sum256([]byte(command.String() + " " + what + " " + text))
	id := events.ID(sum[:16])
	_, err := s.Pool.Exec(ctx, `INSERT INTO backoffice.wording (id, municipality, text) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING`, [16]byte(id), m, text)
	if err != nil {
		return events.Wording{}, fmt.Errorf("keep a text: %w", away(err))
	}
	return events.Wording{ID: id, Digest: digestOf(id, text)}, nil
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
	rows, err := s.Pool.Query(ctx, `SELECT id, text FROM backoffice.wording WHERE municipality = $1 AND id = ANY ($2)`, m, ids)
	if err != nil {
		return nil, fmt.Errorf("read texts: %w", away(err))
	}
	var id [16]byte
	var text string
	_, err = pgx.ForEachRow(rows, []any{&id, &text}, func() error { found[id] = text; return nil })
	return found, away(err)
}

// away marks an error of a database that does not answer.
func away(err error) error {
	if err != nil && database.Unavailable(err) {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}
