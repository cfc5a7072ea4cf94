// Package surveying answers the annual survey from a municipality's figures. It is pure.
package surveying

import (
	"cmp"
	"fmt"
	"slices"

	"rackvidd/events"
)

// Figures are what the answers are computed from, all of one position of the log.
type Figures struct {
	Municipality events.Municipality
	Year         events.Year
	Position     events.Position
	Definition   string // its id
	Sentence     string // and what it says

	Programmes   []Programme
	Recorded     bool // anything at all of the year: a referral, a place, a session
	Children     int  // different children who were identified
	Lower, Upper int  // how many it can have been
	Attendances  int  // of those children
	Unidentified int  // attendances of children nobody identified
	Forms        []Count[events.Form]
	Channels     []Count[events.Channel] // of the children's first referrals
}

// Programme is what the survey asks of a programme.
type Programme struct {
	ID        events.ProgrammeID
	Forms     []events.Form
	Organiser events.Organiser
	ValidFrom events.Day
}

// Count is how many children belong to a code.
type Count[C ~string] struct {
	Code     C
	Children int
}

// Survey is one municipality's answers about one year, as contract.md section 7 names them.
type Survey struct {
	Municipality    events.Municipality `json:"municipality"`
	Year            events.Year         `json:"year"`
	Form            string              `json:"form"`
	State           string              `json:"state"`
	Version         int                 `json:"version"`
	Position        events.Position     `json:"position"`
	Answers         []Answer            `json:"answers"`
	Checks          []Check             `json:"checks"`
	SinceSubmission *Difference         `json:"since_submission"`
}

// Answer is the answer to one question. What does not belong to its status is left out.
type Answer struct {
	Question    string   `json:"question"`
	Status      Status   `json:"status"`
	Value       *int     `json:"value,omitempty"`
	Basis       Basis    `json:"basis,omitempty"`
	Lower       *int     `json:"lower,omitempty"`
	Upper       *int     `json:"upper,omitempty"`
	Choices     []string `json:"choices,omitzero"`
	Computed    any      `json:"computed,omitempty"`
	Explanation string   `json:"explanation,omitempty"`
	Definition  string   `json:"definition,omitempty"`
}

// Check is a rule that the answers break.
type Check struct {
	Rule     string  `json:"rule"`
	Severity string  `json:"severity"`
	Message  string  `json:"message"`
	Comment  *string `json:"comment"`
}

// Difference is what would be said today of a submitted figure.
type Difference struct {
	Submitted int `json:"submitted"`
	Today     int `json:"today"`
}

// Status says what kind of answer it is. Zero is not unknown, and neither is not answered.
type Status string

const (
	Number      Status = "number"
	Zero        Status = "zero"
	Choices     Status = "choices"
	Yes         Status = "yes"
	No          Status = "no"
	Unknown     Status = "unknown" // nothing is recorded that the answer could follow from
	NotAsked    Status = "not_asked"
	NotAnswered Status = "not_answered"
)

// Basis says how sure a number is.
type Basis string

const (
	Counted  Basis = "counted"
	Interval Basis = "interval" // some were there whom nobody identified
)

// Draft answers on a form what follows from the figures. Q6 and Q7 are people's to answer.
func Draft(form Form, f Figures) Survey {
	return Survey{
		Municipality: f.Municipality, Year: f.Year, Form: form.ID, State: "draft", Position: f.Position, Checks: []Check{},
		Answers: []Answer{
			f.offers(form), f.organisers(form), f.forms(form), f.children(), f.channels(),
			{Question: "Q6", Status: NotAnswered},
			{Question: "Q7", Status: NotAnswered},
		},
	}
}

// known reports whether anything is known of the year: without a programme and a record, none is not no.
func (f Figures) known() bool {
	return f.Recorded || f.Upper > 0 || len(f.active()) > 0
}

func (f Figures) active() (list []Programme) {
	for _, p := range f.Programmes {
		if p.ValidFrom.Year() <= f.Year {
			list = append(list, p)
		}
	}
	return list
}

// asked are the active programmes that the form asks about.
func (f Figures) asked(form Form) []Programme {
	return slices.DeleteFunc(f.active(), func(p Programme) bool {
		return form.GroupsOnly && !slices.Contains(p.Forms, events.SupportGroup)
	})
}

func (f Figures) offers(form Form) Answer {
	switch {
	case len(f.asked(form)) > 0 || f.Upper > 0:
		return Answer{Question: "Q1", Status: Yes, Computed: string(Yes)}
	case f.known():
		return Answer{Question: "Q1", Status: No, Computed: string(No)}
	}
	return Answer{Question: "Q1", Status: Unknown, Explanation: f.nothing()}
}

func (f Figures) organisers(form Form) Answer {
	var list []string
	for _, p := range f.asked(form) {
		list = append(list, string(p.Organiser))
	}
	slices.Sort(list)
	return chosen("Q2", slices.Compact(list))
}

func (f Figures) forms(form Form) Answer {
	if !form.AsksForms {
		return Answer{Question: "Q3", Status: NotAsked}
	}
	list := ranked(f.Forms)
	if form.MostForms > 0 {
		list = list[:min(len(list), form.MostForms)]
	}
	return chosen("Q3", list)
}

func (f Figures) channels() Answer { return chosen("Q5", ranked(f.Channels)) }

func chosen(question string, list []string) Answer {
	list = append([]string{}, list...)
	return Answer{Question: question, Status: Choices, Choices: list, Computed: list}
}

// ranked lists the codes with most children first, ties by code.
func ranked[C ~string](counts []Count[C]) (list []string) {
	sorted := slices.Clone(counts)
	slices.SortFunc(sorted, func(a, b Count[C]) int {
		return cmp.Or(cmp.Compare(b.Children, a.Children), cmp.Compare(a.Code, b.Code))
	})
	for _, c := range sorted {
		if c.Children > 0 {
			list = append(list, string(c.Code))
		}
	}
	return list
}

func (f Figures) children() Answer {
	if !f.known() {
		return Answer{Question: "Q4", Status: Unknown, Definition: f.Definition, Explanation: f.nothing()}
	}
	value := max(f.Children, f.Lower)
	a := Answer{Question: "Q4", Status: Number, Basis: Counted, Value: &value, Lower: &f.Lower, Upper: &f.Upper, Computed: value, Definition: f.Definition}
	if f.Upper == 0 {
		a.Status = Zero
	}
	if f.Lower != f.Upper {
		a.Basis = Interval
	}
	a.Explanation = f.explain()
	return a
}

// nothing says why there is no answer, and what to do.
func (f Figures) nothing() string {
	return fmt.Sprintf("Nothing is known of %d at position %d of the log: no programme was registered that gave support then, and no referral, place or session is recorded. "+
		"Register the programmes, or bring the year's records in.", f.Year, f.Position)
}

// explain says where the number comes from, so that whoever signs it can.
func (f Figures) explain() string {
	s := fmt.Sprintf("%s From %d-01-01 to %d-12-31, at position %d of the log: %d children were identified, with %d attendances.",
		f.Sentence, f.Year, f.Year, f.Position, f.Children, f.Attendances)
	if f.Unidentified > 0 {
		s += fmt.Sprintf(" Another %d attendances were of children nobody identified, so it was between %d and %d children.", f.Unidentified, f.Lower, f.Upper)
	}
	return s
}
