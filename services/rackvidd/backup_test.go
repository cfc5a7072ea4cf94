package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/jackc/pgx/v5"

	"rackvidd/services/backup"
)

// restored runs rackvidd restore.
func restored(t *testing.T, args ...string) (output string, code int) {
	t.Helper()
	return restoredWith(t, nil, args...)
}

// restoredWith runs it with settings of its environment.
func restoredWith(t *testing.T, settings []string, args ...string) (output string, code int) {
	t.Helper()
	cmd := exec.Command(program, append([]string{"restore"}, args...)...)
	cmd.Env = append(cleanEnvironment(), settings...)
	raw, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(raw), cmd.ProcessState.ExitCode()
}

func (s *server) must(t *testing.T, args ...string) string {
	t.Helper()
	stdout, stderr, code := s.rackvidd(args...)
	if code != done {
		t.Fatalf("rackvidd %s: exit %d\n%s%s", strings.Join(args, " "), code, stdout, stderr)
	}
	return stdout
}

// asks sends a request that has to be answered, and reads the answer.
func (s *server) asks(t *testing.T, method, path string, body, into any) {
	t.Helper()
	status, raw, err := s.patient(t.Context(), method, path, body)
	if err == nil && status < 300 && into != nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil || status >= 300 {
		t.Fatalf("%s %s: %d, %v, %s", method, path, status, err, raw)
	}
}

type childEntered struct{ Child string }

func sizeOf(t *testing.T, file string) int64 {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// sendsABackup to somebody who reads it to its end and has no room for it.
func (s *server) sendsABackup(t *testing.T) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.address+"/api/v1/backup", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+adminToken)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if n, err := io.Copy(io.Discard, response.Body); n == 0 || err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%d bytes, %v, %d", n, err, response.StatusCode)
	}
}

