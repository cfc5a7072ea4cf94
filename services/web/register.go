package web

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/casework"
)

func (s *site) registerPages() {
	s.page("GET /municipalities/{code}/sessions/{id}", access.ReadSessions, func(v *visit) error { return v.showRegister(v.newForm(), nil) })
	s.page("POST /municipalities/{code}/sessions/{id}", access.WriteSessions, (*visit).saveRegister)
	s.page("POST /municipalities/{code}/sessions/{id}/rows/{child}", access.WriteSessions, (*visit).tap)
	s.page("POST /municipalities/{code}/sessions/{id}/undo", access.WriteSessions, (*visit).undoEverybody)
	s.page("POST /municipalities/{code}/sessions/{id}/reasons", access.WriteSessions, (*visit).sayReasons)
}

// row is a child in a register.
type row struct {
	child
	State  casework.RowState   `json:"state"`
	Target events.Target       `json:"target"`
	Home   events.Municipality `json:"home_municipality"`
	Member bool                `json:"member"`
	Marked *rowMark            `json:"marked"`
	Mine   casework.RowState   `json:"-"` // what the visitor wanted, and somebody else had changed meanwhile
	Chosen casework.RowState   `json:"-"` // what is chosen on the page: what was typed, where it was refused
	Both   string              `json:"-"` // what both wanted, in words
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
	Version      uint64          `json:"version"`
	Position     events.Position `json:"position"`
	Rows         []row           `json:"register"`
	Unidentified int             `json:"unidentified"`
	Adults       int             `json:"adults"`

	UnidentifiedAt events.Instant `json:"unidentified_at"` // when they were counted; 0: never
	AdultsAt       events.Instant `json:"adults_at"`
	UnidentifiedBy events.ID      `json:"unidentified_by"` // which account counted them
	AdultsBy       events.ID      `json:"adults_by"`

	Name     string   `json:"-"` // of the group or programme
	Number   int      `json:"-"` // which of the group's sessions it is; 0: of no group
	Of       int      `json:"-"`
	Ahead    bool     `json:"-"`
	Identify bool     `json:"-"`
	Mixed    bool     `json:"-"`
	Whys     []choice `json:"-"`
	Homes    []choice `json:"-"`
	Named    []choice `json:"-"` // the children of the rows
	Offers   []choice `json:"-"` // which programme and form it may be corrected to
	Reasons  []choice `json:"-"` // why a session is corrected or taken back
	Others   []choice `json:"-"` // who may walk in
	More     int      `json:"-"` // and how many more
	Asked    bool     `json:"-"` // they were asked for
	Theirs   []string `json:"-"` // what others said of it, as the page shows it
	Since    int64    `json:"-"` // when the visitor marked everybody who was left, just now; 0: did not
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

// Came reports whether anybody was there: such a session is not cancelled.
func (r register) Came() bool {
	return r.Unidentified+r.Adults > 0 || slices.ContainsFunc(r.Rows, func(one row) bool { return one.State == casework.RowAttended })
}

func marked(s casework.RowState) bool { return s == casework.RowAttended || s == casework.RowAbsent }

// Open reports whether children can be marked.
func (r register) Open() bool { return !r.Ahead && !r.Cancelled && !r.Withdrawn && r.Provider == "" }

// find is the row of a child; where it stands in none, one that nobody filled in.
func (r register) find(child string) row {
	for _, one := range r.Rows {
		if one.Child.String() == child {
			return one
		}
	}
	return row{State: casework.RowNone}
}

func (v *visit) register() (r register, err error) {
	if err = v.get(&r, v.in("sessions/"+v.At("id"))); err != nil {
		return r, err
	}
	for i := range r.Rows {
		if r.Rows[i].State == "" {
			r.Rows[i].State = casework.RowNone
		}
		if r.Rows[i].Home == v.Place { // as a file may say of all its rows
			r.Rows[i].Home = ""
		}
	}
	return r, nil
}

// registerOfProgramme is the register with what is known of the programme whose session it is, and all programmes.
func (v *visit) registerOfProgramme() (r register, all []programme, err error) {
	if r, err = v.register(); err != nil {
		return r, nil, err
	}
	all, err = v.programmes()
	for _, p := range all {
		if p.ID == r.Programme {
			r.Name, r.Identify, r.Mixed = p.Name, identifies(p), isMixed(p)
		}
	}
	return r, all, err
}

// inGroup says which of its group's sessions this one is. One that was corrected to be another programme's than the group's is of none for
// whoever does not work with the group.
func (v *visit) inGroup(r *register, crumbs *[]crumb) error {
	var g group
	err := v.get(&g, v.in("groups/"+r.Group.String()))
	if isProblem(err, http.StatusNotFound) {
		r.Group = nil
		return nil
	}
	if err != nil {
		return err
	}
	all, err := v.sessions("group", r.Group.String(), "limit", "1000")
	if err != nil {
		return err
	}
	r.Name, r.Of = g.Name, len(all)
	for i, s := range all { // the latest come first
		if s.ID == r.ID {
			r.Number = len(all) - i
		}
	}
	*crumbs = []crumb{{v.Home("groups"), v.text().text("groups.title")}, {v.Home("groups", g.ID.String()), g.Name}}
	return nil
}

// showRegister shows who came. conflicts are what was wanted of rows that somebody else had changed.
func (v *visit) showRegister(f *form, conflicts map[string]casework.RowState) error {
	r, all, err := v.registerOfProgramme()
	if err != nil {
		return err
	}
	crumbs := []crumb{{v.Home(""), v.text().text("day.title")}}
	if r.Group != nil {
		if err := v.inGroup(&r, &crumbs); err != nil {
			return err
		}
	}
	r.Ahead = r.HeldOn > v.today()
	for i := range r.Rows {
		one := &r.Rows[i]
		switch one.Mine = conflicts[one.Child.String()]; {
		case one.Mine != "" && one.Marked == nil:
			one.Both = v.text().text("register.came")
		case one.Mine != "":
			one.Both = v.both("register.both", *one, one.Mine, v.Clock())
		}
		id := one.Child.String()
		one.Chosen = one.State
		if typed := f.Get("row-" + id); marked(casework.RowState(typed)) && typed != f.Get("was-"+id) && one.Mine == "" { // the rest is as it is now
			one.Chosen = casework.RowState(typed)
		}
		f.shown["row-"+id] = field{Kind: "radio", Label: cmp.Or(one.Label, v.text().text("child.unnamed")+" "+id[:4])}
	}
	for _, moment := range []string{v.Query("since"), f.Get("since"), f.Get("moment")} {
		if i := slices.IndexFunc(r.Rows, func(one row) bool { return v.setAt(one, moment) }); i >= 0 {
			r.Since = r.Rows[i].Seen()
		}
	}
	for kind := range heads {
		if !f.Has(kind) || f.Get(kind) == f.Get("was_"+kind) {
			f.Set(kind, r.heads(kind).State)
		}
	}
	if err := v.walksIn(&r, f); err != nil {
		return err
	}
	l := v.text()
	r.Whys, r.Homes, r.Reasons = whys(l), v.homes(), toChoose(l, choices[events.Reason](l))
	for _, one := range r.Rows {
		id := one.Child.String()
		r.Named = append(r.Named, choice{Value: id, Label: cmp.Or(one.Label, l.text("child.unnamed")+" "+id[:4])})
	}
	if !f.Has("held_on") {
		f.Set("held_on", r.HeldOn.String())
	}
	now := offerOf(r.Programme, r.Form)
	if !f.Has("offer") {
		f.Set("offer", now)
	}
	r.Offers = offers(l, all, func(p programme) bool { return v.coordinates(p.ID) })
	if !slices.ContainsFunc(r.Offers, func(c choice) bool { return c.Value == now }) {
		r.Offers = append([]choice{{Value: now, Label: l.text("correct.as_it_is")}}, r.Offers...)
	}
	f.Values["other"] = r.chosenOthers(f, conflicts)
	f.Values["was_other"] = r.others()
	r.Theirs = v.theirs(r)
	p := sheet{Title: r.Name + " " + v.text().day(r.HeldOn), Crumbs: crumbs, Form: f, D: r}
	if v.Query("others") == "only" {
		p.Part = "others"
	}
	return v.show("register", p)
}

// afterRegister leads back to the register, which says what was done, or what is wrong.
func (v *visit) afterRegister(f *form, err error, done string) error {
	if err == nil {
		return v.to(v.Home("sessions", v.At("id")), 0, done)
	}
	if err := f.refused(err, map[string]string{"body.programme": "offer", "body.form": "offer"}); err != nil {
		return err
	}
	return v.showRegister(f, nil)
}

// saying is what is said of one row of a register, as the API takes it. What is not said stays as it is.
type saying struct {
	State  casework.RowState   `json:"state,omitempty"`
	At     events.Instant      `json:"at,omitzero"` // now, and after what the row has, where it is not said
	Target events.Target       `json:"target,omitempty"`
	Home   events.Municipality `json:"home_municipality,omitempty"`
}

func (v *visit) say(child string, what saying, key string) error {
	return v.ask(call{method: http.MethodPut, path: v.in("sessions/" + v.At("id") + "/register/" + child), body: what, key: key}, nil)
}

// both says what somebody else and the visitor wanted of a row, with who and when.
func (v *visit) both(key string, other row, mine casework.RowState, at time.Time) string {
	l := v.text()
	return l.text(key, v.Who(other.Marked), l.word("row_"+string(other.State)), v.When(other.Marked), l.word("row_"+string(mine)), at.In(events.Sweden).Format(l.text("date.clock")))
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

// By is who set a row last, and when.
func (v *visit) By(m *rowMark) string {
	if m == nil {
		return ""
	}
	return v.Who(m) + " " + v.When(m)
}

// When is the clock of today's marks, and the day with the clock of earlier ones.
func (v *visit) When(m *rowMark) string {
	if m == nil {
		return ""
	}
	if events.DayOf(m.At.In(events.Sweden)) == v.today() {
		return m.At.In(events.Sweden).Format(v.text().text("date.clock"))
	}
	return v.text().moment(m.At)
}
