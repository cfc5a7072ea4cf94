package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/casework"
)

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
		label = l.text("child.unnamed") + " " + v.At("child")[:4]
	}
	return v.json(http.StatusOK, saved{
		rowNow:   v.now(now),
		Status:   l.text("register.status", r.Marked(), len(r.Rows), v.Clock().In(events.Sweden).Format(l.text("date.clock"))),
		Text:     l.text("register.said", label, l.word("row_"+string(now.State))),
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
