package surveying

import (
	"reflect"
	"slices"
	"strings"

	"rackvidd/events"
	"rackvidd/services/casework"
)

const (
	notNow  = casework.Conflict
	notLike = casework.Invalid
)

func refuse(why casework.Why, code, field, format string, args ...any) error {
	return casework.Refuse(why, code, field, format, args...)
}

// editable refuses to change what was submitted. What was checked or approved is open again once it is changed.
func (s *Survey) editable() error {
	if s.State == Submitted {
		return refuse(notNow, "submitted", "", "version %d was submitted and stays as it is; amend the survey to make a new version", s.Version)
	}
	return nil
}

// Answer gives answers of people's own, and takes earlier ones back.
func (s *Survey) Answer(form Form, year events.Year, given []events.SurveyAnswer, restored []events.Question) ([]events.Event, error) {
	if err := s.editable(); err != nil {
		return nil, err
	}
	if len(given)+len(restored) == 0 {
		return nil, refuse(notLike, "no_answer", "answers", "name at least one question and its answer")
	}
	seen := make(map[events.Question]bool)
	for _, a := range given {
		if err := form.accepts(a); err != nil {
			return nil, err
		}
		if seen[a.Question] {
			return nil, refuse(notLike, "twice", "answers", "%s is answered twice; give one answer", a.Question)
		}
		seen[a.Question] = true
	}
	for _, q := range restored {
		if _, ok := form.Question(q); !ok || seen[q] {
			return nil, refuse(notLike, "unknown_question", "restore", "names a question that is not on form %s, or is answered as well; there are %s", form.ID, form.questionIDs())
		}
	}
	restored = slices.DeleteFunc(slices.Clone(restored), func(q events.Question) bool { _, given := s.Given[q]; return !given })
	if len(given)+len(restored) == 0 {
		return nil, nil
	}
	return []events.Event{events.SurveyAnswered{Year: year, Answers: given, Restored: restored}}, nil
}

// kinds are the statuses that an answer to a subject may have, besides unknown and not answered.
var kinds = map[Subject][]events.AnswerStatus{
	Offers: {events.YesAnswer, events.NoAnswer}, Organisers: {events.ChoicesAnswer}, Forms: {events.ChoicesAnswer},
	Children: {events.NumberAnswer, events.ZeroAnswer}, Channels: {events.ChoicesAnswer}, Measures: {events.ChoicesAnswer}, InWords: {events.TextAnswer},
}

// accepts refuses an answer that the form does not take.
func (f Form) accepts(a events.SurveyAnswer) error {
	q, ok := f.Question(a.Question)
	if !ok {
		return refuse(notLike, "unknown_question", "answers", "names a question that is not on form %s; there are %s", f.ID, f.questionIDs())
	}
	if a.Status != events.UnknownAnswer && a.Status != events.NotAnswered && !slices.Contains(kinds[q.Asks], a.Status) {
		return refuse(notLike, "wrong_answer", "answers", "%s is not answered so; its status is %s, unknown or not_answered", q.ID, separated(kinds[q.Asks]))
	}
	switch a.Status {
	case events.NumberAnswer, events.ZeroAnswer:
		return q.acceptsNumber(a)
	case events.ChoicesAnswer:
		return q.acceptsChoices(a.Choices)
	case events.TextAnswer:
		if a.Wording.IsZero() {
			return refuse(notLike, "no_text", "answers", "%s is answered in words; write some", q.ID)
		}
	}
	return nil
}

