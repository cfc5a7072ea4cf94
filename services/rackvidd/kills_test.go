package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"rackvidd/services/simulate"
	"rackvidd/services/simulate/oracle"
)

// killed is one data directory that is killed again and again while records come in.
type killed struct {
	*server
	t    *testing.T
	rng  *rand.Rand
	file string

	sessions int // acknowledged, each with a key of its own
	killedAt map[string]int
}

func kill(t *testing.T, times int, seed uint64) {
	t.Helper()
	t.Logf("seed %d", seed)
	k := &killed{t: t, rng: rand.New(rand.NewPCG(seed, 0)), killedAt: make(map[string]int)}
	var file strings.Builder
	if err := simulate.Activity(&file, simulate.Options{Children: 1000, Years: 1, FirstYear: 2021, Seed: int(seed)}); err != nil {
		t.Fatal(err)
	}
	k.file = file.String()
	data := dataDir(t)
	for n := range times {
		k.server = begin(t, data)
		k.oneLife(n)
	}
	t.Logf("%d kills: %v; %d sessions acknowledged", times, k.killedAt, k.sessions)
	k.server = serve(t, data)
	k.verify()
	k.stop(t)
	nothingLeft(t, data)
}

// oneLife lets the server live for a while and kills it: on its way up, during an import, or while it projects.
func (k *killed) oneLife(n int) {
	defer nothingLeft(k.t, k.data)
	defer k.kill()
	if n > 0 && k.rng.IntN(8) == 0 {
		k.killedAt["starting"]++
		time.Sleep(time.Duration(k.rng.IntN(1500)) * time.Millisecond)
		return
	}
	k.awaitReady(k.t)
	k.addSession(n)
	ctx, cancel := context.WithCancel(k.t.Context())
	defer cancel()
	answered := make(chan error, 1)
	go func() {
		_, err := k.bring(ctx, "1880", "kills", k.piece())
		answered <- err
	}()
	select {
	case <-time.After(time.Duration(10+k.rng.IntN(400)) * time.Millisecond):
		k.killedAt["importing"]++
	case err := <-answered:
		if err != nil {
			k.t.Errorf("import: %v", err)
		}
		k.killedAt["idle"]++
	}
}

// piece is the file, or a part of it in any order.
func (k *killed) piece() string {
	head, rest, _ := strings.Cut(k.file, "\n")
	lines := strings.SplitAfter(strings.TrimSuffix(rest, "\n"), "\n")
	lines[len(lines)-1] += "\n"
	k.rng.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	return head + "\n" + strings.Join(lines[:1+k.rng.IntN(len(lines))], "")
}

// addSession opens a session, twice with the same key: it is there once.
func (k *killed) addSession(n int) {
	const programme = `{"id":"drop-in","name":"Drop-in","forms":["counselling"],"organiser":"municipality","target":"substance_abuse","identity":"linked","valid_from":"2021-01-01"}`
	k.post("programmes", programme, "programme")
	for range 2 {
		k.post("sessions", `{"programme":"drop-in","form":"counselling","held_on":"2021-05-01"}`, fmt.Sprint("session-", n))
	}
	k.sessions++
}

func (k *killed) post(path, body, key string) {
	k.t.Helper()
	headers := map[string]string{"Content-Type": "application/json", "Idempotency-Key": key}
	status, raw, _, err := k.send(k.t.Context(), http.MethodPost, "municipalities/1880/"+path, strings.NewReader(body), headers)
	if err != nil || status != http.StatusCreated {
		k.t.Fatalf("%s answered %d, %v: %s", path, status, err, raw)
	}
}

// verify brings the whole file in once more and compares with a plain count over its rows.
func (k *killed) verify() {
	k.t.Helper()
	if _, err := k.bring(k.t.Context(), "1880", "kills", k.file); err != nil {
		k.t.Fatal(err)
	}
	again, err := k.bring(k.t.Context(), "1880", "kills", k.file)
	if err != nil || again.Recorded != 0 {
		k.t.Errorf("the file again recorded %d rows, %v", again.Recorded, err)
	}
	sameAsOracle(k.t, k.server, k.file, "1880", 2021)
	stdout, stderr, code := k.rackvidd("audit", "replay", "--municipality", "1880", "--year", "2021")
	if code != done {
		k.t.Errorf("replay: exit %d\n%s%s", code, stdout, stderr)
	}
	if n := k.sessionsOf("drop-in"); n != k.sessions {
		k.t.Errorf("%d sessions of the API, %d were acknowledged", n, k.sessions)
	}
}

// sessionsOf counts in the log itself.
func (k *killed) sessionsOf(programme string) (n int) {
	for from := 1; from > 0; {
		status, raw, err := k.call(k.t.Context(), http.MethodGet, fmt.Sprintf("municipalities/1880/log/events?limit=1000&from=%d", from), nil)
		if err != nil || status != http.StatusOK {
			k.t.Fatalf("%d, %v: %s", status, err, raw)
		}
		var page struct {
			Events []struct {
				Type string `json:"type"`
				Data struct {
					Programme string `json:"programme"`
				} `json:"data"`
			} `json:"events"`
			Next int `json:"next"`
		}
		if err := json.Unmarshal(raw, &page); err != nil {
			k.t.Fatal(err)
		}
		for _, e := range page.Events {
			if e.Type == "session.opened.v1" && e.Data.Programme == programme {
				n++
			}
		}
		from = page.Next
	}
	return n
}

// sameAsOracle compares figures with a plain count over the rows of a file.
func sameAsOracle(t *testing.T, s *server, file, municipality string, year int) {
	t.Helper()
	table, err := csv.NewReader(strings.NewReader(file)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, cells := range table[1:] {
		row := make(map[string]string)
		for i, name := range table[0] {
			row[name] = cells[i]
		}
		rows = append(rows, row)
	}
	want := oracle.Reach(rows, municipality, fmt.Sprintf("%d-01-01", year), fmt.Sprintf("%d-12-31", year))
	got := s.figures(t, municipality, fmt.Sprintf("year=%d", year))
	if got.Children != want.Children || got.SumOverForms != want.SumOverForms || got.SumOverProgrammes != want.SumOverProgrammes ||
		got.Bounds.Lower != want.Lower || got.Bounds.Upper != want.Upper || got.Guests.Children != want.Guests || got.Referrals.Received != want.Referrals {
		t.Errorf("figures %+v\nthe oracle's %+v", got, want)
	}
	for _, f := range got.ByForm {
		if want.ByForm[string(f.Form)] != f.Children || want.FormAttendances[string(f.Form)] != f.Attendances {
			t.Errorf("%s: %d children and %d attendances; the oracle's %d and %d", f.Form, f.Children, f.Attendances, want.ByForm[string(f.Form)], want.FormAttendances[string(f.Form)])
		}
	}
	if len(got.ByForm) != len(want.ByForm) || len(got.Overlap) != len(want.Overlap) {
		t.Errorf("%d forms and %d pairs; the oracle's %d and %d", len(got.ByForm), len(got.Overlap), len(want.ByForm), len(want.Overlap))
	}
}

func TestAHandfulOfKillsLosesAndDoublesNothing(t *testing.T) { kill(t, 6, 1) }
