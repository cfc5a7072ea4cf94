package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"rackvidd/events"
	"rackvidd/services/access"
)

func (s *site) guestPages() {
	s.page("GET /municipalities/{code}/guests", access.ReportGuests, func(v *visit) error { return v.showGuests(v.newForm()) })
	s.page("POST /municipalities/{code}/guests", access.ReportGuests, (*visit).reportGuests)
	s.page("POST /municipalities/{code}/guests/{id}/withdraw", access.ReportGuests, (*visit).withdrawGuests)
}

// guestCount is how many of the municipality's children were at a session elsewhere.
type guestCount struct {
	ID        string              `json:"id"`
	Provider  events.Municipality `json:"provider_municipality"`
	Programme string              `json:"programme"` // as the provider calls it
	Form      events.Form         `json:"form"`
	HeldOn    events.Day          `json:"held_on"`
	Children  int                 `json:"children"`
	Recorded  rowMark             `json:"recorded"`
	Withdrawn *struct {
		Reason events.Reason `json:"reason"`
		rowMark
	} `json:"withdrawn"` // nil: it stands
}

// countedGuests is a line of the list, and where it is taken back.
type countedGuests struct {
	happening
	Withdraw string
}

// countedGuests lists the part of the counts that the address asks for, the latest first; older is where the next part is, "": there is none.
func (v *visit) countedGuests() (list []countedGuests, older string, err error) {
	var answer struct {
		Guests []guestCount `json:"guests"`
		Older  *struct {
			To    string `json:"to"`
			After string `json:"after"`
		} `json:"older"`
	}
	here := pairs([]string{"to", v.Query("to"), "after", v.Query("after")})
	err = v.see(&answer, v.in("guests"), "limit", strconv.Itoa(onAPage), "to", here.Get("to"), "after", here.Get("after"))
	if isProblem(err, http.StatusUnprocessableEntity) {
		return nil, "", errNothingHere
	}
	for _, g := range answer.Guests {
		back := url.URL{Path: v.Home("guests", g.ID, "withdraw"), RawQuery: here.Encode()}
		list = append(list, countedGuests{v.text().guests(g), back.String()})
	}
	if answer.Older != nil {
		older = v.Home("guests") + "?" + pairs([]string{"to", answer.Older.To, "after", answer.Older.After}).Encode()
	}
	return list, older, err
}

// guests is a count in words.
func (l *language) guests(g guestCount) happening {
	h := happening{Day: g.HeldOn, ID: g.ID, Text: l.text("group.members_count", g.Children), Programme: placeName(g.Provider) + ", " + g.Programme, Form: g.Form, Recorded: &g.Recorded}
	if g.Withdrawn != nil {
		h.Struck, h.Why, h.Recorded = true, l.word(g.Withdrawn.Reason), &g.Withdrawn.rowMark
	}
	return h
}

func (v *visit) showGuests(f *form) error {
	l := v.text()
	counts, older, err := v.countedGuests()
	if err != nil {
		return err
	}
	others := toChoose(l, v.otherMunicipalities())
	forms := toChoose(l, choices[events.Form](l))
	return v.show("guests", sheet{Title: l.text("guests.title"), Crumbs: v.guestCrumbs(), Form: f, D: map[string]any{"Others": others, "Forms": forms, "Counts": counts, "Older": older, "Reasons": toChoose(l, choices[events.Reason](l))}})
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

// withdrawGuests takes a count back that is wrong: it stays, struck through, and the right one is counted anew.
func (v *visit) withdrawGuests() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	if f.need("reason"); len(f.Errors) > 0 {
		return v.showGuests(f)
	}
	r, err := v.send(f, "POST", v.in("guests/"+v.At("id")+"/withdraw"), map[string]any{"reason": f.Get("reason")})
	if err == nil {
		return v.to(v.Home("guests"), r.Position, "withdrawn")
	}
	if err := f.refused(err, nil); err != nil {
		return err
	}
	return v.showGuests(f)
}
