package jetlog_test

import (
	"bytes"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/events/jetlog"
	"rackvidd/events/logtest"
)

func TestInJetStream(t *testing.T) {
	logtest.Run(t, func(t *testing.T) events.Log {
		url := startServer(t)
		log, err := jetlog.New(jetlog.Config{Conn: connect(t, url), Bootstrap: connect(t, url)})
		if err != nil {
			t.Fatal(err)
		}
		return log
	})
}

// TestRecordedTimeDoesNotGoBackFromOneProcessToTheNext lets one record, another whose clock is behind after it, and the
// first, whose clock is set back, after what it reads of that.
func TestRecordedTimeDoesNotGoBackFromOneProcessToTheNext(t *testing.T) {
	url := startServer(t)
	now := time.Now().Truncate(time.Millisecond)
	process := func() *jetlog.Log {
		log, err := jetlog.New(jetlog.Config{Conn: connect(t, url), Bootstrap: connect(t, url)})
		if err != nil {
			t.Fatal(err)
		}
		return log
	}
	var streams []events.Stream
	records := func(log *jetlog.Log, clock time.Duration) {
		t.Helper()
		evening := events.NewID()
		streams = append(streams, events.SessionOf(evening))
		_, err := log.Append(t.Context(), "1880", events.Decision{{
			Stream: events.SessionOf(evening), Command: uuid.New(), Actor: events.NewID(), Time: now.Add(clock),
			Events: []events.Event{events.SessionCancelled{Session: evening}},
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	first, second := process(), process()
	records(first, 0)
	records(second, -time.Hour)
	records(second, time.Hour)
	if _, err := first.Streams(t.Context(), "1880", streams[2]); err != nil {
		t.Fatal(err)
	}
	records(first, -time.Hour)
	var times []time.Duration
	for r, err := range second.Read(t.Context(), "1880", 0) {
		if err != nil {
			t.Fatal(err)
		}
		times = append(times, r.Time.Sub(now))
	}
	if want := []time.Duration{0, 0, time.Hour, time.Hour}; !slices.Equal(times, want) {
		t.Errorf("recorded %v after the first, want %v", times, want)
	}
}

// TestAStreamIsMadeAnewWithTheSamePositions fills it from what it held, over what it holds.
func TestAStreamIsMadeAnewWithTheSamePositions(t *testing.T) {
	url := startServer(t)
	log, err := jetlog.New(jetlog.Config{Conn: connect(t, url), Bootstrap: connect(t, url)})
	if err != nil {
		t.Fatal(err)
	}
	const m, n = "1880", 1234 // more than a batch
	var decisions []events.Decision
	for range n {
		evening := events.NewID()
		decisions = append(decisions, events.Decision{{
			Stream: events.SessionOf(evening), Command: uuid.New(), Actor: events.NewID(), Time: time.Now(),
			Events: []events.Event{events.SessionOpened{Session: evening, Programme: "sputnik", Form: events.Camp, HeldOn: events.Date(2021, 3, 1)}},
		}})
	}
	for part := range slices.Chunk(decisions, events.MaxBatch) {
		if _, err := log.Append(t.Context(), m, part...); err != nil {
			t.Fatal(err)
		}
	}
	was := stored(t, log, m)
	if len(was) != n {
		t.Fatalf("%d messages are stored, want %d", len(was), n)
	}
	if err := log.Replace(t.Context(), m, each(was)); err != nil {
		t.Fatal(err)
	}
	if now := stored(t, log, m); !slices.EqualFunc(was, now, func(a, b archive.Entry) bool { return a.Position == b.Position && bytes.Equal(a.Raw, b.Raw) }) {
		t.Error("it holds something else")
	}
	if err := log.Replace(t.Context(), m, each(slices.Delete(slices.Clone(was), 600, 601))); !errors.Is(err, jetlog.ErrGap) {
		t.Errorf("messages with a gap are answered %v", err)
	}
	reader, err := jetlog.New(jetlog.Config{Conn: connect(t, url)})
	if err != nil {
		t.Fatal(err)
	}
	if err := reader.Replace(t.Context(), m, each(was)); !errors.Is(err, jetlog.ErrNoBootstrap) {
		t.Errorf("whoever may not make streams is answered %v", err)
	}
	if err := log.Replace(t.Context(), m, each(was)); err != nil {
		t.Fatal(err)
	}
	found, err := log.Streams(t.Context(), m, decisions[777][0].Stream)
	if list := found[decisions[777][0].Stream]; err != nil || len(list) != 1 || list[0].Position != 778 {
		t.Errorf("a stream of it reads %v, %v", list, err)
	}
}

// TestTheOnlyLogIsMadeAnewWhileItsFolderIsTakenAway: a server removes the folder of streams when it is empty, a moment after it
// has answered that the only one is gone, and so while that is made again. Here it is removed all the time.
func TestTheOnlyLogIsMadeAnewWhileItsFolderIsTakenAway(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	url := started(t, &server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: dir, NoSigs: true, NoLog: true}).ClientURL()
	log, err := jetlog.New(jetlog.Config{Conn: connect(t, url), Bootstrap: connect(t, url)})
	if err != nil {
		t.Fatal(err)
	}
	cancel(t, log)
	was := stored(t, log, "1880")
	go func() {
		for t.Context().Err() == nil {
			os.Remove(filepath.Join(dir, "jetstream", "$G", "streams"))
		}
	}()
	for n := range 100 {
		if err := log.Replace(t.Context(), "1880", each(was)); err != nil {
			t.Fatalf("the %dth time: %v", n+1, err)
		}
	}
	if now := stored(t, log, "1880"); len(now) != 1 || !bytes.Equal(now[0].Raw, was[0].Raw) {
		t.Errorf("it holds %v, and held %v", now, was)
	}
}

func stored(t *testing.T, log *jetlog.Log, m events.Municipality) (list []archive.Entry) {
	t.Helper()
	for e, err := range log.Stored(t.Context(), m, 0) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, e)
	}
	return list
}

func each(list []archive.Entry) iter.Seq2[archive.Entry, error] {
	return func(yield func(archive.Entry, error) bool) {
		for _, e := range list {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// cancel records one message, in a stream of its own.
func cancel(t *testing.T, log *jetlog.Log) events.Stream {
	t.Helper()
	evening := events.NewID()
	stream := events.SessionOf(evening)
	_, err := log.Append(t.Context(), "1880", events.Decision{{
		Stream: stream, Command: uuid.New(), Actor: events.NewID(), Time: time.Now(), Events: []events.Event{events.SessionCancelled{Session: evening}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return stream
}

func TestStreamsTooLargeForOneAnswerAreAllRead(t *testing.T) {
	url := startServer(t)
	log, err := jetlog.New(jetlog.Config{Conn: connect(t, url), Bootstrap: connect(t, url)})
	if err != nil {
		t.Fatal(err)
	}
	var large []events.Mark
	for range 1300 {
		large = append(large, events.Mark{Child: events.NewID()})
	}
	var streams []events.Stream
	for range 300 {
		evening := events.NewID()
		streams = append(streams, events.SessionOf(evening))
		_, err := log.Append(t.Context(), "1880", events.Decision{{
			Stream: events.SessionOf(evening), Command: uuid.New(), Actor: events.NewID(), Time: time.Now(),
			Events: []events.Event{events.SessionAttended{Session: evening, Attended: large}},
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	found, err := log.Streams(t.Context(), "1880", streams...)
	if err != nil || len(found) != len(streams) {
		t.Errorf("%d streams of %d, %v", len(found), len(streams), err)
	}
}

func TestAskingForAStreamTakesNoMoreMemoryThanWhatIsInIt(t *testing.T) {
	url := startServer(t)
	log, err := jetlog.New(jetlog.Config{Conn: connect(t, url), Bootstrap: connect(t, url)})
	if err != nil {
		t.Fatal(err)
	}
	evening := events.NewID()
	_, err = log.Append(t.Context(), "1880", events.Decision{{
		Stream: events.SessionOf(evening), Command: uuid.New(), Actor: events.NewID(), Time: time.Now(),
		Events: []events.Event{events.SessionAttended{Session: evening, Attended: []events.Mark{{Child: events.NewID()}}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	const asked = 200
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range asked {
		if found, err := log.Streams(t.Context(), "1880", events.SessionOf(evening)); err != nil || len(found) != 1 {
			t.Fatalf("%d streams, %v", len(found), err)
		}
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / asked; each > 100_000 { // the server's part is among it
		t.Errorf("%d bytes for a stream of one message", each)
	}
}

// TestAServerThatWasGivenSoMuchRoomSaysThatItIsFull has another stream take what a server may keep, and give it back.
func TestAServerThatWasGivenSoMuchRoomSaysThatItIsFull(t *testing.T) {
	url := started(t, &server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, JetStreamMaxStore: 1 << 20, StoreDir: t.TempDir(), NoSigs: true, NoLog: true}).ClientURL()
	log, err := jetlog.New(jetlog.Config{Conn: connect(t, url), Bootstrap: connect(t, url)})
	if err != nil {
		t.Fatal(err)
	}
	record := func() error {
		evening := events.NewID()
		_, err := log.Append(t.Context(), "1880", events.Decision{{
			Stream: events.SessionOf(evening), Command: uuid.New(), Actor: events.NewID(), Time: time.Now(),
			Events: []events.Event{events.SessionCancelled{Session: evening}},
		}})
		return err
	}
	if err := record(); err != nil || log.Full() {
		t.Fatalf("%v, full: %t", err, log.Full())
	}
	others, err := jetstream.New(connect(t, url))
	if err != nil {
		t.Fatal(err)
	}
	other, err := others.CreateStream(t.Context(), jetstream.StreamConfig{Name: "OTHER", Subjects: []string{"other"}})
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = others.Publish(t.Context(), "other", make([]byte, 64<<10))
	}
	for range 600 { // smaller ones take what is left
		if err = record(); err != nil {
			break
		}
	}
	if !errors.Is(err, events.ErrNoRoom) || !log.Full() {
		t.Errorf("%v, full: %t", err, log.Full())
	}
	if head, err := log.Head(t.Context(), "1880"); err != nil || head == 0 {
		t.Errorf("what is there cannot be read: %d, %v", head, err)
	}
	if err := other.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := record(); err != nil || log.Full() {
		t.Errorf("with room again: %v, full: %t", err, log.Full())
	}
}

func startServer(t *testing.T) string {
	t.Helper()
	return started(t, &server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true}).ClientURL()
}

func started(t *testing.T, o *server.Options) *server.Server {
	t.Helper()
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(time.Minute) {
		t.Fatal("the server does not start")
	}
	return s
}

func connect(t *testing.T, url string) *nats.Conn {
	t.Helper()
	conn, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

func TestADamagedMessageIsPassedOverAndItsStreamIsNotTakenForNew(t *testing.T) {
	for what, flip := range map[string]func(message []byte){
		"in how long its header is": func(message []byte) { message[0] ^= 1 << 6 }, // no checksum covers it
		"in what it says":           func(message []byte) { message[150] ^= 1 },
	} {
		t.Run(what, func(t *testing.T) { damagedMessage(t, flip) })
	}
}

func damagedMessage(t *testing.T, flip func(message []byte)) {
	t.Helper()
	log, streams := damagedLog(t, 6, func(block []byte) { flip(block[nth(block, []byte("NATS/1.0\r\n"), 3)-4:]) })
	var found []events.Position
	for _, e := range stored(t, log, "1880") {
		found = append(found, e.Position)
	}
	if !slices.Equal(found, []events.Position{1, 2, 4, 5, 6}) {
		t.Errorf("found %v", found)
	}
	for _, asked := range [][]events.Stream{streams[2:3], streams[2:5], streams, slices.Concat(streams[2:3], []events.Stream{events.SessionOf(events.NewID())})} {
		if got, err := log.Streams(t.Context(), "1880", asked...); !errors.Is(err, events.ErrUnreadable) {
			t.Errorf("of %d streams %d are read, %v", len(asked), len(got), err)
		}
	}
	if got, err := log.Streams(t.Context(), "1880", slices.Concat(streams[:2], streams[3:])...); err != nil || len(got) != 5 {
		t.Errorf("of the others %d are read, %v", len(got), err)
	}
}

func TestALastMessageThatCannotBeReadIsNotWaitedFor(t *testing.T) {
	log, _ := damagedLog(t, 3, func(block []byte) { block[nth(block, []byte("specversion"), 3)] ^= 1 })
	var err error
	read := 0
	for _, e := range log.Read(t.Context(), "1880", 0) {
		if err = e; err == nil {
			read++
		}
	}
	if read != 2 || !errors.Is(err, jetlog.ErrGap) {
		t.Errorf("%d messages are read, then %v", read, err)
	}
}

// damagedLog is a log of so many messages whose block was changed while the server was stopped.
func damagedLog(t *testing.T, messages int, damage func(block []byte)) (log *jetlog.Log, streams []events.Stream) {
	t.Helper()
	dir := t.TempDir()
	o := &server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: dir, NoSigs: true, NoLog: true}
	s := started(t, o)
	log, err := jetlog.New(jetlog.Config{Conn: connect(t, s.ClientURL()), Bootstrap: connect(t, s.ClientURL())})
	if err != nil {
		t.Fatal(err)
	}
	for range messages {
		streams = append(streams, cancel(t, log))
	}
	s.Shutdown()
	s.WaitForShutdown()
	path := filepath.Join(dir, "jetstream", "$G", "streams", "EVENTS_1880", "msgs", "1.blk")
	block, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damage(block)
	if err := os.WriteFile(path, block, 0o600); err != nil {
		t.Fatal(err)
	}
	s = started(t, o)
	if log, err = jetlog.New(jetlog.Config{Conn: connect(t, s.ClientURL())}); err != nil {
		t.Fatal(err)
	}
	return log, streams
}

// nth is where something is for the n-th time.
func nth(in, of []byte, n int) (at int) {
	for at = -1; n > 0; n-- {
		at += 1 + bytes.Index(in[at+1:], of)
	}
	return at
}

func TestALogThatAnotherProcessMakesIsListedAtOnce(t *testing.T) {
	url := startServer(t)
	process := func() *jetlog.Log {
		log, err := jetlog.New(jetlog.Config{Conn: connect(t, url), Bootstrap: connect(t, url)})
		if err != nil {
			t.Fatal(err)
		}
		return log
	}
	asks, makes := process(), process()
	var want []events.Municipality
	for _, m := range []events.Municipality{"1880", "0180", "1280"} {
		for range 3 {
			if got, err := asks.Municipalities(t.Context()); err != nil || !slices.Equal(got, want) {
				t.Fatalf("listed are %v, want %v: %v", got, want, err)
			}
		}
		evening := events.NewID()
		_, err := makes.Append(t.Context(), m, events.Decision{{
			Stream: events.SessionOf(evening), Command: uuid.New(), Actor: events.NewID(), Time: time.Now(), Events: []events.Event{events.SessionCancelled{Session: evening}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, m)
		slices.Sort(want)
	}
	if got, err := asks.Municipalities(t.Context()); err != nil || !slices.Equal(got, want) {
		t.Errorf("listed are %v, want %v: %v", got, want, err)
	}
}
