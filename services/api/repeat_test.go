package api_test

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/api"
	"rackvidd/services/vault"
)

// repeated is a write of an operation, and another one that must not have the same key: to another path, or other content.
type repeated struct {
	operation, method, path string
	body, other             any
	elsewhere               string
}

var secret = regexp.MustCompile(`,"(?:secret|invitation)":"[^"]*"`)

func TestEveryWriteWithAKeyIsAnsweredAsTheFirstTime(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.post("programmes", object{"id": "kort", "forms": []string{"camp"}, "identity": "card"}).is(201)
	children := h.children(5)
	session, other := h.session("2021-05-04"), h.session("2021-05-05")
	gone, moved := h.session("2021-05-06"), h.session("2021-05-07")
	group := h.post("groups", object{"programme": "sputnik", "form": "support_group", "name": "Tisdag"}).is(201).receipt().ID
	extra := h.post("sessions", object{"group": group, "held_on": "2021-05-10"}).is(201).receipt().ID
	friday := h.post("groups", object{"programme": "sputnik", "form": "support_group", "name": "Fredag"}).is(201).receipt().ID
	merge := h.post("merges", object{"keep": children[0], "merge": children[2]}).is(201).receipt().ID
	referral := h.post("referrals", object{"child": children[1], "channel": "school", "received_on": "2021-01-10"}).is(201).receipt().ID
	place := h.post("enrolments", object{"child": children[1], "programme": "sputnik", "form": "camp", "enrolled_on": "2021-01-10"}).is(201).receipt().ID
	guests := h.post("guests", object{"provider_municipality": "1881", "programme": "x", "form": "camp", "held_on": "2021-07-02", "children": 9000}).is(201).receipt().ID
	account, nobody := h.account(), h.account()
	token, useless := h.tokenOf(account), h.tokenOf(account)
	const projection, survey = "/api/v1/projections/", "surveys/2010/"
	answered := object{"answers": []object{
		{"question": "Q1", "status": "no"}, {"question": "Q6", "status": "choices", "choices": []string{"cooperation", "information", "funding"}},
	}}
	second := h.token(access.Approver, orebro)
	_, key, err := note.GenerateKey(rand.Reader, "rackvidd-test")
	if err != nil {
		t.Fatal(err)
	}
	h.differs("register")
	by := map[string]string{"approve-survey": second, "return-survey": second}
	covered := make(map[string]bool)
	for i, write := range []repeated{
		{"register-programme", "POST", "programmes", object{"id": "p", "forms": []string{"camp"}}, object{"id": "p2", "forms": []string{"camp"}}, ""},
		{"amend-programme", "PUT", "programmes/sputnik", object{"forms": []string{"support_group", "camp"}}, object{"forms": []string{"camp"}}, ""},
		{"enter-child", "POST", "children", object{"identity": "new", "label": "Bo"}, object{"identity": "newer", "label": "Bo"}, ""},
		{"find-child", "POST", "children/find", object{"identity": "new"}, object{"identity": "newer"}, ""},
		{"find-alike", "POST", "children/alike", object{"label": "Bo"}, object{"label": "Bosse"}, ""},
		{"new-card", "POST", "cards", object{"programme": "kort"}, object{"programme": "sputnik"}, ""},
		{"label-child", "PUT", "children/" + children[0] + "/label", object{"label": "Bo"}, object{"label": "Bosse"}, ""},
		{"protect-child", "PUT", "children/" + children[3] + "/protection", object{"protected": true}, object{"protected": false}, ""},
		{"form-group", "POST", "groups", object{"programme": "sputnik", "form": "support_group", "name": "Onsdag"}, object{"programme": "sputnik", "form": "support_group", "name": "Torsdag"}, ""},
		{"set-members", "PUT", "groups/" + group + "/members", object{"members": children}, object{"members": children[:1]}, ""},
		{"amend-group", "PUT", "groups/" + group, object{"name": "Fredag"}, object{"name": "Lördag"}, ""},
		{"plan-series", "POST", "groups/" + group + "/series", object{"days": []string{"2022-04-05", "2022-04-12"}}, object{"days": []string{"2022-04-05"}}, ""},
		{"open-session", "POST", "sessions", object{"group": group, "held_on": "2021-05-04"}, object{"group": group, "held_on": "2021-05-05"}, ""},
		{"cancel-planned", "POST", "groups/" + group + "/sessions/cancel", object{"sessions": []string{extra}}, object{"sessions": []string{session}}, ""},
		{"withdraw-planned", "POST", "groups/" + group + "/sessions/withdraw", object{"sessions": []string{extra}, "reason": "other"}, object{"sessions": []string{extra}, "reason": "duplicate"}, ""},
		{"close-group", "POST", "groups/" + group + "/close", object{"closed_on": "2022-12-20"}, object{"closed_on": "2022-12-21"}, ""},
		{"reopen-group", "POST", "groups/" + group + "/reopen", nil, nil, "groups/" + friday + "/reopen"},
		{"state-register", "PUT", "sessions/" + session + "/register", object{"attended": children}, object{"attended": children[:1]}, ""},
		{"mark-row", "PUT", "sessions/" + session + "/register/" + children[0], object{"state": "absent"}, object{"state": "none"}, ""},
		{"count-heads", "PUT", "sessions/" + session + "/counts", object{"unidentified": 3}, object{"unidentified": 4}, ""},
		{"cancel-session", "POST", "sessions/" + other + "/cancel", nil, nil, "sessions/" + session + "/cancel"},
		{"reinstate-session", "POST", "sessions/" + other + "/reinstate", object{"reason": "other"}, object{"reason": "duplicate"}, ""},
		{"withdraw-session", "POST", "sessions/" + gone + "/withdraw", object{"reason": "other"}, object{"reason": "duplicate"}, ""},
		{"correct-session", "POST", "sessions/" + moved + "/correct", object{"reason": "wrong_day", "held_on": "2021-05-08"}, object{"reason": "wrong_day", "held_on": "2021-05-09"}, ""},
		{"refer", "POST", "referrals", object{"child": children[0], "channel": "school", "received_on": "2021-01-10"}, object{"child": children[0], "channel": "self", "received_on": "2021-01-10"}, ""},
		{"correct-referral", "POST", "referrals/" + referral + "/correct", object{"reason": "other", "channel": "self"}, object{"reason": "other", "channel": "school"}, ""},
		{"correct-referral", "POST", "referrals/" + referral + "/correct", object{"reason": "other", "birth_year": 2011}, object{"reason": "other", "birth_year": 2012}, ""},
		{"close-referral", "POST", "referrals/" + referral + "/close", object{"outcome": "accepted", "closed_on": "2021-01-20"}, object{"outcome": "declined", "closed_on": "2021-01-20"}, ""},
		{"withdraw-referral", "POST", "referrals/" + referral + "/withdraw", object{"reason": "other"}, object{"reason": "duplicate"}, ""},
		{"enrol", "POST", "enrolments", object{"child": children[0], "programme": "sputnik", "form": "camp", "enrolled_on": "2021-02-01"}, object{"child": children[0], "programme": "sputnik", "form": "camp", "enrolled_on": "2021-02-02"}, ""},
		{"correct-enrolment", "POST", "enrolments/" + place + "/correct", object{"reason": "other", "enrolled_on": "2021-01-11"}, object{"reason": "other", "enrolled_on": "2021-01-12"}, ""},
		{"end-enrolment", "POST", "enrolments/" + place + "/end", object{"reason": "moved", "ended_on": "2021-02-01"}, object{"reason": "completed", "ended_on": "2021-02-01"}, ""},
		{"withdraw-enrolment", "POST", "enrolments/" + place + "/withdraw", object{"reason": "other"}, object{"reason": "duplicate"}, ""},
		{"undo-merge", "POST", "merges/" + merge + "/undo", object{"reason": "other"}, object{"reason": "duplicate"}, ""},
		{"merge", "POST", "merges", object{"keep": children[0], "merge": children[1]}, object{"keep": children[1], "merge": children[0]}, ""},
		{"report-guests", "POST", "guests", object{"provider_municipality": "1881", "programme": "x", "form": "camp", "held_on": "2021-07-01", "children": 3}, object{"provider_municipality": "1881", "programme": "x", "form": "camp", "held_on": "2021-07-01", "children": 4}, ""},
		{"withdraw-guests", "POST", "guests/" + guests + "/withdraw", object{"reason": "other"}, object{"reason": "duplicate"}, ""},
		{"import", "POST", "imports?source=a", twoRows, twoRows + "3,session_attended,2021-03-09,c,sputnik,support_group\n", ""},
		{"decide-retention", "PUT", "retention", object{"years": 5}, object{"years": 6}, ""},
		{"erase-child", "DELETE", "children/" + children[4], nil, nil, "children/" + children[3]},
		{"add-account", "POST", "/api/v1/accounts", object{"name": "Kim"}, object{"name": "Kai"}, ""},
		{"add-account", "POST", "/api/v1/accounts", object{"name": "Kai", "login": object{"name": "kai", "roles": []string{"auditor"}, "everywhere": true}}, object{"name": "Kai", "login": object{"name": "kai", "roles": []string{"operations"}, "everywhere": true}}, ""},
		{"rename-account", "PUT", "/api/v1/accounts/" + account + "/name", object{"name": "Robin"}, object{"name": "Sam"}, ""},
		{"add-token", "POST", "/api/v1/accounts/" + account + "/tokens", object{"roles": []string{"auditor"}, "everywhere": true}, object{"roles": []string{"auditor", "approver"}, "everywhere": true}, ""},
		{"set-login", "PUT", "/api/v1/accounts/" + account + "/login", object{"name": "kim", "roles": []string{"auditor"}, "everywhere": true}, object{"name": "kim", "roles": []string{"administrator"}, "everywhere": true}, ""},
		{"make-link", "POST", "/api/v1/accounts/" + account + "/link", nil, nil, "/api/v1/accounts/" + nobody + "/link"},
		{"revoke-token", "POST", "/api/v1/tokens/" + token + "/revoke", nil, nil, "/api/v1/tokens/" + useless + "/revoke"},
		{"disable-account", "POST", "/api/v1/accounts/" + nobody + "/disable", nil, nil, "/api/v1/accounts/" + account + "/disable"},
		{"keep-backup", "POST", "/api/v1/backup/kept", object{"bytes": 4711}, object{"bytes": 4712}, ""},
		{"rebuild-projection", "POST", projection + "reach/rebuild", object{"municipality": "1880"}, nil, projection + "register/rebuild"},
		{"rebuild-projection", "POST", projection + "caseload/rebuild", object{"municipality": "1880", "reason": "a new disk"}, object{"municipality": "1880", "reason": "a new server"}, ""},
		{"make-replay", "POST", "audit/replays?year=2021", object{"reason": "this year's audit"}, object{"reason": "another"}, ""},
		{"begin-verification", "POST", "audit/verifications", nil, nil, "audit/verifications?year=2020"},
		{"begin-national-verification", "POST", "/api/v1/audit/verifications", nil, nil, alone},
		{"repair-copies", "POST", "audit/repair", nil, nil, "audit/repair?accept_loss=true"},
		{"repair-national-copies", "POST", "/api/v1/audit/repair", nil, nil, "/api/v1/audit/repair?accept_loss=true"},
		{"load-answers", "POST", "/api/v1/report/answers", answerHeading + "2021,1880,answered,yes,45,camp\n", answerHeading + "2021,1880,answered,yes,46,camp\n", ""},
		{"load-reference", "POST", "/api/v1/reference", "code,year,n,source\n1880,2021,33000,SCB\n", "code,year,n,source\n1880,2021,33001,SCB\n", ""},
		{"trust-key", "POST", "/api/v1/report/keys", object{"municipality": "1880", "key": key}, object{"municipality": "1881", "key": key}, ""},
		{"distrust-key", "POST", "/api/v1/report/keys/distrust", object{"municipality": "1880", "key": key}, object{"municipality": "1881", "key": key}, ""},
		{"publish-figures", "POST", "surveys/2021/open-data", nil, nil, "surveys/2022/open-data"},
		{"answer-survey", "POST", survey + "answer", answered, object{"restore": []string{"Q6"}}, ""},
		{"check-survey", "POST", survey + "check", nil, nil, "surveys/2011/check"},
		{"approve-survey", "POST", survey + "approve", nil, nil, "surveys/2011/approve"},
		{"return-survey", "POST", survey + "return", object{"reason": "look again"}, object{"reason": "once more"}, ""},
		{"check-survey", "POST", survey + "check", nil, nil, "surveys/2011/check"},
		{"approve-survey", "POST", survey + "approve", nil, nil, "surveys/2011/approve"},
		{"submit-survey", "POST", survey + "submit", nil, nil, "surveys/2011/submit"},
		{"amend-survey", "POST", survey + "amend", object{"reason": "a register was found"}, object{"reason": "two were"}, ""},
		{"rollback-projection", "POST", projection + "reach/rollback", object{"municipality": "1880"}, nil, projection + "register/rollback"},
		{"rollback-projection", "POST", projection + "caseload/rollback", object{"municipality": "1880", "reason": "the old one again"}, object{"municipality": "1880"}, ""},
		{"discard-projection", "POST", projection + "register/discard", object{"municipality": "1880", "reason": "it was a trial"}, object{"municipality": "1880"}, ""},
	} {
		covered[write.operation] = true
		key := fmt.Sprintf("key %d", i)
		send := func(path string, body any) reply {
			if !strings.HasPrefix(path, "/") {
				path = in(path)
			}
			return h.ask(cmp.Or(by[write.operation], adminToken), write.method, path, body, "Idempotency-Key", key)
		}
		first := send(write.path, write.body)
		if first.status >= 300 {
			t.Errorf("%s: %d %s", first.what, first.status, first.text)
			continue
		}
		h.session("2021-06-01") // the log goes on
		head := h.head()
		again := send(write.path, write.body)
		if again.text != secret.ReplaceAllString(first.text, "") || again.status != first.status || again.header.Get("ETag") != first.header.Get("ETag") {
			t.Errorf("%s: answered otherwise the second time: %s\n%s", first.what, first.text, again.text)
		}
		if write.elsewhere != alone {
			send(cmp.Or(write.elsewhere, write.path), cmp.Or(write.other, write.body)).problem(422, "key_reused", "")
		}
		if now := h.head(); now != head {
			t.Errorf("%s: the repeat, or another request with its key, recorded something", first.what)
		}
	}
	for _, op := range h.operations() {
		if op.method != "GET" && !covered[op.id] {
			t.Errorf("%s %s (%s) is not tried with a key: add it to the list", op.method, op.path, op.id)
		}
	}
}

