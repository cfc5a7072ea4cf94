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

// submission is a version of a survey as it was submitted.
type submission struct {
	*survey
	surveying.Filed
	Comments []surveying.RuleComment
	Latest   int
	Did      []deed
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
func (s *survey) By(account events.ID) surveyor { return byAccount(s.People, account) }

func byAccount(people []surveyor, account events.ID) surveyor {
	if i := slices.IndexFunc(people, func(p surveyor) bool { return p.Account == account }); i >= 0 {
		return people[i]
	}
	return surveyor{Account: account}
}

// receipt leads to the version that stands.
func (v *visit) receipt() error {
	all, err := v.submittedVersions()
	if err != nil {
		return err
	}
	if len(all.Versions) == 0 { // not yet
		return v.to(v.Home("surveys", v.At("year")), 0, "")
	}
	return v.to(v.Home("surveys", v.At("year"), "versions", fmt.Sprint(all.Versions[len(all.Versions)-1].Version)), 0, "")
}

// readVersion reads a version as it was submitted.
func (v *visit) readVersion(year events.Year, number int) (d submission, err error) {
	var kept struct {
		surveying.FiledSheet
		People []surveyor `json:"people"`
	}
	if err := v.see(&kept, v.in(fmt.Sprintf("surveys/%d/versions/%d", year, number)), "lang", v.Lang); err != nil {
		return d, err
	}
	d = submission{survey: v.onForm(kept.Form), Filed: kept.Filed, Comments: kept.Comments, Latest: kept.Latest}
	d.Sheet = surveying.Sheet{
		Municipality: kept.Municipality, Year: kept.Year, Form: kept.Form, Title: kept.Title, State: kept.State, Version: kept.Version, Answers: kept.Answers, Remarks: kept.Remarks, Steps: kept.Steps,
	}
	d.People = kept.People
	return d, nil
}

// version shows who submitted what, and when: a page to print and keep.
func (v *visit) version() error {
	d, err := v.readVersion(v.year(), number(v.At("version")))
	if err != nil {
		return err
	}
	l := v.text()
	for _, step := range d.Steps {
		one := deed{step, d.survey.By(step.By), l}
		d.Did = append(slices.DeleteFunc(d.Did, func(before deed) bool { return before.What == step.What && before.By == step.By }), one)
	}
	return v.show("receipt", sheet{Title: l.text("receipt.title", d.Filed.Version, v.At("year")), Crumbs: v.versionCrumbs(), D: d})
}

// Stands reports whether no later version was submitted.
func (d submission) Stands() bool { return d.Filed.Version == d.Latest }

// Before is the number of the version before.
func (d submission) Before() int { return d.Filed.Version - 1 }

// bundle hands over what an outside auditor needs to verify a version without this program: the latest where none is named.
func (v *visit) bundle() error {
	return v.pass(call{method: http.MethodGet, path: v.in("audit/bundle"), query: pairs([]string{"year", v.At("year"), "version", v.Query("version")})})
}

// statement hands over what was signed when a version was submitted: the latest where none is named.
func (v *visit) statement() error {
	return v.forward(call{method: http.MethodGet, path: v.in("surveys/" + v.At("year") + "/statement"), query: pairs([]string{"version", v.Query("version")})})
}
