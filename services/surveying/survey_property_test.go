package surveying_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"rackvidd/events"
	"rackvidd/services/surveying"
)

// office is three people who do anything in any order, and what an observer of the log notes.
type office struct {
	t         *rapid.T
	form      surveying.Form
	log       []step
	prepared  map[events.ID]bool // since the latest amendment
	ready     []events.SurveyAnswer
	approved  bool
	submitted []events.SurveyAnswer
	open      bool // not submitted, or amended since
}

func (o *office) survey() *surveying.Survey { return given(o.log...) }

// children is what the log says at the moment: it changes all the time.
func (o *office) children() []surveying.Answer {
	n := rapid.IntRange(0, 12).Draw(o.t, "children")
	return surveying.Draft(o.form, surveying.Figures{Year: year, Recorded: true, Children: n, Lower: n, Upper: n}, surveying.English)
}

func (o *office) somebodysAnswers() []events.SurveyAnswer {
	n := events.Amount(rapid.IntRange(1, 12).Draw(o.t, "number"))
	return rapid.SampledFrom([][]events.SurveyAnswer{
		{{Question: "Q4", Status: events.NumberAnswer, Basis: events.OverriddenBasis, Value: n, Lower: n, Upper: n, Wording: wrote("so")}},
		{{Question: "Q6", Status: events.ChoicesAnswer, Choices: []events.Choice{"funding"}}},
		{{Question: "Q1", Status: events.NoAnswer}},
		{{Question: "Q4", Status: events.YesAnswer}},
		nil,
	}).Draw(o.t, "answers")
}

func (o *office) findings() []surveying.Finding {
	return rapid.SampledFrom([][]surveying.Finding{nil, nil, nil, {{Rule: "S04", Severity: surveying.Warning}}, {{Rule: "S01", Severity: surveying.Error}}, {{Rule: "S24", Severity: surveying.Notice}}}).Draw(o.t, "findings")
}

// begin takes some steps of the way that a survey is meant to go.
func (o *office) begin() {
	for range rapid.IntRange(0, 2).Draw(o.t, "rounds") {
		o.do("check", anna)
		o.do("approve", bo)
		o.do("submit", anna)
		o.do("amend", anna)
	}
}

// act does something.
func (o *office) act() {
	what := rapid.SampledFrom([]string{"check", "approve", "submit", "amend", "check", "approve", "submit", "answer", "restore", "comment", "return"}).Draw(o.t, "what")
	o.do(what, rapid.SampledFrom([]events.ID{anna, bo, cleo}).Draw(o.t, "who"))
}

// do lets somebody do something, and notes what an observer sees of it.
func (o *office) do(what string, who events.ID) {
	s := o.survey()
	var list []events.Event
	var err error
	switch what {
	case "answer":
		list, err = s.Answer(o.form, year, o.somebodysAnswers(), nil)
	case "restore":
		list, err = s.Answer(o.form, year, nil, []events.Question{"Q4", "Q6"})
	case "comment":
		list, err = s.Comment(year, commented.Comments)
	case "check":
		list, err = s.Check(o.form, year, 12, s.Thawed().Answers(o.children(), kept), o.findings(), surveying.Circumstances{})
	case "approve":
		list, err = s.Approve(year, who)
	case "return":
		list, err = s.Return(year, wrote("why"))
	case "submit":
		list, err = s.Submit(year, "test", nil)
	case "amend":
		list, err = s.Amend(year, wrote("why"))
	}
	if err != nil {
		return
	}
	if len(list) > 0 {
		o.log = append(o.log, by(who, list...))
	}
	for _, e := range list {
		o.see(who, e)
	}
}

