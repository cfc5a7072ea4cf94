package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rackvidd/services/access"
	"rackvidd/services/api"
)

func TestAGroupIsRenamedClosedAndReopened(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	a := h.child("a")
	group := h.post("groups", object{"programme": "sputnik", "form": "support_group", "name": "Tisdag", "places": 8}).is(201).receipt().ID
	h.put("groups/"+group+"/members", object{"members": []string{a}}).is(200)
	path := "groups/" + group
	read := func() (g api.Group) {
		h.get(path).is(200).into(&g)
		return g
	}
	version := read().Version
	h.put(path, object{"name": "Onsdag", "places": 1}, "If-Match", "\""+position(uint64(version))+"\"").is(200)
	h.put(path, object{"name": "Torsdag"}, "If-Match", "\""+position(uint64(version))+"\"").problem(412, "stale", "")
	h.put(path, object{"places": 2}).problem(422, "invalid_request", "body.name")
	if g := read(); g.Name != "Onsdag" || g.Places != 1 || g.Programme != "sputnik" || g.Form != "support_group" || len(g.Members) != 1 {
		t.Errorf("it is %+v", g)
	}

	h.post(path+"/series", object{"days": []string{"2022-03-08", "2022-03-15", "2022-03-22", "2022-03-29"}}).is(201)
	alone := h.post("sessions", object{"group": group, "held_on": "2022-04-02"}).is(201).receipt()
	var sessions api.Sessions
	h.get("sessions?group=" + group + "&min_position=" + position(alone.Position)).is(200).into(&sessions)
	held := sessions.Sessions[3].ID.String() // 15 March
	h.put("sessions/"+held+"/register", object{"attended": []string{a}}).is(200)
	h.post(path+"/close", object{"closed_on": "2022-03-14"}).problem(409, "group_met_later", "body.closed_on")
	closed := h.post(path+"/close", object{"closed_on": "2022-03-22"}).is(200).receipt()
	h.get("sessions?group=" + group + "&min_position=" + position(closed.Position)).is(200).into(&sessions)
	for _, s := range sessions.Sessions {
		if want := s.HeldOn.String() > "2022-03-22"; s.Cancelled != want {
			t.Errorf("the session of %s is cancelled: %v", s.HeldOn, s.Cancelled)
		}
	}
	if g := read(); g.ClosedOn.String() != "2022-03-22" || len(g.Members) != 1 {
		t.Errorf("closed it is %+v", g)
	}
	var groups api.Groups
	if h.get("groups?min_position=" + position(closed.Position)).is(200).into(&groups); len(groups.Groups) != 1 || groups.Groups[0].ClosedOn.String() != "2022-03-22" || groups.Groups[0].Name != "Onsdag" {
		t.Errorf("the list says %+v", groups.Groups)
	}
	h.put(path+"/members", object{"members": []string{}}).problem(409, "group_closed", "body.members")
	h.post(path+"/series", object{"days": []string{"2022-04-05"}}).problem(409, "group_closed", "body.days")
	h.post("sessions", object{"group": group, "held_on": "2022-04-05"}).problem(409, "group_closed", "body.held_on")
	h.post("sessions", object{"group": group, "held_on": "2022-03-01"}).is(201)
	last, cancelled := "sessions/"+sessions.Sessions[2].ID.String(), "sessions/"+sessions.Sessions[1].ID.String() // 22 and 29 March
	h.post(last+"/correct", object{"held_on": "2022-03-23", "reason": "wrong_day"}).problem(409, "group_closed", "body.held_on")
	h.post(cancelled+"/reinstate", object{"reason": "other"}).problem(409, "group_closed", "")
	h.post(cancelled+"/correct", object{"held_on": "2022-03-21", "reason": "wrong_day"}).is(200)
	h.post(cancelled+"/reinstate", object{"reason": "other"}).is(200)

	other := h.token(access.Coordinator, orebro, "lanterna")
	h.ask(other, "POST", in(path+"/close"), object{"closed_on": "2022-03-22"}).problem(404, "unknown_group", "")
	h.ask(other, "POST", in(path+"/reopen"), nil).problem(404, "unknown_group", "")
	h.post(path+"/reopen", nil).is(200)
	h.put(path+"/members", object{"members": []string{}}).is(200)
	if g := read(); g.ClosedOn != 0 {
		t.Errorf("reopened it is %+v", g)
	}
}

