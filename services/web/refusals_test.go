package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
	"rackvidd/projections/projectiontest"
	"rackvidd/services/access"
)

const (
	rightPassword = "häst batteri klammer"
	enough        = "loa3"
	ours          = "http://localhost:8080"
	private       = "/operations"
)

// scene is the pages with everything that signing in takes: accounts in PostgreSQL, and a provider that may be hostile.
type scene struct {
	*testing.T
	pages    http.Handler
	accounts *access.Service
	pool     *pgxpool.Pool
	provider *hostile
	now      time.Time
	users    int
}

func newScene(t *testing.T) *scene {
	s := &scene{T: t, provider: newHostile(t), now: time.Now().Truncate(time.Second)}
	s.pool = projectiontest.Empty(t)
	clock := func() time.Time { return s.now }
	var err error
	s.accounts, err = access.New(t.Context(), access.Config{
		Pool: s.pool, Clock: clock,
		OpenID: access.OpenIDConfig{Issuer: s.provider.server.URL, ClientID: hostileClient, Secret: hostileSecret, Levels: []string{enough, "loa4"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	c := testSite(t).Config
	c.Sessions, c.Passkeys, c.OpenID, c.Clock = s.accounts, s.accounts, s.accounts.OpenID(), clock
	s.pages = New(c)
	return s
}

func TestMain(m *testing.M) { projectiontest.Main(m) }

// person is somebody with an account.
type person struct {
	access.Login
	invitation string
}

// user makes an account; with a subject it is the provider's user's.
func (s *scene) user(subject string) person {
	s.Helper()
	s.users++
	a, err := s.accounts.AddAccount(s.Context(), events.NewID(), "Kim")
	if err != nil {
		s.Fatal(err)
	}
	l := access.Login{Account: a.ID, Name: fmt.Sprintf("kim%d", s.users), Subject: subject, Roles: []access.Role{access.Operations}, Everywhere: true}
	l, invitation, err := s.accounts.SetLogin(s.Context(), l)
	if err != nil {
		s.Fatal(err)
	}
	return person{l, invitation}
}

// subject is another user of the provider's each time.
func (s *scene) subject() string {
	s.users++
	return fmt.Sprintf("user-%d", s.users)
}

// send asks for a page, or sends a form where there is one. Cookies and headers come in pairs after a dash.
func (s *scene) send(method, path string, form url.Values, pairs ...string) *httptest.ResponseRecorder {
	s.Helper()
	r := httptest.NewRequest(method, ours+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(pairs); i += 2 {
		if strings.HasPrefix(pairs[i], "__Host-") {
			r.AddCookie(&http.Cookie{Name: pairs[i], Value: pairs[i+1]})
		} else {
			r.Header.Set(pairs[i], pairs[i+1])
		}
	}
	w := httptest.NewRecorder()
	s.pages.ServeHTTP(w, r)
	return w
}

func given(w *httptest.ResponseRecorder, cookie string) string {
	for _, c := range w.Result().Cookies() {
		if c.Name == cookie {
			return c.Value
		}
	}
	return ""
}

// attempt is somebody's way back from the provider, before a test changes it.
type attempt struct {
	asked   url.Values // what we sent to the provider
	browser string     // the cookie
	query   url.Values
	claims  map[string]any
	token   func(claims map[string]any) string
	more    map[string]any // of the token endpoint's answer
	path    string         // where it began
}

// begin goes to the provider's and back, as somebody would whom it calls by a subject.
func (s *scene) begin(subject string) *attempt {
	return s.beginAt("/login/openid?next=/operations", subject)
}

func (s *scene) beginAt(path, subject string) *attempt {
	s.Helper()
	w := s.send("GET", path, nil)
	to, err := url.Parse(w.Header().Get("Location"))
	if err != nil || !strings.HasPrefix(to.String(), s.provider.server.URL+"/authorize?") {
		s.Fatalf("%s leads to %q: %d", path, w.Header().Get("Location"), w.Code)
	}
	asked := to.Query()
	return &attempt{
		asked: asked, browser: given(w, attemptCookie), path: path,
		query: url.Values{"code": {"code-" + asked.Get("state")}, "state": {asked.Get("state")}, "iss": {s.provider.server.URL}},
		claims: map[string]any{
			"iss": s.provider.server.URL, "sub": subject, "aud": hostileClient, "azp": hostileClient, "nonce": asked.Get("nonce"), "acr": enough,
			"iat": s.now.Unix(), "exp": s.now.Add(time.Hour).Unix(),
		},
		token: func(claims map[string]any) string { return signedBy(s.provider.key, claims) },
		more:  map[string]any{"token_type": "Bearer", "access_token": "opaque"},
	}
}

// arrive comes back with what the attempt says by now.
func (s *scene) arrive(a *attempt) *httptest.ResponseRecorder {
	s.Helper()
	answer := map[string]any{}
	for name, value := range a.more {
		answer[name] = value
	}
	if a.token != nil {
		answer["id_token"] = a.token(a.claims)
	}
	if code := a.query.Get("code"); code != "" && a.asked != nil {
		s.provider.codes[code] = promise{a.asked.Get("code_challenge"), a.asked.Get("redirect_uri"), answer}
	}
	return s.come(a)
}

// come comes back with an answer whose code the provider knows, or not any more.
func (s *scene) come(a *attempt) *httptest.ResponseRecorder {
	s.Helper()
	return s.send("GET", openIDAnswer+"?"+a.query.Encode(), nil, attemptCookie, a.browser)
}

// signIn is a session that began as it should.
func (s *scene) signIn(subject string) string {
	s.Helper()
	session := given(s.arrive(s.begin(subject)), sessionCookie)
	if session == "" {
		s.Fatal("whom the provider vouches for is not signed in")
	}
	return session
}

// accepted is a session that began by a password.
func (s *scene) accepted(p person) string {
	s.Helper()
	session := given(s.send("POST", "/invitations/"+p.invitation, url.Values{"password": {rightPassword}}), sessionCookie)
	if session == "" {
		s.Fatal("whoever has a link is not signed in")
	}
	return session
}

func (s *scene) login(name, password string, pairs ...string) *httptest.ResponseRecorder {
	s.Helper()
	return s.send("POST", "/login", url.Values{"name": {name}, "password": {password}}, pairs...)
}

// visit opens a page that is for those who have signed in.
func (s *scene) visit(session string, pairs ...string) *httptest.ResponseRecorder {
	s.Helper()
	return s.send("GET", private, nil, append([]string{sessionCookie, session}, pairs...)...)
}

// later moves the clock.
func (s *scene) later(d time.Duration) { s.now = s.now.Add(d) }

// refusal is one way in that is none.
type refusal struct {
	name string
	try  func(*scene) *httptest.ResponseRecorder
}

// forged is a refusal of an answer that is right but for one thing.
func forged(name string, change func(*scene, *attempt)) refusal {
	return refusal{name, func(s *scene) *httptest.ResponseRecorder {
		subject := s.subject()
		s.user(subject)
		a := s.begin(subject)
		change(s, a)
		return s.arrive(a)
	}}
}

// claimed is a refusal of an ID token that is right but for one claim.
func claimed(name, claim string, value any) refusal {
	return forged(name, func(_ *scene, a *attempt) { a.claims = with(a.claims, claim, value) })
}

// linked is a refusal of whoever opens a link and is called by what is not kept here.
func linked(name, subject string) refusal {
	return refusal{name, func(s *scene) *httptest.ResponseRecorder {
		return s.arrive(s.beginAt("/invitations/"+s.user("").invitation+"/openid", subject))
	}}
}

func TestNobodyIsLetInWhoShouldNotBe(t *testing.T) {
	s := newScene(t)
	all := slices.Concat(answersThatLie(), answersThatAreNotTheirs(), accountsThatAreNot(), passwordsAndLinks(), keysThatDoNotOpen(), sessionsThatHaveEnded())
	seen := make(map[string]bool)
	for _, r := range all {
		if seen[r.name] {
			t.Errorf("%q is there twice", r.name)
		}
		seen[r.name] = true
		t.Run(r.name, func(t *testing.T) {
			outer := s.T
			s.T = t
			defer func() { s.T = outer }()
			w := r.try(s)
			if given(w, sessionCookie) != "" {
				t.Error("a session begins")
			}
			if to := w.Header().Get("Location"); strings.HasPrefix(to, "/login/refused?") {
				w = s.send("GET", to, nil)
			}
			if to := w.Header().Get("Location"); w.Code < 400 && (w.Code != http.StatusSeeOther || to != "/login?next=%2Foperations") {
				t.Errorf("let in: %d %s", w.Code, to)
			}
			for _, secret := range []string{"code-", "Verifier", "oidc:", "user-", hostileSecret, s.provider.server.URL} {
				if strings.Contains(w.Body.String(), secret) {
					t.Errorf("the page gives %q away", secret)
				}
			}
		})
	}
	if len(all) < 30 {
		t.Errorf("only %d refusals", len(all))
	}
	t.Logf("%d refusals", len(all))
	s.T = t
	subject := s.subject()
	s.user(subject)
	if w := s.visit(s.signIn(subject)); w.Code != http.StatusOK {
		t.Errorf("whoever did nothing wrong is refused: %d", w.Code)
	}
}

// answersThatLie come from the provider's address, and say what is not so.
func answersThatLie() []refusal {
	past := func(d time.Duration) func(*scene, *attempt) {
		return func(s *scene, a *attempt) { a.claims = with(a.claims, "exp", s.now.Add(-d).Unix()) }
	}
	return []refusal{
		forged("an ID token that somebody else signed", func(s *scene, a *attempt) {
			a.token = func(c map[string]any) string { return signedBy(s.provider.other, c) }
		}),
		forged("an ID token that was changed after it was signed", func(s *scene, a *attempt) {
			genuine := signedBy(s.provider.key, with(a.claims, "acr", "loa1"))
			a.token = func(c map[string]any) string { return unsigned(rs256, c) + genuine[strings.LastIndex(genuine, "."):] }
		}),
		forged("an ID token that says it needs no signature", func(_ *scene, a *attempt) {
			a.token = func(c map[string]any) string { return unsigned(`{"alg":"none","typ":"JWT"}`, c) + "." }
		}),
		forged("an ID token whose signature is cut off", func(_ *scene, a *attempt) {
			a.token = func(c map[string]any) string { return unsigned(rs256, c) + "." }
		}),
		forged("an ID token signed with the public key as if it were a secret", func(s *scene, a *attempt) {
			a.token = func(c map[string]any) string { return mixed(s.provider.publicKey(), c) }
		}),
		forged("an ID token signed with the client's secret", func(_ *scene, a *attempt) {
			a.token = func(c map[string]any) string { return mixed([]byte(hostileSecret), c) }
		}),
		forged("an answer without an ID token", func(_ *scene, a *attempt) { a.token = nil }),
		forged("an ID token that has expired", past(time.Second)),
		claimed("an ID token without an end", "exp", nil),
		forged("an ID token that is not yet valid", func(s *scene, a *attempt) { a.claims = with(a.claims, "nbf", s.now.Add(time.Hour).Unix()) }),
		forged("an ID token from the future", func(s *scene, a *attempt) { a.claims = with(a.claims, "iat", s.now.Add(time.Hour).Unix()) }),
		claimed("an ID token for another audience", "aud", "another"),
		claimed("an ID token for nobody", "aud", nil),
		forged("an ID token for several audiences that does not say whose it is", func(_ *scene, a *attempt) {
			a.claims = with(with(a.claims, "aud", []string{hostileClient, "another"}), "azp", nil)
		}),
		claimed("an ID token that another party asked for", "azp", "another"),
		claimed("an ID token of another issuer", "iss", "https://login.example.org"),
		claimed("an ID token with another nonce", "nonce", "another"),
		claimed("an ID token without a nonce", "nonce", nil),
		claimed("an ID token beside an access token of somebody else's", "at_hash", encoded(make([]byte, 16))),
		claimed("a level of assurance that is too low", "acr", "loa2"),
		claimed("no level of assurance where one is required", "acr", nil),
		claimed("a level of assurance that only begins as one that is enough", "acr", "loa3x"),
		claimed("an ID token of nobody", "sub", nil),
		claimed("an ID token of a number", "sub", 17),
		linked("an ID token that names somebody by an identity number", "201012312391"),
		linked("an ID token that names somebody by an e-mail address", "kim@example.org"),
		linked("an ID token that names somebody by more than 255 characters", strings.Repeat("k", 256)),
	}
}

// answersThatAreNotTheirs are right, and come in the wrong hands or again.
func answersThatAreNotTheirs() []refusal {
	verifier := func(value string) func(*scene, *attempt) {
		return func(s *scene, _ *attempt) {
			if _, err := s.pool.Exec(s.Context(), `UPDATE access.attempt SET begun = jsonb_set(begun, '{Verifier}', to_jsonb($1::text))`, value); err != nil {
				s.Fatal(err)
			}
		}
	}
	return []refusal{
		forged("an answer without a state", func(_ *scene, a *attempt) { a.query.Del("state") }),
		forged("an answer with another state", func(_ *scene, a *attempt) { a.query.Set("state", "another") }),
		forged("an answer that another browser waits for", func(s *scene, a *attempt) { a.query = s.begin("user-x").query }),
		forged("an answer in a browser that waits for none", func(_ *scene, a *attempt) { a.browser = "" }),
		forged("an answer in a browser with a forged cookie", func(_ *scene, a *attempt) { a.browser = "rva_" + strings.Repeat("a", 52) }),
		forged("an answer that comes after ten minutes", func(s *scene, a *attempt) {
			s.later(access.AttemptLife)
			a.claims = with(a.claims, "exp", s.now.Add(time.Hour).Unix())
		}),
		forged("an answer without a code", func(_ *scene, a *attempt) { a.query.Del("code") }),
		forged("an answer of another provider", func(_ *scene, a *attempt) { a.query.Set("iss", "https://login.example.org") }),
		forged("an answer that does not say whose it is, of a provider that promised to", func(_ *scene, a *attempt) { a.query.Del("iss") }),
		forged("an answer that the user cancelled", func(_ *scene, a *attempt) { a.query.Set("error", "access_denied") }),
		forged("an answer with an error beside a code", func(_ *scene, a *attempt) { a.query.Set("error", "<script>alert(1)</script>") }),
		forged("an answer of a provider that cannot vouch for enough", func(_ *scene, a *attempt) { a.query.Set("error", "unmet_authentication_requirements") }),
		forged("a code without its verifier", verifier("")),
		forged("a code with another verifier", verifier(strings.Repeat("a", 43))),
		forged("a code that was caught and put into somebody else's answer", func(s *scene, a *attempt) {
			caught := s.begin("user-x")
			a.asked = caught.asked
		}),
		{"a code that was used already", func(s *scene) *httptest.ResponseRecorder {
			subject := s.subject()
			s.user(subject)
			first, second := s.begin(subject), s.begin(subject)
			s.arrive(first)
			second.query.Set("code", first.query.Get("code"))
			return s.come(second)
		}},
		{"a state that was used already, with a code that was not", func(s *scene) *httptest.ResponseRecorder {
			subject := s.subject()
			s.user(subject)
			a := s.begin(subject)
			s.arrive(a)
			a.query.Set("code", "a new one")
			return s.arrive(a)
		}},
		{"the whole answer again", func(s *scene) *httptest.ResponseRecorder {
			subject := s.subject()
			s.user(subject)
			a := s.begin(subject)
			s.arrive(a)
			return s.arrive(a)
		}},
		{"a provider that has gone away meanwhile", func(s *scene) *httptest.ResponseRecorder {
			s.provider.away = true
			defer func() { s.provider.away = false }()
			subject := s.subject()
			s.user(subject)
			return s.arrive(s.begin(subject))
		}},
		{"an API token, as a session", func(s *scene) *httptest.ResponseRecorder {
			p := s.user("")
			_, secret, err := s.accounts.AddToken(s.Context(), access.Grant{Account: p.Account, Roles: p.Roles, Everywhere: true})
			if err != nil {
				s.Fatal(err)
			}
			return s.visit(secret)
		}},
		{"what a browser waits with, as a session", func(s *scene) *httptest.ResponseRecorder { return s.visit(s.begin("user-x").browser) }},
	}
}

// accountsThatAreNot are of people whom the provider vouches for.
func accountsThatAreNot() []refusal {
	return []refusal{
		{"somebody who has no account", func(s *scene) *httptest.ResponseRecorder { return s.arrive(s.begin("user-nobody")) }},
		{"somebody whose account is disabled", func(s *scene) *httptest.ResponseRecorder {
			subject := s.subject()
			p := s.user(subject)
			s.signIn(subject)
			s.disable(p)
			return s.arrive(s.begin(subject))
		}},
		{"somebody who has another account, by a link to one more", func(s *scene) *httptest.ResponseRecorder {
			subject := s.subject()
			s.user(subject)
			return s.arrive(s.beginAt("/invitations/"+s.user("").invitation+"/openid", subject))
		}},
		{"a link that was used at the provider, once more there", func(s *scene) *httptest.ResponseRecorder {
			path := "/invitations/" + s.user("").invitation + "/openid"
			first, second := s.beginAt(path, s.subject()), s.beginAt(path, s.subject())
			if given(s.arrive(first), sessionCookie) == "" {
				s.Fatal("the link does not sign in")
			}
			return s.arrive(second)
		}},
		{"a link that was used at the provider, for a password", func(s *scene) *httptest.ResponseRecorder {
			p := s.user("")
			s.arrive(s.beginAt("/invitations/"+p.invitation+"/openid", s.subject()))
			return s.send("POST", "/invitations/"+p.invitation, url.Values{"password": {rightPassword}})
		}},
		{"a link that became too old at the provider", func(s *scene) *httptest.ResponseRecorder {
			p := s.user("")
			s.later(7*24*time.Hour - time.Minute)
			a := s.beginAt("/invitations/"+p.invitation+"/openid", s.subject())
			s.later(2 * time.Minute)
			return s.arrive(a)
		}},
		{"a password that the account had before the provider vouched", func(s *scene) *httptest.ResponseRecorder {
			p := s.user("")
			s.accepted(p)
			p.Subject = s.subject()
			if _, _, err := s.accounts.SetLogin(s.Context(), p.Login); err != nil {
				s.Fatal(err)
			}
			return s.login(p.Name, rightPassword)
		}},
		{"the provider's user, after a password was chosen instead", func(s *scene) *httptest.ResponseRecorder {
			subject := s.subject()
			p := s.user(subject)
			invitation, err := s.accounts.NewLink(s.Context(), p.Account)
			if err != nil {
				s.Fatal(err)
			}
			s.accepted(person{p.Login, invitation})
			return s.arrive(s.begin(subject))
		}},
	}
}

// passwordsAndLinks are wrong, or not any more.
func passwordsAndLinks() []refusal {
	return []refusal{
		{"another password", func(s *scene) *httptest.ResponseRecorder {
			p := s.user("")
			s.accepted(p)
			return s.login(p.Name, "not the password")
		}},
		{"a name that nobody has", func(s *scene) *httptest.ResponseRecorder { return s.login("nobody", rightPassword) }},
		{"the right password, too soon after many wrong ones", func(s *scene) *httptest.ResponseRecorder {
			p := s.user("")
			s.accepted(p)
			for range 6 {
				s.login(p.Name, "not the password")
			}
			return s.login(p.Name, rightPassword)
		}},
		{"a password before one was chosen", func(s *scene) *httptest.ResponseRecorder { return s.login(s.user("").Name, rightPassword) }},
		{"a password of a disabled account", func(s *scene) *httptest.ResponseRecorder {
			p := s.user("")
			s.accepted(p)
			s.disable(p)
			return s.login(p.Name, rightPassword)
		}},
		{"the right password from a page of another site", func(s *scene) *httptest.ResponseRecorder {
			p := s.user("")
			s.accepted(p)
			return s.login(p.Name, rightPassword, "Sec-Fetch-Site", "cross-site", "Origin", "https://example.org")
		}},
		{"a link that was used already", func(s *scene) *httptest.ResponseRecorder {
			p := s.user("")
			s.accepted(p)
			return s.send("POST", "/invitations/"+p.invitation, url.Values{"password": {rightPassword}})
		}},
		{"a link that is too old", func(s *scene) *httptest.ResponseRecorder {
			p := s.user("")
			s.later(7 * 24 * time.Hour)
			return s.send("POST", "/invitations/"+p.invitation, url.Values{"password": {rightPassword}})
		}},
		{"a link that a later one replaced", func(s *scene) *httptest.ResponseRecorder {
			p := s.user("")
			if _, err := s.accounts.NewLink(s.Context(), p.Account); err != nil {
				s.Fatal(err)
			}
			return s.send("POST", "/invitations/"+p.invitation, url.Values{"password": {rightPassword}})
		}},
		{"a link that becomes the provider's user's, from plain http elsewhere", func(s *scene) *httptest.ResponseRecorder {
			r := httptest.NewRequest("GET", "http://rackvidd.example.org/invitations/"+s.user("").invitation+"/openid", nil)
			w := httptest.NewRecorder()
			s.pages.ServeHTTP(w, r)
			return w
		}},
	}
}

// sessionsThatHaveEnded were good once, or never.
func sessionsThatHaveEnded() []refusal {
	ended := func(name string, end func(s *scene, p person, session string) string) refusal {
		return refusal{name, func(s *scene) *httptest.ResponseRecorder {
			subject := s.subject()
			p := s.user(subject)
			session := s.signIn(subject)
			if w := s.visit(session); w.Code != http.StatusOK {
				s.Fatalf("a session that has not ended is refused: %d", w.Code)
			}
			return s.visit(end(s, p, session))
		}}
	}
	return []refusal{
		ended("a session after signing out", func(s *scene, _ person, session string) string {
			s.send("POST", "/logout", nil, sessionCookie, session)
			return session
		}),
		ended("a session after the role was changed", func(s *scene, p person, session string) string {
			p.Roles = []access.Role{access.Auditor}
			if _, _, err := s.accounts.SetLogin(s.Context(), p.Login); err != nil {
				s.Fatal(err)
			}
			return session
		}),
		ended("a session after the account was disabled", func(s *scene, p person, session string) string {
			s.disable(p)
			return session
		}),
		ended("a session that nobody has used for two hours", func(s *scene, _ person, session string) string {
			s.later(access.SessionIdle + time.Second)
			return session
		}),
		ended("a session that is twelve hours old, however much it is used", func(s *scene, _ person, session string) string {
			for end := s.now.Add(access.SessionLife); s.now.Before(end); s.later(time.Hour) {
				if s.visit(session).Code != http.StatusOK {
					s.Fatal("a session in use ends")
				}
			}
			return session
		}),
		ended("a session from before the account became another user's of the provider", func(s *scene, p person, session string) string {
			p.Subject = s.subject()
			if _, _, err := s.accounts.SetLogin(s.Context(), p.Login); err != nil {
				s.Fatal(err)
			}
			return session
		}),
		ended("a cookie that was planted before somebody signed in", func(s *scene, p person, _ string) string {
			planted := "rvs_" + strings.Repeat("p", 52)
			a := s.begin(p.Subject)
			s.provider.codes[a.query.Get("code")] = promise{a.asked.Get("code_challenge"), a.asked.Get("redirect_uri"), map[string]any{"token_type": "Bearer", "access_token": "x", "id_token": a.token(a.claims)}}
			w := s.send("GET", openIDAnswer+"?"+a.query.Encode(), nil, attemptCookie, a.browser, sessionCookie, planted)
			if given(w, sessionCookie) == "" || given(w, sessionCookie) == planted {
				s.Fatal("signing in leaves the cookie as it was")
			}
			return planted
		}),
		ended("a session with another end", func(_ *scene, _ person, session string) string {
			return session[:len(session)-4] + "aaaa"
		}),
		{"a cookie of somebody whose role is another", func(s *scene) *httptest.ResponseRecorder {
			p := s.user("")
			p.Roles = []access.Role{access.Auditor}
			l, _, err := s.accounts.SetLogin(s.Context(), p.Login)
			if err != nil {
				s.Fatal(err)
			}
			return s.visit(s.accepted(person{l, p.invitation}))
		}},
		{"no session at all", func(s *scene) *httptest.ResponseRecorder { return s.visit("") }},
		{"a session as a bearer token", func(s *scene) *httptest.ResponseRecorder {
			return s.visit("", "Authorization", "Bearer "+s.accepted(s.user("")))
		}},
	}
}

func (s *scene) disable(p person) {
	s.Helper()
	if err := s.accounts.DisableAccount(s.Context(), p.Account); err != nil {
		s.Fatal(err)
	}
}

func TestAWrongPasswordAnUnknownNameAndOneThatMustWaitAreAnsweredAlike(t *testing.T) {
	s := newScene(t)
	p := s.user("")
	s.accepted(p)
	answers := []string{s.login(p.Name, "not the password").Body.String(), s.login("nobody", "not the password").Body.String()}
	for range 6 {
		s.login(p.Name, "not the password")
	}
	answers = append(answers, s.login(p.Name, rightPassword).Body.String())
	for i, answer := range answers {
		if got := strings.NewReplacer(p.Name, "", "nobody", "").Replace(answer); got != strings.NewReplacer(p.Name, "").Replace(answers[0]) {
			t.Errorf("the answer %d differs:\n%s", i, got)
		}
	}
}

func TestSigningInByTheProviderLeadsToAPageOfOursAlone(t *testing.T) {
	s := newScene(t)
	subject := s.subject()
	s.user(subject)
	for next, want := range map[string]string{
		"/operations": "/operations", "https://example.org/": "/", "//example.org": "/", `/\example.org`: "/", "javascript:alert(1)": "/", "": "/",
	} {
		w := s.arrive(s.beginAt("/login/openid?next="+url.QueryEscape(next), subject))
		session := given(w, sessionCookie)
		if kept := s.send("GET", w.Header().Get("Location"), nil, sessionCookie, session); kept.Header().Get("Location") != want {
			t.Errorf("%q leads to %q", next, kept.Header().Get("Location"))
		}
	}
	if w := s.send("GET", "/login/kept?next=//example.org", nil, sessionCookie, s.signIn(subject)); w.Header().Get("Location") != "/" {
		t.Errorf("%q", w.Header().Get("Location"))
	}
}

func TestAPageThatStandsOpenIsToldHowLongItsReaderStaysSignedIn(t *testing.T) {
	s := newScene(t)
	p := s.user("")
	session := s.accepted(p)
	left := func(path string) (answer struct{ Unused, Used int }, status int) {
		w := s.send("GET", path, nil, sessionCookie, session)
		if w.Code == http.StatusOK && json.Unmarshal(w.Body.Bytes(), &answer) != nil {
			t.Fatal(w.Body)
		}
		return answer, w.Code
	}
	for range 5 { // asking is no use of the session
		s.later(20 * time.Minute)
		if _, status := left("/login/left"); status != http.StatusOK {
			t.Fatal(status)
		}
	}
	if got, _ := left("/login/left"); got.Unused != 20*60 || got.Used != 10*3600+20*60 {
		t.Errorf("before the session is used: %+v", got)
	}
	if got, _ := left("/login/stay"); got.Unused != 2*3600 {
		t.Errorf("after it is used: %+v", got)
	}
	for range 8 {
		s.later(time.Hour)
		left("/login/stay")
	}
	s.later(time.Hour)
	if got, _ := left("/login/left"); got.Unused != 3600 || got.Used != 3600+20*60 {
		t.Errorf("towards the end: %+v", got)
	}
	left("/login/stay")
	if got, _ := left("/login/left"); got.Unused != got.Used {
		t.Errorf("when nothing keeps it longer: %+v", got)
	}
	s.later(2 * time.Hour)
	if _, status := left("/login/left"); status != http.StatusUnauthorized {
		t.Errorf("afterwards: %d", status)
	}
	if w := s.send("POST", "/account/passkeys", nil, sessionCookie, session); w.Header().Get("Location") != "/login?ended=yes&next=%2F" {
		t.Errorf("a form that is sent then leads to %q", w.Header().Get("Location"))
	}
}

func TestWhatIsAskedOfTheProvider(t *testing.T) {
	s := newScene(t)
	asked := s.begin("user-x").asked
	for name, want := range map[string]string{
		"response_type": "code", "client_id": hostileClient, "redirect_uri": ours + "/login/openid/answer", "scope": "openid", "code_challenge_method": "S256",
		"acr_values": "loa3 loa4", "prompt": "login",
	} {
		if got := asked.Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	again := s.begin("user-x").asked
	for _, name := range []string{"state", "nonce", "code_challenge"} {
		if len(asked.Get(name)) < 43 || asked.Get(name) == again.Get(name) {
			t.Errorf("%s is %q, and then %q", name, asked.Get(name), again.Get(name))
		}
	}
}

func TestAProviderIsNamedByASafeAddressAndAClient(t *testing.T) {
	for _, wrong := range []access.OpenIDConfig{
		{Issuer: "http://login.example.org", ClientID: "x"}, {Issuer: "login.example.org", ClientID: "x"}, {Issuer: "https://login.example.org"}, {Issuer: "ftp://localhost", ClientID: "x"},
	} {
		var invalid *access.InvalidError
		if err := wrong.Check(); !errors.As(err, &invalid) {
			t.Errorf("%+v: %v", wrong, err)
		}
	}
	for _, right := range []access.OpenIDConfig{{}, {Issuer: "https://login.example.org/tenant", ClientID: "x"}, {Issuer: "http://localhost:5556", ClientID: "x"}} {
		if err := right.Check(); err != nil {
			t.Errorf("%+v: %v", right, err)
		}
	}
}
