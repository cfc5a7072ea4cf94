package backoffice

import (
	"bytes"
	"context"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// RewordedFormError says that a form's file is worded otherwise than when a survey was submitted on it: what was submitted
// would read as something else.
type RewordedFormError struct{ Form events.FormID }

func (e *RewordedFormError) Error() string {
	return "form " + string(e.Form) + " is worded otherwise than when a survey was submitted on it; put its file back as it was, and give the new wording an id and years of its own"
}

// FormsAsSubmitted compares the forms with how they were worded when surveys were submitted on them. *RewordedFormError: one
// has other words now. A form on which nothing was submitted may be worded in any way.
func (s *Service) FormsAsSubmitted(ctx context.Context) error {
	rows, err := s.Pool.Query(ctx, `SELECT id, words FROM backoffice.form ORDER BY id`)
	if err != nil {
		return away(err)
	}
	var id events.FormID
	var words []byte
	_, err = pgx.ForEachRow(rows, []any{&id, &words}, func() error { return s.sameWords(id, words) })
	return away(err)
}

// keepForm notes how a form is worded when a survey is first submitted on it.
func (s *Service) keepForm(ctx context.Context, id events.FormID) error {
	form, err := s.named(id)
	if err != nil {
		return err
	}
	now := form.Words()
	var words []byte
	err = s.Pool.QueryRow(ctx, `WITH first AS (INSERT INTO backoffice.form (id, words) VALUES ($1, $2) ON CONFLICT DO NOTHING)
		SELECT coalesce((SELECT words FROM backoffice.form WHERE id = $1), $2)`, string(id), now[:]).Scan(&words)
	if err != nil {
		return away(err)
	}
	return s.sameWords(id, words)
}

func (s *Service) sameWords(id events.FormID, words []byte) error {
	form, known := s.Forms.Named(id)
	if now := form.Words(); known && !bytes.Equal(words, now[:]) {
		return &RewordedFormError{id}
	}
	return nil // a file that is gone is told of where it is missed
}
