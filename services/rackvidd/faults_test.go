package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events/failpoint"
)

// faulted is an installation that things happen to while it works. What it was asked is asked again until it is done, and
// in the end all is as if nothing had happened.
type faulted struct {
	*killed
	registers int               // sessions with a register of two children
	children  [2]childEntered   // who are in them
	tokens    map[string]string // by who prepares and who approves
	written   atomic.Uint64     // the last position of a register
	refused   atomic.Int64      // 503, with a Retry-After
}

// registered and surveyed are municipalities that nothing else is recorded in.
const (
	registered = "1980"
	surveyed   = "1981"
)

func newFaulted(t *testing.T, s *server, seed uint64) *faulted {
	t.Helper()
	f := &faulted{killed: newKilled(t, seed), tokens: make(map[string]string)}
	f.server = s
	if _, err := f.bring(t.Context(), "1880", "a", manyRows(3000)); err != nil {
		t.Fatal(err)
	}
	f.asks(t, http.MethodPost, "municipalities/"+registered+"/programmes", json.RawMessage(dropIn), nil)
	for i, name := range []string{"one", "other"} {
		f.asks(t, http.MethodPost, "municipalities/"+registered+"/children", map[string]string{"identity": name}, &f.children[i])
	}
	for who, role := range map[string]string{"anna": "back_office", "bo": "approver"} {
		account := strings.Fields(f.must(t, "user", "add", who))[1]
		printed := f.must(t, "token", "add", account, "--role", role, "--municipality", surveyed)
		_, printed, _ = strings.Cut(printed, "\n")
		f.tokens[who], _, _ = strings.Cut(printed, "\n")
	}
	return f
}

// request sends one as somebody, "" the administrator. errRefused: it was answered 503, and when to try again.
func (f *faulted) request(who, method, path, body, key string) error {
	request, err := http.NewRequestWithContext(f.t.Context(), method, f.address+"/api/v1/municipalities/"+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	token := adminToken
	if who != "" {
		token = f.tokens[who]
	}
	for name, value := range map[string]string{"Authorization": "Bearer " + token, "Content-Type": "application/json", "Idempotency-Key": key} {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var answer struct {
		Position     uint64
		Type, Detail string // of a refusal
	}
	_ = json.NewDecoder(response.Body).Decode(&answer) // a rebuild's is several
	switch {
	case response.StatusCode < 300:
		if strings.HasSuffix(path, "/register") {
			f.written.Store(max(f.written.Load(), answer.Position))
		}
		return nil
	case response.StatusCode == http.StatusServiceUnavailable && strings.HasSuffix(answer.Type, ":not_yet"):
		return fmt.Errorf("%w: %s", errLate, answer.Detail)
	case response.StatusCode == http.StatusServiceUnavailable && response.Header.Get("Retry-After") != "":
		return fmt.Errorf("%w: %s", errRefused, answer.Detail)
	}
	return fmt.Errorf("%s %s answered %d: %s", method, path, response.StatusCode, answer.Detail)
}

var (
	errRefused = errors.New("refused for the moment")
	errLate    = errors.New("recorded, and not shown yet")
)

// until does something again and again until it is done. Only a clear refusal may come in between, and what is recorded
// may be shown late.
func (f *faulted) until(do func() error) error {
	for deadline := time.Now().Add(3 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		err := do()
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, errRefused) && !errors.Is(err, errLate):
			return err
		case time.Now().After(deadline):
			return fmt.Errorf("it does not recover by itself: %w", err)
		case errors.Is(err, errRefused):
			f.refused.Add(1)
		}
	}
}

// work is what is under way when something happens. ready prepares it, before that.
type work struct {
	name  string
	ready func(n int) (do func() error)
}

func (f *faulted) works() []work {
	return []work{{"an import", f.anImport}, {"a register", f.aRegister}, {"a rebuild", f.aRebuild}, {"a submission", f.aSubmission}}
}

func (f *faulted) anImport(n int) func() error {
	municipality, news := f.news(fmt.Sprint("fault-", n), 100)
	return func() error {
		return f.request("", http.MethodPost, municipality+"/imports?source="+news.source, header+news.rows, "")
	}
}

