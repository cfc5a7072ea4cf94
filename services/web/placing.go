package web

import (
	"errors"
	"slices"

	"rackvidd/events"
)

// A referral and an enrolment are written alike: who and what, then everything once more to check, then it is recorded.

// placing is one of the two.
type placing struct {
	name   string // of the texts, the templates and the path: referral, enrolment
	path   string // of the API
	day    string // the field of the day
	needs  []string
	body   func(*form) map[string]any
	fields map[string]string
}

// answered is a line to check.
type answered struct{ Label, Value, Field string }

// checking is everything that was answered, and what is known of the child before.
type checking struct {
	Answers []answered
	Now     []enrolment
	Open    int // referrals that are not closed
	Names   map[events.ProgrammeID]string
	What    string
}

func (v *visit) showPlacing(p placing, f *form) error {
	mine, err := v.mine()
	if err != nil {
		return err
	}
	l := v.text()
	list := offers(l, mine, identifies)
	if p.name == "enrolment" {
		groups, err := v.groupPlaces(mine)
		if err != nil {
			return err
		}
		for i := range list {
			list[i].Hint = l.text("session.no_group")
		}
		list = append(groups, list...)
		f.chooseOnly("offer", list)
	}
	d := map[string]any{
		"Offers": list, "Channels": choices[events.Channel](l), "Genders": choices[events.Gender](l), "Child": f.Get("child"), "Label": f.Get("label"),
	}
	return v.show(p.name, sheet{Title: l.text(p.name + ".new"), Crumbs: []crumb{{v.Home(""), l.text("day.title")}}, Form: f, D: d})
}

// groupPlaces are the groups of programmes in which children can have a place, with the places that are left.
func (v *visit) groupPlaces(mine []programme) (list []choice, err error) {
	groups, err := v.groups()
	l := v.text()
	for _, g := range groups {
		i := slices.IndexFunc(mine, func(p programme) bool { return p.ID == g.Programme && identifies(p) })
		if i < 0 {
			continue
		}
		hint := mine[i].Name + ", " + l.word(g.Form)
		switch {
		case g.Full():
			hint += ". " + l.text("placing.full", g.Members, g.Places)
		case g.Places > 0:
			hint += ". " + l.text("placing.places_left", g.Places-g.Members, g.Places)
		}
		list = append(list, choice{Value: "group/" + g.ID.String(), Label: g.Name, Hint: hint})
	}
	return list, err
}

// chosenGroup is the group in which the child is to have its place; nil: in none. One that is full is refused before anything
// is recorded.
func (v *visit) chosenGroup(f *form) (*groupSummary, error) {
	what, id := f.offered()
	if what != "group" {
		return nil, nil
	}
	groups, err := v.groups()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(groups, func(g groupSummary) bool { return g.ID.String() == id })
	if i < 0 {
		f.wrong("offer", "form.choose")
		return nil, nil
	}
	if groups[i].Full() {
		f.wrong("offer", "placing.group_full")
		f.renew()
	}
	return &groups[i], nil
}

// begin shows the empty form, about a child that a link names.
func (v *visit) begin(p placing) error {
	f := v.newForm(p.day, v.today().String())
	if programme, form := v.Query("programme"), v.Query("form"); programme != "" && form != "" {
		f.Set("offer", programme+"/"+form)
	}
	if id, err := events.ParseID(v.Query("child")); err == nil {
		known, err := v.known(id)
		if err != nil {
			return err
		}
		f.Set("child", id.String())
		f.Set("label", known.Label)
	}
	return v.showPlacing(p, f)
}

// place takes the form through its steps.
func (v *visit) place(p placing) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	if f.need(p.needs...); f.Get("child") == "" {
		f.need("identity")
	}
	f.whole("birth_year")
	group, err := v.chosenGroup(f)
	if err != nil {
		return err
	}
	if len(f.Errors) > 0 || f.Get("step") == "change" {
		return v.showPlacing(p, f)
	}
	if _, err := v.whose(f); err != nil {
		if err := f.refused(err, map[string]string{"body.card": "identity"}); err != nil {
			return err
		}
		return v.showPlacing(p, f)
	}
	if f.Get("step") != "save" {
		return v.check(p, f, group)
	}
	body := p.body(f)
	if group != nil {
		body["programme"], body["form"] = group.Programme, group.Form
	}
	var r struct {
		Child    events.ID       `json:"child"`
		Position events.Position `json:"position"`
	}
	err = v.ask(call{method: "POST", path: v.in(p.path), body: body, key: f.key(p.path)}, &r)
	if err != nil {
		if err := f.refused(err, p.fields); err != nil {
			return err
		}
		return v.showPlacing(p, f)
	}
	done := p.name
	if group != nil {
		var refusal *problem
		switch err := v.changeMembers(f, group.ID.String(), joining(r.Child)); {
		case errors.As(err, &refusal): // somebody else took the last place meanwhile; what is recorded is not taken back for the sake of the group
			done = "enrolment_alone"
		case err != nil:
			return err
		}
	}
	return v.to(v.Home("children", r.Child.String()), r.Position, done)
}

// check shows everything once more before it is recorded, and whether the child is already somewhere: it counts once.
func (v *visit) check(p placing, f *form, group *groupSummary) error {
	id, err := events.ParseID(f.Get("child"))
	if err != nil {
		return errUnreadable
	}
	known, err := v.known(id)
	if err != nil {
		return err
	}
	all, err := v.programmes()
	if err != nil {
		return err
	}
	l := v.text()
	c := checking{Now: standing(known.Enrolments), Names: named(all), What: p.name}
	for _, r := range known.Referrals {
		if r.ClosedOn == 0 {
			c.Open++
		}
	}
	label := f.Get("label")
	if label == "" {
		label = known.Label
	}
	if label == "" {
		label = l.text("child.unnamed") + " " + id.String()[:4]
	}
	c.Answers = append(c.Answers, answered{l.text("placing.child"), label, "child"})
	programme, form := f.offered()
	offer := l.text("placing.none")
	switch {
	case group != nil:
		offer = group.Name + ", " + c.Names[group.Programme] + ", " + l.word(group.Form)
	case programme != "":
		offer = c.Names[events.ProgrammeID(programme)] + ", " + l.word(form)
	}
	if f.Has("channel") {
		c.Answers = append(c.Answers, answered{l.text("referral.channel"), capital(l.word(f.Get("channel"))), "channel"})
	}
	c.Answers = append(c.Answers, answered{l.text("placing.offer"), offer, "offer"})
	var day events.Day
	if day.UnmarshalText([]byte(f.Get(p.day))) == nil {
		c.Answers = append(c.Answers, answered{l.text(p.name + "." + p.day), l.date(day), p.day})
	}
	if year := f.Get("birth_year"); year != "" {
		c.Answers = append(c.Answers, answered{l.text("placing.birth_year"), year, "birth_year"})
	}
	if gender := f.Get("gender"); gender != "" {
		c.Answers = append(c.Answers, answered{l.text("placing.gender"), capital(l.word(gender)), "gender"})
	}
	return v.show("placing_check", sheet{Title: l.text("placing.check"), Crumbs: []crumb{{v.Home(""), l.text("day.title")}}, Form: f, D: c})
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
