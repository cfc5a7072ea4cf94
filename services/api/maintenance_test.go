package api_test

import (
	"slices"
	"strings"
	"testing"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/api"
)

// differs has the tables in use of a read model of programmes tampered with, and made anew: the rebuild stands beside.
func (h *house) differs(name string) {
	h.t.Helper()
	h.get("programmes?min_position=" + position(h.head())).is(200)
	if _, err := h.pool.Exec(h.t.Context(), "UPDATE "+name+"_1880_1.programme SET until = since"); err != nil {
		h.t.Fatal(err)
	}
	h.ask(adminToken, "POST", "/api/v1/projections/"+name+"/rebuild", object{"municipality": "1880", "reason": "the figures look wrong"}).problem(409, "rebuilt_differently", "")
}

func (h *house) maintenance(query string) (past api.MaintenanceList) {
	h.t.Helper()
	h.ask(adminToken, "GET", "/api/v1/projections/maintenance?log=1880"+query, nil).is(200).into(&past)
	return past
}

func TestWhatIsDoneToReadModelsIsKeptWithWhyAndWhatCameOfIt(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	operations := h.token(access.Operations, orebro)
	do := func(what, reason string) reply {
		t.Helper()
		return h.ask(operations, "POST", "/api/v1/projections/register/"+what, object{"municipality": "1880", "reason": reason})
	}
	beside := func() (list []api.BesideState) {
		t.Helper()
		var all api.ProjectionList
		h.ask(operations, "GET", "/api/v1/projections", nil).is(200).into(&all)
		return all.Beside
	}
	h.differs("register")
	if list := beside(); len(list) != 1 || list[0].Generation != 2 || list[0].LeftAt != nil || !slices.Equal(list[0].Differs, []string{"programme"}) {
		t.Errorf("beside is %+v", list)
	}
	do("discard", " it was a trial ").is(200)
	do("discard", "once more").problem(409, "nothing_to_discard", "")
	if list := beside(); len(list) != 0 {
		t.Errorf("discarded, beside is %+v", list)
	}
	do("rebuild", "to be sure").problem(409, "rebuilt_differently", "")
	other := object{"municipality": "1880", "reason": "the page is old", "generation": 7}
	for _, what := range []string{"rollback", "discard"} {
		h.ask(operations, "POST", "/api/v1/projections/register/"+what, other).problem(409, "other_generation", "")
	}
	h.ask(operations, "POST", "/api/v1/projections/register/rebuild", other).problem(422, "not_taken", "body.generation")
	do("rollback", "the rebuilt ones are right").is(200)
	do("rebuild", "a new disk").is(200)
	stays := do("discard", "what was in use before stays")
	stays.problem(409, "nothing_to_discard", "")
	if !strings.Contains(stays.text, "what was in use before stays") || len(beside()) != 1 {
		t.Errorf("it is not said what a discard may drop: %s, %+v", stays.text, beside())
	}

	past := h.maintenance("")
	type line struct {
		act         events.Maintenance
		generation  int
		differences int
		reason      string
	}
	var got []line
	for _, p := range past.Done {
		got = append(got, line{p.Act, p.Generation, p.Differences, p.Reason})
		if p.ReadModel != "register" || p.Position == 0 || p.At.IsZero() || p.Account.IsZero() {
			t.Errorf("%+v", p)
		}
	}
	want := []line{
		{events.Rebuilt, 3, 0, "a new disk"},
		{events.SwitchedTo, 2, 1, "the rebuilt ones are right"},
		{events.KeptBeside, 2, 1, "to be sure"},
		{events.Discarded, 2, 1, "it was a trial"},
		{events.KeptBeside, 2, 1, "the figures look wrong"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("the log keeps\n%v, not\n%v", got, want)
	}
	page := h.maintenance("&limit=2")
	if len(page.Done) != 2 || page.Older != page.Done[1].Recorded {
		t.Errorf("the first page: %+v", page)
	}
	if rest := h.maintenance("&before=" + position(page.Older)); len(rest.Done) != 3 || rest.Older != 0 {
		t.Errorf("what is before it: %+v", rest)
	}
	if log := h.get("log/events").is(200).text; !strings.Contains(log, `"audit.read_model_maintained.v1"`) || strings.Contains(log, "new disk") {
		t.Errorf("the log does not tell of it, or tells why in words: %s", log)
	}
}

func TestNothingIsKeptOfAReadModelThatWasTendedToWithoutAReason(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	before := h.head()
	h.get("programmes?min_position=" + position(before)).is(200)
	for _, what := range []string{"rebuild", "rollback"} {
		h.ask(adminToken, "POST", "/api/v1/projections/register/"+what, object{"municipality": "1880", "reason": " "}).is(200)
	}
	h.ask(adminToken, "POST", "/api/v1/projections/reach/rollback", object{"municipality": "1880", "reason": "there is none"}).problem(409, "nothing_to_roll_back_to", "")
	h.ask(adminToken, "POST", "/api/v1/projections/reach/rebuild", object{"municipality": "1880", "reason": "about 20101231-2391"}).problem(422, "identity", "body.reason")
	if now := h.head(); now != before || len(h.maintenance("").Done) != 0 {
		t.Errorf("something was recorded: %d, then %d", before, now)
	}
	h.ask(adminToken, "GET", "/api/v1/projections/maintenance", nil).problem(422, "invalid_request", "query.log")
}