const alone = "-" // an operation of which every request is the same

const twoRows = "record_id,type,occurred_on,child,programme,form\n" +
	"1,session_attended,2021-03-01,a,sputnik,support_group\n2,session_attended,2021-03-08,b,sputnik,support_group\n"

func (h *house) head() uint64 {
	h.t.Helper()
	head, err := h.log.Head(h.t.Context(), orebro)
	if err != nil {
		h.t.Fatal(err)
	}
	return head
}

func (h *house) account() string {
	h.t.Helper()
	return h.ask(adminToken, "POST", "/api/v1/accounts", object{"name": "somebody"}).is(201).receipt().ID
}

func (h *house) tokenOf(account string) string {
	h.t.Helper()
	return h.ask(adminToken, "POST", "/api/v1/accounts/"+account+"/tokens", object{"roles": []string{"auditor"}, "everywhere": true}).is(201).receipt().ID
}

func TestARepeatUndoesNothingThatCameAfterTheFirstTime(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	child := h.child("a")
	at := h.attend("2021-03-02", child)
	group := h.post("groups", object{"programme": "sputnik", "form": "support_group", "name": "Tisdag"}).is(201).receipt().ID
	h.put("groups/"+group+"/members", object{"members": []string{child}}).is(200)
	label := func() string {
		var one api.Group
		h.get("groups/" + group).is(200).into(&one)
		if len(one.Members) != 1 {
			return "nobody"
		}
		return one.Members[0].Label
	}
	generation := func() int {
		var list api.ProjectionList
		h.ask(adminToken, "GET", "/api/v1/projections", nil).is(200).into(&list)
		return list.Projections[1].Generation
	}
	h.reached("year=2021", at)
	for _, c := range []struct {
		says         string
		first, after func(headers ...string) reply
		stands       func() bool
	}{
		{
			"a label",
			func(key ...string) reply { return h.put("children/"+child+"/label", object{"label": "Bo"}, key...) },
			func(key ...string) reply { return h.put("children/"+child+"/label", object{"label": "Bosse"}, key...) },
			func() bool { return label() == "Bosse" },
		},
		{
			"a label that came with the child",
			func(key ...string) reply { return h.post("children", object{"identity": "a", "label": "Bo"}, key...) },
			func(key ...string) reply { return h.post("children", object{"identity": "a", "label": "Kim"}, key...) },
			func() bool { return label() == "Kim" },
		},
		{
			"a protection",
			func(key ...string) reply {
				return h.put("children/"+child+"/protection", object{"protected": true}, key...)
			},
			func(key ...string) reply {
				return h.put("children/"+child+"/protection", object{"protected": false}, key...)
			},
			func() bool { return label() == "Kim" },
		},
		{
			"what changed nothing the first time",
			func(key ...string) reply {
				return h.put("groups/"+group+"/members", object{"members": []string{child}}, key...)
			},
			func(key ...string) reply {
				return h.put("groups/"+group+"/members", object{"members": []string{}}, key...)
			},
			func() bool { return label() == "nobody" },
		},
		{
			"a rebuild",
			func(key ...string) reply {
				return h.ask(adminToken, "POST", "/api/v1/projections/reach/rebuild", object{"municipality": "1880"}, key...)
			},
			func(key ...string) reply {
				return h.ask(adminToken, "POST", "/api/v1/projections/reach/rollback", object{"municipality": "1880"}, key...)
			},
			func() bool { return generation() == 1 },
		},
		{
			"going back to earlier tables",
			func(key ...string) reply {
				return h.ask(adminToken, "POST", "/api/v1/projections/reach/rollback", object{"municipality": "1880"}, key...)
			},
			func(...string) reply { return reply{} },
			func() bool { return generation() == 2 },
		},
	} {
		first := c.first("Idempotency-Key", c.says).is(200)
		c.after()
		if !c.stands() {
			t.Errorf("%s: it does not stand to begin with", c.says)
		}
		if again := c.first("Idempotency-Key", c.says).is(200); again.text != first.text || !c.stands() {
			t.Errorf("%s: the repeat was carried out, or answered otherwise: %s\n%s", c.says, first.text, again.text)
		}
	}
}

