package web

import (
	"net/url"
	"strings"
	"testing"

	"rackvidd/services/access"
)

func TestOnlyWhereAChildHadSeveralFormsOfSupportThePageSaysSo(t *testing.T) {
	s := testSite(t)
	page := func(sum string) string {
		s.API = answers(map[string]string{"GET municipalities/1880/reach?definition=reach%2Fv3&year=2024": `{"children":4,"sum_over_forms":` + sum + `,"by_form":[{"form":"camp","children":4,"attendances":9}]}`})
		return ask(s.handler(), "GET", "/municipalities/1880/reach?year=2024", access.BackOffice).Body.String()
	}
	saysAll(t, page("5"), "Tillsammans blir det 5, men det är 4 olika barn")
	alone := page("4")
	saysAll(t, alone, "Inget barn deltog i mer än en.")
	if strings.Contains(alone, "Tillsammans blir det 4, men") {
		t.Error("children of one form each are said to be in several")
	}
}

func TestAYearOfWhichNothingIsRecordedIsNotToldAsOneInWhichNobodyCame(t *testing.T) {
	s := testSite(t)
	page := func(definition, figures string) string {
		query := "?" + url.Values{"definition": {definition}, "year": {"2019"}}.Encode()
		s.API = answers(map[string]string{"GET municipalities/1880/reach" + query: `{"definition":"` + definition + `","children":0` + figures + `}`})
		return ask(s.handler(), "GET", "/municipalities/1880/reach"+query, access.BackOffice).Body.String()
	}
	const unknown = "Gavs stöd då saknas uppgifterna"
	saysAll(t, page("reach/v3", ""), "Om 2019 är inget deltagande", unknown)
	if strings.Contains(page("reach/v3", `,"referrals":{"received":1,"children":1}`), unknown) {
		t.Error("a year with a referral is said to be one of which nothing is recorded")
	}
	for _, narrower := range []string{"groups/v1", "enrolled/v1"} { // a camp may have been held
		if strings.Contains(page(narrower, ""), unknown) {
			t.Errorf("a year of which %s counts nothing is said to be one of which nothing is recorded", narrower)
		}
	}
}
