package web

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"rackvidd/events"
	"rackvidd/services/access"
)

func (s *site) groupPages() {
	s.page("GET /municipalities/{code}/groups", access.ReadGroups, func(v *visit) error { return v.showGroups(v.newForm()) })
	s.page("GET /municipalities/{code}/groups/new", access.WriteGroups, func(v *visit) error { return v.showNewGroup(v.newForm()) })
	s.page("POST /municipalities/{code}/groups/new", access.WriteGroups, (*visit).newGroup)
	s.page("GET /municipalities/{code}/groups/{id}", access.ReadGroups, func(v *visit) error { return v.showGroup(v.newForm()) })
	s.page("POST /municipalities/{code}/groups/{id}/members", access.WriteGroups, (*visit).addMember)
	s.page("POST /municipalities/{code}/groups/{id}/leave", access.WriteGroups, (*visit).removeMember)
	s.page("POST /municipalities/{code}/groups/{id}/return", access.WriteGroups, (*visit).returnMember)
	s.page("POST /municipalities/{code}/groups/{id}/series", access.WriteGroups, (*visit).planSeries)
	s.page("POST /municipalities/{code}/groups/{id}/sessions", access.WriteSessions, (*visit).changePlanned)
	s.page("POST /municipalities/{code}/groups/{id}/amend", access.WriteGroups, (*visit).amendGroup)
	s.page("POST /municipalities/{code}/groups/{id}/close", access.WriteGroups, (*visit).closeGroup)
	s.page("POST /municipalities/{code}/groups/{id}/reopen", access.WriteGroups, (*visit).reopenGroup)
}

func (v *visit) showGroups(f *form) error {
	groups, err := v.groups()
	if err != nil {
		return err
	}
	programmes, err := v.programmes()
	if err != nil {
		return err
	}
	var closed []groupSummary
	for _, g := range groups {
		if g.ClosedOn != 0 {
			closed = append(closed, g)
		}
	}
	groups = slices.DeleteFunc(groups, func(g groupSummary) bool { return g.ClosedOn != 0 })
	return v.show("groups", sheet{Title: v.text().text("groups.title"), Form: f, D: map[string]any{"Groups": partOf(v, groups, "page"), "Closed": closed, "Names": named(programmes)}})
}

// offer is a form that a programme offers, as one choice: PROGRAMME/FORM.
func offers(l *language, list []programme, which func(programme) bool) (all []choice) {
	for _, p := range list {
		if !which(p) {
			continue
		}
		for _, form := range p.Forms {
			all = append(all, choice{Value: string(p.ID) + "/" + string(form), Label: p.Name + ", " + l.word(form)})
		}
	}
	return all
}

func everyProgramme(programme) bool { return true }

// identifies reports whether a programme documents who its children are.
func identifies(p programme) bool { return p.Identity != events.NoIdentity }

// offered takes the programme and the form of a choice apart.
func (f *form) offered() (programme, form string) {
	programme, form, _ = strings.Cut(f.Get("offer"), "/")
	return programme, form
}

// chooseOnly takes the one choice there is.
func (f *form) chooseOnly(name string, list []choice) {
	if len(list) == 1 {
		f.Set(name, list[0].Value)
	}
}

func (v *visit) showNewGroup(f *form) error {
	mine, err := v.mine()
	if err != nil {
		return err
	}
	l := v.text()
	list := offers(l, mine, everyProgramme)
	f.chooseOnly("offer", list)
	return v.show("group_new", sheet{Title: l.text("group.new"), Crumbs: []crumb{{v.Home("groups"), l.text("groups.title")}}, Form: f, D: list})
}

func (v *visit) newGroup() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	f.need("name", "offer")
	places := f.whole("places")
	if len(f.Errors) > 0 {
		return v.showNewGroup(f)
	}
	programme, form := f.offered()
	body := map[string]any{"programme": programme, "form": form, "name": f.Get("name")}
	if places > 0 {
		body["places"] = places
	}
	r, err := v.send(f, "POST", v.in("groups"), body)
	if err != nil {
		if err := f.refused(err, map[string]string{"body.programme": "offer", "body.form": "offer"}); err != nil {
			return err
		}
		return v.showNewGroup(f)
	}
	return v.to(v.Home("groups", r.ID), r.Position, "group")
}

