package web

import (
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
	conflicts := make(map[string]casework.RowState)
	for _, one := range now.Rows {
		id := one.Child.String()
		other := slices.Contains(f.Values["other"], id)
		if other == slices.Contains(f.Values["was_other"], id) {
			continue
		}
		what := saying{Target: events.SubstanceAbuse}
		if other {
			what.Target = events.OtherTarget
		}
		if other && one.State != casework.RowAttended {
			if f.Get("was-"+id) != string(one.State) && !v.set(one) {
				conflicts[id] = casework.RowAttended
				continue
			}
			what.State = casework.RowAttended
		}
		if err = v.say(id, what, f.key(id)); err != nil {
			break
		}
	}
	if err == nil && len(conflicts) > 0 {
		f.wrong("", "register.conflict")
		return v.showRegister(f, conflicts)
	}
	return v.afterRegister(f, err, "reasons")
}

// set reports whether the visitor set a row last, on another page or on this one.
func (v *visit) set(one row) bool {
	return one.Marked != nil && one.Marked.Account == v.Principal.Account
}

// afterRegister leads back to the register, which says what was done, or what is wrong.
func (v *visit) afterRegister(f *form, err error, done string) error {
	if err == nil {
		return v.to(v.Home("sessions", v.At("id")), 0, done)
	}
	if err := f.refused(err, map[string]string{"path.child": "other", "body.target": "other"}); err != nil {
		return err
	}
	return v.showRegister(f, nil)
}
