package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/api"
)

// token returns one of a new account with a role in a municipality and programmes.
func (h *house) token(role access.Role, m events.Municipality, programmes ...events.ProgrammeID) string {
	h.t.Helper()
	account, err := h.access.AddAccount(h.t.Context(), events.NewID(), "somebody")
	if err != nil {
		h.t.Fatal(err)
	}
	return h.granted(access.Grant{Account: account.ID, Roles: []access.Role{role}, Municipalities: []events.Municipality{m}, Programmes: programmes})
}

// granted returns a token that is made for what is granted.
func (h *house) granted(g access.Grant) string {
	h.t.Helper()
	_, secret, err := h.access.AddToken(h.t.Context(), g)
	if err != nil {
		h.t.Fatal(err)
	}
	return secret
}

// everything returns an account that has every role everywhere.
func (h *house) everything() events.ID {
	h.t.Helper()
	roles := append(access.Roles(), access.Administrator)
	account, _, _, err := h.access.AddUser(h.t.Context(), events.NewID(), "everybody", access.Login{Name: "everybody", Roles: roles, Everywhere: true, Programmes: []events.ProgrammeID{access.EveryProgramme}})
	if err != nil {
		h.t.Fatal(err)
	}
	return account.ID
}

// operation is one of the contract.
type operation struct {
	method, path string
	permission   access.Permission
	id           string
}

func (h *house) operations() (list []operation) {
	h.t.Helper()
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string            `json:"operationId"`
			Permission  access.Permission `json:"x-permission"`
		}
	}
	h.ask("", "GET", "/api/v1/openapi.json", nil).is(200).into(&doc)
	for path, methods := range doc.Paths {
		for method, op := range methods {
			list = append(list, operation{strings.ToUpper(method), path, op.Permission, op.OperationID})
		}
	}
	return list
}

var parameter = regexp.MustCompile(`\{[a-z]+\}`)

// concrete fills the path's parameters in.
func concrete(path string, m events.Municipality) string {
	path = strings.Replace(path, "{code}", string(m), 1)
	path = strings.Replace(path, "{year}", "2021", 1)
	path = strings.Replace(path, "{name}", "reach", 1)
	return parameter.ReplaceAllString(path, "aaaaaaaaaaaaaaaaaaaaaaaaaa")
}

func TestEveryRouteForEveryRoleInTheOwnAndInAForeignMunicipality(t *testing.T) {
	h := newHouse(t)
	type holder struct {
		role   access.Role // "": the token is none
		secret string
	}
	everything := h.everything()
	grant := access.Grant{Account: everything, Roles: access.Roles(), Everywhere: true, Programmes: []events.ProgrammeID{access.EveryProgramme}, Expires: now.Add(time.Hour)}
	holders := []holder{{"", "rv_unknown"}, {"", h.granted(grant)}} // the second has expired when it is used
	for _, role := range access.Roles() {
		narrow := access.Grant{Account: everything, Roles: []access.Role{role}, Municipalities: []events.Municipality{orebro}, Programmes: []events.ProgrammeID{"sputnik"}}
		holders = append(holders, holder{role, h.granted(narrow)})
	}
	h.moment.Store(now.Add(time.Hour).UnixMilli())
	operations := h.operations()
	if len(operations) < 40 {
		t.Fatalf("only %d operations", len(operations))
	}
	for _, op := range operations {
		if op.permission == "" {
			t.Errorf("%s %s takes no permission", op.method, op.path)
		}
		for _, one := range holders {
			for _, m := range []events.Municipality{orebro, kumla, "9999"} {
				got := outcome(h.ask(one.secret, op.method, concrete(op.path, m), nil))
				if want := expected(op, one.role, m); got != want {
					t.Errorf("%s %s for %q in %s: %s, not %s", op.method, op.path, one.role, m, got, want)
				}
			}
		}
	}
}

// expected follows from the policy table alone.
func expected(op operation, role access.Role, m events.Municipality) string {
	permitted := access.Permits(role, op.permission)
	switch {
	case role == "":
		return "unauthenticated"
	case strings.Contains(op.path, "{code}") && m != orebro:
		return "unknown_municipality"
	case !permitted || op.id == "import" && role == access.Coordinator: // a file holds many programmes
		return "forbidden"
	}
	return "let in"
}

