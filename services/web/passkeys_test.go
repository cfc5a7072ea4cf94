package web

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"rackvidd/services/access"
)

// Flags of an authenticator's data (WebAuthn 6.1).
const (
	userPresent  = 1 << 0
	userVerified = 1 << 2
	canBackUp    = 1 << 3
	withNewData  = 1 << 6
)

// authenticator is a key in software that answers as a browser and a telephone do together, or as a test wants.
type authenticator struct {
	key            *ecdsa.PrivateKey
	id, handle     []byte
	counter        uint32
	flags          byte
	domain, origin string
}

func newAuthenticator(t *testing.T) *authenticator {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 32)
	rand.Read(id)
	return &authenticator{key: key, id: id, flags: userPresent | userVerified, domain: "localhost", origin: ours}
}

// data is what is signed of the authenticator itself.
func (a *authenticator) data(flags byte, more []byte) []byte {
	domain := sha256.Sum256([]byte(a.domain))
	return slices.Concat(domain[:], []byte{flags}, binary.BigEndian.AppendUint32(nil, a.counter), more)
}

// client is what is signed of the page.
func (a *authenticator) client(kind, challenge string) []byte {
	raw, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": a.origin, "crossOrigin": false})
	if err != nil {
		panic(err) // a test's own mistake
	}
	return raw
}

// cborBytes writes bytes as CBOR has them.
func cborBytes(b []byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0x59}, uint16(len(b))), b...)
}

// public is the key as COSE has it: an elliptic curve key of P-256 for ES256.
func (a *authenticator) public() []byte {
	point, err := a.key.PublicKey.Bytes()
	if err != nil {
		panic(err) // a test's own mistake
	}
	return slices.Concat([]byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21}, cborBytes(point[1:33]), []byte{0x22}, cborBytes(point[33:]))
}

// answer is a credential as a script sends it.
func (a *authenticator) answer(response map[string]string) string {
	raw, err := json.Marshal(map[string]any{"id": encoded(a.id), "rawId": encoded(a.id), "type": "public-key", "clientExtensionResults": map[string]any{}, "response": response})
	if err != nil {
		panic(err) // a test's own mistake
	}
	return string(raw)
}

