//go:build bench

package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"rackvidd/events"
)

// TestBenchReport measures the national report of 290 municipalities and ten years, with the population of the year.
func TestBenchReport(t *testing.T) {
	s := serve(t, dataDir(t))
	var answers, population strings.Builder
	answers.WriteString("year,municipality,state,offers,children,organisers,forms,channels,measures\n")
	population.WriteString("code,year,n,source\n")
	for year := 2014; year <= 2023; year++ {
		for i, info := range events.Municipalities() {
			fmt.Fprintf(&answers, "%d,%s,answered,yes,%d,municipality|ngo,support_group|counselling,school|self,cooperation|funding\n", year, info.Code, i%40)
			fmt.Fprintf(&population, "%s,%d,%d,SCB\n", info.Code, year, 5000+i)
		}
	}
	post := func(path, file string) time.Duration {
		begun := time.Now()
		if status, raw, err := s.call(t.Context(), http.MethodPost, path, file); err != nil || status != http.StatusOK {
			t.Fatalf("%s: %d, %v: %s", path, status, err, raw)
		}
		return time.Since(begun)
	}
	loaded, stated := post("report/answers", answers.String()), post("reference", population.String())
	ask := func(path string, n int) (list []time.Duration) {
		for range n {
			begun := time.Now()
			status, raw, err := s.call(t.Context(), http.MethodGet, path, nil)
			if err != nil || status != http.StatusOK {
				t.Fatalf("%s: %d, %v: %s", path, status, err, raw)
			}
			list = append(list, time.Since(begun))
		}
		return list
	}
	report, bare := ask("report/2023", 50), ask("reference", 50)
	t.Logf("| national report, 290 municipalities × 10 years | p50 %d ms, p99 %d ms | reading the reference data: p50 %d ms | answers loaded in %d ms, population in %d ms |",
		at(report, 50).Milliseconds(), at(report, 99).Milliseconds(), at(bare, 50).Milliseconds(), loaded.Milliseconds(), stated.Milliseconds())
}
