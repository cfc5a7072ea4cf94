//go:build bench

package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"rackvidd/events"
)

// TestBenchReport measures the national report as municipalities with ten years of answers are added, to all 290 of them.
func TestBenchReport(t *testing.T) {
	s := serve(t, dataDir(t))
	post := func(path, file string) time.Duration {
		begun := time.Now()
		if status, raw, err := s.call(t.Context(), http.MethodPost, path, file); err != nil || status != http.StatusOK {
			t.Fatalf("%s: %d, %v: %s", path, status, err, raw)
		}
		return time.Since(begun)
	}
	var took []string
	var loaded time.Duration
	all, first := events.Municipalities(), 0
	for _, n := range []int{29, 145, 290} {
		answers, population := tenYears(all[first:n], first)
		loaded += post("report/answers", answers)
		post("reference", population)
		first = n
		took = append(took, fmt.Sprintf("%d: p50 %s", n, at(s.timed(t, "report/2023", 50), 50).Round(100*time.Microsecond)))
	}
	report, bare := s.timed(t, "report/2023", 100), s.timed(t, "reference", 50)
	t.Logf("| national report as municipalities with ten years each are added | %s | | |", strings.Join(took, ", "))
	t.Logf("| national report, 290 municipalities × 10 years | p50 %d ms, p99 %d ms | reading the reference data: p50 %d ms | 2,900 answers loaded in %d ms |",
		at(report, 50).Milliseconds(), at(report, 99).Milliseconds(), at(bare, 50).Milliseconds(), loaded.Milliseconds())
}

// tenYears are answers of municipalities, and how many children live there.
func tenYears(list []events.MunicipalityInfo, first int) (answers, population string) {
	answers, population = "year,municipality,state,offers,children,organisers,forms,channels,measures\n", "code,year,n,source\n"
	for year := 2014; year <= 2023; year++ {
		for i, m := range list {
			answers += fmt.Sprintf("%d,%s,answered,yes,%d,municipality|ngo,support_group|counselling,school|self,cooperation|funding\n", year, m.Code, (first+i)%40)
			population += fmt.Sprintf("%s,%d,%d,SCB\n", m.Code, year, 5000+first+i)
		}
	}
	return answers, population
}

// timed asks for the same thing again and again.
func (s *server) timed(t *testing.T, path string, n int) (list []time.Duration) {
	t.Helper()
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

// TestBenchSurvey measures a municipality's survey, with checks and last year, and the document that is made of it.
func TestBenchSurvey(t *testing.T) {
	for _, town := range []struct{ children, years int }{{150, 10}, {2500, 2}} {
		s := serve(t, dataDir(t))
		file, rows := simulated(t, town.children, town.years)
		if _, err := s.bring(t.Context(), "1880", "bench", file); err != nil {
			t.Fatal(err)
		}
		year := lastYearOf(file)
		survey, figures := s.timed(t, fmt.Sprintf("municipalities/1880/surveys/%d", year), 200), s.timed(t, fmt.Sprintf("municipalities/1880/reach?year=%d", year), 50)
		document := s.timed(t, fmt.Sprintf("municipalities/1880/surveys/%d/export?format=pdf", year), 10)
		t.Logf("| survey of %d, %d rows of %d years behind it | p50 %d ms, p99 %d ms | the year's reach figures: p50 %d ms | as PDF with statistics: p50 %d ms |", year, rows, town.years,
			at(survey, 50).Milliseconds(), at(survey, 99).Milliseconds(), at(figures, 50).Milliseconds(), at(document, 50).Milliseconds())
		s.stop(t)
	}
}

// lastYearOf is the latest year that a file of activity has a day in.
func lastYearOf(file string) (year int) {
	for _, y := range regexp.MustCompile(`,(20\d\d)-\d\d-\d\d`).FindAllStringSubmatch(file, -1) {
		n, _ := strconv.Atoi(y[1])
		year = max(year, n)
	}
	return year
}
