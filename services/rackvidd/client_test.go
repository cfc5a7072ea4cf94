package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestTheOperatorTokenIsSentToThisMachineAlone(t *testing.T) {
	data := t.TempDir()
	if err := os.WriteFile(filepath.Join(data, "operator.token"), []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for server, want := range map[string]string{
		"http://127.0.0.1:8080": "secret", "http://127.1.2.3:8080": "secret", "http://[::1]:8080": "secret", "http://localhost:8080": "secret", "http://LOCALHOST": "secret",
		"http://[::]:8080": "secret", "http://0.0.0.0:8080": "secret",
		"https://elsewhere.example": "", "http://192.0.2.1:8080": "", "http://localhost.elsewhere.example": "", "http://127.0.0.1@elsewhere.example": "", "127.0.0.1:8080": "", "": "",
	} {
		env := &environment{settings: &settings{Data: data, Server: server}}
		if got, withheld := env.token(); got != want || (withheld == nil) != (want != "") {
			t.Errorf("%q is sent the token %q: %v", server, got, withheld)
		}
		env.settings.Data = t.TempDir() // of a machine that is no server
		if got, withheld := env.token(); got != "" || want == "" && withheld != nil {
			t.Errorf("%q, without an operator token here, is sent %q: %v", server, got, withheld)
		}
		env.settings.Token = "given"
		if got, err := env.token(); got != "given" || err != nil {
			t.Errorf("%q is sent the token %q in place of the one that was given", server, got)
		}
	}
}

func TestCommandsAskWhereTheServerOfThisMachineListens(t *testing.T) {
	for listen, want := range map[string]string{
		"127.0.0.1:8100": "http://127.0.0.1:8100", "localhost:8100": "http://localhost:8100", "192.0.2.1:8100": "http://192.0.2.1:8100", "[::1]:8100": "http://[::1]:8100",
		"0.0.0.0:8100": "http://127.0.0.1:8100", "[::]:8100": "http://127.0.0.1:8100", ":8100": "http://127.0.0.1:8100", ":http": "http://127.0.0.1:80",
		"": "http://127.0.0.1:8080", "127.0.0.1:0": "http://127.0.0.1:8080", "192.0.2.1:": "http://127.0.0.1:8080", "127.0.0.1": "http://127.0.0.1:8080", "nowhere:x": "http://127.0.0.1:8080",
	} {
		if got := serverHere(listen); got != want {
			t.Errorf("of a server that listens on %q %s is asked, not %s", listen, got, want)
		}
	}
	var shown string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown = r.Header.Get("Authorization")
		_, _ = w.Write([]byte("{}"))
	}))
	defer s.Close()
	data := t.TempDir()
	if err := os.WriteFile(filepath.Join(data, "operator.token"), []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	here := strings.TrimPrefix(s.URL, "http://")
	for _, c := range []struct {
		settings string
		flags    []string
	}{
		{"RACKVIDD_LISTEN=" + here, nil},
		{"RACKVIDD_LISTEN=127.0.0.1:1\nRACKVIDD_SERVER=" + s.URL, nil},
		{"RACKVIDD_LISTEN=127.0.0.1:1\nRACKVIDD_SERVER=http://127.0.0.1:2", []string{"--server", s.URL}},
	} {
		shown = ""
		file := written(t, "RACKVIDD_DATA="+data+"\n"+c.settings)
		var out, errs bytes.Buffer
		if code := Run(t.Context(), append(c.flags, "--config", file, "user", "list"), &out, &errs); code != done || shown != "Bearer secret" {
			t.Errorf("%q, %v: %d, %s; it was shown %q", c.settings, c.flags, code, errs.String(), shown)
		}
	}
}

