package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"

	"rackvidd/events/logtest"
	"rackvidd/services/rackvidd/node"
)

// outage is a server with a NATS and a PostgreSQL of its own that can be taken away.
type outage struct {
	*server
	t            *testing.T
	dir          string
	postgres     *node.Postgres
	nats         *natsserver.Server
	natsPort     int
	natsPassword string   // of the user app; "": it lets everybody in
	urls         []string // by which a program finds both
}

func newOutage(t *testing.T) *outage {
	t.Helper()
	o := newPlaces(t)
	o.server = serve(t, dataDir(t), o.urls...)
	return o
}

// newPlaces are NATS and PostgreSQL, and no program yet.
func newPlaces(t *testing.T) *outage {
	t.Helper()
	o := &outage{t: t, dir: dataDir(t), natsPort: logtest.Port(t)}
	o.startNATS()
	o.startPostgres()
	if err := o.postgres.CreateDatabases(t.Context(), "rackvidd"); err != nil { // the vault's is made beside it
		t.Fatal(err)
	}
	t.Cleanup(func() { o.stopNATS(); o.stopPostgres() })
	o.urls = []string{
		"--nats-url", o.nats.ClientURL(), "--nats-bootstrap-url", o.nats.ClientURL(),
		"--database-url", o.postgres.DSN("rackvidd"),
	}
	return o
}

func (o *outage) startNATS() {
	o.t.Helper()
	options := &natsserver.Options{
		Host: "127.0.0.1", Port: o.natsPort, JetStream: true, StoreDir: o.dir + "/nats", SyncAlways: true, NoSigs: true, NoLog: true,
	}
	if o.natsPassword != "" {
		options.Username, options.Password = "app", o.natsPassword
	}
	s, err := natsserver.NewServer(options)
	if err != nil {
		o.t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(time.Minute) {
		o.t.Fatal("NATS does not start")
	}
	o.nats = s
}

func (o *outage) stopNATS() { o.nats.Shutdown(); o.nats.WaitForShutdown() }

func (o *outage) startPostgres() {
	o.t.Helper()
	var err error
	if o.postgres, err = node.StartPostgres(context.WithoutCancel(o.t.Context()), node.PostgresConfig{Dir: o.dir}); err != nil {
		o.t.Fatal(err)
	}
}

func (o *outage) stopPostgres() { o.postgres.Stop(context.WithoutCancel(o.t.Context())) }

// load writes sessions and reads figures until stop is closed.
type load struct {
	mu       sync.Mutex
	written  int         // acknowledged
	statuses map[int]int // of writes
	reads    map[int]int
	odd      []string
}

func (l *load) note(of map[int]int, status int, raw []byte, response http.Header) {
	l.mu.Lock()
	defer l.mu.Unlock()
	of[status]++
	switch {
	case status < 300, status == http.StatusServiceUnavailable && response.Get("Retry-After") != "":
	default:
		l.odd = append(l.odd, fmt.Sprintf("%d %s", status, raw))
	}
}

func (o *outage) load(stop <-chan struct{}) *load {
	l := &load{statuses: make(map[int]int), reads: make(map[int]int)}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(20 * time.Millisecond):
				}
				body, _ := json.Marshal(map[string]any{"programme": "sputnik", "form": "counselling", "held_on": "2021-03-01"})
				status, raw, header := o.raw("POST", "municipalities/1880/sessions", body)
				l.note(l.statuses, status, raw, header)
				if status < 300 {
					l.mu.Lock()
					l.written++
					l.mu.Unlock()
				}
				status, raw, header = o.raw("GET", "municipalities/1880/reach?year=2021", nil)
				l.note(l.reads, status, raw, header)
			}
		})
	}
	o.t.Cleanup(wg.Wait)
	return l
}

func TestPostgreSQLAwayForTenSecondsLosesNothing(t *testing.T) {
	t.Parallel()
	o := newOutage(t)
	o.survives(fault{func() { o.stopPostgres() }, func() { o.startPostgres() }, 10 * time.Second, true})
}

func TestNATSAwayForTenSecondsLosesNothing(t *testing.T) {
	t.Parallel()
	o := newOutage(t)
	o.survives(fault{func() { o.stopNATS() }, func() { o.startNATS() }, 10 * time.Second, true})
}

// fault is something that is not there for a while.
type fault struct {
	begin, end func()
	lasts      time.Duration
	refuses    bool // whatever cannot be answered meanwhile; else nobody notices
}

// survives lets a fault come and go while there is work to do.
func (o *outage) survives(f fault) {
	o.t.Helper()
	if _, err := o.bring(o.t.Context(), "1880", "a", smallFile); err != nil {
		o.t.Fatal(err)
	}
	before := o.figures(o.t, "1880", "year=2021")
	stop := make(chan struct{})
	l := o.load(stop)
	time.Sleep(time.Second)
	f.begin()
	time.Sleep(f.lasts)
	f.end()
	o.recovered()
	time.Sleep(time.Second)
	close(stop)
	l.mu.Lock()
	defer l.mu.Unlock()
	o.t.Logf("writes %v, reads %v", l.statuses, l.reads)
	for _, odd := range l.odd[:min(3, len(l.odd))] {
		o.t.Errorf("%d odd answers, such as %s", len(l.odd), odd)
	}
	if refused := l.statuses[http.StatusServiceUnavailable] + l.reads[http.StatusServiceUnavailable]; (refused > 0) != f.refuses {
		o.t.Errorf("%d requests were refused; was anything taken away?", refused)
	}
	head := before.Position + uint64(l.written)
	if after := o.figures(o.t, "1880", fmt.Sprintf("year=2021&min_position=%d", head)); after.Position < head || after.Children != before.Children {
		o.t.Errorf("position %d with %d children, after %d acknowledged writes to position %d with %d", after.Position, after.Children, l.written, before.Position, before.Children)
	}
}

// recovered waits until the server is ready by itself.
func (o *outage) recovered() {
	o.t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		response, err := http.Get(o.address + "/readyz")
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(deadline) {
			o.t.Fatal("it does not recover by itself")
		}
	}
}

func (o *outage) raw(method, path string, body []byte) (int, []byte, http.Header) {
	status, raw, header, err := o.send(context.WithoutCancel(o.t.Context()), method, path, bytes.NewReader(body), map[string]string{"Content-Type": "application/json"})
	if err != nil {
		o.t.Errorf("%s %s: %v", method, path, err)
	}
	return status, raw, header
}
