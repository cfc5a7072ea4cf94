package surveying_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"rackvidd/events"
	"rackvidd/services/surveying"
)

const year = events.Year(2021)

// What happens in the stories of one survey.
var (
	frozen = []events.SurveyAnswer{
		{Question: "Q1", Status: events.YesAnswer},
		{Question: "Q4", Status: events.NumberAnswer, Basis: events.CountedBasis, Value: 45, Lower: 45, Upper: 45},
	}
	answered  = events.SurveyAnswered{Year: year, Answers: []events.SurveyAnswer{{Question: "Q6", Status: events.ChoicesAnswer, Choices: []events.Choice{"funding"}}}}
	commented = events.SurveyCommented{Year: year, Comments: []events.CheckComment{{Rule: "S04", Wording: wrote("drop-in")}}}
	checked   = events.SurveyChecked{Year: year, Version: 1, Form: "v3", Definition: "reach/v3", Position: 12, Answers: frozen}
	approved  = events.SurveyApproved{Year: year, Version: 1}
	returned  = events.SurveyReturned{Year: year, Version: 1, Wording: wrote("the camp?")}
	submitted = events.SurveySubmitted{Year: year, Version: 1, Form: "v3", Definition: "reach/v3", Position: 12, Program: "test", Answers: frozen, Released: frozen}
	amended   = events.SurveyAmended{Year: year, Version: 2, Wording: wrote("a late camp")}
	again2    = events.SurveyChecked{Year: year, Version: 2, Form: "v3", Definition: "reach/v3", Position: 15, Answers: frozen}
)

type decision func(*surveying.Survey) ([]events.Event, error)

func approve(who events.ID) decision {
	return func(s *surveying.Survey) ([]events.Event, error) { return s.Approve(year, who) }
}

func submit(s *surveying.Survey) ([]events.Event, error) { return s.Submit(year, "test", frozen) }

func sendBack(why events.Wording) decision {
	return func(s *surveying.Survey) ([]events.Event, error) { return s.Return(year, why) }
}

func amend(why events.Wording) decision {
	return func(s *surveying.Survey) ([]events.Event, error) { return s.Amend(year, why) }
}

