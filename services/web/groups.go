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
	if f.need("identity"); f.Get("enrol") != "" {
		f.need("enrolled_on")
		mixed, err := v.ofMixed()
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
		switch placed, refused := v.placeIn(f, entered); {
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

// ofMixed reports whether the group is of a mixed programme.
func (v *visit) ofMixed() (bool, error) {
	var g group
	if err := v.get(&g, v.in("groups/"+v.At("id"))); err != nil {
		return false, err
	}
	all, err := v.programmes()
	return slices.ContainsFunc(all, func(p programme) bool { return p.ID == g.GroupProgramme() && isMixed(p) }), err
}

// placeIn gives a child a place in the group's programme and form, unless it has one.
func (v *visit) placeIn(f *form, entered events.ID) (placed bool, err error) {
	var g group
	if err := v.get(&g, v.in("groups/"+v.At("id"))); err != nil {
		return false, err
	}
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

func (v *visit) planSeries() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	f.need("from", "count")
	count, every := f.whole("count"), max(f.whole("every_days"), 1)
	if len(f.Errors) > 0 {
		return v.showGroup(f)
	}
	skip := strings.Fields(strings.ReplaceAll(f.Get("skip"), ",", " "))
	taken, err := v.taken(f.Get("from"), count, every, skip)
	var r planned
	switch {
	case err == nil && len(taken) == count:
		f.wrong("from", "group.all_taken")
		return v.showGroup(f)
	case err == nil:
		body := map[string]any{"from": f.Get("from"), "count": count, "every_days": every, "skip": append(skip, taken...), "skip_holidays": f.Get("skip_holidays") != ""}
		path := v.in("groups/" + v.At("id") + "/series")
		err = v.ask(call{method: "POST", path: path, body: body, key: f.key(path)}, &r)
	}
	if err == nil {
		query := url.Values{"done": {"series"}, "at": {strconv.FormatUint(r.Position, 10)}}
		if len(taken) > 0 {
			query.Set("skipped", strconv.Itoa(len(taken)))
		}
		if len(r.Holidays) > 0 {
			query.Set("red", r.red())
		}
		return v.lead(v.Home("groups", v.At("id")) + "?" + query.Encode())
	}
	if err := f.refused(err, map[string]string{"body.days": "from", "query.from": "from"}); err != nil {
		return err
	}
	return v.showGroup(f)
}

// changePlanned cancels sessions that lie ahead, or takes back those that should never have been planned: the ones that are ticked, or
// all that the page showed.
func (v *visit) changePlanned() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	chosen := f.Values["session"]
	switch every := f.Get("every") != ""; {
	case every && len(chosen) > 0:
		f.wrong("every", "group.planned_both")
	case every:
		chosen = f.Values["shown"]
	case len(chosen) == 0:
		f.wrong("session", "form.choose")
	}
	if len(f.Errors) > 0 {
		return v.showGroup(f)
	}
	what, done, body := "cancel", "planned_cancelled", map[string]any{"sessions": chosen}
	if f.Get("do") == "withdraw" {
		what, done = "withdraw", "planned_withdrawn"
		body["reason"] = events.EnteredInError
	}
	path := v.in("groups/" + v.At("id") + "/sessions/" + what)
	var r receipt
	if err := v.ask(call{method: "POST", path: path, body: body, key: f.key(fmt.Sprint(path, chosen))}, &r); err != nil {
		if err := f.refused(err, map[string]string{"body.sessions": "session"}); err != nil {
			return err
		}
		if err := v.nameSession(f, chosen); err != nil {
			return err
		}
		return v.showGroup(f)
	}
	return v.to(v.Home("groups", v.At("id")), r.Position, done)
}

// nameSession says of a session that is in the way which it is: the API counts those that were sent, and the page shows days.
func (v *visit) nameSession(f *form, sent []string) error {
	begun := []string{f.lang.problem("register_begun", ""), f.lang.problem("register_not_empty", "")}
	for i, e := range f.Errors {
		if e.Item < 1 || e.Item > len(sent) {
			continue
		}
		if f.Errors[i].Item = 0; !slices.Contains(begun, e.Text) {
			continue
		}
		planned, err := v.sessions("group", v.At("id"), "limit", "400")
		if err != nil {
			return err
		}
		if n := slices.IndexFunc(planned, func(s sessionSummary) bool { return s.ID.String() == sent[e.Item-1] }); n >= 0 {
			f.Errors[i] = formError{Field: "session", Text: f.lang.text("group.planned_begun", f.lang.date(planned[n].HeldOn))}
		}
	}
	return nil
}

// Days are sessions to choose from, by their days.
func (p sheet) Days(sessions []sessionSummary) []choice {
	list := make([]choice, len(sessions))
	for i, s := range sessions {
		list[i] = choice{Value: s.ID.String(), Label: p.text().date(s.HeldOn)}
		if s.Cancelled {
			list[i].Hint = p.text().text("session.cancelled")
		}
	}
	return list
}

// planned is a series as it was planned.
type planned struct {
	receipt
	Holidays []events.Day `json:"holidays"` // on which it does not meet
}

// red are its holidays, with commas between.
func (p planned) red() string {
	list := make([]string, len(p.Holidays))
	for i, day := range p.Holidays {
		list[i] = day.String()
	}
	return strings.Join(list, ",")
}

// days are those of a list with commas between; what is no day is left out.
func days(list string) (all []events.Day) {
	for word := range strings.SplitSeq(list, ",") {
		var day events.Day
		if day.UnmarshalText([]byte(word)) == nil {
			all = append(all, day)
		}
	}
	return all
}

// taken are the days of a series, beside those to skip, on which the group has a session already.
func (v *visit) taken(from string, count, every int, skip []string) (days []string, err error) {
	there, err := v.sessions("group", v.At("id"), "from", from, "limit", "1000")
	if err != nil {
		return nil, err
	}
	var first events.Day
	if err := first.UnmarshalText([]byte(from)); err != nil {
		return nil, errUnreadable
	}
	inSeries := func(d events.Day) bool { return int(d-first)%every == 0 && int(d-first)/every < count }
	for _, s := range there {
		if day := s.HeldOn.String(); inSeries(s.HeldOn) && !slices.Contains(skip, day) && !slices.Contains(days, day) {
			days = append(days, day)
		}
	}
	return days, nil
}
