package reach_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rackvidd/events"
	"rackvidd/projections/projectiontest"
	"rackvidd/projections/reach"
)

// sum is what the items add up to, without the unidentified and with them.
func sum(e reach.Explanation) (children, number int) {
	for _, item := range e.Items {
		number += item.Children
		if item.Reason != reach.Unidentified {
			children += item.Children
		}
	}
	return children, number
}

func (w *world) question(head events.Position) reach.Question {
	a, b := w.r.Uint64N(head+1), w.r.Uint64N(head+1)
	q := reach.Question{Period: w.period(), From: reach.Moment{Position: min(a, b)}, To: reach.Moment{Position: max(a, b)}}
	q.From.Definition = pick(w, reach.Definitions...)
	q.To.Definition = q.From.Definition
	if w.chance(40) {
		q.To.Definition = pick(w, reach.Definitions...)
	}
	return q
}

func TestAnExplanationOfAnyHistoryAddsUpToTheDifference(t *testing.T) {
	seed, began := firstSeed(t), time.Now()
	explained := make(map[reach.Reason]int)
	for n := range *histories {
		w := newWorld(t, seed+uint64(n), "1880")
		w.live(20 + w.r.IntN(80))
		head, _ := w.log.Head(t.Context(), w.m)
		for range 3 {
			q := w.question(head)
			e, err := reach.Explain(t.Context(), w.log, w.m, q)
			if err != nil {
				t.Fatalf("seed %d: %v", seed+uint64(n), err)
			}
			w.checkExplanation(t, q, e)
			for _, item := range e.Items {
				explained[item.Reason]++
			}
		}
		if t.Failed() {
			t.Fatalf("again with -seed=%d -histories=1", seed+uint64(n))
		}
	}
	t.Logf("%d histories in %s: %v", *histories, time.Since(began).Round(time.Millisecond), explained)
}

func (w *world) checkExplanation(t *testing.T, q reach.Question, e reach.Explanation) {
	t.Helper()
	for _, one := range []struct {
		asked  reach.Moment
		stated reach.Stated
	}{{q.From, e.Before}, {q.To, e.After}} {
		at := w.wholeUpTo(one.asked.Position)
		f := oracle(w.m, w.facts, one.asked.Definition, q.Period, at)
		want := reach.Stated{Position: at, Definition: one.asked.Definition.ID, Children: f.Children, Number: f.Bounds.Lower}
		if one.stated != want {
			t.Errorf("stated %+v, want %+v", one.stated, want)
		}
	}
	children, number := sum(e)
	if children != e.After.Children-e.Before.Children || number != e.After.Number-e.Before.Number {
		t.Errorf("from %+v to %+v the items are %+v", e.Before, e.After, e.Items)
	}
	w.checkUnidentified(t, q, e)
	changed := 0
	for _, c := range e.Changes {
		if changed += c.Children; c.Position <= e.Before.Position || c.Position > e.After.Position || w.wholeUpTo(c.Position) != c.Position {
			t.Errorf("between %d and %d nothing changed at %d", e.Before.Position, e.After.Position, c.Position)
		}
	}
	for _, item := range e.Items {
		if item.Children != item.More-item.Fewer {
			t.Errorf("%d more and %d fewer are not %d", item.More, item.Fewer, item.Children)
		}
		if item.Reason == reach.OtherDefinition {
			changed += item.Children
		}
	}
	if changed != children {
		t.Errorf("the decisions add up to %d, the items to %d", changed, children)
	}
}

// checkUnidentified: an item of children nobody identified names the decisions since which they are more or fewer, and no others.
func (w *world) checkUnidentified(t *testing.T, q reach.Question, e reach.Explanation) {
	t.Helper()
	unnamed := func(at events.Position) int {
		f := oracle(w.m, w.facts, q.To.Definition, q.Period, at)
		return f.Bounds.Lower - f.Children
	}
	for _, item := range e.Items {
		if item.Reason != reach.Unidentified {
			continue
		}
		want, before := []events.Position{}, unnamed(e.Before.Position)
		for at := e.Before.Position + 1; at <= e.After.Position; at++ {
			if w.wholeUpTo(at) != at {
				continue
			}
			if now := unnamed(at); now != before {
				want, before = append(want, at), now
			}
		}
		if !slices.Equal(item.Events, want) {
			t.Errorf("%d children nobody identified come from %v, not from %v", item.Children, want, item.Events)
		}
	}
}

// account is an explanation in one line.
func account(e reach.Explanation) string {
	words := []string{fmt.Sprintf("%d to %d", e.Before.Number, e.After.Number)}
	for _, item := range e.Items {
		words = append(words, fmt.Sprintf("%s %+d %v", item.Reason, item.Children, item.Events))
	}
	return strings.Join(words, "; ")
}