func TestATokenOfARepeatIsTheSameAndItsSecretIsNotShownAgain(t *testing.T) {
	h := newHouse(t)
	var first, again api.NewToken
	path := "/api/v1/accounts/" + h.account() + "/tokens"
	grant := object{"roles": []string{"auditor"}, "everywhere": true, "expires_at": now.Add(time.Hour)}
	h.ask(adminToken, "POST", path, grant, "Idempotency-Key", "k").is(201).into(&first)
	h.ask(first.Secret, "GET", in("log/events"), nil).is(200)
	h.moment.Store(now.Add(2 * time.Hour).UnixMilli())
	text := h.ask(adminToken, "POST", path, grant, "Idempotency-Key", "k").is(201)
	text.into(&again)
	if first.Secret == "" || strings.Contains(text.text, "secret") || again.ID != first.ID || !again.Expires.Equal(first.Expires) {
		t.Errorf("first %+v, then %s", first, text.text)
	}
	var list api.Tokens
	if h.ask(adminToken, "GET", "/api/v1/tokens", nil).is(200).into(&list); len(list.Tokens) != 1 {
		t.Errorf("there are %d tokens", len(list.Tokens))
	}
}

func TestTheSameWriteManyTimesAtOnceIsRecordedOnce(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	var all sync.WaitGroup
	answers := make([]reply, 8)
	for i := range answers {
		all.Go(func() {
			answers[i] = h.post("sessions", object{"programme": "sputnik", "form": "camp", "held_on": "2021-05-04"}, "Idempotency-Key", "once")
		})
	}
	all.Wait()
	for _, a := range answers {
		if a.is(201).text != answers[0].text {
			t.Errorf("two answers: %s %s", answers[0].text, a.text)
		}
	}
	if head, err := h.log.Head(t.Context(), orebro); err != nil || head != 2 {
		t.Errorf("the log is at %d, not 2: %v", head, err)
	}
}

