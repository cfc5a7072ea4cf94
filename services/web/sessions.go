package web

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"rackvidd/events"
	"rackvidd/services/access"
)

func (s *site) sessionPages() {
	s.page("GET /municipalities/{code}/sessions/new", access.WriteSessions, func(v *visit) error {
		f := v.newForm("held_on", v.today().String())
		if group := v.Query("group"); group != "" {
			f.Set("offer", "group/"+group)
		}
		return v.showNewSession(f, nil)
	})
	s.page("POST /municipalities/{code}/sessions/new", access.WriteSessions, (*visit).newSession)
	s.page("POST /municipalities/{code}/sessions/{id}/cancel", access.WriteSessions, (*visit).cancelSession)
	s.page("POST /municipalities/{code}/sessions/{id}/correct", access.WriteSessions, (*visit).correctSession)
	s.page("POST /municipalities/{code}/sessions/{id}/withdraw", access.WriteSessions, (*visit).withdrawSession)
	s.page("POST /municipalities/{code}/sessions/{id}/reinstate", access.WriteSessions, (*visit).reinstateSession)
}

// showNewSession asks which and when. there are the sessions that the group has on the day already.
func (v *visit) showNewSession(f *form, there []sessionSummary) error {
	mine, err := v.mine()
	if err != nil {
		return err
	}
	groups, err := v.openGroups()
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
	return v.show("session_new", sheet{Title: l.text("session.new"), Crumbs: []crumb{{v.Home(""), l.text("day.title")}}, Form: f, D: map[string]any{"Offers": list, "There": there}})
}

func (v *visit) newSession() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	f.need("offer", "held_on")
	if len(f.Errors) > 0 {
		return v.showNewSession(f, nil)
	}
	body := map[string]any{"held_on": f.Get("held_on")}
	if programme, form := f.offered(); programme == "group" {
		body["group"] = form
		there, err := v.sessions("group", form, "from", f.Get("held_on"), "to", f.Get("held_on"))
		if err != nil {
			if err := f.refused(err, map[string]string{"query.from": "held_on", "query.to": ""}); err != nil {
				return err
			}
			return v.showNewSession(f, nil)
		}
		if len(there) > 0 && f.Get("another") == "" {
			f.wrong("another", "session.already")
			return v.showNewSession(f, there)
		}
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
	return v.showNewSession(f, nil)
}

func (v *visit) cancelSession() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	return v.changeSeen(f, "cancel", nil, "cancelled")
}

// correctSession moves a session, with its register, to the day when it was held, or to the programme and form.
func (v *visit) correctSession() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	if f.need("held_on"); len(f.Errors) > 0 {
		return v.showRegister(f, nil)
	}
	body := map[string]any{"held_on": f.Get("held_on"), "reason": events.WrongDay}
	if programme, form := f.offered(); programme != "" && !slices.Contains(f.Values["seen"], kindOf(f.Get("offer"))) {
		body["programme"], body["form"], body["reason"] = programme, form, events.WrongProgramme
		if slices.ContainsFunc(f.Values["seen"], func(one string) bool { return strings.HasPrefix(one, kindOf(programme+"/")) }) {
			body["reason"] = events.EnteredInError // it was the form alone, of which no reason tells
		}
	}
	return v.changeSeen(f, "correct", body, "session_corrected")
}

// withdrawSession takes a session back that should never have been recorded.
func (v *visit) withdrawSession() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	if f.need("reason"); len(f.Errors) > 0 {
		return v.showRegister(f, nil)
	}
	return v.changeSeen(f, "withdraw", map[string]any{"reason": f.Get("reason")}, "session_withdrawn")
}

// reinstateSession takes a session's cancellation back.
func (v *visit) reinstateSession() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	return v.changeSeen(f, "reinstate", map[string]any{"reason": events.EnteredInError}, "session_reinstated")
}

// changeSeen changes a session as it is now, if the page showed what others had said of it until now. The visitor's own marks are no
// reason to refuse: a script sends them while the page stays as it was shown.
func (v *visit) changeSeen(f *form, what string, body any, done string) error {
	now, err := v.register()
	if err != nil {
		return err
	}
	for _, one := range v.theirs(now) {
		if !v.Turned && !slices.Contains(f.Values["seen"], one) && one != dayOf(f.Get("held_on")) && one != kindOf(f.Get("offer")) { // sent again, they are the new ones
			if slices.Contains(f.Values["seen"], kindOf(f.Get("offer"))) { // the visitor left it: it is not moved back
				f.Del("offer")
			}
			f.renew()
			f.wrong("", "problem.stale")
			return v.showRegister(f, nil)
		}
	}
	path := v.in("sessions/" + v.At("id") + "/" + what)
	err = v.ask(call{method: "POST", path: path, body: body, match: strconv.Quote(strconv.FormatUint(now.Version, 10)), key: f.key(path)}, nil)
	return v.afterRegister(f, err, done)
}

// theirs is the day of a session, its programme and form, and what others marked and counted in it: whoever takes it back must have seen that.
func (v *visit) theirs(r register) []string {
	list := []string{dayOf(r.HeldOn.String()), kindOf(offerOf(r.Programme, r.Form))}
	for _, one := range r.Rows {
		if marked(one.State) && !v.set(one) {
			list = append(list, fmt.Sprint(one.Child, " ", one.State, " ", one.Seen()))
		}
	}
	for _, heads := range []struct {
		what  string
		count int
		at    events.Instant
		by    events.ID
	}{{"unidentified", r.Unidentified, r.UnidentifiedAt, r.UnidentifiedBy}, {"adults", r.Adults, r.AdultsAt, r.AdultsBy}} {
		if heads.count > 0 && heads.by != v.Principal.Account {
			list = append(list, fmt.Sprint(heads.what, " ", heads.count, " ", int64(heads.at)))
		}
	}
	return list
}

func dayOf(heldOn string) string { return "day " + heldOn }

func kindOf(offer string) string { return "kind " + offer }
