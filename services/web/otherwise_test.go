package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/surveying"
)

// twoYears is an API with what two forms were answered by, or one form twice.
func twoYears(then, now string) http.Handler {
	return yearAfter(now, `{"known":true,"number":42,"form":"`+then+`","definition":"groups/v1","version":1}`, then)
}

// yearAfter is an API with a survey that is compared with last year, whose first version was another than what is worked on there.
func yearAfter(now, lastYear, then string) http.Handler {
	const of = "GET municipalities/1880/surveys/"
	worked := func(answers string) string {
		return `{"year":2012,"form":"` + then + `","definition":"groups/v1","state":"amended","version":1,"answers":[` + answers + `]}`
	}
	return answersOf(http.HandlerFunc(empty), map[string]string{
		of + "2013?lang=sv": `{"year":2013,"form":"` + now + `","state":"draft","last_year":` + lastYear + `,"answers":[{"question":"Q4","status":"number","value":50,"definition":"groups/v1"},{"question":"Q5","status":"choices","choices":["police"]}],
			"checks":[{"rule":"S10","severity":"warning","heading":"Antalet","message":"Antalet är 50, förra året 42"}]}`,
		of + "2012/versions/1?lang=sv":   worked(`{"question":"Q4","status":"number","value":42,"definition":"groups/v1"},{"question":"Q5","status":"choices","choices":["school"]}`),
		of + "2012?lang=sv&only=answers": worked(`{"question":"Q4","status":"number","value":245},{"question":"Q5","status":"choices","choices":["health_care"]}`),
	})
}

