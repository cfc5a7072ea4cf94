package web

import (
	"fmt"
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

func TestAYearInWhichNobodyWasIdentifiedIsToldWithTheNumberThatTheSurveyHas(t *testing.T) {
	s := testSite(t)
	const year, then = "municipalities/1880/reach?definition=reach%2Fv3&year=2024", "municipalities/1880/reach?definition=reach%2Fv3&position=4&year=2024"
	figures := func(children, lower, upper, unidentified int) string {
		return fmt.Sprintf(`{"children":%d,"bounds":{"lower":%d,"upper":%d},"unidentified_attendances":%d,"position":9}`, children, lower, upper, unidentified)
	}
	page := func(now, before, query string) string {
		s.API = answers(map[string]string{"GET " + year: now, "GET " + then: before})
		return ask(s.handler(), "GET", "/municipalities/1880/reach?year=2024"+query, access.BackOffice).Body.String()
	}
	saysAll(t, page(figures(0, 8, 8, 8), "", ""), `<p class="big">8</p>`, "0 barn identifierades.", "8 deltaganden gällde barn som ingen identifierade, alla vid samma träff.")
	saysAll(t, page(figures(2, 8, 13, 11), "", ""), `<p class="big">8–13</p>`, "2 barn identifierades.", "Mellan 8 och 13, eftersom 11 deltaganden")
	earlier := page(figures(0, 8, 11, 11), figures(0, 3, 3, 3), "&position=4")
	saysAll(t, earlier, `<p class="big">3</p>`, "I dag är talet 8–11.", "en skillnad på &#43;5.")
	saysAll(t, page(figures(0, 8, 11, 11), figures(0, 8, 8, 8), "&position=4"), "I dag är talet 8–11.")
	if one := page(figures(8, 8, 8, 0), "", ""); strings.Contains(one, "identifiera") {
		t.Error("of children who were all identified it is said how many were")
	}
}

func TestYearsBesideEachOtherSayHowManyWereIdentified(t *testing.T) {
	s := testSite(t)
	s.API = answers(map[string]string{"GET municipalities/1880/surveys/2024/years": `{"years":[
		{"year":2023,"definition":"reach/v3","known":true,"children":0,"lower":8,"upper":8},
		{"year":2024,"definition":"reach/v3","known":true,"children":3,"lower":3,"upper":3}]}`})
	page := ask(s.handler(), "GET", "/municipalities/1880/surveys/compare?to=2024", access.BackOffice).Body.String()
	saysAll(t, page, `>8<br><span class="quiet">0 identifierade barn, 8 deltaganden av oidentifierade</span></td>`, `<td class="n">3</td>`)
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
