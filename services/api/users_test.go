package api_test

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"rackvidd/services/access"
	"rackvidd/services/api"
)

const accountsPath = "/api/v1/accounts"

func (h *house) accounts() []access.Account {
	h.t.Helper()
	var all api.Accounts
	h.ask(adminToken, "GET", accountsPath, nil).is(200).into(&all)
	return all.Accounts
}

func TestAUserThatIsRefusedLeavesNoAccountBehind(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	add := func(login object) reply {
		return h.ask(adminToken, "POST", accountsPath, object{"name": "Kim", "login": login})
	}
	add(object{"name": "kim", "roles": []string{"auditor"}, "everywhere": true}).is(201)
	for field, login := range map[string]object{
		"name":              {"name": "kim", "roles": []string{"auditor"}, "everywhere": true}, // somebody else's
		"roles":             {"name": "kai", "roles": []string{"king"}, "everywhere": true},
		"municipalities[0]": {"name": "kai", "roles": []string{"auditor"}, "municipalities": []string{"9999"}},
		"municipalities":    {"name": "kai", "roles": []string{"auditor"}},
		"programmes":        {"name": "kai", "roles": []string{"coordinator"}, "municipalities": []string{"1880"}, "programmes": []string{"sputnk"}},
		"subject":           {"name": "kai", "roles": []string{"auditor"}, "everywhere": true, "subject": "2f1c"}, // there is no provider
	} {
		if r := add(login).is(422); !strings.Contains(r.text, `"body.login.`+field+`"`) {
			t.Errorf("%s: %s", field, r.text)
		}
	}
	if all := h.accounts(); len(all) != 1 {
		t.Errorf("accounts that nobody has: %+v", all)
	}
}

func TestAProgrammeThatIsNotThereIsRefusedWithThoseThatAre(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	at := h.post("programmes", object{"id": "lanterna", "forms": []string{"camp"}}).is(201).receipt().Position
	h.get("programmes?min_position=" + position(at)).is(200)
	set := func(login object) reply {
		login["name"], login["roles"] = "kim", []string{"coordinator"}
		return h.ask(adminToken, "PUT", accountsPath+"/"+h.account()+"/login", login)
	}
	for _, where := range []object{{"municipalities": []string{"1880"}}, {"everywhere": true}} {
		where["programmes"] = []string{"sputnik", "smilla"}
		r := set(where)
		r.problem(422, "unregistered_programme", "body.programmes")
		var p api.Problem
		if r.into(&p); strings.Join(p.There, " ") != "lanterna sputnik" || !strings.Contains(p.Detail, "lanterna, sputnik") {
			t.Errorf("%+v", p)
		}
	}
	set(object{"municipalities": []string{"1881"}, "programmes": []string{"sputnik"}}).problem(422, "unregistered_programme", "body.programmes")
	set(object{"municipalities": []string{"1881", "1880"}, "programmes": []string{"sputnik", "*"}}).is(200)
}

func TestAChangeOfRolesMakesNoLinkAndANewOneIsMadeWhenSomebodyAsks(t *testing.T) {
	h := newHouse(t)
	var made api.NewAccount
	h.ask(adminToken, "POST", accountsPath, object{"name": "Kim", "login": object{"name": "kim", "roles": []string{"auditor"}, "everywhere": true}}).is(201).into(&made)
	own := accountsPath + "/" + made.ID.String()
	const password = "häst batteri klammer"
	if _, err := h.access.Accept(t.Context(), made.Login.Invitation, password); err != nil {
		t.Fatal(err)
	}
	var changed api.NewLogin
	h.ask(adminToken, "PUT", own+"/login", object{"name": "kim", "roles": []string{"operations"}, "everywhere": true}).is(200).into(&changed)
	if changed.Invitation != "" || !changed.Chosen {
		t.Errorf("a change makes a link: %+v", changed)
	}
	session, err := h.access.SignIn(t.Context(), "kim", password)
	if err != nil {
		t.Fatalf("the password is gone: %v", err)
	}
	h.ask(session, "GET", "/api/v1/projections", nil).is(200)
	var link api.NewLink
	h.ask(adminToken, "POST", own+"/link", nil).is(201).into(&link)
	h.ask(session, "GET", "/api/v1/projections", nil).is(401)
	if _, err := h.access.Accept(t.Context(), link.Invitation, "annat "+password); err != nil {
		t.Errorf("the new link: %v", err)
	}
	h.ask(adminToken, "POST", accountsPath+"/"+h.account()+"/link", nil).problem(404, "unknown_account", "")
}