func TestTheWayOfAnAnswer(t *testing.T) {
	v3 := form(t, "v3")
	sign := func(findings ...surveying.Finding) decision {
		return func(s *surveying.Survey) ([]events.Event, error) {
			return s.Check(v3, year, 12, []surveying.Answer{{Question: "Q1", Status: events.YesAnswer}, {Question: "Q4", Status: events.NumberAnswer, Basis: events.CountedBasis, Value: new(45), Lower: new(45), Upper: new(45), Computed: 45}}, findings, surveying.Circumstances{})
		}
	}
	answer := func(s *surveying.Survey) ([]events.Event, error) { return s.Answer(v3, year, answered.Answers, nil) }
	comment := func(s *surveying.Survey) ([]events.Event, error) { return s.Comment(year, commented.Comments) }
	warned := surveying.Finding{Rule: "S04", Severity: surveying.Warning}
	withWarning := checked
	withWarning.Warnings = []events.Rule{"S04"}
	secondSubmitted := submitted
	secondSubmitted.Version, secondSubmitted.Position = 2, 15

	for _, c := range []struct {
		name  string
		given []step
		when  decision
		then  []any
	}{
		{"a draft is answered", nil, answer, []any{answered}},
		{"and commented on", nil, comment, []any{commented}},
		{"and checked", nil, sign(), []any{checked}},
		{"what is good to know keeps it from nothing", nil, sign(surveying.Finding{Rule: "S24", Severity: surveying.Notice}), []any{checked}},
		{"a warning that has a comment goes with it", []step{by(anna, commented)}, sign(warned), []any{withWarning}},
		{"a draft is not approved", nil, approve(bo), []any{"not_checked"}},
		{"nor submitted", nil, submit, []any{"not_approved"}},
		{"nor returned", nil, sendBack(wrote("why")), []any{"not_checked"}},
		{"nor amended", nil, amend(wrote("why")), []any{"not_submitted"}},

		{"what was checked is approved by another", []step{by(anna, checked)}, approve(bo), []any{approved}},
		{"not by whoever checked it", []step{by(anna, checked)}, approve(anna), []any{"four_eyes"}},
		{"nor by whoever answered", []step{by(bo, answered), by(anna, checked)}, approve(bo), []any{"four_eyes"}},
		{"nor by whoever commented", []step{by(bo, commented), by(anna, checked)}, approve(bo), []any{"four_eyes"}},
		{"nor by whoever gave an answer that was taken back", []step{by(bo, answered), by(anna, events.SurveyAnswered{Year: year, Restored: []events.Question{"Q6"}}), by(anna, checked)}, approve(bo), []any{"four_eyes"}},
		{"whoever returned it did not prepare it", []step{by(anna, checked), by(bo, returned), by(anna, checked)}, approve(bo), []any{approved}},
		{"what was checked is not submitted", []step{by(anna, checked)}, submit, []any{"not_approved"}},
		{"it is checked again", []step{by(anna, checked)}, sign(), []any{checked}},
		{"changed, it has to be checked again", []step{by(anna, checked), by(anna, answered)}, approve(bo), []any{"not_checked"}},
		{"commented on as well", []step{by(anna, checked), by(anna, commented)}, approve(bo), []any{"not_checked"}},
		{"it is returned with a reason", []step{by(anna, checked)}, sendBack(wrote("the camp?")), []any{returned}},
		{"not without one", []step{by(anna, checked)}, sendBack(events.Wording{}), []any{"no_reason"}},
		{"returned, it is not approved", []step{by(anna, checked), by(bo, returned)}, approve(cleo), []any{"not_checked"}},

		{"what was approved is submitted as it was checked", []step{by(anna, checked), by(bo, approved)}, submit, []any{submitted}},
		{"it is approved once", []step{by(anna, checked), by(bo, approved)}, approve(cleo), []any{"approved"}},
		{"it is returned all the same", []step{by(anna, checked), by(bo, approved)}, sendBack(wrote("the camp?")), []any{returned}},
		{"changed, it is not submitted", []step{by(anna, checked), by(bo, approved), by(cleo, answered)}, submit, []any{"not_approved"}},
		{"checked again, it has to be approved again", []step{by(anna, checked), by(bo, approved), by(anna, checked)}, submit, []any{"not_approved"}},

		{"what was submitted is not submitted again", []step{by(anna, checked), by(bo, approved), by(anna, submitted)}, submit, []any{"submitted"}},
		{"nor answered", []step{by(anna, checked), by(bo, approved), by(anna, submitted)}, answer, []any{"submitted"}},
		{"nor commented on", []step{by(anna, checked), by(bo, approved), by(anna, submitted)}, comment, []any{"submitted"}},
		{"nor checked", []step{by(anna, checked), by(bo, approved), by(anna, submitted)}, sign(), []any{"submitted"}},
		{"nor approved", []step{by(anna, checked), by(bo, approved), by(anna, submitted)}, approve(cleo), []any{"submitted"}},
		{"nor returned", []step{by(anna, checked), by(bo, approved), by(anna, submitted)}, sendBack(wrote("why")), []any{"not_checked"}},
		{"it is amended with a reason", []step{by(anna, checked), by(bo, approved), by(anna, submitted)}, amend(wrote("a late camp")), []any{amended}},
		{"not without one", []step{by(anna, checked), by(bo, approved), by(anna, submitted)}, amend(events.Wording{}), []any{"no_reason"}},

		{"what is amended has to be checked", []step{by(anna, checked), by(bo, approved), by(anna, submitted), by(anna, amended)}, submit, []any{"not_approved"}},
		{"is not amended twice", []step{by(anna, checked), by(bo, approved), by(anna, submitted), by(anna, amended)}, amend(wrote("why")), []any{"not_submitted"}},
		{"is not approved by whoever amended it", []step{by(anna, checked), by(bo, approved), by(anna, submitted), by(bo, amended), by(anna, again2)}, approve(bo), []any{"four_eyes"}},
		{"is approved by whoever worked on another version alone", []step{by(anna, checked), by(bo, approved), by(anna, submitted), by(bo, amended), by(bo, again2)}, approve(anna), []any{events.SurveyApproved{Year: year, Version: 2}}},
		{"and is submitted as the next version", []step{by(anna, checked), by(bo, approved), by(anna, submitted), by(bo, amended), by(bo, again2), by(anna, events.SurveyApproved{Year: year, Version: 2})}, submit, []any{secondSubmitted}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.when(given(c.given...))
			then(t, got, err, c.then...)
		})
	}
}

