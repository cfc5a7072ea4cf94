package web

import (
	"slices"
	"strconv"

	"rackvidd/events"
	"rackvidd/services/access"
)

func (s *site) programmePages() {
	s.page("GET /municipalities/{code}/programmes", access.WriteProgrammes, (*visit).programmeList)
	s.page("GET /municipalities/{code}/programmes/new", access.WriteProgrammes, func(v *visit) error {
		return v.showNewProgramme(v.newForm("organiser", "municipality", "identity", string(events.Linked), "target", string(events.SubstanceAbuse), "valid_from", v.today().String()))
	})
	s.page("POST /municipalities/{code}/programmes/new", access.WriteProgrammes, (*visit).newProgramme)
	s.page("GET /municipalities/{code}/programmes/{programme}", access.WriteProgrammes, (*visit).programme)
	s.page("POST /municipalities/{code}/programmes/{programme}", access.WriteProgrammes, (*visit).amendProgramme)
}

// MayAmend reports whether the visitor may say what a programme is.
func (v *visit) MayAmend(p events.ProgrammeID) bool {
	return v.Principal.May(access.WriteProgrammes, v.Place, p)
}

func (v *visit) coordinates(p events.ProgrammeID) bool {
	return slices.Contains(v.Principal.Programmes, p) || slices.Contains(v.Principal.Programmes, access.EveryProgramme)
}

func (v *visit) programmeList() error {
	list, err := v.programmes()
	if err != nil {
		return err
	}
	return v.show("programmes", sheet{Title: v.text().text("programmes.title"), D: list})
}

func (v *visit) showNewProgramme(f *form) error {
	return v.showProgramme(f, v.text().text("programme.new"), false)
}

// showProgramme asks what a programme is, of a new one or of one that is amended.
func (v *visit) showProgramme(f *form, title string, amends bool) error {
	l := v.text()
	return v.show("programme", sheet{Title: title, Crumbs: []crumb{{v.Home("programmes"), l.text("programmes.title")}}, Form: f, D: map[string]any{
		"Forms": choices[events.Form](l), "Organisers": choices[events.Organiser](l), "Targets": choices[events.Target](l), "Identities": choices[events.IdentityMode](l),
		"Providers": append([]choice{{Label: l.text("programme.provider_here")}}, v.otherMunicipalities()...), "Amends": amends,
	}})
}

func (v *visit) newProgramme() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	body := f.programme()
	if len(f.Errors) > 0 {
		return v.showNewProgramme(f)
	}
	r, err := v.send(f, "POST", v.in("programmes"), body)
	if err != nil {
		if err := f.refused(err, map[string]string{"body.programme": "name", "body.id": "name"}); err != nil {
			return err
		}
		return v.showNewProgramme(f)
	}
	return v.to(v.Home("programmes"), r.Position, "programme")
}

// programme is what the form says of a programme, as the API takes it.
func (f *form) programme() map[string]any {
	if f.need("name", "valid_from"); len(f.Values["forms"]) == 0 {
		f.wrong("forms", "form.choose")
	}
	body := map[string]any{"forms": f.Values["forms"]}
	for _, name := range []string{"name", "organiser", "target", "identity", "valid_from", "provider_municipality", "district"} {
		if value := f.Get(name); value != "" {
			body[name] = value
		}
	}
	return body
}

// programmeNow is a programme with what lists of them leave out.
type programmeNow struct {
	programme
	Provider events.Municipality `json:"provider_municipality"`
	District events.District     `json:"district"`
	Version  uint64              `json:"version"`
}

// programmeNow reads the programme of the page's address. What the visitor may not amend has no page.
func (v *visit) programmeNow() (p programmeNow, err error) {
	if !v.MayAmend(events.ProgrammeID(v.At("programme"))) {
		return p, errNothingHere
	}
	return p, v.see(&p, v.in("programmes/"+v.At("programme")))
}

func (v *visit) programme() error {
	p, err := v.programmeNow()
	if err != nil {
		return err
	}
	f := v.newForm("version", strconv.Quote(strconv.FormatUint(p.Version, 10)), "name", p.Name, "organiser", string(p.Organiser), "target", string(p.Target),
		"identity", string(p.Identity), "valid_from", p.ValidFrom.String(), "provider_municipality", string(p.Provider), "district", string(p.District))
	for _, form := range p.Forms {
		f.Add("forms", string(form))
	}
	return v.showProgramme(f, p.Name, true)
}

// amendProgramme restates the programme as the form has it. What was recorded under it stays.
func (v *visit) amendProgramme() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	p, err := v.programmeNow()
	if err != nil {
		return err
	}
	body := f.programme()
	if len(f.Errors) > 0 {
		return v.showProgramme(f, p.Name, true)
	}
	r, err := v.send(f, "PUT", v.in("programmes/"+v.At("programme")), body)
	if err != nil {
		if err := f.refused(err, map[string]string{"body.id": "name"}); err != nil {
			return err
		}
		return v.showProgramme(f, p.Name, true)
	}
	return v.to(v.Home("programmes"), r.Position, "programme_amended")
}
