package surveying_test

import (
	"slices"
	"strings"
	"testing"

	"rackvidd/events"
	"rackvidd/services/surveying"
)

var everyForm = []events.FormID{"v1", "v2", "v3"}

// drafted is what follows from figures as the answer to a question, in English.
func drafted(t testing.TB, id events.FormID, f surveying.Figures, q events.Question) surveying.Answer {
	t.Helper()
	return answerTo(t, surveying.Draft(form(t, id), f, surveying.English), q)
}

func TestEveryQuestionHasAnAnswer(t *testing.T) {
	for _, id := range everyForm {
		var got []events.Question
		for _, a := range surveying.Draft(form(t, id), surveying.Figures{}, surveying.Swedish) {
			got = append(got, a.Question)
			if asked := id != "v1" || a.Question != "Q3"; asked == (a.Status == events.NotAsked) {
				t.Errorf("%s: %s is %s", id, a.Question, a.Status)
			}
			if peoples := a.Question == "Q6" || a.Question == "Q7"; peoples != (a.Status == events.NotAnswered) || a.Words != (a.Question == "Q7") {
				t.Errorf("%s: %s is %s", id, a.Question, a.Status)
			}
		}
		if written(got) != "Q1 Q2 Q3 Q4 Q5 Q6 Q7" {
			t.Errorf("%s answers %v", id, got)
		}
	}
}

func TestAQuestionThatOnlyANewFormAsksComesLast(t *testing.T) {
	forms, err := surveying.LoadForms(definitions, folder("v4.yaml", strings.NewReplacer("id: Q3", "id: Q12", "  as: v3\n", "").Replace(v4)))
	if err != nil {
		t.Fatal(err)
	}
	answers := surveying.Draft(forms[0], surveying.Figures{Recorded: true, Forms: []surveying.Count[events.Form]{{"family_support", 3}, {"camp", 2}, {"counselling", 1}}}, surveying.English)
	last := answers[len(answers)-1]
	if last.Question != "Q12" || written(last.Choices) != "talk camp" || answerTo(t, answers, "Q3").Status != events.NotAsked {
		t.Errorf("the answers are %+v", answers)
	}
}

func TestTheNumberOfChildren(t *testing.T) {
	for _, c := range []struct {
		name   string
		given  surveying.Figures
		status events.AnswerStatus
		basis  events.AnswerBasis
		value  int
	}{
		{"those who were identified are counted", surveying.Figures{Children: 45, Lower: 45, Upper: 45}, events.NumberAnswer, events.CountedBasis, 45},
		{"with some nobody identified it is an interval", surveying.Figures{Children: 45, Lower: 45, Upper: 52, Unidentified: 7}, events.NumberAnswer, events.IntervalBasis, 45},
		{"of children nobody identified, the fullest evening is the least", surveying.Figures{Lower: 8, Upper: 80, Unidentified: 80}, events.NumberAnswer, events.IntervalBasis, 8},
		{"one evening of children nobody identified is counted", surveying.Figures{Lower: 8, Upper: 8, Unidentified: 8}, events.NumberAnswer, events.CountedBasis, 8},
		{"nobody is an answer", surveying.Figures{Programmes: []surveying.Programme{{ID: "x"}}}, events.ZeroAnswer, events.CountedBasis, 0},
	} {
		for _, id := range everyForm {
			c.given.Year = 2021
			a := drafted(t, id, c.given, "Q4")
			if a.Status != c.status || a.Basis != c.basis || *a.Value != c.value || a.Computed != c.value || *a.Lower != c.given.Lower || *a.Upper != c.given.Upper {
				t.Errorf("%s, %s: %+v", c.name, id, a)
			}
			if named := strings.Contains(a.Explanation, "nobody identified"); named != (c.given.Unidentified > 0) {
				t.Errorf("%s: the explanation is not about that: %s", c.name, a.Explanation)
			}
			if between := strings.Contains(a.Explanation, "between"); between != (a.Basis == events.IntervalBasis) {
				t.Errorf("%s: an interval is between two numbers, and nothing else is: %s", c.name, a.Explanation)
			}
		}
	}
}