func TestTwoSessionsThatAGroupPlannedOnOneDayKeepTheirOrder(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	path := "groups/" + h.post("groups", object{"programme": "sputnik", "form": "support_group", "name": "Tisdag"}).is(201).receipt().ID
	for range 4 {
		h.post(path+"/series", object{"days": []string{"2022-03-08", "2022-03-15"}}).is(201)
	}
	var first, again api.Group
	h.get(path).is(200).into(&first)
	for range 8 {
		if h.get(path).is(200).into(&again); !slices.Equal(again.Sessions, first.Sessions) {
			t.Fatalf("in another order:\n%v\n%v", first.Sessions, again.Sessions)
		}
	}
}

func TestAProgrammeIsReadWithTheVersionThatAmendsIt(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	var before, after api.ProgrammeNow
	h.get("programmes/sputnik").is(200).into(&before)
	amended := object{"name": "Sputnik Öster", "forms": []string{"camp", "support_group"}, "organiser": "ngo"}
	match := "\"" + position(uint64(before.Version)) + "\""
	h.put("programmes/sputnik", amended, "If-Match", match).is(200)
	h.put("programmes/sputnik", object{"name": "Sputnik", "forms": []string{"camp"}}, "If-Match", match).problem(412, "stale", "")
	h.get("programmes/sputnik").is(200).into(&after)
	if after.Name != "Sputnik Öster" || after.Organiser != "ngo" || after.ValidFrom != before.ValidFrom || after.Version <= before.Version {
		t.Errorf("amended it is %+v", after)
	}
	h.get("programmes/lanterna").problem(404, "unknown_programme", "")
}

func TestWhetherThereIsMoreOfAGroupOrAChildCountsNothingThatConcernsOthers(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	a, b := h.child("a"), h.child("b")
	group := h.post("groups", object{"programme": "sputnik", "form": "support_group", "name": "Tisdag"}).is(201).receipt().ID
	h.put("groups/"+group+"/members", object{"members": []string{a}}).is(200)
	evening := "sessions/" + h.post("sessions", object{"group": group, "held_on": "2022-03-01"}).is(201).receipt().ID
	told := 0 // of the one child
	look := func(what string, since uint64, of ...string) {
		t.Helper()
		for _, one := range []string{"groups/" + group, "cases/" + a, "cases/" + b} {
			var got api.Changed
			h.get(one + "/changed?since=" + position(since) + "&min_position=" + position(h.head())).is(200).into(&got)
			if want := slices.Contains(of, one); got.Changed != want || got.Position != h.head() {
				t.Errorf("%s: %s has changed: %v, not %v", what, one, got.Changed, want)
			}
			if got.Changed && one == "cases/"+a {
				told++
			}
		}
	}
	theGroup, first, second := "groups/"+group, "cases/"+a, "cases/"+b
	look("nothing", h.head())
	for _, step := range []struct {
		what string
		do   func()
		of   []string
	}{
		{"a session of no group", func() { h.attend("2022-03-02", b) }, []string{second}},
		{"a place of another child", func() {
			h.post("enrolments", object{"child": b, "programme": "sputnik", "form": "support_group", "enrolled_on": "2022-02-01"}).is(201)
		}, []string{second}},
		{"a register", func() { h.put(evening+"/register", object{"attended": []string{a, b}}).is(200) }, []string{theGroup, first, second}},
		{"another child's mark in it", func() { h.put(evening+"/register", object{"attended": []string{a}, "absent": []string{b}}).is(200) }, []string{theGroup, second}},
		{"the group's name", func() { h.put(theGroup, object{"name": "Onsdag"}).is(200) }, []string{theGroup}},
		{"a session that is taken back", func() { h.post(evening+"/withdraw", object{"reason": "entered_in_error"}).is(200) }, []string{theGroup, first, second}},
		{"a place", func() {
			h.post("enrolments", object{"child": a, "programme": "sputnik", "form": "support_group", "enrolled_on": "2022-02-01"}).is(201)
		}, []string{first}},
	} {
		before := h.head()
		step.do()
		look(step.what, before, step.of...)
	}
	var known api.ChildDisclosure
	if h.get("children/" + a + "/disclosure").is(200).into(&known); told != 3 || strings.Count(fmt.Sprint(known.Vault.Reads), "case") != 1+told { // and once that nothing came, to whoever had not read it
		t.Errorf("%d times was it told that something of the child came, and noted are %+v", told, known.Vault.Reads)
	}
	other := h.token(access.Coordinator, orebro, "lanterna")
	h.ask(other, "GET", in(theGroup+"/changed?since=1"), nil).problem(404, "unknown_group", "")
	h.ask(other, "GET", in(first+"/changed?since=1"), nil).problem(404, "unknown_child", "")
}