// group is a group with its members and sessions.
type group struct {
	groupInfo
	Version  uint64          `json:"version"`
	Position events.Position `json:"position"`
	Members  []child         `json:"members"`
	Sessions []struct {
		ID     events.ID  `json:"id"`
		HeldOn events.Day `json:"held_on"`
	} `json:"sessions"`
	Programme string           `json:"-"` // its name
	Held      []sessionSummary `json:"-"` // until today, the latest first
	Ahead     []sessionSummary `json:"-"` // the next first
	Next      *sessionSummary  `json:"-"` // whose register is to be filled in; nil: there is none
	Today     bool             `json:"-"` // the next one is today's
	Identify  bool             `json:"-"`
	Cards     bool             `json:"-"`
	Mixed     bool             `json:"-"` // it is asked why a child takes part
	Whys      []choice         `json:"-"`
	Gone      string           `json:"-"` // the child that was just taken out
	Skipped   int              `json:"-"` // days of the series planned just now that had a session already
	Red       []events.Day     `json:"-"` // and those that are public holidays
	Seen      string           `json:"-"` // the version that its form was filled in from
}

// CancelledAhead is how many of those ahead are cancelled.
func (g group) CancelledAhead() (n int) {
	for _, s := range g.Ahead {
		if s.Cancelled {
			n++
		}
	}
	return n
}

// GroupProgramme is the id of the programme, whose name Programme is.
func (g group) GroupProgramme() events.ProgrammeID { return g.groupInfo.Programme }

func (g group) has(one events.ID) bool {
	return slices.ContainsFunc(g.Members, func(m child) bool { return m.Child == one })
}

// Free is how many places are left; below 0 where more are in the group.
func (g group) Free() int { return g.Places - len(g.Members) }

// divide tells the sessions that lie ahead from those until today, of which all are in Held, and finds the next one.
func (g *group) divide(today events.Day) {
	first := slices.IndexFunc(g.Held, func(s sessionSummary) bool { return s.HeldOn <= today })
	if first < 0 {
		first = len(g.Held)
	}
	g.Ahead, g.Held = slices.Clone(g.Held[:first]), g.Held[first:]
	slices.Reverse(g.Ahead)
	var open []sessionSummary
	for _, s := range g.Held {
		if s.HeldOn == today && (!s.Filled() || s.Begun()) {
			open = append(open, s)
		}
	}
	open = append(open, g.Ahead...)
	if next := slices.IndexFunc(open, func(s sessionSummary) bool { return !s.Cancelled }); next >= 0 {
		g.Next, g.Today = &open[next], open[next].HeldOn == today
	}
}

func (v *visit) showGroup(f *form) error {
	var g group
	if err := v.see(&g, v.in("groups/"+v.At("id"))); err != nil {
		return err
	}
	all, err := v.programmes()
	if err != nil {
		return err
	}
	for _, p := range all {
		if p.ID == g.groupInfo.Programme {
			g.Programme, g.Identify, g.Cards, g.Mixed = p.Name, identifies(p), p.Identity == events.Card, isMixed(p)
		}
	}
	if g.Held, err = v.sessions("group", v.At("id"), "limit", "400"); err != nil {
		return err
	}
	g.divide(v.today())
	if id, err := events.ParseID(v.Query("child")); err == nil && v.Query("done") == "left" && !g.has(id) {
		g.Gone = id.String()
	}
	g.Skipped = number(v.Query("skipped"))
	g.Red = days(v.Query("red"))
	if g.Seen = f.Get("seen"); g.Seen == "" {
		g.Seen = strconv.Quote(strconv.FormatUint(g.Version, 10))
	}
	if !f.Has("identity") {
		f.Set("enrol", "yes")
	}
	if !f.Has("name") {
		f.Set("name", g.Name)
		f.Set("district", string(g.District))
		if g.Places > 0 {
			f.Set("places", strconv.Itoa(g.Places))
		}
	}
	for name, value := range map[string]string{"from": v.today().String(), "count": "15", "every_days": "7", "enrolled_on": v.today().String(), "closed_on": v.today().String()} {
		if !f.Has(name) {
			f.Set(name, value)
		}
	}
	l := v.text()
	g.Whys = whys(l)
	return v.show("group", sheet{Title: g.Name, Crumbs: []crumb{{v.Home("groups"), l.text("groups.title")}}, Form: f, D: g})
}

