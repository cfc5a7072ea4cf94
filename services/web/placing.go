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

// chosenChild is what is known of the child that a form names.
func (v *visit) chosenChild(f *form) (history, error) {
	child, err := events.ParseID(f.Get("child"))
	if err != nil {
		return history{}, errUnreadable
	}
	return v.known(child)
}

// joins reports whether the child only joins the group: it has the place already that it would get.
func joins(f *form, group *groupSummary, known history) bool {
	return group != nil && known.holds(group.Programme, group.Form, events.Target(f.Get("target")))
}

// record records what was checked, answers the referrals that were chosen, and lets the child join its group.
func (v *visit) record(p placing, f *form, group *groupSummary) error {
	if group != nil {
		known, err := v.chosenChild(f)
		if err != nil {
			return err
		}
		if joins(f, group, known) {
			return v.join(p, f, group, known.Child)
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
