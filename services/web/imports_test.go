package web

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rackvidd/services/access"
)

// overTheWire has a server that waits a moment for a request, as the program's does for half a minute.
func overTheWire(t *testing.T) *httptest.Server {
	t.Helper()
	h := httptest.NewUnstartedServer(testSite(t).handler())
	h.Config.ReadTimeout, h.Config.WriteTimeout = 200*time.Millisecond, 300*time.Millisecond
	h.Start()
	t.Cleanup(h.Close)
	return h
}

const importing = "/municipalities/1880/import"

func TestAFileThatComesSlowlyIsWaitedFor(t *testing.T) {
	h := overTheWire(t)
	sent := uploading(t, importing, access.BackOffice)
	whole, err := io.ReadAll(sent.Body)
	if err != nil {
		t.Fatal(err)
	}
	body, slowly := io.Pipe()
	go func() {
		for part := range bytes.Lines(whole) {
			time.Sleep(50 * time.Millisecond)
			if _, err := slowly.Write(part); err != nil {
				return
			}
		}
		slowly.Close()
	}()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL+importing, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header, r.ContentLength = sent.Header, int64(len(whole))
	began := time.Now()
	answer, err := h.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < 2*h.Config.ReadTimeout {
		t.Fatalf("it came within %s", took)
	}
	saysAll(t, string(page), languages()[swedish].text("import.preview"))
}

func TestAFileThatDidNotArriveIsNotBlamedForItsSize(t *testing.T) {
	h := overTheWire(t)
	connection, err := net.Dial("tcp", h.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	sent := uploading(t, importing, access.BackOffice)
	whole, err := io.ReadAll(sent.Body)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(connection, "POST %s HTTP/1.1\r\nHost: x\r\nCookie: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s",
		importing, sent.Header.Get("Cookie"), sent.Header.Get("Content-Type"), len(whole), whole[:len(whole)-20])
	if err := connection.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(connection), sent)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	saysOfFile(t, string(page), "import.cut_short", "import.too_large")

	large := sent
	begun, _, _ := bytes.Cut(whole, []byte("record_id"))
	large.Body = io.NopCloser(io.MultiReader(bytes.NewReader(begun), bytes.NewReader(make([]byte, largestUpload))))
	w := httptest.NewRecorder()
	testSite(t).handler().ServeHTTP(w, large)
	saysOfFile(t, w.Body.String(), "import.too_large", "import.cut_short")
}

// saysOfFile wants a page to say what became of a file, and nothing else of it.
func saysOfFile(t *testing.T, page, said string, not ...string) {
	t.Helper()
	l := languages()[swedish]
	saysAll(t, page, l.text(said))
	for _, other := range append(not, "form.file", "form.missing") {
		if strings.Contains(page, l.text(other)) {
			t.Errorf("a file of which it says %s is told %s as well", said, other)
		}
	}
}
