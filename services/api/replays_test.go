package api_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/services/access"
	"rackvidd/services/api"
	"rackvidd/services/surveying"
)

func (h *house) pastReplays(query string) (past api.PastReplays) {
	h.t.Helper()
	h.get("audit/replays/past" + query).is(200).into(&past)
	return past
}

func TestAReplayForAnAuditIsKeptWithWhyAndWhatCameOfIt(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	at := h.attend("2021-03-02", h.child("a"))
	auditor := h.token(access.Auditor, orebro)
	replay := func(query, reason string) (made api.ReplayMade) {
		t.Helper()
		h.ask(auditor, "POST", in("audit/replays?"+query), object{"reason": reason}).is(201).into(&made)
		return made
	}
	first := replay("year=2021", " This year's audit ")
	var report struct {
		Position events.Position
		Root     string
		Equal    bool
		Children int
	}
	if err := json.Unmarshal(first.Report, &report); err != nil || !report.Equal || report.Children != 1 || report.Position != at || first.Position != at+1 {
		t.Errorf("%+v, recorded at %d, not after %d: %v", report, first.Position, at, err)
	}
	second := replay("from=2021-01-01&to=2021-06-30&definition=groups/v1&position="+position(at), "the first half again")
	past := h.pastReplays("?min_position=" + position(second.Position))
	if len(past.Replays) != 2 || past.Older != 0 {
		t.Fatalf("%+v", past)
	}
	last, before := past.Replays[0], past.Replays[1]
	if last.Recorded != second.Position || last.Reason != "the first half again" || last.Definition != "groups/v1" || last.To != events.Date(2021, 6, 30) || last.Position != at || last.Root != report.Root {
		t.Errorf("the last one: %+v", last)
	}
	if before.Reason != "This year's audit" || !before.Equal || before.Differences != 0 || before.Name != "somebody" || before.Account.IsZero() || before.At.IsZero() {
		t.Errorf("the first one: %+v", before)
	}
	if page := h.pastReplays("?limit=1"); len(page.Replays) != 1 || page.Older != second.Position {
		t.Errorf("the first page: %+v", page)
	}
	if page := h.pastReplays("?limit=1&before=" + position(second.Position)); len(page.Replays) != 1 || page.Replays[0].Recorded != first.Position || page.Older != 0 {
		t.Errorf("the last page: %+v", page)
	}
	log := h.get("log/events?from=" + position(first.Position)).is(200).text
	if !strings.Contains(log, `"audit.replayed.v2"`) || strings.Contains(log, "audit of") || strings.Contains(log, "first half") {
		t.Errorf("the log does not tell of it, or tells why in words: %s", log)
	}
	if f := h.reached("year=2021", second.Position); f.Children != 1 {
		t.Errorf("the figures are others: %+v", f)
	}
}

func TestAReplayIsRefusedWithoutAReasonOrWithSomebodysIdentityInIt(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	before := h.head()
	for _, reason := range []string{"", " \t "} {
		h.post("audit/replays?year=2021", object{"reason": reason}).problem(422, "no_reason", "body.reason")
	}
	h.post("audit/replays?year=2021", object{"reason": "about 20101231-2391"}).problem(422, "identity", "body.reason")
	h.post("audit/replays", object{"reason": "an audit"}).problem(422, "missing", "query.year")
	h.post("audit/replays?year=2021&position=4711", object{"reason": "an audit"}).problem(422, "beyond_the_log", "")
	h.get("audit/replay?year=2021").is(200)
	h.get("audit/replay?year=2021&min_position=99").problem(503, "not_yet", "")
	if now := h.head(); now != before || len(h.pastReplays("").Replays) != 0 {
		t.Errorf("something was recorded: %d, then %d", before, now)
	}
}

func TestAReplayThatFindsADifferenceIsKeptAsThat(t *testing.T) {
	h := newHouse(t, func(d *api.Deps) {
		replay := d.Replay
		d.Replay = func(ctx context.Context, m events.Municipality, def reach.Definition, p reach.Period, asOf reach.AsOf, progress func(at, until events.Position)) (json.RawMessage, error) {
			report, err := replay(ctx, m, def, p, asOf, progress)
			other := strings.Replace(string(report), `"equal":true`, `"equal":false,"differences":[{"path":"by_form[camp].children","read_model":2,"log":1},{"path":"by_age","read_model":null,"log":4711}]`, 1)
			return json.RawMessage(other), err
		}
	})
	h.sputnik()
	h.post("audit/replays?year=2021", object{"reason": "an audit"}).is(201)
	past := h.pastReplays("").Replays
	if len(past) != 1 || past[0].Equal || past[0].Differences != 2 {
		t.Fatalf("%+v", past)
	}
	told, err := json.Marshal(past[0].Differing)
	if want := `[{"path":"by_form[camp].children","read_model":2,"log":1},{"path":"by_age","read_model":null,"log":4711}]`; err != nil || string(told) != want || past[0].Unknown != "" {
		t.Errorf("which differed: %s, %q, %v", told, past[0].Unknown, err)
	}
	if log := withoutUUIDs(h.get("log/events?from=1").is(200).text); strings.Contains(log, "by_form") || strings.Contains(log, "4711") {
		t.Errorf("the log tells which, and the numbers: %s", log)
	}
	if _, err := h.pool.Exec(t.Context(), `UPDATE backoffice.wording SET text = replace(text, '4711', '1') WHERE text LIKE '%4711%'`); err != nil {
		t.Fatal(err)
	}
	if past := h.pastReplays("").Replays; len(past[0].Differing) != 0 || past[0].Unknown != surveying.TextChanged || past[0].Reason != "an audit" {
		t.Errorf("what was changed beside the log is told: %+v", past[0])
	}
}
