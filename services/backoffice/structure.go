package backoffice

import (
	"slices"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/services/disclosure"
	"rackvidd/services/surveying"
)

// structure is which programme may have given children support in which form. What a programme offers is no secret.
type structure struct {
	cells
	programmes []string
	forms      []events.Form
	of         map[string][]events.Form
	by         map[events.Form][]string
}

// structured reads what programmes offer. One of another municipality, or that offers nothing of it any more, may have given
// any form.
func (c cells) structured(f reach.Figures, offered []surveying.Programme) structure {
	s := structure{cells: c, of: make(map[string][]events.Form), by: make(map[events.Form][]string)}
	for _, r := range f.ByForm {
		s.forms = append(s.forms, r.Form)
	}
	for _, r := range f.ByProgramme {
		s.programmes = append(s.programmes, r.Programme)
		s.of[r.Programme] = s.forms
		for _, p := range offered {
			if forms := within(s.forms, p.Forms); string(p.ID) == r.Programme && len(forms) > 0 {
				s.of[r.Programme] = forms
			}
		}
		for _, form := range s.of[r.Programme] {
			s.by[form] = append(s.by[form], r.Programme)
		}
	}
	return s
}

// within are those of a list that stand in another too.
func within[C comparable](list, other []C) []C {
	return slices.DeleteFunc(slices.Clone(list), func(one C) bool { return !slices.Contains(other, one) })
}

// relations are what follows for the numbers of a family: a programme that alone gives its forms has the children of them
// and no others, and so has a form whose programmes give nothing else. Of one programme nothing follows that is not said of
// all children.
func (s structure) relations(family disclosure.Family) (list []disclosure.Relation) {
	if len(s.programmes) < 2 {
		return nil
	}
	add := func(kind disclosure.Kind, whole disclosure.Cell, parts []disclosure.Cell) {
		if len(parts) == 0 {
			return
		}
		if r := (disclosure.Relation{Kind: kind, Cells: slices.Insert(parts, 0, whole)}); family.Holds(r) { // not where a programme offered something else before
			list = append(list, r)
		}
	}
	for _, p := range s.programmes {
		own := slices.DeleteFunc(slices.Clone(s.of[p]), func(f events.Form) bool { return len(s.by[f]) > 1 })
		switch {
		case len(own) < len(s.of[p]):
			add(disclosure.Within, s.programme(p), s.shared(own, false))
		case len(own) == 1:
			add(disclosure.Union, s.programme(p), s.shared(own, false))
		default:
			add(disclosure.Overlaps, s.programme(p), s.shared(own, true))
		}
	}
	for _, f := range s.forms {
		var own []disclosure.Cell
		for _, p := range s.by[f] {
			if len(s.of[p]) == 1 {
				own = append(own, s.programme(p))
			}
		}
		kind := disclosure.Union
		if len(own) < len(s.by[f]) {
			kind = disclosure.Within
		}
		add(kind, s.cells.of("form", string(f)), own)
	}
	return list
}

// shared are the cells of forms and, where it is asked for, of what each pair of them shares.
func (s structure) shared(forms []events.Form, pairs bool) (list []disclosure.Cell) {
	for _, f := range forms {
		list = append(list, s.cells.of("form", string(f)))
	}
	for i, a := range forms {
		for _, b := range forms[i+1:] {
			if pairs {
				list = append(list, s.pair(a, b))
			}
		}
	}
	return list
}
