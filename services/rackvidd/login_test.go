package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// visitor is a browser that keeps one cookie and follows nothing.
type visitor struct {
	t       *testing.T
	address string
	session string
}

// send asks for a page, or sends a form where there is one. Headers come in pairs; Host is one of them.
func (v *visitor) send(method, path string, form url.Values, headers ...string) *http.Response {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), method, v.address+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if v.session != "" {
		r.AddCookie(&http.Cookie{Name: "__Host-session", Value: v.session})
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	answered, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(func() { answered.Body.Close() })
	return answered
}

// cookie is the session that an answer gives, none where it gives none.
func cookie(answered *http.Response) *http.Cookie {
	for _, c := range answered.Cookies() {
		if c.Name == "__Host-session" {
			return c
		}
	}
	return nil
}

const loginPassword = "häst batteri klammer"

// letIn makes a user as an operator does, and returns the path of the link.
func (s *server) letIn(t *testing.T, name string, flags ...string) string {
	t.Helper()
	args := append([]string{"user", "add", name, "--data", s.data, "--server", s.address, "--login", name}, flags...)
	cmd := exec.Command(program, args...)
	cmd.Env = cleanEnvironment()
	out, err := cmd.CombinedOutput()
	link := regexp.MustCompile(`/invitations/\S+`).FindString(string(out))
	if err != nil || link == "" {
		t.Fatalf("%v: %s", err, out)
	}
	return link
}

func TestSomebodySignsInAndNobodyElse(t *testing.T) {
	t.Parallel()
	s := serve(t, dataDir(t))
	link := s.letIn(t, "kim", "--role", "back_office", "--municipality", "1880")
	v := &visitor{t: t, address: s.address}
	if got := v.send("GET", link, nil); got.StatusCode != http.StatusOK {
		t.Fatalf("the link: %d", got.StatusCode)
	}
	accepted := cookie(v.send("POST", link, url.Values{"password": {loginPassword}}))
	if accepted == nil || !accepted.Secure || !accepted.HttpOnly || accepted.SameSite != http.SameSiteLaxMode || accepted.Path != "/" || accepted.Domain != "" {
		t.Fatalf("%+v", accepted)
	}
	login := func(form url.Values, headers ...string) *http.Response {
		return v.send("POST", "/login", form, headers...)
	}
	right := url.Values{"name": {"kim"}, "password": {loginPassword}}
	for name, refused := range map[string]*http.Response{
		"the link again":              v.send("POST", link, url.Values{"password": {loginPassword}}),
		"a forged link":               v.send("POST", "/invitations/rvi_"+strings.Repeat("a", 52), url.Values{"password": {loginPassword}}),
		"another password":            login(url.Values{"name": {"kim"}, "password": {"not the password"}}),
		"another name":                login(url.Values{"name": {"robin"}, "password": {loginPassword}}),
		"no password":                 login(url.Values{"name": {"kim"}}),
		"nothing":                     login(nil),
		"an injection":                login(url.Values{"name": {"kim' --"}, "password": {loginPassword}}),
		"a null byte":                 login(url.Values{"name": {"kim\x00"}, "password": {loginPassword}}),
		"another site's form":         login(right, "Sec-Fetch-Site", "cross-site"),
		"another origin's form":       login(right, "Origin", "https://example.org"),
		"plain http from elsewhere":   login(right, "Host", "rackvidd.example.org"),
		"plain http to two proxies":   login(right, "Host", "rackvidd.example.org", "X-Forwarded-Proto", "http, https"),
		"the password in the address": v.send("GET", "/login?name=kim&password="+url.QueryEscape(loginPassword), nil),
	} {
		if c := cookie(refused); c != nil {
			t.Errorf("%s signs in", name)
		}
	}
	for behind, proto := range map[string]string{"a proxy with TLS": "https", "two proxies, of which the outer one has TLS": "https, http", "one that writes it large": "HTTPS"} {
		if cookie(login(right, "Host", "rackvidd.example.org", "X-Forwarded-Proto", proto)) == nil {
			t.Errorf("behind %s nobody signs in", behind)
		}
	}

	v.session = "rvs_" + strings.Repeat("a", 52) // planted beforehand
	first, second := cookie(login(right)), cookie(login(right))
	if first == nil || second == nil || first.Value == second.Value || first.Value == v.session {
		t.Fatal("a session is not another each time")
	}
	home := "/municipalities/1880/surveys"
	admitted := func(session string, headers ...string) int {
		return (&visitor{t, s.address, session}).send("GET", home, nil, headers...).StatusCode
	}
	for name, session := range map[string]string{
		"planted": v.session, "forged": "rvs_" + strings.Repeat("b", 52), "cut short": first.Value[:40], "without its prefix": first.Value[4:], "an administrator's token": adminToken[:4],
		"none": "",
	} {
		if status := admitted(session); status != http.StatusSeeOther {
			t.Errorf("a session that is %s: %d", name, status)
		}
	}
	if status := admitted("", "Authorization", "Bearer "+first.Value); status != http.StatusSeeOther {
		t.Errorf("a page takes a bearer token: %d", status)
	}
	v.session = first.Value
	if got := v.send("GET", "/api/v1/municipalities", nil); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("the API takes a cookie, which another site could make a browser send: %d", got.StatusCode)
	}
	if got := v.send("GET", "/login/kept?next=https://example.org", nil).Header.Get("Location"); got != "/" {
		t.Errorf("signing in leads to %s", got)
	}
	if admitted(first.Value) != http.StatusOK {
		t.Error("who signed in is not let in")
	}
	if v.send("POST", "/logout", nil); admitted(first.Value) != http.StatusSeeOther || admitted(second.Value) != http.StatusOK {
		t.Error("signing out ends another session, or not this one")
	}
	s.changeLogin(t, "kim", `{"name":"kim","roles":["operations"],"municipalities":["1880"]}`)
	if status := admitted(second.Value); status != http.StatusSeeOther {
		t.Errorf("a session from before the role changed: %d", status)
	}
}

// changeLogin changes what somebody may do.
func (s *server) changeLogin(t *testing.T, name, body string) {
	t.Helper()
	var logins struct {
		Logins []struct{ Account, Name string }
	}
	s.administer(t, http.MethodGet, "/api/v1/logins", "", &logins)
	for _, l := range logins.Logins {
		if l.Name == name {
			s.administer(t, http.MethodPut, "/api/v1/accounts/"+l.Account+"/login", body, &struct{}{})
		}
	}
}

// administer asks the API as the administrator.
func (s *server) administer(t *testing.T, method, path, body string, answer any) {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, s.address+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+adminToken)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	answered, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answered.Body.Close()
	raw, err := io.ReadAll(answered.Body)
	if err != nil || answered.StatusCode >= 300 || json.Unmarshal(raw, answer) != nil {
		t.Fatalf("%s %s: %d %s %v", method, path, answered.StatusCode, raw, err)
	}
}
