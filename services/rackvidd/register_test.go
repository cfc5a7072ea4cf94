package main

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestWithoutScriptsARegisterThatWasOpenWhenAChildOfItWasErasedIsSaved(t *testing.T) {
	t.Parallel()
	s := serve(t, dataDir(t))
	in := func(path string) string { return "municipalities/1880/" + path }
	var group, session struct {
		ID       string
		Position int
	}
	s.asks(t, "POST", in("programmes"), map[string]any{"id": "solrosen", "name": "Solrosen", "forms": []string{"support_group"}, "organiser": "municipality", "target": "mixed", "identity": "linked", "valid_from": "2021-01-01"}, nil)
	s.asks(t, "POST", in("groups"), map[string]any{"programme": "solrosen", "form": "support_group", "name": "Tisdag"}, &group)
	var members []string
	for _, identity := range []string{"b31", "b32", "b33"} {
		var child childEntered
		s.asks(t, "POST", in("children"), map[string]string{"identity": identity}, &child)
		members = append(members, child.Child)
	}
	s.asks(t, "PUT", in("groups/"+group.ID+"/members"), map[string]any{"members": members}, nil)
	s.asks(t, "POST", in("sessions"), map[string]any{"group": group.ID, "held_on": "2021-03-02"}, &session)
	rows := func() (children, states []string) {
		var register struct {
			Register []struct{ Child, State string }
		}
		s.asks(t, "GET", in("sessions/"+session.ID), nil, &register)
		for _, row := range register.Register {
			children, states = append(children, row.Child), append(states, row.State)
		}
		return children, states
	}
	children, _ := rows()
	s.asks(t, "GET", in(fmt.Sprint("programmes?min_position=", session.Position)), nil, nil) // pages show what read models have
	s.asks(t, "DELETE", in("children/"+children[0]), nil, nil)

	v := &visitor{t: t, address: s.address}
	v.session = cookie(v.send("POST", s.letIn(t, "kim", "--role", "coordinator", "--municipality", "1880", "--programme", "*"), url.Values{"password": {loginPassword}})).Value
	page := "/" + in("sessions/"+session.ID)
	send := func(path string, form url.Values) *http.Response {
		return v.send("POST", page+path, form, "Sec-Fetch-Site", "same-origin")
	}
	since := func(answered *http.Response) string {
		to, err := answered.Location()
		if err != nil {
			t.Fatal(err)
		}
		return to.Query().Get("since")
	}
	states := func() string {
		now, states := rows()
		if !slices.Equal(now, children[1:]) {
			t.Fatalf("the rows are those of %q, not of %q", now, children[1:])
		}
		return strings.Join(states, " ")
	}

	sent := url.Values{"everybody": {"yes"}, "key": {"k"}}
	for _, child := range children {
		sent.Set("was-"+child, "none")
	}
	answered := send("", sent)
	if got := states(); answered.StatusCode != http.StatusSeeOther || got != "attended attended" {
		t.Errorf("%d, they are %s", answered.StatusCode, got)
	}
	answered = send("/undo", url.Values{"since": {since(answered)}, "key": {"k"}})
	if got := states(); answered.StatusCode != http.StatusSeeOther || got != "none none" {
		t.Errorf("undone: %d, they are %s", answered.StatusCode, got)
	}

	reasons := url.Values{"other": children[:2], "key": {"r"}}
	for _, child := range children {
		reasons.Set("was-"+child, "none")
	}
	answered = send("/reasons", reasons)
	if got := states(); answered.StatusCode != http.StatusSeeOther || got != "attended none" {
		t.Errorf("there for another reason: %d, they are %s", answered.StatusCode, got)
	}
	again := url.Values{"other": {children[1], children[2]}, "was_other": {children[1]}, "was-" + children[2]: {"none"}, "key": {"s"}}
	answered = send("/reasons", again)
	if got := states(); answered.StatusCode != http.StatusSeeOther || got != "attended attended" {
		t.Errorf("the other one as well: %d, they are %s", answered.StatusCode, got)
	}

	send("", url.Values{"clear": {children[1]}, "key": {"c"}})
	send("", url.Values{"clear": {children[2]}, "key": {"d"}})
	sent.Set("key", "e")
	marked := since(send("", sent))
	if got := states(); got != "attended attended" {
		t.Errorf("marked again they are %s", got)
	}
	send("/reasons", url.Values{"was_other": {children[1]}, "key": {"g"}})
	send("/reasons", url.Values{"other": {children[1]}, "key": {"f"}})
	answered = send("/undo", url.Values{"since": {marked}, "key": {"e"}})
	if got := states(); answered.StatusCode != http.StatusSeeOther || got != "attended none" {
		t.Errorf("undone but for whom a reason was said of since: %d, they are %s", answered.StatusCode, got)
	}
}
