package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"rackvidd/events"
	"rackvidd/services/surveying"
)

// behindCheck is what a check is about, a page of it: sessions, or places and referrals.
type behindCheck struct {
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
	Entries []struct {
		Number    int                `json:"number"`
		Programme events.ProgrammeID `json:"programme"`
		Form      events.Form        `json:"form"`
		Channel   events.Channel     `json:"channel"`
		From      events.Day         `json:"from"`
		Child     *events.ID         `json:"child"`
	} `json:"entries"`

	programmeNames
	Wanted string // how it should be
	Page   int    // from 1
}

// Pages is how many there are, Before and After the one beside this one; 0: there is none.
func (d behindCheck) Pages() int  { return (d.Total + rowsOnAPage - 1) / rowsOnAPage }
func (d behindCheck) Before() int { return d.Page - 1 }

func (d behindCheck) After() int {
	if d.Page >= d.Pages() {
		return 0
	}
	return d.Page + 1
}

func (d behindCheck) heading() string {
	if ofEntries[d.Rule] {
		return "behind.entries_title"
	}
	return "behind.title"
}

// behindCheck shows what a check is about, or hands sessions over as a file.
func (v *visit) behindCheck() error {
	path := v.in("surveys/" + v.At("year") + "/checks/" + v.At("rule"))
	if format := v.Query("format"); format != "" {
		return v.forward(call{method: http.MethodGet, path: path + "/sessions/export", query: url.Values{"format": {format}, "lang": {v.Lang}}})
	}
	d := behindCheck{Page: max(1, number(v.Query("page")))}
	kind := "/sessions"
	if ofEntries[events.Rule(v.At("rule"))] {
		kind = "/entries"
	}
	err := v.see(&d, path+kind, "offset", strconv.Itoa(rowsOnAPage*(d.Page-1)), "limit", strconv.Itoa(rowsOnAPage))
	if err != nil {
		return err
	}
	programmes, err := v.programmes()
	if err != nil {
		return err
	}
	d.programmeNames = named(programmes)
	if form, known := v.Forms.Of(v.year()); known {
		d.Wanted = wanted(form, d.Rule, surveying.Language(v.Lang))
	}
	year, l := v.At("year"), v.text()
	return v.show("behind", sheet{Title: l.text(d.heading(), surveying.Heading(d.Rule, surveying.Language(v.Lang))), Crumbs: v.surveyCrumbs(crumb{v.Home("surveys", year), l.text("survey.title", fmt.Sprint(year))}, crumb{v.Home("surveys", year, "checks"), l.text("survey.checks")}), D: d})
}

// ofEntries are the checks that are about places or referrals.
var ofEntries = map[events.Rule]bool{"S25": true, "S41": true}

// wanted is how a check wants it to be, in a sentence; "": the form has no such check.
func wanted(form surveying.Form, r events.Rule, l surveying.Language) string {
	for _, rule := range form.Rules(l) {
		if rule.Number == r {
			return rule.About
		}
	}
	return ""
}

const unknown = "unknown" // the code, in every list

// childrenBehind are the checks that count children, and where their rows are: a figure of its own, or a part of all children.
var childrenBehind = map[events.Rule]string{
	"S08": "children?without=yes&sort=why", "S26": "children?without=yes&sort=why", "S30": "children?without=yes&sort=why", "S31": "children?without=yes&sort=why",
	"S09": "not_born", "S23": "first." + unknown, "S24": "without_referral", "S29": "children?sort=-sessions", "S32": "disputed", "S37": "age." + unknown,
}

// Children is the page with the children that a check counts; "": it counts none that have rows.
func (p sheet) Children(r events.Rule) string {
	s, is := p.D.(*survey)
	where, counts := childrenBehind[r]
	if !counts || !is {
		return ""
	}
	figure, query, _ := strings.Cut(where, "?")
	return p.Home("surveys", fmt.Sprint(s.Year), "figures", figure) + "?" + strings.TrimPrefix(query+"&position="+strconv.FormatUint(s.Position, 10), "&")
}