func TestWhyAFigureChanged(t *testing.T) {
	december := events.Date(2021, 12, 7)
	at := func(session events.ID, day events.Day) events.SessionOpened {
		return events.SessionOpened{Session: session, Programme: "sputnik", Form: events.SupportGroup, HeldOn: day}
	}
	came := func(session events.ID, marks ...events.Mark) events.SessionAttended {
		return events.SessionAttended{Session: session, Attended: marks}
	}
	as := func(child events.ID) events.Mark { return events.Mark{Child: child} }
	born := func(child events.ID, year events.Year) events.Mark { return events.Mark{Child: child, BirthYear: year} }
	merge := events.CaseMerged{Merge: events.Entry{Of: bo, Number: [8]byte{1}}, Into: anna}
	undone := events.MergeUndone{Merge: merge.Merge, Into: anna, Reason: "wrong_child"}
	late, abroad := events.ID{8}, events.ID{7}
	enrolment := events.Entry{Of: anna, Number: [8]byte{1}}
	enrolled := events.ChildEnrolled{Enrolment: enrolment, Programme: "sputnik", Form: events.SupportGroup, EnrolledOn: spring}
	three, groups, places := reach.Definitions[2], reach.Definitions[1], reach.Definitions[0]
	usual := []events.Event{at(evening, spring), came(evening, as(anna), as(bo))} // positions 1 and 2
	for _, c := range []struct {
		name     string
		before   []events.Event
		after    []events.Event
		from, to reach.Definition
		want     string
	}{
		{
			"nothing happened", usual, nil, three, three,
			"2 to 2",
		},
		{
			"a register from December typed in February is one late child",
			usual[:1],
			[]events.Event{at(late, december), came(late, as(anna)), came(evening, as(anna))},
			three, three,
			"0 to 1; late +1 [3]",
		},
		{
			"two records found to be one child are one fewer", usual,
			[]events.Event{merge},
			three, three,
			"2 to 1; merged -1 [3]",
		},
		{
			"and undone one more", append(usual[:2:2], merge),
			[]events.Event{undone},
			three, three,
			"1 to 2; unmerged +1 [4]",
		},
		{
			"a merge that was undone in between explains nothing",
			usual[:1],
			[]events.Event{usual[1], merge, undone},
			three, three,
			"0 to 2; late +2 [2]",
		},
		{
			"a withdrawn session takes its children away",
			usual,
			[]events.Event{events.SessionWithdrawn{Session: evening, Reason: "entered_in_error"}},
			three, three,
			"2 to 0; withdrawn -2 [3]",
		},
		{
			"but not one who came to another as well",
			append(usual[:2:2], at(late, december), came(late, as(bo))),
			[]events.Event{events.SessionWithdrawn{Session: evening, Reason: "entered_in_error"}},
			three, three,
			"2 to 1; withdrawn -1 [5]",
		},
		{
			"a session moved to another year too", usual,
			[]events.Event{events.SessionCorrected{Session: evening, Programme: "sputnik", Form: events.SupportGroup, HeldOn: spring + 365, Reason: "wrong_day"}},
			three, three,
			"2 to 0; corrected -2 [3]",
		},
		{
			"what was cancelled and reinstated explains nothing", usual,
			[]events.Event{events.SessionCancelled{Session: evening}, events.SessionReinstated{Session: evening, Reason: "other"}},
			three, three,
			"2 to 2",
		},
		{
			"a corrected birth year takes an adult out",
			append(usual[:1:1], came(evening, born(anna, 2013), as(bo))),
			[]events.Event{events.ChildDescribed{Child: anna, BirthYear: 1983, Reason: "other"}},
			three, three,
			"2 to 1; corrected -1 [3]",
		},
		{
			"so does a late record that says how old somebody is",
			usual,
			[]events.Event{events.ReferralReceived{Referral: enrolment, Channel: "self", ReceivedOn: spring, BirthYear: 1983}},
			three, three,
			"2 to 1; corrected -1 [3]",
		},
		{
			"and a register that says so of somebody absent",
			usual,
			[]events.Event{at(late, december), events.SessionAttended{Session: late, Absent: []events.Mark{born(anna, 1983)}}},
			three, three,
			"2 to 1; corrected -1 [4]",
		},
		{
			"a mark that was taken away was corrected",
			usual,
			[]events.Event{events.SessionAttended{Session: evening, Removed: []events.Mark{as(bo)}, Absent: []events.Mark{as(bo)}}},
			three, three,
			"2 to 1; corrected -1 [3]",
		},
		{
			"a child who was absent and turns out to have come was corrected",
			append(usual[:1:1], events.SessionAttended{Session: evening, Absent: []events.Mark{as(anna)}}),
			[]events.Event{events.SessionAttended{Session: evening, Removed: []events.Mark{as(anna)}, Attended: []events.Mark{as(anna)}}},
			three, three,
			"0 to 1; corrected +1 [3]",
		},
		{
			"one child for another is one more and one fewer",
			[]events.Event{at(evening, spring), came(evening, as(anna))},
			[]events.Event{events.SessionAttended{Session: evening, Removed: []events.Mark{as(anna)}, Attended: []events.Mark{as(bo)}}},
			three, three,
			"1 to 1; late +1 [3]; corrected -1 [3]",
		},
		{
			"a guest told by another municipality is a guest",
			usual,
			[]events.Event{
				events.SessionOpened{Session: abroad, Programme: "duvan", Form: events.Camp, HeldOn: spring, ProviderMunicipality: "0180"},
				came(abroad, as(events.ID{3})),
			},
			three, three,
			"2 to 3; guest +1 [4]",
		},
		{
			"a child who turns out to live elsewhere is a guest",
			usual,
			[]events.Event{events.ChildEnrolled{Enrolment: enrolment, Programme: "sputnik", Form: events.SupportGroup, EnrolledOn: spring, HomeMunicipality: "0180"}},
			three, three,
			"2 to 1; guest -1 [3]",
		},
		{
			"and so is one whose mark comes to say so",
			usual,
			[]events.Event{events.SessionAttended{Session: evening, Removed: []events.Mark{as(bo)}, Attended: []events.Mark{{Child: bo, HomeMunicipality: "0180"}}}},
			three, three,
			"2 to 1; guest -1 [3]",
		},
		{
			"the same events under groups/v1 and reach/v3",
			append(usual[:2:2], events.SessionOpened{Session: late, Programme: "sputnik", Form: events.Camp, HeldOn: december}, came(late, as(events.ID{3}))), nil, groups, three,
			"2 to 3; definition +1 []",
		},
		{
			"a definition is explained first, and then the decisions under the new one",
			usual,
			[]events.Event{events.SessionOpened{Session: late, Programme: "sputnik", Form: events.Camp, HeldOn: december}, came(late, as(events.ID{3}))},
			places, three,
			"0 to 3; definition +2 []; late +1 [4]",
		},
		{
			"a place is late where places count", nil,
			[]events.Event{enrolled},
			places, places,
			"0 to 1; late +1 [1]",
		},
		{
			"and withdrawn",
			[]events.Event{enrolled},
			[]events.Event{events.EntryWithdrawn{Entry: enrolment, Reason: "other"}},
			places, places,
			"1 to 0; withdrawn -1 [2]",
		},
		{
			"a place whose home is corrected is a guest's",
			[]events.Event{enrolled},
			[]events.Event{events.EnrolmentCorrected{Enrolment: enrolment, Programme: "sputnik", Form: events.SupportGroup, EnrolledOn: spring, HomeMunicipality: "0180", Reason: "other"}},
			places, places,
			"1 to 0; guest -1 [2]",
		},
		{
			"a programme that turns out to be for something else is corrected",
			usual,
			[]events.Event{events.ProgrammeRegistered{Programme: "sputnik", Name: "Sputnik", Forms: []events.Form{events.SupportGroup}, Organiser: "ngo", Target: events.OtherTarget, Identity: events.Linked}},
			three, three,
			"2 to 0; corrected -2 [3]",
		},
		{
			"children nobody identified are more than can be named",
			usual,
			[]events.Event{events.SessionAttended{Session: evening, Counted: []events.HeadCount{{Entry: events.Entry{Of: evening, Number: [8]byte{1}}, Count: 4}}}},
			three, three,
			"2 to 6; unidentified +4 [3]",
		},
		{
			"and who comes to be named elsewhere may have been among them",
			append(usual[:2:2], events.GuestsCounted{Report: events.ID{5}, ProviderMunicipality: "1881", Programme: "q", Form: events.Camp, HeldOn: spring, Children: 3}),
			[]events.Event{at(late, december), came(late, as(events.ID{3}))},
			three, three,
			"3 to 3; late +1 [5]; unidentified -1 [5]",
		},
		{
			"a count of guests that was taken back leaves none of them",
			append(usual[:2:2], events.GuestsCounted{Report: events.ID{5}, ProviderMunicipality: "1881", Programme: "q", Form: events.Camp, HeldOn: spring, Children: 9000}),
			[]events.Event{events.GuestCountWithdrawn{Report: events.ID{5}, Reason: events.EnteredInError}},
			three, three,
			"9000 to 2; unidentified -8998 [4]",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := projectiontest.NewStory(t, "1880")
			tell(s, c.before...)
			from, _ := s.Log.Head(t.Context(), "1880")
			tell(s, c.after...)
			to, _ := s.Log.Head(t.Context(), "1880")
			e, err := reach.Explain(t.Context(), s.Log, "1880", reach.Question{Period: reach.CalendarYear(2021), From: reach.Moment{Position: from, Definition: c.from}, To: reach.Moment{Position: to, Definition: c.to}})
			if got := account(e); err != nil || got != c.want {
				t.Errorf("%v\n got %s\nwant %s", err, got, c.want)
			}
		})
	}
}

