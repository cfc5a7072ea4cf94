package disclosure

import (
	"math/rand/v2"
	"testing"
)

func BenchmarkProtectAYear(b *testing.B) {
	for _, size := range []int{30, 120, 400} {
		b.Run(map[int]string{30: "30_children", 120: "120_children", 400: "400_children"}[size], func(b *testing.B) {
			rng := rand.New(rand.NewPCG(1, 1))
			var years []Family
			cells := 0
			for range 50 {
				t := &town{forms: allForms[:4], programmes: allProgrammes, channels: allChannels, ages: allAges}
				t.arrive(rng, size)
				years = append(years, t.family())
				cells += len(years[len(years)-1].Values)
			}
			b.ReportMetric(float64(cells)/50, "cells")
			for i := 0; b.Loop(); i++ {
				if _, err := Protect(years[i%50], nil, Settings{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