func outcome(r reply) string {
	var p api.Problem
	if r.status < 400 || json.Unmarshal([]byte(r.text), &p) != nil {
		return "let in"
	}
	switch code := strings.TrimPrefix(p.Type, "urn:rackvidd:problem:"); code {
	case "unauthenticated", "forbidden", "unknown_municipality":
		return code
	}
	return "let in"
}

var uuids = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// withoutUUIDs leaves out what is another each time, and may have any four digits in it.
func withoutUUIDs(text string) string { return uuids.ReplaceAllString(text, "") }

func TestAForeignMunicipalityIsAnsweredAsOneThatDoesNotExist(t *testing.T) {
	h := newHouse(t)
	token := h.token(access.Coordinator, orebro, "*")
	ask := func(code string) (int, string) {
		r := h.ask(token, "GET", "/api/v1/municipalities/"+code+"/programmes", nil)
		return r.status, withoutUUIDs(r.text)
	}
	foreign, text := ask("1881")
	for _, code := range []string{"9999", "188", "Kumla", "national"} {
		if status, other := ask(code); status != foreign || status != 404 || other != text {
			t.Errorf("%s is answered %d %s, a foreign one %d %s", code, status, other, foreign, text)
		}
	}
}

func TestACoordinatorWorksWithOwnProgrammesAlone(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.post("programmes", object{"id": "lanterna", "forms": []string{"camp"}}).is(201)
	child := h.child("a")
	theirs := h.post("enrolments", object{"child": child, "programme": "lanterna", "form": "camp", "enrolled_on": "2021-01-01"}).is(201).receipt().ID
	group := h.post("groups", object{"programme": "lanterna", "form": "camp", "name": "Sommar"}).is(201).receipt().ID
	session := h.post("sessions", object{"programme": "lanterna", "form": "camp", "held_on": "2021-05-04"}).is(201).receipt()
	mine := h.token(access.Coordinator, orebro, "sputnik")
	ask := func(method, path string, body any) reply { return h.ask(mine, method, in(path), body) }

	ask("POST", "enrolments", object{"child": child, "programme": "lanterna", "form": "camp", "enrolled_on": "2021-01-01"}).problem(403, "forbidden", "")
	ask("POST", "sessions", object{"programme": "lanterna", "form": "camp", "held_on": "2021-05-04"}).problem(403, "forbidden", "")
	ask("POST", "groups", object{"programme": "lanterna", "form": "camp", "name": "x"}).problem(403, "forbidden", "")
	ask("POST", "programmes", object{"id": "new", "forms": []string{"camp"}}).problem(403, "forbidden", "")
	ask("PUT", "programmes/lanterna", object{"forms": []string{"camp"}}).problem(404, "unknown_programme", "")
	ask("POST", "enrolments/"+theirs+"/end", object{"reason": "moved", "ended_on": "2021-02-01"}).problem(404, "unknown_enrolment", "")
	ask("GET", "groups/"+group, nil).problem(404, "unknown_group", "")
	ask("GET", "sessions/"+session.ID, nil).problem(404, "unknown_session", "")
	ask("PUT", "sessions/"+session.ID+"/register", object{"attended": []string{child}}).problem(404, "unknown_session", "")
	ask("GET", "cases/"+child, nil).problem(404, "unknown_child", "")
	ask("PUT", "children/"+child+"/label", object{"label": "Bo"}).problem(404, "unknown_child", "")
	ask("POST", "imports", "record_id;type\n").problem(403, "forbidden", "")

	var groups api.Groups
	ask("GET", "groups?min_position="+position(session.Position), nil).is(200).into(&groups)
	var sessions api.Sessions
	ask("GET", "sessions?min_position="+position(session.Position), nil).is(200).into(&sessions)
	if len(groups.Groups)+len(sessions.Sessions) != 0 {
		t.Errorf("lists show another programme: %+v %+v", groups, sessions)
	}
	own := ask("POST", "sessions", object{"programme": "sputnik", "form": "camp", "held_on": "2021-05-04"}).is(201).receipt()
	ask("POST", "children", object{"identity": "a"}).is(200)
	ask("PUT", "sessions/"+own.ID+"/register", object{"attended": []string{child}}).is(200)
	at := ask("POST", "referrals", object{"child": child, "channel": "self", "received_on": "2021-01-10"}).is(201).receipt().Position
	var one api.Case
	ask("GET", "cases/"+child+"?min_position="+position(at), nil).is(200).into(&one)
	if len(one.Enrolments) != 0 || len(one.Referrals) != 1 || len(one.Sessions) != 1 {
		t.Errorf("the history shows another programme, or not the own one: %+v", one)
	}
	nobody := h.token(access.Coordinator, orebro)
	h.ask(nobody, "GET", in("sessions"), nil).problem(403, "forbidden", "")
}

