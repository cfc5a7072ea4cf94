package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"rackvidd/events"
	"rackvidd/services/surveying"
)

// checkedSessions are those that a check is about, a page of them.
type checkedSessions struct {
	Rule     events.Rule     `json:"rule"`
	Position events.Position `json:"position"`
	Total    int             `json:"total"`
	Sessions []struct {
		Programme events.ProgrammeID `json:"programme"`
		Form      events.Form        `json:"form"`
		HeldOn    events.Day         `json:"held_on"`
		ID        *events.ID         `json:"id"`
		Group     string             `json:"group"`
	} `json:"sessions"`

	programmeNames
	About string
	Page  int // from 1
}

// Pages is how many there are, Before and After the one beside this one; 0: there is none.
func (d checkedSessions) Pages() int  { return (d.Total + rowsOnAPage - 1) / rowsOnAPage }
func (d checkedSessions) Before() int { return d.Page - 1 }

func (d checkedSessions) After() int {
	if d.Page >= d.Pages() {
		return 0
	}
	return d.Page + 1
}

// behindCheck shows the sessions that a check is about, or hands them over as a file.
func (v *visit) behindCheck() error {
	path := v.in("surveys/" + v.At("year") + "/checks/" + v.At("rule") + "/sessions")
	if format := v.Query("format"); format != "" {
		return v.forward(call{method: http.MethodGet, path: path + "/export", query: url.Values{"format": {format}, "lang": {v.Lang}}})
	}
	d := checkedSessions{Page: max(1, number(v.Query("page")))}
	err := v.see(&d, path, "offset", strconv.Itoa(rowsOnAPage*(d.Page-1)), "limit", strconv.Itoa(rowsOnAPage))
	if err != nil {
		return err
	}
	programmes, err := v.programmes()
	if err != nil {
		return err
	}
	d.programmeNames = named(programmes)
	d.About = string(d.Rule)
	if form, known := v.Forms.Of(v.year()); known {
		s := survey{form: form, lang: surveying.Language(v.Lang)}
		d.About = s.RuleAbout(d.Rule)
	}
	year, l := v.At("year"), v.text()
	return v.show("behind", sheet{Title: l.text("behind.title", d.About), Crumbs: v.surveyCrumbs(crumb{v.Home("surveys", year), l.text("survey.title", fmt.Sprint(year))}, crumb{v.Home("surveys", year, "checks"), l.text("survey.checks")}), D: d})
}

// leftOutBy are the checks that count who is not in the figure, and why.
var leftOutBy = map[events.Rule]string{"S08": "too_old", "S26": "never_came", "S30": "guest", "S31": "other_aim"}

// Children is the page with the children that a check counts, who are left out of the figure; "": it counts none of those.
func (p sheet) Children(r events.Rule) string {
	s, is := p.D.(*survey)
	if leftOutBy[r] == "" || !is {
		return ""
	}
	return p.Home("surveys", fmt.Sprint(s.Year), "figures", "children") + "?without=yes&sort=why&position=" + strconv.FormatUint(s.Position, 10)
}
