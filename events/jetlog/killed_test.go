package jetlog_test

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/nats-io/nats.go"

	"rackvidd/events"
	"rackvidd/events/jetlog"
	"rackvidd/events/jetlog/jetlogtest"
)

func TestMain(m *testing.M) {
	jetlogtest.ServeIfAsked()
	os.Exit(m.Run())
}

// TestOnServersThatAreKilled raises a log's copies while it is written, kills the server that had the only one, which those who follow
// the log are connected to, and asks of several logs while nobody leads some of them.
func TestOnServersThatAreKilled(t *testing.T) {
	t.Parallel()
	servers := jetlogtest.StartServers(t, "../../deploy/nats/cluster.conf", t.TempDir())
	once, log := logOn(t, servers, 1), logOn(t, servers, 3)
	logs := []events.Municipality{"0114", "0180", "1485", "1881", "2480"}
	for _, m := range logs {
		recordIn(t, log, m)
	}
	recordIn(t, once, "1880")
	only := servers.Leader("EVENTS_1880")
	stop, recorded := make(chan struct{}), make(map[uuid.UUID]events.Position)
	var writing sync.WaitGroup
	writing.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			command, at := recordIn(t, once, "1880")
			recorded[command] = at
		}
	})
	time.Sleep(200 * time.Millisecond)
	if had, err := log.Raise(t.Context(), "1880"); had != 1 || err != nil {
		t.Errorf("raised from %d, %v", had, err)
	}
	servers.AwaitCopies("EVENTS_1880", 3)
	if had, err := log.Raise(t.Context(), "1880"); had != 3 || err != nil {
		t.Errorf("raised once more from %d, %v", had, err)
	}
	if _, err := once.Raise(t.Context(), "1880"); err != nil {
		t.Error(err)
	}
	servers.AwaitCopies("EVENTS_1880", 3)

	followers := make([]atomic.Uint64, 6)
	for i := range followers {
		go follow(t, logWith(t, servers.ConnectTo(only, "app"), nil, 3), &followers[i])
	}
	time.Sleep(200 * time.Millisecond)

	servers.Kill(only)
	heads, err := map[events.Municipality]events.Position(nil), error(nil)
	for begun := time.Now(); ; {
		if heads, err = log.Heads(t.Context()); err == nil || !errors.Is(err, events.ErrUnavailable) || time.Since(begun) > time.Minute {
			break
		}
	}
	close(stop)
	writing.Wait()
	delete(heads, "1880")
	if diff := cmp.Diff(map[events.Municipality]events.Position{"0114": 1, "0180": 1, "1485": 1, "1881": 1, "2480": 1}, heads); err != nil || diff != "" {
		t.Errorf("the logs end at %v, %s", err, diff)
	}
	n, found := events.Position(0), 0
	for r, err := range log.Read(t.Context(), "1880", 0) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; r.Position != n {
			t.Fatalf("position %d after %d", r.Position, n-1)
		}
		if at, acknowledged := recorded[r.Command]; acknowledged {
			if found++; at != n {
				t.Errorf("position %d holds what was acknowledged at %d", n, at)
			}
		}
	}
	for i, begun := 0, time.Now(); i < len(followers); time.Sleep(20 * time.Millisecond) {
		if followers[i].Load() == n {
			i++
		} else if time.Since(begun) > time.Minute {
			t.Fatalf("a minute later somebody has followed the log to %d of %d", followers[i].Load(), n)
		}
	}
	if found != len(recorded) || int(n) != len(recorded)+1 {
		t.Errorf("%d messages hold %d of %d decisions", n, found, len(recorded))
	}
}

// follow keeps the position up to which a log was followed.
func follow(t *testing.T, log *jetlog.Log, at *atomic.Uint64) {
	for t.Context().Err() == nil {
		for batch, err := range log.Follow(t.Context(), "1880", at.Load(), 100) {
			if err != nil && !errors.Is(err, events.ErrUnavailable) {
				t.Error(err)
			}
			for _, r := range batch {
				if !at.CompareAndSwap(r.Position-1, r.Position) {
					t.Errorf("position %d after %d", r.Position, at.Load())
				}
			}
		}
	}
}

// recordIn records a decision in a log, again and again until it is answered.
func recordIn(t *testing.T, log *jetlog.Log, m events.Municipality) (uuid.UUID, events.Position) {
	t.Helper()
	stream, c := events.SessionOf(events.NewID()), events.Command{ID: uuid.New(), Actor: events.NewID(), Time: time.Now()}
	for begun := time.Now(); ; {
		about := []*events.Deciding{{Stream: stream}}
		r, err := events.Decide(t.Context(), log, m, c, about, func(events.Stream) events.State { return nothing{} }, func() error {
			about[0].Record(events.SessionCancelled{})
			return nil
		})
		if err == nil {
			return c.ID, r.Position
		}
		if !errors.Is(err, events.ErrUnavailable) || time.Since(begun) > time.Minute {
			t.Errorf("record in %s: %v", m, err)
			return c.ID, 0
		}
	}
}

func logOn(t *testing.T, servers *jetlogtest.Servers, replicas int) *jetlog.Log {
	t.Helper()
	return logWith(t, servers.Connect("app"), servers.Connect("bootstrap"), replicas)
}

func logWith(t *testing.T, conn, bootstrap *nats.Conn, replicas int) *jetlog.Log {
	t.Helper()
	log, err := jetlog.New(jetlog.Config{Conn: conn, Bootstrap: bootstrap, Replicas: replicas})
	if err != nil {
		t.Fatal(err)
	}
	return log
}
