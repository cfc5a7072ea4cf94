package reach

import (
	"fmt"
	"slices"

	"rackvidd/events"
)

// Basis is what makes a child reached.
type Basis string

const (
	Attended Basis = "attended" // at least one attended session in the period
	Enrolled Basis = "enrolled" // an enrolment that overlaps the period
)

// Definition says which children are reached. It is data: executed, printed beside each figure, and never changed;
// another rule is another definition.
type Definition struct {
	ID       string
	Basis    Basis
	Forms    []events.Form // none: all
	MaxAge   int           // year(to) − birth year; an unknown birth year counts
	Sentence string        // English
	Swedish  string
}

// Default is the definition of the survey since 2021.
const Default = "reach/v3"

// Definitions are all there are, in the order of their ids.
var Definitions = []Definition{
	{
		ID: "enrolled/v1", Basis: Enrolled, MaxAge: 17,
		Sentence: "Different children aged 0–17 in the year, or of unknown age, whose home is this municipality and who had an enrolment that overlaps the period.",
		Swedish:  "Olika barn 0–17 år under året, eller med okänd ålder, med denna kommun som hemkommun och en inskrivning som överlappar perioden.",
	},
	{
		ID: "groups/v1", Basis: Attended, Forms: []events.Form{events.SupportGroup}, MaxAge: 17,
		Sentence: "Different children aged 0–17 in the year, or of unknown age, whose home is this municipality and who attended at least one session of a support group because of substance abuse in the family.",
		Swedish:  "Olika barn 0–17 år under året, eller med okänd ålder, med denna kommun som hemkommun som deltog vid minst en träff i en stödgrupp på grund av missbruk i familjen.",
	},
	{
		ID: "reach/v3", Basis: Attended, MaxAge: 17,
		Sentence: "Different children aged 0–17 in the year, or of unknown age, whose home is this municipality and who attended at least one session, in any form, because of substance abuse in the family.",
		Swedish:  "Olika barn 0–17 år under året, eller med okänd ålder, med denna kommun som hemkommun som deltog vid minst en träff, i någon stödform, på grund av missbruk i familjen.",
	},
}

// Named returns the definition with the id.
func Named(id string) (Definition, error) {
	i := slices.IndexFunc(Definitions, func(d Definition) bool { return d.ID == id })
	if i < 0 {
		return Definition{}, fmt.Errorf("must be one of enrolled/v1, groups/v1, reach/v3")
	}
	return Definitions[i], nil
}

// Counts reports whether a form is among the definition's.
func (d Definition) Counts(f events.Form) bool {
	return len(d.Forms) == 0 || slices.Contains(d.Forms, f)
}

// OfAge reports whether a child born in a year (0: unknown) counts in a period that ends in another.
func (d Definition) OfAge(born, year events.Year) bool {
	return born == 0 || int(year-born) <= d.MaxAge
}

// Period is the days from From to To, both included.
type Period struct{ From, To events.Day }

// CalendarYear is the period of a whole year.
func CalendarYear(y events.Year) Period {
	return Period{events.Date(int(y), 1, 1), events.Date(int(y), 12, 31)}
}
