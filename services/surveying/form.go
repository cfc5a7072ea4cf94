package surveying

import "rackvidd/events"

// Form is a version of the survey's form (domain.md section 4).
type Form struct {
	ID         string
	Definition string // of the children it asks for
	GroupsOnly bool   // it asks about support groups alone
	AsksForms  bool
	MostForms  int // 0: any number
}

// FirstYear is the first year of activity that was ever asked about.
const FirstYear events.Year = 2003

// forms are those that are known. Of a year between two of them nobody knows what was asked; the last is used until
// another is known (decisions/0001).
var forms = []struct {
	from, to events.Year // 0: no last one is known
	Form
}{
	{2003, 2012, Form{ID: "v1", Definition: "groups/v1", GroupsOnly: true}},
	{2013, 2014, Form{ID: "v2", Definition: "reach/v3", AsksForms: true}},
	{2021, 0, Form{ID: "v3", Definition: "reach/v3", AsksForms: true, MostForms: 3}},
}

// FormOf returns the form that asks about a year's activity, and whether it is known.
func FormOf(year events.Year) (Form, bool) {
	for _, f := range forms {
		if year >= f.from && (year <= f.to || f.to == 0) {
			return f.Form, true
		}
	}
	return Form{}, false
}