func TestWhatKeepsASurveyFromBeingChecked(t *testing.T) {
	broken, warned := surveying.Finding{Rule: "S01", Severity: surveying.Error}, surveying.Finding{Rule: "S04", Severity: surveying.Warning}
	for _, c := range []struct {
		name     string
		given    []step
		findings []surveying.Finding
		says     string
	}{
		{"what cannot be true", nil, []surveying.Finding{broken}, "put right what the checks S01 found"},
		{"a warning that nobody explained", nil, []surveying.Finding{warned}, "comment on what the checks S04 found"},
		{"both", nil, []surveying.Finding{broken, warned}, "put right what the checks S01 found, and comment on S04"},
		{"a comment explains no error", []step{by(anna, events.SurveyCommented{Year: year, Comments: []events.CheckComment{{Rule: "S01", Wording: wrote("so it is")}}})}, []surveying.Finding{broken}, "put right what the checks S01 found"},
		{"nor another warning", []step{by(anna, commented)}, []surveying.Finding{{Rule: "S05", Severity: surveying.Warning}}, "comment on what the checks S05 found"},
	} {
		got, err := given(c.given...).Check(form(t, "v3"), year, 12, nil, c.findings, surveying.Circumstances{})
		var unclear *surveying.NotClearError
		if !errors.As(err, &unclear) || err.Error() != c.says || got != nil || unclear.Clear() {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
	}
}

func TestAnAnswerOfSomebodysOwn(t *testing.T) {
	why := wrote("two children came as one")
	number := func(a surveying.GivenAnswer, w events.Wording) events.SurveyAnswer {
		a.Question = "Q4"
		return a.Event(45, w)
	}
	choices := func(q events.Question, list ...events.Choice) events.SurveyAnswer {
		return surveying.GivenAnswer{Question: q, Status: events.ChoicesAnswer, Choices: list}.Event(0, events.Wording{})
	}
	short := func(q events.Question, s events.AnswerStatus) events.SurveyAnswer {
		return surveying.GivenAnswer{Question: q, Status: s}.Event(0, events.Wording{})
	}
	overridden := events.SurveyAnswer{Question: "Q4", Status: events.NumberAnswer, Basis: events.OverriddenBasis, Value: 46, Lower: 46, Upper: 46, Computed: 45, Wording: why}
	estimated := overridden
	estimated.Basis, estimated.Lower, estimated.Upper = events.EstimatedBasis, 40, 60
	for _, c := range []struct {
		name  string
		given events.SurveyAnswer
		want  any
	}{
		{"a number instead of the one counted keeps that beside it", number(surveying.GivenAnswer{Status: events.NumberAnswer, Value: 46}, why), overridden},
		{"an estimate has bounds", number(surveying.GivenAnswer{Status: events.NumberAnswer, Basis: events.EstimatedBasis, Value: 46, Lower: new(40), Upper: new(60)}, why), estimated},
		{"a number where nobody was counted is entered", surveying.GivenAnswer{Question: "Q4", Status: events.NumberAnswer, Value: 46}.Event(0, why), events.SurveyAnswer{Question: "Q4", Status: events.NumberAnswer, Basis: events.EnteredBasis, Value: 46, Lower: 46, Upper: 46, Wording: why}},
		{"nobody is zero", number(surveying.GivenAnswer{Status: events.ZeroAnswer}, why), events.SurveyAnswer{Question: "Q4", Status: events.ZeroAnswer, Basis: events.OverriddenBasis, Computed: 45, Wording: why}},
		{"how many may be unknown", short("Q4", events.UnknownAnswer), short("Q4", events.UnknownAnswer)},
		{"a question may be left", short("Q2", events.NotAnswered), short("Q2", events.NotAnswered)},
		{"whether is yes or no", short("Q1", events.NoAnswer), short("Q1", events.NoAnswer)},
		{"none of the options is an answer", choices("Q5"), choices("Q5")},
		{"three of three", choices("Q3", "camp", "counselling", "other"), choices("Q3", "camp", "counselling", "other")},
		{"any number where there is no maximum", choices("Q5", "school", "police", "self", "other"), choices("Q5", "school", "police", "self", "other")},
		{"words", events.SurveyAnswer{Question: "Q7", Status: events.TextAnswer, Wording: why}, events.SurveyAnswer{Question: "Q7", Status: events.TextAnswer, Wording: why}},

		{"a number needs a reason", number(surveying.GivenAnswer{Status: events.NumberAnswer, Value: 46}, events.Wording{}), "no_reason"},
		{"zero too", number(surveying.GivenAnswer{Status: events.ZeroAnswer}, events.Wording{}), "no_reason"},
		{"nobody counts by hand", number(surveying.GivenAnswer{Status: events.NumberAnswer, Basis: events.CountedBasis, Value: 46}, why), "wrong_basis"},
		{"a number is not zero", number(surveying.GivenAnswer{Status: events.NumberAnswer}, why), "wrong_answer"},
		{"zero is not a number", number(surveying.GivenAnswer{Status: events.ZeroAnswer, Value: 1}, why), "wrong_answer"},
		{"zero is not up to four", number(surveying.GivenAnswer{Status: events.ZeroAnswer, Upper: new(4)}, why), "wrong_number"},
		{"a number is not below its bounds", number(surveying.GivenAnswer{Status: events.NumberAnswer, Value: 46, Lower: new(47)}, why), "wrong_number"},
		{"nor above them", number(surveying.GivenAnswer{Status: events.NumberAnswer, Value: 46, Upper: new(45)}, why), "wrong_number"},
		{"nor below nothing", number(surveying.GivenAnswer{Status: events.NumberAnswer, Value: -1}, why), "wrong_number"},
		{"nor of more than a town", number(surveying.GivenAnswer{Status: events.NumberAnswer, Value: 10_001}, why), "wrong_number"},
		{"how many is not yes", short("Q4", events.YesAnswer), "wrong_answer"},
		{"whether is not a number", surveying.GivenAnswer{Question: "Q1", Status: events.NumberAnswer, Value: 1}.Event(0, why), "wrong_answer"},
		{"choices are no words", events.SurveyAnswer{Question: "Q6", Status: events.TextAnswer, Wording: why}, "wrong_answer"},
		{"words are no choices", choices("Q7", "funding"), "wrong_answer"},
		{"nobody withholds by hand", short("Q4", events.SuppressedAnswer), "wrong_answer"},
		{"nobody unasks", short("Q4", events.NotAsked), "wrong_answer"},
		{"words are written", short("Q7", events.TextAnswer), "no_text"},
		{"a choice is an option", choices("Q6", "time"), "unknown_choice"},
		{"of that question", choices("Q6", "camp"), "unknown_choice"},
		{"a choice is made once", choices("Q6", "funding", "funding"), "twice"},
		{"four of three", choices("Q3", "camp", "counselling", "other", "school_health"), "too_many"},
		{"a question is on the form", short("Q9", events.YesAnswer), "unknown_question"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := surveying.NewSurvey().Answer(form(t, "v3"), year, []events.SurveyAnswer{c.given}, nil)
			if answer, ok := c.want.(events.SurveyAnswer); ok {
				c.want = events.SurveyAnswered{Year: year, Answers: []events.SurveyAnswer{answer}}
			}
			then(t, got, err, c.want)
		})
	}
}