func TestTwoRequestsAtOnceUnderAKeyMakeOneLink(t *testing.T) {
	h := newHouse(t)
	var made api.NewAccount
	h.ask(adminToken, "POST", accountsPath, object{"name": "Kim", "login": object{"name": "kim", "roles": []string{"auditor"}, "everywhere": true}}).is(201).into(&made)
	for i := range 5 {
		var links [2]api.NewLink
		var asking sync.WaitGroup
		for n := range links {
			asking.Go(func() {
				h.ask(adminToken, "POST", accountsPath+"/"+made.ID.String()+"/link", nil, "Idempotency-Key", fmt.Sprint("key ", i)).is(201).into(&links[n])
			})
		}
		asking.Wait()
		if (links[0].Invitation == "") == (links[1].Invitation == "") {
			t.Errorf("%d: %+v", i, links)
		}
	}
}

func TestATokenForWhatIsNotThereIsRefusedByName(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.get("programmes?min_position=" + position(h.head())).is(200)
	tokens := accountsPath + "/" + h.account() + "/tokens"
	add := func(grant object) reply {
		grant["roles"] = []string{"coordinator"}
		return h.ask(adminToken, "POST", tokens, grant)
	}
	r := add(object{"municipalities": []string{"1880"}, "programmes": []string{"smilla"}})
	r.problem(422, "unregistered_programme", "body.programmes")
	var p api.Problem
	if r.into(&p); strings.Join(p.There, " ") != "sputnik" {
		t.Errorf("%+v", p)
	}
	add(object{"municipalities": []string{"1881"}, "programmes": []string{"sputnik"}}).problem(422, "unregistered_programme", "body.programmes")
	if r := add(object{"municipalities": []string{"9999"}, "programmes": []string{"*"}}).is(422); !strings.Contains(r.text, `"body.municipalities[0]"`) {
		t.Errorf("an unknown municipality: %s", r.text)
	}
	add(object{"municipalities": []string{"1880"}, "programmes": []string{"sputnik"}}).is(201)
}

func TestAnAccountIsCalledSomethingElseWhereverItIsNamed(t *testing.T) {
	h := newHouse(t)
	kim := h.account()
	rename := func(account, name string) reply {
		return h.ask(adminToken, "PUT", accountsPath+"/"+account+"/name", object{"name": name})
	}
	var called access.Account
	rename(kim, " Robin ").is(200).into(&called)
	if all := h.accounts(); called.Name != "Robin" || len(all) != 1 || all[0].Name != "Robin" {
		t.Errorf("%+v, %+v", called, all)
	}
	rename(kim, "").is(422)
	rename(kim, "20101231-2391").problem(422, "identity", "body.name")
	rename(strings.Repeat("a", 26), "Robin").problem(404, "unknown_account", "")
	h.ask(adminToken, "POST", accountsPath+"/"+kim+"/disable", nil).is(200)
	rename(kim, "Sam").problem(404, "unknown_account", "")
}

func TestWhatIsAskedOfADisabledAccountSaysThatItIsDisabled(t *testing.T) {
	h := newHouse(t)
	own := accountsPath + "/" + h.account()
	terms := object{"name": "kim", "roles": []string{"auditor"}, "everywhere": true}
	h.ask(adminToken, "PUT", own+"/login", terms).is(200)
	h.ask(adminToken, "POST", own+"/disable", nil).is(200)
	for what, r := range map[string]reply{
		"login": h.ask(adminToken, "PUT", own+"/login", terms), "link": h.ask(adminToken, "POST", own+"/link", nil), "name": h.ask(adminToken, "PUT", own+"/name", object{"name": "Sam"}),
		"token": h.ask(adminToken, "POST", own+"/tokens", object{"roles": []string{"auditor"}, "everywhere": true}),
	} {
		if r.problem(404, "unknown_account", ""); !strings.Contains(r.text, "is disabled") {
			t.Errorf("%s: %s", what, r.text)
		}
	}
}

