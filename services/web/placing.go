package web

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"

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
	Open    []choice // referrals that are not closed: a place may answer them
	Names   map[events.ProgrammeID]string
	What    string
	Note    string // what the places that the child has mean for the new one; "": nothing
	Doubles []side // children that may be the same: the reader says whether one of them is
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
	waiting, err := v.answerable(p, f)
	if err != nil {
		return err
	}
	d := map[string]any{
		"Offers": list, "Channels": choices[events.Channel](l), "Genders": choices[events.Gender](l), "Child": f.Get("child"), "Label": f.Get("label"),
		"Waiting": referralChoices(l, waiting, mine),
		"Mixed":   slices.ContainsFunc(mine, isMixed), "Whys": whys(l), "Homes": v.homes(),
	}
	return v.show(p.name, sheet{Title: l.text(p.name + ".new"), Crumbs: []crumb{{v.Home(""), l.text("day.title")}}, Form: f, D: d})
}

func isMixed(p programme) bool { return p.Target == events.MixedTarget }

// whys are why a child takes part in a mixed programme: the first counts.
func whys(l *language) []choice {
	return []choice{{Value: string(events.SubstanceAbuse), Label: l.word(events.SubstanceAbuse)}, {Value: string(events.OtherTarget), Label: capital(l.text("register.other"))}}
}

// homes are where a child may live: here first.
func (v *visit) homes() []choice {
	return append([]choice{{Label: v.text().text("placing.home_here", placeName(v.Place))}}, v.otherMunicipalities()...)
}

// aim is the programme in which the child is to have its place; nothing where none is chosen.
func aim(all []programme, f *form, group *groupSummary) programme {
	id, _ := f.offered()
	if group != nil {
		id = string(group.Programme)
	}
	if i := slices.IndexFunc(all, func(p programme) bool { return string(p.ID) == id }); i >= 0 {
		return all[i]
	}
	return programme{}
}

