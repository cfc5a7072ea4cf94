package disclosure

import (
	"testing"
	"time"
)

func TestScratchSpeed(t *testing.T) {
	rng := random(t)
	for i := range *families {
		var steps []Step
		at := time.Now()
		s := tell(t, rng, protecting(t, &steps))
		if d := time.Since(at); d > 300*time.Millisecond {
			t.Log(i, d, len(s.ledger), s.settings, len(s.truth), len(s.issues[0].town.forms), steps)
		}
	}
}