func TestARefusalSaysWhatThereIsAndNotWhatWasSent(t *testing.T) {
	s := surveying.NewSurvey()
	answered := func(a events.SurveyAnswer) error {
		_, err := s.Answer(form(t, "v3"), year, []events.SurveyAnswer{a}, nil)
		return err
	}
	_, restored := s.Answer(form(t, "v3"), year, nil, []events.Question{"Kalle"})
	_, commented := s.Comment(year, []events.CheckComment{{Rule: "Kalle", Wording: wrote("?")}})
	_, remarked := s.Remark(form(t, "v3"), year, []events.QuestionComment{{Question: "Kalle", Wording: wrote("?")}})
	for says, err := range map[string]error{
		"there are Q1, Q2, Q3, Q4, Q5, Q6, Q7":          answered(events.SurveyAnswer{Question: "Kalle", Status: events.NumberAnswer}),
		"is number, zero, unknown or not_answered":      answered(events.SurveyAnswer{Question: "Q4", Status: "Kalle"}),
		"as well; there are Q1, Q2, Q3, Q4, Q5, Q6, Q7": restored,
		"name one of the survey's checks":               commented,
		"not on form v3; there are Q1, Q2":              remarked,
	} {
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "Kalle") {
			t.Errorf("it says %v, and not %s", err, says)
		}
	}
}

