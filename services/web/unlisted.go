package web

import (
	"net/http"
	"strconv"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/casework"
)

// Who stands in no row of a register: children who walk in, and those whom nobody identified.

func (s *site) unlistedPages() {
	s.page("POST /municipalities/{code}/sessions/{id}/walk-in", access.WriteSessions, (*visit).walkIn)
	s.page("POST /municipalities/{code}/sessions/{id}/counts", access.WriteSessions, (*visit).countHeads)
	for kind := range heads {
		s.page("POST /municipalities/{code}/sessions/{id}/heads/"+kind, access.WriteSessions, func(v *visit) error { return v.tapHeads(kind) })
	}
}

// heads are those whom nobody identified, by what they are called in the API, and what they are called on the page.
var heads = map[string]string{"unidentified": "register.unidentified", "adults": "register.adults"}

// walksIn lists the children who may walk in, where the address asks for them: a script does, before the network may go.
func (v *visit) walksIn(r *register, f *form) error {
	if v.Query("others") == "" && f.Get("child") == "" || !r.Identify || !r.Open() {
		return nil
	}
	var others struct {
		Children []child `json:"children"`
		More     int     `json:"more"`
	}
	if err := v.get(&others, v.in("sessions/"+v.At("id")+"/others")); err != nil {
		return err
	}
	l := v.text()
	r.Asked, r.More = true, others.More
	if len(others.Children) > 0 {
		r.Others = []choice{{Label: l.text("register.others_none")}}
	}
	for _, one := range others.Children {
		r.Others = append(r.Others, choice{Value: one.Child.String(), Label: one.Label})
	}
	return nil
}

// walkIn marks a child that nobody expected: one of those listed, or who is typed.
func (v *visit) walkIn() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	id, err := events.ParseID(f.Get("child"))
	who := "child"
	switch chosen := err == nil; {
	case chosen && f.Get("identity") != "":
		f.wrong("child", "register.either")
	case !chosen:
		who = "identity"
		f.need(who)
	}
	r, _, err := v.registerOfProgramme()
	if err != nil {
		return err
	}
	if r.Mixed {
		f.need("target")
	} else {
		f.Del("target")
	}
	if len(f.Errors) > 0 {
		return v.showRegister(f, nil)
	}
	if who == "identity" {
		id, err = v.enterChild(f)
	}
	if err == nil {
		what := saying{State: casework.RowAttended, Target: events.Target(f.Get("target")), Home: municipalityCalled(f.Get("home_municipality"))}
		err = v.say(id.String(), what, f.key("mark"))
	}
	if err == nil {
		return v.to(v.Home("sessions", v.At("id"))+"#row-"+id.String(), 0, "walk_in")
	}
	if err := f.refused(err, map[string]string{"body.card": who, "path.child": who}); err != nil {
		return err
	}
	return v.showRegister(f, nil)
}

// countHeads says how many came whom nobody identified, and how many adults. What was not changed on the page stays as it is now.
func (v *visit) countHeads() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	now, err := v.register()
	if err != nil {
		return err
	}
	body := make(map[string]any)
	for kind := range heads {
		n, said, stands := f.whole(kind), f.Get(kind), now.heads(kind)
		if said == f.Get("was_"+kind) || said == stands.State {
			continue
		}
		body[kind] = n
		if f.Has("was_"+kind) && f.Get("was_"+kind) != stands.State && stands.account != v.Principal.Account {
			f.Errors = append(f.Errors, formError{Field: kind, Text: v.text().text("register.count_theirs", stands.State, said, v.Clock().In(events.Sweden).Format(v.text().text("date.clock")))})
		}
	}
	if len(f.Errors) > 0 {
		return v.showRegister(f, nil)
	}
	if len(body) > 0 {
		_, err = v.send(f, http.MethodPut, v.in("sessions/"+v.At("id")+"/counts"), body)
	}
	return v.afterRegister(f, err, "counts")
}

// tapHeads takes one count, of children or of adults, from a script. It may be repeated and come in any order: the latest stands.
func (v *visit) tapHeads(kind string) error {
	f, at, err := v.tapped()
	if err != nil {
		return err
	}
	body := map[string]any{kind: f.whole("state")}
	if len(f.Errors) > 0 {
		return errUnreadable
	}
	if !at.IsZero() {
		body["at"] = events.InstantOf(at)
	}
	before, err := v.register()
	if err == nil {
		err = v.ask(call{method: http.MethodPut, path: v.in("sessions/" + v.At("id") + "/counts"), body: body, key: f.key(kind)}, nil)
	}
	if err != nil {
		return v.refuseTap(err, func(r register) rowNow { return r.heads(kind).rowNow })
	}
	r, err := v.register()
	if err != nil {
		return err
	}
	l, now := v.text(), r.heads(kind)
	return v.json(http.StatusOK, saved{
		rowNow: now.rowNow, Conflict: v.recounted(f, before.heads(kind), now, at),
		Text:   l.text("register.counted", l.text(heads[kind]), now.State),
		Status: l.text("register.saved", v.Clock().In(events.Sweden).Format(l.text("date.clock"))),
	})
}

// headsNow is how many were counted, and which account did.
type headsNow struct {
	rowNow
	account events.ID
}

// heads is how many came of those whom nobody identified, and when they were counted.
func (r register) heads(kind string) headsNow {
	n, at, by := r.Unidentified, r.UnidentifiedAt, r.UnidentifiedBy
	if kind == "adults" {
		n, at, by = r.Adults, r.AdultsAt, r.AdultsBy
	}
	return headsNow{rowNow{State: strconv.Itoa(n), Seen: int64(at)}, by}
}

// recounted says what else had been counted that a count did not know of, and whose stands; of what the visitor counted before it,
// as on another page, nothing. It names nobody: it may be kept in the browser until it has been read.
func (v *visit) recounted(f *form, was, now headsNow, at time.Time) string {
	l, mine, me := v.text(), f.Get("state"), v.Principal.Account
	switch seen, err := strconv.ParseInt(f.Get("seen"), 10, 64); {
	case err != nil:
		return ""
	case now.State != mine:
		who := "register.count_theirs"
		if now.account == me {
			who = "register.count_own"
		}
		return l.text(who, now.State, mine, at.In(events.Sweden).Format(l.text("date.clock")))
	case was.Seen > seen && was.State != mine && was.account != me:
		return l.text("register.count_mine", was.State, mine)
	}
	return ""
}
