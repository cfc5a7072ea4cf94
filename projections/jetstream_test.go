package projections_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"rackvidd/events"
	"rackvidd/events/jetlog"
	"rackvidd/events/logtest"
	"rackvidd/projections"
	"rackvidd/projections/projectiontest"
)

// broker is a NATS server that can go and come back at its address.
type broker struct {
	t       *testing.T
	options server.Options
	server  *server.Server
}

func startBroker(t *testing.T) *broker {
	t.Helper()
	b := &broker{t: t, options: server.Options{Host: "127.0.0.1", Port: logtest.Port(t), JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true}}
	b.start()
	t.Cleanup(b.stop)
	return b
}

func (b *broker) start() {
	b.t.Helper()
	options := b.options
	s, err := server.NewServer(&options)
	if err != nil {
		b.t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(time.Minute) {
		b.t.Fatal("the broker does not start")
	}
	b.server = s
}

func (b *broker) stop() {
	b.server.Shutdown()
	b.server.WaitForShutdown()
}

func (b *broker) log() (*jetlog.Log, *nats.Conn) {
	b.t.Helper()
	conn, err := nats.Connect(b.server.ClientURL(), nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(conn.Close)
	log, err := jetlog.New(jetlog.Config{Conn: conn, Bootstrap: conn})
	if err != nil {
		b.t.Fatal(err)
	}
	return log, conn
}

// record appends one new session with a mark.
func record(t *testing.T, log events.Log, m events.Municipality, child events.ID) events.Position {
	t.Helper()
	id := events.NewID()
	positions, err := log.Append(t.Context(), m, events.Decision{{Stream: events.SessionOf(id), Command: uuid.New(), Actor: anna, Time: time.Now(), Events: []events.Event{attended(id, child)}}})
	if err != nil {
		t.Fatal(err)
	}
	return positions[0]
}

func TestTheLogMayGoAndComeBack(t *testing.T) {
	b, pool := startBroker(t), projectiontest.Pool(t)
	log, _ := b.log()
	var said lines
	startWith(t, &projections.Runner{Log: log, Pool: pool, Projections: []projections.Projection{marked{}}, Look: 20 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(&said, nil))})
	messages(t, pool, "marked", örebro, record(t, log, örebro, anna))
	messages(t, pool, "marked", uddevalla, record(t, log, uddevalla, anna))
	b.stop()
	if n, _ := messages(t, pool, "marked", örebro, 0); n != 1 {
		t.Errorf("without the log it shows %d messages, want 1", n)
	}
	time.Sleep(6 * time.Second) // longer than a request waits
	b.start()
	writer, _ := b.log()
	for _, m := range []events.Municipality{örebro, uddevalla} {
		if n, _ := messages(t, pool, "marked", m, record(t, writer, m, bo)); n != 2 {
			t.Errorf("it caught up to %d messages, want 2", n)
		}
	}
	if got := strings.Count(said.String(), `msg="event log cannot be reached"`); got != 1 {
		t.Errorf("it said %d times that the log cannot be reached:\n%s", got, said.String())
	}
}

func TestAMessageNobodyCanReadStopsItsMunicipalityAlone(t *testing.T) {
	b, pool := startBroker(t), projectiontest.Pool(t)
	log, conn := b.log()
	for range 3 {
		record(t, log, örebro, anna)
		record(t, log, uddevalla, anna)
	}
	if _, err := conn.Request("ev.1880.session.unknown", []byte(`{"specversion":"1.0","type":"session.haunted.v1"}`), 30*time.Second); err != nil {
		t.Fatal(err)
	}
	record(t, log, örebro, anna)
	start(t, log, pool, marked{}, marked{name: "other"})
	messages(t, pool, "marked", uddevalla, record(t, log, uddevalla, anna))
	var stopped *projections.StoppedError
	if err := wantStopped(t, pool, 0); !errors.As(err, &stopped) || stopped.At != 4 {
		t.Fatalf("reading gives %v, want a stop at 4", err)
	}
	for _, name := range []string{"marked", "other"} {
		if n, c := messages(t, pool, name, örebro, 3); n != 3 || c.Position != 3 {
			t.Errorf("%s shows %d messages at %d, want everything before", name, n, c.Position)
		}
	}
	if n, _ := messages(t, pool, "marked", uddevalla, record(t, log, uddevalla, anna)); n != 5 {
		t.Errorf("the other municipality shows %d messages, want 5", n)
	}
}

func TestALongLogIsFirstBuiltAsARebuild(t *testing.T) {
	b, pool := startBroker(t), projectiontest.Pool(t)
	log, _ := b.log()
	const many = 21_000
	for n := 0; n < many; n += 1000 {
		var list []events.Decision
		for range 1000 {
			id := events.NewID()
			list = append(list, events.Decision{{Stream: events.SessionOf(id), Command: uuid.New(), Actor: anna, Time: time.Now(), Events: []events.Event{attended(id, anna)}}})
		}
		if _, err := log.Append(t.Context(), örebro, list...); err != nil {
			t.Fatal(err)
		}
	}
	var said lines
	startWith(t, &projections.Runner{Log: log, Pool: pool, Projections: []projections.Projection{marked{}}, Logger: slog.New(slog.NewTextHandler(&said, nil))})
	time.Sleep(100 * time.Millisecond)
	if n, c := messages(t, pool, "marked", örebro, many); n != many || c.Generation != 1 {
		t.Errorf("it shows %d messages of generation %d", n, c.Generation)
	}
	if !strings.Contains(said.String(), "projection is rebuilt") {
		t.Error("it was not built as a rebuild")
	}
	if n, _ := messages(t, pool, "marked", örebro, record(t, log, örebro, bo)); n != many+1 {
		t.Errorf("it goes on to %d messages", n)
	}
}
