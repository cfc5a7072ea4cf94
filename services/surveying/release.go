package surveying

import (
	"cmp"
	"slices"

	"rackvidd/events"
	"rackvidd/services/disclosure"
)

// NumberIn is how many children recorded answers say, and whether they say a number.
func (f Form) NumberIn(answers []events.SurveyAnswer) (n int, known bool) {
	a := f.answerIn(answers, Children)
	return int(a.Value), a.Status == events.NumberAnswer || a.Status == events.ZeroAnswer
}

// MostIn is how many children recorded answers say that there were at most.
func (f Form) MostIn(answers []events.SurveyAnswer) int {
	return int(f.answerIn(answers, Children).Upper)
}

// CountedIn is the number that followed from the log when answers were recorded, also where somebody gave another.
func (f Form) CountedIn(answers []events.SurveyAnswer) int {
	return followed(f.answerIn(answers, Children))
}

// ChoicesIn are what recorded answers choose of something.
func (f Form) ChoicesIn(answers []events.SurveyAnswer, s Subject) []events.Choice {
	return f.answerIn(answers, s).Choices
}

// followed is the number that followed from the log when an answer was recorded.
func followed(a events.SurveyAnswer) int {
	if a.Basis == events.CountedBasis || a.Basis == events.IntervalBasis {
		return int(a.Value)
	}
	return int(a.Computed)
}

// answerIn is the recorded answer to the question that asks for something.
func (f Form) answerIn(answers []events.SurveyAnswer, s Subject) events.SurveyAnswer {
	q, ok := f.About(s)
	if !ok {
		return events.SurveyAnswer{Status: events.NotAsked}
	}
	for _, a := range answers {
		if a.Question == q.ID {
			return a
		}
	}
	return events.SurveyAnswer{Question: q.ID, Status: events.NotAnswered}
}

// Few is how many children are too few to be told exactly: 1 to 4 are told as such.
const Few = 5

// Telling is what there is to know of a number before it is told.
type Telling struct {
	Counted   int               // what followed from the log, whatever somebody answered
	Threshold int               // a number from one to below it is protected; 0: Few
	Shown     *disclosure.Shown // how the number may be told after all that was released before; nil: nothing was
	Unnamed   []Subject         // of which nothing may be named beside the number
}

func (t Telling) few(n int) bool { return n > 0 && n < t.threshold() }

func (t Telling) threshold() int { return cmp.Or(t.Threshold, Few) }

// Released are the answers as they leave the municipality. A number of few is told as a band, and what would say
// something of those few is withheld, also where somebody answered another number or none: the forms and the channels.
// They are withheld as well where what is named would tell of a few (disclosure/decisions/0006). Words stay at home.
func (f Form) Released(answers []events.SurveyAnswer, t Telling) []events.SurveyAnswer {
	few := f.FewIn(answers, t)
	var list []events.SurveyAnswer
	for _, a := range answers {
		q, ok := f.Question(a.Question)
		if !ok {
			continue
		}
		a.Wording, a.Computed = events.Wording{}, 0
		switch {
		case q.Asks == Children:
			a = t.coarser(t.released(a))
		case q.Asks == InWords:
			continue
		case (few && (q.Asks == Forms || q.Asks == Channels) || slices.Contains(t.Unnamed, q.Asks)) && len(a.Choices) > 0:
			a = events.SurveyAnswer{Question: a.Question, Status: events.SuppressedAnswer}
		}
		list = append(list, a)
	}
	return list
}

// FewIn reports whether few children were counted or answered.
func (f Form) FewIn(answers []events.SurveyAnswer, t Telling) bool {
	number := f.answerIn(answers, Children)
	return t.few(t.Counted) || number.Status == events.NumberAnswer && t.few(int(number.Value))
}

