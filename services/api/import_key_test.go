package api_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rackvidd/services/access"
	"rackvidd/services/api"
)

const thirdRow = "3,session_attended,2021-03-15,c,sputnik,support_group\n"

func TestAFileWithAKeyIsAnsweredAsTheFirstTime(t *testing.T) {
	h := newHouse(t)
	key := []string{"Idempotency-Key", "spring"}
	var first api.ImportSummary
	answer := h.post("imports?source=a", twoRows, key...).is(200)
	if answer.into(&first); first.Rows != 2 || first.Recorded != 2 {
		t.Fatalf("the file is not recorded: %+v", first)
	}
	h.post("imports?source=a", twoRows+thirdRow).is(200)
	head := h.head()
	if again := h.post("imports?source=a", twoRows, key...).is(200); again.text != answer.text || again.header.Get("Rackvidd-Position") != answer.header.Get("Rackvidd-Position") {
		t.Errorf("the same file is answered %s, and the first time %s", again.text, answer.text)
	}
	for says, r := range map[string]reply{
		"another file":              h.post("imports?source=a", twoRows+"4,session_attended,2021-03-16,d,sputnik,support_group\n", key...),
		"a file that begins alike":  h.post("imports?source=a", twoRows[:len(twoRows)-1], key...),
		"another source":            h.post("imports?source=b", twoRows, key...),
		"to be recorded and a test": h.post("imports?source=a&dry_run=true", twoRows, key...),
		"a correction":              h.post("imports?source=a&update=true", twoRows, key...),
		"other headings":            h.post(`imports?source=a&map={"child":"barn"}`, twoRows, key...),
		"another kind of request":   h.post("children", object{"identity": "a"}, key...),
	} {
		if r.status != 422 || !strings.Contains(r.text, "key_reused") {
			t.Errorf("%s under the same key: %d %s", says, r.status, r.text)
		}
	}
	if now := h.head(); now != head {
		t.Errorf("a repeat, or another file under its key, recorded something: the log went from %d to %d", head, now)
	}
	if text := h.post("imports?source=a", twoRows).is(200).text; !strings.Contains(text, `"duplicates":2`) {
		t.Errorf("without a key the same file is no file of duplicates: %s", text)
	}
}

func TestAFileThatComesManyTimesAtOnceIsBroughtInOnce(t *testing.T) {
	h := newHouse(t)
	var all sync.WaitGroup
	answers := make([]reply, 6)
	for i := range answers {
		all.Go(func() { answers[i] = h.post("imports", twoRows, "Idempotency-Key", "once") })
	}
	all.Wait()
	for _, a := range answers {
		if a.is(200).text != answers[0].text || !strings.Contains(a.text, `"recorded":2`) {
			t.Errorf("two answers: %s %s", answers[0].text, a.text)
		}
	}
}

func TestAFileThatDidNotComeWholeClaimsNoKey(t *testing.T) {
	h := newHouse(t)
	broken, cut := io.Pipe()
	go func() {
		io.WriteString(cut, twoRows)
		cut.CloseWithError(io.ErrUnexpectedEOF)
	}()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.server.URL+in("imports"), broken)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+adminToken)
	r.Header.Set("Idempotency-Key", "cut")
	if answered, err := h.server.Client().Do(r); err == nil {
		answered.Body.Close()
		t.Errorf("half a file is answered %d", answered.StatusCode)
	}
	if text := h.post("imports", twoRows+thirdRow, "Idempotency-Key", "cut").is(200).text; !strings.Contains(text, `"recorded":3`) {
		t.Errorf("the whole file is answered %s", text)
	}
}

