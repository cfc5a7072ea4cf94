package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestATextWithAControlCharacterOrBrokenEncodingIsRefusedAtItsField(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	child := h.child("a")
	answer := func(text string) string {
		return `{"answers":[{"question":"Q7","status":"text","text":"` + text + `"}]}`
	}
	json := []string{"Content-Type", "application/json"}
	for _, c := range []struct {
		method, path, body, location string
	}{
		{"POST", "surveys/2021/answer", answer(`a\u0000`), "body.answers[0].text"},
		{"POST", "surveys/2021/answer", answer(`\u001b[31mred`), "body.answers[0].text"},
		{"POST", "surveys/2021/answer", answer(`\u0085`), "body.answers[0].text"},
		{"POST", "surveys/2021/answer", answer("r\xe4dda"), "body.answers[0].text"},
		{"POST", "surveys/2021/answer", answer(`\ud800`), "body.answers[0].text"},
		{"POST", "surveys/2021/answer", `{"answers":[{"question":"Q4","status":"number","value":5,"reason":"a\u0000"}]}`, "body.answers[0].reason"},
		{"POST", "surveys/2021/answer", `{"comments":[{"rule":"S04","comment":"a\u0000"}]}`, "body.comments[0].comment"},
		{"POST", "surveys/2021/answer", `{"restore":["Q4\u0000"]}`, "body.restore[0]"},
		{"POST", "surveys/2021/return", `{"reason":"a\u0000"}`, "body.reason"},
		{"POST", "surveys/2021/amend", `{"reason":"a\u0000"}`, "body.reason"},
		{"POST", "programmes", `{"name":"a\u0000","forms":["camp"]}`, "body.name"},
		{"POST", "children", `{"identity":"b","label":"Bo\u0000"}`, "body.label"},
		{"POST", "children", "{\"identity\":\"r\xe4v\"}", "body.identity"},
		{"PUT", "children/" + child + "/label", `{"label":"Bo\u0007"}`, "body.label"},
		{"POST", "accounts", `{"name":"Kim\u0000"}`, "body.name"},
	} {
		path := in(c.path)
		if c.path == "accounts" {
			path = "/api/v1/accounts"
		}
		r := h.ask(adminToken, c.method, path, c.body, json...)
		r.problem(http.StatusUnprocessableEntity, "invalid", c.location)
		if !strings.Contains(r.text, "control character") && !strings.Contains(r.text, "UTF-8") {
			t.Errorf("%s: it does not say what is wrong: %s", r.what, r.text)
		}
	}
	h.ask(adminToken, "POST", in("imports?source=a%00"), twoRows).problem(http.StatusUnprocessableEntity, "invalid", "query.source")
	h.ask(adminToken, "POST", in("imports?source=%e4"), twoRows).problem(http.StatusUnprocessableEntity, "invalid", "query.source")
}

func TestATextMayHaveLinesTabsAndEveryLanguagesLetters(t *testing.T) {
	h := newHouse(t)
	const text = "Å, \"ä\" & ö\r\n\tنعم 👩‍👧 – ja"
	h.post("surveys/2021/answer", object{"answers": []object{{"question": "Q7", "status": "text", "text": text}}}).is(200)
	var sheet struct {
		Answers []struct{ Question, Text string }
	}
	h.get("surveys/2021").is(200).into(&sheet)
	i := slices.IndexFunc(sheet.Answers, func(a struct{ Question, Text string }) bool { return a.Question == "Q7" })
	if i < 0 || sheet.Answers[i].Text != text {
		t.Errorf("%q is not among %q", text, sheet.Answers)
	}
	h.post("children", object{"identity": "räven 7", "label": "Åsa-Märta O’Neil"}).is(200)
	h.post("programmes", object{"name": " Trädet & Gläntan ", "forms": []string{"camp"}}).is(201)
}
