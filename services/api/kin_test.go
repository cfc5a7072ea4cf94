package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"rackvidd/services/api"
)

// town is a group of Åsa, of whom there are two records, and of Bo.
type town struct {
	*house
	kept, found, bo string
	group, evening  string
	at              uint64
}

func newTown(t *testing.T) *town {
	h := newHouse(t)
	h.sputnik()
	called := func(identity, label string) string {
		return h.post("children", object{"identity": identity, "label": label}).is(200).receipt().Child
	}
	w := &town{house: h, kept: called("1", "Åsa"), found: called("2", "Asa?"), bo: called("3", "Bo")}
	for _, child := range []string{w.kept, w.found, w.bo} {
		place := object{"child": child, "programme": "sputnik", "form": "support_group", "enrolled_on": "2022-02-01"}
		if child == w.found {
			place["birth_year"] = 2011
		}
		h.post("enrolments", place).is(201)
	}
	w.group = "groups/" + h.post("groups", object{"programme": "sputnik", "form": "support_group", "name": "Tisdag"}).is(201).receipt().ID
	w.evening = "sessions/" + h.post("sessions", object{"group": strings.TrimPrefix(w.group, "groups/"), "held_on": "2022-03-01"}).is(201).receipt().ID
	return w
}

func (w *town) are(members ...string) {
	w.t.Helper()
	w.at = w.put(w.group+"/members", object{"members": members}).is(200).receipt().Position
}

func (w *town) mark(child, state string) {
	w.t.Helper()
	w.moment.Add(1000)
	w.at = w.put(w.evening+"/register/"+child, object{"state": state}).is(200).receipt().Position
}

func (w *town) merge() (undo func()) {
	w.t.Helper()
	merged := w.post("merges", object{"keep": w.kept, "merge": w.found}).is(201).receipt()
	w.at = merged.Position
	return func() { w.at = w.post("merges/"+merged.ID+"/undo", nil).is(200).receipt().Position }
}

// shows is who is in the group, how many it is listed with and who is in the register, who may walk in, and when Åsa was born.
func (w *town) shows() string {
	w.t.Helper()
	var group api.Group
	w.get(w.group).is(200).into(&group)
	var list api.Groups
	w.get("groups?min_position=" + position(w.at)).is(200).into(&list)
	var evening api.Session
	w.get(w.evening).is(200).into(&evening)
	var one api.Case
	w.get("cases/" + w.kept + "?min_position=" + position(w.at)).is(200).into(&one)
	var members, rows []string
	for _, m := range group.Members {
		members = append(members, m.Label)
	}
	for _, r := range evening.Register {
		rows = append(rows, fmt.Sprint(r.Label, " ", r.State, " ", r.Member))
	}
	for _, s := range [][]string{members, rows} {
		slices.Sort(s)
	}
	return fmt.Sprint(strings.Join(members, ", "), "; ", list.Groups[0].Members, "; ", strings.Join(rows, ", "), "; ", w.walkIns(), "; ", one.BirthYear)
}

