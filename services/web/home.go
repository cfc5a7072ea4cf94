package web

import (
	"net/http"

	"rackvidd/events"
	"rackvidd/services/access"
)

func (s *site) homePage() {
	s.mux.HandleFunc("GET /{$}", s.open((*visit).home))
	s.mux.HandleFunc("GET /municipalities/{code}/start", s.open((*visit).startHere))
}

// startHere leads to the first page of a municipality.
func (v *visit) startHere() error {
	m, err := events.ParseMunicipality(v.At("code"))
	switch {
	case !v.SignedIn():
		return access.ErrUnauthenticated
	case err != nil || !v.Principal.In(m):
		return errNothingHere
	}
	v.Place = m
	return v.lead(v.start())
}

// home leads to what the visitor does most, or lets a role or a municipality be chosen where there are several.
func (v *visit) home() error {
	if !v.SignedIn() {
		return access.ErrUnauthenticated
	}
	if v.Several() && v.Principal.Working == "" {
		return v.lead("/roles")
	}
	places := v.Principal.Municipalities
	if !v.Principal.Everywhere && len(places) == 1 {
		v.Place = places[0]
		return v.lead(v.start())
	}
	var list []events.MunicipalityInfo
	for _, m := range events.Municipalities() {
		if v.Principal.In(m.Code) {
			list = append(list, m)
		}
	}
	if len(list) == 0 || !v.worksInMunicipalities() {
		return v.lead(v.start())
	}
	return v.show("home", sheet{Title: v.text().text("home.title"), D: list})
}

func (v *visit) lead(to string) error {
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
	return nil
}

// worksInMunicipalities reports whether there is a page of a municipality for the visitor.
func (v *visit) worksInMunicipalities() bool {
	for _, p := range []access.Permission{access.ReadCaseload, access.ReadSurvey, access.ReadLog, access.WriteProgrammes, access.DiscloseChildren} {
		if v.Principal.Can(p) {
			return true
		}
	}
	return false
}

// start is the first page of the menu.
func (v *visit) start() string {
	if menu := v.Menu(); len(menu) > 0 {
		return menu[0].Path
	}
	return "/tillganglighet"
}
