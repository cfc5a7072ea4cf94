package web

import (
	"fmt"
	"slices"

	"rackvidd/events"
	"rackvidd/services/casework"
)

// others are those who are there for another reason than substance abuse in the family.
func (r register) others() (list []string) {
	for _, one := range r.Rows {
		if one.State == casework.RowAttended && one.Target == events.OtherTarget {
			list = append(list, one.Child.String())
		}
	}
	return list
}

// chosenOthers are those who are ticked on the page: whoever the visitor ticked or unticked stays so, and the rest are as they are now,
// also those whom somebody else marked otherwise.
func (r register) chosenOthers(f *form, conflicts map[string]casework.RowState) (list []string) {
	now := r.others()
	for _, one := range r.Rows {
		id := one.Child.String()
		chosen := slices.Contains(f.Values["other"], id)
		if chosen == slices.Contains(f.Values["was_other"], id) || conflicts[id] != "" {
			chosen = slices.Contains(now, id)
		}
		if chosen {
			list = append(list, id)
		}
	}
	return list
}

// sayReasons says who is there for another reason than substance abuse in the family, of the rows that the visitor changed alone.
// Whoever is ticked was there as well, which is said where the row has it otherwise; where somebody else changed that since the page was
// opened, both are shown. Whoever is not for another reason after all stays as there or absent as it is.
func (v *visit) sayReasons() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	now, err := v.register()
	if err != nil {
		return err
	}
	list, conflicts := v.reasons(f, now.Rows)
	switch done, err := v.saveRows(f, list, conflicts); {
	case err != nil:
		return err
	case !done:
		return v.showRegister(f, conflicts)
	}
	return v.toRegister("reasons", f.Get("since"))
}

// reasons are what is to be written of the rows whose reason was changed on the page. Whoever is there for another reason is there:
// conflicts are the rows that somebody else marked otherwise since it was shown.
func (v *visit) reasons(f *form, rows []row) (list []wish, conflicts map[string]casework.RowState) {
	conflicts = make(map[string]casework.RowState)
	for _, one := range rows {
		id := one.Child.String()
		other := slices.Contains(f.Values["other"], id)
		if other == slices.Contains(f.Values["was_other"], id) {
			continue
		}
		there := one.State == casework.RowAttended
		if there && other == (one.Target == events.OtherTarget) {
			continue // it is said already
		}
		if other && !there && f.Get("was-"+id) != string(one.State) && !v.set(one) {
			conflicts[id] = casework.RowAttended
			continue
		}
		what := saying{Target: events.SubstanceAbuse}
		if other {
			what.Target = events.OtherTarget
		}
		if other || there { // whoever says why a child is there says that it is, and no undoing of marks before that takes it back
			what.State = casework.RowAttended
		}
		list = append(list, wish{id, f.key(fmt.Sprint(id, what.Target, what.State, one.Seen())), what})
	}
	return list, conflicts
}

// set reports whether the visitor set a row last, on another page or on this one.
func (v *visit) set(one row) bool {
	return one.Marked != nil && one.Marked.Account == v.Principal.Account
}