func TestARefusedChoiceNamesTheOptionsThereAre(t *testing.T) {
	_, err := surveying.NewSurvey().Answer(form(t, "v3"), year, []events.SurveyAnswer{{Question: "Q6", Status: events.ChoicesAnswer, Choices: []events.Choice{"foo"}}}, nil)
	if err == nil || !strings.Contains(err.Error(), "Q6 has no such option; there are ") || !strings.Contains(err.Error(), "cooperation, ") {
		t.Error(err)
	}
}

func TestAnswersAreGivenAndTakenBack(t *testing.T) {
	yes := events.SurveyAnswer{Question: "Q1", Status: events.YesAnswer}
	for _, c := range []struct {
		name     string
		given    []step
		answers  []events.SurveyAnswer
		restored []events.Question
		want     []any
	}{
		{"what was given is taken back", []step{by(anna, answered)}, nil, []events.Question{"Q6"}, []any{events.SurveyAnswered{Year: year, Restored: []events.Question{"Q6"}}}},
		{"what nobody gave is as it was", nil, nil, []events.Question{"Q6"}, nil},
		{"one is given and another taken back", []step{by(anna, answered)}, []events.SurveyAnswer{yes}, []events.Question{"Q6"}, []any{events.SurveyAnswered{Year: year, Answers: []events.SurveyAnswer{yes}, Restored: []events.Question{"Q6"}}}},
		{"nothing is no answer", nil, nil, nil, []any{"no_answer"}},
		{"a question has one answer", nil, []events.SurveyAnswer{yes, yes}, nil, []any{"twice"}},
		{"and is not taken back in the same breath", []step{by(anna, answered)}, []events.SurveyAnswer{yes}, []events.Question{"Q1"}, []any{"unknown_question"}},
		{"what is not asked is not taken back", nil, nil, []events.Question{"Q9"}, []any{"unknown_question"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := given(c.given...).Answer(form(t, "v3"), year, c.answers, c.restored)
			then(t, got, err, c.want...)
		})
	}
}

func TestComments(t *testing.T) {
	one := events.CheckComment{Rule: "S04", Wording: wrote("drop-in")}
	for _, c := range []struct {
		name  string
		given []events.CheckComment
		want  any
	}{
		{"a rule is commented on", []events.CheckComment{one}, events.SurveyCommented{Year: year, Comments: []events.CheckComment{one}}},
		{"not one that does not exist", []events.CheckComment{{Rule: "S99", Wording: wrote("?")}}, "unknown_rule"},
		{"nothing is no comment", nil, "no_comment"},
		{"and neither is an empty one", []events.CheckComment{{Rule: "S04"}}, "no_comment"},
		{"a rule has one comment", []events.CheckComment{one, one}, "twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := surveying.NewSurvey().Comment(year, c.given)
			then(t, got, err, c.want)
		})
	}
}

func TestCommentsBesideQuestions(t *testing.T) {
	one := events.QuestionComment{Question: "Q4", Wording: wrote("five more came and were not entered")}
	for _, c := range []struct {
		name  string
		given []events.QuestionComment
		want  any
	}{
		{"a question is commented on", []events.QuestionComment{one}, events.SurveyQuestionCommented{Year: year, Comments: []events.QuestionComment{one}}},
		{"not one that the form does not ask", []events.QuestionComment{{Question: "Q9", Wording: wrote("?")}}, "unknown_question"},
		{"an empty one is none", []events.QuestionComment{{Question: "Q4"}}, "no_comment"},
		{"a question has one comment", []events.QuestionComment{one, one}, "twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := surveying.NewSurvey().Remark(form(t, "v3"), year, c.given)
			then(t, got, err, c.want)
		})
	}
}