func TestAPageComparesWithWhatTheChecksDoAndNeverWithWhatIsWorkedOnOfTheYearBefore(t *testing.T) {
	s := testSite(t)
	label := func(option string) string {
		form, _ := s.Forms.Named("v2")
		q, _ := form.About(surveying.Channels)
		return q.Label(events.Choice(option), surveying.Swedish)
	}
	for said, c := range map[string]struct {
		lastYear string
		here     []string
		not      []string
	}{
		"what was submitted":       {`{"known":true,"number":42,"form":"v2","definition":"groups/v1","version":1}`, []string{"Förra året: 42 (&#43;8)", "Förra året: " + label("school")}, []string{"Förra året: 245", label("health_care")}},
		"what followed from a log": {`{"known":true,"number":40,"form":"v2","definition":"groups/v1","version":0}`, []string{"Förra året: 40 (&#43;10)"}, []string{"Förra året: 245", label("school"), label("health_care")}},
		"nothing":                  {`{"known":false,"number":0,"form":"","definition":"","version":0}`, nil, []string{"Förra året", label("school")}},
	} {
		s.API = yearAfter("v2", c.lastYear, "v2")
		page := ask(s.handler(), "GET", "/municipalities/1880/surveys/2013", access.BackOffice).Body.String()
		saysAll(t, page, c.here...)
		for _, not := range c.not {
			if strings.Contains(page, not) {
				t.Errorf("beside %s the page says %q", said, not)
			}
		}
	}
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

func TestAYearThatIsOpenAgainIsComparedAsItWasSubmitted(t *testing.T) {
	s := testSite(t)
	const of = "GET municipalities/1880/surveys/"
	year := func(year, state, submitted, number string) string {
		return `{"year":` + year + `,"form":"v2","state":"` + state + `","submitted":` + submitted + `,"answers":[{"question":"Q4","status":"number","value":` + number + `}]}`
	}
	for _, state := range []string{"amended", "checked", "approved"} {
		s.API = answersOf(http.HandlerFunc(empty), map[string]string{
			of + "2013?lang=sv&only=answers": year("2013", state, `{"version":2}`, "50"), of + "2013/versions/2?lang=sv": year("2013", "submitted", "null", "42"),
			of + "2014?lang=sv&only=answers": year("2014", "draft", "null", "45"),
		})
		page := ask(s.handler(), "GET", "/municipalities/1880/surveys/compare?from=2013&to=2014", access.BackOffice).Body.String()
		saysAll(
			t, page, "<td>"+capital(surveying.Word(state, surveying.Swedish))+"</td><td>Utkast</td>",
			"<td>Version 2, som den lämnades in</td><td>Som det är nu, inte inlämnat</td>", "<td><strong>42</strong></td><td><strong>45</strong></td>",
		)
	}
}

func TestWhoeverIsToApproveOrSubmitIsToldThatAnotherNumberIsCountedToday(t *testing.T) {
	s := testSite(t)
	for _, state := range []string{"checked", "approved"} {
		s.API = answersOf(http.HandlerFunc(empty), map[string]string{
			"GET municipalities/1880/surveys/2013?lang=sv": `{"year":2013,"form":"v2","state":"` + state + `","answers":[{"question":"Q4","status":"number","value":273}],
				"since_check":{"submitted":273,"today":276,"sentence":"kontrollerat 273, i dag 276: 3 sena registreringar","items":[{"reason":"late","children":3}]}}`,
		})
		for role, can := range map[access.Role]string{
			access.BackOffice: "be den som godkänner att skicka tillbaka enkäten, eller ändra ett svar", access.Approver: "skicka tillbaka enkäten här nedanför", access.Auditor: "måste den som godkänner skicka tillbaka enkäten",
		} {
			page := ask(s.handler(), "GET", "/municipalities/1880/surveys/2013", role).Body.String()
			saysAll(t, page, "I dag räknas ett annat antal än när enkäten kontrollerades", "kontrollerat 273, i dag 276: 3 sena registreringar.", can)
		}
	}
}

func TestACommentThatIsRefusedLeavesTheAnswerBesideIt(t *testing.T) {
	s := testSite(t)
	s.API = answersOf(http.HandlerFunc(empty), map[string]string{
		"GET municipalities/1880/surveys/2013?lang=sv": `{"year":2013,"form":"v2","state":"draft","answers":[{"question":"Q5","status":"choices","choices":["police"]}]}`,
	})
	const question = "/municipalities/1880/surveys/2013/questions/Q5"
	chosen := regexp.MustCompile(`<input[^>]*value="police"[^>]*checked|<input[^>]*checked[^>]*value="police"`)
	if page := ask(s.handler(), "GET", question, access.BackOffice).Body.String(); !chosen.MatchString(page) {
		t.Fatalf("the answer is not shown: %s", page)
	}
	w := submit(s.handler(), question, access.BackOffice, url.Values{"key": {"x"}, "comment": {""}})
	if w.Code != http.StatusUnprocessableEntity || !chosen.MatchString(w.Body.String()) {
		t.Errorf("%d, and the answer is gone, which the next button saves so: %s", w.Code, w.Body)
	}
}

func TestWhatTakesACheckOrAnApprovalBackIsSaidBeforeItIsSaved(t *testing.T) {
	s := testSite(t)
	for state, loses := range map[string]string{"draft": "", "amended": "", "checked": "tas kontrollen tillbaka", "approved": "tas kontrollen och godkännandet tillbaka", "submitted": ""} {
		s.API = answersOf(http.HandlerFunc(empty), map[string]string{
			"GET municipalities/1880/surveys/2013?lang=sv": `{"year":2013,"form":"v2","state":"` + state + `","answers":[{"question":"Q5","status":"choices","choices":["police"]}],
				"checks":[{"rule":"S10","severity":"warning","heading":"Antalet","message":"Antalet är 50, förra året 42"}]}`,
		})
		for page, forms := range map[string]int{"questions/Q5": 2, "checks": 1} {
			body := ask(s.handler(), "GET", "/municipalities/1880/surveys/2013/"+page, access.BackOffice).Body.String()
			if n := strings.Count(body, "tillbaka: svaren måste"); loses == "" && n > 0 || loses != "" && (n != forms || strings.Count(body, loses) != forms) {
				t.Errorf("%s of a survey that is %s says %d times what is lost", page, state, n)
			}
			reader := ask(s.handler(), "GET", "/municipalities/1880/surveys/2013/"+page, access.Approver).Body.String()
			if strings.Contains(reader, "tillbaka: svaren måste") {
				t.Errorf("%s tells of saving to somebody who cannot", page)
			}
		}
	}
}
