package web

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/casework"
)

func (s *site) registerPages() {
	s.page("GET /municipalities/{code}/sessions/new", access.WriteSessions, func(v *visit) error {
		return v.showNewSession(v.newForm("held_on", v.today().String()))
	})
	s.page("POST /municipalities/{code}/sessions/new", access.WriteSessions, (*visit).newSession)
	s.page("GET /municipalities/{code}/sessions/{id}", access.ReadSessions, func(v *visit) error { return v.showRegister(v.newForm(), nil) })
	s.page("POST /municipalities/{code}/sessions/{id}", access.WriteSessions, (*visit).saveRegister)
	s.page("POST /municipalities/{code}/sessions/{id}/rows/{child}", access.WriteSessions, (*visit).tap)
	s.page("POST /municipalities/{code}/sessions/{id}/undo", access.WriteSessions, (*visit).undoEverybody)
	s.page("POST /municipalities/{code}/sessions/{id}/walk-in", access.WriteSessions, (*visit).walkIn)
	s.page("POST /municipalities/{code}/sessions/{id}/counts", access.WriteSessions, (*visit).countHeads)
	s.page("POST /municipalities/{code}/sessions/{id}/cancel", access.WriteSessions, (*visit).cancelSession)
}

func (v *visit) showNewSession(f *form) error {
	mine, err := v.mine()
	if err != nil {
		return err
	}
	groups, err := v.groups()
	if err != nil {
		return err
	}
	l := v.text()
	var list []choice
	for _, g := range groups {
		list = append(list, choice{Value: "group/" + g.ID.String(), Label: g.Name, Hint: l.word(g.Form)})
	}
	for _, o := range offers(l, mine, everyProgramme) {
		o.Hint = l.text("session.no_group")
		list = append(list, o)
	}
	f.chooseOnly("offer", list)
	return v.show("session_new", sheet{Title: l.text("session.new"), Crumbs: []crumb{{v.Home(""), l.text("day.title")}}, Form: f, D: list})
}

func (v *visit) newSession() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	f.need("offer", "held_on")
	if len(f.Errors) > 0 {
		return v.showNewSession(f)
	}
	body := map[string]any{"held_on": f.Get("held_on")}
	if programme, form := f.offered(); programme == "group" {
		body["group"] = form
	} else {
		body["programme"], body["form"] = programme, form
	}
	r, err := v.send(f, "POST", v.in("sessions"), body)
	if err == nil {
		return v.to(v.Home("sessions", r.ID), r.Position, "session")
	}
	if err := f.refused(err, map[string]string{"body.group": "offer", "body.programme": "offer", "body.form": "offer"}); err != nil {
		return err
	}
	return v.showNewSession(f)
}

// row is a child in a register.
type row struct {
	child
	State  casework.RowState `json:"state"`
	Target events.Target     `json:"target"`
	Member bool              `json:"member"`
	Marked *rowMark          `json:"marked"`
	Mine   casework.RowState `json:"-"` // what the visitor wanted, and somebody else had changed meanwhile
	Both   string            `json:"-"` // what both wanted, in words
}

// rowMark is who set a row last, and when.
type rowMark struct {
	Account events.ID `json:"account"`
	Name    string    `json:"name"`
	At      time.Time `json:"at"`
}

// Seen is when a row was marked last, in milliseconds; 0: never. A tap says which mark it was made upon.
func (r row) Seen() int64 {
	if r.Marked == nil {
		return 0
	}
	return r.Marked.At.UnixMilli()
}

// register is a session with who was there.
type register struct {
	sessionInfo
	Withdrawn    bool            `json:"withdrawn"`
	HasRegister  bool            `json:"has_register"`
	Position     events.Position `json:"position"`
	Rows         []row           `json:"register"`
	Unidentified int             `json:"unidentified"`
	Adults       int             `json:"adults"`

	Name     string `json:"-"` // of the group or programme
	Number   int    `json:"-"` // which of the group's sessions it is; 0: of no group
	Of       int    `json:"-"`
	Ahead    bool   `json:"-"`
	Identify bool   `json:"-"`
	Since    int64  `json:"-"` // when the visitor marked everybody who was left, just now; 0: did not
}

