package api_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/api"
	"rackvidd/services/integrity"
	"rackvidd/services/retention"
	"rackvidd/services/vault"
)

func TestAListForErasureThatIsNotKeptUpIsNamedAndMeasured(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	child, err := events.ParseID(h.child("a"))
	if err != nil {
		t.Fatal(err)
	}
	ready := func() (state api.Readiness) {
		t.Helper()
		h.ask("", "GET", "/readyz", nil).is(200).into(&state)
		return state
	}
	measured := func(line string, want bool) {
		t.Helper()
		if text := h.ask("", "GET", "/metrics", nil).is(200).text; strings.Contains(text, line) != want {
			t.Errorf("that it measures %q is %v", line, !want)
		}
	}
	measured("rackvidd_retention_listed_children 0\n", true)
	measured("rackvidd_retention_listed_timestamp_seconds{", false)
	made := h.clock()
	if err := h.vault.List(t.Context(), orebro, []events.ID{child}, made); err != nil {
		t.Fatal(err)
	}
	if err := h.vault.List(t.Context(), kumla, nil, made.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	measured("rackvidd_retention_listed_children 5\n", true)
	measured(fmt.Sprintf("rackvidd_retention_listed_timestamp_seconds{municipality=%q} %s\n", orebro, strconv.FormatFloat(float64(made.Unix()), 'g', -1, 64)), true)
	h.moment.Store(made.Add(26 * time.Hour).UnixMilli())
	if state := ready(); state.Status != "ready" || len(state.Lists) > 0 {
		t.Errorf("after 26 hours: %s %+v", state.Status, state.Lists)
	}
	h.moment.Store(made.Add(26*time.Hour + time.Minute).UnixMilli())
	if state := ready(); state.Status != "degraded" || len(state.Lists) != 1 || state.Lists[0].Municipality != orebro || !state.Lists[0].Made.Equal(made) {
		t.Errorf("a minute later: %s %+v", state.Status, state.Lists)
	}
	h.moment.Store(made.AddDate(-1, 0, 0).UnixMilli())
	if state := ready(); state.Status != "degraded" || len(state.Lists) != 2 || state.Lists[0].Municipality != orebro {
		t.Errorf("when the clock is a year behind: %s %+v", state.Status, state.Lists)
	}
}

func TestAListThatWasNeverMadeIsNamedAndMeasured(t *testing.T) {
	h := newHouse(t, func(d *api.Deps) { d.Retention = unlisting{vault.ErrUnavailable} })
	h.sputnik()
	gauge := func() string {
		t.Helper()
		for line := range strings.Lines(h.ask("", "GET", "/metrics", nil).is(200).text) {
			if strings.HasPrefix(line, "rackvidd_retention_decided_timestamp_seconds{") {
				return line
			}
		}
		return ""
	}
	must := func(when, status string, want ...api.ListState) {
		t.Helper()
		var state api.Readiness
		if h.ask("", "GET", "/readyz", nil).is(200).into(&state); state.Status != status || !slices.Equal(state.Lists, want) {
			t.Errorf("%s: %s %+v, want %s %+v", when, state.Status, state.Lists, status, want)
		}
	}
	if must("before anybody decided", "ready"); gauge() != "" {
		t.Errorf("before anybody decided it measures %s", gauge())
	}
	h.put("retention", object{"years": 5}).is(200)
	decided := h.decidedAt()
	if want := fmt.Sprintf("rackvidd_retention_decided_timestamp_seconds{municipality=%q} %s\n", orebro, strconv.FormatFloat(float64(decided.Unix()), 'g', -1, 64)); gauge() != want {
		t.Errorf("it measures %s, want %s", gauge(), want)
	}
	h.moment.Store(decided.Add(26 * time.Hour).UnixMilli())
	must("after 26 hours", "ready")
	h.moment.Store(decided.Add(26*time.Hour + time.Minute).UnixMilli())
	must("a minute later", "degraded", api.ListState{Municipality: orebro, Decided: decided})
	if err := h.vault.List(t.Context(), orebro, nil, h.clock()); err != nil {
		t.Fatal(err)
	}
	must("when it is made", "ready")
	if h.put("retention", object{"years": 0}).is(200); gauge() != "" {
		t.Errorf("when none is decided it measures %s", gauge())
	}
}

func TestNoListIsMissedWhereNobodyIsErased(t *testing.T) {
	h := newHouse(t, func(d *api.Deps) { d.Retention = unlisting{vault.ErrUnavailable} })
	h.sputnik()
	h.put("retention", object{"years": 5}).is(200)
	h.put("retention", object{"years": 0}).is(200)
	h.moment.Store(h.decidedAt().AddDate(1, 0, 0).UnixMilli())
	var state api.Readiness
	if h.ask("", "GET", "/readyz", nil).is(200).into(&state); len(state.Lists) > 0 {
		t.Errorf("missed is %+v", state.Lists)
	}
}

// undecided is a log of which it cannot be read what is decided.
type undecided struct {
	events.Log
	err error
}

func (u *undecided) Streams(ctx context.Context, m events.Municipality, names ...events.Stream) (map[events.Stream][]events.Recorded, error) {
	if slices.Contains(names, events.Retentions()) {
		return nil, u.err
	}
	return u.Log.Streams(ctx, m, names...)
}

func TestWhereItCannotBeReadWhatIsDecidedIsNotKnownWhichListsAreMissed(t *testing.T) {
	damaged := &integrity.DamagedError{Municipality: orebro, Findings: []integrity.Finding{{Municipality: orebro, Copy: integrity.TheStream}}}
	log := &undecided{}
	h := newHouse(t, func(d *api.Deps) { log.Log, d.Log = d.Log, log })
	h.sputnik()
	for err, want := range map[error]api.PartState{damaged: {}, events.ErrUnreadable: {}, events.ErrUnavailable: {Status: "down", Why: "no_answer"}} {
		log.err = err
		var state api.Readiness
		if h.ask("", "GET", "/readyz", nil).is(200).into(&state); state.Parts["lists"] != want {
			t.Errorf("%v: the lists are %+v, want %+v", err, state.Parts["lists"], want)
		}
	}
}

// distant is a log of every municipality, which takes a while to say what is decided.
type distant struct {
	events.Log
	heads map[events.Municipality]events.Position
}

func (d distant) Heads(context.Context) (map[events.Municipality]events.Position, error) {
	return maps.Clone(d.heads), nil
}

func (d distant) Streams(ctx context.Context, m events.Municipality, names ...events.Stream) (map[events.Stream][]events.Recorded, error) {
	if !slices.Contains(names, events.Retentions()) {
		return d.Log.Streams(ctx, m, names...)
	}
	select {
	case <-time.After(15 * time.Millisecond):
		return nil, nil
	case <-ctx.Done():
		return nil, events.ErrUnavailable
	}
}

func TestWhatEveryMunicipalityDecidedIsKnownInTimeThoughAllLogsGrew(t *testing.T) {
	heads := make(map[events.Municipality]events.Position)
	for _, one := range events.Municipalities() {
		heads[one.Code] = 7
	}
	h := newHouse(t, func(d *api.Deps) { d.Log = distant{d.Log, heads} })
	for range 2 {
		var state api.Readiness
		if h.ask("", "GET", "/readyz", nil).into(&state); state.Parts["nats"].Status != "up" || state.Parts["lists"] != (api.PartState{}) {
			t.Errorf("of %d logs it says %+v", len(heads), state.Parts)
		}
		for m := range heads {
			heads[m]++
		}
	}
}

// decidedAt is when retention was decided last.
func (h *house) decidedAt() time.Time {
	h.t.Helper()
	recorded, err := h.log.Streams(h.t.Context(), orebro, events.Retentions())
	if list := recorded[events.Retentions()]; err == nil && len(list) > 0 {
		return list[len(list)-1].Time
	}
	h.t.Fatalf("nothing is decided: %v", err)
	return time.Time{}
}

func TestListsThatCannotBeReadAreNamedWithTheReason(t *testing.T) {
	v := &unlisted{}
	h := newHouse(t, func(d *api.Deps) { v.Service, d.Vault = d.Vault, v })
	h.sputnik()
	for _, c := range []struct {
		err    error
		status string
		part   api.PartState
	}{
		{nil, "ready", api.PartState{}},
		{errors.New("anything, as about 20120203-1234"), "degraded", api.PartState{Status: "down", Why: "failed"}},
		{fmt.Errorf("ask the vault for listings: %w", vault.ErrUnavailable), "degraded", api.PartState{Status: "down", Why: "no_answer"}},
		{fmt.Errorf("ask the vault for listings: %w", vault.ErrTooOld), "degraded", api.PartState{Status: "down", Why: "vault_too_old"}},
	} {
		v.err = c.err
		var state api.Readiness
		answer := h.ask("", "GET", "/readyz", nil).is(200)
		if answer.into(&state); state.Status != c.status || state.Parts["lists"] != c.part || state.Parts["vault"].Status != "up" {
			t.Errorf("%v: %s %+v", c.err, state.Status, state.Parts)
		}
		if strings.Contains(answer.text, "anything") {
			t.Error("whoever asks is told what the error says")
		}
	}
}

func TestAnOlderVaultKeepsNobodyFromWorking(t *testing.T) {
	h := newHouse(t, func(d *api.Deps) {
		handler := vault.Handler(d.Vault, "credential")
		older := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/listings") || strings.HasSuffix(r.URL.Path, "/listed") {
				http.NotFound(w, r)
				return
			}
			handler.ServeHTTP(w, r)
		}))
		t.Cleanup(older.Close)
		d.Vault = vault.NewClient(older.URL, "credential")
		d.Retention = retaining{&retention.Service{Log: d.Log, Reading: d.Reading, Vault: d.Vault, Clock: d.Clock, Logger: d.Logger}}
	})
	h.sputnik()
	child := h.child("a")
	h.attend("2021-03-02", child)
	coordinator, officer := h.token(access.Coordinator, orebro, "sputnik"), h.token(access.DataProtection, orebro)
	h.ask(coordinator, "GET", in("cases/"+child), nil).is(200)
	h.ask(officer, "GET", in("children/"+child+"/disclosure"), nil).is(200)
	h.ask(coordinator, "GET", in("retention/listed"), nil).problem(503, "unavailable", "")
	var state api.Readiness
	if h.ask("", "GET", "/readyz", nil).is(200).into(&state); state.Status != "degraded" || state.Parts["lists"] != (api.PartState{Status: "down", Why: "vault_too_old"}) {
		t.Errorf("it is %s, and the lists are %+v", state.Status, state.Parts["lists"])
	}
}

