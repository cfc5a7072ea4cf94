package vault

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
)

// statements notes each statement with its number of arguments and what PostgreSQL answered.
type statements struct {
	mu   sync.Mutex
	list []string
}

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, fmt.Sprint(d.SQL, len(d.Args)))
	return ctx
}

func (s *statements) TraceQueryEnd(_ context.Context, _ *pgx.Conn, d pgx.TraceQueryEndData) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, fmt.Sprint(d.CommandTag, d.Err))
}

func (s *statements) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() { s.list = nil }()
	return s.list
}

func TestEnterDoesTheSameForAKnownChildAsForANewOne(t *testing.T) {
	h := newHouse(t)
	noted := &statements{}
	h.pool = newPool(t, "postgres", h.pool.Config().ConnConfig.RuntimeParams["search_path"], func(c *pgxpool.Config) {
		c.ConnConfig.Tracer = noted
		c.MaxConns = 1
	})
	v := h.open(t)
	for says, label := range map[string]string{"with a label": "Kim", "without a label": ""} {
		enter := func(child string) []string {
			p, err := v.Enter(t.Context(), orebro, Identity{"a", child}, account, today)
			must(t, err)
			must(t, v.SetLabel(t.Context(), orebro, p.Token, label, false))
			return noted.take()
		}
		enter(says + " first") // prepares the statements
		fresh := enter(says + " new")
		known := enter(says + " new")
		number := enter(madeNumber(len(says)))
		if !slices.Equal(fresh, known) || !slices.Equal(fresh, number) || len(fresh) < 6 {
			t.Errorf("%s:\nnew %q\nknown %q\nnumber %q", says, fresh, known, number)
		}
	}
}

// Nothing is asserted of time: machines are noisy. The figures are for whoever reads the log.
func TestEnterTakesAboutAsLongForAKnownChild(t *testing.T) {
	v := newHouse(t).open(t)
	enter := func(child string) time.Duration {
		start := time.Now()
		p, err := v.Enter(t.Context(), orebro, Identity{"a", child}, events.ID{1}, today)
		must(t, err)
		must(t, v.SetLabel(t.Context(), orebro, p.Token, "Kim", false))
		return time.Since(start)
	}
	enter("warm")
	var fresh, known []time.Duration
	for i := range 100 {
		fresh = append(fresh, enter(fmt.Sprint("child", i)))
		known = append(known, enter(fmt.Sprint("child", i/2)))
	}
	slices.Sort(fresh)
	slices.Sort(known)
	t.Logf("median: new %v, known %v", fresh[50], known[50])
}
