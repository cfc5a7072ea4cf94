package surveying

import (
	"slices"

	"rackvidd/events"
)

// Answer is the answer to one question, named as in the HTTP contract. What does not belong to its status is left out.
type Answer struct {
	Question    events.Question     `json:"question"`
	Status      events.AnswerStatus `json:"status"`
	Value       *int                `json:"value,omitempty"`
	Basis       events.AnswerBasis  `json:"basis,omitempty"`
	Lower       *int                `json:"lower,omitempty"`
	Upper       *int                `json:"upper,omitempty"`
	Choices     []events.Choice     `json:"choices,omitzero"`
	Text        string              `json:"text,omitempty" doc:"the answer to a question that asks for words"`
	Computed    any                 `json:"computed,omitempty" doc:"what follows from the log, also where somebody answered otherwise"`
	Given       bool                `json:"given,omitempty" doc:"somebody answered, instead of the log or where it says nothing"`
	CountedThen *int                `json:"-"` // of a number that was given: what followed from the log at that time
	Reason      string              `json:"reason,omitempty" doc:"why somebody answered otherwise than the log"`
	Gone        Gone                `json:"gone,omitempty" doc:"what became of the text, or of the reason, where it is not there as it was written"`
	Explanation string              `json:"explanation,omitempty"`
	Definition  events.DefinitionID `json:"definition,omitempty"`
	Words       bool                `json:"words,omitempty" doc:"the question asks for words"`
}

// Number is a number's value, 0 for every other answer.
func (a Answer) Number() int {
	if a.Value == nil {
		return 0
	}
	return *a.Value
}

// Answered reports whether somebody or the log answered.
func (a Answer) Answered() bool {
	return a.Status != events.NotAnswered && a.Status != events.NotAsked && a.Status != events.UnknownAnswer
}

// Draft answers on a form what follows from the figures. Questions that ask for measures or words are people's to answer.
func Draft(form Form, f Figures, l Language) []Answer {
	var list []Answer
	for _, id := range everyQuestion {
		q, asked := form.Question(id)
		if !asked {
			list = append(list, Answer{Question: id, Status: events.NotAsked})
			continue
		}
		list = append(list, f.answer(form, q, l))
	}
	for _, q := range form.Questions {
		if !slices.Contains(everyQuestion, q.ID) {
			list = append(list, f.answer(form, q, l))
		}
	}
	return list
}

// everyQuestion are the ids of all that was ever asked: an answer says so where a form does not ask one of them.
var everyQuestion = []events.Question{"Q1", "Q2", "Q3", "Q4", "Q5", "Q6", "Q7"}

func (f Figures) answer(form Form, q Question, l Language) Answer {
	if _, choosing := codesOf[q.Asks]; choosing && q.Asks != Measures && !f.known() {
		return Answer{Question: q.ID, Status: events.UnknownAnswer, Explanation: f.nothing().In(l)}
	}
	switch q.Asks {
	case Offers:
		return f.offers(q, l)
	case Organisers:
		return f.organisers(q)
	case Forms:
		return f.formsReached(q, l)
	case Children:
		return f.children(q, l)
	case Channels:
		return f.channels(q, l)
	}
	return Answer{Question: q.ID, Status: events.NotAnswered, Words: q.Asks == InWords}
}

func (f Figures) offers(q Question, l Language) Answer {
	switch {
	case len(f.asked(q)) > 0 || f.Upper > 0:
		return Answer{Question: q.ID, Status: events.YesAnswer, Computed: string(events.YesAnswer)}
	case f.known():
		return Answer{Question: q.ID, Status: events.NoAnswer, Computed: string(events.NoAnswer)}
	}
	return Answer{Question: q.ID, Status: events.UnknownAnswer, Explanation: f.nothing().In(l)}
}

func (f Figures) organisers(q Question) Answer {
	var list []events.Organiser
	for _, p := range f.asked(q) {
		list = append(list, p.Organiser)
	}
	slices.Sort(list)
	return chosen(q, slices.Compact(list))
}

func (f Figures) formsReached(q Question, l Language) Answer {
	a := chosen(q, ranked(f.Forms))
	a.Explanation = f.withoutOption(q).In(l)
	return a
}

