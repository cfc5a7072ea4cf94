package retention_test

import (
	"fmt"
	"testing"
	"time"

	"rackvidd/events"
	"rackvidd/services/vault"
)

const benchmarked = 20_000

// BenchmarkLooking looks at the list of a town of which nothing was recorded for years, when it changed and when it did not.
func BenchmarkLooking(b *testing.B) {
	w := newTown(b)
	w.decides(1)
	children := make([]vault.Identity, benchmarked)
	for i := range children {
		children[i] = vault.Identity{Source: "list", Child: fmt.Sprint(i)}
	}
	known, err := w.vault.Tokens(b.Context(), örebro, children, events.DayOf(w.now))
	if err != nil {
		b.Fatal(err)
	}
	for _, child := range known {
		w.refers(child.Token)
	}
	w.later(2, 0)
	look := func() time.Duration {
		began := time.Now()
		if list, err := w.service.Listed(b.Context(), örebro); err != nil || len(list) < benchmarked {
			b.Fatalf("listed are %d: %v", len(list), err)
		}
		return time.Since(began)
	}
	look()
	var anew, again time.Duration
	for b.Loop() {
		w.decides(1) // the log ends elsewhere
		anew += look()
		again += look()
	}
	b.ReportMetric(float64(anew.Milliseconds())/float64(b.N), "ms/anew")
	b.ReportMetric(float64(again.Milliseconds())/float64(b.N), "ms/again")
	b.ReportMetric(float64(anew)/float64(again), "anew/again")
}
