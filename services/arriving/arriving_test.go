package arriving

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestAFileThatComesTooSlowlyIsGivenUp has a clock of its own.
func TestAFileThatComesTooSlowlyIsGivenUp(t *testing.T) {
	for name, c := range map[string]struct {
		bytes int           // that come at a time
		every time.Duration // and how often
		whole bool
	}{
		"a byte every 50 seconds":                  {1, 50 * time.Second, false},
		"a third of the pace":                      {Pace / 3, time.Second, false},
		"twice the pace":                           {2 * Pace, time.Second, true},
		"nothing for 50 seconds, and then a lot":   {64 * Pace, 50 * time.Second, true},
		"nothing for more than a minute, and then": {128 * Pace, 61 * time.Second, false},
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
			body := &Body{ours, http.NewResponseController(connected{ours}), Silence}
			if _, err := io.Copy(io.Discard, body); (err == nil) != c.whole || err != nil && (!errors.Is(err, ErrCutShort) || !strings.Contains(err.Error(), "as several files where the connection is slow")) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

// connected is a response whose request comes by a connection.
type connected struct{ net.Conn }

func (connected) Header() http.Header { return nil }
func (connected) WriteHeader(int)     {}

// TestWhoeverStandsStillIsAnswered has a server that would wait for the rest of the file before it answers.
func TestWhoeverStandsStillIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		listening := &once{Conn: ours, closed: make(chan struct{})}
		server := &http.Server{ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.Copy(io.Discard, From(w, r, 1<<20)); errors.Is(err, ErrCutShort) {
				w.WriteHeader(http.StatusBadRequest)
			}
		})}
		var serving sync.WaitGroup
		serving.Go(func() { _ = server.Serve(listening) })
		defer serving.Wait()
		defer server.Close()
		if _, err := io.WriteString(theirs, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nrecord_id"); err != nil {
			t.Fatal(err)
		}
		asked := time.Now()
		_ = theirs.SetReadDeadline(asked.Add(time.Hour))
		answer, err := http.ReadResponse(bufio.NewReader(theirs), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if took := time.Since(asked); answer.StatusCode != http.StatusBadRequest || took < Silence || took > 2*Silence {
			t.Errorf("answered %d after %s", answer.StatusCode, took)
		}
	})
}

// once listens to one connection that is there already.
type once struct {
	net.Conn
	taken  atomic.Bool
	closed chan struct{}
}

func (o *once) Accept() (net.Conn, error) {
	if o.taken.CompareAndSwap(false, true) {
		return o.Conn, nil
	}
	<-o.closed
	return nil, net.ErrClosed
}

func (o *once) Close() error   { close(o.closed); return nil }
func (o *once) Addr() net.Addr { return o.LocalAddr() }