// Marked is how many rows are filled in.
func (r register) Marked() int {
	n := 0
	for _, one := range r.Rows {
		if marked(one.State) {
			n++
		}
	}
	return n
}

func marked(s casework.RowState) bool { return s == casework.RowAttended || s == casework.RowAbsent }

// Open reports whether children can be marked.
func (r register) Open() bool { return !r.Ahead && !r.Cancelled && !r.Withdrawn }

func (r register) find(child string) (row, bool) {
	for _, one := range r.Rows {
		if one.Child.String() == child {
			return one, true
		}
	}
	return row{}, false
}

func (v *visit) register() (r register, err error) {
	if err = v.get(&r, v.in("sessions/"+v.At("id"))); err != nil {
		return r, err
	}
	for i := range r.Rows {
		if r.Rows[i].State == "" {
			r.Rows[i].State = casework.RowNone
		}
	}
	return r, nil
}

// showRegister shows who came. conflicts are what was wanted of rows that somebody else had changed.
func (v *visit) showRegister(f *form, conflicts map[string]casework.RowState) error {
	r, err := v.register()
	if err != nil {
		return err
	}
	programmes, err := v.programmes()
	if err != nil {
		return err
	}
	for _, p := range programmes {
		if p.ID == r.Programme {
			r.Name, r.Identify = p.Name, identifies(p)
		}
	}
	crumbs := []crumb{{v.Home(""), v.text().text("day.title")}}
	if r.Group != nil {
		var g group
		if err := v.get(&g, v.in("groups/"+r.Group.String())); err != nil {
			return err
		}
		r.Name, r.Of = g.Name, len(g.Sessions)
		for i, s := range g.Sessions {
			if s.ID == r.ID {
				r.Number = i + 1
			}
		}
		crumbs = []crumb{{v.Home("groups"), v.text().text("groups.title")}, {v.Home("groups", g.ID.String()), g.Name}}
	}
	r.Ahead = r.HeldOn > v.today()
	for i := range r.Rows {
		one := &r.Rows[i]
		if one.Mine = conflicts[one.Child.String()]; one.Mine != "" {
			one.Both = v.both("register.both", *one, one.Mine, v.Clock())
		}
	}
	if millis, err := strconv.ParseInt(v.Query("since"), 10, 64); err == nil {
		r.Since = millis
	}
	if !f.Has("unidentified") {
		f.Set("unidentified", strconv.Itoa(r.Unidentified))
		f.Set("adults", strconv.Itoa(r.Adults))
	}
	return v.show("register", sheet{Title: r.Name + " " + v.text().day(r.HeldOn), Crumbs: crumbs, Form: f, D: r})
}

// mark saves one row, as of a moment; zero is now.
func (v *visit) mark(child string, state casework.RowState, at time.Time, key string) (receipt, error) {
	body := map[string]any{"state": state}
	if !at.IsZero() {
		body["at"] = events.InstantOf(at)
	}
	var r receipt
	return r, v.ask(call{method: "PUT", path: v.in("sessions/" + v.At("id") + "/register/" + child), body: body, key: key}, &r)
}

// both says what somebody else and the visitor wanted of a row, with who and when.
func (v *visit) both(key string, other row, mine casework.RowState, at time.Time) string {
	l := v.text()
	return l.text(key, v.Who(other.Marked), l.word("row_"+string(other.State)), v.When(other.Marked), l.word("row_"+string(mine)), at.In(v.sweden).Format(l.text("date.clock")))
}

