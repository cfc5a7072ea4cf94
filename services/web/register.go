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
	Mine   casework.RowState `json:"-"` // what the visitor wanted, and somebody else had changed meanwhile
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
		r.Rows[i].Mine = conflicts[r.Rows[i].Child.String()]
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

// saveRegister saves, row by row, what was changed on the page. A row that somebody else changed since is not touched:
// both values are shown.
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
	all := f.Get("everybody") != ""
	for _, one := range now.Rows {
		id := one.Child.String()
		was, wanted := casework.RowState(f.Get("was-"+id)), casework.RowState(f.Get("row-"+id))
		if all && !marked(one.State) && wanted != casework.RowAbsent {
			was, wanted = one.State, casework.RowAttended
		}
		if wanted == "" || wanted == was || wanted == one.State {
			continue
		}
		if was != one.State {
			conflicts[id] = wanted
			continue
		}
		if _, err := v.mark(id, wanted, time.Time{}, f.key(id)); err != nil {
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
	return v.to(v.Home("sessions", v.At("id")), 0, "register")
}

// saved is what a tap is answered with.
type saved struct {
	State  casework.RowState `json:"state"`
	Marked int               `json:"marked"`
	Rows   int               `json:"rows"`
	At     string            `json:"at"`
	Text   string            `json:"text"`
	Status string            `json:"status"`
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
	_, err = v.mark(v.At("child"), state, at, f.key(v.At("child")))
	if !strings.Contains(v.r.Header.Get("Accept"), "application/json") {
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
	one, _ := r.find(v.At("child"))
	l := v.text()
	label := one.Label
	if label == "" {
		label = l.text("child.unnamed")
	}
	clock := v.Clock().In(v.sweden).Format(l.text("date.clock"))
	return v.json(http.StatusOK, saved{
		State: one.State, Marked: r.Marked(), Rows: len(r.Rows), At: clock,
		Status: l.text("register.status", r.Marked(), len(r.Rows), clock),
		Text:   l.text("register.said", label, l.word("row_"+string(one.State)), r.Marked(), len(r.Rows)),
	})
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
