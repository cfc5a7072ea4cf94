package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/projectiontest"
	"rackvidd/projections/reach"
	"rackvidd/services/access"
	"rackvidd/services/api"
	"rackvidd/services/surveying"
)

func TestFiguresAsOfATimeAndAPosition(t *testing.T) {
	h := newHouse(t)
	h.moment.Store(now.Add(-2 * time.Hour).UnixMilli())
	h.sputnik()
	a, b := h.child("a"), h.child("b")
	first := h.attend("2021-03-02", a)
	h.moment.Store(now.UnixMilli())
	second := h.attend("2021-03-09", b)
	if f := h.reached("year=2021&as_of=2022-03-20T11:00:00Z", 0); f.Position != second {
		t.Errorf("a moment after the write the figures of a time are at %d, not %d", f.Position, second)
	}
	for query, want := range map[string]struct {
		children int
		position uint64
	}{
		"":                                   {2, second},
		"&position=" + position(first):       {1, first},
		"&position=0":                        {0, 0},
		"&as_of=2022-03-20T10:00:00Z":        {1, first},
		"&as_of=2022-03-20T11:00:00.5Z":      {2, second},
		"&as_of=1999-01-01T00:00:00Z":        {0, 0},
		"&as_of=2022-03-20T11:00:00%2B01:00": {1, first},
	} {
		if f := h.reached("year=2021"+query, second); f.Children != want.children || f.Position != want.position {
			t.Errorf("%s: %d children at %d, not %+v", query, f.Children, f.Position, want)
		}
	}
	h.get("reach?year=2021&position="+position(second+1)).problem(422, "beyond_the_log", "")
	h.get("reach?year=2021&position=1&as_of=2022-03-20T10:00:00Z").problem(422, "as_of_and_position", "query.as_of")
	for _, path := range []string{"reach?year=2021", "audit/replay?year=2021", "reach/rows?year=2021&figure=children", "cases/" + a + "?"} {
		h.get(path + "&as_of=2022-03-20T11:00:59Z").is(200) // by a clock that is ahead of ours
		h.get(path+"&as_of=2022-03-20T11:02:00Z").problem(422, "future_as_of", "query.as_of")
	}
	h.get("reach").problem(422, "missing", "query.year")
	h.get("reach?from=2021-12-31&to=2021-01-01").problem(422, "end_before_start", "query.to")
	h.get("reach?year=2021&from=2021-12-31").problem(422, "year_and_days", "query.year")
	h.get("reach?year=2021&definition=reach/v9").problem(422, "invalid_request", "query.definition")
}

func TestWhatIsRecordedIsNeverShownAsNothingWhileItsReadModelsAreMade(t *testing.T) {
	pool := projectiontest.Pool(t)
	h := newHouse(t, func(d *api.Deps) { d.Reading = projectiontest.Reading(t, pool) })
	h.sputnik()
	h.attend("2021-03-02", h.child("a"))
	var reading sync.WaitGroup
	for _, path := range []string{"reach?year=2021", "reach/rows?year=2021&figure=children", "programmes", "caseload", "groups"} {
		reading.Go(func() { h.get(path).problem(503, "not_yet", "") })
	}
	reading.Wait()
	h.ask(h.token(access.Auditor, "1881"), http.MethodGet, "/api/v1/municipalities/1881/reach?year=2021", nil).is(200)
	made := make(chan error, 1)
	go func() {
		time.Sleep(300 * time.Millisecond)
		made <- projections.RebuildAll(t.Context(), h.log, pool, "1880", reach.Projection{})
	}()
	for again := 0; again < 10 && h.get("reach?year=2021").status == http.StatusServiceUnavailable; again++ {
	}
	if f := h.reached("year=2021", 0); f.Children != 1 {
		t.Errorf("%d children", f.Children)
	}
	if err := <-made; err != nil {
		t.Error(err)
	}
	if _, err := pool.Exec(t.Context(), "UPDATE projections.checkpoint SET position = 0"); err != nil { // made, and nothing in them yet
		t.Fatal(err)
	}
	h.get("reach?year=2021").problem(503, "not_yet", "")
}