func TestHowManyAreListedIsMeasuredInFivesAndNotAtAllWhereNobodyKnows(t *testing.T) {
	v := &unlisted{}
	h := newHouse(t, func(d *api.Deps) { v.Service, d.Vault = d.Vault, v })
	h.sputnik()
	var listed []events.ID
	for n, want := range []int{0, 5, 5, 5, 5, 5, 10} {
		if n > 0 {
			child, err := events.ParseID(h.child(fmt.Sprint(n)))
			if err != nil {
				t.Fatal(err)
			}
			listed = append(listed, child)
		}
		if err := h.vault.List(t.Context(), orebro, listed, h.clock()); err != nil {
			t.Fatal(err)
		}
		if text, line := h.ask("", "GET", "/metrics", nil).is(200).text, fmt.Sprintf("rackvidd_retention_listed_children %d\n", want); !strings.Contains(text, line) {
			t.Errorf("of %d it does not measure %q", n, line)
		}
	}
	v.err = errors.New("the lists cannot be read")
	if text := h.ask("", "GET", "/metrics", nil).is(200).text; strings.Contains(text, "\nrackvidd_retention_listed") || !strings.Contains(text, `rackvidd_part_up{part="vault"} 1`) {
		t.Error("it measures lists that cannot be read, or the vault as away")
	}
}

// unlisted is a vault that answers, and whose lists cannot be read.
type unlisted struct {
	vault.Service
	err error
}

func (u *unlisted) Listings(ctx context.Context, m events.Municipality, at time.Time) ([]vault.Listing, error) {
	if u.err != nil {
		return nil, u.err
	}
	return u.Service.Listings(ctx, m, at)
}

func TestWhatIsRefusedWithoutTheVaultIsNamedClosed(t *testing.T) {
	away := vault.NewClient("http://127.0.0.1:1", "credential")
	h := newHouse(t, func(d *api.Deps) {
		d.Vault = away
		d.Retention = retaining{&retention.Service{Log: d.Log, Reading: d.Reading, Vault: away, Clock: d.Clock, Logger: d.Logger}}
	})
	h.sputnik()
	var state api.Readiness
	h.ask("", "GET", "/readyz", nil).is(200).into(&state)
	for permission, path := range map[access.Permission]string{access.ReadCase: "cases/" + events.NewID().String(), access.ReadListed: "retention/listed"} {
		if h.get(path).is(503); !slices.Contains(state.Closed, string(permission)) {
			t.Errorf("%s is refused, and closed are %v", permission, state.Closed)
		}
	}
}
