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

// TestBenchReport measures the national report of 290 municipalities and ten years, with the population of the year.
func TestBenchReport(t *testing.T) {
	s := serve(t, dataDir(t))
	var answers, population strings.Builder
	answers.WriteString("year,municipality,state,offers,children,organisers,forms,channels,measures\n")
	population.WriteString("code,year,n,source\n")
	few := map[int]int{2004: 29, 2006: 145} // how the time grows with those who answered
	for _, year := range []int{2004, 2006, 2014, 2015, 2016, 2017, 2018, 2019, 2020, 2021, 2022, 2023} {
		for i, info := range events.Municipalities() {
			fmt.Fprintf(&population, "%s,%d,%d,SCB\n", info.Code, year, 5000+i)
			if n, ok := few[year]; ok && i >= n {
				continue
			}
			fmt.Fprintf(&answers, "%d,%s,answered,yes,%d,municipality|ngo,support_group|counselling,school|self,cooperation|funding\n", year, info.Code, i%40)
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
	report, bare := s.timed(t, "report/2023", 50), s.timed(t, "reference", 50)
	t.Logf("| national report over 29, 174 and 3,074 answers of its year and those before | p50 %s, %s, %s | | |", at(s.timed(t, "report/2004", 50), 50), at(s.timed(t, "report/2006", 50), 50), at(report, 50))
	t.Logf("| national report, 290 municipalities × 10 years | p50 %d ms, p99 %d ms | reading the reference data: p50 %d ms | answers loaded in %d ms, population in %d ms |",
		at(report, 50).Milliseconds(), at(report, 99).Milliseconds(), at(bare, 50).Milliseconds(), loaded.Milliseconds(), stated.Milliseconds())
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
	for _, children := range []int{150, 2500} {
		s := serve(t, dataDir(t))
		file, rows := simulated(t, children, 2)
		if _, err := s.bring(t.Context(), "1880", "bench", file); err != nil {
			t.Fatal(err)
		}
		year := lastYearOf(file)
		survey, figures := s.timed(t, fmt.Sprintf("municipalities/1880/surveys/%d", year), 50), s.timed(t, fmt.Sprintf("municipalities/1880/reach?year=%d", year), 50)
		document := s.timed(t, fmt.Sprintf("municipalities/1880/surveys/%d/export?format=pdf", year), 10)
		t.Logf("| survey of %d, %d rows behind it | p50 %d ms, p99 %d ms | the year's reach figures: p50 %d ms | as PDF with statistics: p50 %d ms |", year, rows,
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