func TestAReplayOfTheLogSaysTheSame(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	a, b := h.child("a"), h.child("b")
	first := h.attend("2021-03-02", a)
	second := h.attend("2021-03-09", b)
	h.reached("year=2021", second)
	for query, children := range map[string]int{"": 2, "&position=" + position(first): 1, "&definition=enrolled/v1": 0} {
		var replayed struct {
			Children   int
			Equal      bool
			EventsRead int `json:"events_read"`
		}
		h.get("audit/replay?year=2021" + query).is(200).into(&replayed)
		if !replayed.Equal || replayed.Children != children || replayed.EventsRead == 0 {
			t.Errorf("%s: %+v, not %d children and equal", query, replayed, children)
		}
	}
	h.get("audit/replay?year=2021&position="+position(second+1)).problem(422, "beyond_the_log", "")
}

func TestAReplayTellsItsReaderHowFarItIsAndEndsWhenTheReaderLeaves(t *testing.T) {
	ended := make(chan error, 1)
	h := newHouse(t, func(d *api.Deps) {
		replay := d.Replay
		d.Replay = func(ctx context.Context, m events.Municipality, def reach.Definition, p reach.Period, asOf reach.AsOf, progress func(at, until events.Position)) (json.RawMessage, error) {
			report, err := replay(ctx, m, def, p, asOf, progress) // as far as it got, before it is kept waiting
			<-ctx.Done()
			ended <- ctx.Err()
			return report, err
		}
	})
	h.sputnik()
	at := h.attend("2021-03-02", h.child("a"))
	h.reached("year=2021", at)
	auditor, other := h.token(access.Auditor, orebro), h.token(access.Auditor, orebro)
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	go func() {
		r, _ := http.NewRequestWithContext(ctx, http.MethodGet, h.server.URL+in("audit/replay?year=2021"), nil)
		r.Header.Set("Authorization", "Bearer "+auditor)
		if answered, err := http.DefaultClient.Do(r); err == nil {
			answered.Body.Close()
		}
	}()
	list := func(token string) []api.ReplayState {
		var all api.ReplayList
		h.ask(token, "GET", in("audit/replays"), nil).is(200).into(&all)
		return all.Replays
	}
	come := func(what string, right func([]api.ReplayState) bool) {
		t.Helper()
		for begun := time.Now(); !right(list(auditor)); time.Sleep(5 * time.Millisecond) {
			if time.Since(begun) > 60*time.Second {
				t.Fatalf("%s: %+v", what, list(auditor))
			}
		}
	}
	come("not read to the end", func(all []api.ReplayState) bool {
		return len(all) == 1 && all[0].Position == at && all[0].Until == at && all[0].PerSecond > 0 && all[0].SecondsLeft != nil && all[0].Definition == "reach/v3"
	})
	if all := list(other); len(all) != 0 {
		t.Errorf("somebody else is told: %+v", all)
	}
	leave()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("it ended otherwise: %v", err)
	}
	come("it still goes on", func(all []api.ReplayState) bool { return len(all) == 0 })
}

