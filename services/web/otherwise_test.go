package web

import (
	"net/http"
	"strings"
	"testing"

	"rackvidd/services/access"
)

// twoYears is an API with what two forms were answered by, or one form twice.
func twoYears(then, now string) http.Handler {
	const of = "GET municipalities/1880/surveys/"
	return answersOf(http.HandlerFunc(empty), map[string]string{
		of + "2013?lang=sv":              `{"year":2013,"form":"` + now + `","state":"draft","answers":[{"question":"Q4","status":"number","value":50}]}`,
		of + "2012?lang=sv&only=answers": `{"year":2012,"form":"` + then + `","state":"draft","answers":[{"question":"Q4","status":"number","value":42}]}`,
	})
}

func TestAQuestionThatAnotherFormAskedOtherwiseSaysSoAndIsNotSubtracted(t *testing.T) {
	s := testSite(t)
	for _, page := range []string{"/municipalities/1880/surveys/2013", "/municipalities/1880/surveys/2013/questions/Q4"} {
		s.API = twoYears("v1", "v2")
		body := ask(s.handler(), "GET", page, access.BackOffice).Body.String()
		saysAll(t, body, "Förra året: 42", "Frågan ändrades 2013: formulär v2", "formuläret för 2012 (v1)")
		if strings.Contains(body, "(&#43;8)") {
			t.Errorf("%s subtracts what was asked otherwise", page)
		}
		s.API = twoYears("v2", "v2")
		body = ask(s.handler(), "GET", page, access.BackOffice).Body.String()
		saysAll(t, body, "Förra året: 42 (&#43;8)")
		if strings.Contains(body, "Frågan ändrades") {
			t.Errorf("%s says that the same question changed", page)
		}
	}
}

func TestAQuestionThatStandsTheSameInBothFormsIsNotSaidToHaveChanged(t *testing.T) {
	s := testSite(t)
	s.API = twoYears("v1", "v2")
	body := ask(s.handler(), "GET", "/municipalities/1880/surveys/2013/questions/Q6", access.BackOffice).Body.String()
	if strings.Contains(body, "Frågan ändrades") {
		t.Error("what helps most was asked in the same words, and is said to have changed")
	}
}

func TestYearsBesideEachOtherNameTheFormOfEach(t *testing.T) {
	s := testSite(t)
	s.API = answersOf(twoYears("v1", "v2"), map[string]string{"GET municipalities/1880/surveys/2013?lang=sv&only=answers": `{"year":2013,"form":"v2","state":"draft","answers":[]}`})
	saysAll(t, ask(s.handler(), "GET", "/municipalities/1880/surveys/compare?from=2012&to=2013", access.BackOffice).Body.String(), `<th scope="row">Formulär</th><td>v1</td><td>v2</td>`)
}