// walkIns are those who may walk in.
func (w *town) walkIns() string {
	w.t.Helper()
	var others api.Others
	w.get(w.evening + "/others?min_position=" + position(w.at)).is(200).into(&others)
	var out []string
	for _, o := range others.Children {
		out = append(out, o.Label)
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func TestAMergedPairIsOneChildInItsGroupUntilTheMergeIsUndone(t *testing.T) {
	const (
		apart    = "Asa?, Bo, Åsa; 3; Asa? none true, Bo none true, Åsa none true; ; 0"
		together = "Bo, Åsa; 2; Bo none true, Åsa none true; ; 2011"
	)
	expect := func(w *town, what, want string) {
		w.t.Helper()
		if got := w.shows(); got != want {
			w.t.Errorf("%s: %s\nwant: %s", what, got, want)
		}
	}
	t.Run("both were in it", func(t *testing.T) {
		w := newTown(t)
		w.are(w.kept, w.found, w.bo)
		expect(w, "apart", apart)
		undo := w.merge()
		expect(w, "merged", together)
		before := w.head()
		w.are(w.kept, w.bo)
		if w.head() != before {
			t.Error("to name who is in it by its other record changes something")
		}
		w.put(w.group, object{"name": "Tisdag", "places": 2}).is(200)
		full := w.head()
		w.are(w.kept, w.found, w.bo)
		if w.head() != full {
			t.Error("to name both records of who is in it when it is full changes something")
		}
		w.put(w.group+"/members", object{"members": []string{w.kept, w.bo, w.child("4")}}).problem(409, "group_full", "body.members")
		undo()
		expect(w, "undone", apart)
	})
	t.Run("both join when they are merged already", func(t *testing.T) {
		w := newTown(t)
		undo := w.merge()
		w.put(w.group, object{"name": "Tisdag", "places": 2}).is(200)
		w.are(w.found, w.kept, w.bo)
		expect(w, "merged", together)
		undo()
		expect(w, "undone", "Asa?, Bo; 2; Asa? none true, Bo none true; Åsa; 0")
	})
	t.Run("the one that was found to be the other was in it alone", func(t *testing.T) {
		w := newTown(t)
		w.are(w.found, w.bo)
		expect(w, "apart", "Asa?, Bo; 2; Asa? none true, Bo none true; Åsa; 0")
		undo := w.merge()
		expect(w, "merged", together)
		undo()
		expect(w, "undone", "Asa?, Bo; 2; Asa? none true, Bo none true; Åsa; 0")
	})
	t.Run("and the other one was erased", func(t *testing.T) {
		w := newTown(t)
		w.are(w.found, w.bo)
		w.merge()
		w.ask(adminToken, "DELETE", in("children/"+w.kept), nil).is(200)
		before := w.head()
		w.are(w.kept, w.bo)
		if w.head() != before {
			t.Error("to name who is in it by a record that was erased changes something")
		}
	})
	t.Run("and it leaves", func(t *testing.T) {
		w := newTown(t)
		w.are(w.kept, w.found, w.bo)
		w.merge()
		w.are(w.bo)
		expect(w, "merged", "Bo; 1; Bo none true; Åsa; 2011")
	})
}

func TestAGroupTellsOfAMergeThatChangesWhoIsInIt(t *testing.T) {
	for _, tt := range []struct {
		what  string
		given func(*town)
		tells bool
	}{
		{"both are in it", func(w *town) { w.are(w.kept, w.found, w.bo) }, true},
		{"the one that was found to be the other is", func(w *town) { w.are(w.found) }, true},
		{"it walked in", func(w *town) { w.are(w.bo); w.mark(w.found, "attended") }, true},
		{"neither is", func(w *town) { w.are(w.bo) }, false},
	} {
		t.Run(tt.what, func(t *testing.T) {
			w := newTown(t)
			tt.given(w)
			look := func(what string, since uint64, tells bool) {
				t.Helper()
				var got api.Changed
				w.get(w.group + "/changed?since=" + position(since) + "&min_position=" + position(w.head())).is(200).into(&got)
				if got.Changed != tells {
					t.Errorf("%s: it has changed: %v, not %v", what, got.Changed, tells)
				}
			}
			before := w.head()
			undo := w.merge()
			look("merged", before, tt.tells)
			merged := w.head()
			look("nothing since", merged, false)
			undo()
			look("undone", merged, tt.tells)
		})
	}
}

func TestAMergedPairIsOneRowOfARegister(t *testing.T) {
	for _, other := range []string{"", "absent", "attended"} {
		t.Run("the other record was marked before as "+other, func(t *testing.T) { oneRow(newTown(t), other) })
	}
}

func oneRow(w *town, other string) {
	if other == "" {
		w.merge()
	}
	w.mark(w.found, "attended")
	if other != "" {
		w.mark(w.kept, other)
		w.merge()
	}
	counts := func(attended, absent int) {
		w.t.Helper()
		var sessions api.Sessions
		w.get("sessions?min_position=" + position(w.head())).is(200).into(&sessions)
		if s := sessions.Sessions[0]; s.Attended != attended || s.Absent != absent {
			w.t.Errorf("the list counts %+v", s)
		}
	}
	counts(1, 0)
	row := func(state string) {
		w.t.Helper()
		if got := w.shows(); !strings.Contains(got, "; Åsa "+state+" false; Bo; ") {
			w.t.Errorf("%s; want %s", got, state)
		}
	}
	row("attended")
	w.mark(w.kept, "absent")
	row("absent")
	w.put(w.evening+"/register/"+w.kept, object{"state": "attended", "at": "2022-02-28T10:00:00Z"}).is(200)
	row("absent")
	w.mark(w.found, "attended")
	row("attended")
	w.put(w.evening+"/register", object{"attended": []string{w.kept}, "absent": []string{w.found}}).problem(422, "child_named_twice", "body.absent")
	w.put(w.evening+"/register", object{"attended": []string{w.kept, w.found}}).is(200)
	row("attended")
	w.put(w.evening+"/register", object{"absent": []string{w.kept}}).is(200)
	row("absent")
	counts(0, 1)
}

func TestAMergedChildIsInAMixedGroupForTheReasonOfItsPlaceByWhicheverRecord(t *testing.T) {
	w := newTown(t)
	w.post("programmes", object{"id": "mixed", "name": "Mixed", "forms": []string{"support_group"}, "target": "mixed", "valid_from": "2015-01-01"}).is(201)
	w.post("enrolments", object{"child": w.found, "programme": "mixed", "form": "support_group", "enrolled_on": "2022-02-01", "target": "other"}).is(201)
	w.evening = "sessions/" + w.post("sessions", object{"programme": "mixed", "form": "support_group", "held_on": "2022-03-02"}).is(201).receipt().ID
	w.merge()
	w.mark(w.kept, "attended")
	var evening api.Session
	w.get(w.evening).is(200).into(&evening)
	if len(evening.Register) != 1 || evening.Register[0].Target != "other" {
		t.Errorf("the register has %+v; want one who is there for another reason", evening.Register)
	}
}

func TestARowThatIsBegunIsOfTheRecordOfWhomSomebodyCanTellWhoItIs(t *testing.T) {
	w := newTown(t)
	w.merge()
	w.ask(adminToken, "DELETE", in("children/"+w.kept), nil).is(200)
	w.mark(w.found, "attended")
	var evening api.Session
	w.get(w.evening).is(200).into(&evening)
	if len(evening.Register) != 1 || evening.Register[0].Child.String() != w.found || evening.Register[0].Erased {
		t.Errorf("the register has %+v; want the record that is known", evening.Register)
	}
}