func (f *faulted) aRegister(n int) func() error {
	key := fmt.Sprint("register-", n)
	var opened struct{ ID string }
	f.sendKeyed(registered+"/sessions", `{"programme":"drop-in","form":"counselling","held_on":"2021-05-01"}`, key, &opened)
	f.registers++
	body := fmt.Sprintf(`{"attended":[%q,%q],"absent":[]}`, f.children[0].Child, f.children[1].Child)
	return func() error {
		return f.request("", http.MethodPut, registered+"/sessions/"+opened.ID+"/register", body, key+"-written")
	}
}

func (f *faulted) sendKeyed(path, body, key string, into any) {
	f.t.Helper()
	status, raw, _, err := f.send(f.t.Context(), http.MethodPost, "municipalities/"+path, strings.NewReader(body), map[string]string{"Content-Type": "application/json", "Idempotency-Key": key})
	if err == nil && status < 300 {
		err = json.Unmarshal(raw, into)
	}
	if err != nil || status >= 300 {
		f.t.Fatalf("%s: %d, %v, %s", path, status, err, raw)
	}
}

func (f *faulted) aRebuild(int) func() error {
	return func() error {
		_, stderr, code := f.rackvidd("projections", "rebuild", "reach", "--municipality", "1880")
		switch {
		case code == done:
			return nil
		case strings.Contains(stderr, "503") || strings.Contains(stderr, "cannot be reached"):
			return fmt.Errorf("%w: %s", errRefused, stderr)
		}
		return errors.New(stderr)
	}
}

// aSubmission is of a survey that Anna has prepared and Bo approved; every further one amends it.
func (f *faulted) aSubmission(n int) func() error {
	survey := surveyed + "/surveys/2021/"
	step := func(who, what, body string) {
		f.t.Helper()
		if err := f.until(func() error {
			return f.request(who, http.MethodPost, survey+what, body, fmt.Sprint(what, "-", n))
		}); err != nil {
			f.t.Fatal(err)
		}
	}
	if f.tokens["submitted"] != "" {
		step("anna", "amend", `{"reason":"en gång till"}`)
	}
	f.tokens["submitted"] = "yes"
	step("anna", "answer", `{"answers":[{"question":"Q1","status":"no"}],"comments":[{"rule":"S21","comment":"det är så"}]}`)
	step("anna", "check", "{}")
	step("bo", "approve", "{}")
	return func() error {
		return f.request("anna", http.MethodPost, survey+"submit", "{}", fmt.Sprint("submit-", n))
	}
}

// endsRight compares with what was asked for.
func (f *faulted) endsRight() {
	f.t.Helper()
	f.verifyFresh()
	if got := f.figures(f.t, registered, fmt.Sprint("year=2021&min_position=", f.written.Load())); f.registers > 0 && (got.Children != 2 || got.ByForm[0].Attendances != 2*f.registers) {
		f.t.Errorf("%d children in %+v, there were 2 in %d sessions", got.Children, got.ByForm, f.registers)
	}
	if stdout, stderr, code := f.rackvidd("audit", "verify", "--year", "2021"); code != done {
		f.t.Errorf("exit %d:\n%s%s", code, stdout, stderr)
	}
}

// restarts ends PostgreSQL in the middle of a transaction, so many times: in order, at once, and with SIGKILL.
func restarts(t *testing.T, times int, seed uint64) {
	t.Helper()
	f := newFaulted(t, serve(t, dataDir(t)), seed)
	within := make(map[string]int)
	for n := range times {
		w := f.works()[n%len(f.works())]
		how := []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL}[f.rng.IntN(3)]
		do := w.ready(n)
		seen := f.transactions()
		ended := make(chan error, 1)
		go func() { ended <- f.until(do) }()
		moment := "beside " + w.name
		select {
		case <-seen:
			moment = "within " + w.name
		case <-time.After(3 * time.Second):
		}
		within[fmt.Sprint(moment, ", ", how)]++
		ending, err := f.postmaster()
		if err == nil {
			err = syscall.Kill(ending, how)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := <-ended; err != nil {
			t.Fatalf("%s, %s: %v", w.name, how, err)
		}
		f.replaced(ending) // one that ends in order may still answer all this
		(&outage{t: t, server: f.server}).recovered()
		time.Sleep(1200 * time.Millisecond) // what was idle for a second is tried before it is used; a request before that may be refused once
	}
	t.Logf("PostgreSQL ended %d times: %v; %d requests refused for a while", times, within, f.refused.Load())
	f.endsRight()
}