func TestAnExplanationNamesItsDecisionsAndNoChild(t *testing.T) {
	s := projectiontest.NewStory(t, "1880")
	tell(s, attends(events.Mark{Child: anna}, events.Mark{Child: bo})...)
	merge := events.Entry{Of: bo, Number: [8]byte{1}}
	s.Together(projectiontest.Part{Stream: events.CaseOf(bo), Events: []events.Event{events.CaseMerged{Merge: merge, Into: anna}}},
		projectiontest.Part{Stream: events.CaseOf(anna), Events: []events.Event{events.CaseAbsorbed{Merge: merge, Child: bo}}})
	merged := s.Now
	d := reach.Definitions[2]
	ask := func(from, to events.Position) (reach.Explanation, error) {
		return reach.Explain(t.Context(), s.Log, "1880", reach.Question{Period: reach.CalendarYear(2021), From: reach.Moment{Position: from, Definition: d}, To: reach.Moment{Position: to, Definition: d}})
	}
	e, err := ask(2, 4)
	if err != nil || len(e.Changes) != 1 || e.Changes[0].Position != 4 || !e.Changes[0].Recorded.Equal(merged) {
		t.Errorf("%v: %+v", err, e.Changes)
	}
	raw, _ := json.Marshal(e)
	const want = `"items":[{"reason":"merged","children":-1,"more":0,"fewer":1,"events":[4]}],"changes":[{"position":4,`
	if !strings.Contains(string(raw), want) || strings.Contains(string(raw), bo.String()) {
		t.Errorf("%s", raw)
	}
	if e, err := ask(2, 3); err != nil || e.After.Position != 2 || len(e.Items) != 0 {
		t.Errorf("a position inside a decision is before it: %v, %+v", err, e)
	}
	if _, err := ask(4, 2); !errors.Is(err, reach.ErrBackwards) {
		t.Errorf("backwards: %v", err)
	}
	var beyond *reach.BeyondError
	if _, err := ask(2, 5); !errors.As(err, &beyond) || beyond.Position != 4 || beyond.Wanted != 5 {
		t.Errorf("beyond the log: %v", err)
	}
	if e, err := ask(0, 0); err != nil || account(e) != "0 to 0" {
		t.Errorf("of nothing: %v, %+v", err, e)
	}
}