func (v *visit) addMember() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	var g group
	if f.need("identity"); f.Get("enrol") != "" {
		f.need("enrolled_on")
		if err := v.get(&g, v.in("groups/"+v.At("id"))); err != nil {
			return err
		}
		mixed, err := v.ofMixed(g)
		if err != nil {
			return err
		}
		if mixed {
			f.need("target")
		} else {
			f.Del("target")
		}
	}
	if len(f.Errors) > 0 {
		return v.showGroup(f)
	}
	entered, err := v.enterChild(f)
	if err == nil {
		err = v.changeMembers(f, v.At("id"), joining(entered))
	}
	done := "member"
	if err == nil && f.Get("enrol") != "" {
		switch placed, refused := v.placeIn(g, f, entered); {
		case isRefusal(refused): // it is in the group: that is not taken back for the sake of the place
			done = "member_alone"
		case refused != nil:
			return refused
		case placed:
			done = "member_placed"
		}
	}
	return v.afterGroup(f, err, done)
}

// ofMixed reports whether a group is of a mixed programme.
func (v *visit) ofMixed(g group) (bool, error) {
	all, err := v.programmes()
	return slices.ContainsFunc(all, func(p programme) bool { return p.ID == g.GroupProgramme() && isMixed(p) }), err
}

// placeIn gives a child a place in a group's programme and form, unless it has one.
func (v *visit) placeIn(g group, f *form, entered events.ID) (placed bool, err error) {
	known, err := v.known(entered)
	if err != nil || known.holds(g.groupInfo.Programme, g.Form, "") {
		return false, err
	}
	body := map[string]any{"child": entered, "programme": g.groupInfo.Programme, "form": g.Form, "enrolled_on": f.Get("enrolled_on")}
	if why := f.Get("target"); why != "" {
		body["target"] = why
	}
	_, err = v.send(f, "POST", v.in("enrolments"), body)
	return err == nil, err
}

func (v *visit) removeMember() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	err = v.changeMembers(f, v.At("id"), func(now []events.ID) []events.ID {
		return slices.DeleteFunc(now, func(id events.ID) bool { return id.String() == f.Get("child") })
	})
	if err != nil {
		return v.afterGroup(f, err, "")
	}
	return v.lead(v.Home("groups", v.At("id")) + "?" + url.Values{"done": {"left"}, "child": {f.Get("child")}}.Encode())
}

// returnMember takes a child into the group again that was just taken out.
func (v *visit) returnMember() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	id, err := events.ParseID(f.Get("child"))
	if err != nil {
		return errUnreadable
	}
	return v.afterGroup(f, v.changeMembers(f, v.At("id"), joining(id)), "member")
}

// joining adds a child to those who are in a group.
func joining(one events.ID) func([]events.ID) []events.ID {
	return func(now []events.ID) []events.ID {
		if slices.Contains(now, one) {
			return now
		}
		return append(now, one)
	}
}

// changeMembers states who is in a group from what it is now: if somebody else changes it meanwhile, it is refused. Where it is so
// already nothing is sent: the form may have been, and its answer lost.
func (v *visit) changeMembers(f *form, id string, change func([]events.ID) []events.ID) error {
	var g group
	a, err := v.fetch(call{method: "GET", path: v.in("groups/" + id)})
	if err != nil {
		return err
	}
	if err := a.read(&g); err != nil {
		return err
	}
	now := []events.ID{}
	for _, m := range g.Members {
		now = append(now, m.Child)
	}
	wanted := change(slices.Clone(now))
	for _, list := range [][]events.ID{now, wanted} {
		slices.SortFunc(list, func(a, b events.ID) int { return strings.Compare(a.String(), b.String()) })
	}
	if slices.Equal(now, wanted) && !v.Turned {
		return nil
	}
	path := v.in("groups/" + id + "/members")
	return v.ask(call{method: "PUT", path: path, body: map[string]any{"members": wanted}, match: a.header.Get("ETag"), key: f.key(fmt.Sprint(path, wanted))}, nil)
}

func (v *visit) afterGroup(f *form, err error, done string) error {
	if err == nil {
		return v.to(v.Home("groups", v.At("id")), 0, done)
	}
	if err := f.refused(err, map[string]string{"body.card": "identity"}); err != nil {
		return err
	}
	return v.showGroup(f)
}