// withoutOption names the forms that reached children and that the question has no option for.
func (f Figures) withoutOption(q Question) Text {
	var left []events.Form
	for _, form := range ranked(f.Forms) {
		if _, ok := q.Option(events.Choice(form)); !ok {
			left = append(left, form)
		}
	}
	if len(left) == 0 {
		return Text{}
	}
	return say("Formuläret har inget alternativ för %[1]s. Barnen är med i antalet ändå.", "The form has no option for %[2]s. The children are in the number all the same.",
		joined(wordsOf(left, Swedish)), joined(wordsOf(left, English)))
}

func (f Figures) channels(q Question, l Language) Answer {
	if f.Number() > 0 && len(ranked(f.Channels)) == 0 {
		return Answer{Question: q.ID, Status: events.UnknownAnswer, Explanation: say(
			"Inget av de nådda barnen har en remiss eller anvisning, så kontaktvägarna är inte kända.",
			"None of the children reached was referred, so the channels are not known.").In(l)}
	}
	return chosen(q, ranked(f.Channels))
}

// chosen are the options that cover our codes, in their order, as many as the question takes.
func chosen[C ~string](q Question, codes []C) Answer {
	list := []events.Choice{}
	for _, code := range codes {
		if o, ok := q.Option(events.Choice(code)); ok && !slices.Contains(list, o.Code) {
			list = append(list, o.Code)
		}
	}
	if q.Most > 0 {
		list = list[:min(len(list), q.Most)]
	}
	return Answer{Question: q.ID, Status: events.ChoicesAnswer, Choices: list, Computed: list}
}

func (f Figures) children(q Question, l Language) Answer {
	if !f.known() {
		return Answer{Question: q.ID, Status: events.UnknownAnswer, Definition: f.Definition, Explanation: f.nothing().In(l)}
	}
	value := f.Number()
	a := Answer{
		Question: q.ID, Status: events.NumberAnswer, Basis: events.CountedBasis, Value: &value, Lower: &f.Lower, Upper: &f.Upper,
		Computed: value, Definition: f.Definition, Explanation: f.explain().In(l),
	}
	if f.Upper == 0 {
		a.Status = events.ZeroAnswer
	}
	if f.Lower != f.Upper {
		a.Basis = events.IntervalBasis
	}
	return a
}

// with replaces a computed answer by what somebody gave.
func (a Answer) with(given events.SurveyAnswer, words func(events.Wording) Written) Answer {
	a.Status, a.Basis, a.Value, a.Choices = given.Status, given.Basis, nil, nil
	switch given.Status {
	case events.NumberAnswer, events.ZeroAnswer:
		a.Value, a.Lower, a.Upper = new(int(given.Value)), new(int(given.Lower)), new(int(given.Upper))
	case events.ChoicesAnswer:
		a.Choices = append([]events.Choice{}, given.Choices...)
	default:
		a.Lower, a.Upper = nil, nil
	}
	said := words(given.Wording)
	if a.Gone = said.Gone; given.Status == events.TextAnswer {
		a.Text = said.Text
	} else {
		a.Reason = said.Text
	}
	return a
}

// Wrote is the answer to a question that asks for words.
func (a Answer) Wrote() Written {
	if a.Status != events.TextAnswer {
		return Written{}
	}
	return Written{a.Text, a.Gone}
}

// Because is why somebody answered otherwise than the log.
func (a Answer) Because() Written {
	if a.Status == events.TextAnswer {
		return Written{}
	}
	return Written{a.Reason, a.Gone}
}

// event is the answer as the log keeps it.
func (a Answer) event(wording events.Wording) events.SurveyAnswer {
	e := events.SurveyAnswer{Question: a.Question, Status: a.Status, Basis: a.Basis, Choices: a.Choices, Wording: wording}
	if a.Value != nil {
		e.Value = events.Amount(*a.Value)
	}
	if a.Lower != nil {
		e.Lower = events.Amount(*a.Lower)
	}
	if a.Upper != nil {
		e.Upper = events.Amount(*a.Upper)
	}
	if n, ok := a.Computed.(int); ok && a.Basis != events.CountedBasis && a.Basis != events.IntervalBasis {
		e.Computed = events.Amount(n)
	}
	return e
}