func (q Question) acceptsNumber(a events.SurveyAnswer) error {
	switch {
	case a.Status == events.ZeroAnswer && a.Value != 0, a.Status == events.NumberAnswer && a.Value == 0:
		return refuse(notLike, "wrong_answer", "answers", "%s: nobody is zero, and a number is 1 or more", q.ID)
	case a.Status == events.ZeroAnswer && a.Upper > 0:
		return refuse(notLike, "wrong_number", "answers", "%s: zero has no bounds; where somebody may have been reached, give a number, or unknown", q.ID)
	case a.Value < 0 || a.Value > 10_000 || a.Lower > a.Value || a.Upper < a.Value:
		return refuse(notLike, "wrong_number", "answers", "%s: a number of children is 0 to 10000, and lies between its bounds", q.ID)
	case a.Basis != events.EstimatedBasis && a.Basis != events.OverriddenBasis && a.Basis != events.EnteredBasis:
		return refuse(notLike, "wrong_basis", "answers", "%s: a number that somebody gives is estimated, overridden or entered", q.ID)
	case a.Wording.IsZero():
		return refuse(notLike, "no_reason", "answers", "%s: say why the number is another than the one that was counted", q.ID)
	}
	return nil
}

// optionCodes are the codes of the options there are, as they are written.
func (q Question) optionCodes() string {
	codes := make([]events.Choice, len(q.Options))
	for i, o := range q.Options {
		codes[i] = o.Code
	}
	return separated(codes)
}

// questionIDs are those of the form's questions, as they are written.
func (f Form) questionIDs() string {
	ids := make([]events.Question, len(f.Questions))
	for i, q := range f.Questions {
		ids[i] = q.ID
	}
	return separated(ids)
}

func separated[S ~string](words []S) string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = string(w)
	}
	return strings.Join(texts, ", ")
}

func (q Question) acceptsChoices(list []events.Choice) error {
	for i, c := range list {
		if !slices.ContainsFunc(q.Options, func(o Option) bool { return o.Code == c }) {
			return refuse(notLike, "unknown_choice", "answers", "%s has no such option; there are %s", q.ID, q.optionCodes())
		}
		if slices.Contains(list[:i], c) {
			return refuse(notLike, "twice", "answers", "%s: %s is chosen twice", q.ID, c)
		}
	}
	if q.Most > 0 && len(list) > q.Most {
		return refuse(notLike, "too_many", "answers", "%s takes at most %d choices, and %d were given", q.ID, q.Most, len(list))
	}
	return nil
}

// Comment says something about what the checks found.
func (s *Survey) Comment(year events.Year, comments []events.CheckComment) ([]events.Event, error) {
	if err := s.editable(); err != nil {
		return nil, err
	}
	for i, c := range comments {
		switch {
		case !ruleExists(c.Rule):
			return nil, refuse(notLike, "unknown_rule", "comments", "names a check that there is not; name one of the survey's checks")
		case c.Wording.IsZero():
			return nil, refuse(notLike, "no_comment", "comments", "the comment on %s is empty; write it", c.Rule)
		case slices.ContainsFunc(comments[:i], func(before events.CheckComment) bool { return before.Rule == c.Rule }):
			return nil, refuse(notLike, "twice", "comments", "%s is commented on twice; give one comment", c.Rule)
		}
	}
	if len(comments) == 0 {
		return nil, refuse(notLike, "no_comment", "comments", "name at least one check and write the comment")
	}
	return []events.Event{events.SurveyCommented{Year: year, Comments: comments}}, nil
}

// Remark says something beside questions of the form.
func (s *Survey) Remark(form Form, year events.Year, comments []events.QuestionComment) ([]events.Event, error) {
	if err := s.editable(); err != nil {
		return nil, err
	}
	for i, c := range comments {
		_, asked := form.Question(c.Question)
		switch {
		case !asked:
			return nil, refuse(notLike, "unknown_question", "comments", "names a question that is not on form %s; there are %s", form.ID, form.questionIDs())
		case c.Wording.IsZero():
			return nil, refuse(notLike, "no_comment", "comments", "the comment on %s is empty; write it", c.Question)
		case slices.ContainsFunc(comments[:i], func(before events.QuestionComment) bool { return before.Question == c.Question }):
			return nil, refuse(notLike, "twice", "comments", "%s is commented on twice; give one comment", c.Question)
		}
	}
	return []events.Event{events.SurveyQuestionCommented{Year: year, Comments: comments}}, nil
}