// groupPlaces are the groups of programmes in which children can have a place, with the places that are left.
func (v *visit) groupPlaces(mine []programme) (list []choice, err error) {
	groups, err := v.openGroups()
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

// chosenGroup is the group in which the child is to have its place; nil: in none.
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
		f.wrong("offer", "problem.not_a_choice")
		return nil, nil
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
	if err := v.ofReferral(p, f); err != nil {
		return err
	}
	if f.need(p.needs...); f.Get("child") == "" && f.Get("referral") == "" {
		f.need("identity")
	}
	if same, err := events.ParseID(f.Get("same")); err == nil { // the reader knows it as one of those that were shown
		f.Set("child", same.String())
		f.Del("label")
		f.Del("step")
		f.renew()
	}
	f.Del("same")
	f.whole("birth_year")
	group, err := v.chosenGroup(f)
	if err != nil {
		return err
	}
	all, err := v.programmes()
	if err != nil {
		return err
	}
	mixed := p.name == "enrolment" && isMixed(aim(all, f, group))
	if mixed {
		f.need("target")
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
	if err := v.hasPlace(f, group); err != nil {
		return err
	}
	if len(f.Errors) > 0 {
		return v.showPlacing(p, f)
	}
	if !mixed {
		f.Del("target")
	}
	if f.Get("step") != "save" {
		return v.check(p, f, group, all)
	}
	return v.record(p, f, group)
}

// joins reports whether the child only joins the group: it has the place already that it would get.
func joins(f *form, group *groupSummary, known history) bool {
	return group != nil && known.holds(group.Programme, group.Form, events.Target(f.Get("target")))
}

// record records what was checked, answers the referrals that were chosen, and lets the child join its group.
func (v *visit) record(p placing, f *form, group *groupSummary) error {
	if group != nil {
		child, err := events.ParseID(f.Get("child"))
		if err != nil {
			return errUnreadable
		}
		known, err := v.known(child)
		if err != nil {
			return err
		}
		if joins(f, group, known) {
			return v.join(p, f, group, child)
		}
	}
	body := p.body(f)
	if group != nil {
		body["programme"], body["form"] = group.Programme, group.Form
	}
	var r struct {
		Child    events.ID       `json:"child"`
		Position events.Position `json:"position"`
	}
	if err := v.ask(call{method: "POST", path: v.in(p.path), body: body, key: f.key(p.path)}, &r); err != nil {
		if err := f.refused(err, p.fields); err != nil {
			return err
		}
		return v.showPlacing(p, f)
	}
	at, done, err := v.withReferrals(f, r.Child, p.name)
	if err != nil {
		return err
	}
	if group != nil {
		switch err := v.changeMembers(f, group.ID.String(), joining(r.Child)); {
		case isRefusal(err): // nor for the sake of the group, of which somebody else took the last place meanwhile
			done += "_alone"
		case err != nil:
			return err
		}
	}
	return v.to(v.Home("children", r.Child.String()), max(r.Position, at), done)
}

// join lets a child into the group that has its place there already, and answers the referrals that were chosen.
func (v *visit) join(p placing, f *form, group *groupSummary, child events.ID) error {
	if err := v.changeMembers(f, group.ID.String(), joining(child)); err != nil {
		if err := f.refused(err, map[string]string{"body.members": "offer"}); err != nil {
			return err
		}
		return v.showPlacing(p, f)
	}
	at, done, err := v.withReferrals(f, child, "joined")
	if err != nil {
		return err
	}
	return v.to(v.Home("children", child.String()), at, done)
}

// withReferrals answers the referrals that were chosen, and says so after what was done.
func (v *visit) withReferrals(f *form, child events.ID, done string) (events.Position, string, error) {
	if len(f.Values["answered"]) == 0 {
		return 0, done, nil
	}
	switch at, err := v.answerReferrals(f, child); {
	case isRefusal(err): // what was done is not taken back for the sake of the referral
		return 0, done + "_open", nil
	default:
		return at, done + "_answered", err
	}
}

// mostAnswerable is how many referrals are offered, of those that wait longest.
const mostAnswerable = 100

// answerable are the open referrals that a place may be chosen for; of a child that is known already the check asks.
func (v *visit) answerable(p placing, f *form) ([]referral, error) {
	if p.name != "enrolment" || f.Get("child") != "" {
		return nil, nil
	}
	var work struct {
		OpenReferrals []referral `json:"open_referrals"`
	}
	err := v.get(&work, v.in("caseload"), "limit", strconv.Itoa(mostAnswerable))
	return work.OpenReferrals, err
}

// referralChoices name whom the referrals are of, who referred them and when; none where nobody waits.
func referralChoices(l *language, waiting []referral, mine []programme) (list []choice) {
	names := named(mine)
	for _, r := range waiting {
		label := cmp.Or(r.Label, l.text("child.unnamed")+" "+r.Child.String()[:4])
		list = append(list, choice{Value: r.ID, Label: label + ", " + l.saying(names[r.Programme], r.Form, l.word(r.Channel)+", "+l.day(r.ReceivedOn))})
	}
	if len(list) > 0 {
		list = append([]choice{{Label: l.text("enrolment.no_referral")}}, list...)
	}
	return list
}

// ofReferral takes the child of the referral that was chosen.
func (v *visit) ofReferral(p placing, f *form) error {
	id := f.Get("referral")
	if id == "" || f.Get("child") != "" {
		return nil
	}
	if f.Get("identity") != "" {
		f.wrong("referral", "enrolment.either")
		return nil
	}
	waiting, err := v.answerable(p, f)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(waiting, func(r referral) bool { return r.ID == id })
	if i < 0 {
		f.wrong("referral", "enrolment.answered")
		return nil
	}
	f.Set("child", waiting[i].Child.String())
	f.Set("label", waiting[i].Label)
	return nil
}

func isRefusal(err error) bool {
	var refusal *problem
	return errors.As(err, &refusal)
}

// answerReferrals closes the referrals that a place is the answer to, on the day when it began.
func (v *visit) answerReferrals(f *form, child events.ID) (at events.Position, err error) {
	known, err := v.known(child)
	if err != nil {
		return 0, err
	}
	for _, one := range known.Referrals {
		if one.ClosedOn != 0 || !slices.Contains(f.Values["answered"], one.ID) {
			continue
		}
		var began events.Day
		if err := began.UnmarshalText([]byte(f.Get("enrolled_on"))); err != nil {
			return at, errUnreadable
		}
		var r receipt
		path := v.in("referrals/" + one.ID + "/close")
		body := map[string]any{"outcome": "accepted", "closed_on": max(began, one.ReceivedOn)}
		if err := v.ask(call{method: http.MethodPost, path: path, body: body, key: f.key(path)}, &r); err != nil {
			return at, err
		}
		at = r.Position
	}
	return at, nil
}

// check shows everything once more before it is recorded, and whether the child is already somewhere: it counts once.
func (v *visit) check(p placing, f *form, group *groupSummary, all []programme) error {
	id, err := events.ParseID(f.Get("child"))
	if err != nil {
		return errUnreadable
	}
	known, err := v.known(id)
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
	if c.Answers, err = v.answers(p, f, group, c.Names, cmp.Or(f.Get("label"), known.Label, l.text("child.unnamed")+" "+id.String()[:4])); err != nil {
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
