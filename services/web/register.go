package web

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
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
			r.Name, r.Identify, r.Mixed = p.Name, identifies(p), isMixed(p)
		}
	}
	crumbs := []crumb{{v.Home(""), v.text().text("day.title")}}
	if r.Group != nil {
		var g group
		if err := v.get(&g, v.in("groups/"+r.Group.String())); err != nil {
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
		crumbs = []crumb{{v.Home("groups"), v.text().text("groups.title")}, {v.Home("groups", g.ID.String()), g.Name}}
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
		if typed := casework.RowState(f.Get("row-" + id)); marked(typed) && one.Mine == "" {
			one.Chosen = typed
		}
		f.shown["row-"+id] = field{Kind: "radio", Label: cmp.Or(one.Label, v.text().text("child.unnamed")+" "+id[:4])}
	}
	since := v.Query("since")
	if moment := cmp.Or(f.Get("since"), f.Get("moment")); slices.ContainsFunc(r.Rows, func(one row) bool { return v.setAt(one, moment) }) {
		since = moment
	}
	if millis, err := strconv.ParseInt(since, 10, 64); err == nil {
		r.Since = millis
	}
	if !f.Has("unidentified") {
		f.Set("unidentified", strconv.Itoa(r.Unidentified))
		f.Set("adults", strconv.Itoa(r.Adults))
	}
	if err := v.walksIn(&r, f); err != nil {
		return err
	}
	l := v.text()
	r.Whys, r.Homes, r.Reasons = whys(l), v.homes(), choices[events.Reason](l)
	for _, one := range r.Rows {
		id := one.Child.String()
		r.Named = append(r.Named, choice{Value: id, Label: cmp.Or(one.Label, l.text("child.unnamed")+" "+id[:4])})
	}
	if !f.Has("held_on") {
		f.Set("held_on", r.HeldOn.String())
	}
	if !v.Sent("reasons") {
		f.Values["other"] = r.others()
	}
	f.Values["was_other"] = r.others()
	r.Theirs = v.theirs(r)
	p := sheet{Title: r.Name + " " + v.text().day(r.HeldOn), Crumbs: crumbs, Form: f, D: r}
	if v.Query("others") == "only" {
		p.Part = "others"
	}
	return v.show("register", p)
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

// saveRegister saves, row by row, what was changed on the page. A row that somebody else changed since is not touched:
// both values are shown. Whoever the page showed as left is marked all at one moment, by which it can be undone.
func (v *visit) saveRegister() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	if child, err := events.ParseID(f.Get("clear")); err == nil {
		return v.clearRow(f, child.String())
	}
	now, err := v.register()
	if err != nil {
		return err
	}
	var moment events.Instant // 0: nobody is marked but whom the page names
	if f.Get("everybody") != "" {
		moment = v.afterRows(f, now.Rows)
		f.Set("moment", strconv.FormatInt(int64(moment), 10)) // sent again, whoever is left is marked at the moment of those who were
	}
	list, conflicts := f.wanted(now.Rows, moment)
	done, err := v.write(f, list)
	switch {
	case err != nil:
		return err
	case done && len(conflicts) > 0:
		f.wrong("", "register.conflict")
	case len(conflicts) > 0:
		f.wrong("", "register.conflict_alone")
	}
	if !done || len(conflicts) > 0 {
		return v.showRegister(f, conflicts)
	}
	if moment != 0 {
		return v.lead(v.Home("sessions", v.At("id")) + "?done=everybody&since=" + f.Get("moment"))
	}
	return v.to(v.Home("sessions", v.At("id")), 0, "register")
}

// afterRows is the moment at which whoever is left is marked: just before now, or before the form was sent first; after the last of
// them was emptied, by a clock that was ahead, or since.
func (v *visit) afterRows(f *form, rows []row) events.Instant {
	moment := events.InstantOf(v.Clock()) - 1
	if first, err := strconv.ParseInt(f.Get("moment"), 10, 64); err == nil {
		moment = min(moment, events.Instant(first))
	}
	for _, one := range rows {
		if !marked(one.State) {
			moment = max(moment, events.Instant(one.Seen())+1)
		}
	}
	return moment
}

// wish is what is to be written of a row.
type wish struct {
	child, key string
	saying
}

// wish wants a row in a state from a moment on; 0: from now on. Its key is of the row as it was read, or of the moment: the same form
// sent twice writes it once, and another choice, or the first one again after another, is another command.
func (f *form) wish(one row, state casework.RowState, at events.Instant) wish {
	child := one.Child.String()
	return wish{child, f.key(fmt.Sprint(child, state, cmp.Or(int64(at), one.Seen()))), saying{State: state, At: at}}
}

// wanted is what is to be written: of whoever the page showed as left at a moment, where that is not 0, and of every row that was changed on
// it. conflicts are what was wanted of rows that somebody else changed since it was shown.
func (f *form) wanted(rows []row, moment events.Instant) (list []wish, conflicts map[string]casework.RowState) {
	conflicts = make(map[string]casework.RowState)
	all := moment != 0
	for _, one := range rows {
		id := one.Child.String()
		was, wanted := casework.RowState(f.Get("was-"+id)), casework.RowState(f.Get("row-"+id))
		var at events.Instant // now: after those who are marked all at once
		left := all && !marked(one.State)
		if wanted != casework.RowAbsent && (left || all && was == casework.RowNone) {
			wanted, at = casework.RowAttended, moment
		}
		switch {
		case wanted == "" || wanted == one.State || wanted == was && !left:
		case was != one.State:
			conflicts[id] = wanted
		default:
			list = append(list, f.wish(one, wanted, at))
		}
	}
	return list, conflicts
}

