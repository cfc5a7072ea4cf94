package guests

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
	"rackvidd/services/database"
)

// Held is the log in which homes are told, by a Service that can be made to wait, wherever it runs: whoever copies every log may
// not copy a home's with what its provider's copy does not have.
type Held struct {
	events.Log
	Telling *database.Gate
}

// Telling is what every Service passes that tells homes, and what is held shut meanwhile, in the main database.
func Telling(pool *pgxpool.Pool) *database.Gate { return database.NewGate(pool, 7180465002) }

// Append is events.Log's, when nobody holds it.
func (h Held) Append(ctx context.Context, m events.Municipality, decisions ...events.Decision) ([]events.Position, error) {
	leave, err := h.Telling.Pass(ctx)
	if err != nil {
		return nil, fmt.Errorf("wait until homes may be told: %w", err)
	}
	defer leave()
	return h.Log.Append(ctx, m, decisions...)
}
