package web

import (
	"cmp"
	"net/http"
	"slices"

	"rackvidd/events"
)

// answered is a line to check.
type answered struct{ Label, Value, Field string }

// checking is everything that was answered, and what is known of the child before.
type checking struct {
	Answers []answered
	Now     []enrolment
	Open    []choice // referrals that are not closed: a place may answer them
	Names   map[events.ProgrammeID]string
	What    string
	Note    string // what the places that the child has mean for the new one; "": nothing
	Doubles []side // children that may be the same: the reader says whether one of them is
}

// check shows everything once more before it is recorded, and whether the child is already somewhere: it counts once.
func (v *visit) check(p placing, f *form, group *groupSummary, all []programme) error {
	known, err := v.chosenChild(f)
	if err != nil {
		return err
	}
	l := v.text()
	c := checking{Now: standing(known.Enrolments), Names: named(all), What: p.name}
	if c.Doubles, err = v.doubles(f, known); err != nil {
		if err := f.refused(err, map[string]string{"body.child": ""}); err != nil {
			return err
		}
		return v.showPlacing(p, f)
	}
	f.Del("answered")
	for _, r := range known.Referrals {
		if r.ClosedOn != 0 {
			continue
		}
		text := l.text("placing.answer", capital(l.word(r.Channel)), l.day(r.ReceivedOn))
		if r.Programme != "" {
			text += ", " + c.Names[r.Programme]
		}
		c.Open = append(c.Open, choice{Value: r.ID, Label: text})
		if r.Programme == "" || r.Programme == aim(all, f, group).ID || r.ID == f.Get("referral") {
			f.Add("answered", r.ID)
		}
	}
	if p.name == "enrolment" {
		c.Note = noteOn(f, group, known, c.Now)
	}
	if c.Answers, err = v.answers(p, f, group, c.Names, cmp.Or(f.Get("label"), known.Label, l.text("child.unnamed")+" "+known.Child.String()[:4])); err != nil {
		return err
	}
	if c.Note == "placing.joins" { // the rest is of a place, and none is recorded
		c.Answers = slices.DeleteFunc(c.Answers, func(a answered) bool { return a.Field != "child" && a.Field != "offer" })
	}
	return v.show("placing_check", sheet{Title: l.text("placing.check"), Crumbs: []crumb{{v.Home(""), l.text("day.title")}}, Form: f, Underway: true, D: c})
}

// noteOn says what the places that a child has now mean for the one that it is to get.
func noteOn(f *form, group *groupSummary, known history, now []enrolment) string {
	programme, form := f.offered()
	if group != nil {
		programme, form = string(group.Programme), string(group.Form)
	}
	switch {
	case joins(f, group, known):
		return "placing.joins"
	case known.holds(events.ProgrammeID(programme), events.Form(form), ""):
		return "placing.has_place"
	case slices.ContainsFunc(now, func(e enrolment) bool { return string(e.Form) != form }):
		return "placing.counts_once"
	}
	return ""
}

// answers are the lines to check of a child that is called so.
func (v *visit) answers(p placing, f *form, group *groupSummary, names map[events.ProgrammeID]string, child string) (list []answered, err error) {
	l := v.text()
	add := func(label, value, field string) { list = append(list, answered{l.text(label), value, field}) }
	add("placing.child", child, "child")
	if f.Has("channel") {
		add("referral.channel", capital(l.word(f.Get("channel"))), "channel")
	}
	programme, form := f.offered()
	switch {
	case group != nil:
		add("placing.offer", group.Name+", "+names[group.Programme]+", "+l.word(group.Form), "offer")
	case programme != "":
		add("placing.offer", names[events.ProgrammeID(programme)]+", "+l.word(form), "offer")
	default:
		add("placing.offer", l.text("placing.none"), "offer")
	}
	var day events.Day
	if day.UnmarshalText([]byte(f.Get(p.day))) == nil {
		add(p.name+"."+p.day, l.date(day), p.day)
	}
	if year := f.Get("birth_year"); year != "" {
		add("placing.birth_year", year, "birth_year")
	}
	if gender := f.Get("gender"); gender != "" {
		add("placing.gender", capital(l.word(gender)), "gender")
	}
	if target := f.Get("target"); target != "" {
		i := slices.IndexFunc(whys(l), func(c choice) bool { return c.Value == target })
		if i < 0 {
			return nil, errUnreadable
		}
		add("placing.why", whys(l)[i].Label, "target")
	}
	if home := f.Get("home_municipality"); home != "" {
		add("placing.home", placeName(events.Municipality(home)), "home_municipality")
	}
	return list, nil
}

// doubles are children with the same name in the visitor's programmes, where nothing is recorded of the child yet: it may be
// one of them. Those of another year of birth are not.
func (v *visit) doubles(f *form, known history) (list []side, err error) {
	if f.Get("label") == "" || len(known.Referrals)+len(known.Enrolments)+len(known.Sessions) > 0 {
		return nil, nil
	}
	var found struct {
		Children []child `json:"children"`
	}
	path := v.in("children/alike")
	body := map[string]any{"label": f.Get("label"), "child": f.Get("child")}
	if err := v.ask(call{method: http.MethodPost, path: path, body: body, looks: true}, &found); err != nil {
		return nil, err
	}
	year := f.whole("birth_year")
	for _, c := range found.Children {
		one, err := v.side(c.Child.String())
		switch {
		case isProblem(err, http.StatusNotFound):
			continue
		case err != nil:
			return nil, err
		}
		if year == 0 || one.BirthYear == 0 || int(one.BirthYear) == year {
			list = append(list, one)
		}
	}
	return list, nil
}

// hasPlace refuses a full group before anything is recorded, unless the child is in it already, as itself or as whom it counts.
func (v *visit) hasPlace(f *form, chosen *groupSummary) error {
	if chosen == nil || !chosen.Full() {
		return nil
	}
	child, err := events.ParseID(f.Get("child"))
	if err != nil {
		return errUnreadable
	}
	var g group
	if err := v.get(&g, v.in("groups/"+chosen.ID.String())); err != nil {
		return err
	}
	for seen := make(map[events.ID]bool); !g.has(child); {
		known, err := v.known(child)
		if err != nil {
			return err
		}
		if seen[child] = true; known.MergedInto == nil || seen[*known.MergedInto] {
			f.wrong("offer", "placing.group_full")
			f.renew()
			return nil
		}
		child = *known.MergedInto
	}
	return nil
}

// given adds what is optional of a child.
func (f *form) given(body map[string]any) map[string]any {
	body["child"] = f.Get("child")
	if programme, form := f.offered(); programme != "" {
		body["programme"], body["form"] = programme, form
	}
	if year := f.whole("birth_year"); year > 0 {
		body["birth_year"] = year
	}
	if gender := f.Get("gender"); gender != "" {
		body["gender"] = gender
	}
	return body
}
