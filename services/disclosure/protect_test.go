package disclosure

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestScratch(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	steps := map[Step]int{}
	var worst, sum time.Duration
	for i := range 300 {
		size := 5 + rng.IntN(300)
		f := newTown(rng, size).family()
		at := time.Now()
		r, err := Protect(f, nil, Settings{})
		d := time.Since(at)
		sum += d
		if d > worst {
			worst = d
		}
		if err != nil {
			t.Fatal(i, err)
		}
		steps[r.Step]++
		if i < 3 {
			for _, s := range r.Shown {
				t.Log(s, f.Values[s.Cell])
			}
			t.Log(r.Step, d)
		}
	}
	t.Log(steps, worst, sum/300)
}