func TestWhyAFigureChangedIsExplained(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	a, b := h.child("a"), h.child("b")
	first := h.attend("2021-03-02", a)
	second := h.attend("2021-12-07", b)
	merged := h.post("merges", object{"keep": a, "merge": b}).is(201).receipt().Position
	for query, want := range map[string]string{
		"from_position=" + position(first):                                          "1 1 []",
		"from_position=" + position(first) + "&to_position=" + position(second):     "1 2 [late 1]",
		"from_position=" + position(second) + "&min_position=" + position(merged):   "2 1 [merged -1]",
		"from_position=" + position(second) + "&from_definition=enrolled/v1":        "0 1 [definition 2 merged -1]",
		"from_position=0&to_position=" + position(second) + "&definition=groups/v1": "0 2 [late 2]",
		"from_position=" + position(second) + "&to_position=" + position(merged-1):  "2 2 []", // inside the merge
	} {
		var e reach.Explanation
		h.get("audit/explain?year=2021&" + query).is(200).into(&e)
		items := []string{}
		for _, item := range e.Items {
			items = append(items, fmt.Sprint(item.Reason, " ", item.Children))
		}
		if got := fmt.Sprint(e.Before.Children, " ", e.After.Children, " ", items); got != want {
			t.Errorf("%s: %s, not %s", query, got, want)
		}
	}
	if text := h.get("audit/explain?year=2021&from_position=0").is(200).text; strings.Contains(text, a) || strings.Contains(text, b) {
		t.Errorf("it names a child: %s", text)
	}
	h.get("audit/explain?year=2021").problem(422, "missing", "query.from_position")
	h.get("audit/explain?from_position=1").problem(422, "missing", "query.year")
	h.get("audit/explain?year=2021&from_position=2&to_position=1").problem(422, "backwards", "query.to_position")
	h.get("audit/explain?year=2021&from_position="+position(merged+1)).problem(422, "beyond_the_log", "")
	h.get("audit/explain?year=2021&from_position=1&from_definition=reach/v9").problem(422, "invalid_request", "query.from_definition")
}

func TestBeforeTheFirstEventEverythingIsZero(t *testing.T) {
	h := newHouse(t)
	f := h.reached("year=2021", 0)
	if f.Children != 0 || f.Position != 0 || f.ByForm == nil || len(f.ByAge) != 4 {
		t.Errorf("not zeros: %+v", f)
	}
	for _, path := range []string{"programmes", "groups", "sessions", "caseload", "surveys/2021", "log/events"} {
		var shown api.Shown
		if h.get(path).is(200).into(&shown); shown.Position != 0 {
			t.Errorf("%s is at %d", path, shown.Position)
		}
	}
}

func TestAReadWaitsForAPositionAndNotForEver(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	var all sync.WaitGroup
	for _, path := range []string{"reach?year=2021&", "programmes?", "log/events?"} {
		all.Go(func() {
			began := time.Now()
			r := h.get(path + "min_position=999")
			if took := time.Since(began); took < 4*time.Second || took > 30*time.Second || r.header.Get("Retry-After") == "" || r.status != 503 {
				t.Errorf("%s gave up after %v: %d %v", path, took, r.status, r.header)
			}
		})
	}
	all.Wait()
}

func TestAReadSaysHowOldItIsAlsoWhileTheLogIsAway(t *testing.T) {
	h := newHouse(t)
	before, noon := now.Add(-2*time.Hour), now
	h.moment.Store(before.UnixMilli())
	h.sputnik()
	child := h.child("a")
	first := h.attend("2021-03-02", child)
	h.moment.Store(noon.UnixMilli())
	last := h.attend("2021-03-09", child)
	h.reached("year=2021", last)
	if err := h.visible(t.Context(), orebro, last); err != nil {
		t.Fatal(err)
	}
	h.moment.Store(noon.Add(time.Hour).UnixMilli())
	dated := func(path string, want time.Time) {
		t.Helper()
		r := h.get(path).is(200)
		said, err := time.Parse(time.RFC3339, r.header.Get("Rackvidd-Recorded-At"))
		if err != nil || !said.Equal(want) || r.header.Get("Rackvidd-Position") == "" {
			t.Errorf("%s was recorded at %q, not %v, position %q", path, r.header.Get("Rackvidd-Recorded-At"), want, r.header.Get("Rackvidd-Position"))
		}
	}
	fromModels := []string{"reach?year=2021", "programmes", "groups", "sessions", "caseload"} // a survey is read from the log itself
	for _, path := range append(fromModels, "cases/"+child, "children/"+child+"/disclosure") {
		dated(path, noon)
	}
	dated("reach?year=2021&position="+position(first), before)
	dated("reach?year=2021&as_of=2022-03-20T10:00:00Z", before)
	if r := h.get("reach?year=2021&position=0").is(200); r.header.Get("Rackvidd-Recorded-At") != "" {
		t.Errorf("before the first event nothing was recorded, and not at %s", r.header.Get("Rackvidd-Recorded-At"))
	}
	h.nats.Stop()
	for _, path := range fromModels {
		dated(path, noon)
	}
}

