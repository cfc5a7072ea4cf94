package api_test

import (
	"fmt"
	"testing"

	"rackvidd/services/api"
)

// moving is a file whose records move between registers.
type moving struct{ *house }

func (h moving) brings(update bool, rows string) string {
	h.t.Helper()
	var s api.ImportSummary
	h.post(fmt.Sprintf("imports?source=A&update=%v", update), columns+rows).is(200).into(&s)
	told := fmt.Sprintf("%d recorded, %d duplicates", s.Recorded, s.Duplicates)
	for _, r := range s.Rejected {
		told += fmt.Sprintf(", line %d: %s %s", r.Line, r.Column, r.Code)
	}
	return told
}

func (h moving) must(update bool, rows, want string) {
	h.t.Helper()
	if told := h.brings(update, rows); told != want {
		h.t.Errorf("%s%s; want %s", rows, told, want)
	}
}

// session is the path of the only one of a day.
func (h moving) session(day string) string {
	h.t.Helper()
	var list api.Sessions
	h.get(fmt.Sprintf("sessions?from=%s&to=%s&min_position=%d", day, day, h.head())).is(200).into(&list)
	return "sessions/" + list.Sessions[0].ID.String()
}

func (h moving) called(id string) string {
	h.t.Helper()
	return h.post("children", object{"identity": id, "source": "A"}).is(200).receipt().Child
}

const (
	aOnTuesday   = ",session_attended,2021-05-04,a,sputnik,camp,,,,,\n"
	bOnTuesday   = ",session_attended,2021-05-04,b,sputnik,camp,,,,,\n"
	twoOnTuesday = ",session_attended,2021-05-04,,sputnik,camp,,,,2,\n"
	aOnWednesday = ",session_attended,2021-05-05,a,sputnik,camp,,,,,\n"
	aReferred    = ",referral_received,2021-05-04,a,sputnik,camp,school,,,,\n"
	aEnrolled    = ",child_enrolled,2021-05-04,a,sputnik,camp,,,,,\n"
)

func TestARecordThatComesBackToARegisterMarksAnotherChildThere(t *testing.T) {
	h := moving{newHouse(t)}
	h.must(false, "r1"+aOnTuesday, "1 recorded, 0 duplicates")
	h.must(true, "r1"+aReferred, "1 recorded, 0 duplicates")
	h.put(h.session("2021-05-04")+"/register/"+h.called("a"), object{"state": "none"}).is(200)
	h.must(true, "r1"+bOnTuesday, "1 recorded, 0 duplicates")
	if f := h.reached("year=2021", h.head()); f.Children != 1 {
		t.Errorf("%d children were reached, and one was brought in", f.Children)
	}
}

func TestARecordThatSaidWhatAnotherDidIsToldWhatAHandSays(t *testing.T) {
	h := moving{newHouse(t)}
	h.must(false, "r1"+aOnTuesday, "1 recorded, 0 duplicates")
	h.must(false, "r2"+aOnWednesday, "1 recorded, 0 duplicates")
	h.must(true, "r1"+aOnWednesday+"r2"+aOnWednesday, "1 recorded, 1 duplicates")
	h.put(h.session("2021-05-04")+"/register/"+h.called("a"), object{"state": "absent"}).is(200)
	h.must(false, "r3"+aOnTuesday, "0 recorded, 0 duplicates, line 2: child marked_by_hand")
	h.must(true, "r1"+aOnTuesday+"r2"+aOnWednesday, "0 recorded, 1 duplicates, line 2: child marked_by_hand")
}

func TestARowThatAHandSaysAlreadyIsADuplicateWithoutUpdateAsWell(t *testing.T) {
	for name, begin := range map[string]func(moving){
		"its record was a place": func(h moving) { h.must(false, "r1"+aEnrolled+"r2"+twoOnTuesday, "2 recorded, 0 duplicates") },
		"and before that the mark": func(h moving) {
			h.must(false, "r1"+aOnTuesday, "1 recorded, 0 duplicates")
			h.must(true, "r1"+aEnrolled, "1 recorded, 0 duplicates")
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := moving{newHouse(t)}
			begin(h)
			child := h.called("a")
			var page api.Case
			h.get(fmt.Sprintf("cases/%s?min_position=%d", child, h.head())).is(200).into(&page)
			h.post("enrolments/"+page.Enrolments[0].ID.String()+"/withdraw", object{"reason": "other"}).is(200)
			h.put(h.session("2021-05-04")+"/register/"+child, object{"state": "attended"}).is(200)
			for _, update := range []bool{true, true, false} {
				h.must(update, "r1"+aOnTuesday, "0 recorded, 1 duplicates")
			}
		})
	}
}

func TestARecordThatNoLongerCountsIsHeldToNoCount(t *testing.T) {
	h := moving{newHouse(t)}
	h.must(false, "r1"+twoOnTuesday, "1 recorded, 0 duplicates")
	h.must(true, "r1"+aOnTuesday, "1 recorded, 0 duplicates")
	h.put(h.session("2021-05-04")+"/counts", object{"unidentified": 3}).is(200)
	h.must(true, "r1"+aOnWednesday, "1 recorded, 0 duplicates")
}

