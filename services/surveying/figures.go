package surveying

import (
	"cmp"
	"slices"

	"rackvidd/events"
)

// Figures are what the answers are computed from, all of one position of the log.
type Figures struct {
	Municipality events.Municipality
	Year         events.Year
	Position     events.Position
	Definition   events.DefinitionID
	Sentence     Text // what the definition says

	Programmes []Programme
	Recorded   bool // anything at all of the year: a referral, a place, a session

	Children     int // different children who were identified
	Lower, Upper int // how many it can have been
	Attendances  int // of those children
	Sessions     int // that were held in the year; 0: not counted
	Unidentified int // attendances of children nobody identified
	UnknownAge   int // of those children
	LeftOut      LeftOut
	Erased       int // of those children, had their identity erased
	Enrolled     int
	SumOverForms int
	Forms        []Count[events.Form]
	ByProgramme  []Count[events.ProgrammeID]
	Channels     []Count[events.Channel] // of the children's first referrals
}

// LeftOut are the children who came and are not in the number, and why.
type LeftOut struct {
	TooOld      int // in the year
	Guests      int // other municipalities' children: theirs count them
	OtherReason int // they came for another reason than substance abuse in the family
}

// Programme is what the survey asks of a programme.
type Programme struct {
	ID        events.ProgrammeID
	Name      events.Name
	Forms     []events.Form
	Organiser events.Organiser
	ValidFrom events.Day
}

// Count is how many children belong to a code.
type Count[C ~string] struct {
	Code     C
	Children int
}

// Number is the answer to how many: those who were identified, and no fewer than were at the fullest occasion.
func (f Figures) Number() int { return max(f.Children, f.Lower) }

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

// ProgrammeName is what a programme is called; its id where that is not known.
func (f Figures) ProgrammeName(id events.ProgrammeID) string {
	for _, p := range f.Programmes {
		if p.ID == id {
			return cmp.Or(string(p.Name), string(id))
		}
	}
	return string(id)
}

// asked are the active programmes that a question asks about.
func (f Figures) asked(q Question) []Programme {
	return slices.DeleteFunc(f.active(), func(p Programme) bool {
		return len(q.Forms) > 0 && !slices.ContainsFunc(p.Forms, func(form events.Form) bool { return slices.Contains(q.Forms, form) })
	})
}

// most is the largest number of children that belong to one code.
func most[C ~string](counts []Count[C]) (largest Count[C]) {
	for _, c := range counts {
		if c.Children > largest.Children {
			largest = c
		}
	}
	return largest
}

// ranked lists the codes with most children first, ties by code.
func ranked[C ~string](counts []Count[C]) (list []C) {
	sorted := slices.Clone(counts)
	slices.SortFunc(sorted, func(a, b Count[C]) int {
		return cmp.Or(cmp.Compare(b.Children, a.Children), cmp.Compare(a.Code, b.Code))
	})
	for _, c := range sorted {
		if c.Children > 0 {
			list = append(list, c.Code)
		}
	}
	return list
}