// TestAHandleAloneNamesNoChildOfOthers has a coordinator who knows a handle from elsewhere name it wherever a child can be named.
func TestAHandleAloneNamesNoChildOfOthers(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.post("programmes", object{"id": "lanterna", "forms": []string{"camp"}}).is(201)
	theirs, entered := h.child("a"), h.child("b")
	h.post("enrolments", object{"child": theirs, "programme": "lanterna", "form": "camp", "enrolled_on": "2021-01-01"}).is(201)
	mine, colleague := h.token(access.Coordinator, orebro, "sputnik"), h.token(access.Coordinator, orebro, "sputnik")
	ask := func(method, path string, body any) reply { return h.ask(mine, method, in(path), body) }
	group := ask("POST", "groups", object{"programme": "sputnik", "form": "camp", "name": "Sommar"}).is(201).receipt().ID
	session := ask("POST", "sessions", object{"programme": "sputnik", "form": "camp", "held_on": "2021-05-04"}).is(201).receipt().ID
	ways := func(child string, each func(method, path string, body object, status int)) {
		each("PUT", "groups/"+group+"/members", object{"members": []string{child}}, 200)
		each("PUT", "sessions/"+session+"/register/"+child, object{"state": "attended"}, 200)
		each("PUT", "sessions/"+session+"/register", object{"attended": []string{child}}, 200)
		each("POST", "referrals", object{"child": child, "channel": "self", "received_on": "2021-01-10"}, 201)
		each("POST", "enrolments", object{"child": child, "programme": "sputnik", "form": "camp", "enrolled_on": "2021-01-01"}, 201)
	}
	none := theirs[:len(theirs)-2] + "aa"
	for _, child := range []string{theirs, entered} {
		ways(child, func(method, path string, body object, _ int) {
			refused := ask(method, path, body)
			refused.problem(422, "unknown_child", "")
			ways(none, func(_, other string, named object, _ int) {
				if strings.ReplaceAll(other, none, child) != path {
					return
				}
				if answer := ask(method, other, named); answer.status != refused.status || withoutUUIDs(answer.text) != withoutUUIDs(refused.text) {
					t.Errorf("%s %s is answered %s, and of no child %s", method, path, refused.text, answer.text)
				}
			})
		})
	}
	if is := ask("POST", "children", object{"identity": "a"}).is(200).receipt().Child; is != theirs {
		t.Fatalf("the child is %s, and was %s", is, theirs)
	}
	ways(theirs, func(method, path string, body object, status int) { ask(method, path, body).is(status) })
	another := h.ask(colleague, "POST", in("sessions"), object{"programme": "sputnik", "form": "camp", "held_on": "2021-05-05"}).is(201).receipt().ID
	h.ask(colleague, "PUT", in("sessions/"+another+"/register/"+theirs), object{"state": "attended"}).is(200) // who works with it by now
	h.ask(colleague, "PUT", in("sessions/"+another+"/register/"+entered), object{"state": "attended"}).problem(422, "unknown_child", "")
}