func TestWhatASurveySays(t *testing.T) {
	counted := func(n int) []surveying.Answer {
		f := surveying.Figures{Year: year, Children: n, Lower: n, Upper: n, Definition: "reach/v3"}
		return surveying.Draft(form(t, "v3"), f, surveying.English)
	}
	override := events.SurveyAnswered{Year: year, Answers: []events.SurveyAnswer{{Question: "Q4", Status: events.NumberAnswer, Basis: events.OverriddenBasis, Value: 50, Lower: 50, Upper: 50, Computed: 45, Wording: wrote("five more")}}}
	for _, c := range []struct {
		name     string
		given    []step
		counted  int
		value    int
		basis    events.AnswerBasis
		computed int
		reason   string
	}{
		{"a draft follows the log", nil, 47, 47, events.CountedBasis, 47, ""},
		{"a number of somebody's own stands, and the one counted is beside it", []step{by(anna, override)}, 47, 50, events.OverriddenBasis, 47, "five more"},
		{"taken back, it follows the log again", []step{by(anna, override), by(anna, events.SurveyAnswered{Year: year, Restored: []events.Question{"Q4"}})}, 47, 47, events.CountedBasis, 47, ""},
		{"what was checked stays what it was", []step{by(anna, checked)}, 47, 45, events.CountedBasis, 47, ""},
		{"what was approved too", []step{by(anna, checked), by(bo, approved)}, 47, 45, events.CountedBasis, 47, ""},
		{"and what was submitted", []step{by(anna, checked), by(bo, approved), by(anna, submitted)}, 47, 45, events.CountedBasis, 47, ""},
		{"what is returned follows the log", []step{by(anna, checked), by(bo, returned)}, 47, 47, events.CountedBasis, 47, ""},
		{"what is amended too", []step{by(anna, checked), by(bo, approved), by(anna, submitted), by(anna, amended)}, 47, 47, events.CountedBasis, 47, ""},
		{"with the answers that were given before", []step{by(anna, override), by(anna, checked), by(bo, approved), by(anna, submitted), by(anna, amended)}, 47, 50, events.OverriddenBasis, 47, "five more"},
	} {
		a := answerTo(t, given(c.given...).Answers(counted(c.counted), kept), "Q4")
		if a.Number() != c.value || *a.Lower != c.value || *a.Upper != c.value || a.Basis != c.basis || a.Computed != c.computed || a.Reason != c.reason {
			t.Errorf("%s: %d %s, computed %v, because %q", c.name, a.Number(), a.Basis, a.Computed, a.Reason)
		}
	}
	for _, s := range []*surveying.Survey{given(by(anna, override)), given(by(anna, override), by(anna, checked), by(bo, approved), by(anna, submitted), by(anna, amended))} {
		if then := answerTo(t, s.Answers(counted(47), kept), "Q4").CountedThen; then == nil || *then != 45 {
			t.Errorf("what was counted when the number was given: %v", then)
		}
	}
	words := events.SurveyAnswered{Year: year, Answers: []events.SurveyAnswer{{Question: "Q7", Status: events.TextAnswer, Wording: wrote("more leaders")}, {Question: "Q4", Status: events.UnknownAnswer, Wording: wrote("a fire")}}}
	all := given(by(anna, words)).Answers(counted(45), kept)
	if q7, q4 := answerTo(t, all, "Q7"), answerTo(t, all, "Q4"); q7.Text != "more leaders" || q7.Reason != "" || q4.Reason != "a fire" || q4.Value != nil || q4.Lower != nil || q4.Basis != "" || q4.Computed != 45 {
		t.Errorf("in words: %+v, unknown: %+v", q7, q4)
	}
	if q3 := answerTo(t, given(by(anna, events.SurveyAnswered{Year: year, Answers: []events.SurveyAnswer{{Question: "Q3", Status: events.ChoicesAnswer}}})).Answers(surveying.Draft(form(t, "v1"), surveying.Figures{}, surveying.English), kept), "Q3"); q3.Status != events.NotAsked {
		t.Errorf("what is not asked is not answered: %+v", q3)
	}
}