func TestTheSurveyIsDraftedFromTheLog(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	a, b := h.child("a"), h.child("b")
	h.post("referrals", object{"child": a, "channel": "school", "received_on": "2020-01-10"}).is(201)
	session := h.session("2021-03-02")
	h.put("sessions/"+session+"/register", object{"attended": []string{a, b}, "unidentified": 3}).is(200)
	camp := h.post("sessions", object{"programme": "sputnik", "form": "camp", "held_on": "2021-07-01"}).is(201).receipt().ID
	at := h.put("sessions/"+camp+"/register", object{"attended": []string{a}, "unidentified": 2}).is(200).receipt().Position
	var s surveying.Sheet
	h.get("surveys/2021?min_position=" + position(at)).is(200).into(&s)
	by := make(map[events.Question]surveying.Answer)
	for _, one := range s.Answers {
		by[one.Question] = one
	}
	if s.Form != "v3" || s.State != "draft" || s.Version != 1 || s.Position != at || s.Checks == nil || s.SinceSubmission != nil || len(by) != 7 {
		t.Errorf("not a draft of the form of that year: %+v", s)
	}
	if by["Q1"].Status != "yes" || !slices.Equal(by["Q2"].Choices, []events.Choice{"municipality"}) || !slices.Equal(by["Q3"].Choices, []events.Choice{"support_group", "camp"}) ||
		!slices.Equal(by["Q5"].Choices, []events.Choice{"school"}) || by["Q6"].Status != "not_answered" || by["Q7"].Status != "not_answered" {
		t.Errorf("not what follows from the log: %+v", s.Answers)
	}
	q4 := by["Q4"]
	if q4.Status != "number" || q4.Basis != "interval" || *q4.Value != 5 || *q4.Lower != 5 || *q4.Upper != 7 || q4.Definition != "reach/v3" || !strings.Contains(q4.Explanation, position(at)) {
		t.Errorf("not between five and seven children: %+v", q4)
	}
	h.get("surveys/2023").problem(404, "unknown_survey", "")
	h.get("surveys/2001").problem(404, "unknown_survey", "")
}

func TestASurveySaysUnknownWhereNothingIsRecorded(t *testing.T) {
	h := newHouse(t)
	said := func(year string, at uint64) (q1, q4 surveying.Answer) {
		var s surveying.Sheet
		h.get("surveys/" + year + "?min_position=" + position(at)).is(200).into(&s)
		if len(s.Answers) < 4 {
			t.Fatalf("no answers: %+v", s)
		}
		return s.Answers[0], s.Answers[3]
	}
	if q1, q4 := said("2021", 0); q1.Status != "unknown" || q4.Status != "unknown" || q4.Basis != "" || q4.Value != nil {
		t.Errorf("of an empty log: %+v %+v", q1, q4)
	}
	at := h.post("programmes", object{"id": "lager", "forms": []string{"camp"}, "valid_from": "2022-01-01"}).is(201).receipt().Position
	if q1, q4 := said("2021", at); q1.Status != "unknown" || q4.Status != "unknown" {
		t.Errorf("of a year before the first programme: %+v %+v", q1, q4)
	}
	at = h.post("sessions", object{"programme": "lager", "form": "camp", "held_on": "2021-07-01"}).is(201).receipt().Position
	if q1, q4 := said("2021", at); q1.Status != "no" || q4.Status != "zero" || q4.Basis != "counted" || *q4.Value != 0 {
		t.Errorf("of a session nobody came to: %+v %+v", q1, q4)
	}
	at = h.post("referrals", object{"child": h.child("a"), "channel": "self", "received_on": "2014-01-10"}).is(201).receipt().Position
	if q1, q4 := said("2014", at); q1.Status != "no" || q4.Status != "zero" {
		t.Errorf("of a referral to no programme: %+v %+v", q1, q4)
	}
	at = h.post("programmes", object{"id": "tidig", "forms": []string{"camp"}, "valid_from": "2012-01-01"}).is(201).receipt().Position
	if q1, _ := said("2012", at); q1.Status != "no" {
		t.Errorf("a camp is no support group: %+v", q1)
	}
	for _, year := range []string{"2015", "2020"} {
		h.get("surveys/"+year).problem(404, "unknown_form", "")
	}
}

