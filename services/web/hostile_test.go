package web

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

const (
	hostileClient = "rackvidd"
	hostileSecret = "shown to the provider"
	hostileKey    = "key1"
)

var encoded = base64.RawURLEncoding.EncodeToString

// hostile is an identity provider with real keys that says whatever a test wants, and otherwise does as it should: a code
// is good once, for the redirect and the verifier that it was asked for with.
type hostile struct {
	server *httptest.Server
	key    *rsa.PrivateKey
	other  *rsa.PrivateKey // nobody's whom we trust
	codes  map[string]promise
	away   bool
}

// promise is what a code stands for.
type promise struct {
	challenge, redirect string
	answer              map[string]any
}

func newHostile(t *testing.T) *hostile {
	t.Helper()
	h := &hostile{codes: make(map[string]promise)}
	for _, key := range []**rsa.PrivateKey{&h.key, &h.other} {
		made, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		*key = made
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", h.about)
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		answerJSON(w, http.StatusOK, map[string]any{"keys": []any{map[string]any{
			"kty": "RSA", "kid": hostileKey, "use": "sig", "n": encoded(h.key.N.Bytes()), "e": encoded(big.NewInt(int64(h.key.E)).Bytes()),
		}}})
	})
	mux.HandleFunc("POST /token", h.token)
	h.server = httptest.NewServer(mux)
	t.Cleanup(h.server.Close)
	return h
}

func answerJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // whoever asked has gone
}

func (h *hostile) about(w http.ResponseWriter, _ *http.Request) {
	at := h.server.URL
	answerJSON(w, http.StatusOK, map[string]any{
		"issuer": at, "authorization_endpoint": at + "/authorize", "token_endpoint": at + "/token", "jwks_uri": at + "/keys", "end_session_endpoint": at + "/end",
		"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"}, "authorization_response_iss_parameter_supported": true,
	})
}

// token gives what a code stands for, once (RFC 6749 4.1.3, RFC 7636 4.6).
func (h *hostile) token(w http.ResponseWriter, r *http.Request) {
	name, secret, _ := r.BasicAuth()
	promised, known := h.codes[r.FormValue("code")]
	delete(h.codes, r.FormValue("code"))
	verifier := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	switch {
	case h.away:
		w.WriteHeader(http.StatusBadGateway)
	case name != hostileClient || secret != url.QueryEscape(hostileSecret):
		answerJSON(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client"})
	case !known || r.FormValue("redirect_uri") != promised.redirect || encoded(verifier[:]) != promised.challenge:
		answerJSON(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant"})
	default:
		answerJSON(w, http.StatusOK, promised.answer)
	}
}

// unsigned is a token's header and claims.
func unsigned(header string, claims map[string]any) string {
	raw, err := json.Marshal(claims)
	if err != nil {
		panic(err) // a test's own mistake
	}
	return encoded([]byte(header)) + "." + encoded(raw)
}

const rs256 = `{"alg":"RS256","typ":"JWT","kid":"` + hostileKey + `"}`

func signedBy(by *rsa.PrivateKey, claims map[string]any) string {
	text := unsigned(rs256, claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, by, crypto.SHA256, sum[:])
	if err != nil {
		panic(err) // a test's own mistake
	}
	return text + "." + encoded(signature)
}

// mixed signs with what everybody knows, as if it were a secret.
func mixed(secret []byte, claims map[string]any) string {
	text := unsigned(`{"alg":"HS256","typ":"JWT","kid":"`+hostileKey+`"}`, claims)
	sum := hmac.New(sha256.New, secret)
	sum.Write([]byte(text))
	return text + "." + encoded(sum.Sum(nil))
}

func (h *hostile) publicKey() []byte {
	der, err := x509.MarshalPKIXPublicKey(&h.key.PublicKey)
	if err != nil {
		panic(err) // a test's own mistake
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// with is claims where one is another; nil takes it away.
func with(claims map[string]any, name string, value any) map[string]any {
	changed := maps.Clone(claims)
	changed[name] = value
	if value == nil {
		delete(changed, name)
	}
	return changed
}