// while lets a fault last for a while in which everything is asked for, waits until it is done, and says how much was refused.
func (f *faulted) while(what string, n int, begin, end func()) (refused int64) {
	f.t.Helper()
	var tasks []func() error
	for i, w := range append(f.works(), work{"another import", f.anImport}, work{"another import", f.anImport}, work{"another import", f.anImport}) {
		tasks = append(tasks, w.ready(n+i))
	}
	begin()
	results := make(chan error, len(tasks))
	before := f.refused.Load()
	for _, do := range tasks {
		go func() { results <- f.until(do) }()
	}
	for begun := time.Now(); ; time.Sleep(100 * time.Millisecond) { // a crowded machine takes its time to come as far as the fault
		noticed := f.refused.Load() > before || len(results) == len(tasks)
		if lasted := time.Since(begun); lasted > 30*time.Second || lasted > 4*time.Second && noticed {
			break
		}
	}
	end()
	for range tasks {
		if err := <-results; err != nil {
			f.t.Errorf("%s: %v", what, err)
		}
	}
	refused = f.refused.Load() - before
	f.t.Logf("%s: refused %d times", what, refused)
	(&outage{t: f.t, server: f.server}).recovered()
	return refused
}

func (f *faulted) postmaster() (pid int, err error) {
	raw, err := os.ReadFile(filepath.Join(f.data, "postgres", "cluster", "postmaster.pid"))
	first, _, _ := strings.Cut(string(raw), "\n")
	pid, bad := strconv.Atoi(first)
	return pid, errors.Join(err, bad)
}

// replaced waits until another postmaster than the one that was ended runs.
func (f *faulted) replaced(ended int) {
	f.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		pid, err := f.postmaster()
		if err == nil && pid != ended {
			return
		}
		if time.Now().After(deadline) {
			f.t.Fatalf("PostgreSQL, process %d, is not started again: %v", ended, err)
		}
	}
}

