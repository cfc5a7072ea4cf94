package national

import (
	"rackvidd/events"
	"rackvidd/projections/survey"
)

// released are answers as a public report is computed from them: whatever they came by, none tells how many where they are
// 1 to 4 (decisions/0001). Two answers that differ in such a number alone are the same answer then, so a report tells them
// apart as little as any number of reports do, of any positions.
func released(answers []events.AnswerReceived) []events.AnswerReceived {
	list := make([]events.AnswerReceived, len(answers))
	for i, a := range answers {
		list[i] = releasedAnswer(a)
	}
	return list
}

// releasedAnswer is one answer of which every number and bound from 1 to 4 is the band 1–4 or an end of it.
func releasedAnswer(a events.AnswerReceived) events.AnswerReceived {
	switch a.Children {
	case events.NumberAnswer:
		if a.Lower == 0 || a.Lower > a.Value { // a number without bounds is its own
			a.Lower = a.Value
		}
		a.Upper = max(a.Upper, a.Value)
		if a.Value < survey.FewChildren {
			a.Children, a.Value = events.SuppressedAnswer, 0
		}
	case events.ZeroAnswer, events.SuppressedAnswer:
	default:
		return a
	}
	if a.Lower > 0 && a.Lower < survey.FewChildren {
		a.Lower = 1
	}
	if a.Upper > 0 && a.Upper < survey.FewChildren {
		a.Upper = survey.FewChildren - 1
	}
	return a
}