// write writes rows, and reports whether all of them are written. A row that is refused says so and keeps no other from being written;
// what is refused of the whole session, or for now, is said once and ends it.
func (v *visit) write(f *form, list []wish) (done bool, err error) {
	done = true
	key := f.Get("key")
	for _, one := range list {
		err := v.say(one.child, one.saying, one.key)
		if err == nil {
			continue
		}
		done = false
		before := len(f.Errors)
		if err := f.refused(err, map[string]string{ofSession: ""}); err != nil {
			return false, err
		}
		if f.later != nil {
			f.Set("key", key) // also where a row was refused before: what may be carried out yet is not carried out again
		}
		if f.later != nil || v.Turned || refusesSession(err) {
			break
		}
		for i := range f.Errors[before:] {
			f.Errors[before+i].Field = "row-" + one.child
		}
	}
	return done, nil
}

// ofSession is where the API says what is wrong with a session, and not with one of its rows.
const ofSession = "path.id"

func refusesSession(err error) bool {
	var p *problem
	return errors.As(err, &p) && slices.ContainsFunc(p.reasons(), func(e fieldProblem) bool { return e.Location == ofSession })
}

// clearRow empties one row.
func (v *visit) clearRow(f *form, child string) error {
	if err := v.say(child, saying{State: casework.RowNone}, f.key(child)); err != nil {
		if err := f.refused(err, nil); err != nil {
			return err
		}
		return v.showRegister(f, nil)
	}
	return v.to(v.Home("sessions", v.At("id"))+"#row-"+child, 0, "register")
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
	var list []wish
	for _, one := range now.Rows {
		if v.setAt(one, f.Get("since")) {
			list = append(list, f.wish(one, casework.RowNone, 0))
		}
	}
	switch done, err := v.write(f, list); {
	case err != nil:
		return err
	case !done:
		return v.showRegister(f, nil)
	}
	return v.to(v.Home("sessions", v.At("id")), 0, "undone")
}

// setAt reports whether the visitor set a row last, at a moment.
func (v *visit) setAt(one row, millis string) bool {
	return v.set(one) && strconv.FormatInt(one.Seen(), 10) == millis
}

// rowNow is a row as it stands, or how many were counted.
type rowNow struct {
	State string `json:"state"`
	Seen  int64  `json:"seen"`
	By    string `json:"by"` // who set it, and when; "": it is not filled in
}

// saved is what a tap is answered with.
type saved struct {
	rowNow
	Text     string `json:"text"`
	Status   string `json:"status"`
	Conflict string `json:"conflict"` // what somebody else had set meanwhile, and what stands
}

// refusedTap is what a tap is answered with that was not taken.
type refusedTap struct {
	rowNow
	denied
}

// tap saves one row for a script, which is answered with JSON. It may be repeated and come in any order: the latest of all
// taps on a child stands.
func (v *visit) tap() error {
	f, at, err := v.tapped()
	if err != nil {
		return err
	}
	state := casework.RowState(f.Get("state"))
	before, err := v.register() // what somebody else set meanwhile, before it is set again
	if err == nil {
		what := saying{State: state, Target: events.Target(f.Get("target"))}
		if !at.IsZero() {
			what.At = events.InstantOf(at)
		}
		err = v.say(v.At("child"), what, f.key(v.At("child")))
	}
	if err != nil {
		return v.refuseTap(err, func(r register) rowNow {
			return v.now(r.find(v.At("child")))
		})
	}
	r, err := v.register()
	if err != nil {
		return err
	}
	was, now := before.find(v.At("child")), r.find(v.At("child"))
	l := v.text()
	label := now.Label
	if label == "" {
		label = l.text("child.unnamed")
	}
	return v.json(http.StatusOK, saved{
		rowNow:   v.now(now),
		Status:   l.text("register.status", r.Marked(), len(r.Rows), v.Clock().In(events.Sweden).Format(l.text("date.clock"))),
		Text:     l.text("register.said", label, l.word("row_"+string(now.State)), r.Marked(), len(r.Rows)),
		Conflict: v.contradicted(f, was, now, state, at),
	})
}

// tapped reads a tap and when it was made; zero: now.
func (v *visit) tapped() (f *form, at time.Time, err error) {
	if f, err = v.form(); err != nil {
		return f, at, err
	}
	if millis, err := strconv.ParseInt(f.Get("at"), 10, 64); err == nil {
		at = time.UnixMilli(millis)
	}
	if who := f.Get("who"); who != "" && who != v.Principal.Account.String() {
		return f, at, access.ErrUnauthenticated // somebody else has signed in since
	}
	return f, at, nil
}

func (v *visit) now(one row) rowNow {
	s := rowNow{State: string(one.State), Seen: one.Seen()}
	if marked(one.State) {
		s.By = v.By(one.Marked)
	}
	return s
}

// refuseTap says why a tap was not taken, whether it ever can be, and how what was tapped is. Any error that says nothing of
// the tap it returns.
func (v *visit) refuseTap(err error, now func(register) rowNow) error {
	var p *problem
	if !errors.As(err, &p) || p.Status >= http.StatusInternalServerError || p.Status == http.StatusTooManyRequests {
		return err
	}
	if p.Status == http.StatusForbidden && v.choseAnew() {
		return errOtherRole
	}
	l := v.text()
	reason := p.reasons()[0]
	text := l.problem(reason.Code, reason.Message)
	if !l.has("problem."+reason.Code) && (p.Status == http.StatusForbidden || p.Status == http.StatusNotFound) {
		text = l.text("error.missing.text")
	}
	out := refusedTap{denied: denied{Text: text, Over: reason.Code != "future_time" && reason.Code != "conflict"}}
	if r, err := v.register(); err == nil {
		out.rowNow = now(r)
	}
	return v.json(p.Status, out)
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