func TestAFileIsBroughtIn(t *testing.T) {
	h := newHouse(t)
	file := "record_id;type;occurred_on;child;programme;form\n1;session_attended;2021-03-02;a;sputnik;camp\n2;session_attended;2021-03-02;b;sputnik;camp\n3;session_attended;2021-13-02;c;sputnik;camp\n"
	var dry, first, again api.ImportSummary
	h.post("imports?dry_run=true&source=excel", file, "Content-Type", "text/csv").is(200).into(&dry)
	h.post("imports?source=excel", file).is(200).into(&first)
	h.post("imports?source=excel", file, "Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet").is(200).into(&again)
	if dry.Recorded != 2 || first.Rows != 3 || first.Recorded != 2 || len(first.Rejected) != 1 || first.Rejected[0].Line != 4 || again.Recorded != 0 || again.Duplicates != 2 {
		t.Errorf("not two of three rows, once: %+v %+v %+v", dry, first, again)
	}
	if f := h.reached("year=2021", first.Position); f.Children != 2 {
		t.Errorf("%d children are reached, not two", f.Children)
	}
	if f := h.reached("year=2021&position=0", 0); f.Children != 0 {
		t.Errorf("before the first event %d children are reached", f.Children)
	}
	h.post("imports", "nothing of interest\n1\n").is(422)
	h.post("imports?map=no", file).problem(422, "not_json", "query.map")
	h.post("imports?map="+url.QueryEscape(`{"Elev":"child","elev":"-"}`), file).problem(422, "sent_twice", "query.map")
}

func TestTheLogIsReadAsItWasRecorded(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	a, b := h.child("a"), h.child("b")
	h.attend("2021-03-02", a, b)
	h.post("merges", object{"keep": a, "merge": b}).is(201)
	var all, some api.LogEvents
	h.get("log/events").is(200).into(&all)
	h.get("log/events?from=2&limit=2").is(200).into(&some)
	if len(all.Events) != 5 || all.Next != 0 || len(some.Events) != 2 || some.Next != 4 || some.Position != 5 {
		t.Fatalf("not five events, and two of them: %d %d %+v", len(all.Events), len(some.Events), some)
	}
	var event struct {
		Position    uint64
		SpecVersion string
		Type        string
		Source      string
	}
	if err := json.Unmarshal(some.Events[1], &event); err != nil || event.Position != 3 || event.SpecVersion != "1.0" || event.Type != "session.attended.v1" || !strings.HasPrefix(event.Source, "/1880/session/") {
		t.Errorf("not the third event: %v %s", err, some.Events[1])
	}
}

