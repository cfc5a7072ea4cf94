package web

import (
	"slices"
	"strings"

	"rackvidd/events"
	"rackvidd/services/access"
)

func (s *site) guestPages() {
	s.page("GET /municipalities/{code}/guests", access.ReportGuests, func(v *visit) error { return v.showGuests(v.newForm()) })
	s.page("POST /municipalities/{code}/guests", access.ReportGuests, (*visit).reportGuests)
}

func (v *visit) showGuests(f *form) error {
	l := v.text()
	others := append([]choice{{Label: l.text("form.choose_one")}}, v.otherMunicipalities()...)
	forms := append([]choice{{Label: l.text("form.choose_one")}}, choices[events.Form](l)...)
	return v.show("guests", sheet{Title: l.text("guests.title"), Crumbs: v.guestCrumbs(), Form: f, D: map[string]any{"Others": others, "Forms": forms}})
}

// guestCrumbs lead back to the groups, where they may be seen, and else to the figures that guests are part of.
func (v *visit) guestCrumbs() []crumb {
	if v.May(access.ReadGroups) {
		return []crumb{{v.Home("groups"), v.text().text("groups.title")}}
	}
	return []crumb{{v.Home("reach"), v.text().text("reach.title")}}
}

// otherMunicipalities are all but the visitor's, in the order of the alphabet.
func (v *visit) otherMunicipalities() (list []choice) {
	for _, m := range events.Municipalities() {
		if m.Code != v.Place {
			list = append(list, choice{Value: string(m.Code), Label: m.Name})
		}
	}
	order := strings.NewReplacer("Å", "Ä", "Ä", "Å", "å", "ä", "ä", "å") // of the alphabet, where that of the characters is another
	slices.SortFunc(list, func(a, b choice) int { return strings.Compare(order.Replace(a.Label), order.Replace(b.Label)) })
	return list
}

// reportGuests records how many of the municipality's children were at a session elsewhere, when it told how many.
func (v *visit) reportGuests() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	f.need("provider_municipality", "programme", "form", "held_on", "children")
	body := map[string]any{
		"provider_municipality": f.Get("provider_municipality"), "programme": f.Get("programme"), "form": f.Get("form"), "held_on": f.Get("held_on"), "children": f.whole("children"),
	}
	if len(f.Errors) > 0 {
		return v.showGuests(f)
	}
	r, err := v.send(f, "POST", v.in("guests"), body)
	if err == nil {
		return v.to(v.Home("guests"), r.Position, "guests")
	}
	if err := f.refused(err, map[string]string{"held_on": "held_on"}); err != nil {
		return err
	}
	return v.showGuests(f)
}
