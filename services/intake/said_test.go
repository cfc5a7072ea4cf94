package intake_test

import (
	"fmt"
	"testing"

	"rackvidd/events"
	"rackvidd/services/casework"
)

// placed is a place whose record is 1, and cameBeside a session that the child came to whose record is 2.
func placed(day string, year int) string {
	return fmt.Sprintf("1,child_enrolled,%s,x,sputnik,camp,,,,%d,,,,,,\n", day, year)
}

func cameBeside(year string) string {
	return fmt.Sprintf("2,session_attended,2021-03-01,x,sputnik,camp,,,,%s,,,,,,\n", year)
}

func (h *house) counts(t *testing.T, says string, children int) {
	t.Helper()
	if f := h.figures(t, 2021); f.Children != children {
		t.Errorf("%s: %d children, want %d", says, f.Children, children)
	}
}

func TestARecordSaysOfItsChildWhatItSaidAndNotWhatAnotherDid(t *testing.T) {
	for name, files := range map[string][]string{
		"one file after the other": {cameBeside("2010"), placed("2021-01-11", 2003)},
		"in one file":              {cameBeside("2010") + placed("2021-01-11", 2003)},
	} {
		h := newHouse(t)
		h.bring(t, heading+placed("2021-01-10", 2003)+cameBeside("2003"))
		for _, file := range files {
			h.updates(t, heading+file, "")
		}
		h.counts(t, name+", the mark's year is corrected", 1)
		h.updates(t, heading+placed("2021-01-12", 2003), "")
		h.counts(t, name+", the place's day alone changes", 1)
	}
	for _, reason := range []events.Reason{events.EnteredInError, events.SourceChanged} {
		h := newHouse(t)
		h.bring(t, heading+placed("2021-01-10", 2003)+cameBeside(""))
		child := h.tokens(t, "x")[0]
		h.caseByHand(t, 0, func(*casework.Case) ([]events.Event, error) {
			return casework.Describe(events.ChildDescribed{Child: child, BirthYear: 2010, Reason: reason}), nil
		})
		for _, day := range []string{"2021-01-11", "2021-01-12"} {
			h.updates(t, heading+placed(day, 2003), "")
			h.counts(t, "somebody corrected it, "+string(reason)+", and the place's day changes", 1)
		}
	}
}

func TestWhatIsNotSaidOfAChildDescribesNone(t *testing.T) {
	for name, c := range map[string]struct {
		first, then string // the record, before and now: of 2003 nobody is of age
		between     int
		again       int
	}{
		"a closing's year":     {"1,referral_received,2021-03-01,x,sputnik,,,,,2003,,,,,,\n", "1,referral_closed,2021-03-01,x,sputnik,,,accepted,,2010,,,,,,\n", 0, 0},
		"an end's year":        {placed("2021-03-01", 2003), "1,enrolment_ended,2021-03-01,x,sputnik,camp,,,completed,2010,,,,,,\n", 0, 0},
		"an adult's year":      {"1,session_attended,2021-03-08,x,sputnik,camp,,,,2010,,,,,,\n", "1,session_attended,2021-03-08,x,sputnik,camp,,,,1980,,adult,,,,\n", 1, 1},
		"a cancellation's own": {"1,session_attended,2021-03-08,x,sputnik,camp,,,,2003,,,,,,\n", "1,session_cancelled,2021-03-08,,sputnik,camp,,,,,,,,,,\n", 0, 0},
	} {
		h := newHouse(t)
		h.bring(t, heading+c.first+cameBeside(""))
		h.updates(t, heading+c.then, "")
		h.counts(t, name, c.between)
		h.updates(t, heading+c.first, "")
		h.counts(t, name+", and the record says what it said", c.again)
	}
}

func TestARecordWhoseLineWasTakenBackByHandIsStillHeldAgainstWhatItSaid(t *testing.T) {
	h := newHouse(t)
	h.bring(t, heading+placed("2021-03-01", 2010)+cameBeside(""))
	h.caseByHand(t, 0, func(c *casework.Case) ([]events.Event, error) {
		for id := range c.Enrolments {
			return c.Withdraw(id, "other")
		}
		return nil, nil
	})
	h.updates(t, heading+placed("2021-03-01", 2003), "")
	h.counts(t, "the record says 2003 now", 0)
}