func TestATokenIsNarrowedAtOnceWithItsAccount(t *testing.T) {
	h := newHouse(t)
	var made api.NewAccount
	h.ask(adminToken, "POST", accountsPath, object{"name": "Kim", "login": object{"name": "kim", "roles": []string{"auditor", "operations"}, "everywhere": true}}).is(201).into(&made)
	own := accountsPath + "/" + made.ID.String()
	var token api.NewToken
	h.ask(adminToken, "POST", own+"/tokens", object{"roles": []string{"auditor", "operations"}, "municipalities": []string{"1880", "1881"}}).is(201).into(&token)
	h.ask(token.Secret, "GET", "/api/v1/projections", nil).is(200)
	h.ask(token.Secret, "GET", "/api/v1/municipalities/1881/log/events", nil).is(200)
	h.ask(adminToken, "PUT", own+"/login", object{"name": "kim", "roles": []string{"auditor"}, "municipalities": []string{"1880"}}).is(200)
	h.ask(token.Secret, "GET", "/api/v1/projections", nil).is(403)
	h.ask(token.Secret, "GET", "/api/v1/municipalities/1881/log/events", nil).is(404)
	h.ask(token.Secret, "GET", "/api/v1/municipalities/1880/log/events", nil).is(200)
	var list api.Tokens
	h.ask(adminToken, "GET", "/api/v1/tokens?account="+made.ID.String(), nil).is(200).into(&list)
	if len(list.Tokens) != 1 || list.Tokens[0].Now == nil || len(list.Tokens[0].Roles) != 2 || len(list.Tokens[0].Now.Roles) != 1 || len(list.Tokens[0].Now.Municipalities) != 1 {
		t.Errorf("what is left of it: %+v", list.Tokens)
	}
}

func TestASessionMayNoMoreThanTheRoleThatWasChosenInIt(t *testing.T) {
	h := newHouse(t)
	var made api.NewAccount
	h.ask(adminToken, "POST", accountsPath, object{"name": "Kim", "login": object{"name": "kim", "roles": []string{"administrator", "auditor", "operations"}, "everywhere": true}}).is(201).into(&made)
	session, err := h.access.Accept(t.Context(), made.Login.Invitation, "häst batteri klammer")
	if err != nil {
		t.Fatal(err)
	}
	for chosen, want := range map[string][3]int{"": {200, 200, 200}, "auditor": {200, 403, 403}, "operations": {403, 200, 403}, "administrator": {403, 403, 200}, "all": {200, 200, 200}} {
		if chosen != "" {
			if err := h.access.WorkAs(t.Context(), session, chosen); err != nil {
				t.Fatal(err)
			}
		} else if session, err = h.access.SignIn(t.Context(), "kim", "häst batteri klammer"); err != nil {
			t.Fatal(err)
		}
		for i, path := range []string{"/api/v1/municipalities/1880/log/events", "/api/v1/projections", "/api/v1/accounts"} {
			h.ask(session, "GET", path, nil).is(want[i])
		}
	}
	if err := h.access.WorkAs(t.Context(), session, "auditor"); err != nil {
		t.Fatal(err)
	}
	for path, way := range map[string]string{"/api/v1/projections/reach/rebuild": "choose that one at /roles", in("sessions"): "ask an administrator"} {
		var p api.Problem
		h.ask(session, "POST", path, nil).is(403).into(&p)
		if !strings.Contains(p.Detail, way) {
			t.Errorf("%s: %s", path, p.Detail)
		}
	}
}

func TestALoginIsNotSetAsSomebodySawItBeforeItChanged(t *testing.T) {
	h := newHouse(t)
	var made api.NewAccount
	h.ask(adminToken, "POST", "/api/v1/accounts", object{"name": "Kim", "login": object{"name": "kim", "roles": []string{"auditor", "data_protection"}, "everywhere": true}}).is(201).into(&made)
	seen := func() string {
		var list api.Logins
		h.ask(adminToken, "GET", "/api/v1/logins", nil).is(200).into(&list)
		return strconv.Quote(list.Logins[0].Version)
	}
	before := seen()
	set := func(version string, roles ...string) reply {
		return h.ask(adminToken, "PUT", "/api/v1/accounts/"+made.ID.String()+"/login", object{"name": "kim", "roles": roles, "everywhere": true}, "If-Match", version)
	}
	set(before, "auditor").is(200)
	set(before, "auditor", "data_protection", "back_office").problem(412, "stale", "")
	set(seen(), "auditor", "back_office").is(200)
	set("*", "auditor").is(200)
}

