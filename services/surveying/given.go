package surveying

import "rackvidd/events"

// Asked is which survey is to be opened, in which language, and how far the answer has to reach.
type Asked struct {
	Municipality events.Municipality
	Year         events.Year
	Language     Language
	Least        events.Position
	Version      int  // of what was submitted, in a file; 0: the survey as it stands
	AnswersOnly  bool // what changed since it was submitted is left out, which takes longest to find
}

// Given is what somebody answers and says about the checks.
type Given struct {
	Answers  []GivenAnswer
	Restore  []events.Question
	Comments []GivenComment
	Remarks  []GivenRemark
}

// GivenAnswer is one answer of somebody's own.
type GivenAnswer struct {
	Question events.Question
	Status   events.AnswerStatus
	Basis    events.AnswerBasis // of a number; none: overridden, or entered where nothing is counted
	Value    int
	Lower    *int // none: the value
	Upper    *int
	Choices  []events.Choice
	Text     string
	Reason   string
}

// GivenComment is what somebody says about what a check found.
type GivenComment struct {
	Rule    events.Rule
	Comment string
}

// GivenRemark is what somebody says beside a question.
type GivenRemark struct {
	Question events.Question
	Comment  string
}

// Event is the answer as the log keeps it; counted is the number that followed from the log, 0 where nothing did.
func (g GivenAnswer) Event(counted int, wording events.Wording) events.SurveyAnswer {
	e := events.SurveyAnswer{Question: g.Question, Status: g.Status, Wording: wording}
	if g.Status == events.ChoicesAnswer {
		e.Choices = g.Choices
	}
	if g.Status == events.NumberAnswer || g.Status == events.ZeroAnswer {
		e.Basis, e.Value, e.Lower, e.Upper, e.Computed = g.Basis, events.Amount(g.Value), events.Amount(g.Value), events.Amount(g.Value), events.Amount(counted)
		if g.Lower != nil {
			e.Lower = events.Amount(*g.Lower)
		}
		if g.Upper != nil {
			e.Upper = events.Amount(*g.Upper)
		}
		if e.Basis == "" {
			e.Basis = events.OverriddenBasis
			if counted == 0 {
				e.Basis = events.EnteredBasis
			}
		}
	}
	return e
}

// Outcome is what a decision led to.
type Outcome struct {
	events.Result
	State   State
	Version int `json:"of_answers"` // of the answers; as JSON, which keeps it for repeats, beside the version of the result
}
