package web

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"rackvidd/events"
	"rackvidd/services/access"
)

func (s *site) correctionPages() {
	s.page("GET /municipalities/{code}/children/{child}/lines/{line}", access.WriteEnrolments, func(v *visit) error { return v.showCorrection(nil) })
	s.page("POST /municipalities/{code}/children/{child}/lines/{line}", access.WriteEnrolments, (*visit).correctLine)
}

// line is a referral or a place as it was recorded: what can be corrected, by the names of the form's fields.
type line struct {
	path string // of the API
	day  string // the field of the day
	was  map[string]string
}

// line is the one in the page's path, of the child's history.
func (v *visit) line() (one line, h history, err error) {
	if err := v.see(&h, v.in("cases/"+v.At("child"))); err != nil {
		return one, h, err
	}
	for _, r := range h.Referrals {
		if r.ID == v.At("line") {
			was := map[string]string{"channel": string(r.Channel), "received_on": r.ReceivedOn.String(), "offer": offerOf(r.Programme, r.Form)}
			return line{"referrals", "received_on", was}, h, nil
		}
	}
	for _, e := range h.Enrolments {
		if e.ID == v.At("line") {
			was := map[string]string{"enrolled_on": e.EnrolledOn.String(), "offer": offerOf(e.Programme, e.Form), "target": "", "home_municipality": ""}
			return line{"enrolments", "enrolled_on", was}, h, nil
		}
	}
	return one, h, errNothingHere
}

// offerOf is a programme and a form as one choice; nothing where neither is named.
func offerOf(programme events.ProgrammeID, form events.Form) string {
	if programme == "" && form == "" {
		return ""
	}
	return string(programme) + "/" + string(form)
}

// showCorrection shows a line as it was recorded, to be written anew. f is nil where nothing was typed yet.
func (v *visit) showCorrection(f *form) error {
	one, h, err := v.line()
	if err != nil {
		return err
	}
	mine, err := v.mine()
	if err != nil {
		return err
	}
	l := v.text()
	if f == nil {
		f = v.newForm()
		one.shownIn(f)
	}
	list := offers(l, mine, identifies)
	if known := one.was["offer"]; !slices.ContainsFunc(list, func(c choice) bool { return c.Value == known }) {
		list = append([]choice{{Value: known, Label: l.text("correct.as_it_is")}}, list...)
	}
	d := map[string]any{
		"Was": slices.Sorted(maps.Keys(one.was)), "Offers": list, "Reasons": toChoose(l, choices[events.Reason](l)),
		"Genders": append([]choice{{Label: l.text("correct.as_it_is")}}, choices[events.Gender](l)...),
	}
	if one.path == "referrals" {
		d["Channels"] = choices[events.Channel](l)
	} else {
		d["Mixed"], d["Whys"] = slices.ContainsFunc(mine, isMixed), whys(l)
		d["Homes"] = append([]choice{{Label: l.text("correct.as_it_is")}, {Value: string(v.Place), Label: placeName(v.Place)}}, v.otherMunicipalities()...)
	}
	name := cmp.Or(h.Label, l.text("child.unnamed")+" "+v.At("child")[:4])
	return v.show("correct", sheet{Title: l.text("correct." + one.path), Crumbs: []crumb{{v.Home("children", v.At("child")), name}}, Form: f, D: d})
}

// shownIn fills a form in with the line as it is, beside what the reader has changed in it already.
func (one line) shownIn(f *form) {
	for name, value := range one.was {
		if f.Get(name) == f.Get("was_"+name) {
			f.Set(name, value)
		}
		f.Set("was_"+name, value)
	}
}

// stale reports whether the line is neither as the form showed it nor as the form has it: somebody else corrected it since.
// Sent again, it is as the form has it.
func (one line) stale(f *form) bool {
	for name, value := range one.was {
		if value != f.Get("was_"+name) && value != f.Get(name) {
			return true
		}
	}
	return false
}

// correctLine says of a referral or a place what is otherwise than it was recorded. The line stays, struck through.
func (v *visit) correctLine() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	one, _, err := v.line()
	if err != nil {
		return err
	}
	if !v.Turned && one.stale(f) {
		one.shownIn(f)
		f.renew()
		f.wrong("", "problem.stale")
		return v.showCorrection(f)
	}
	body := map[string]any{}
	for name := range one.was {
		switch value := f.Get(name); {
		case value == f.Get("was_"+name) || value == "" && name != one.day:
		case name == "offer":
			body["programme"], body["form"] = f.offered()
		default:
			body[name] = value
		}
	}
	v.ofTheChild(f, body)
	if f.need(one.day, "reason"); len(f.Errors) == 0 && len(body) == 0 {
		f.wrong(one.day, "correct.nothing")
	}
	if len(f.Errors) > 0 {
		return v.showCorrection(f)
	}
	body["reason"] = f.Get("reason")
	r, err := v.send(f, "POST", v.in(one.path+"/"+v.At("line")+"/correct"), body)
	if err == nil {
		return v.to(v.Home("children", v.At("child")), r.Position, "corrected")
	}
	if err := f.refused(err, map[string]string{"body.programme": "offer", "body.form": "offer"}); err != nil {
		return err
	}
	return v.showCorrection(f)
}

// ofTheChild adds what is corrected of the child itself. Only a year leaves the page: no date of birth, no identity number.
func (v *visit) ofTheChild(f *form, body map[string]any) {
	if text := f.Get("birth_year"); text != "" {
		year, err := strconv.Atoi(text)
		if err != nil || year < 1900 || year > int(v.today().Year()) {
			f.wrong("birth_year", "problem.invalid_birth_year")
		}
		body["birth_year"] = year
	}
	if gender := f.Get("gender"); gender != "" {
		body["gender"] = gender
	}
}