// transactions tells as soon as somebody else has written in a transaction that is still open.
func (f *faulted) transactions() <-chan struct{} {
	f.t.Helper()
	conn := f.database(f.t)
	seen := make(chan struct{})
	go func() {
		defer conn.Close(context.WithoutCancel(f.t.Context()))
		for f.t.Context().Err() == nil {
			var n int
			err := conn.QueryRow(f.t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()`).Scan(&n)
			if err != nil && !errors.Is(err, pgx.ErrNoRows) {
				return
			}
			if n > 0 {
				close(seen)
				return
			}
		}
	}()
	return seen
}

func TestPostgreSQLEndedWithinTransactionsLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	restarts(t, 4, uint64(time.Now().UnixNano()))
}

// twoProjectors keep the same read models up with the same logs; one is killed and comes back, so many times.
func twoProjectors(t *testing.T, times int, seed uint64) {
	t.Helper()
	o := newOutage(t)
	f := newFaulted(t, o.server, seed)
	for n := range times {
		other := serve(t, dataDir(t), append([]string{"projector"}, o.urls...)...)
		f.while("two projectors", 10*n, func() {
			time.AfterFunc(time.Duration(f.rng.IntN(1500))*time.Millisecond, other.kill)
		}, func() { <-other.exited })
	}
	if refused := f.refused.Load(); refused > 0 {
		t.Errorf("%d requests were refused", refused)
	}
	f.endsRight()
}

func TestTwoProjectorsApplyNothingTwice(t *testing.T) {
	t.Parallel()
	twoProjectors(t, 2, uint64(time.Now().UnixNano()))
}

// recordedTimes are those of a municipality's messages, by position.
func (s *server) recordedTimes(t *testing.T, m string) (list []time.Time) {
	t.Helper()
	for from := 1; from > 0; {
		var page struct {
			Events []struct {
				Position int
				Time     time.Time
			}
			Next int
		}
		s.asks(t, http.MethodGet, fmt.Sprintf("municipalities/%s/log/events?limit=1000&from=%d", m, from), nil, &page)
		for _, e := range page.Events {
			list = append(list, e.Time)
		}
		from = page.Next
	}
	return list
}

// TestAClockThatIsSetBackChangesNothingThatWas kills the program, starts it hours before, kills it and starts it right again.
// What is recorded meanwhile is recorded as of the last moment before.
func TestAClockThatIsSetBackChangesNothingThatWas(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	s := serve(t, data)
	k := newKilled(t, uint64(time.Now().UnixNano()))
	k.server = s
	asOf := func(at time.Time) uint64 {
		return s.figures(t, "1880", "year=2021&as_of="+at.UTC().Format(time.RFC3339Nano)).Position
	}
	var then []time.Time
	var ends []uint64
	for i, clock := range []string{"", "-3h", "-30m", ""} {
		if i > 0 {
			s.kill()
			var err error
			if s, err = launchWith([]string{failpoint.Clock + "=" + clock}, data); err != nil {
				t.Fatal(err)
			}
			s.endsWith(t)
			s.awaitReady(t)
			k.server = s
		}
		summary, err := k.bring(t.Context(), "1880", fmt.Sprint("clock-", i), manyRows(50*(i+1)))
		if err != nil {
			t.Fatal(err)
		}
		times := s.recordedTimes(t, "1880")
		now := times[len(times)-1]
		if !slices.IsSortedFunc(times, time.Time.Compare) || clock != "" && !now.Equal(then[0]) {
			t.Errorf("after clock %q, the last is recorded at %s, and recorded time goes back; it had come to %s", clock, now, then)
		}
		then, ends = append(then, now), append(ends, uint64(summary.Position))
		shown := uint64(0)
		for j, at := range then {
			got := asOf(at)
			if got < ends[j] || got < shown {
				t.Errorf("after clock %q, as of %s is position %d and was %d; the log had come to %d", clock, at, got, shown, ends[j])
			}
			shown = got
		}
		if shown != ends[i] {
			t.Errorf("after clock %q, now is position %d, the log ends at %d", clock, shown, ends[i])
		}
		if got := asOf(then[0].Add(-time.Second)); got != 0 {
			t.Errorf("as of the moment before all is position %d", got)
		}
	}
	for _, at := range then {
		s.must(t, "audit", "replay", "--municipality", "1880", "--year", "2021", "--as-of", at.UTC().Format(time.RFC3339Nano))
	}
	s.must(t, "audit", "verify", "--municipality", "1880")
	if f := s.figures(t, "1880", "year=2021"); f.Children != 50+100+150+200 {
		t.Errorf("%d children, want 500: ids are local to their source", f.Children)
	}
}

// places are what may be put back to where it was, and whether somebody has to repair it then: what is behind the log is
// brought up by itself.
var places = []struct {
	folder  string
	damages bool
}{{"nats", true}, {"archive", false}, {"postgres/cluster", false}}

func TestAnOlderCopyPutBackIsFoundOrBroughtUp(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	at := int(seed % uint64(len(places)))
	putBack(t, at, at+1, seed)
}

// putBack puts an older copy of some places back, one at a time.
func putBack(t *testing.T, from, to int, seed uint64) {
	t.Helper()
	data, copies := dataDir(t), dataDir(t)
	keep := func(from, to string) {
		t.Helper()
		if out, err := exec.Command("cp", "-a", from+"/.", to).CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
	}
	f := newFaulted(t, serve(t, data), seed)
	if err := f.anImport(0)(); err != nil {
		t.Fatal(err)
	}
	for i, state := range []string{"earlier", "later"} {
		for n := range 5 {
			if err := f.aRegister(10*i + n)(); err != nil {
				t.Fatal(err)
			}
		}
		f.stop(t)
		if err := os.Mkdir(filepath.Join(copies, state), 0o711); err != nil {
			t.Fatal(err)
		}
		keep(data, filepath.Join(copies, state))
		if state == "earlier" {
			f.server = serve(t, data)
		}
	}
	for _, place := range places[from:to] {
		folder, damages := place.folder, place.damages
		list, err := filepath.Glob(filepath.Join(data, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range list {
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
		}
		keep(filepath.Join(copies, "later"), data)
		if err := os.RemoveAll(filepath.Join(data, folder)); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(filepath.Join(data, folder), 0o700); err != nil {
			t.Fatal(err)
		}
		keep(filepath.Join(copies, "earlier", folder), filepath.Join(data, folder))
		f.server = serve(t, data)
		if state := f.readiness(t); (state.Status == "degraded") != damages {
			t.Errorf("%s put back: /readyz says %+v", folder, state)
		}
		if damages {
			status, _, err := f.call(t.Context(), http.MethodGet, "municipalities/"+registered+"/reach?year=2021", nil)
			if err != nil || status != http.StatusServiceUnavailable {
				t.Errorf("%s put back: a figure is answered %d, %v", folder, status, err)
			}
			f.must(t, "audit", "repair", "--municipality", registered)
		}
		f.endsRight()
		f.stop(t)
	}
}