// make answers a page that wants a new key.
func (a *authenticator) make(challenge string) string {
	credential := slices.Concat(make([]byte, 16), binary.BigEndian.AppendUint16(nil, uint16(len(a.id))), a.id, a.public())
	object := slices.Concat([]byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData"), cborBytes(a.data(a.flags|withNewData, credential)))
	return a.answer(map[string]string{"clientDataJSON": encoded(a.client("webauthn.create", challenge)), "attestationObject": encoded(object)})
}

// unlock answers a page that wants to know who it is.
func (a *authenticator) unlock(challenge string) string {
	a.counter++
	client, data := a.client("webauthn.get", challenge), a.data(a.flags, nil)
	hash := sha256.Sum256(client)
	sum := sha256.Sum256(append(slices.Clone(data), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, sum[:])
	if err != nil {
		panic(err) // a test's own mistake
	}
	return a.answer(map[string]string{"clientDataJSON": encoded(client), "authenticatorData": encoded(data), "signature": encoded(signature), "userHandle": encoded(a.handle)})
}

// asked begins something with a passkey, and returns the challenge, whom it is for, and the browser's cookie.
func (s *scene) asked(path string, form url.Values, pairs ...string) (challenge, user, browser string) {
	s.Helper()
	w := s.send("POST", path, form, pairs...)
	var begun struct {
		Options struct {
			Challenge        string
			User             struct{ ID string }
			UserVerification string
			RPID             string `json:"rpId"`
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &begun); err != nil || w.Code != http.StatusOK {
		s.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	return begun.Options.Challenge, begun.Options.User.ID, given(w, attemptCookie)
}

// add gives somebody who has signed in a passkey, and returns what the page answers.
func (s *scene) add(session string, a *authenticator) *httptest.ResponseRecorder {
	s.Helper()
	challenge, user, browser := s.asked("/account/passkeys/begin", url.Values{"password": {rightPassword}}, sessionCookie, session)
	var err error
	if a.handle, err = base64.RawURLEncoding.DecodeString(user); err != nil {
		s.Fatal(err)
	}
	return s.send("POST", "/account/passkeys", url.Values{"credential": {a.make(challenge)}}, sessionCookie, session, attemptCookie, browser)
}

// withPasskey is somebody who has a passkey beside the password.
func (s *scene) withPasskey() (person, *authenticator) {
	s.Helper()
	p, a := s.user(""), newAuthenticator(s.T)
	if w := s.add(s.accepted(p), a); w.Header().Get("Location") != "/account?done=passkey_added" {
		s.Fatalf("a passkey is not added: %d %s", w.Code, withoutMenu(w.Body.String()))
	}
	return p, a
}

// unlocked signs in by a passkey.
func (s *scene) unlocked(a *authenticator) *httptest.ResponseRecorder {
	s.Helper()
	challenge, _, browser := s.asked("/login/passkey/begin", nil)
	return s.answers(a.unlock(challenge), browser)
}

func (s *scene) answers(credential, browser string, pairs ...string) *httptest.ResponseRecorder {
	s.Helper()
	return s.send("POST", "/login/passkey", url.Values{"credential": {credential}, "next": {private}}, append(pairs, attemptCookie, browser)...)
}

// keysThatDoNotOpen are passkeys, and what says it is one.
func keysThatDoNotOpen() []refusal {
	changed := func(name string, change func(*scene, person, *authenticator)) refusal {
		return refusal{name, func(s *scene) *httptest.ResponseRecorder {
			p, a := s.withPasskey()
			if given(s.unlocked(a), sessionCookie) == "" {
				s.Fatal("whoever unlocks a passkey is not signed in")
			}
			change(s, p, a)
			return s.unlocked(a)
		}}
	}
	return []refusal{
		changed("a passkey on a page of another origin", func(_ *scene, _ person, a *authenticator) { a.origin = "https://rackvidd.example.org" }),
		changed("a passkey on another port of this machine", func(_ *scene, _ person, a *authenticator) { a.origin = "http://localhost:8081" }),
		changed("a passkey for another domain", func(_ *scene, _ person, a *authenticator) { a.domain = "example.org" }),
		changed("a passkey whose owner did not unlock it", func(_ *scene, _ person, a *authenticator) { a.flags &^= userVerified }),
		changed("a passkey that nobody touched", func(_ *scene, _ person, a *authenticator) { a.flags &^= userPresent }),
		changed("a passkey that can be copied, and could not when it was added", func(_ *scene, _ person, a *authenticator) { a.flags |= canBackUp }),
		changed("a passkey whose counter goes backwards", func(_ *scene, _ person, a *authenticator) { a.counter = 0 }),
		changed("a passkey whose counter stands still", func(_ *scene, _ person, a *authenticator) { a.counter-- }),
		changed("a passkey that another key signs for", func(s *scene, _ person, a *authenticator) { a.key = newAuthenticator(s.T).key }),
		changed("a passkey in another user's name", func(s *scene, _ person, a *authenticator) {
			_, other := s.withPasskey()
			a.handle = other.handle
		}),
		changed("another user's passkey in one's own name", func(s *scene, _ person, a *authenticator) {
			_, other := s.withPasskey()
			a.id = other.id
		}),
		changed("a passkey that says no name", func(_ *scene, _ person, a *authenticator) { a.handle = nil }),
		changed("a passkey of nobody", func(_ *scene, _ person, a *authenticator) { a.handle = make([]byte, 16) }),
		changed("a passkey of a disabled account", func(s *scene, p person, _ *authenticator) { s.disable(p) }),
		changed("a passkey from before the identity provider vouched", func(s *scene, p person, _ *authenticator) {
			p.Subject = s.subject()
			if _, _, err := s.accounts.SetLogin(s.Context(), p.Login); err != nil {
				s.Fatal(err)
			}
		}),
		changed("a passkey from before a new link was used", func(s *scene, p person, _ *authenticator) {
			invitation, err := s.accounts.NewLink(s.Context(), p.Account)
			if err != nil {
				s.Fatal(err)
			}
			s.accepted(person{p.Login, invitation})
		}),
		changed("a passkey that was removed", func(s *scene, p person, _ *authenticator) {
			session := given(s.login(p.Name, rightPassword), sessionCookie)
			ways, err := s.accounts.Ways(s.Context(), p.Account)
			if err != nil || len(ways.Passkeys) != 1 {
				s.Fatalf("%+v %v", ways, err)
			}
			s.send("POST", "/account/passkeys/"+ways.Passkeys[0].ID+"/remove", nil, sessionCookie, session)
			if s.visit(session).Code != http.StatusOK {
				s.Fatal("removing a passkey ends the session that did")
			}
		}),
		{"a passkey's answer to another challenge", func(s *scene) *httptest.ResponseRecorder {
			_, a := s.withPasskey()
			_, _, browser := s.asked("/login/passkey/begin", nil)
			other, _, _ := s.asked("/login/passkey/begin", nil)
			return s.answers(a.unlock(other), browser)
		}},
		{"a passkey's answer again", func(s *scene) *httptest.ResponseRecorder {
			_, a := s.withPasskey()
			challenge, _, browser := s.asked("/login/passkey/begin", nil)
			answer := a.unlock(challenge)
			if given(s.answers(answer, browser), sessionCookie) == "" {
				s.Fatal("whoever unlocks a passkey is not signed in")
			}
			return s.answers(answer, browser)
		}},
		{"a passkey's answer after ten minutes", func(s *scene) *httptest.ResponseRecorder {
			_, a := s.withPasskey()
			challenge, _, browser := s.asked("/login/passkey/begin", nil)
			s.later(access.AttemptLife)
			return s.answers(a.unlock(challenge), browser)
		}},
		{"a passkey's answer in a browser that did not ask", func(s *scene) *httptest.ResponseRecorder {
			_, a := s.withPasskey()
			challenge, _, _ := s.asked("/login/passkey/begin", nil)
			return s.answers(a.unlock(challenge), "")
		}},
		{"a passkey's answer from a page of another site", func(s *scene) *httptest.ResponseRecorder {
			_, a := s.withPasskey()
			challenge, _, browser := s.asked("/login/passkey/begin", nil)
			return s.answers(a.unlock(challenge), browser, "Sec-Fetch-Site", "cross-site", "Origin", "https://example.org")
		}},
		{"a passkey's answer to a page that wanted a new key", func(s *scene) *httptest.ResponseRecorder {
			p, a := s.withPasskey()
			session := given(s.login(p.Name, rightPassword), sessionCookie)
			challenge, _, browser := s.asked("/account/passkeys/begin", url.Values{"password": {rightPassword}}, sessionCookie, session)
			return s.answers(a.unlock(challenge), browser)
		}},
		{"no passkey, but nonsense", func(s *scene) *httptest.ResponseRecorder {
			_, _, browser := s.asked("/login/passkey/begin", nil)
			return s.answers(`{"id":"`+strings.Repeat("[", 10_000)+`"}`, browser)
		}},
		{"a new passkey without the password", func(s *scene) *httptest.ResponseRecorder {
			return s.send("POST", "/account/passkeys/begin", url.Values{"password": {"not the password"}}, sessionCookie, s.accepted(s.user("")))
		}},
		{"a new passkey of whoever the identity provider vouches for", func(s *scene) *httptest.ResponseRecorder {
			subject := s.subject()
			s.user(subject)
			return s.send("POST", "/account/passkeys/begin", url.Values{"password": {""}}, sessionCookie, s.signIn(subject))
		}},
		{"a new passkey that was begun with the password before", func(s *scene) *httptest.ResponseRecorder {
			p := s.user("")
			session := s.accepted(p)
			challenge, _, browser := s.asked("/account/passkeys/begin", url.Values{"password": {rightPassword}}, sessionCookie, session)
			invitation, err := s.accounts.NewLink(s.Context(), p.Account)
			if err != nil {
				s.Fatal(err)
			}
			session = s.accepted(person{p.Login, invitation})
			return s.send("POST", "/account/passkeys", url.Values{"credential": {newAuthenticator(s.T).make(challenge)}}, sessionCookie, session, attemptCookie, browser)
		}},
		{"a new passkey that its owner did not unlock", func(s *scene) *httptest.ResponseRecorder {
			a := newAuthenticator(s.T)
			a.flags &^= userVerified
			return s.add(s.accepted(s.user("")), a)
		}},
		{"a new passkey that was made on another page", func(s *scene) *httptest.ResponseRecorder {
			a := newAuthenticator(s.T)
			a.origin = "https://rackvidd.example.org"
			return s.add(s.accepted(s.user("")), a)
		}},
		{"a new passkey that is another user's already", func(s *scene) *httptest.ResponseRecorder {
			_, a := s.withPasskey()
			return s.add(s.accepted(s.user("")), a)
		}},
		{"a new passkey that somebody else in another session began", func(s *scene) *httptest.ResponseRecorder {
			mine, theirs := s.accepted(s.user("")), s.accepted(s.user(""))
			challenge, _, browser := s.asked("/account/passkeys/begin", url.Values{"password": {rightPassword}}, sessionCookie, mine)
			return s.send("POST", "/account/passkeys", url.Values{"credential": {newAuthenticator(s.T).make(challenge)}}, sessionCookie, theirs, attemptCookie, browser)
		}},
	}
}

func TestAPasskeySignsInBesideThePasswordAndItsCounterIsKept(t *testing.T) {
	s := newScene(t)
	p, a := s.withPasskey()
	for range 3 {
		w := s.unlocked(a)
		if w.Header().Get("Location") != "/login/kept?next=%2Foperations" || s.visit(given(w, sessionCookie)).Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, withoutMenu(w.Body.String()))
		}
	}
	var counter int
	var used bool
	if err := s.pool.QueryRow(t.Context(), `SELECT (credential->'authenticator'->>'signCount')::int, used = $1 FROM access.passkey`, s.now).Scan(&counter, &used); err != nil || counter != 3 || !used {
		t.Errorf("counter %d, used now: %v, %v", counter, used, err)
	}
	session := given(s.login(p.Name, rightPassword), sessionCookie)
	if page := s.send("GET", "/account", nil, sessionCookie, session).Body.String(); strings.Count(page, "/remove") != 1 {
		t.Error("the passkey is not on the page of the account")
	}
	ways, err := s.accounts.Ways(t.Context(), p.Account)
	if err != nil {
		t.Fatal(err)
	}
	if w := s.send("POST", "/account/passkeys/"+ways.Passkeys[0].ID+"/remove", nil, sessionCookie, s.accepted(s.user(""))); w.Code != http.StatusNotFound {
		t.Errorf("somebody else removes it: %d", w.Code)
	}
	list, err := s.accounts.ListLogins(t.Context())
	if err != nil || list[0].Passkeys != 1 {
		t.Errorf("%+v %v", list, err)
	}
}

func TestAnAddressThatIsANumberHasNoPasskeys(t *testing.T) {
	for origin, want := range map[string]bool{"http://localhost:8080": true, "https://rackvidd.example.org": true, "http://127.0.0.1:8080": false, "http://[::1]:8080": false, "": false} {
		if access.PasskeysAt(origin) != want {
			t.Errorf("%s: %v", origin, !want)
		}
	}
}
