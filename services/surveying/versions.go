package surveying

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"rackvidd/events"
)

// Version is one that was submitted, with what stood beside it then.
type Version struct {
	events.SurveySubmitted
	Step     Step           // by which it was
	Reason   events.Wording // why the version before was amended
	Comments map[events.Rule]events.Wording
	Remarks  map[events.Question]events.Wording
	Warnings []events.Rule // that stood when it was checked
}

// file keeps the version that was submitted as it stands.
func (s *Survey) file(e events.SurveySubmitted) {
	v := Version{SurveySubmitted: e, Step: s.Steps[len(s.Steps)-1], Reason: s.amended, Comments: maps.Clone(s.Comments), Remarks: maps.Clone(s.Remarks)}
	if s.Frozen != nil {
		v.Warnings = s.Frozen.Warnings
	}
	s.Versions = append(s.Versions, v)
}

// Found reports whether a check had found something when the version was checked. Of notices the log does not keep it: a comment
// on one is taken to be on what it had found. No error stands in what was checked.
func (v Version) Found(form Form, r events.Rule) bool {
	return slices.Contains(v.Warnings, r) || slices.ContainsFunc(form.Rules(Swedish), func(one Rule) bool { return one.Number == r && one.Severity == Notice })
}

// Submission returns the version of a number, if it was submitted.
func (s *Survey) Submission(number int) (Version, bool) {
	i := slices.IndexFunc(s.Versions, func(v Version) bool { return int(v.Version) == number })
	if i < 0 {
		return Version{}, false
	}
	return s.Versions[i], true
}

// StoodAt is the number of the version that stood at a position of the log; 0: none was submitted by then.
func (s *Survey) StoodAt(at events.Position) (number int) {
	for _, v := range s.Versions {
		if v.Step.Position <= at {
			number = int(v.Version)
		}
	}
	return number
}

// Wordings are the texts that the version names.
func (v Version) Wordings() (list []events.Wording) {
	list = append(list, v.Reason)
	for _, a := range v.Answers {
		list = append(list, a.Wording)
	}
	list = slices.AppendSeq(list, maps.Values(v.Comments))
	list = slices.AppendSeq(list, maps.Values(v.Remarks))
	return slices.DeleteFunc(list, events.Wording.IsZero)
}

// Said are the answers as they were submitted. Nothing is computed again: the log keeps them whole, and words are kept beside it.
func (v Version) Said(form Form, words func(events.Wording) Written) (list []Answer) {
	for _, kept := range v.Answers {
		a := Answer{Question: kept.Question}
		if q, asked := form.Question(kept.Question); asked && q.Asks == InWords {
			a.Words = true
		}
		if a = a.with(kept, words); a.Value != nil {
			a.Definition, a.Computed = v.Definition, followed(kept)
		}
		list = append(list, a)
	}
	return list
}

// Filed is a version that was submitted.
type Filed struct {
	SubmittedVersion
	Form        events.FormID `json:"form"`
	SubmittedAt time.Time     `json:"submitted_at"`
	SubmittedBy events.ID     `json:"submitted_by" doc:"the account"`
	Reason      string        `json:"reason,omitempty" doc:"why the version before was amended"`
	ReasonGone  Gone          `json:"reason_gone,omitempty" doc:"what became of the reason, where it is not there as it was written"`
}

// FiledSheet is a version with all that was submitted of it.
type FiledSheet struct {
	Municipality events.Municipality `json:"municipality"`
	Year         events.Year         `json:"year"`
	Title        string              `json:"title"`
	Filed
	Answers  []Answer      `json:"answers" nullable:"false"`
	Remarks  []Remark      `json:"remarks" nullable:"false" doc:"comments beside questions"`
	Comments []RuleComment `json:"comments" nullable:"false" doc:"on what the checks had found when it was checked"`
	Steps    []Step        `json:"steps" nullable:"false" doc:"that led to it"`
	State    State         `json:"state" doc:"of the survey now"`
	Latest   int           `json:"latest" doc:"the version that was submitted last, and stands"`
}