// Standing says what keeps a survey from being checked.
type Standing struct {
	Errors      []events.Rule // what has to be put right
	Uncommented []events.Rule // warnings that nobody has explained
}

// Clear reports whether nothing does.
func (st Standing) Clear() bool { return len(st.Errors)+len(st.Uncommented) == 0 }

// Standing weighs findings against the comments.
func (s *Survey) Standing(findings []Finding) (st Standing) {
	for _, f := range findings {
		switch _, commented := s.Comments[f.Rule]; {
		case f.Severity == Error:
			st.Errors = append(st.Errors, f.Rule)
		case f.Severity == Warning && !commented:
			st.Uncommented = append(st.Uncommented, f.Rule)
		}
	}
	return st
}

// Check declares the answers of a position ready to be approved by somebody else. What the findings were compared with is
// kept with them, so that they read the same ever after.
func (s *Survey) Check(form Form, year events.Year, at events.Position, answers []Answer, findings []Finding, c Circumstances) ([]events.Event, error) {
	if err := s.editable(); err != nil {
		return nil, err
	}
	if st := s.Standing(findings); !st.Clear() {
		return nil, &NotClearError{st}
	}
	e := events.SurveyChecked{
		Year: year, Version: events.Count(s.Version), Form: form.ID, Definition: form.Definition, Position: events.Sequence(at),
		Answers: s.frozen(answers), Population: events.Amount(c.Population),
	}
	if before := c.LastYear; before.Known {
		e.LastYear = events.SurveyBefore{Form: before.Form, Definition: before.Definition, Number: events.Amount(before.Number)}
	}
	for _, f := range findings {
		if f.Severity == Warning {
			e.Warnings = append(e.Warnings, f.Rule)
		}
	}
	return []events.Event{e}, nil
}

// NotClearError says that the checks found something that has to be put right or explained first.
type NotClearError struct{ Standing }

func (e *NotClearError) Error() string {
	switch {
	case len(e.Errors) > 0 && len(e.Uncommented) > 0:
		return "put right what the checks " + listed(e.Errors) + " found, and comment on " + listed(e.Uncommented)
	case len(e.Errors) > 0:
		return "put right what the checks " + listed(e.Errors) + " found"
	}
	return "comment on what the checks " + listed(e.Uncommented) + " found"
}

func listed(rules []events.Rule) string {
	words := make([]string, len(rules))
	for i, r := range rules {
		words[i] = string(r)
	}
	return joined(words)
}

// frozen are the answers as the log keeps them.
func (s *Survey) frozen(answers []Answer) []events.SurveyAnswer {
	list := make([]events.SurveyAnswer, len(answers))
	for i, a := range answers {
		list[i] = a.event(s.Given[a.Question].Wording)
	}
	return list
}

// AsCounted refuses checked answers that figures do not give: of those that nobody gave, and of what somebody's number was given in place of.
func (s *Survey) AsCounted(form Form, f Figures) error {
	unsaid := func(events.Wording) Written { return Written{} }
	checked := byQuestion(s.Frozen.Answers)
	for _, a := range s.frozen(s.answered(Draft(form, f, Swedish), s.Given, unsaid)) {
		if !sameAnswer(a, checked[a.Question]) {
			return refuse(notNow, "counted_otherwise", "", "the answer to %s was checked on other figures than the log gives, or by another version of the program or the form; have an approver send the answers back, or change one, and check them again", a.Question)
		}
	}
	return nil
}

func sameAnswer(a, b events.SurveyAnswer) bool {
	choices := slices.Equal(a.Choices, b.Choices)
	a.Choices, b.Choices = nil, nil
	return choices && reflect.DeepEqual(a, b)
}

