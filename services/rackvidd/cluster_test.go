package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"

	"rackvidd/events/jetlog/jetlogtest"
)

// startServers starts three NATS servers as deploy/nats/cluster.conf says.
func startServers(t *testing.T) *jetlogtest.Servers {
	t.Helper()
	return jetlogtest.StartServers(t, "../../deploy/nats/cluster.conf", dataDir(t))
}

// TestOneOfThreeServersKeepsItsLogApartFromOneThatWasAlone compares the two configurations: of the streams that it finds where it keeps
// its own, one of several deletes those that it was not told of.
func TestOneOfThreeServersKeepsItsLogApartFromOneThatWasAlone(t *testing.T) {
	for name, value := range map[string]string{"SERVER_NAME": "n", "APP_PASSWORD": "a", "BOOTSTRAP_PASSWORD": "b", "ROUTE_PASSWORD": "c", "ROUTE_1": "nats://n1:1", "ROUTE_2": "nats://n2:1", "ROUTE_3": "nats://n3:1"} {
		t.Setenv("NATS_"+name, `"`+value+`"`)
	}
	alone, err := natsserver.ProcessConfigFile("../../deploy/nats/nats.conf")
	if err != nil {
		t.Fatal(err)
	}
	oneOf, err := natsserver.ProcessConfigFile("../../deploy/nats/cluster.conf")
	if err != nil {
		t.Fatal(err)
	}
	if alone.StoreDir == oneOf.StoreDir || filepath.Dir(oneOf.StoreDir) != alone.StoreDir {
		t.Errorf("one keeps its log in %s, and one of three in %s", alone.StoreDir, oneOf.StoreDir)
	}
	if !oneOf.SyncAlways || !alone.SyncAlways || oneOf.JetStreamMaxStore != alone.JetStreamMaxStore || oneOf.JetStreamMaxMemory != alone.JetStreamMaxMemory {
		t.Errorf("one of three keeps it otherwise than one: %t, %d and %d", oneOf.SyncAlways, oneOf.JetStreamMaxStore, oneOf.JetStreamMaxMemory)
	}
}

// onServers are the flags of a program whose log they keep.
func onServers(s *jetlogtest.Servers, copies int) []string {
	return []string{"--nats-replicas", fmt.Sprint(copies), "--nats-url", s.URL("app"), "--nats-bootstrap-url", s.URL("bootstrap")}
}

// sentUntil sends a request under a key again and again until it is carried out, and returns how long each took. In between it may
// only be refused clearly.
func (s *server) sentUntil(t *testing.T, path, body, kind, key string) (raw []byte, each []time.Duration, err error) {
	headers := map[string]string{"Content-Type": kind, "Idempotency-Key": key}
	for begun := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		asked := time.Now()
		status, raw, header, err := s.send(t.Context(), http.MethodPost, "municipalities/1880/"+path, bytes.NewReader([]byte(body)), headers)
		each = append(each, time.Since(asked))
		switch {
		case err != nil:
			return nil, each, err
		case status == http.StatusOK || status == http.StatusCreated:
			return raw, each, nil
		case status != http.StatusServiceUnavailable || header.Get("Retry-After") == "":
			return nil, each, fmt.Errorf("%s is answered %d %s", path, status, raw)
		case time.Since(begun) > time.Minute:
			return nil, each, fmt.Errorf("after a minute %s is answered %d %s", path, status, raw)
		}
	}
}