func TestWhoIsRefusedForWantOfATokenIsToldWhereItWasLookedFor(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"title": "Unauthorized", "detail": "a token is needed"}`))
	}))
	defer s.Close()
	written(t, "")
	data := t.TempDir()
	file := filepath.Join(data, "operator.token")
	const refused = "rackvidd: a token is needed; give a token with --token or RACKVIDD_TOKEN (401)"
	ask := func(what, want string, flags ...string) {
		var out, errs bytes.Buffer
		code := Run(t.Context(), append([]string{"--server", s.URL, "--data", data, "user", "list"}, flags...), &out, &errs)
		if code != failed || errs.String() != want+"\n" {
			t.Errorf("%s: %d, %s, not %s", what, code, errs.String(), want)
		}
	}
	ask("there is none", refused+"; the operator token could not be read: open "+file+": no such file or directory; --data or RACKVIDD_DATA names its directory")
	ask("one is given", refused, "--token", "another")
	if err := os.Mkdir(file, 0o700); err != nil {
		t.Fatal(err)
	}
	ask("it cannot be read", refused+"; the operator token could not be read: read "+file+": is a directory; --data or RACKVIDD_DATA names its directory")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	ask("it is another server's", refused)
}

func TestARefusalNamesTheFlagThatWasGiven(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = w.Write([]byte(`{"title": "no", "errors": [{"location": "query.as_of", "message": "too late"}, {"location": "path.code", "message": "unknown"}, {"location": "query.else", "message": "what"}]}`))
	}))
	defer s.Close()
	var out, errs bytes.Buffer
	code := Run(t.Context(), []string{"--server", s.URL, "--token", "none", "reach", "-m", "1880", "--year", "2021", "--as-of", "2099-01-01T00:00:00Z"}, &out, &errs)
	if want := "rackvidd: --as-of: too late; --municipality: unknown; query.else: what (422)\n"; code != wrongUsage || errs.String() != want {
		t.Errorf("%d, %s, not %s", code, errs.String(), want)
	}
}

func TestARefusalNamesTheArgumentThatWasGiven(t *testing.T) {
	var location string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = fmt.Fprintf(w, `{"title": "no", "errors": [{"location": %q, "message": "is wrong"}]}`, location)
	}))
	defer s.Close()
	for _, c := range []struct{ line, location, want string }{
		{"user add Kim --login kim --role auditor --everywhere", "body.name", "<name>"},
		{"user add Kim --login kim --role auditor --everywhere", "body.login.name", "--login"},
		{"user add Kim --login kim --role auditor --everywhere", "body.login.roles", "--role"},
		{"user login a kim --role auditor --everywhere", "body.name", "<login>"},
		{"user login a kim --role auditor --everywhere", "path.id", "<account>"},
		{"user disable a", "path.id", "<account>"},
		{"token revoke a", "path.id", "<token>"},
		{"token add a --role auditor --everywhere", "body.expires_at", "--expires"},
		{"token add a --role auditor --everywhere", "body.roles[0]", "--role"},
		{"token add a --role auditor --municipality 1", "body.municipalities[0]", "--municipality"},
	} {
		location = c.location
		if code, _, errs := carryOut(t, s.URL, strings.Fields(c.line)...); code != wrongUsage || errs != "rackvidd: "+c.want+": is wrong (422)\n" {
			t.Errorf("%s, %s: %d, %s", c.line, c.location, code, errs)
		}
	}
}

func TestAnAddressThatIsNoneIsToldBeforeAnybodyIsAsked(t *testing.T) {
	for _, server := range []string{"", "localhost:8080", "127.0.0.1:8080", "example.org", "ftp://example.org", "http://[::1"} {
		if code, _, errs := carryOut(t, server, "user", "list"); code != wrongUsage || !strings.Contains(errs, "write http://HOST:PORT") {
			t.Errorf("%q: %d, %s", server, code, errs)
		}
		if code, _, errs := carryOut(t, "", "health", server+"/readyz"); code != wrongUsage || !strings.Contains(errs, "write http://HOST:PORT/readyz") {
			t.Errorf("health of %q: %d, %s", server, code, errs)
		}
	}
}

func TestWhatIsNoRackviddIsToldApart(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	if code, _, errs := carryOut(t, s.URL, "user", "list"); code != failed || errs != "rackvidd: "+s.URL+" answered 404, and not as Räckvidd does; is that its address? Name another with --server\n" {
		t.Errorf("%d, %s", code, errs)
	}
}

func TestActivityThatCannotBeInventedLeavesTheFileThatIsThere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.csv")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"--children 0", "--years 0", "--municipalities 0", "--children 1000001", "--first-year 1900", "--municipalities 291"} {
		var out, errs bytes.Buffer
		code := Run(t.Context(), append([]string{"simulate", "--out", file}, strings.Fields(line)...), &out, &errs)
		if raw, err := os.ReadFile(file); code != wrongUsage || string(raw) != "mine" || err != nil {
			t.Errorf("%s: %d, %s; there is %d bytes, %v", line, code, errs.String(), len(raw), err)
		}
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

func TestWhatCannotBePrintedIsAFailure(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"rows": 1}`)) }))
	defer s.Close()
	file := filepath.Join(t.TempDir(), "a.csv")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--version"}, {"import", file, "-m", "1880"}, {"import", file, "-m", "1880", "--json"}, {"user", "list"}} {
		var errs bytes.Buffer
		if code := Run(t.Context(), append([]string{"--server", s.URL, "--token", "none"}, args...), full{}, &errs); code != failed || !strings.Contains(errs.String(), "no space left on device") {
			t.Errorf("%v: %d, %s", args, code, errs.String())
		}
	}
}