// released is a number as it leaves. Bounds that are so near each other that they tell of few are drawn apart.
func (t Telling) released(a events.SurveyAnswer) events.SurveyAnswer {
	least := events.Amount(t.threshold())
	switch {
	case a.Status != events.NumberAnswer:
		return events.SurveyAnswer{Question: a.Question, Status: a.Status, Basis: a.Basis}
	case a.Value < least && a.Upper == a.Value:
		return band(a, 1, least-1)
	case a.Value < least: // an interval reaches to the threshold: so there is room for all of few, and one who was not identified
		return band(a, 1, (a.Upper+least-1)/least*least)
	}
	a.Lower = a.Value
	if over := a.Upper - a.Value; over > 0 && over < least {
		a.Upper = a.Value + least
	}
	return a
}

func band(a events.SurveyAnswer, lower, upper events.Amount) events.SurveyAnswer {
	return events.SurveyAnswer{Question: a.Question, Status: events.SuppressedAnswer, Basis: a.Basis, Lower: lower, Upper: upper}
}

// coarser is a number as it may be told after what was released before; without bounds where nothing may be.
func (t Telling) coarser(a events.SurveyAnswer) events.SurveyAnswer {
	if t.Shown == nil {
		return a
	}
	switch t.Shown.Way {
	case disclosure.Exact, disclosure.Band:
		return a
	case disclosure.Fives, disclosure.Tens:
		return band(a, events.Amount(t.Shown.Lower), max(a.Upper, events.Amount(t.Shown.Upper)))
	}
	return band(a, 0, 0)
}

// Received is a submitted survey as the national level receives it.
func (f Form) Received(m events.Municipality, sub events.SurveySubmitted) events.AnswerReceived {
	r := events.AnswerReceived{
		Year: sub.Year, Municipality: m, State: events.AnsweredState, Form: sub.Form, Definition: sub.Definition, Version: sub.Version, Origin: events.FromLog,
	}
	number := f.answerIn(sub.Released, Children)
	r.Children, r.Basis, r.Value, r.Lower, r.Upper = number.Status, number.Basis, number.Value, number.Lower, number.Upper
	if number.Status == events.SuppressedAnswer && number.Upper == 0 { // nothing is told of it
		r.Children, r.Basis, r.Withheld = events.UnknownAnswer, "", []events.Question{events.ChildrenQuestion}
	}
	if offers := f.answerIn(sub.Released, Offers); offers.Status == events.YesAnswer || offers.Status == events.NoAnswer {
		r.Offers = events.YesNo(offers.Status)
	}
	for _, a := range sub.Released {
		if a.Status == events.SuppressedAnswer && a.Question != number.Question {
			q, _ := f.Question(a.Question)
			r.Withheld = append(r.Withheld, nationally[q.Asks])
		}
	}
	r.Organisers = chosenCodes[events.Organiser](f, sub.Released, Organisers)
	r.Forms = chosenCodes[events.Form](f, sub.Released, Forms)
	r.Channels = chosenCodes[events.Channel](f, sub.Released, Channels)
	r.Measures = chosenCodes[events.Choice](f, sub.Released, Measures)
	return r
}

// nationally is what the national level calls the question that asks for something.
var nationally = map[Subject]events.Question{
	Offers: events.OffersQuestion, Organisers: events.OrganisersQuestion, Forms: events.FormsQuestion,
	Children: events.ChildrenQuestion, Channels: events.ChannelsQuestion, Measures: events.MeasuresQuestion,
}

// National returns the question that asks for what the national level calls q.
func (f Form) National(q events.Question) (Question, bool) {
	for _, own := range f.Questions {
		if nationally[own.Asks] == q {
			return own, true
		}
	}
	return Question{}, false
}

// chosenCodes are the codes of ours that the chosen options cover: a form may call them otherwise.
func chosenCodes[C ~string](f Form, answers []events.SurveyAnswer, s Subject) (list []C) {
	q, _ := f.About(s)
	for _, c := range f.answerIn(answers, s).Choices {
		for _, o := range q.Options {
			if o.Code == c {
				for _, code := range coveredBy[C](o) {
					if !slices.Contains(list, code) {
						list = append(list, code)
					}
				}
			}
		}
	}
	return list
}

func coveredBy[C ~string](o Option) (list []C) {
	for _, c := range o.Covers {
		list = append(list, C(c))
	}
	return list
}