func TestTwoAccountsMayUseTheSameKey(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	body := object{"programme": "sputnik", "form": "camp", "held_on": "2021-05-04"}
	mine := h.post("sessions", body, "Idempotency-Key", "1").is(201).receipt()
	theirs := h.ask(h.token("coordinator", orebro, "*"), "POST", in("sessions"), body, "Idempotency-Key", "1").is(201).receipt()
	if mine.ID == theirs.ID {
		t.Error("another account's key found my session")
	}
}

func TestARepeatAfterAnErasureMakesNobodyAgain(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	body, key := object{"identity": "a", "label": "Bo"}, []string{"Idempotency-Key", "k"}
	first := h.post("children", body, key...).is(200)
	if again := h.post("children", body, key...).is(200); again.text != first.text {
		t.Errorf("first %s, then %s", first.text, again.text)
	}
	h.ask(adminToken, "DELETE", in("children/"+first.receipt().Child), nil).is(200)
	h.post("children", body, key...).problem(409, "child_erased", "")
	other := h.child("b") // what the first request said is not kept: neither is another one carried out, whomever it names
	for _, identity := range []string{"b", "c"} {
		h.post("children", object{"identity": identity}, key...).problem(409, "child_erased", "")
	}
	h.put("children/"+other+"/label", object{"label": "Bo"}, key...).problem(409, "child_erased", "")
	h.post("sessions", object{"programme": "sputnik", "form": "camp", "held_on": "2021-05-04"}, key...).problem(409, "child_erased", "")
	if _, known, err := h.vault.Lookup(t.Context(), orebro, []vault.Identity{{Source: "default", Child: "a"}}, events.DayOf(now)); err != nil || known[0] {
		t.Errorf("the vault knows the child: %v, %v", known, err)
	}
	if back := h.post("children", body, "Idempotency-Key", "another").is(200).receipt().Child; back == first.receipt().Child {
		t.Error("who comes back is the one that was erased")
	}
}