func TestReadModelsAreListedRebuiltAndRolledBack(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	at := h.attend("2021-03-02", h.child("a"))
	h.reached("year=2021", at)
	body := object{"municipality": "1880"}
	h.ask(adminToken, "POST", "/api/v1/projections/reach/rollback", body).problem(409, "nothing_to_roll_back_to", "")
	h.ask(adminToken, "POST", "/api/v1/projections/reach/rebuild", body).is(200)
	h.ask(adminToken, "POST", "/api/v1/projections/nothing/rebuild", body).problem(404, "unknown_projection", "")
	if f := h.reached("year=2021", at); f.Children != 1 {
		t.Errorf("rebuilt, %d children are reached", f.Children)
	}
	h.ask(adminToken, "POST", "/api/v1/projections/reach/rollback", body).is(200)
	var list api.ProjectionList
	h.ask(adminToken, "GET", "/api/v1/projections", nil).is(200).into(&list)
	if len(list.Projections) != 3 || list.Projections[1].Generation != 1 {
		t.Errorf("not three read models, one of them back at its first tables: %+v", list)
	}
}

func TestWhatRunsIsSeenFromOutside(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.reached("year=2021", 1)
	h.ask("", "GET", "/healthz", nil).is(200)
	var ready api.Readiness
	h.ask("", "GET", "/readyz", nil).is(200).into(&ready)
	if ready.Status != "ready" || len(ready.Parts) != 3 || len(ready.Projections) != 3 {
		t.Errorf("not every part: %+v", ready)
	}
	text := h.ask("", "GET", "/metrics", nil).is(200).text
	for _, want := range []string{
		"rackvidd_projection_behind_events{municipality=\"1880\",projection=\"reach\"} 0", `route="POST /api/v1/municipalities/{code}/programmes"`,
		`rackvidd_part_up{part="nats"} 1`, `rackvidd_part_up{part="postgres"} 1`, `rackvidd_part_up{part="vault"} 1`, `rackvidd_log_position{municipality="1880"} 1`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the metrics do not say %s", want)
		}
	}
	h.pool.Close()
	h.reading.Close()
	h.ask("", "GET", "/readyz", nil).is(503).into(&ready)
	if ready.Parts["postgres"].Status != "down" || ready.Parts["nats"].Status != "up" {
		t.Errorf("not postgres alone: %+v", ready.Parts)
	}
	text = h.ask("", "GET", "/metrics", nil).is(200).text
	for _, want := range []string{`rackvidd_part_up{part="nats"} 1`, `rackvidd_part_up{part="postgres"} 0`, `rackvidd_log_position{municipality="1880"} 1`} {
		if !strings.Contains(text, want) {
			t.Errorf("without postgres the metrics do not say %s", want)
		}
	}
	r := h.get("reach?year=2021")
	r.problem(503, "unavailable", "")
	if r.header.Get("Retry-After") == "" {
		t.Error("it does not say when to try again")
	}
}

func TestALogThatTakesNoMoreIsToldByHealthWhileTheRestGoesOn(t *testing.T) {
	full := false
	h := newHouse(t, func(d *api.Deps) { d.LogFull = func() bool { return full } })
	for _, c := range []struct {
		full   bool
		status string
		nats   api.PartState
	}{{false, "ready", api.PartState{Status: "up"}}, {true, "degraded", api.PartState{Status: "up", Why: "no_room"}}} {
		full = c.full
		var ready api.Readiness
		if h.ask("", "GET", "/readyz", nil).is(200).into(&ready); ready.Status != c.status || ready.Parts["nats"] != c.nats {
			t.Errorf("full %t: %+v", c.full, ready)
		}
	}
}

func TestWithoutTheLogWritesAreRefusedAndSaySo(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	child := h.child("a")
	h.nats.Stop()
	r := h.post("referrals", object{"child": child, "channel": "school", "received_on": "2021-01-10"})
	r.problem(503, "unavailable", "")
	if r.header.Get("Retry-After") == "" {
		t.Error("it does not say when to try again")
	}
	var ready api.Readiness
	h.ask("", "GET", "/readyz", nil).is(503).into(&ready)
	if ready.Parts["nats"].Status != "down" || ready.Parts["postgres"].Status != "up" || ready.Parts["vault"].Status != "up" {
		t.Errorf("not the log alone: %+v", ready.Parts)
	}
}

