package surveying_test

import (
	"fmt"
	"slices"
	"testing"

	"rackvidd/events"
	"rackvidd/services/surveying"
)

// twice is a survey of which two versions were submitted: Anna's, and Bo's where somebody gave another number.
func twice() *surveying.Survey {
	second := submitted
	second.Version, second.Position = 2, 15
	second.Answers = []events.SurveyAnswer{
		{Question: "Q1", Status: events.YesAnswer},
		{Question: "Q4", Status: events.NumberAnswer, Basis: events.OverriddenBasis, Value: 47, Lower: 47, Upper: 47, Computed: 46, Wording: wrote("one more")},
	}
	return given(by(anna, answered, commented), by(anna, checked), by(bo, approved), by(anna, submitted), by(bo, amended), by(bo, returned), by(bo, again2), by(cleo, approved), by(bo, second))
}

func TestEverySubmittedVersionStaysAsItWasWithWhoSubmittedItAndWhyItWasMade(t *testing.T) {
	s := twice()
	var got []string
	for _, v := range s.Versions {
		got = append(got, fmt.Sprintf("%d by %d at %d, figures at %d, %q", v.Version, v.Step.By[0], v.Step.Position, v.Position, reads(v.Reason)))
	}
	if want := []string{`1 by 1 at 4, figures at 12, ""`, `2 by 2 at 9, figures at 15, "a late camp"`}; !slices.Equal(got, want) {
		t.Errorf("the versions are %q", got)
	}
	first, ok := s.Submission(1)
	if said := first.Said(form(t, "v3"), kept); !ok || len(said) != 2 || said[1].Number() != 45 || said[1].Computed != 45 || said[1].Definition != "reach/v3" || reads(first.Comments["S04"]) != "drop-in" {
		t.Errorf("the first says %+v with the comments %v", said, first.Comments)
	}
	if _, ok := s.Submission(3); ok {
		t.Error("a third was submitted")
	}
}

func TestACommentThatIsChangedLaterStandsInTheSubmittedVersionAsItWas(t *testing.T) {
	later := events.SurveyCommented{Year: year, Comments: []events.CheckComment{{Rule: "S04", Wording: wrote("another")}}}
	s := given(by(anna, commented), by(anna, checked), by(bo, approved), by(anna, submitted), by(bo, amended), by(bo, later))
	if first, _ := s.Submission(1); reads(first.Comments["S04"]) != "drop-in" || reads(s.Comments["S04"]) != "another" {
		t.Errorf("submitted with %q, now %q", reads(first.Comments["S04"]), reads(s.Comments["S04"]))
	}
}

func TestTwoVersionsDifferInTheAnswersThatAreNotTheSame(t *testing.T) {
	s, v3 := twice(), form(t, "v3")
	first, _ := s.Submission(1)
	second, _ := s.Submission(2)
	apart := first.AnswersApart(second, v3, v3, kept)
	if len(apart) != 1 || apart[0].Question != "Q4" || apart[0].From.Number() != 45 || apart[0].To.Number() != 47 || apart[0].To.Reason != "one more" {
		t.Errorf("%+v", apart)
	}
	if same := first.AnswersApart(first, v3, v3, kept); len(same) != 0 {
		t.Errorf("a version differs from itself in %+v", same)
	}
	choices := first
	choices.Answers = slices.Clone(first.Answers)
	choices.Answers[0] = events.SurveyAnswer{Question: "Q3", Status: events.ChoicesAnswer, Choices: []events.Choice{"camp"}}
	other := choices
	other.Answers = []events.SurveyAnswer{{Question: "Q3", Status: events.ChoicesAnswer, Choices: []events.Choice{"counselling"}}}
	if apart := choices.AnswersApart(other, v3, v3, kept); len(apart) != 1 {
		t.Errorf("camp and counselling differ in %+v", apart)
	}
	if apart := first.AnswersApart(choices, v3, v3, kept); len(apart) != 1 || apart[0].Question != "Q3" || apart[0].From.Status != events.NotAsked {
		t.Errorf("%+v", apart)
	}
}

func TestAFigureBelongsToTheQuestionThatItAnswers(t *testing.T) {
	for figure, want := range map[string]events.Question{
		"children": "Q4", "bounds.upper": "Q4", "by_form[camp].children": "Q3", "overlap[camp,counselling].children": "Q3", "sum_over_forms": "Q3", "by_channel[school].first": "Q5", "by_age[0-6].children": "Q4", "referrals.received": "Q5",
	} {
		if got := form(t, "v3").QuestionOf(figure); got != want {
			t.Errorf("%s belongs to %s, not %s", figure, got, want)
		}
	}
	if got := form(t, "v1").QuestionOf("by_form[camp].children"); got != "" {
		t.Errorf("v1 does not ask for forms, and %s does", got)
	}
}

func TestAStepNamesTheQuestionsAndChecksThatItWasAbout(t *testing.T) {
	remarked := events.SurveyQuestionCommented{Year: year, Comments: []events.QuestionComment{{Question: "Q4", Wording: wrote("late")}}}
	s := given(by(anna, answered), by(anna, commented), by(anna, remarked), by(anna, events.SurveyAnswered{Year: year, Restored: []events.Question{"Q6"}}))
	var got []string
	for _, one := range s.Steps {
		got = append(got, fmt.Sprint(one.What, one.About))
	}
	if want := []string{"answered[Q6]", "commented[S04]", "commented[Q4]", "answered[Q6]"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
