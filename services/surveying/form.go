package surveying

import "rackvidd/events"

// Form is a version of the survey's form (domain.md section 4).
type Form struct {
	ID         string
	Definition string // of the children it asks for
	AsksForms  bool
	MostForms  int // 0: any number
}

// FirstYear is the first year of activity that was ever asked about.
const FirstYear events.Year = 2003

var forms = []struct {
	from events.Year
	Form
}{
	{2003, Form{ID: "v1", Definition: "groups/v1"}},
	{2013, Form{ID: "v2", Definition: "reach/v3", AsksForms: true}},
	{2015, Form{ID: "v3", Definition: "reach/v3", AsksForms: true, MostForms: 3}}, // known from 2021; when it began is not
}

// FormOf returns the form that asks about a year's activity.
func FormOf(year events.Year) Form {
	form := forms[0].Form
	for _, f := range forms {
		if year >= f.from {
			form = f.Form
		}
	}
	return form
}
