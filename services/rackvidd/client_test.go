package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
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
		if got := env.token(); got != want {
			t.Errorf("%q is sent the token %q", server, got)
		}
		env.settings.Token = "given"
		if got := env.token(); got != "given" {
			t.Errorf("%q is sent the token %q in place of the one that was given", server, got)
		}
	}
}

func TestARefusalNamesTheFlagThatWasGiven(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = w.Write([]byte(`{"title": "no", "errors": [{"location": "query.as_of", "message": "too late"}, {"location": "path.code", "message": "unknown"}, {"location": "query.else", "message": "what"}]}`))
	}))
	defer s.Close()
	var out, errs bytes.Buffer
	code := Run(t.Context(), []string{"--server", s.URL, "--token", "none", "reach", "-m", "1880", "--year", "2021", "--as-of", "2099-01-01T00:00:00Z"}, &out, &errs)
	if want := "rackvidd: --as-of: too late; --municipality: unknown; query.else: what (422)\n"; code != failed || errs.String() != want {
		t.Errorf("%d, %s, not %s", code, errs.String(), want)
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
