package web

import (
	"slices"

	"rackvidd/events"
	"rackvidd/services/access"
)

func (s *site) programmePages() {
	s.page("GET /municipalities/{code}/programmes", access.WriteProgrammes, (*visit).programmeList)
	s.page("GET /municipalities/{code}/programmes/new", access.WriteProgrammes, func(v *visit) error {
		return v.showNewProgramme(v.newForm("organiser", "municipality", "identity", string(events.Linked), "target", string(events.SubstanceAbuse), "valid_from", v.today().String()))
	})
	s.page("POST /municipalities/{code}/programmes/new", access.WriteProgrammes, (*visit).newProgramme)
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
	l := v.text()
	return v.show("programme_new", sheet{Title: l.text("programme.new"), Crumbs: []crumb{{v.Home("programmes"), l.text("programmes.title")}}, Form: f, D: map[string][]choice{
		"Forms": choices[events.Form](l), "Organisers": choices[events.Organiser](l), "Targets": choices[events.Target](l), "Identities": choices[events.IdentityMode](l),
	}})
}

func (v *visit) newProgramme() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	if f.need("name", "valid_from"); len(f.Values["forms"]) == 0 {
		f.wrong("forms", "form.choose")
	}
	if len(f.Errors) > 0 {
		return v.showNewProgramme(f)
	}
	body := map[string]any{
		"name": f.Get("name"), "forms": f.Values["forms"], "organiser": f.Get("organiser"), "target": f.Get("target"), "identity": f.Get("identity"), "valid_from": f.Get("valid_from"),
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
