package web

import (
	"crypto/rsa"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"
)

const loggedOut = "http://schemas.openid.net/event/backchannel-logout"

// signInAs is a session that the provider has a name for.
func (s *scene) signInAs(subject, session string) string {
	s.Helper()
	a := s.begin(subject)
	a.claims = with(a.claims, "sid", session)
	secret := given(s.arrive(a), sessionCookie)
	if secret == "" {
		s.Fatal("whom the provider vouches for is not signed in")
	}
	return secret
}

// logoutToken is what the provider says of a user's sessions, or of one: nil leaves either out.
func (s *scene) logoutToken(subject, session any) map[string]any {
	claims := map[string]any{
		"iss": s.provider.server.URL, "aud": hostileClient, "iat": s.now.Unix(), "exp": s.now.Add(2 * time.Minute).Unix(), "jti": "1",
		"events": map[string]any{loggedOut: map[string]any{}},
	}
	return with(with(claims, "sub", subject), "sid", session)
}

// tell is the provider's call.
func (s *scene) tell(by *rsa.PrivateKey, claims map[string]any) int {
	s.Helper()
	return s.send("POST", "/logout/openid", url.Values{"logout_token": {signedBy(by, claims)}}).Code
}

func TestWhoeverIsSignedOutAtTheProviderIsSignedOutHere(t *testing.T) {
	s := newScene(t)
	subject, other := s.subject(), s.subject()
	s.user(subject)
	s.user(other)
	phone, desk, older, others := s.signInAs(subject, "phone"), s.signInAs(subject, "desk"), s.signIn(subject), s.signInAs(other, "desk 2")
	standing := func(want ...string) {
		t.Helper()
		for i, session := range []string{phone, desk, older, others} {
			if stands := s.visit(session).Code == http.StatusOK; stands != slices.Contains(want, session) {
				t.Errorf("the session %d stands: %v", i, stands)
			}
		}
	}
	standing(phone, desk, older, others)
	for _, step := range []struct {
		why    string
		claims map[string]any
		left   []string
	}{
		{"a session that was never here", s.logoutToken(nil, "elsewhere"), []string{phone, desk, older, others}},
		{"one session by its name", s.logoutToken(nil, "phone"), []string{desk, older, others}},
		{"one by its name and user, and those of the user that have no name", s.logoutToken(subject, "desk"), []string{others}},
		{"again", s.logoutToken(subject, "desk"), []string{others}},
		{"all of a user's", s.logoutToken(other, nil), nil},
	} {
		if status := s.tell(s.provider.key, step.claims); status != http.StatusOK {
			t.Errorf("%s: %d", step.why, status)
		}
		standing(step.left...)
	}
}

func TestNoSessionEndsByAWordThatIsNotTheProviders(t *testing.T) {
	s := newScene(t)
	subject := s.subject()
	s.user(subject)
	session := s.signInAs(subject, "phone")
	right := s.logoutToken(subject, "phone")
	for name, claims := range map[string]map[string]any{
		"of another issuer":          with(right, "iss", "https://login.example.org"),
		"for another client":         with(right, "aud", "somebody else"),
		"an ID token":                with(right, "events", nil),
		"of another event":           with(right, "events", map[string]any{"http://schemas.openid.net/event/other": map[string]any{}}),
		"with a nonce":               with(right, "nonce", "x"),
		"from before":                with(right, "iat", s.now.Add(-6*time.Minute).Unix()),
		"from the future":            with(right, "iat", s.now.Add(5*time.Minute).Unix()),
		"that has run out":           with(right, "exp", s.now.Add(-2*time.Minute).Unix()),
		"that says of nobody":        s.logoutToken(nil, nil),
		"whose session is no text":   with(right, "sid", 7),
		"whose events are no object": with(right, "events", loggedOut),
	} {
		if status := s.tell(s.provider.key, claims); status != http.StatusBadRequest {
			t.Errorf("a token %s: %d", name, status)
		}
	}
	if status := s.tell(s.provider.other, right); status != http.StatusBadRequest {
		t.Errorf("signed by another: %d", status)
	}
	for name, token := range map[string]string{
		"none": "", "no token": "x.y.z", "unsigned": unsigned(`{"alg":"none"}`, right) + ".", "signed with what everybody knows": mixed(s.provider.publicKey(), right),
	} {
		if status := s.send("POST", "/logout/openid", url.Values{"logout_token": {token}}).Code; status != http.StatusBadRequest {
			t.Errorf("%s: %d", name, status)
		}
	}
	if status := s.send("POST", "/logout/openid", url.Values{"logout_token": {signedBy(s.provider.key, right)}}, "Sec-Fetch-Site", "cross-site").Code; status != http.StatusForbidden {
		t.Errorf("by a browser of another site: %d", status)
	}
	if s.visit(session).Code != http.StatusOK {
		t.Error("the session has ended")
	}
	if status := s.tell(s.provider.key, with(right, "exp", nil)); status != http.StatusOK || s.visit(session).Code == http.StatusOK {
		t.Errorf("what an older provider sends, without an end, ends nothing: %d", status)
	}
}