func TestAGenderThatIsSetBackIsSetBack(t *testing.T) {
	for _, kind := range []string{"child_enrolled", "referral_received", "session_attended"} {
		h := newHouse(t)
		for _, gender := range []string{"girl", "boy", "girl"} {
			h.updates(t, heading+fmt.Sprintf("1,%s,2021-03-01,x,sputnik,camp,,,,2010,%s,,,,,\n", kind, gender)+cameBeside(""), "")
			if f := h.figures(t, 2021); len(f.ByGender) != 1 || string(f.ByGender[0].Gender) != gender {
				t.Errorf("%s says %s: %+v", kind, gender, f.ByGender)
			}
		}
	}
}

func TestAHandThatSaysTheSameOfAChildByItsOtherRecordMakesTheRowADuplicate(t *testing.T) {
	row := func(id, child string) string {
		return heading + fmt.Sprintf("%s,session_attended,2021-03-01,%s,sputnik,camp,,,,,,,,,,\n", id, child)
	}
	for name, hand := range map[string]func(*casework.Session, casework.Person) ([]events.Event, error){
		"a tap": func(s *casework.Session, y casework.Person) ([]events.Event, error) {
			return s.MarkRow(y, casework.RowAttended, events.InstantOf(noon))
		},
		"a whole register": func(s *casework.Session, y casework.Person) ([]events.Event, error) {
			return s.State(casework.Register{Attended: []casework.Person{y}}, events.InstantOf(noon))
		},
	} {
		h := newHouse(t)
		h.bring(t, row("1", "z")+"2,referral_received,2021-03-01,x,,,self,,,,,,,,,\n3,referral_received,2021-03-01,y,,,self,,,,,,,,,\n")
		people := h.tokens(t, "x", "y")
		h.merges(t, people[0], people[1])
		h.byHand(t, "sputnik", func(s *casework.Session) ([]events.Event, error) { return hand(s, casework.Person{Child: people[1]}) })
		for id, child := range map[string]string{"4": "x", "5": "y"} {
			if s := h.bring(t, row(id, child)); s.Duplicates != 1 {
				t.Errorf("%s says that y is there, and the row that %s is: %+v", name, child, s)
			}
		}
	}
}

func TestAHandThatHoldsASessionAfterAllIsOneWhateverItsReason(t *testing.T) {
	const file = heading +
		"1,session_attended,2021-03-01,x,sputnik,camp,,,,,,,,,,\n" +
		"2,session_cancelled,2021-03-01,,sputnik,camp,,,,,,,,,,\n" +
		"3,session_cancelled,2021-03-01,,sputnik,camp,,,,,,,,,,\n"
	for _, reason := range []events.Reason{events.EnteredInError, events.SourceChanged} {
		h := newHouse(t)
		h.bring(t, file)
		h.byHand(t, "sputnik", func(s *casework.Session) ([]events.Event, error) {
			return s.TakeCancellationBack(reason, &casework.Group{})
		})
		if s := h.bring(t, file); s.Recorded != 0 {
			t.Errorf("%s: %+v", reason, s)
		}
		h.counts(t, "held after all, "+string(reason), 1)
	}
}

func TestAnAdultsBirthYearIsNotWhatItsRecordSaidOfAChild(t *testing.T) {
	row := func(role string, year int) string {
		return heading + fmt.Sprintf("1,session_attended,2021-03-08,x,sputnik,camp,,,,%d,,%s,,,,\n", year, role)
	}
	h := newHouse(t)
	h.bring(t, row("", 2010)+"2,referral_received,2021-03-01,x,,,self,,,,,,,,,\n")
	child := h.tokens(t, "x")[0]
	h.caseByHand(t, 0, func(*casework.Case) ([]events.Event, error) {
		return casework.Describe(events.ChildDescribed{Child: child, BirthYear: 2003, Reason: events.EnteredInError}), nil
	})
	h.updates(t, row("adult", 1980), "")
	h.updates(t, row("", 2010), "")
	h.counts(t, "the record says what it always said, and somebody corrected it", 0)
}