func TestAnAdministratorOfSomeMunicipalitiesGivesNothingBeyondThem(t *testing.T) {
	h := newHouse(t)
	add := func(token, name string, login object) reply {
		login["name"] = name
		return h.ask(token, "POST", accountsPath, object{"name": name, "login": login})
	}
	one := func(roles ...string) object { return object{"roles": roles, "municipalities": []string{"1880"}} }
	var boss, other, both api.NewAccount
	add(adminToken, "boss", one("administrator", "operations")).is(201).into(&boss)
	add(adminToken, "other", object{"roles": []string{"auditor"}, "municipalities": []string{"1881"}}).is(201).into(&other)
	add(adminToken, "both", object{"roles": []string{"auditor"}, "municipalities": []string{"1880", "1881"}}).is(201).into(&both)
	session, err := h.access.Accept(t.Context(), boss.Login.Invitation, "häst batteri klammer")
	if err != nil {
		t.Fatal(err)
	}
	robot := h.account()
	var token api.NewToken
	h.ask(adminToken, "POST", accountsPath+"/"+robot+"/tokens", object{"roles": []string{"auditor"}, "everywhere": true}).is(201).into(&token)

	add(session, "kim", object{"roles": []string{"auditor"}, "everywhere": true}).problem(422, "not_yours_to_give", "body.login.municipalities")
	add(session, "kim", object{"roles": []string{"auditor"}, "municipalities": []string{"1880", "1881"}}).problem(422, "not_yours_to_give", "body.login.municipalities")
	add(session, "kim", one("national")).problem(422, "not_yours_to_give", "body.login.roles")
	var kim api.NewAccount
	add(session, "kim", one("administrator", "operations", "back_office")).is(201).into(&kim)

	own := accountsPath + "/" + boss.ID.String()
	wider := object{"name": "boss", "roles": []string{"administrator"}, "everywhere": true}
	h.ask(session, "PUT", own+"/login", wider).problem(422, "not_yours_to_give", "body.municipalities")
	h.ask(session, "POST", own+"/tokens", object{"roles": []string{"auditor"}, "municipalities": []string{"1881"}}).problem(422, "not_yours_to_give", "body.municipalities")
	for _, account := range []string{other.ID.String(), both.ID.String(), robot} {
		path := accountsPath + "/" + account
		h.ask(session, "PUT", path+"/name", object{"name": "Mine"}).problem(404, "unknown_account", "")
		login := one("auditor")
		login["name"] = "mine"
		h.ask(session, "PUT", path+"/login", login).problem(404, "unknown_account", "")
		h.ask(session, "POST", path+"/link", nil).problem(404, "unknown_account", "")
		h.ask(session, "POST", path+"/tokens", one("auditor")).problem(404, "unknown_account", "")
		h.ask(session, "POST", path+"/disable", nil).problem(404, "unknown_account", "")
	}
	h.ask(session, "POST", "/api/v1/tokens/"+token.ID.String()+"/revoke", nil).problem(404, "unknown_account", "")

	var accounts api.Accounts
	var logins api.Logins
	var tokens api.Tokens
	h.ask(session, "GET", accountsPath, nil).is(200).into(&accounts)
	h.ask(session, "GET", "/api/v1/logins", nil).is(200).into(&logins)
	h.ask(session, "GET", "/api/v1/tokens", nil).is(200).into(&tokens)
	if len(accounts.Accounts) != 2 || len(logins.Logins) != 2 || len(tokens.Tokens) != 0 {
		t.Errorf("others are listed: %+v, %+v, %+v", accounts, logins, tokens)
	}
	h.ask(session, "PUT", accountsPath+"/"+kim.ID.String()+"/name", object{"name": "Kim"}).is(200)
	h.ask(session, "POST", accountsPath+"/"+kim.ID.String()+"/disable", nil).is(200)
	h.ask(adminToken, "POST", "/api/v1/tokens/"+token.ID.String()+"/revoke", nil).is(200)
	h.ask(session, "PUT", accountsPath+"/"+robot+"/name", object{"name": "Robot"}).is(200) // it may nothing any more
}
