package api_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/api"
)

func TestAChildsHistoryAsItWasKnownAtATimeAndAtAPosition(t *testing.T) {
	h := newHouse(t)
	day := func(n int) { h.moment.Store(now.AddDate(0, 0, n-10).UnixMilli()) }
	day(0)
	h.sputnik()
	child := h.child("a")
	day(1)
	first := h.post("enrolments", object{"child": child, "programme": "sputnik", "form": "camp", "enrolled_on": "2021-01-10"}).is(201).receipt()
	day(2)
	session := h.session("2021-05-04")
	h.put("sessions/"+session+"/register", object{"attended": []string{child}}).is(200)
	day(3)
	h.put("sessions/"+session+"/register", object{"attended": []string{}}).is(200)
	last := h.post("enrolments/"+first.ID+"/end", object{"reason": "moved", "ended_on": "2021-06-01"}).is(200).receipt()
	h.moment.Store(now.UnixMilli())

	read := func(query string) (one api.Case) {
		t.Helper()
		h.get("cases/" + child + "?min_position=" + position(last.Position) + query).is(200).into(&one)
		return one
	}
	at := func(n int) string {
		return "&as_of=" + now.AddDate(0, 0, n-10).Add(time.Hour).UTC().Format(time.RFC3339)
	}
	for query, want := range map[string][3]int{ // places, ends, sessions
		"":                                      {1, 1, 0},
		at(0):                                   {0, 0, 0},
		at(1):                                   {1, 0, 0},
		at(2):                                   {1, 0, 1},
		at(3):                                   {1, 1, 0},
		"&position=0":                           {0, 0, 0},
		"&position=" + position(first.Position): {1, 0, 0},
	} {
		one := read(query)
		got := [3]int{len(one.Enrolments), 0, len(one.Sessions)}
		for _, e := range one.Enrolments {
			if e.End != nil {
				got[1]++
			}
		}
		if got != want {
			t.Errorf("%q: places, ends and sessions %v, not %v", query, got, want)
		}
	}
	if one := read(at(1)); one.Position != first.Position {
		t.Errorf("it shows position %d, not %d", one.Position, first.Position)
	}
	h.get("cases/"+child+"?position=1&as_of=2022-03-20T10:00:00Z").problem(422, "as_of_and_position", "query.as_of")
	h.get("cases/"+child+"?position="+position(last.Position+1)).problem(422, "beyond_the_log", "")
	other := h.token(access.Coordinator, orebro, "lanterna")
	h.ask(other, "GET", in("cases/"+child+"?position="+position(first.Position)), nil).problem(404, "unknown_child", "")
	before := h.readsOf(child)
	read(at(1))
	if after := h.readsOf(child); after != before+1 {
		t.Errorf("%d reads are logged, and after one more %d", before, after)
	}
}

func TestAHistoryTellsWhatRegistersNoLongerSayAndWho(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.post("programmes", object{"id": "lanterna", "name": "Lanterna", "forms": []string{"support_group"}}).is(201)
	child := h.child("a")
	session := h.session("2021-05-04")
	h.put("sessions/"+session+"/register/"+child, object{"state": "attended", "at": "2021-05-04T15:00:00Z"}).is(200)
	first := h.put("sessions/"+session+"/register/"+child, object{"state": "absent", "at": "2021-05-04T15:01:00Z"}).is(200).receipt().Position
	h.put("sessions/"+session+"/register/"+child, object{"state": "attended", "at": "2021-05-04T15:02:00Z"}).is(200)
	moved := h.post("sessions/"+session+"/correct", object{"reason": "wrong_programme", "programme": "lanterna", "held_on": "2021-05-05"}).is(200).receipt().Position
	withdrawn := h.post("sessions/"+session+"/withdraw", object{"reason": "entered_in_error"}).is(200).receipt().Position

	read := func(token, query string) (said []string) {
		t.Helper()
		var one api.Case
		h.ask(token, "GET", in("cases/"+child+"?min_position="+position(withdrawn)+query), nil).is(200).into(&one)
		for _, s := range one.Sessions {
			said = append(said, s.HeldOn.String()+" "+string(s.State))
		}
		for _, s := range one.StruckRows {
			said = append(said, strings.TrimSpace(s.Day.String()+" "+string(s.Was.State)+" "+string(s.How)+" "+string(s.Became.State)+" "+string(s.Reason)))
			if s.By.IsZero() || s.At.IsZero() {
				t.Errorf("nobody knows who struck it, or when: %+v", s)
			}
		}
		return said
	}
	const here, gone = "2021-05-04 attended marked absent", "2021-05-04 absent marked attended"
	const off, taken = "2021-05-04 attended corrected attended wrong_programme", "2021-05-05 attended withdrawn none entered_in_error"
	for _, c := range []struct {
		what, query string
		want        []string
	}{
		{"now", "", []string{here, gone, off, taken}},
		{"after the first change", "&position=" + position(first), []string{"2021-05-04 absent", here}},
		{"after it was moved", "&position=" + position(moved), []string{"2021-05-05 attended", here, gone, off}},
	} {
		if got := read(adminToken, c.query); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, not %q", c.what, got, c.want)
		}
	}
	h.post("enrolments", object{"child": child, "programme": "sputnik", "form": "camp", "enrolled_on": "2021-02-01"}).is(201)
	other := h.token(access.Coordinator, orebro, "sputnik")
	if got := read(other, ""); !slices.Equal(got, []string{here, gone, off}) {
		t.Errorf("in the programme where it was recorded first: %q", got)
	}
	for token, elsewhere := range map[string]bool{adminToken: false, other: true} {
		var one api.Case
		h.ask(token, "GET", in("cases/"+child+"?min_position="+position(withdrawn)), nil).is(200).into(&one)
		for _, s := range one.StruckRows {
			if page := h.ask(token, "GET", in("sessions/"+session), nil); s.Elsewhere != elsewhere || elsewhere != (page.status == 404) {
				t.Errorf("elsewhere: %t, and its session is answered %d", s.Elsewhere, page.status)
			}
		}
	}
	var known api.ChildDisclosure
	h.get("children/" + child + "/disclosure").is(200).into(&known)
	if len(known.Case.StruckRows) != 4 {
		t.Errorf("the disclosure tells of %d", len(known.Case.StruckRows))
	}
}

func TestAHistoryTellsWhereAChildLivesOnlyWhereThatIsElsewhere(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	child, session := h.child("a"), h.session("2021-05-04")
	for _, home := range []events.Municipality{"1881", orebro} {
		at := h.put("sessions/"+session+"/register", object{"attended": []string{child}, "homes": []object{{"child": child, "home_municipality": home}}}).is(200).receipt().Position
		var one api.Case
		h.get("cases/" + child + "?min_position=" + position(at)).is(200).into(&one)
		want := home
		if home == orebro {
			want = ""
		}
		if len(one.Sessions) != 1 || one.Sessions[0].Home != want {
			t.Errorf("of one who lives in %s: %+v", home, one.Sessions)
		}
	}
}

// readsOf is how often the history of a child was read.
func (h *house) readsOf(child string) int {
	h.t.Helper()
	var all api.Reads
	h.get("reads?why=case&child=" + child).is(200).into(&all)
	return len(all.Reads)
}
