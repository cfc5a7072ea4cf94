package api_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"rackvidd/services/api"
)

func TestAFieldThatIsThereTwiceIsRefusedForTheOneIsCheckedAndTheOtherUsed(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	child, session := h.child("a"), "sessions/"+h.session("2021-03-02")
	for _, c := range []struct{ method, path, body, location string }{
		{"PUT", session + "/counts", `{"adults":3,"ADULTS":99999999}`, "body.ADULTS"},
		{"PUT", session + "/counts", `{"ADULTS":99999999,"adults":3}`, "body.adults"},
		{"PUT", session + "/counts", `{"adults":3,"adults":4}`, "body.adults"},
		{"POST", "referrals", `{"child":"` + child + `","channel":"school","CHANNEL":"Bo the boy","received_on":"2021-01-10"}`, "body.CHANNEL"},
		{"POST", "surveys/2021/answer", `{"answers":[{"question":"Q4","status":"number"},{"question":"Q4","status":"number","value":1,"Value":99999999}]}`, "body.answers[1].Value"},
		{"POST", "surveys/2021/answer", `{"answers":[{"question":"Q4","status":"number","value":99999999}],"answers":[{"question":"Q4","status":"number"}]}`, "body.answers"},
		{"PUT", session + "/counts", `{"adults":3,"201203042393":1,"201203042393":2}`, "body"},
	} {
		r := h.ask(adminToken, c.method, in(c.path), json.RawMessage(c.body))
		r.problem(400, "invalid_request", c.location)
		if strings.Contains(r.text, "201203042393") {
			t.Errorf("%s: it repeats what was sent: %s", r.what, r.text)
		}
	}
	var one api.Session
	if h.get(session).is(200).into(&one); one.Adults != 0 {
		t.Errorf("%d adults were counted all the same", one.Adults)
	}
	h.put(session+"/register", json.RawMessage(`{"attended":["`+child+`"],"homes":[{"child":"`+child+`","home_municipality":"1881"}]}`)).is(200)
	h.put(session+"/counts", json.RawMessage(`{"Adults":3}`)).is(200)
}

func TestAParameterThatIsThereTwiceOrCannotBeReadIsRefusedAndNotPassedOver(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	for query, location := range map[string]string{
		"year=2021&year=2022":                                "query.year",
		"year=2021&definition=reach/v3&definition=groups/v1": "query.definition",
		"year=2021&min_position=1&min_position=99":           "query.min_position",
		"year=2021&definition=groups%":                       "query",
		"year=2021;definition=groups/v1":                     "query",
	} {
		h.get("reach?"+query).problem(422, map[bool]string{true: "invalid", false: "sent_twice"}[location == "query"], location)
	}
	h.get("reach?year=2021&need=10&need=20").is(200)
	for _, unsaid := range []string{"dry_run=", "dry_run"} {
		h.post("imports?"+unsaid, "record_id,type,occurred_on,child,programme,form\n1,session_attended,2021-03-02,a,sputnik,camp\n").problem(422, "empty", "query.dry_run")
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.server.URL+in("children"), strings.NewReader(`{"identity":"a"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"Authorization": {"Bearer " + adminToken}, "Content-Type": {"application/json"}, "Idempotency-Key": {"one", "two"}}
	answered, err := h.server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if answered.Body.Close(); answered.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a write with two keys is answered %d", answered.StatusCode)
	}
}

func TestARequestOfWhichAPartIsMissingIsToBeSentAgain(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct{ says, headers, body string }{
		{"a length and less", "Content-Length: 50", `{"identity":`},
		{"a piece and less", "Transfer-Encoding: chunked", "c\r\n{\"identity\":"},
		{"no piece", "Transfer-Encoding: chunked", "no number\r\n"},
	} {
		conn, err := net.Dial("tcp", h.server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n%s\r\n\r\n%s", in("children"), adminToken, c.headers, c.body)
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		answered, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer answered.Body.Close()
		var p api.Problem
		if err := json.NewDecoder(answered.Body).Decode(&p); err != nil || p.Status != 400 || p.Type != "urn:rackvidd:problem:cut_short" {
			t.Errorf("%s: %+v, %v", c.says, p, err)
		}
	}
}