// see notes an event and complains of what must never be.
func (o *office) see(who events.ID, e events.Event) {
	switch e := e.(type) {
	case events.SurveyApproved:
		if o.prepared[who] || o.ready == nil {
			o.t.Fatalf("%d approved what they prepared, or what nobody checked", who[0])
		}
		o.approved = true
	case events.SurveySubmitted:
		if !o.approved || !o.open || !reflect.DeepEqual(e.Answers, o.ready) {
			o.t.Fatalf("submitted without approval, twice, or something else than was checked")
		}
		o.submitted, o.open = e.Answers, false
	case events.SurveyReturned:
		o.ready, o.approved = nil, false
	default:
		o.work(who, e)
	}
}

func (o *office) work(who events.ID, e events.Event) {
	_, amends := e.(events.SurveyAmended)
	if !o.open && !amends {
		o.t.Fatalf("%T changes what was submitted", e)
	}
	if amends {
		o.prepared, o.open = make(map[events.ID]bool), true
	}
	o.prepared[who], o.ready, o.approved = true, nil, false
	if e, ok := e.(events.SurveyChecked); ok {
		o.ready = e.Answers
	}
}

// standing says what the survey shows, however the log's figures change.
func (o *office) standing() {
	s := o.survey()
	if s.Submitted != nil && !reflect.DeepEqual(s.Submitted.Answers, o.submitted) || s.Submitted == nil && o.submitted != nil {
		o.t.Fatalf("what was submitted is now %+v, and was %+v", s.Submitted, o.submitted)
	}
	if s.State == surveying.Submitted == o.open || s.State == surveying.Approved != (o.approved && o.open) {
		o.t.Fatalf("the survey is %s; open %v, approved %v", s.State, o.open, o.approved)
	}
	said := o.submitted
	if o.open {
		said = o.ready
	}
	for _, a := range s.Answers(o.children(), kept) {
		i := slices.IndexFunc(said, func(one events.SurveyAnswer) bool { return one.Question == a.Question })
		if i >= 0 && (a.Status != said[i].Status || a.Number() != int(said[i].Value) || fmt.Sprint(a.Choices) != fmt.Sprint(said[i].Choices)) {
			o.t.Fatalf("%s was frozen as %+v and says %+v", a.Question, said[i], a)
		}
	}
}

func TestNothingThatPeopleDoInAnyOrderBreaksASurvey(t *testing.T) {
	v3 := form(t, "v3")
	submissions, approvals := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		o := &office{t: t, form: v3, prepared: make(map[events.ID]bool), open: true}
		o.begin()
		for range rapid.IntRange(1, 60).Draw(t, "commands") {
			o.act()
			o.standing()
		}
		for _, one := range o.survey().Steps {
			switch one.What {
			case "submitted":
				submissions++
			case "approved":
				approvals++
			}
		}
	})
	if submissions < 10 || approvals < 10 {
		t.Errorf("%d approvals and %d submissions prove little", approvals, submissions)
	}
}

func TestAnyOrderOfEventsIsASurvey(t *testing.T) {
	v3 := form(t, "v3")
	all := []events.Event{answered, commented, checked, again2, approved, returned, submitted, amended, events.SurveySubmitted{}, events.SurveyChecked{}, events.SurveyAmended{}, events.SurveyAnswered{}, events.SessionOpened{}}
	rapid.Check(t, func(t *rapid.T) {
		var log []step
		for _, e := range rapid.SliceOfN(rapid.SampledFrom(all), 0, 20).Draw(t, "events") {
			log = append(log, by(rapid.SampledFrom([]events.ID{anna, bo}).Draw(t, "who"), e))
		}
		s := given(log...)
		answers := s.Answers(surveying.Draft(v3, surveying.Figures{}, surveying.Swedish), kept)
		s.Wordings()
		s.PreparedBy()
		for _, decide := range []decision{approve(anna), submit, amend(wrote("why")), sendBack(wrote("why"))} {
			list, err := decide(s)
			if (len(list) > 0) == (err != nil) {
				t.Fatalf("decided %v and %v", list, err)
			}
		}
		if _, err := s.Check(v3, year, 1, answers, nil, surveying.Circumstances{}); (err != nil) != (s.State == surveying.Submitted) {
			t.Fatalf("%s: %v", s.State, err)
		}
	})
}
