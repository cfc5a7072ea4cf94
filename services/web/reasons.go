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
// Whoever is not for another reason after all stays as there or absent as it is.
func (v *visit) sayReasons() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	now, err := v.register()
	if err != nil {
		return err
	}
	for _, one := range now.Rows {
		id := one.Child.String()
		other := slices.Contains(f.Values["other"], id)
		if other == slices.Contains(f.Values["was_other"], id) {
			continue
		}
		what := saying{Target: events.SubstanceAbuse}
		if other {
			what = saying{State: casework.RowAttended, Target: events.OtherTarget}
			if seen := events.Instant(one.Seen()); seen >= events.InstantOf(v.Clock()) { // a telephone's clock was ahead: what was seen came before
				what.At = seen + 1
			}
		}
		if err = v.say(id, what, f.key(id)); err != nil {
			break
		}
	}
	return v.afterRegister(f, err, "reasons")
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
