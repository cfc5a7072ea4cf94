package main

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// interruptedAt carries out a command line and stops it while the server works on what it asks for at a path.
func interruptedAt(t *testing.T, path string, answers map[string]string, args ...string) (code int, out, errs string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, path) {
			_, _ = w.Write([]byte(answers[strings.TrimPrefix(r.URL.Path, "/api/v1/")]))
			return
		}
		_, _ = io.Copy(io.Discard, r.Body) // only then is it noticed that nobody waits any more
		stop()
		<-r.Context().Done()
	}))
	defer s.Close()
	var stdout, stderr bytes.Buffer
	code = Run(ctx, append([]string{"--server", s.URL, "--token", "none"}, args...), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func TestACommandThatIsStoppedSaysWhatBecomesOfItAtTheServer(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file.csv")
	if err := os.WriteFile(file, []byte("recordtype\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for line, c := range map[string]struct{ path, want string }{
		"import -m 1880 " + file:                       {"imports", "bring it in again, and the rest is recorded"},
		"import -m 1880 --dry-run " + file:             {"imports", "that you asked may stand in the list of reads"},
		"disclose -m 1880 --child c":                   {"disclosure", "that you asked may stand in the list of reads"},
		"reads -m 1880":                                {"reads", "that you asked may stand in the list of reads"},
		"audit repair -m 1880":                         {"audit/repair", "goes on there and is recorded: rackvidd audit repairs --municipality 1880"},
		"audit repair -m national":                     {"audit/repair", "rackvidd audit repairs --municipality national"},
		"projections rebuild all -m 1880":              {"rebuild", "those that were switched by then stay so: rackvidd projections list"},
		"projections rollback reach -m 1880":           {"rollback", "rackvidd projections list"},
		"audit verify -m 1880":                         {"audit/verify", "nothing is changed there"},
		"reach -m 1880 --year 2021":                    {"reach", "nothing is changed there"},
		"audit replay -m 1880 --year 2021 --reason no": {"audit/replays", "not recorded"},
		"user disable aaaaaaaaaaaaaaaaaaaaaaaaaa":      {"disable", "look before you give the command again"},
	} {
		code, _, errs := interruptedAt(t, c.path, nil, strings.Fields(line)...)
		if code != interrupted || !strings.Contains(errs, "stopped here; ") || !strings.Contains(errs, c.want) || strings.Contains(errs, "no answer") || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: %d, %s", line, code, errs)
		}
	}
}

func TestVerificationsThatCameToTheirEndAreToldWhenTheNextIsStopped(t *testing.T) {
	answers := map[string]string{
		"municipalities":                   `{"municipalities": [{"code": "0114"}, {"code": "0115"}]}`,
		"municipalities/0114/audit/verify": `{"municipality": "0114", "position": 3, "root": "abc", "whole": true, "findings": []}`,
	}
	code, out, errs := interruptedAt(t, "0115/audit/verify", answers, "audit", "verify")
	if code != interrupted || !strings.Contains(out, "0114  whole to position 3") || !strings.Contains(errs, "verify 0115: stopped here") || !strings.Contains(errs, "not verified: national") {
		t.Errorf("%d, %s, %s", code, out, errs)
	}
}

// verifying answers verifications by the log; one without an answer fails.
func verifying(t *testing.T, of map[string]string) (address string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		code, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/api/v1/municipalities/"), "/")
		switch answer := of[code]; {
		case strings.HasSuffix(r.URL.Path, "/municipalities"):
			_, _ = w.Write([]byte(`{"municipalities": [{"code": "0114"}, {"code": "0115"}, {"code": "0117"}]}`))
		case answer != "":
			_, _ = w.Write([]byte(answer))
		default:
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(`{"title": "no", "detail": "the log of ` + code + ` does not answer"}`))
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

const (
	wholeLog   = `{"municipality": "0114", "position": 3, "root": "abc", "whole": true, "findings": []}`
	otherLog   = `{"municipality": "0117", "position": 4, "root": "abc", "findings": [{"copy": "stream", "position": 2, "problem": "the message cannot be read"}]}`
	noVault    = `{"municipality": "0117", "position": 4, "root": "abc", "findings": [], "unchecked": [{"copy": "vault", "why": "nobody is there"}]}`
	emptyLog   = `{"municipality": "0115", "position": 0, "root": "e3b0", "whole": true, "findings": []}`
	nationwide = "/api/v1/audit/verify"
)

func TestALogThatCannotBeVerifiedKeepsNoOtherFromBeingToldOf(t *testing.T) {
	server := verifying(t, map[string]string{"0114": wholeLog, "0117": otherLog, nationwide: emptyLog})
	code, out, errs := carryOut(t, server, "audit", "verify")
	if code != difference || !strings.Contains(out, "0114  whole to position 3") || !strings.Contains(out, "0117  DIFFERENT") || !strings.Contains(errs, "verify 0115: the log of 0115 does not answer") {
		t.Errorf("%d, %s, %s", code, out, errs)
	}
	server = verifying(t, map[string]string{"0114": wholeLog, "0115": emptyLog})
	code, out, errs = carryOut(t, server, "audit", "verify", "--json")
	if code != failed || strings.Count(out, `"municipality"`) != 2 || !strings.Contains(errs, "verify 0117: ") || !strings.Contains(errs, "verify national: ") {
		t.Errorf("%d, %s, %s", code, out, errs)
	}
}

func TestWhatWasNotComparedIsNotCalledWhole(t *testing.T) {
	server := verifying(t, map[string]string{"0117": noVault})
	code, out, errs := carryOut(t, server, "audit", "verify", "-m", "0117")
	if code != difference || strings.Contains(out, "whole") || !strings.Contains(out, "0117  NOT ALL COMPARED") || !strings.Contains(out, "  not compared: vault: nobody is there") {
		t.Errorf("%d, %s, %s", code, out, errs)
	}
	if out := printed(t, noVault, "audit repair -m 0117"); strings.Contains(out, "whole") || !strings.Contains(out, "not compared: vault: ") {
		t.Error(out)
	}
	out = printed(t, `{"verifications": [{"unchecked": 1}, {"findings": 2, "unchecked": 1}, {}]}`, "audit verifications")
	for _, want := range []string{"1 NOT COMPARED", "2 DIFFERENT, 1 not compared", "whole"} {
		if strings.Count(out, want) != 1 {
			t.Errorf("%q in %s", want, out)
		}
	}
}

func TestAReplayOfNothingIsCalledThat(t *testing.T) {
	for answer, want := range map[string]string{
		`{"equal": true, "first_recorded": "2021-03-01T10:00:00Z"}`: "nothing; the first was recorded at 2021-03-01T10:00:00Z",
		`{"equal": true}`: "nothing, and nothing is recorded yet",
	} {
		if out := printed(t, answer, "audit replay -m 1880 --year 2021"); !strings.Contains(out, want) {
			t.Errorf("%s: %s", answer, out)
		}
	}
	if out := printed(t, `{"equal": true, "events_read": 3}`, "audit replay -m 1880 --year 2021"); strings.Contains(out, "nothing") {
		t.Error(out)
	}
}

func TestABackupOfServicesApartThatIsStoppedBeforeAnythingAnswersLeavesNothing(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		if asked, err := silent.Accept(); err == nil { // who asks is never answered
			defer asked.Close()
			stop()
			<-t.Context().Done()
		}
	}()
	data, dir, url := t.TempDir(), t.TempDir(), "postgres://somebody@"+silent.Addr().String()+"/rackvidd"
	for _, file := range []string{filepath.Join(data, lastSignedFile), filepath.Join(data, "vault", ledgerFile)} {
		if err := cmp.Or(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range map[string]string{
		"APART": "true", "DATA": data, "DATABASE_URL": url, "VAULT_DATABASE_URL": url, "NATS_URL": "nats://" + silent.Addr().String(), "SIGNING_KEY": "none", "ARCHIVE": "none",
	} {
		t.Setenv("RACKVIDD_"+name, value)
	}
	var said bytes.Buffer
	code := Run(ctx, []string{"backup", filepath.Join(dir, "all.backup")}, io.Discard, &said)
	left, err := os.ReadDir(dir)
	if code != interrupted || !strings.Contains(said.String(), "stopped here; nothing was written to ") || len(left) > 0 || err != nil {
		t.Errorf("exit %d, %s; left are %v, %v", code, &said, left, err)
	}
}