// TestARepeatedLookUpDoesNotTellThatSomebodyWasErased looks for a child of others', and for nobody, before and after an erasure.
func TestARepeatedLookUpDoesNotTellThatSomebodyWasErased(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	child := h.child("a")
	h.attend("2021-03-02", child)
	h.post("programmes", object{"id": "lanterna", "forms": []string{"camp"}}).is(201)
	theirs := h.token("coordinator", orebro, "lanterna")
	find := func(identity string) string {
		r := h.ask(theirs, "POST", in("children/find"), object{"identity": identity}, "Idempotency-Key", identity)
		return r.is(200).text
	}
	before, nobody := find("a"), find("nobody")
	h.ask(adminToken, "DELETE", in("children/"+child), nil).is(200)
	if find("a") != before {
		t.Errorf("it was answered %s, and after the erasure %s", before, find("a"))
	}
	if _, handle, _ := strings.Cut(nobody, "child"); !strings.Contains(find("nobody"), handle[:20]) {
		t.Errorf("of nobody it was answered %s, and after the erasure of another %s", nobody, find("nobody"))
	}
}

func TestALookUpOfNobodyIsRepeatedWithTheSameHandle(t *testing.T) {
	h := newHouse(t)
	find := func(key string) string {
		return h.post("children/find", object{"identity": "nobody"}, "Idempotency-Key", key).is(200).text
	}
	if first := find("k"); find("k") != first || find("another") == first {
		t.Errorf("first %s, then %s, under another key %s", first, find("k"), find("another"))
	}
}