func TestAFileThatDoesNotComeWholeIsToBeSentAgain(t *testing.T) {
	h := newHouse(t)
	for _, key := range []string{"", "Idempotency-Key: cut\r\n"} {
		conn, err := net.Dial("tcp", h.server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer %s\r\nContent-Type: text/csv\r\nContent-Length: 10000\r\n%s\r\n%s", in("imports"), adminToken, key, twoRows)
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(answer.Body)
		if answer.StatusCode != http.StatusBadRequest || !strings.Contains(string(text), "problem:cut_short") {
			t.Errorf("half a file (%q) is answered %d %s", key, answer.StatusCode, text)
		}
	}
}

// TestNobodyWaitsForACallerWhoFellSilent has one who begins to send a file and stays on the line.
func TestNobodyWaitsForACallerWhoFellSilent(t *testing.T) {
	h := newHouse(t)
	silent, err := net.Dial("tcp", h.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	fmt.Fprintf(silent, "POST %s HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer %s\r\nContent-Type: text/csv\r\nContent-Length: 10000\r\n\r\n%s", in("imports"), adminToken, twoRows)
	time.Sleep(200 * time.Millisecond) // until the server reads it
	began := time.Now()
	h.post("imports", twoRows+thirdRow).is(200)
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("another file is brought in after %s", took)
	}
}

// sent is what became of a file that was long in coming.
type sent struct {
	status int
	err    error
}

// sending sends a file with a key as it is written, until that is closed.
func (h *house) sending(token, path string) (file io.WriteCloser, became <-chan sent) {
	half, rest := io.Pipe()
	done := make(chan sent, 1)
	r, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, h.server.URL+in(path), half)
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Idempotency-Key", "slow")
	go func() {
		answered, err := h.server.Client().Do(r)
		if err != nil {
			done <- sent{0, err}
			return
		}
		done <- sent{answered.StatusCode, answered.Body.Close()}
	}()
	return rest, done
}

func TestAFileWaitsWhereNobodyCanReadIt(t *testing.T) {
	dir := t.TempDir()
	h := newHouse(t, func(d *api.Deps) { d.Spool = dir })
	rest, done := h.sending(adminToken, "imports")
	const canary = "20120304-2393"
	row := "record_id,type,occurred_on,child,programme,form\n1,session_attended,2021-03-01," + canary + ",sputnik,support_group\n"
	io.WriteString(rest, row)
	io.WriteString(rest, strings.Repeat("x", 1<<18)) // more than is held in memory on the way
	waiting := ""
	for deadline := time.Now().Add(time.Minute); waiting == "" && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		waiting = spooled(t, dir)
	}
	if len(waiting) == 0 || strings.Contains(waiting, canary) || strings.Contains(waiting, "xxxxxxxx") {
		t.Errorf("%d bytes lie on disk, and they can be read: %v", len(waiting), strings.Contains(waiting, canary))
	}
	if named, err := os.ReadDir(dir); err != nil || len(named) > 0 {
		t.Errorf("a crash would leave %v behind: %v", named, err)
	}
	rest.Close()
	if err := (<-done).err; err != nil {
		t.Error(err)
	}
	if left := spooled(t, dir); left != "" {
		t.Errorf("%d bytes are still held", len(left))
	}
}

// spooled is what this process's nameless files in a directory hold.
func spooled(t *testing.T, dir string) string {
	t.Helper()
	open, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, fd := range open {
		if name, err := os.Readlink(fd); err != nil || !strings.HasPrefix(name, dir) {
			continue
		}
		raw, err := os.ReadFile(fd)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(raw)
	}
	return text.String()
}

func TestAFileThatIsLongInComingKeepsNobodyElseWaiting(t *testing.T) {
	dir := t.TempDir()
	h := newHouse(t, func(d *api.Deps) { d.Spool = dir })
	rest, done := h.sending(h.token(access.Coordinator, "1880", access.EveryProgramme), "imports?source=slow")
	io.WriteString(rest, twoRows)
	for deadline := time.Now().Add(time.Minute); spooled(t, dir) == "" && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
	}
	h.post("imports?source=quick", twoRows, "Idempotency-Key", "quick").is(200)
	rest.Close()
	if a := <-done; a.status != http.StatusOK {
		t.Errorf("the file that was long in coming: %d, %v", a.status, a.err)
	}
}

func TestWithoutRoomAFileWithAKeyIsRefusedAndOneWithoutIsNot(t *testing.T) {
	h := newHouse(t, func(d *api.Deps) { d.Spool = filepath.Join(t.TempDir(), "gone") })
	refused := h.post("imports", twoRows, "Idempotency-Key", "k")
	refused.problem(503, "unavailable", "")
	if !strings.Contains(refused.text, "without an Idempotency-Key") || refused.header.Get("Retry-After") == "" {
		t.Errorf("it does not say what to do: %s", refused.text)
	}
	h.post("imports", twoRows).is(200)
}