// Who is what the account is called that set a row or recorded a line.
func (v *visit) Who(m *rowMark) string {
	switch {
	case m == nil || m.Name == "":
		return v.text().text("register.somebody")
	case m.Account == v.Principal.Account:
		return v.text().text("register.yourself")
	}
	return m.Name
}

// When is the clock of today's marks, and the day with the clock of earlier ones.
func (v *visit) When(m *rowMark) string {
	if m == nil {
		return ""
	}
	if events.DayOf(m.At.In(v.sweden)) == v.today() {
		return m.At.In(v.sweden).Format(v.text().text("date.clock"))
	}
	return v.text().moment(m.At, v.sweden)
}

// saveRegister saves, row by row, what was changed on the page. A row that somebody else changed since is not touched:
// both values are shown. Whoever is left is marked all at one moment, by which it can be undone.
func (v *visit) saveRegister() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	now, err := v.register()
	if err != nil {
		return err
	}
	conflicts := make(map[string]casework.RowState)
	moment, all := v.Clock(), f.Get("everybody") != ""
	for _, one := range now.Rows {
		id := one.Child.String()
		was, wanted := casework.RowState(f.Get("was-"+id)), casework.RowState(f.Get("row-"+id))
		at := moment.Add(time.Millisecond)
		if all && !marked(one.State) && wanted != casework.RowAbsent {
			was, wanted, at = one.State, casework.RowAttended, moment
		}
		if wanted == "" || wanted == was || wanted == one.State {
			continue
		}
		if was != one.State {
			conflicts[id] = wanted
			continue
		}
		if _, err := v.mark(id, wanted, at, f.key(id)); err != nil {
			if err := f.refused(err, nil); err != nil {
				return err
			}
			return v.showRegister(f, conflicts)
		}
	}
	if len(conflicts) > 0 {
		f.wrong("", "register.conflict")
		return v.showRegister(f, conflicts)
	}
	if all {
		return v.lead(v.Home("sessions", v.At("id")) + "?done=everybody&since=" + strconv.FormatInt(moment.UnixMilli(), 10))
	}
	return v.to(v.Home("sessions", v.At("id")), 0, "register")
}

// undoEverybody empties the rows that the visitor marked all at one moment, and that nobody has touched since.
func (v *visit) undoEverybody() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	now, err := v.register()
	if err != nil {
		return err
	}
	for _, one := range now.Rows {
		if one.Marked == nil || one.Marked.Account != v.Principal.Account || strconv.FormatInt(one.Seen(), 10) != f.Get("since") {
			continue
		}
		if _, err := v.mark(one.Child.String(), casework.RowNone, time.Time{}, f.key(one.Child.String())); err != nil {
			if err := f.refused(err, nil); err != nil {
				return err
			}
			return v.showRegister(f, nil)
		}
	}
	return v.to(v.Home("sessions", v.At("id")), 0, "undone")
}

// saved is what a tap is answered with.
type saved struct {
	State    casework.RowState `json:"state"`
	Seen     int64             `json:"seen"`
	Text     string            `json:"text"`
	Status   string            `json:"status"`
	Conflict string            `json:"conflict"` // what somebody else had set meanwhile, and what stands
}