func TestAWriteOfARowOfCountsAndOfASeriesIsHeldAgainstItsVersion(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	session, child := h.session("2021-05-04"), h.child("a")
	formed := h.post("groups", object{"programme": "sputnik", "form": "support_group", "name": "Tisdag"}).is(201)
	group := formed.receipt().ID
	version := h.get("sessions/" + session).is(200).header.Get("ETag")
	for _, c := range []struct {
		says, method, path string
		body               any
		version            string
	}{
		{"a row", "PUT", "sessions/" + session + "/register/" + child, object{"state": "attended"}, version},
		{"counts", "PUT", "sessions/" + session + "/counts", object{"adults": 2}, ""},
		{"a series", "POST", "groups/" + group + "/series", object{"days": []string{"2022-04-05"}}, formed.header.Get("ETag")},
	} {
		if c.version == "" {
			c.version = h.get("sessions/" + session).is(200).header.Get("ETag")
		}
		h.ask(adminToken, c.method, in(c.path), c.body, "If-Match", `"4711"`).problem(412, "stale", "")
		if r := h.ask(adminToken, c.method, in(c.path), c.body, "If-Match", c.version); r.status >= 300 {
			t.Errorf("%s of the version that was read: %s", c.says, r.text)
		}
		h.ask(adminToken, c.method, in(c.path), c.body, "If-Match", c.version).problem(412, "stale", "")
	}
}