func TestALogOfWhichNoAnswerComesKeepsNoOtherFromBeingVerified(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/municipalities"):
			_, _ = w.Write([]byte(`{"municipalities": [{"code": "0114"}, {"code": "0115"}]}`))
		case strings.Contains(r.URL.Path, "0114"):
			panic(http.ErrAbortHandler)
		default:
			_, _ = w.Write([]byte(`{"municipality": "0115", "position": 3, "root": "abc", "whole": true}`))
		}
	}))
	defer s.Close()
	var out, errs bytes.Buffer
	code := Run(t.Context(), []string{"--server", s.URL, "--token", "none", "audit", "verify"}, &out, &errs)
	if code != failed || !strings.Contains(out.String(), "0115  whole to position 3") || !strings.Contains(errs.String(), "verify 0114: no answer from "+s.URL+": EOF; the connection ended before the answer came") {
		t.Errorf("%d, %s, %s", code, out.String(), errs.String())
	}
}

func TestAVerificationOfNothingSaysSo(t *testing.T) {
	of := map[string]string{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := `{"municipalities": [{"code": "0114"}]}`
		if !strings.HasSuffix(r.URL.Path, "/municipalities") {
			code := "national"
			if strings.Contains(r.URL.Path, "0114") {
				code = "0114"
			}
			answer = of[code]
		}
		if answer == "" {
			panic(http.ErrAbortHandler)
		}
		_, _ = w.Write([]byte(answer))
	}))
	defer s.Close()
	empty := func(code string) string { return fmt.Sprintf(`{"municipality": %q, "whole": true}`, code) }
	for what, c := range map[string]struct {
		place, national string
		args            string
		code            int
		says            string
	}{
		"nothing is recorded anywhere":    {empty("0114"), empty("national"), "", done, "nothing is recorded yet\n"},
		"something is":                    {`{"municipality": "0114", "position": 3, "root": "abc", "whole": true}`, empty("national"), "", done, "0114  whole to position 3  root abc\n"},
		"something cannot be compared":    {empty("0114"), `{"municipality": "national", "unchecked": [{"copy": "vault", "why": "away"}]}`, "", difference, "national  NOT ALL COMPARED, the rest agrees to position 0  root \n  not compared: vault: away\n"},
		"what is recorded is not known":   {"", empty("national"), "", failed, ""},
		"nothing is of the one asked for": {empty("0114"), "", "-m 0114", done, "0114  nothing is recorded\n"},
	} {
		of["0114"], of["national"] = c.place, c.national
		args := append([]string{"audit", "verify"}, strings.Fields(c.args)...)
		if code, out, errs := carryOut(t, s.URL, args...); code != c.code || out != c.says {
			t.Errorf("%s: %d, %s, %s", what, code, out, errs)
		}
	}
	of["0114"], of["national"] = empty("0114"), empty("national")
	var list []any
	if code, out, errs := carryOut(t, s.URL, "audit", "verify", "--json"); code != done || json.Unmarshal([]byte(out), &list) != nil || len(list) != 2 {
		t.Errorf("as JSON: %d, %s, %s", code, out, errs)
	}
}
