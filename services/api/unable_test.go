package api

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

func TestADatabaseThatCannotWorkNowIsToBeTriedAgainWhoeverAskedIt(t *testing.T) {
	for code, status := range map[string]int{
		"53100": http.StatusServiceUnavailable, // no room
		"57P03": http.StatusServiceUnavailable, // starting
		"58030": http.StatusServiceUnavailable, // a file
		"08006": http.StatusServiceUnavailable, // a connection
		"25006": http.StatusServiceUnavailable, // a standby
		"40P01": http.StatusServiceUnavailable, // others in the way
		"57014": 0,                             // a query that was cancelled
		"23505": 0,                             // a fault of ours
	} {
		p := known(fmt.Errorf("keep it: %w", &pgconn.PgError{Code: code}))
		switch {
		case p == nil && status != 0:
			t.Errorf("%s is answered 500", code)
		case p != nil && (p.Status != status || p.retryAfter == 0):
			t.Errorf("%s is answered %d, to be tried again after %d s", code, p.Status, p.retryAfter)
		}
	}
}

// TestAFileThatComesTooSlowlyIsGivenUp has a clock of its own.
func TestAFileThatComesTooSlowlyIsGivenUp(t *testing.T) {
	for name, c := range map[string]struct {
		bytes int           // that come at a time
		every time.Duration // and how often
		whole bool
	}{
		"a byte every 50 seconds":                  {1, 50 * time.Second, false},
		"a third of the pace":                      {pace / 3, time.Second, false},
		"twice the pace":                           {2 * pace, time.Second, true},
		"nothing for 50 seconds, and then a lot":   {64 * pace, 50 * time.Second, true},
		"nothing for more than a minute, and then": {128 * pace, 61 * time.Second, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			ours, theirs := net.Pipe()
			var sending sync.WaitGroup
			defer sending.Wait()
			defer ours.Close()
			sending.Go(func() {
				defer theirs.Close()
				for range 300 {
					time.Sleep(c.every)
					if _, err := theirs.Write(make([]byte, c.bytes)); err != nil {
						return
					}
				}
			})
			body := &arriving{ours, http.NewResponseController(connected{ours}), silence}
			if _, err := io.Copy(io.Discard, body); (err == nil) != c.whole || err != nil && (!errors.Is(err, errCutShort) || !strings.Contains(err.Error(), "as several files where the connection is slow")) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

// TestWhoeverSendsNothingMoreIsAnsweredAndLetGo has a caller that stays on the line.
func TestWhoeverSendsNothingMoreIsAnsweredAndLetGo(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, &arriving{r.Body, http.NewResponseController(w), 50 * time.Millisecond})
		if !errors.Is(err, errCutShort) {
			t.Errorf("it is read: %v", err)
		}
		w.WriteHeader(http.StatusBadRequest)
	}))
	defer server.Close()
	caller, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer caller.Close()
	if _, err := io.WriteString(caller, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\nrecord_id"); err != nil {
		t.Fatal(err)
	}
	if err := caller.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if answer, err := io.ReadAll(caller); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 400 ") {
		t.Errorf("it is answered %q, %v", answer, err)
	}
}

// connected is a response whose request comes by a connection.
type connected struct{ net.Conn }

func (connected) Header() http.Header { return nil }
func (connected) WriteHeader(int)     {}