func TestAnotherProgrammesGroupAndMergeAreAnsweredAsNone(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.post("programmes", object{"id": "lanterna", "forms": []string{"camp"}}).is(201)
	group := h.post("groups", object{"programme": "lanterna", "form": "camp", "name": "Sommar"}).is(201).receipt().ID
	keep, merged := h.child("a"), h.child("b")
	for _, child := range []string{keep, merged} {
		h.post("enrolments", object{"child": child, "programme": "lanterna", "form": "camp", "enrolled_on": "2021-01-01"}).is(201)
	}
	merge := h.post("merges", object{"keep": keep, "merge": merged}).is(201).receipt().ID
	mine := h.token(access.Coordinator, orebro, "sputnik")
	answered := func(path, id string, body object) string {
		r := h.ask(mine, "POST", in(strings.ReplaceAll(path, "ID", id)), body)
		return fmt.Sprint(r.status, strings.ReplaceAll(withoutUUIDs(r.text), id, "ID"))
	}
	of := func(id string, more object) object {
		body := object{"held_on": "2021-05-04", "group": id}
		maps.Copy(body, more)
		return body
	}
	for _, more := range []object{{}, {"programme": "sputnik"}, {"programme": "sputnik", "form": "support_group"}} {
		if theirs, none := answered("sessions", group, of(group, more)), answered("sessions", keep, of(keep, more)); theirs != none {
			t.Errorf("a session of another's group is answered %s, of none %s", theirs, none)
		}
	}
	none := merge[:len(merge)-2] + "aa"
	if theirs, none := answered("merges/ID/undo", merge, object{}), answered("merges/ID/undo", none, object{}); theirs != none {
		t.Errorf("another's merge is answered %s, none %s", theirs, none)
	}
	h.ask(adminToken, "DELETE", in("children/"+merged), nil).is(200)
	if theirs, none := answered("merges/ID/undo", merge, object{}), answered("merges/ID/undo", none, object{}); theirs != none {
		t.Errorf("another's merge of whom was erased is answered %s, none %s", theirs, none)
	}
}

// TestAMergeThatWasUndoneTellsNothingOfAChildOfOthers reads a child of sputnik's that was merged with one of lanterna's for a while.
func TestAMergeThatWasUndoneTellsNothingOfAChildOfOthers(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.post("programmes", object{"id": "lanterna", "forms": []string{"camp"}}).is(201)
	own, theirs := h.child("a"), h.child("b")
	h.post("enrolments", object{"child": own, "programme": "sputnik", "form": "camp", "enrolled_on": "2021-01-01", "birth_year": 2010}).is(201)
	place := h.post("enrolments", object{"child": theirs, "programme": "lanterna", "form": "camp", "enrolled_on": "2021-01-01"}).is(201).receipt().ID
	h.post("enrolments/"+place+"/correct", object{"reason": "other", "birth_year": 2012}).is(200)
	mine, all := h.token(access.Coordinator, orebro, "sputnik"), h.token(access.Coordinator, orebro, "*")
	read := func(token string, at uint64, then ...uint64) (one api.Case, text string) {
		path := "cases/" + own + "?min_position=" + position(at)
		for _, p := range then {
			path += "&position=" + position(p)
		}
		r := h.ask(token, "GET", in(path), nil).is(200)
		r.into(&one)
		return one, r.text
	}
	for _, sides := range []object{{"keep": own, "merge": theirs}, {"keep": theirs, "merge": own}} {
		merged := h.post("merges", sides).is(201).receipt()
		if one, _ := read(mine, merged.Position); len(one.Merges) == 0 || one.Merges[0].Child.String() != theirs || one.BirthYear != 2012 {
			t.Errorf("while both are one child whoever works with it is told %+v", one)
		}
		undone := h.post("merges/"+merged.ID+"/undo", nil).is(200).receipt().Position
		for _, then := range [][]uint64{nil, {merged.Position}} {
			if one, text := read(mine, undone, then...); len(one.Merges) != 0 || one.MergedInto != nil || len(one.Absorbed) != 0 || one.BirthYear != 2010 || strings.Contains(text, theirs) {
				t.Errorf("of a child of others, as it was known at %v, it is told %s", then, text)
			}
		}
		if one, _ := read(all, undone, merged.Position); one.BirthYear != 2012 || len(one.Absorbed) == 0 && one.MergedInto == nil {
			t.Errorf("who works in all is told of the merge that stood %+v", one)
		}
	}
	if one, _ := read(all, 0); len(one.Merges) != 2 {
		t.Errorf("who works in all is told of merges %+v", one.Merges)
	}
}

