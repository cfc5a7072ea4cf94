package surveying

import (
	"rackvidd/events"
	"rackvidd/services/disclosure"
)

// NumberIn is how many children recorded answers say, and whether they say a number.
func (f Form) NumberIn(answers []events.SurveyAnswer) (n int, known bool) {
	a := f.answerIn(answers, Children)
	return int(a.Value), a.Status == events.NumberAnswer || a.Status == events.ZeroAnswer
}

// CountedIn is the number that followed from the log when answers were recorded, also where somebody gave another.
func (f Form) CountedIn(answers []events.SurveyAnswer) int {
	a := f.answerIn(answers, Children)
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

// Few is how many children are too few to be told exactly: 1 to 4 are told as such (privacy.md section 2).
const Few = 5

// Released are the answers as they leave the municipality. A number of few is told as a band, and what would say
// something of those few is withheld: the forms and the channels. Words stay at home. shown is how the number may be
// told after all that was released before; nil: nothing was.
func (f Form) Released(answers []events.SurveyAnswer, shown *disclosure.Shown) []events.SurveyAnswer {
	number := f.answerIn(answers, Children)
	few := number.Status == events.NumberAnswer && number.Value < Few
	var list []events.SurveyAnswer
	for _, a := range answers {
		q, ok := f.Question(a.Question)
		if !ok {
			continue
		}
		a.Wording, a.Computed = events.Wording{}, 0
		switch {
		case q.Asks == Children:
			a = coarser(released(a), shown)
		case q.Asks == InWords:
			continue
		case few && (q.Asks == Forms || q.Asks == Channels) && len(a.Choices) > 0:
			a = events.SurveyAnswer{Question: a.Question, Status: events.SuppressedAnswer}
		}
		list = append(list, a)
	}
	return list
}

// released is a number as it leaves. Bounds that are so near each other that they tell of few are drawn apart.
func released(a events.SurveyAnswer) events.SurveyAnswer {
	if a.Status != events.NumberAnswer {
		return events.SurveyAnswer{Question: a.Question, Status: a.Status, Basis: a.Basis}
	}
	switch {
	case a.Value < Few && a.Upper == a.Value:
		return events.SurveyAnswer{Question: a.Question, Status: events.SuppressedAnswer, Basis: a.Basis, Lower: 1, Upper: Few - 1}
	case a.Value < Few:
		return events.SurveyAnswer{Question: a.Question, Status: events.SuppressedAnswer, Basis: a.Basis, Lower: 1, Upper: roundUp(a.Upper)}
	}
	a.Lower = a.Value
	if over := a.Upper - a.Value; over > 0 && over < Few {
		a.Upper = a.Value + Few
	}
	return a
}

// coarser is a number as it may be told after what was released before.
func coarser(a events.SurveyAnswer, shown *disclosure.Shown) events.SurveyAnswer {
	if shown == nil || shown.Way == disclosure.Exact || shown.Way == disclosure.Band {
		return a
	}
	if shown.Way == disclosure.Hidden {
		return events.SurveyAnswer{Question: a.Question, Status: events.SuppressedAnswer, Basis: a.Basis}
	}
	return events.SurveyAnswer{
		Question: a.Question, Status: events.SuppressedAnswer, Basis: a.Basis,
		Lower: events.Amount(shown.Lower), Upper: max(a.Upper, events.Amount(shown.Upper)),
	}
}

// roundUp hides, in an upper bound, how many were not identified. An interval of few reaches to five: it has room for
// four who were identified and one who was not, so that no number of few is ruled out.
func roundUp(n events.Amount) events.Amount {
	return (n + Few - 1) / Few * Few
}

// Received is a submitted survey as the national level receives it.
func (f Form) Received(m events.Municipality, sub events.SurveySubmitted) events.AnswerReceived {
	r := events.AnswerReceived{
		Year: sub.Year, Municipality: m, State: events.AnsweredState, Form: sub.Form, Definition: sub.Definition, Version: sub.Version, Origin: events.FromLog,
	}
	number := f.answerIn(sub.Released, Children)
	r.Children, r.Basis, r.Value, r.Lower, r.Upper = number.Status, number.Basis, number.Value, number.Lower, number.Upper
	if offers := f.answerIn(sub.Released, Offers); offers.Status == events.YesAnswer || offers.Status == events.NoAnswer {
		r.Offers = events.YesNo(offers.Status)
	}
	for _, a := range sub.Released {
		if a.Status == events.SuppressedAnswer && a.Question != number.Question {
			r.Withheld = append(r.Withheld, a.Question)
		}
	}
	r.Organisers = chosenCodes[events.Organiser](f, sub.Released, Organisers)
	r.Forms = chosenCodes[events.Form](f, sub.Released, Forms)
	r.Channels = chosenCodes[events.Channel](f, sub.Released, Channels)
	r.Measures = chosenCodes[events.Choice](f, sub.Released, Measures)
	return r
}

func chosenCodes[C ~string](f Form, answers []events.SurveyAnswer, s Subject) (list []C) {
	for _, c := range f.answerIn(answers, s).Choices {
		list = append(list, C(c))
	}
	return list
}