// RuleComment is what somebody said about what a check found.
type RuleComment struct {
	Rule    events.Rule `json:"rule"`
	Comment string      `json:"comment"`
	Gone    Gone        `json:"gone,omitempty" doc:"what became of the comment, where it is not there as it was written"`
}

// Apart is what two submitted versions differ in.
type Apart struct {
	Municipality events.Municipality `json:"municipality"`
	Year         events.Year         `json:"year"`
	From         Filed               `json:"from"`
	To           Filed               `json:"to"`
	Amendments   []Amendment         `json:"amendments" nullable:"false" doc:"of the versions after from, up to to"`
	Answers      []AnswersApart      `json:"answers" nullable:"false" doc:"those that are not the same, in the order of the questions"`
	Children     *ChildrenApart      `json:"children" doc:"why the number of children is another; null where either says no number, or nothing changed"`
	Figures      []FigureApart       `json:"figures" nullable:"false" doc:"those that are not the same, by what was signed with each"`
	Signed       bool                `json:"signed" doc:"false: one of the two is not signed yet, and no figures are compared"`
}

// Amendment is why a version was made.
type Amendment struct {
	Version int    `json:"version"`
	Reason  string `json:"reason"`
	Gone    Gone   `json:"gone,omitempty" doc:"what became of the reason, where it is not there as it was written"`
}

// Stood is what a survey said once.
type Stood struct {
	Municipality events.Municipality `json:"municipality"`
	Year         events.Year         `json:"year"`
	Form         events.FormID       `json:"form"`
	State        State               `json:"state"`
	Version      int                 `json:"version"`
	Position     events.Position     `json:"position" doc:"of the log; never inside a decision"`
	Answers      []Answer            `json:"answers" nullable:"false"`
}

// AnswersApart are two answers to a question.
type AnswersApart struct {
	Question events.Question `json:"question"`
	From     Answer          `json:"from"`
	To       Answer          `json:"to"`
}

// ChildrenApart says why a number of children is another. The items sum exactly to the difference.
type ChildrenApart struct {
	From  int         `json:"from"`
	To    int         `json:"to"`
	Items []SinceItem `json:"items" nullable:"false"`
}

// FigureApart is one figure of two versions; null where one has none.
type FigureApart struct {
	Question events.Question `json:"question,omitempty" doc:"that it belongs to"`
	Figure   string          `json:"figure" doc:"as in by_form[camp].children"`
	From     json.RawMessage `json:"from"`
	To       json.RawMessage `json:"to"`
}

// AnswersApart are those that two versions do not answer alike.
func (v Version) AnswersApart(to Version, form, toForm Form, words func(events.Wording) Written) []AnswersApart {
	list := []AnswersApart{}
	then, now := v.Said(form, words), to.Said(toForm, words)
	for _, b := range now {
		a := Answer{Question: b.Question, Status: events.NotAsked}
		if i := slices.IndexFunc(then, func(a Answer) bool { return a.Question == b.Question }); i >= 0 {
			a = then[i]
		}
		if !a.Says(b) {
			list = append(list, AnswersApart{b.Question, a, b})
		}
	}
	return list
}

// Says reports whether an answer says the same as another, for the same reason.
func (a Answer) Says(b Answer) bool {
	same := func(x, y *int) bool { return x == y || x != nil && y != nil && *x == *y }
	return a.Status == b.Status && a.Basis == b.Basis && same(a.Value, b.Value) && same(a.Lower, b.Lower) && same(a.Upper, b.Upper) &&
		slices.Equal(a.Choices, b.Choices) && a.Text == b.Text && a.Reason == b.Reason && a.Gone == b.Gone
}

// subjects are the questions that figures belong to, by the first word of their paths; all others are about how many.
var subjects = map[string]Subject{"by_form": Forms, "overlap": Forms, "sum_over_forms": Forms, "by_channel": Channels, "referrals": Channels}

// QuestionOf is the question of the form that a figure belongs to; none where it is not asked.
func (f Form) QuestionOf(figure string) events.Question {
	first := figure[:len(figure)-len(strings.TrimLeft(figure, "abcdefghijklmnopqrstuvwxyz_"))]
	subject, ok := subjects[first]
	if !ok {
		subject = Children
	}
	q, _ := f.About(subject)
	return q.ID
}
