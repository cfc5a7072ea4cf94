package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// rotate runs the command on a data directory, with the environment's settings as given.
func rotate(t *testing.T, data string, settings ...string) (output string, code int) {
	t.Helper()
	cmd := exec.Command(program, "vault", "rotate", "--data", data)
	cmd.Env = append(cleanEnvironment(), settings...)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	}
	return string(out), code
}

// enters returns a child's handle, and the version of the index key that it is under.
func (s *server) enters(t *testing.T, identity string) (child string, version int) {
	t.Helper()
	var answer struct {
		Child string
		Vault struct {
			KeyVersion int `json:"key_version"`
		}
	}
	ask := func(method, path string, body any) {
		status, raw, err := s.call(t.Context(), method, "municipalities/1880/children"+path, body)
		if err != nil || status != 200 || json.Unmarshal(raw, &answer) != nil {
			t.Fatalf("%s %s: %d %v %s", method, path, status, err, raw)
		}
	}
	ask("POST", "", map[string]string{"identity": identity})
	ask("GET", "/"+answer.Child+"/disclosure", nil)
	return answer.Child, answer.Vault.KeyVersion
}

func TestARotatedKeyIsUsedFromTheNextStart(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	s := serve(t, data)
	before, _ := s.enters(t, "b31")
	for _, say := range []string{"key version 2", "key version 3"} {
		out, code := rotate(t, data)
		for _, say := range []string{say, "Restart the program", "when it is next seen", "never take an older version out"} {
			if code != done || !strings.Contains(out, say) {
				t.Errorf("while the program runs it does not say %q: %d %s", say, code, out)
			}
		}
	}
	if child, version := s.enters(t, "b31"); child != before || version != 1 {
		t.Errorf("the running program disturbed: child %s, not %s, under key %d, not 1", child, before, version)
	}
	s.stop(t)
	s = serve(t, data)
	if child, version := s.enters(t, "b31"); child != before || version != 3 {
		t.Errorf("after the restart: child %s, not %s, under key %d, not 3", child, before, version)
	}
}

func TestAKeyIsNotRotatedWhereThereIsNoFile(t *testing.T) {
	data := dataDir(t)
	out, code := rotate(t, data)
	if code != wrongUsage || strings.Count(out, "\n") != 1 || !strings.Contains(out, "--data") {
		t.Errorf("without a key file: %d %s", code, out)
	}
	secret := strings.Repeat("ab", 32)
	out, code = rotate(t, data, "RACKVIDD_INDEX_KEYS=1 "+secret)
	if code != wrongUsage || strings.Count(out, "\n") != 1 || !strings.Contains(out, "RACKVIDD_INDEX_KEYS") || strings.Contains(out, "abab") {
		t.Errorf("with the keys in the environment: %d %s", code, out)
	}
	if _, err := os.Stat(filepath.Join(data, "vault")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something was made: %v", err)
	}
}

func TestAnErasureThatTheLogWasNotToldOfIsNotedAtTheNextStart(t *testing.T) {
	t.Parallel()
	s := serve(t, dataDir(t))
	child, _ := s.enters(t, "b90")
	s.asks(t, "POST", "municipalities/1880/referrals", map[string]string{"child": child, "channel": "school", "received_on": "2021-03-01"}, nil)
	s.stop(t)
	ledger, err := os.OpenFile(filepath.Join(s.data, "vault", ledgerFile), os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = fmt.Fprintf(ledger, "2026-11-25T12:00:00Z 1880 %s\n", child)
		err = errors.Join(err, ledger.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // and once
		r := serve(t, s.data)
		var said json.RawMessage
		noted := func() int { return strings.Count(string(said), "case.identity_erased") }
		for end := time.Now().Add(20 * time.Second); noted() == 0 && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
			r.asks(t, "GET", "municipalities/1880/log/events?masked=true&stream=case/"+child, nil, &said)
		}
		if noted() != 1 {
			t.Fatalf("of the child the log has %s", said)
		}
		r.stop(t)
	}
}