// Approve stands by a checked version that others prepared.
func (s *Survey) Approve(year events.Year, by events.ID) ([]events.Event, error) {
	switch {
	case s.State == Submitted:
		return nil, s.editable()
	case s.State == Approved:
		return nil, refuse(notNow, "approved", "", "version %d is approved already; submit it", s.Version)
	case s.State != Checked:
		return nil, refuse(notNow, "not_checked", "", "version %d has not been checked, or was changed since; check it first", s.Version)
	case s.Prepared(by):
		return nil, refuse(notNow, "four_eyes", "", "you prepared version %d yourself, or something that is still in it; somebody else has to approve it", s.Version)
	}
	return []events.Event{events.SurveyApproved{Year: year, Version: events.Count(s.Version)}}, nil
}

// Return sends a checked or approved version back to those who prepared it.
func (s *Survey) Return(year events.Year, why events.Wording) ([]events.Event, error) {
	if s.State != Checked && s.State != Approved {
		return nil, refuse(notNow, "not_checked", "", "version %d is not waiting for approval or submission; there is nothing to return", s.Version)
	}
	if why.IsZero() {
		return nil, refuse(notLike, "no_reason", "reason", "say why it is returned")
	}
	return []events.Event{events.SurveyReturned{Year: year, Version: events.Count(s.Version), Wording: why}}, nil
}

// Submit answers for good, with what is released of it.
func (s *Survey) Submit(year events.Year, program events.ProgramVersion, released []events.SurveyAnswer) ([]events.Event, error) {
	switch s.State {
	case Submitted:
		return nil, refuse(notNow, "submitted", "", "version %d was submitted already; amend the survey to make a new version", s.Version)
	case Approved:
		return []events.Event{events.SurveySubmitted{
			Year: year, Version: events.Count(s.Version), Form: s.Frozen.Form, Definition: s.Frozen.Definition, Position: s.Frozen.Position,
			Program: program, Answers: s.Frozen.Answers, Released: released,
		}}, nil
	}
	return nil, refuse(notNow, "not_approved", "", "version %d has not been approved, or was changed since; check it and let somebody else approve it", s.Version)
}

// Amend opens a submitted survey for a new version.
func (s *Survey) Amend(year events.Year, why events.Wording) ([]events.Event, error) {
	if s.State != Submitted {
		return nil, refuse(notNow, "not_submitted", "", "version %d has not been submitted; change it as it is", s.Version)
	}
	if why.IsZero() {
		return nil, refuse(notLike, "no_reason", "reason", "say why what was submitted has to be amended")
	}
	return []events.Event{events.SurveyAmended{Year: year, Version: events.Count(s.Version + 1), Wording: why}}, nil
}

// Answers are what the survey says: frozen where it was checked, else what is computed, with what people gave. What they gave
// is marked as theirs, also where it says the same.
func (s *Survey) Answers(computed []Answer, words func(events.Wording) Written) []Answer {
	given := s.Given
	switch {
	case s.State == Submitted:
		given = byQuestion(s.Submitted.Answers)
	case s.Frozen != nil:
		given = byQuestion(s.Frozen.Answers)
	}
	return s.answered(computed, given, words)
}

// answered puts what was given in place of what was computed.
func (s *Survey) answered(computed []Answer, given map[events.Question]events.SurveyAnswer, words func(events.Wording) Written) []Answer {
	list := slices.Clone(computed)
	for i, a := range list {
		if g, ok := given[a.Question]; ok && a.Status != events.NotAsked {
			list[i] = a.with(g, words)
			var own events.SurveyAnswer
			if own, list[i].Given = s.Given[a.Question]; own.Status == events.NumberAnswer || own.Status == events.ZeroAnswer {
				list[i].CountedThen = new(int(own.Computed))
			}
		}
	}
	return list
}

func byQuestion(answers []events.SurveyAnswer) map[events.Question]events.SurveyAnswer {
	m := make(map[events.Question]events.SurveyAnswer, len(answers))
	for _, a := range answers {
		m[a.Question] = a
	}
	return m
}