func TestATokenEnds(t *testing.T) {
	h := newHouse(t)
	var account access.Account
	h.ask(adminToken, "POST", "/api/v1/accounts", object{"name": "Kim"}).is(201).into(&account)
	var made api.NewToken
	grant := object{"roles": []string{"auditor"}, "municipalities": []string{"1880"}, "expires_at": now.Add(time.Hour)}
	h.ask(adminToken, "POST", "/api/v1/accounts/"+account.ID.String()+"/tokens", grant).is(201).into(&made)
	if !strings.HasPrefix(made.Secret, "rv_") {
		t.Errorf("not a token: %s", made.Secret)
	}
	h.ask(made.Secret, "GET", in("log/events"), nil).is(200)
	h.moment.Store(now.Add(2 * time.Hour).UnixMilli())
	h.ask(made.Secret, "GET", in("log/events"), nil).problem(401, "unauthenticated", "")
	h.moment.Store(now.UnixMilli())
	h.ask(made.Secret, "GET", in("log/events"), nil).is(200)
	h.ask(adminToken, "POST", "/api/v1/tokens/"+made.ID.String()+"/revoke", nil).is(200)
	h.ask(made.Secret, "GET", in("log/events"), nil).problem(401, "unauthenticated", "")
	if text := h.ask(adminToken, "GET", "/api/v1/tokens", nil).is(200).text; strings.Contains(text, made.Secret) {
		t.Error("the list shows a secret")
	}
	h.ask(made.Secret, "POST", "/api/v1/accounts", object{"name": "x"}).problem(401, "unauthenticated", "")
	h.ask("", "GET", in("programmes"), nil).problem(401, "unauthenticated", "")
	h.ask(adminToken, "POST", "/api/v1/accounts/"+account.ID.String()+"/tokens", object{"roles": []string{"administrator"}, "everywhere": true}).problem(422, "invalid_request", "body.roles[0]")
}

func TestNobodyTakesTheAdministratorsRoleFromThemselves(t *testing.T) {
	h := newHouse(t)
	account, err := h.access.AddAccount(t.Context(), events.NewID(), "Kim")
	if err != nil {
		t.Fatal(err)
	}
	_, invitation, err := h.access.SetLogin(t.Context(), access.Login{Account: account.ID, Name: "kim", Roles: []access.Role{access.Administrator}, Everywhere: true})
	if err != nil {
		t.Fatal(err)
	}
	session, err := h.access.Accept(t.Context(), invitation, "häst batteri klammer")
	if err != nil {
		t.Fatal(err)
	}
	own := "/api/v1/accounts/" + account.ID.String()
	h.ask(session, "PUT", own+"/login", object{"name": "kim", "roles": []string{"auditor"}, "everywhere": true}).problem(422, "own_account", "body.roles")
	h.ask(session, "POST", own+"/disable", nil).problem(422, "own_account", "path.id")
	h.ask(session, "GET", "/api/v1/logins", nil).is(200)
	h.ask(adminToken, "PUT", own+"/login", object{"name": "kim", "roles": []string{"auditor"}, "everywhere": true}).is(200)
}

func TestAnAccountMayNotAskForChildrenWithoutEnd(t *testing.T) {
	h := newHouse(t, func(d *api.Deps) { d.LookupsPerMinute = 3 })
	h.sputnik()
	h.children(3)
	r := h.post("children", object{"identity": "one more"})
	r.problem(429, "too_many_requests", "")
	if r.header.Get("Retry-After") == "" {
		t.Error("it does not say when to try again")
	}
	h.ask(h.token(access.Coordinator, orebro, "*"), "POST", in("children"), object{"identity": "one more"}).is(200)
}
