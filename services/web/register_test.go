package web

import (
	"strings"
	"testing"

	"rackvidd/services/access"
)

func TestASessionCanBeCancelledWhenNobodyWasThere(t *testing.T) {
	const session = "aaaaaaaaaaaaaaaaaaaaaaaaaa"
	for rest, offered := range map[string]bool{
		`"has_register":false`: true,
		`"has_register":true,"register":[{"child":"` + session + `","state":"none"}]`:     true,
		`"has_register":true,"register":[{"child":"` + session + `","state":"absent"}]`:   true,
		`"has_register":true,"register":[{"child":"` + session + `","state":"attended"}]`: false,
		`"has_register":true,"unidentified":2`:                                            false,
		`"has_register":true,"adults":1`:                                                  false,
		`"has_register":true,"cancelled":true`:                                            false,
	} {
		s := testSite(t)
		s.API = answers(map[string]string{"GET municipalities/1880/sessions/" + session: `{"id":"` + session + `","programme":"sputnik","form":"support_group","held_on":"2025-03-04",` + rest + `}`})
		page := ask(s.handler(), "GET", "/municipalities/1880/sessions/"+session, access.Coordinator).Body.String()
		_, form, there := strings.Cut(page, `<details id="cancelling"`)
		tag, _, _ := strings.Cut(form, ">")
		if there = there && !strings.Contains(tag, "hidden"); there != offered {
			t.Errorf("%s: cancelling is offered: %t", rest, there)
		}
	}
}

func TestARowSaysWhereAChildLivesWhenThatIsElsewhere(t *testing.T) {
	for home, said := range map[string]bool{"": false, "1880": false, "1881": true} {
		s := testSite(t)
		s.API = answers(map[string]string{"GET municipalities/1880/sessions/" + evening: `{"id":"` + evening + `","programme":"sputnik","form":"support_group","held_on":"2025-03-04","register":[{"child":"` + walker + `","state":"attended","home_municipality":"` + home + `"}]}`})
		if page := ask(s.handler(), "GET", "/municipalities/1880/sessions/"+evening, access.Coordinator).Body.String(); strings.Contains(page, "bor i Kumla") != said || strings.Contains(page, "bor i Örebro") {
			t.Errorf("of a child in %q it is said where it lives", home)
		}
	}
}

func TestTheSessionOfAnotherMunicipalityIsShownAndNothingOfItCanBeChanged(t *testing.T) {
	s := testSite(t)
	s.API = answers(map[string]string{"GET municipalities/1880/sessions/" + evening: `{"id":"` + evening + `","programme":"1881/sputnik","form":"support_group","held_on":"2025-03-04","provider_municipality":"1881","register":[{"child":"` + walker + `","state":"attended"}]}`})
	page := ask(s.handler(), "GET", "/municipalities/1880/sessions/"+evening, access.Coordinator).Body.String()
	saysAll(t, page, "Kumla höll träffen och säger vilka som var där.", `<ul class="rows">`)
	if _, own, _ := strings.Cut(page, "<h1>"); strings.Contains(own, `action="/municipalities/1880/sessions/`) {
		t.Error("something of it can be sent")
	}
}
