package api_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"rackvidd/services/access"
	"rackvidd/services/api"
)

func TestABodyThatAnOperationDoesNotReadIsRefusedAndNotDropped(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	session := h.session("2021-05-04")
	cancel := "sessions/" + session + "/cancel"
	for _, c := range []struct {
		says     string
		body     any
		location string
	}{
		{"a field", object{"reason": "other"}, "body.reason"},
		{"a field whose name may be somebody's", object{"19800101-1239": true}, "body"},
		{"a list", []int{1}, "body"},
		{"a text", "\"Bo\"", "body"},
		{"no JSON", "reason=other", "body"},
	} {
		h.post(cancel, c.body).problem(422, "unknown_field", c.location)
		h.post(cancel, c.body, "Idempotency-Key", "k").problem(422, "unknown_field", c.location)
	}
	h.ask(adminToken, http.MethodDelete, in("children/"+h.child("a")), object{"reason": "other"}).problem(422, "unknown_field", "body.reason")
	h.ask(h.token(access.Auditor, orebro), http.MethodPost, in(cancel), object{"reason": "other"}).problem(403, "forbidden", "")
	var one api.Session
	if h.get("sessions/" + session).is(200).into(&one); one.Cancelled {
		t.Error("it was cancelled all the same")
	}
	h.post(cancel, object{}, "Idempotency-Key", "k").is(200)
	h.post(cancel, " ", "Idempotency-Key", "k").is(200)
}

func TestATypeIsTheSameInAnyCaseOfLetters(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.post("children", object{"identity": "a"}, "Content-Type", "Application/JSON; Charset=UTF-8").is(200)
	h.ask(adminToken, http.MethodPost, in("imports?source=a"), twoRows, "Content-Type", "Text/CSV").is(200)
	h.post("children", object{"identity": "a"}, "Content-Type", "application/xml").problem(415, "unsupported_media_type", "")
}

func TestABodyThatIsCompressedIsSaidToBe(t *testing.T) {
	h := newHouse(t)
	for path, kind := range map[string]string{in("children"): "application/json", in("imports"): "text/csv", "/api/v1/report/answers": "text/csv"} {
		h.ask(adminToken, http.MethodPost, path, "\x1f\x8b", "Content-Type", kind, "Content-Encoding", "gzip").problem(415, "unsupported_media_type", "header.Content-Encoding")
	}
	h.post("children", object{"identity": "a"}, "Content-Encoding", "identity").is(200)
}

func TestAPageOfTheSameProgramSendsNoBody(t *testing.T) {
	h := newHouse(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, in("programmes"), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+adminToken)
	w := httptest.NewRecorder()
	if h.server.Config.Handler.ServeHTTP(w, r); w.Code != http.StatusOK {
		t.Errorf("%d: %s", w.Code, w.Body)
	}
}