func TestNothingKnownIsNotZero(t *testing.T) {
	groups := []surveying.Programme{{Forms: []events.Form{"support_group"}, ValidFrom: events.Date(2010, 1, 1)}}
	later := []surveying.Programme{{ValidFrom: events.Date(2022, 1, 1)}}
	for _, c := range []struct {
		name         string
		given        surveying.Figures
		offers, many events.AnswerStatus
	}{
		{"no programme and no record say nothing", surveying.Figures{}, events.UnknownAnswer, events.UnknownAnswer},
		{"a programme of the year after says nothing of this one", surveying.Figures{Programmes: later}, events.UnknownAnswer, events.UnknownAnswer},
		{"a programme that reached nobody is zero", surveying.Figures{Programmes: groups}, events.YesAnswer, events.ZeroAnswer},
		{"a record that reached nobody is zero", surveying.Figures{Recorded: true}, events.NoAnswer, events.ZeroAnswer},
		{"and also where a programme came later", surveying.Figures{Recorded: true, Programmes: later}, events.NoAnswer, events.ZeroAnswer},
	} {
		for _, id := range everyForm {
			c.given.Year = 2021
			q1, q4 := drafted(t, id, c.given, "Q1"), drafted(t, id, c.given, "Q4")
			if q1.Status != c.offers || q4.Status != c.many {
				t.Errorf("%s, %s: Q1 is %s and Q4 is %s", c.name, id, q1.Status, q4.Status)
			}
			if unknown := q4.Status == events.UnknownAnswer; unknown != (q4.Basis == "") || unknown != (q4.Value == nil) || unknown != (q4.Upper == nil) || unknown != (q4.Computed == nil) {
				t.Errorf("%s, %s: an unknown number has no basis, and a known one has: %+v", c.name, id, q4)
			}
			if q4.Explanation == "" || q4.Status == events.UnknownAnswer && q1.Explanation == "" {
				t.Errorf("%s, %s: it does not say why", c.name, id)
			}
			if q1.Answered() != (q1.Status != events.UnknownAnswer) {
				t.Errorf("%s, %s: %s is an answer: %v", c.name, id, q1.Status, q1.Answered())
			}
		}
	}
}

func TestWhetherSupportIsOffered(t *testing.T) {
	camp := []surveying.Programme{{Organiser: "ngo", Forms: []events.Form{"camp"}, ValidFrom: events.Date(2010, 12, 1)}}
	groups := append(camp, surveying.Programme{Organiser: "region", Forms: []events.Form{"camp", "support_group"}, ValidFrom: events.Date(2010, 12, 1)})
	for _, c := range []struct {
		name       string
		form       events.FormID
		given      surveying.Figures
		want       events.AnswerStatus
		organisers string
	}{
		{"a programme is support", "v3", surveying.Figures{Programmes: camp}, events.YesAnswer, "ngo"},
		{"whoever is reached is supported", "v3", surveying.Figures{Upper: 1}, events.YesAnswer, ""},
		{"a record of nobody is no support", "v3", surveying.Figures{Recorded: true}, events.NoAnswer, ""},
		{"v1 does not ask about camps", "v1", surveying.Figures{Programmes: camp}, events.NoAnswer, ""},
		{"but about support groups", "v1", surveying.Figures{Programmes: groups}, events.YesAnswer, "region"},
		{"and v2 about camps", "v2", surveying.Figures{Programmes: camp}, events.YesAnswer, "ngo"},
	} {
		c.given.Year = 2021
		if got := drafted(t, c.form, c.given, "Q1"); got.Status != c.want || got.Computed != string(c.want) {
			t.Errorf("%s: %+v", c.name, got)
		}
		if got := written(drafted(t, c.form, c.given, "Q2").Choices); got != c.organisers {
			t.Errorf("%s: the organisers are %q", c.name, got)
		}
	}
}

func TestTheFormsAreThoseWithMostChildren(t *testing.T) {
	f := surveying.Figures{Year: 2021, Recorded: true, Forms: []surveying.Count[events.Form]{{"camp", 3}, {"counselling", 9}, {"family_support", 3}, {"other", 1}, {"support_group", 0}}}
	for id, want := range map[events.FormID]string{
		"v3": "counselling camp family_support",
		"v2": "counselling camp family_support",
		"v1": "",
	} {
		a := drafted(t, id, f, "Q3")
		if got := written(a.Choices); got != want || (a.Status == events.NotAsked) != (id == "v1") {
			t.Errorf("%s: %s %s", id, a.Status, got)
		}
	}
}

func TestAFormWithoutAnOptionIsNamed(t *testing.T) {
	f := surveying.Figures{Year: 2021, Recorded: true, Forms: []surveying.Count[events.Form]{{"camp", 3}, {"open_preschool", 9}, {"other", 1}}}
	for _, c := range []struct {
		form     events.FormID
		language surveying.Language
		want     string
	}{
		{"v2", surveying.English, "The form has no option for open preschool, other. The children are in the number all the same."},
		{"v2", surveying.Swedish, "Formuläret har inget alternativ för öppen förskola, annat. Barnen är med i antalet ändå."},
		{"v3", surveying.English, ""},
		{"v1", surveying.English, ""},
	} {
		a := answerTo(t, surveying.Draft(form(t, c.form), f, c.language), "Q3")
		if a.Explanation != c.want || slices.Contains(a.Choices, "open_preschool") != (c.form == "v3") {
			t.Errorf("%s: %+v", c.form, a)
		}
	}
}

func TestOrganisersAreNamedOnce(t *testing.T) {
	f := surveying.Figures{Year: 2021, Programmes: []surveying.Programme{
		{Organiser: "ngo", Forms: []events.Form{"support_group"}},
		{Organiser: "municipality", Forms: []events.Form{"support_group"}},
		{Organiser: "ngo", Forms: []events.Form{"support_group"}},
		{Organiser: "region", Forms: []events.Form{"support_group"}, ValidFrom: events.Date(2022, 1, 1)},
	}}
	for _, id := range everyForm {
		if got := written(drafted(t, id, f, "Q2").Choices); got != "municipality ngo" {
			t.Errorf("%s: the organisers are %s", id, got)
		}
	}
}

