//go:build bench

package main

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"rackvidd/events"
)

var (
	pageEvents = flag.Int("page-events", 1_000_000, "how many events the installation holds whose pages are measured")
	pageTown   = flag.Int("page-town", 0, "how many of them are of the largest town; 0: a tenth")
	pageAsks   = flag.Int("page-asks", 100, "how often each page is asked for")
)

// TestBenchPages measures every kind of page in an installation of a million events: a tenth of them in the largest town,
// the others in towns a third as large. Each page is asked for as it stands, and again each time something was recorded,
// when nothing is remembered.
func TestBenchPages(t *testing.T) {
	s := serve(t, dataDir(t), "--scrub-every", "240h")
	largest, recorded := max(1, cmp.Or(*pageTown, *pageEvents/10)/70), 0
	towns := events.Municipalities()
	begun := time.Now()
	for i := 0; recorded < *pageEvents && i < len(towns); i++ {
		children := max(1, largest/3)
		code := towns[i].Code
		if i == 0 {
			children, code = largest, "1880"
		} else if code == "1880" {
			continue
		}
		file, _ := simulated(t, children, 10)
		summary, err := s.bring(t.Context(), string(code), "bench", file)
		if err != nil {
			t.Fatal(err)
		}
		recorded += summary.Recorded
	}
	t.Logf("%d records in %.0f s, at rest after %.0f s more", recorded, time.Since(begun).Seconds(), atRest(t, s.cmd.Process.Pid, postmasterOf(t, s.data)).Seconds())
	v := &visitor{t: t, address: s.address}
	v.session = cookie(v.send("POST", s.letIn(t, "kim",
		"--role", "coordinator", "--role", "back_office", "--role", "approver", "--role", "auditor", "--role", "national", "--role", "operations", "--everywhere", "--programme", "*"),
		url.Values{"password": {loginPassword}})).Value
	t.Logf("| page | of | bytes | as it stands: p50, p95, p99 | after each event: p50, p95, p99 | what is behind it |")
	for _, town := range []events.Municipality{"1880", towns[0].Code} {
		for _, page := range []string{
			"", "groups", "programmes", "surveys", "surveys/2025", "surveys/2025/questions/Q3", "surveys/2025/questions/Q4", "surveys/2025/questions/Q5", "surveys/2025/checks",
			"surveys/2025/figures/children", "surveys/compare", "reach?year=2025", "reach?year=2025&as_of=2026-01-01", "log", "/report?year=2025", "/operations",
		} {
			path := page
			if !strings.HasPrefix(page, "/") {
				path = "/municipalities/" + string(town) + "/" + page
			}
			size := v.read(t, path)
			still := v.timed(t, path, *pageAsks, func() {})
			moving := v.timed(t, path, *pageAsks/2, func() { s.recordOne(t, town) })
			t.Logf("| %s | %s | %d | %s, %s, %s | %s, %s, %s | %s |", page, town, size, at(still, 50), at(still, 95), at(still, 99), at(moving, 50), at(moving, 95), at(moving, 99), behindPage[page])
		}
	}
}

// behindPage is what a page is made of, where time can go.
var behindPage = map[string]string{
	"":                                 "the caseload of the day (remembered by position), the names of the children listed, groups, six weeks of sessions",
	"groups":                           "groups, members and sessions counted",
	"programmes":                       "programmes",
	"surveys":                          "what was decided about each year's survey",
	"surveys/2025":                     "the year and the one before counted, the registers reviewed (all remembered by position)",
	"surveys/2025/questions/Q3":        "as the survey, and the year's figures with their charts",
	"surveys/2025/questions/Q4":        "as the survey, and five years counted with their charts",
	"surveys/2025/questions/Q5":        "as the survey, and the year's figures with their charts",
	"surveys/2025/checks":              "as the survey",
	"surveys/2025/figures/children":    "the year's rows, listed (remembered by position)",
	"surveys/compare":                  "three surveys' answers, five years counted with their charts",
	"reach?year=2025":                  "the year counted (remembered by position)",
	"reach?year=2025&as_of=2026-01-01": "the year counted as of a time",
	"log":                              "fifty positions read from the log",
	"/report?year=2025":                "the national answers",
	"/operations":                      "the checkpoints, and the head of every log",
}

// read asks for a page, and returns how many bytes it is.
func (v *visitor) read(t *testing.T, path string) int {
	t.Helper()
	answered := v.send("GET", path, nil)
	body, err := io.ReadAll(answered.Body)
	if err != nil || answered.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v", path, answered.StatusCode, err)
	}
	return len(body)
}

// timed asks for a page again and again, each time after something has happened.
func (v *visitor) timed(t *testing.T, path string, n int, happen func()) (list []time.Duration) {
	t.Helper()
	for range n {
		happen()
		begun := time.Now()
		v.read(t, path)
		list = append(list, time.Since(begun))
	}
	return list
}

// recordOne records an evening of last year to which somebody came.
func (s *server) recordOne(t *testing.T, town events.Municipality) {
	t.Helper()
	row := fmt.Sprintf("record_id,type,occurred_on,child,programme,form\n%[1]s,session_attended,2025-11-03,%[1]s,bench,camp\n", events.NewID())
	if summary, err := s.bring(t.Context(), string(town), "one", row); err != nil || summary.Recorded != 1 {
		t.Fatalf("%+v, %v", summary, err)
	}
}