func TestARowThatStandsTwiceInAFileIsOneRecord(t *testing.T) {
	h := moving{newHouse(t)}
	aOnMonday := ",session_attended,2021-05-03,a,sputnik,camp,,,,,\n"
	h.must(false, "r1"+aOnTuesday+"r2"+aOnWednesday, "2 recorded, 0 duplicates")
	h.must(true, "r1"+aOnWednesday+"r1"+aOnWednesday+"r2"+aOnMonday, "2 recorded, 1 duplicates")
	h.must(false, "r1"+aOnTuesday, "0 recorded, 0 duplicates, line 2: record_id changed_record")
}

func TestARecordThatCountsNoLongerIsHeldToNoCountWhateverItSays(t *testing.T) {
	for name, now := range map[string]string{
		"an adult":       ",session_attended,2021-05-04,a,sputnik,camp,,,,,,adult\n",
		"a cancellation": ",session_cancelled,2021-05-04,,sputnik,camp,,,,,\n",
	} {
		t.Run(name, func(t *testing.T) {
			h := moving{newHouse(t)}
			h.must(false, "r1"+twoOnTuesday, "1 recorded, 0 duplicates")
			h.must(true, "r1"+now, "1 recorded, 0 duplicates")
			session := h.session("2021-05-04")
			if name == "a cancellation" {
				h.post(session+"/reinstate", object{"reason": "entered_in_error"}).is(200)
			}
			h.put(session+"/counts", object{"unidentified": 3}).is(200)
			h.must(true, "r1"+aOnWednesday, "1 recorded, 0 duplicates")
		})
	}
}

func TestARowThatWasRefusedMakesNoErasedChildKnown(t *testing.T) {
	for name, c := range map[string]struct {
		said func(moving)
		why  string
	}{
		"for what a hand says": {func(h moving) {
			h.put(h.session("2021-05-04")+"/register/"+h.called("a"), object{"state": "absent"}).is(200)
		}, "child marked_by_hand"},
		"because its session was taken back": {func(h moving) {
			h.post(h.session("2021-05-04")+"/withdraw", object{"reason": "entered_in_error"}).is(200)
		}, "session session_withdrawn"},
	} {
		t.Run(name, func(t *testing.T) {
			h := moving{newHouse(t)}
			h.must(false, "r1"+aOnWednesday+"r2"+bOnTuesday, "2 recorded, 0 duplicates")
			c.said(h)
			grown := "r1" + aOnWednesday + "r2" + bOnTuesday + "r3" + aOnTuesday
			h.must(false, grown, "0 recorded, 2 duplicates, line 4: "+c.why)
			reached := h.reached("year=2021", h.head()).Children
			h.ask(adminToken, "DELETE", in("children/"+h.called("a")), nil).is(200)
			for _, update := range []bool{false, true} {
				h.must(update, grown, "0 recorded, 1 duplicates, line 2: record_id erased_since, line 4: record_id erased_since")
			}
			h.must(false, "r3,session_attended,2021-05-05,c,sputnik,camp,,,,,\n", "0 recorded, 0 duplicates, line 2: record_id erased_since")
			if now := h.reached("year=2021", h.head()).Children; now != reached {
				t.Errorf("%d children were reached, and now %d", reached, now)
			}
		})
	}
}

func TestARowThatWasRefusedMayNameAnotherChildNextWhereSomebodyWasErased(t *testing.T) {
	h := moving{newHouse(t)}
	h.must(false, "r1"+aOnWednesday+"r2"+bOnTuesday, "2 recorded, 0 duplicates")
	h.put(h.session("2021-05-04")+"/register/"+h.called("a"), object{"state": "absent"}).is(200)
	h.must(false, "r3"+aOnTuesday, "0 recorded, 0 duplicates, line 2: child marked_by_hand")
	h.ask(adminToken, "DELETE", in("children/"+h.called("b")), nil).is(200)
	h.must(false, "r3,session_attended,2021-05-04,c,sputnik,camp,,,,,\n", "1 recorded, 0 duplicates")
}

func TestAHandThatNamesOneRecordOfAChildSaysNothingOfWhenTheOtherWasBorn(t *testing.T) {
	const number = "201203042393"
	for _, kept := range []string{"a", number} {
		t.Run(kept, func(t *testing.T) {
			h := moving{newHouse(t)}
			h.must(false, "r1,session_attended,2021-05-04,a,sputnik,camp,,2003,,,\nr2,session_attended,2021-05-05,"+number+",sputnik,camp,,,,,\n", "2 recorded, 0 duplicates")
			children := map[string]string{"a": h.called("a"), number: h.called(number)}
			other := map[string]string{"a": number, number: "a"}[kept]
			merged := h.post("merges", object{"keep": children[kept], "merge": children[other]}).receipt()
			for _, state := range []string{"absent", "attended"} {
				h.moment.Add(1000)
				h.put(h.session("2021-05-04")+"/register/"+children[number], object{"state": state}).is(200)
			}
			h.post("merges/"+merged.ID+"/undo", object{}).is(200)
			for id, born := range map[string]int{"a": 2003, number: 2012} {
				var page api.Case
				h.get(fmt.Sprintf("cases/%s?min_position=%d", children[id], h.head())).is(200).into(&page)
				if int(page.BirthYear) != born {
					t.Errorf("%s is born in %d, not %d", id, page.BirthYear, born)
				}
			}
		})
	}
}