func TestWhetherThereIsMoreIsSaidOfAsMuchAsTheAnswerShows(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	a := h.child("a")
	group := h.post("groups", object{"programme": "sputnik", "form": "support_group", "name": "Tisdag"}).is(201).receipt().ID
	h.put("groups/"+group+"/members", object{"members": []string{a}}).is(200)
	register := "sessions/" + h.post("sessions", object{"group": group, "held_on": "2022-03-01"}).is(201).receipt().ID + "/register"
	for i := range 10 {
		mark := []string{"attended", "absent"}[i%2]
		one := []string{"groups/" + group, "cases/" + a}[i/2%2]
		before := h.head()
		h.put(register, object{mark: []string{a}}).is(200)
		var got api.Changed
		if h.get(one + "/changed?since=" + position(before)).is(200).into(&got); got.Position <= before || !got.Changed {
			t.Errorf("%s: since %d, before it was marked, it has changed by position %d: %v", one, before, got.Position, got.Changed)
		}
	}
}

func TestADisclosureNamesTheGroupsThatAChildIsAndWasIn(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	a, b := h.child("a"), h.child("b")
	tuesday := h.post("groups", object{"programme": "sputnik", "form": "support_group", "name": "Tisdag"}).is(201).receipt().ID
	friday := h.post("groups", object{"programme": "sputnik", "form": "camp", "name": "Fredag"}).is(201).receipt().ID
	h.put("groups/"+tuesday+"/members", object{"members": []string{a, b}}).is(200)
	h.put("groups/"+friday+"/members", object{"members": []string{a}}).is(200)
	at := h.put("groups/"+tuesday+"/members", object{"members": []string{b}}).is(200).receipt().Position
	var known api.ChildDisclosure
	h.get("children/" + a + "/disclosure?min_position=" + position(at)).is(200).into(&known)
	if g := known.Groups; len(g) != 2 || g[0].Name != "Tisdag" || g[0].Left == nil || g[0].Joined.IsZero() || g[1].Name != "Fredag" || g[1].Form != "camp" || g[1].Left != nil {
		t.Errorf("not one that it left and one that it is in: %+v", g)
	}
	known = api.ChildDisclosure{}
	h.get("children/" + b + "/disclosure").is(200).into(&known)
	if g := known.Groups; len(g) != 1 || g[0].Left != nil {
		t.Errorf("not the one that it never left: %+v", g)
	}
}

func TestThatNothingCameAboutAChildIsNotedUnlessTheAccountReadItOfLate(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.moment.Store(time.Now().UnixMilli()) // by which the read log is kept
	child := h.child("a")
	asker, reader := h.token(access.Coordinator, orebro, "*"), h.token(access.Coordinator, orebro, "*")
	noted := func() int {
		t.Helper()
		var known api.ChildDisclosure
		h.get("children/" + child + "/disclosure").is(200).into(&known)
		return strings.Count(fmt.Sprint(known.Vault.Reads), "case")
	}
	for _, step := range []struct {
		what, token, path string
		later             time.Duration
		noted             int
	}{
		{"whoever has not read it", asker, "/changed?since=1000", 0, 1},
		{"the same again", asker, "/changed?since=999", time.Hour, 1},
		{"a page", reader, "", 0, 2},
		{"that page's question", reader, "/changed?since=1000", 11 * time.Hour, 2},
		{"when no page of then is open any more", reader, "/changed?since=1000", 2 * time.Hour, 3},
	} {
		h.moment.Add(step.later.Milliseconds())
		h.ask(step.token, "GET", in("cases/"+child+step.path), nil).is(200)
		if n := noted(); n != step.noted {
			t.Errorf("%s: %d are noted, not %d", step.what, n, step.noted)
		}
	}
}

