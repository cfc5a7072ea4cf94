package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/surveying"
)

// submission is what a municipality keeps of a survey that it submitted.
type submission struct {
	*survey
	Last surveying.Step // by which it was submitted
	Did  []deed
}

// deed is what somebody did with the version that was submitted, however often: the last time counts.
type deed struct {
	surveying.Step
	surveyor
	l *language
}

// surveyor is somebody who took a step of a survey.
type surveyor struct {
	Account events.ID     `json:"account"`
	Name    string        `json:"name"`
	Roles   []access.Role `json:"roles"`
}

// Called is what somebody is called; the beginning of the account's number where nobody has named it.
func (p surveyor) Called() string {
	if p.Name == "" {
		return p.Account.String()[:6]
	}
	return p.Name
}

// Role is in which of the survey's roles somebody did it, as far as the account has them today.
func (d deed) Role() string {
	var list []string
	for _, r := range d.Roles {
		if slices.Contains([]access.Role{access.BackOffice, access.Approver, access.Administrator}, r) {
			list = append(list, d.l.text("role."+string(r)))
		}
	}
	return strings.Join(list, ", ")
}

// By is who took a step.
func (s *survey) By(account events.ID) surveyor {
	if i := slices.IndexFunc(s.People, func(p surveyor) bool { return p.Account == account }); i >= 0 {
		return s.People[i]
	}
	return surveyor{Account: account}
}

// receipt shows who submitted what, and when: a page to print and keep.
func (v *visit) receipt() error {
	s, err := v.readSurvey(v.year(), "only", "answers")
	if err != nil {
		return err
	}
	if s.Submitted == nil { // not yet
		return v.to(v.Home("surveys", v.At("year")), 0, "")
	}
	l := v.text()
	d := submission{survey: s}
	for _, step := range s.Steps {
		if step.Version != s.Submitted.Version {
			continue
		}
		one := deed{step, s.By(step.By), l}
		d.Did = append(slices.DeleteFunc(d.Did, func(before deed) bool { return before.What == step.What && before.By == step.By }), one)
		if step.What == "submitted" {
			d.Last = step
		}
	}
	year := fmt.Sprint(s.Year)
	return v.show("receipt", sheet{Title: l.text("receipt.title", year), Crumbs: v.surveyCrumbs(crumb{v.Home("surveys", year), l.text("survey.title", year)}), D: d})
}

// statement hands over what was signed when the survey was submitted.
func (v *visit) statement() error {
	return v.forward(call{method: http.MethodGet, path: v.in("surveys/" + v.At("year") + "/statement")})
}