// tap saves one row: of a script, which is answered with JSON, or of a button. It may be repeated and come in any order:
// the latest of all taps on a child stands.
func (v *visit) tap() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	var at time.Time
	if millis, err := strconv.ParseInt(f.Get("at"), 10, 64); err == nil {
		at = time.UnixMilli(millis)
	}
	state := casework.RowState(f.Get("state"))
	asked := strings.Contains(v.r.Header.Get("Accept"), "application/json")
	var before register
	if asked { // what somebody else set meanwhile, before it is set again
		before, err = v.register()
	}
	if err == nil {
		_, err = v.mark(v.At("child"), state, at, f.key(v.At("child")))
	}
	if !asked {
		if err != nil {
			return err
		}
		return v.to(v.Home("sessions", v.At("id"))+"#row-"+v.At("child"), 0, "register")
	}
	if err != nil {
		status, code := v.errorStatus(err)
		return v.json(status, map[string]string{"text": v.text().text("error." + code + ".text")})
	}
	r, err := v.register()
	if err != nil {
		return err
	}
	was, _ := before.find(v.At("child"))
	now, _ := r.find(v.At("child"))
	l := v.text()
	label := now.Label
	if label == "" {
		label = l.text("child.unnamed")
	}
	return v.json(http.StatusOK, saved{
		State:    now.State,
		Seen:     now.Seen(),
		Status:   l.text("register.status", r.Marked(), len(r.Rows), v.Clock().In(v.sweden).Format(l.text("date.clock"))),
		Text:     l.text("register.said", label, l.word("row_"+string(now.State)), r.Marked(), len(r.Rows)),
		Conflict: v.contradicted(f, was, now, state, at),
	})
}

// contradicted says what somebody else had set that the tap did not know of, and whose stands: the latest one's.
func (v *visit) contradicted(f *form, was, now row, mine casework.RowState, at time.Time) string {
	switch seen, err := strconv.ParseInt(f.Get("seen"), 10, 64); {
	case err != nil:
		return ""
	case now.State != mine:
		return v.both("register.theirs", now, mine, at)
	case was.Seen() > seen && was.State != mine:
		return v.both("register.mine", was, mine, at)
	}
	return ""
}

func (v *visit) json(status int, body any) error {
	v.w.Header().Set("Content-Type", "application/json")
	v.w.WriteHeader(status)
	_ = json.NewEncoder(v.w).Encode(body) // the reader has gone
	return nil
}

// walkIn marks a child that nobody expected.
func (v *visit) walkIn() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	if f.need("identity"); len(f.Errors) > 0 {
		return v.showRegister(f, nil)
	}
	id, err := v.enterChild(f)
	if err == nil {
		_, err = v.mark(id.String(), casework.RowAttended, time.Time{}, f.key("mark"))
	}
	if err == nil {
		return v.to(v.Home("sessions", v.At("id"))+"#row-"+id.String(), 0, "walk_in")
	}
	if err := f.refused(err, map[string]string{"body.card": "identity", "path.child": "identity"}); err != nil {
		return err
	}
	return v.showRegister(f, nil)
}

// countHeads states how many came whom nobody identified, and how many adults. The rest of the register stays as it is now.
func (v *visit) countHeads() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	body := map[string]any{"unidentified": f.whole("unidentified"), "adults": f.whole("adults")}
	if len(f.Errors) > 0 {
		return v.showRegister(f, nil)
	}
	path := v.in("sessions/" + v.At("id"))
	a, err := v.fetch(call{method: "GET", path: path})
	if err != nil {
		return err
	}
	var now register
	if err := a.read(&now); err != nil {
		return err
	}
	for _, one := range now.Rows {
		list := "attended"
		switch {
		case one.State == casework.RowAttended && one.Target == events.OtherTarget:
			list = "other"
		case one.State == casework.RowAbsent:
			list = "absent"
		case one.State != casework.RowAttended:
			continue
		}
		children, _ := body[list].([]events.ID)
		body[list] = append(children, one.Child)
	}
	err = v.ask(call{method: "PUT", path: path + "/register", body: body, key: f.key("counts"), match: a.header.Get("ETag")}, nil)
	if err == nil {
		return v.to(v.Home("sessions", v.At("id")), 0, "counts")
	}
	if err := f.refused(err, nil); err != nil {
		return err
	}
	return v.showRegister(f, nil)
}

func (v *visit) cancelSession() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	if _, err = v.send(f, "POST", v.in("sessions/"+v.At("id")+"/cancel"), nil); err == nil {
		return v.to(v.Home("sessions", v.At("id")), 0, "cancelled")
	}
	if err := f.refused(err, nil); err != nil {
		return err
	}
	return v.showRegister(f, nil)
}