func TestWhatIsNotServedIsAProblemToo(t *testing.T) {
	h := newHouse(t)
	h.ask(adminToken, "GET", "/api/v1/nothing", nil).problem(404, "unknown_path", "")
	r := h.ask(adminToken, http.MethodPatch, in("programmes"), nil)
	r.problem(405, "method_not_allowed", "")
	if !strings.Contains(r.header.Get("Allow"), "POST") {
		t.Errorf("it does not say what is allowed: %v", r.header)
	}
	h.post("programmes", strings.Repeat(" ", 2<<20)).problem(413, "too_large", "")
	h.post("programmes", "{").problem(400, "not_json", "")
	h.post("programmes", nil).is(400)
	h.ask(adminToken, "POST", in("programmes"), object{}, "Sec-Fetch-Site", "cross-site").problem(403, "cross_origin", "")
}

func TestWhatWasRecordedOfOneThingIsReadWithoutTheLogBetween(t *testing.T) {
	const length = 3_000
	h := newHouse(t)
	var all []events.Decision
	amended := make(map[events.Stream]events.Position)
	for n := events.Position(1); n <= length; n++ {
		id := events.ProgrammeID(fmt.Sprintf("p%d", n))
		if n == 1 || n == length/2 || n == length {
			id = "stjarna"
		}
		registered := events.ProgrammeRegistered{Programme: id, Name: "Stjärna", Forms: []events.Form{"camp"}, Organiser: "municipality", Target: events.MixedTarget, Identity: events.NoIdentity, ValidFrom: events.DayOf(now)}
		s, e := events.ProgrammeOf(id), events.Event(registered)
		if amended[s] > 0 {
			e = events.ProgrammeAmended(registered)
		}
		all = append(all, events.Decision{{Stream: s, Expected: amended[s], Command: uuid.New(), Time: now, Events: []events.Event{e}}})
		amended[s] = n
	}
	for part := range slices.Chunk(all, 999) { // a batch names a stream once
		if _, err := h.log.Append(t.Context(), orebro, part...); err != nil {
			t.Fatal(err)
		}
	}
	for query, want := range map[string]string{
		"stream=programme/stjarna":                     "[1 1500 3000] 0 0",
		"stream=programme/stjarna&limit=2":             "[1 1500] 0 3000",
		"stream=programme/stjarna&from=2&limit=1":      "[1500] 2 3000",
		"stream=programme/stjarna&before=3000":         "[1 1500] 0 3000",
		"stream=programme/stjarna&before=3001&limit=1": "[3000] 1501 0",
		"stream=programme/stjarna&before=1":            "[] 0 1",
		"stream=programme/stjarna&from=3001":           "[] 3001 0",
		"stream=programme/nobody":                      "[] 0 0",
		"before=4&limit=2":                             "[2 3] 2 4",
		"before=1":                                     "[] 0 1",
		"before=3001&limit=1":                          "[3000] 3000 0",
		"before=99999&limit=1":                         "[3000] 3000 0",
		"from=2999":                                    "[2999 3000] 2999 0",
		"from=99999":                                   "[] 3001 0",
	} {
		var part api.LogEvents
		h.get("log/events?" + query).is(200).into(&part)
		positions := []events.Position{}
		for _, raw := range part.Events {
			var one struct{ Position events.Position }
			if err := json.Unmarshal(raw, &one); err != nil {
				t.Fatal(err)
			}
			positions = append(positions, one.Position)
		}
		if got := fmt.Sprint(positions, part.Earlier, part.Next); got != want {
			t.Errorf("%s: %s, not %s", query, got, want)
		}
	}
	for _, none := range []string{"programme", "programme/*", "programme/>", "/1880/programme/stjarna"} {
		h.get("log/events?stream="+url.QueryEscape(none)).problem(422, "invalid_request", "query.stream")
	}
}
