package api_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/api"
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
