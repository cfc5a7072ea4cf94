package main

import (
	"os"
	"path/filepath"
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
