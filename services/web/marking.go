package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"rackvidd/events"
	"rackvidd/services/casework"
)

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
	switch done, err := v.saveRows(f, list, conflicts); {
	case err != nil:
		return err
	case !done:
		return v.showRegister(f, conflicts)
	}
	done := "register"
	if moment != 0 {
		done = "everybody"
	}
	return v.toRegister(done, f.Get("moment")) // also where the rest is saved one by one
}

// toRegister leads to the register, which says what was done. Whoever the visitor marked all at a moment can be undone there; "": nobody.
func (v *visit) toRegister(done, since string) error {
	said := url.Values{"done": {done}}
	if since != "" {
		said.Set("since", since)
	}
	return v.lead(v.Home("sessions", v.At("id")) + "?" + said.Encode())
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

// saveRows writes rows, and reports whether all that was wanted is written; where it is not, the form says why.
func (v *visit) saveRows(f *form, list []wish, conflicts map[string]casework.RowState) (done bool, err error) {
	done, err = v.write(f, list)
	switch {
	case err != nil:
		return false, err
	case done && len(conflicts) > 0:
		f.renew() // what is chosen now is another request
		f.wrong("", "register.conflict")
	case len(conflicts) > 0:
		f.wrong("", "register.conflict_alone")
	}
	return done && len(conflicts) == 0, nil
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

// clearRow empties one row, unless somebody else changed it since it was shown.
func (v *visit) clearRow(f *form, child string) error {
	now, err := v.register()
	if err != nil {
		return err
	}
	one := now.find(child)
	if was := f.Get("was-" + child); was != "" && was != string(one.State) && one.State != casework.RowNone && !v.set(one) {
		f.wrong("", "register.conflict_alone")
		return v.showRegister(f, map[string]casework.RowState{child: casework.RowNone})
	}
	if err := v.say(child, saying{State: casework.RowNone}, f.key(fmt.Sprint(child, casework.RowNone, one.Seen()))); err != nil {
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
