package api_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/api"
	"rackvidd/services/audit"
	"rackvidd/services/integrity"
)

// history is how the program lets the API and the audit meet.
type history struct{ audit.History }

func (h history) Latest(ctx context.Context, logs []events.Municipality) ([]api.Verified, error) {
	return ended(h.History.Latest(ctx, logs))
}

func (h history) List(ctx context.Context, m events.Municipality, before int64, limit int) ([]api.Verified, error) {
	return ended(h.History.List(ctx, m, before, limit))
}

func ended(list []audit.Verified, err error) (all []api.Verified, _ error) {
	for _, v := range list {
		all = append(all, api.Verified(v))
	}
	return all, err
}

func TestEachLogSaysWhenItWasVerifiedLastAndThatIsOverdueAfterADay(t *testing.T) {
	var kept audit.History
	h := newHouse(t, func(d *api.Deps) {
		kept = audit.History{Pool: d.Pool}
		d.History = history{kept}
		if err := audit.InstallHistory(t.Context(), d.Pool); err != nil {
			t.Fatal(err)
		}
	})
	h.sputnik()
	kim, err := h.access.AddAccount(t.Context(), events.NewID(), "Kim")
	if err != nil {
		t.Fatal(err)
	}
	operations := h.token(access.Operations, kumla)
	latest := func() api.LogVerified {
		t.Helper()
		var all api.LogsVerified
		h.ask(operations, "GET", "/api/v1/verifications/latest", nil).is(200).into(&all)
		if len(all.Logs) != 1 || all.Logs[0].Municipality != orebro {
			t.Fatalf("%+v", all.Logs)
		}
		return all.Logs[0]
	}
	note := func(by *events.ID, ago time.Duration, findings int) {
		t.Helper()
		if err := kept.Note(t.Context(), audit.Verified{Municipality: orebro, By: by, Began: now.Add(-ago - time.Minute), Ended: now.Add(-ago), Position: 1, Findings: findings}); err != nil {
			t.Fatal(err)
		}
	}
	if one := latest(); !one.Overdue || one.Asked != nil || one.Scrubbed != nil {
		t.Errorf("before any: %+v", one)
	}
	note(nil, 25*time.Hour, 0)
	if one := latest(); !one.Overdue || one.Scrubbed == nil || one.Asked != nil {
		t.Errorf("a day and an hour ago: %+v", one)
	}
	note(&kim.ID, 23*time.Hour, 2)
	if one := latest(); one.Overdue || one.Asked == nil || one.Asked.Name != "Kim" || one.Asked.Findings != 2 || !one.Asked.Ended.Equal(now.Add(-23*time.Hour)) {
		t.Errorf("less than a day ago: %+v", one)
	}
	h.moment.Store(now.Add(2 * time.Hour).UnixMilli())
	if !latest().Overdue {
		t.Error("it does not become overdue")
	}
	list := func(query string) (past api.PastVerifications) {
		t.Helper()
		h.ask(operations, "GET", "/api/v1/verifications"+query, nil).is(200).into(&past)
		return past
	}
	first := list("?limit=1")
	if len(first.Verifications) != 1 || first.Verifications[0].Name != "Kim" || first.Older == 0 {
		t.Errorf("the first page: %+v", first)
	}
	if rest := list("?log=1880&before=" + position(uint64(first.Older))); len(rest.Verifications) != 1 || rest.Verifications[0].By != nil || rest.Older != 0 {
		t.Errorf("the last page: %+v", rest)
	}
	if none := list("?log=national"); len(none.Verifications) != 0 {
		t.Errorf("of another log: %+v", none)
	}
	auditor := h.token(access.Auditor, orebro)
	var own api.PastVerifications
	h.ask(auditor, "GET", in("audit/verifications/past?limit=1"), nil).is(200).into(&own)
	if len(own.Verifications) != 1 || own.Verifications[0].Name != "Kim" || own.Older == 0 {
		t.Errorf("what the auditor sees: %+v", own)
	}
	h.ask(operations, "GET", "/api/v1/verifications?log=188", nil).problem(422, "invalid_request", "query.log")
	note(nil, -365*24*time.Hour, 0)
	if !latest().Overdue {
		t.Error("one that a clock dated a year ahead is taken for one of today")
	}
	note(&kim.ID, time.Hour, 0)
	if line := fmt.Sprintf("rackvidd_verified_timestamp_seconds{municipality=\"1880\"} %v\n", float64(now.Add(-time.Hour).Unix())); !strings.Contains(h.ask("", "GET", "/metrics", nil).is(200).text, line) {
		t.Errorf("the one after it is not the last: no %s", line)
	}
}

func TestAnAuditorSeesWhatStandsDamagedOfTheOwnMunicipality(t *testing.T) {
	damage := func(m events.Municipality) integrity.Finding {
		return integrity.Finding{Municipality: m, Copy: integrity.TheArchive, File: "tile/0/000", Position: 7, Problem: "is not as it was signed"}
	}
	h := newHouse(t, func(d *api.Deps) {
		d.Damaged = func() map[events.Municipality][]integrity.Finding {
			return map[events.Municipality][]integrity.Finding{orebro: {damage(orebro)}, kumla: {damage(kumla), damage(kumla)}}
		}
	})
	var standing api.StandingFindings
	h.ask(h.token(access.Auditor, orebro), "GET", in("audit/findings"), nil).is(200).into(&standing)
	if len(standing.Findings) != 1 || standing.Findings[0] != damage(orebro) {
		t.Errorf("%+v", standing)
	}
}