func TestASeriesLeadsToNoDayThatNobodyCouldReadInTheLog(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	group := h.post("groups", object{"programme": "sputnik", "form": "support_group", "name": "Onsdag"}).is(201).receipt().ID
	for _, far := range []object{{"from": "2199-12-20", "count": 5}, {"from": "2021-01-01", "count": 200, "every_days": 366}} {
		h.post("groups/"+group+"/series", far).problem(422, "too_far", "body.count")
	}
	at := h.post("groups/"+group+"/series", object{"from": "2199-12-24", "count": 2}).is(201).receipt().Position
	h.get("sessions?group=" + group + "&min_position=" + position(at)).is(200)
}

func TestSeveralSessionsOfAGroupAreCancelledOrTakenBackAtOnceOrNone(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	group := h.post("groups", object{"programme": "sputnik", "form": "support_group", "name": "Onsdag"}).is(201).receipt().ID
	var planned struct{ Sessions []api.PlannedSession }
	h.post("groups/"+group+"/series", object{"from": "2021-03-03", "count": 5}).is(201).into(&planned)
	ids := func(list ...int) (all []string) {
		for _, i := range list {
			all = append(all, planned.Sessions[i].ID.String())
		}
		return all
	}
	alone := h.session("2021-03-04")
	child := h.child("a")
	h.put("sessions/"+ids(4)[0]+"/register", object{"attended": []string{child}}).is(200)
	stands := func(why string, want ...string) {
		t.Helper()
		var days []string
		var all api.Sessions
		h.get("sessions?group=" + group + "&min_position=" + position(h.head())).is(200).into(&all)
		for _, s := range all.Sessions {
			day := s.HeldOn.String()
			if s.Cancelled {
				day += " cancelled"
			}
			days = append(days, day)
		}
		if slices.Sort(days); !slices.Equal(days, want) {
			t.Errorf("%s: %v, not %v", why, days, want)
		}
	}
	path := "groups/" + group + "/sessions/"
	whole := []string{"2021-03-03", "2021-03-10", "2021-03-17", "2021-03-24", "2021-03-31"}
	h.post(path+"withdraw", object{"sessions": ids(0, 4), "reason": "entered_in_error"}).problem(409, "register_begun", "body.sessions[1]")
	h.post(path+"cancel", object{"sessions": ids(0, 4)}).problem(409, "register_not_empty", "body.sessions[1]")
	h.post(path+"cancel", object{"sessions": nil}).problem(422, "invalid_request", "body.sessions")
	h.post(path+"withdraw", object{"sessions": append(ids(0), alone), "reason": "entered_in_error"}).problem(422, "unknown_session", "body.sessions[1]")
	h.post(path+"cancel", object{"sessions": ids(0, 1, 0)}).problem(422, "repeated", "body.sessions[2]")
	stands("as they were planned", whole...)
	h.post(path+"cancel", object{"sessions": ids(0, 1)}).is(200)
	h.post(path+"withdraw", object{"sessions": ids(1, 2, 3), "reason": "entered_in_error"}).is(200)
	stands("two are cancelled, and three of the rest taken back", "2021-03-03 cancelled", "2021-03-31")
	h.post(path+"cancel", object{"sessions": ids(0, 2)}).problem(409, "session_withdrawn", "body.sessions[1]")
	h.post("programmes", object{"id": "lanterna", "forms": []string{"camp"}}).is(201)
	h.ask(h.token(access.Coordinator, orebro, "lanterna"), "POST", in(path+"cancel"), object{"sessions": ids(0)}).problem(404, "unknown_group", "")
}