func TestWhatIsFrozenIsWhatWasSaid(t *testing.T) {
	s := given(by(anna, events.SurveyAnswered{Year: year, Answers: []events.SurveyAnswer{
		{Question: "Q4", Status: events.NumberAnswer, Basis: events.EstimatedBasis, Value: 50, Lower: 48, Upper: 60, Computed: 45, Wording: wrote("a guess")},
		{Question: "Q7", Status: events.TextAnswer, Wording: wrote("thanks")},
	}}))
	f := surveying.Figures{Year: year, Children: 47, Lower: 47, Upper: 47, Channels: []surveying.Count[events.Channel]{{"school", 3}}}
	list, err := s.Check(form(t, "v3"), year, 12, s.Answers(surveying.Draft(form(t, "v3"), f, surveying.English), kept), nil, surveying.Circumstances{})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list[0].(events.SurveyChecked).Answers {
		want := map[events.Question]string{
			"Q4": fmt.Sprintf("%+v", events.SurveyAnswer{Question: "Q4", Status: events.NumberAnswer, Basis: events.EstimatedBasis, Value: 50, Lower: 48, Upper: 60, Computed: 47, Wording: wrote("a guess")}),
			"Q5": fmt.Sprintf("%+v", events.SurveyAnswer{Question: "Q5", Status: events.ChoicesAnswer, Choices: []events.Choice{"school"}}),
			"Q7": fmt.Sprintf("%+v", events.SurveyAnswer{Question: "Q7", Status: events.TextAnswer, Wording: wrote("thanks")}),
		}[a.Question]
		if got := fmt.Sprintf("%+v", a); want != "" && got != want {
			t.Errorf("frozen: %s\nwant:   %s", got, want)
		}
	}
}

func TestASurveyRemembersWhoDidWhat(t *testing.T) {
	s := given(by(anna, answered, commented), by(anna, checked), by(bo, returned), by(cleo, checked), by(bo, approved), by(anna, submitted), by(bo, amended))
	var got []string
	for _, one := range s.Steps {
		got = append(got, fmt.Sprintf("%s %d %d %d", one.What, one.Version, one.By[0], one.Position))
	}
	want := []string{"answered 1 1 1", "commented 1 1 1", "checked 1 1 2", "returned 1 2 3", "checked 1 3 4", "approved 1 2 5", "submitted 1 1 6", "amended 2 2 7"}
	if !slices.Equal(got, want) {
		t.Errorf("the steps are %q", got)
	}
	if !slices.Equal(s.PreparedBy(), []events.ID{anna, bo}) || !s.Prepared(bo) || !s.Prepared(anna) || s.Prepared(cleo) || s.State != surveying.Amended || s.Version != 2 || !s.Open() || reads(s.Reason) != "a late camp" {
		t.Errorf("version %d, %s, was prepared by %v because of %q", s.Version, s.State, s.PreparedBy(), reads(s.Reason))
	}
	if s.Frozen != nil {
		t.Errorf("what is amended is frozen as %+v", s.Frozen)
	}
	for _, steps := range [][]step{{by(anna, checked)}, {by(anna, checked), by(bo, approved)}, {by(anna, checked), by(bo, approved), by(anna, submitted)}} {
		if s := given(steps...); s.Frozen == nil || s.Frozen.Position != 12 || s.CheckedAt.IsZero() {
			t.Errorf("after %d steps it is frozen as %+v, checked at %s", len(steps), s.Frozen, s.CheckedAt)
		}
	}
}

func TestWhoeverWroteWhatStillStandsHasPreparedTheNextVersionToo(t *testing.T) {
	s := given(by(anna, answered), by(anna, checked), by(bo, approved), by(anna, submitted), by(bo, amended), by(bo, checked))
	for _, who := range []events.ID{anna, bo} {
		got, err := s.Approve(year, who)
		then(t, got, err, "four_eyes")
	}
	if _, err := s.Approve(year, cleo); err != nil {
		t.Errorf("a third person: %v", err)
	}
	s = given(by(anna, answered), by(anna, checked), by(bo, approved), by(anna, submitted), by(bo, amended), by(bo, events.SurveyAnswered{Year: year, Restored: []events.Question{"Q6"}}), by(bo, checked))
	if _, err := s.Approve(year, anna); err != nil {
		t.Errorf("nothing of hers stands: %v", err)
	}
}

func TestEveryTextThatASurveyNamesIsFound(t *testing.T) {
	said := frozen[1]
	said.Basis, said.Wording = events.OverriddenBasis, wrote("as checked")
	withReason := checked
	withReason.Answers = []events.SurveyAnswer{said}
	s := given(by(anna, events.SurveyAnswered{Year: year, Answers: []events.SurveyAnswer{{Question: "Q7", Status: events.TextAnswer, Wording: wrote("as given")}}}), by(anna, commented), by(bo, returned), by(anna, withReason))
	var got []string
	for _, w := range s.Wordings() {
		got = append(got, reads(w))
	}
	slices.Sort(got)
	if !slices.Equal(got, []string{"as checked", "as given", "drop-in", "the camp?"}) {
		t.Errorf("the texts are %q", got)
	}
}