func TestChannelsAreThoseMostCameBy(t *testing.T) {
	f := surveying.Figures{Year: 2021, Recorded: true, Channels: []surveying.Count[events.Channel]{{"police", 1}, {"school", 4}, {"self", 0}, {"unknown", 9}}}
	for _, id := range everyForm {
		a := drafted(t, id, f, "Q5")
		if got := written(a.Choices); got != "unknown school police" || a.Status != events.ChoicesAnswer {
			t.Errorf("%s: the channels are %s", id, got)
		}
	}
	if a := drafted(t, "v3", surveying.Figures{Year: 2021, Recorded: true}, "Q5"); a.Status != events.ChoicesAnswer || a.Choices == nil || len(a.Choices) > 0 {
		t.Errorf("nobody was reached, which is no choice: %+v", a)
	}
	if a := drafted(t, "v3", surveying.Figures{Year: 2021, Recorded: true, Children: 8, Lower: 8, Upper: 8}, "Q5"); a.Status != events.UnknownAnswer || a.Explanation == "" {
		t.Errorf("eight came whom nobody referred: %+v", a)
	}
	for _, q := range []events.Question{"Q2", "Q3", "Q5"} {
		if a := drafted(t, "v3", surveying.Figures{Year: 2021}, q); a.Status != events.UnknownAnswer || a.Choices != nil {
			t.Errorf("nothing is known, and that is not none: %+v", a)
		}
	}
}

func TestANumberSaysHowItWasCounted(t *testing.T) {
	f := surveying.Figures{
		Year: 2021, Position: 123, Definition: "reach/v3", Sentence: surveying.Text{SV: "Olika barn.", EN: "Different children."},
		Children: 45, Lower: 45, Upper: 52, Unidentified: 7, Attendances: 410, SumOverForms: 61,
	}
	for l, want := range map[surveying.Language]string{
		surveying.Swedish: "Olika barn. Från 2021-01-01 till 2021-12-31, enligt loggen till och med händelse 123. Definition reach/v3. Identifierade barn: 45. Deras deltaganden: 410. " +
			"Deltaganden av barn som ingen identifierade: 7, så det var mellan 45 och 52 barn. " +
			"Summan över stödformerna är 61: barn i flera former räknas en gång.",
		surveying.English: "Different children. From 2021-01-01 to 2021-12-31, by the log up to event 123. Definition reach/v3. Children who were identified: 45. Their attendances: 410. " +
			"Attendances of children whom nobody identified: 7, which makes between 45 and 52 in all. " +
			"The sum over the forms is 61: children in several forms count once.",
	} {
		if a := answerTo(t, surveying.Draft(form(t, "v3"), f, l), "Q4"); a.Explanation != want || a.Definition != "reach/v3" {
			t.Errorf("%s: %s", l, a.Explanation)
		}
	}
	for l, want := range map[surveying.Language]string{surveying.Swedish: "Inget är känt om 2021", surveying.English: "Nothing is known of 2021"} {
		if a := answerTo(t, surveying.Draft(form(t, "v3"), surveying.Figures{Year: 2021}, l), "Q4"); !strings.HasPrefix(a.Explanation, want) {
			t.Errorf("%s: %s", l, a.Explanation)
		}
	}
}

func TestEveryCodeOfAFormHasAWord(t *testing.T) {
	for _, id := range everyForm {
		for _, q := range form(t, id).Questions {
			for _, o := range q.Options {
				for _, l := range []surveying.Language{surveying.Swedish, surveying.English} {
					if q.Label(o.Code, l) == "" || !slices.Contains(surveying.Codes(), string(o.Code)) || surveying.Word(string(o.Code), l) == "" {
						t.Errorf("%s %s: %s has no word in %s", id, q.ID, o.Code, l)
					}
				}
			}
		}
	}
}

func TestANumberSaysWhatIsBehindItAndWhoIsNotInIt(t *testing.T) {
	f := surveying.Figures{Year: 2021, Position: 482, Children: 45, Lower: 45, Upper: 45, Sessions: 31, Erased: 1, LeftOut: surveying.LeftOut{TooOld: 2, Guests: 3, OtherReason: 1}}
	q4 := answerTo(t, surveying.Draft(form(t, "v3"), f, surveying.English), "Q4")
	for _, want := range []string{"Sessions: 31.", "event 482", "2 too old", "3 of other municipalities", "1 for another reason", "identity was erased: 1"} {
		if !strings.Contains(q4.Explanation, want) {
			t.Errorf("nothing of %s: %s", want, q4.Explanation)
		}
	}
	if strings.Contains(q4.Explanation, "events") {
		t.Errorf("a position is no event: %s", q4.Explanation)
	}
}
