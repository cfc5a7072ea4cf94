package jetlog_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/events/jetlog"
	"rackvidd/events/logtest"
)

// TestInACluster holds a log of which three servers have a copy each to what one on one server is held to.
func TestInACluster(t *testing.T) {
	logtest.Run(t, func(t *testing.T) events.Log { return logIn(t, startCluster(t)) })
}

// TestWhatAClusterAcknowledgedIsThereOnceAfterItsLeaderWasLost records one decision after another, each until it is answered, while the
// server that leads the log is taken away.
func TestWhatAClusterAcknowledgedIsThereOnceAfterItsLeaderWasLost(t *testing.T) {
	servers := startCluster(t)
	log := logIn(t, servers)
	const decisions, lost = 120, 40
	recorded := make(map[uuid.UUID]events.Position)
	followed := make(chan error, 1)
	go func() { followed <- followTo(t.Context(), logIn(t, servers), decisions) }()
	for n := range decisions {
		if n == lost {
			leader(t, servers).Shutdown()
		}
		stream, c := events.SessionOf(events.NewID()), events.Command{ID: uuid.New(), Actor: events.NewID(), Time: time.Now()}
		for begun := time.Now(); ; {
			about := []*events.Deciding{{Stream: stream}}
			r, err := events.Decide(t.Context(), log, "1880", c, about, func(events.Stream) events.State { return nothing{} }, func() error {
				about[0].Record(events.SessionCancelled{})
				return nil
			})
			if err == nil {
				recorded[c.ID] = r.Position
				break
			}
			if !errors.Is(err, events.ErrUnavailable) || time.Since(begun) > time.Minute {
				t.Fatal(err)
			}
		}
	}
	n := events.Position(0)
	for begun, whole := time.Now(), false; !whole; { // a reader may be given to the server that is gone, and reads on from another
		whole = true
		for r, err := range log.Read(t.Context(), "1880", n) {
			if errors.Is(err, events.ErrUnavailable) && time.Since(begun) < time.Minute {
				whole = false
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if n++; r.Position != n || recorded[r.Command] != n {
				t.Errorf("position %d after %d holds what was acknowledged at %d", r.Position, n-1, recorded[r.Command])
			}
		}
	}
	if n != decisions {
		t.Errorf("%d messages of %d decisions", n, decisions)
	}
	if err := <-followed; err != nil {
		t.Errorf("who follows the log is told %v", err)
	}
}

// followTo follows a log to a position, and begins anew where it cannot be reached.
func followTo(ctx context.Context, log events.Log, last events.Position) error {
	for after := events.Position(0); after < last; {
		for batch, err := range log.Follow(ctx, "1880", after, 10) {
			if err != nil && !errors.Is(err, events.ErrUnavailable) {
				return err
			}
			for _, r := range batch {
				if after++; r.Position != after {
					return fmt.Errorf("position %d after %d", r.Position, after-1)
				}
			}
			if after >= last {
				return nil
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

func TestInAClusterSeveralProcessesMayMakeALogAtOnce(t *testing.T) {
	servers := startCluster(t)
	var logs []*jetlog.Log
	for range 4 {
		logs = append(logs, logIn(t, servers))
	}
	for _, m := range []events.Municipality{"1880", "0114", "1485", "0180"} {
		var writing sync.WaitGroup
		for _, log := range logs {
			writing.Go(func() {
				about := events.Decision{{Stream: events.SessionOf(events.NewID()), Command: uuid.New(), Time: time.Now(), Events: []events.Event{events.SessionCancelled{}}}}
				if _, err := log.Append(t.Context(), m, about); err != nil {
					t.Errorf("%s: %v", m, err)
				}
			})
		}
		writing.Wait()
		if head, err := logs[0].Head(t.Context(), m); err != nil || head != events.Position(len(logs)) {
			t.Errorf("%s ends at %d, %v", m, head, err)
		}
	}
}

func TestInAClusterALogIsMadeAnewFromItsMessages(t *testing.T) {
	log := logIn(t, startCluster(t))
	for range 30 {
		stream := events.SessionOf(events.NewID())
		if _, err := log.Append(t.Context(), "1880", events.Decision{{Stream: stream, Command: uuid.New(), Time: time.Now(), Events: []events.Event{events.SessionCancelled{}}}}); err != nil {
			t.Fatal(err)
		}
	}
	stored := func() (list []archive.Entry) {
		for e, err := range log.Stored(t.Context(), "1880", 0) {
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, e)
		}
		return list
	}
	before := stored()
	err := log.Replace(t.Context(), "1880", func(yield func(archive.Entry, error) bool) {
		for _, e := range before {
			if !yield(e, nil) {
				return
			}
		}
	})
	if diff := cmp.Diff(before, stored()); err != nil || len(before) != 30 || diff != "" {
		t.Errorf("%d messages, made anew: %v %s", len(before), err, diff)
	}
}

// nothing is the state of a stream that is only appended to.
type nothing struct{}

func (nothing) Evolve(events.Event) {}

// leader is the server that leads the log of Örebro.
func leader(t *testing.T, servers []*server.Server) *server.Server {
	t.Helper()
	js, err := jetstream.New(connect(t, servers[0].ClientURL()))
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), "EVENTS_1880")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range servers {
		if s.Name() == stream.CachedInfo().Cluster.Leader {
			return s
		}
	}
	t.Fatal("nobody leads the log")
	return nil
}

func logIn(t *testing.T, servers []*server.Server) *jetlog.Log {
	t.Helper()
	var urls []string
	for _, s := range servers {
		urls = append(urls, s.ClientURL())
	}
	all := strings.Join(urls, ",")
	log, err := jetlog.New(jetlog.Config{Conn: connect(t, all), Bootstrap: connect(t, all), Replicas: len(servers)})
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// startCluster starts three servers and returns when each of them can have a copy of a stream.
func startCluster(t *testing.T) (servers []*server.Server) {
	t.Helper()
	dir := t.TempDir()
	var routes []*url.URL
	ports := []int{logtest.Port(t), logtest.Port(t), logtest.Port(t)}
	for _, port := range ports {
		routes = append(routes, &url.URL{Scheme: "nats", Host: fmt.Sprint("127.0.0.1:", port)})
	}
	for n, port := range ports {
		s, err := server.NewServer(&server.Options{
			ServerName: fmt.Sprint("n", n), Host: "127.0.0.1", Port: -1, NoSigs: true, NoLog: true,
			JetStream: true, StoreDir: filepath.Join(dir, fmt.Sprint(n)), SyncAlways: true,
			Cluster: server.ClusterOpts{Name: "rackvidd", Host: "127.0.0.1", Port: port}, Routes: routes,
		})
		if err != nil {
			t.Fatal(err)
		}
		go s.Start()
		t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
		servers = append(servers, s)
	}
	for _, s := range servers {
		for begun := time.Now(); !s.ReadyForConnections(time.Second) || !s.JetStreamIsCurrent(); time.Sleep(20 * time.Millisecond) {
			if time.Since(begun) > time.Minute {
				t.Fatal("the three servers find no leader")
			}
		}
	}
	js, err := jetstream.New(connect(t, servers[0].ClientURL()))
	for begun := time.Now(); err == nil; time.Sleep(20 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		_, placed := js.CreateStream(ctx, jetstream.StreamConfig{Name: "PLACED", Replicas: len(servers)})
		cancel()
		if placed == nil {
			err = js.DeleteStream(t.Context(), "PLACED")
			break
		}
		if time.Since(begun) > time.Minute {
			err = placed
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return servers
}