// gauges are what /metrics says.
func (s *server) gauges(t *testing.T) string {
	t.Helper()
	response, err := http.Get(s.address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestABackupTakenWhileItRunsIsRestoredElsewhere restores into another directory, with what was erased since erased.
func TestABackupTakenWhileItRunsIsRestoredElsewhere(t *testing.T) {
	t.Parallel()
	s := serve(t, dataDir(t))
	if _, err := s.bring(t.Context(), "1880", "a", smallFile); err != nil {
		t.Fatal(err)
	}
	if _, err := s.bring(t.Context(), "1485", "b", manyRows(300)); err != nil {
		t.Fatal(err)
	}
	var stays, goes, gone childEntered
	s.asks(t, "POST", "municipalities/1880/children", map[string]string{"identity": "b90", "label": "Alva"}, &stays)
	s.asks(t, "POST", "municipalities/1880/children", map[string]string{"identity": "b91", "label": "Bo"}, &goes)
	s.asks(t, "POST", "municipalities/1880/children", map[string]string{"identity": "b92", "label": "Cia"}, &gone)
	for _, child := range []string{stays.Child, goes.Child, gone.Child} {
		s.asks(t, "POST", "municipalities/1880/referrals", map[string]string{"child": child, "channel": "school", "received_on": "2021-03-01"}, nil)
	}
	s.must(t, "erase", "--municipality", "1880", "--child", gone.Child)
	s.must(t, "survey", "answer", "-m", "1880", "--year", "2021", "Q7=Vi behöver fler ledare")
	account := s.must(t, "user", "add", "Anna")
	token := s.must(t, "token", "add", strings.Fields(account)[1], "--role", "auditor", "--municipality", "1880")
	_, token, _ = strings.Cut(token, "\n")
	token, _, _ = strings.Cut(token, "\n")

	importing := make(chan error)
	go func() {
		_, err := s.bring(t.Context(), "1485", "b", manyRows(3000))
		importing <- err
	}()
	file := filepath.Join(t.TempDir(), "all.backup")
	nothingIsForgotten(t, s)
	s.sendsABackup(t)
	if last := s.readiness(t).Backup; last != nil {
		t.Errorf("before the first backup that somebody kept /readyz tells of %+v", last)
	}
	s.must(t, "backup", file)
	if size, last := sizeOf(t, file), s.readiness(t).Backup; last == nil || last.Bytes != size || time.Since(last.At) > time.Hour {
		t.Errorf("after a backup of %d bytes /readyz tells of %+v", size, last)
	}
	if gauges := s.gauges(t); !strings.Contains(gauges, "\nrackvidd_backup_timestamp_seconds ") {
		t.Error("its time is no metric")
	}
	if err := <-importing; err != nil {
		t.Fatal(err)
	}
	if _, _, code := s.rackvidd("backup", file); code != wrongUsage {
		t.Errorf("it is written over a file that is there: exit %d", code)
	}
	figures := s.must(t, "reach", "-m", "1880", "--year", "2021", "--json")
	s.must(t, "erase", "--municipality", "1880", "--child", goes.Child)

	t.Run("what cannot be restored is refused, and nothing is touched", func(t *testing.T) {
		refusals(t, filepath.Join(s.data, "vault"), file)
	})
	data := filepath.Join(dataDir(t), "restored")
	vault := filepath.Join(t.TempDir(), "vault")
	if err := os.CopyFS(vault, os.DirFS(filepath.Join(s.data, "vault"))); err != nil {
		t.Fatal(err)
	}
	s.stop(t)
	link := filepath.Join(t.TempDir(), "data")
	if err := errors.Join(os.Mkdir(data, 0o700), os.Symlink(data, link)); err != nil {
		t.Fatal(err)
	}
	if output, code := restored(t, file, "--data", link, "--vault", vault); code != done {
		t.Fatalf("exit %d: %s", code, output)
	}
	r := serve(t, data)
	var before, after map[string]any
	if err := json.Unmarshal([]byte(figures), &before); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(r.must(t, "reach", "-m", "1880", "--year", "2021", "--json")), &after); err != nil {
		t.Fatal(err)
	}
	delete(before, "position") // the erasure is noted after the backup's last position
	delete(after, "position")
	a, _ := json.Marshal(before)
	b, _ := json.Marshal(after)
	if !bytes.Equal(a, b) {
		t.Errorf("the figures are\n%s\nand were\n%s", b, a)
	}
	if out := r.must(t, "audit", "verify"); !strings.Contains(out, "1880  whole to position") {
		t.Errorf("the copies: %s", out)
	}
	if out := r.must(t, "survey", "show", "-m", "1880", "--year", "2021"); !strings.Contains(out, "Vi behöver fler ledare") {
		t.Errorf("what was written is gone:\n%s", out)
	}
	if out := r.must(t, "audit", "replay", "-m", "1880", "--year", "2021", "--token", token); !strings.Contains(out, "equal") {
		t.Errorf("with an account's token: %s", out)
	}
	if out := r.must(t, "disclose", "-m", "1880", "--child", stays.Child); !strings.Contains(out, "Alva") {
		t.Errorf("the label of a child that was not erased: %s", out)
	}
	if _, stderr, code := r.rackvidd("disclose", "-m", "1880", "--child", goes.Child); code != failed || !strings.Contains(stderr, "no such child") {
		t.Errorf("a child that was erased after the backup: exit %d, %s", code, stderr)
	}
	var known childEntered
	r.asks(t, "POST", "municipalities/1880/children", map[string]string{"identity": "b90"}, &known)
	if known != stays {
		t.Errorf("a known child is %s, and was %s", known.Child, stays.Child)
	}
	if again, err := r.bring(t.Context(), "1880", "a", smallFile); err != nil || again.Recorded != 0 {
		t.Errorf("what was imported is recorded again: %+v, %v", again, err)
	}
	if _, err := r.bring(t.Context(), "1485", "b", manyRows(3000)); err != nil {
		t.Errorf("the import that was under way goes on: %v", err)
	}
	if out := r.must(t, "reach", "-m", "1485", "--year", "2021"); !strings.Contains(out, "300") {
		t.Errorf("what was being imported: %s", out)
	}
}

// TestAnArchiveThatGoesFurtherThanTheBackupIsBroughtBackWithIt loses the log and the databases, and not the archive.
func TestAnArchiveThatGoesFurtherThanTheBackupIsBroughtBackWithIt(t *testing.T) {
	t.Parallel()
	s := serve(t, dataDir(t))
	if _, err := s.bring(t.Context(), "1880", "a", smallFile); err != nil {
		t.Fatal(err)
	}
	file, data, archived := filepath.Join(t.TempDir(), "all.backup"), filepath.Join(dataDir(t), "restored"), filepath.Join(s.data, "archive")
	s.must(t, "backup", file)
	if _, err := s.bring(t.Context(), "1880", "b", manyRows(30)); err != nil {
		t.Fatal(err)
	}
	s.must(t, "audit", "verify", "--municipality", "1880") // which archives all of it
	before := s.figures(t, "1880", "year=2021")
	s.stop(t)
	if out, code := restored(t, file, "--data", data, "--vault", filepath.Join(s.data, "vault")); code != done {
		t.Fatalf("exit %d: %s", code, out)
	}
	if err := errors.Join(os.RemoveAll(filepath.Join(data, "archive")), os.Rename(archived, filepath.Join(data, "archive"))); err != nil {
		t.Fatal(err)
	}
	r := serve(t, data)
	if _, stderr, code := r.rackvidd("audit", "repair", "--municipality", "1880"); code == done || !strings.Contains(stderr, "children whom the vault does not know") {
		t.Errorf("exit %d, %s", code, stderr)
	}
	if out := r.must(t, "audit", "repairs", "--municipality", "1880"); !strings.Contains(out, "done  stream from the archive") {
		t.Errorf("that the log was written again is recorded as %s", out)
	}
	r.must(t, "audit", "repair", "--municipality", "1880", "--accept-loss")
	r.must(t, "audit", "verify", "--municipality", "1880")
	if after := r.figures(t, "1880", "year=2021"); after.Children != before.Children || after.Children < 30 {
		t.Errorf("%d children, and there were %d", after.Children, before.Children)
	}
	if again, err := r.bring(t.Context(), "1880", "b", manyRows(30)); err != nil || again.Recorded != 0 {
		t.Errorf("what was recorded since is recorded once more: %+v, %v", again, err)
	}
}

// TestABackupIsRestoredWithTheIndexKeysOfASetting has no file of them in the vault's directory.
func TestABackupIsRestoredWithTheIndexKeysOfASetting(t *testing.T) {
	t.Parallel()
	keys := "RACKVIDD_INDEX_KEYS=1 " + strings.Repeat("1f", 32)
	start := func(data string) *server {
		s, err := launchWith([]string{keys}, data)
		if err != nil {
			t.Fatal(err)
		}
		s.endsWith(t)
		s.awaitReady(t)
		return s
	}
	s := start(dataDir(t))
	var one, other childEntered
	s.asks(t, "POST", "municipalities/1880/children", map[string]string{"identity": "b90", "label": "Alva"}, &one)
	s.asks(t, "POST", "municipalities/1880/children", map[string]string{"identity": "b91", "label": "Bo"}, &other)
	file, data, vault := filepath.Join(t.TempDir(), "all.backup"), filepath.Join(dataDir(t), "data"), filepath.Join(t.TempDir(), "vault")
	s.must(t, "backup", file)
	if err := os.CopyFS(vault, os.DirFS(filepath.Join(s.data, "vault"))); err != nil {
		t.Fatal(err)
	}
	s.stop(t)
	if out, code := restored(t, file, "--data", data, "--vault", vault); code != wrongUsage || !strings.Contains(out, "RACKVIDD_INDEX_KEYS") {
		t.Errorf("without the setting: exit %d, %s", code, out)
	}
	out, code := restoredWith(t, []string{keys}, file, "--data", data, "--vault", vault)
	if code != done {
		t.Fatalf("with the setting: exit %d, %s", code, out)
	}
	if strings.Contains(out, "newer copy") {
		t.Errorf("a current copy is said to be an older one: %s", out)
	}
	if err := os.Remove(filepath.Join(vault, "keystore", "keys", other.Child[:1], other.Child)); err != nil {
		t.Fatal(err)
	}
	out, code = restoredWith(t, []string{keys}, file, "--data", data+"-older", "--vault", vault)
	if code != done || !strings.Contains(out, "labels without their keys: 1") || !strings.Contains(out, "newer copy") {
		t.Errorf("with a copy from before a label was set: exit %d, %s", code, out)
	}
	s = start(data)
	var known childEntered
	s.asks(t, "POST", "municipalities/1880/children", map[string]string{"identity": "b90"}, &known)
	if known != one {
		t.Errorf("a known child is %s, and was %s", known.Child, one.Child)
	}
}

// TestALogWhoseStreamIsLostIsNotLeftOutOfABackup loses one between two starts: its archive is the only whole copy.
func TestALogWhoseStreamIsLostIsNotLeftOutOfABackup(t *testing.T) {
	t.Parallel()
	s := serve(t, dataDir(t))
	for _, m := range []string{"1880", "1485"} {
		if _, err := s.bring(t.Context(), m, "a", smallFile); err != nil {
			t.Fatal(err)
		}
	}
	s.stop(t)
	if err := os.RemoveAll(filepath.Join(s.data, "nats", "jetstream", "$G", "streams", "EVENTS_1880")); err != nil {
		t.Fatal(err)
	}
	s = serve(t, s.data)
	file, data := filepath.Join(t.TempDir(), "all.backup"), filepath.Join(dataDir(t), "restored")
	_, stderr, code := s.rackvidd("backup", file)
	if code != failed || !strings.Contains(stderr, "what is kept of 1880 is damaged: stream") || !strings.Contains(stderr, "audit repair --municipality 1880") {
		t.Errorf("exit %d, %s", code, stderr)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("a file is left")
	}
	if strings.Contains(s.output.String(), `finding="archive`) {
		t.Error("its archive is said to be damaged")
	}
	s.must(t, "audit", "repair", "--municipality", "1880")
	s.must(t, "backup", file)
	s.stop(t)
	if out, code := restored(t, file, "--data", data, "--vault", filepath.Join(s.data, "vault")); code != done || !strings.Contains(out, "2 logs") {
		t.Errorf("when it is repaired: exit %d, %s", code, out)
	}
}

// nothingIsForgotten knows of every schema that it is backed up, or follows from the log.
func nothingIsForgotten(t *testing.T, s *server) {
	t.Helper()
	rows, err := s.database(t).Query(t.Context(), `SELECT DISTINCT table_schema::text FROM information_schema.tables
		WHERE table_schema NOT IN ('access', 'audit', 'backoffice', 'projections', 'guests', 'pg_catalog', 'information_schema') AND table_schema !~ '^(reach|caseload|register|survey)_[0-9a-z]+_[0-9]+$'`)
	if err != nil {
		t.Fatal(err)
	}
	if schemas, err := pgx.CollectRows(rows, pgx.RowTo[string]); err != nil || len(schemas) > 0 {
		t.Errorf("schemas that are neither backed up nor made from the log: %q, %v", schemas, err)
	}
}

// refusals tries everything that is no backup of this installation, none of which may touch anything.
func refusals(t *testing.T, from, file string) {
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dir, data := t.TempDir(), filepath.Join(dataDir(t), "data")
	vault := vaultWith(t, from, "", "")
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	flipped := func(at int) []byte {
		b := bytes.Clone(whole)
		b[at] ^= 1
		return b
	}
	stranger, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := os.ReadFile(filepath.Join(from, ledgerFile))
	if err != nil {
		t.Fatal(err)
	}
	older, _, _ := strings.Cut(string(ledger), "\n")
	other := vaultWith(t, from, backup.KeyFile, stranger.String()+"\n")
	occupied := filepath.Join(dir, "occupied")
	if err := os.MkdirAll(filepath.Join(occupied, "something"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"cut short":           {[]string{write("short", whole[:len(whole)-1]), "--vault", vault, "--data", data}, failed, "cut short or damaged"},
		"half of it":          {[]string{write("half", whole[:len(whole)/2]), "--vault", vault, "--data", data}, failed, "cut short or damaged"},
		"empty":               {[]string{write("empty", nil), "--vault", vault, "--data", data}, failed, "no backup"},
		"no backup":           {[]string{write("text", []byte("hello, this is no backup\n")), "--vault", vault, "--data", data}, failed, "no backup"},
		"a bit in its middle": {[]string{write("bit", flipped(len(whole)/2)), "--vault", vault, "--data", data}, failed, "damaged"},
		"a bit at its end":    {[]string{write("end", flipped(len(whole)-1)), "--vault", vault, "--data", data}, failed, "damaged"},
		"not there":           {[]string{filepath.Join(dir, "none"), "--vault", vault, "--data", data}, failed, "no such file"},
		"another key":         {[]string{file, "--vault", other, "--data", data}, failed, "another installation's"},
		"another ledger":      {[]string{file, "--vault", vaultWith(t, from, ledgerFile, "rackvidd erasures aaaaaaaaaaaaaaaaaaaaaaaaaa\n"), "--data", data}, failed, "erasure ledger"},
		"an older ledger":     {[]string{file, "--vault", vaultWith(t, from, ledgerFile, older+"\n"), "--data", data}, failed, "erasure ledger"},
		"other index keys":    {[]string{file, "--vault", vaultWith(t, from, "index.keys", "1 "+strings.Repeat("1f", 32)+"\n"), "--data", data}, failed, "index keys"},
		"no vault":            {[]string{file, "--data", data}, wrongUsage, "--vault"},
		"an empty vault":      {[]string{file, "--vault", t.TempDir(), "--data", data}, wrongUsage, "is missing"},
		"a place in use":      {[]string{file, "--vault", vault, "--data", occupied}, wrongUsage, "not empty"},
	} {
		output, code := restored(t, c.args...)
		if code != c.code || !strings.Contains(output, c.says) {
			t.Errorf("%s: exit %d, %s", name, code, output)
		}
		if left, err := os.ReadDir(filepath.Dir(data)); err != nil || len(left) > 0 {
			t.Errorf("%s: it left %v, %v", name, left, err)
		}
	}
	for moment := 100 * time.Millisecond; moment < 3*time.Second; moment *= 2 {
		stopped := exec.Command(program, "restore", file, "--vault", vault, "--data", data)
		stopped.Env = cleanEnvironment()
		var output bytes.Buffer
		stopped.Stdout, stopped.Stderr = &output, &output
		if err := stopped.Start(); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(moment, func() { _ = stopped.Process.Signal(syscall.SIGTERM) }) // it may have ended
		if stopped.Wait() == nil {
			os.RemoveAll(data) // it was done before
			continue
		}
		left, err := os.ReadDir(filepath.Dir(data))
		unprepared := stopped.ProcessState.ExitCode() == -1 // it had not begun
		if !unprepared && !strings.Contains(output.String(), "it was stopped") || err != nil || len(left) > 0 {
			t.Errorf("stopped after %s: %s, left %v, %v\n%s", moment, stopped.ProcessState, left, err, &output)
		}
	}
	if left, err := os.ReadDir(occupied); err != nil || len(left) != 1 {
		t.Errorf("a directory in use has %v, %v", left, err)
	}
}

// vaultWith is a copy of a vault's directory in which one file has another content.
func vaultWith(t *testing.T, from, name, content string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "vault")
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	if name != "" {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// manyRows is a file of n attendances of 300 children.
func manyRows(n int) string {
	var file strings.Builder
	file.WriteString("record_id,type,occurred_on,child,programme,form\n")
	for i := range n {
		fmt.Fprintf(&file, "r%d,session_attended,2021-%02d-%02d,c%d,sputnik,support_group\n", i, 1+i/300%12, 1+i%28, i%300)
	}
	return file.String()
}

// TestARestoreSaysThatTheDiskIsFull lets no file of it grow beyond a size: first what is unpacked does not fit, then the log.
func TestARestoreSaysThatTheDiskIsFull(t *testing.T) {
	t.Parallel()
	s := serve(t, dataDir(t))
	if _, err := s.bring(t.Context(), "1880", "a", manyRows(36000)); err != nil {
		t.Fatal(err)
	}
	file, data := filepath.Join(t.TempDir(), "all.backup"), filepath.Join(dataDir(t), "data")
	s.must(t, "backup", file)
	s.stop(t)
	for size, says := range map[string]string{"8192": "file too large", "1048576": "its disk is full", "3000000": "its disk is full"} {
		cmd := exec.Command("prlimit", "--fsize="+size, program, "restore", file, "--vault", filepath.Join(s.data, "vault"), "--data", data)
		cmd.Env = cleanEnvironment()
		began := time.Now()
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), says) || strings.Contains(string(out), "another copy of it") {
			t.Errorf("with files of at most %s bytes: %v, %s", size, err, out)
		}
		if took := time.Since(began); took > 100*time.Second {
			t.Errorf("that is said after %s", took)
		}
		if left, err := os.ReadDir(filepath.Dir(data)); err != nil || len(left) > 0 {
			t.Errorf("with files of at most %s bytes it left %v, %v", size, left, err)
		}
	}
}
