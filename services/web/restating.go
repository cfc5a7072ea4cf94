package web

import (
	"slices"

	"rackvidd/events"
	"rackvidd/services/casework"
)

// stated is a whole register, as the API takes it.
type stated struct {
	Attended     []events.ID `json:"attended,omitempty"`
	Absent       []events.ID `json:"absent,omitempty"`
	Other        []events.ID `json:"other,omitempty"`
	Homes        []livesIn   `json:"homes,omitempty"`
	Unidentified int         `json:"unidentified"`
	Adults       int         `json:"adults"`
}

type livesIn struct {
	Child            events.ID           `json:"child"`
	HomeMunicipality events.Municipality `json:"home_municipality"`
}

// whole is the register as it is to be stated.
func (r register) whole() stated {
	s := stated{Unidentified: r.Unidentified, Adults: r.Adults}
	for _, one := range r.Rows {
		switch {
		case one.State == casework.RowAttended && one.Target == events.OtherTarget:
			s.Other = append(s.Other, one.Child)
		case one.State == casework.RowAttended:
			s.Attended = append(s.Attended, one.Child)
		case one.State == casework.RowAbsent:
			s.Absent = append(s.Absent, one.Child)
		default:
			continue
		}
		if one.Home != "" {
			s.Homes = append(s.Homes, livesIn{one.Child, one.Home})
		}
	}
	return s
}

// put replaces a child's row, or adds it.
func (r *register) put(one row) {
	if i := slices.IndexFunc(r.Rows, func(there row) bool { return there.Child == one.Child }); i >= 0 {
		r.Rows[i] = one
		return
	}
	r.Rows = append(r.Rows, one)
}

// others are those who are there for another reason than substance abuse in the family.
func (r register) others() (list []string) {
	for _, one := range r.Rows {
		if one.State == casework.RowAttended && one.Target == events.OtherTarget {
			list = append(list, one.Child.String())
		}
	}
	return list
}

// restate states the whole register anew from what it is now: if somebody else changes it meanwhile, it is refused.
func (v *visit) restate(f *form, change func(*register)) error {
	path := v.in("sessions/" + v.At("id"))
	a, err := v.fetch(call{method: "GET", path: path})
	if err != nil {
		return err
	}
	var now register
	if err := a.read(&now); err != nil {
		return err
	}
	change(&now)
	return v.ask(call{method: "PUT", path: path + "/register", body: now.whole(), key: f.key("register"), match: a.header.Get("ETag")}, nil)
}

// sayReasons says who is there for another reason than substance abuse in the family. Rows that the visitor did not change
// stay as they are now.
func (v *visit) sayReasons() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	err = v.restate(f, func(now *register) {
		for i, one := range now.Rows {
			id := one.Child.String()
			switch other := slices.Contains(f.Values["other"], id); {
			case other == slices.Contains(f.Values["was_other"], id):
			case other:
				now.Rows[i].State, now.Rows[i].Target = casework.RowAttended, events.OtherTarget
			default:
				now.Rows[i].Target = events.SubstanceAbuse
			}
		}
	})
	return v.afterRegister(f, err, "reasons")
}

// afterRegister leads back to the register, which says what was done, or what is wrong.
func (v *visit) afterRegister(f *form, err error, done string) error {
	if err == nil {
		return v.to(v.Home("sessions", v.At("id")), 0, done)
	}
	fields := make(map[string]string)
	if !v.Sent("reasons") {
		fields["body.other"] = "" // of the whole register, not of the form
	}
	if err := f.refused(err, fields); err != nil {
		return err
	}
	return v.showRegister(f, nil)
}