const explained = 50_000

// longLog is as imports record it: one message an attendance, of 2,000 children at 6,000 sessions.
var longLog = sync.OnceValue(func() *projectiontest.Story {
	s := projectiontest.NewStory(&testing.B{}, "1880")
	for i := range explained {
		session, child := events.ID{0x50, byte(i % 6000), byte(i % 6000 >> 8)}, events.ID{0xc0, byte(i * 7 % 2000), byte(i * 7 % 2000 >> 8)}
		var list []events.Event
		if i < 6000 {
			list = append(list, events.SessionOpened{Session: session, Programme: "sputnik", Form: events.SupportGroup, HeldOn: events.Date(2021, 1, 1) + events.Day(i%700)})
		}
		s.Happens(events.SessionOf(session), append(list, events.SessionAttended{Session: session, Attended: []events.Mark{{Child: child, BirthYear: 2010}}})...)
	}
	return s
})

func BenchmarkExplain(b *testing.B) {
	s, d := longLog(), reach.Definitions[2]
	for _, from := range []events.Position{0, explained - 5_000, explained - 100} {
		b.Run(fmt.Sprintf("from %d", from), func(b *testing.B) {
			for b.Loop() {
				if _, err := reach.Explain(b.Context(), s.Log, "1880", reach.Question{
					Period: reach.CalendarYear(2021), From: reach.Moment{Position: from, Definition: d}, To: reach.Moment{Position: explained, Definition: d},
				}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
