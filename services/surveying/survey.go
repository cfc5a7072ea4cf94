package surveying

import (
	"maps"
	"slices"
	"time"

	"rackvidd/events"
)

// State is how far a survey has come.
type State string

const (
	InDraft   State = "draft"
	Checked   State = "checked"
	Approved  State = "approved"
	Submitted State = "submitted"
	Amended   State = "amended" // opened again for a new version; what was submitted stands
)

// Survey is what has been decided about one municipality and year's survey.
type Survey struct {
	Version   int // of the answers being worked on; 1 is the first
	State     State
	Given     map[events.Question]events.SurveyAnswer // instead of what follows from the log, or where nothing does
	Comments  map[events.Rule]events.Wording
	Remarks   map[events.Question]events.Wording // comments beside questions
	Frozen    *events.SurveyChecked              // what was checked, until somebody changes it
	Submitted *events.SurveySubmitted            // the latest that was
	Versions  []Version                          // every one that was, the first first
	Reason    events.Wording                     // why it was amended or returned
	Steps     []Step

	CheckedAt time.Time       // when Frozen was
	CheckedIn events.Position // and by which event

	preparers map[events.ID]bool // of this version: they may not approve it
	authors   map[events.Question]events.ID
	critics   map[events.Rule]events.ID     // who commented
	remarkers map[events.Question]events.ID // and who beside questions
	by        events.ID
	at        time.Time
	position  events.Position
	amended   events.Wording // why this version was opened
}

// Step is something that was done with a survey.
type Step struct {
	What     string          `json:"what" doc:"answered, commented, checked, approved, returned, submitted or amended"`
	Version  int             `json:"version"`
	By       events.ID       `json:"by" doc:"the account"`
	At       time.Time       `json:"at"`
	Position events.Position `json:"position"`
	About    []string        `json:"about,omitempty" doc:"the questions and checks that were answered or commented on"`
}

// NewSurvey returns a survey that nothing has been decided about.
func NewSurvey() *Survey {
	return &Survey{
		Version: 1, State: InDraft, Given: make(map[events.Question]events.SurveyAnswer), Comments: make(map[events.Rule]events.Wording), Remarks: make(map[events.Question]events.Wording),
		preparers: make(map[events.ID]bool), authors: make(map[events.Question]events.ID), critics: make(map[events.Rule]events.ID), remarkers: make(map[events.Question]events.ID),
	}
}

// Witness remembers who decided what comes next.
func (s *Survey) Witness(r events.Recorded) { s.by, s.at, s.position = r.Actor, r.Time, r.Position }

func (s *Survey) Evolve(e events.Event) {
	switch e := e.(type) {
	case events.SurveyAnswered:
		s.prepared("answered")
		for _, a := range e.Answers {
			s.Given[a.Question], s.authors[a.Question] = a, s.by
			s.about(string(a.Question))
		}
		for _, q := range e.Restored {
			delete(s.Given, q)
			delete(s.authors, q)
			s.about(string(q))
		}
	case events.SurveyCommented:
		s.prepared("commented")
		for _, c := range e.Comments {
			s.Comments[c.Rule], s.critics[c.Rule] = c.Wording, s.by
			s.about(string(c.Rule))
		}
	case events.SurveyQuestionCommented:
		s.prepared("commented")
		for _, c := range e.Comments {
			s.Remarks[c.Question], s.remarkers[c.Question] = c.Wording, s.by
			s.about(string(c.Question))
		}
	case events.SurveyChecked:
		s.prepared("checked")
		s.Frozen, s.State, s.CheckedAt, s.CheckedIn = &e, Checked, s.at, s.position
	case events.SurveyApproved:
		s.step("approved")
		if s.Frozen != nil {
			s.State = Approved
		}
	case events.SurveyReturned:
		s.step("returned")
		s.reopen()
		s.Reason = e.Wording
	case events.SurveySubmitted:
		s.step("submitted")
		s.Submitted, s.State = &e, Submitted
		s.file(e)
	case events.SurveyAmended:
		s.Version = int(e.Version)
		clear(s.preparers)
		s.prepared("amended")
		s.Reason, s.amended = e.Wording, e.Wording
	}
}

// prepared notes that somebody worked on the answers: whatever was checked is checked no more.
func (s *Survey) prepared(what string) {
	s.preparers[s.by] = true
	s.step(what)
	s.reopen()
}

func (s *Survey) reopen() {
	s.Frozen, s.State = nil, InDraft
	if s.Version > 1 {
		s.State = Amended
	}
}

func (s *Survey) step(what string) {
	s.Steps = append(s.Steps, Step{What: what, Version: s.Version, By: s.by, At: s.at, Position: s.position})
}

// about notes a question or a check that the latest step was about.
func (s *Survey) about(what string) {
	last := &s.Steps[len(s.Steps)-1]
	last.About = append(last.About, what)
}

// Open reports whether answers can be changed.
func (s *Survey) Open() bool { return s.State == InDraft || s.State == Amended }

// Prepared reports whether somebody prepared the version at hand: worked on it, or wrote an answer or a comment before that
// is still in it.
func (s *Survey) Prepared(by events.ID) bool { return slices.Contains(s.PreparedBy(), by) }

// PreparedBy lists who prepared the version at hand.
func (s *Survey) PreparedBy() []events.ID {
	all := slices.Concat(slices.Collect(maps.Keys(s.preparers)), slices.Collect(maps.Values(s.authors)), slices.Collect(maps.Values(s.critics)), slices.Collect(maps.Values(s.remarkers)))
	slices.SortFunc(all, func(a, b events.ID) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(all)
}

// Thawed is the survey as it is worked on: with the answers that people gave, not with those that were checked.
func (s *Survey) Thawed() *Survey {
	t := *s
	t.Frozen = nil
	if t.State == Checked || t.State == Approved {
		t.State = InDraft
	}
	return &t
}

// Wordings are the texts that a survey names.
func (s *Survey) Wordings() (list []events.Wording) {
	add := func(w events.Wording) {
		if !w.IsZero() {
			list = append(list, w)
		}
	}
	add(s.Reason)
	for _, w := range s.Comments {
		add(w)
	}
	for _, w := range s.Remarks {
		add(w)
	}
	for _, a := range s.Given {
		add(a.Wording)
	}
	for _, a := range s.frozenAnswers() {
		add(a.Wording)
	}
	return list
}

func (s *Survey) frozenAnswers() []events.SurveyAnswer {
	switch {
	case s.State == Submitted:
		return s.Submitted.Answers
	case s.Frozen != nil:
		return s.Frozen.Answers
	}
	return nil
}
