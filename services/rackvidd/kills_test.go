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

	"rackvidd/events/failpoint"
	"rackvidd/services/simulate"
	"rackvidd/services/simulate/oracle"
)

// killed is one data directory that is killed again and again while records come in.
type killed struct {
	*server
	t    *testing.T
	rng  *rand.Rand
	file string

	sessions   int      // acknowledged, each with a key of its own
	unanswered []string // keys of those that may be there or not: they are sent again
	killedAt   map[string]int
	fresh      map[string][]brought // by municipality
}

// brought is a file of records that were never there before, under a source of their own.
type brought struct{ source, rows string }

const header = "record_id,type,session,occurred_on,child,programme,form,channel,outcome,reason,birth_year,gender,role,home_municipality,count,target\n"

func newKilled(t *testing.T, seed uint64) *killed {
	t.Helper()
	t.Logf("seed %d", seed)
	return &killed{t: t, rng: rand.New(rand.NewPCG(seed, 0)), killedAt: make(map[string]int), fresh: make(map[string][]brought)}
}

// kill lets a directory live so many lives: each ends at a random moment or, of every two, one at a named step.
func kill(t *testing.T, times int, seed uint64) {
	t.Helper()
	k := newKilled(t, seed)
	var file strings.Builder
	if err := simulate.Activity(&file, simulate.Options{Children: 500, Years: 1, FirstYear: 2021, Seed: int(seed)}); err != nil {
		t.Fatal(err)
	}
	k.file = file.String()
	data := dataDir(t)
	for n := range times {
		if n%2 == 0 {
			k.server = begin(t, data)
			k.oneLife(n)
		} else {
			k.lifeUntil(failpoint.Steps[n/2%len(failpoint.Steps)], data, n)
		}
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

// lifeUntil lets the server do some of everything until it reaches a step, where it is killed.
func (k *killed) lifeUntil(step failpoint.Step, data string, n int) {
	defer nothingLeft(k.t, data)
	var err error
	setting := fmt.Sprintf("%s=%s:%d", failpoint.Setting, step, 1+k.rng.IntN(3))
	if k.server, err = launchWith([]string{setting}, data); err != nil {
		k.t.Fatal(err)
	}
	defer k.kill()
	ctx, cancel := context.WithTimeout(k.t.Context(), 20*time.Second)
	defer cancel()
	if k.becomesReady() == nil {
		k.busy(ctx, step, n)
	}
	select {
	case <-k.exited:
		k.killedAt[string(step)]++
	case <-ctx.Done():
		k.killedAt["before "+string(step)]++
	}
}

// busy does what a day brings until the server is gone: whatever is not answered may have been recorded.
func (k *killed) busy(ctx context.Context, step failpoint.Step, n int) {
	for i := 0; ; i++ {
		key := fmt.Sprint("session-", n, "-", i)
		if err := k.opens(ctx, key); err != nil {
			k.unanswered = append(k.unanswered, key)
			return
		}
		k.sessions++
		municipality, news := k.news(fmt.Sprint("life-", n, "-", i), 20)
		if _, err := k.bring(ctx, municipality, news.source, header+news.rows); err != nil {
			return
		}
		if step == failpoint.BeforeSwitch || step == failpoint.AfterSwitch {
			k.rackvidd("projections", "rebuild", "reach", "--municipality", "1880")
		}
	}
}

// news is a file of so many children nobody has seen, for one of a few municipalities that are nobody else's home.
func (k *killed) news(source string, children int) (municipality string, b brought) {
	k.t.Helper()
	var file strings.Builder
	if err := simulate.Activity(&file, simulate.Options{Children: children, Years: 1, FirstYear: 2021, Seed: k.rng.IntN(1 << 30)}); err != nil {
		k.t.Fatal(err)
	}
	table, err := csv.NewReader(strings.NewReader(file.String())).ReadAll()
	if err != nil || strings.Join(table[0], ",")+"\n" != header {
		k.t.Fatalf("%v: %v", table[0], err)
	}
	b.source = source
	for _, row := range table[1:] {
		for _, id := range []int{0, 2, 4} { // the record, the session and the child
			if row[id] != "" {
				row[id] = source + "." + row[id]
			}
		}
		b.rows += strings.Join(row, ",") + "\n"
	}
	municipality = []string{"0980", "1080", "1280", "1380", "1480", "1780", "2080", "2480"}[k.rng.IntN(8)]
	k.fresh[municipality] = append(k.fresh[municipality], b)
	return municipality, b
}

const dropIn = `{"id":"drop-in","name":"Drop-in","forms":["counselling"],"organiser":"municipality","target":"substance_abuse","identity":"linked","valid_from":"2021-01-01"}`

// addSession opens a session, twice with the same key: it is there once. What was not answered in an earlier life is sent
// again first.
func (k *killed) addSession(n int) {
	k.t.Helper()
	for _, key := range append(k.unanswered, fmt.Sprint("session-", n), fmt.Sprint("session-", n)) {
		if err := k.opens(k.t.Context(), key); err != nil {
			k.t.Fatal(err)
		}
	}
	k.sessions += len(k.unanswered) + 1
	k.unanswered = nil
}

func (k *killed) opens(ctx context.Context, key string) error {
	if err := k.post(ctx, "programmes", dropIn, "programme"); err != nil {
		return err
	}
	return k.post(ctx, "sessions", `{"programme":"drop-in","form":"counselling","held_on":"2021-05-01"}`, key)
}

func (k *killed) post(ctx context.Context, path, body, key string) error {
	headers := map[string]string{"Content-Type": "application/json", "Idempotency-Key": key}
	status, raw, _, err := k.send(ctx, http.MethodPost, "municipalities/1880/"+path, strings.NewReader(body), headers)
	if err == nil && status != http.StatusCreated {
		err = fmt.Errorf("%s answered %d: %s", path, status, raw)
	}
	return err
}

// verify brings the whole file in once more and compares with a plain count over its rows.
func (k *killed) verify() {
	k.t.Helper()
	k.addSession(-1)
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
	k.verifyFresh()
	if n := k.sessionsOf("drop-in"); n != k.sessions {
		k.t.Errorf("%d sessions of the API, %d were acknowledged", n, k.sessions)
	}
}

// verifyFresh brings every new file in once more, and compares with a plain count over the rows of all.
func (k *killed) verifyFresh() {
	k.t.Helper()
	for municipality, files := range k.fresh {
		all := header
		for _, f := range files {
			all += f.rows
			if _, err := k.bring(k.t.Context(), municipality, f.source, header+f.rows); err != nil {
				k.t.Fatal(err)
			}
		}
		sameAsOracle(k.t, k.server, all, municipality, 2021)
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

func TestAHandfulOfKillsLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	kill(t, 2*len(failpoint.Steps), 1)
}