// TestTheProgramKeepsItsLogOnThreeServers begins with one copy of the log and raises that to three, kills the server that leads while
// sessions and a file are recorded, each under a key of its own, and then another one when the first is back. In the end it takes the
// log away, and has it written again.
func TestTheProgramKeepsItsLogOnThreeServers(t *testing.T) {
	t.Parallel()
	servers, data := startServers(t), dataDir(t)
	one := serve(t, data, onServers(servers, 1)...)
	if _, err := one.bring(t.Context(), "1880", "a", smallFile); err != nil {
		t.Fatal(err)
	}
	before := one.figures(t, "1880", "year=2021")
	one.stop(t)
	if !strings.Contains(one.output.String(), "RACKVIDD_NATS_REPLICAS is not set to 3") {
		t.Error("a start with one copy on three servers says nothing of it")
	}
	s := serve(t, data, onServers(servers, 3)...)
	servers.AwaitCopies("EVENTS_1880", 3)

	const lives, writers, each = 2, 3, 15
	var (
		mu      sync.Mutex
		took    []time.Duration
		refused int
		made    = make(map[string]bool)
	)
	for life := range lives {
		leads, killed := servers.Leader("EVENTS_1880"), make(chan struct{})
		var writing sync.WaitGroup
		write := func(path, body, kind, key string) (raw []byte, err error) {
			raw, times, err := s.sentUntil(t, path, body, kind, key)
			again, _, once := s.sentUntil(t, path, body, kind, key)
			if err = errors.Join(err, once); err != nil {
				return nil, err
			}
			if path == "sessions" && !bytes.Equal(raw, again) {
				return nil, fmt.Errorf("%s is answered %s and once more %s", key, raw, again)
			}
			mu.Lock()
			defer mu.Unlock()
			took, refused = append(took, times...), refused+len(times)-1
			return raw, nil
		}
		for w := range writers {
			writing.Go(func() {
				for n := range each {
					raw, err := write("sessions", `{"programme":"sputnik","form":"counselling","held_on":"2021-03-01"}`, "application/json", fmt.Sprint("session-", life, "-", w, "-", n))
					var answer struct{ ID string }
					if err == nil {
						err = json.Unmarshal(raw, &answer)
					}
					mu.Lock()
					if err != nil || made[answer.ID] {
						t.Errorf("a session is recorded as %q, %v", answer.ID, err)
					}
					made[answer.ID] = true
					mu.Unlock()
					if n == each/3 && w == 0 {
						servers.Kill(leads)
						close(killed)
					}
				}
			})
		}
		writing.Go(func() {
			<-killed
			if _, err := write("imports?source=b", manyRows(300*(life+1)), "text/csv", fmt.Sprint("file-", life)); err != nil {
				t.Error(err)
			}
		})
		writing.Wait()
		servers.Start(leads)
		servers.AwaitCopies("EVENTS_1880", 3)
	}
	t.Logf("%d requests, the longest took %s; %d were refused", len(took), slices.Max(took), refused)

	again, err := s.bring(t.Context(), "1880", "b", manyRows(300*lives))
	if err != nil || again.Recorded > 0 || again.Duplicates != 300*lives {
		t.Errorf("the same file is answered %+v, %v", again, err)
	}
	if n := (&killed{server: s, t: t}).sessionsOf("sputnik"); n < len(made) || len(made) != lives*writers*each {
		t.Errorf("the log has %d sessions, of which %d were acknowledged", n, len(made))
	}
	query := fmt.Sprint("year=2021&min_position=", again.Position)
	if after := s.figures(t, "1880", query); after.Children <= before.Children {
		t.Errorf("%d children, were %d", after.Children, before.Children)
	}
	s.asks(t, "GET", fmt.Sprintf("municipalities/1880/log/checkpoint?min_position=%d", again.Position), nil, nil)
	if out := s.must(t, "audit", "verify", "--municipality", "1880"); !strings.Contains(out, "whole") {
		t.Errorf("verify says %s", out)
	}
	if state := s.readiness(t); state.Status != "ready" {
		t.Errorf("/readyz says %+v", state)
	}

	if err := servers.JetStream().DeleteStream(t.Context(), "EVENTS_1880"); err != nil {
		t.Fatal(err)
	}
	if out, _, code := s.rackvidd("audit", "verify", "--municipality", "1880"); code != difference || !strings.Contains(out, "stream") {
		t.Errorf("without its stream: exit %d, %s", code, out)
	}
	if out := s.must(t, "audit", "repair", "--municipality", "1880"); !strings.Contains(out, "stream from the archive") {
		t.Errorf("repair says %s", out)
	}
	servers.AwaitCopies("EVENTS_1880", 3)
	if out := s.must(t, "audit", "verify", "--municipality", "1880"); !strings.Contains(out, "whole") {
		t.Errorf("after the repair verify says %s", out)
	}
}
