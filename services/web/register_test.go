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
