//go:build bench

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/mod/sumdb/note"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/events/archive/archivetest"
	"rackvidd/events/jetlog"
	"rackvidd/projections"
	"rackvidd/projections/reach"
	"rackvidd/services/audit"
	"rackvidd/services/projector"
	"rackvidd/services/rackvidd/node"
)

const (
	benchYear   = 2025 // the last year of simulated activity
	mostReached = 400  // children a year, more than any municipality is known to reach
)

var rebuiltEvents = flag.Int("rebuild-events", 1_000_000, "how many events the rebuilt log holds; ten times as many are rebuilt from the archive alone")

// TestBenchRebuild measures a rebuild of all read models of one municipality, in two shapes of the same log: as it was
// imported, and with a message for every event.
func TestBenchRebuild(t *testing.T) {
	seed := simulatedLog(t, "1880", 5000, 2)
	for _, shape := range []struct {
		name     string
		messages [][]byte
	}{{"as imported", seed}, {"one event a message", singly(t, seed)}} {
		t.Run(shape.name, func(t *testing.T) {
			h := newRebuilding(t, true)
			h.fill(t, shape.messages, *rebuiltEvents)
			h.describe(t)
			h.compare(t)
		})
	}
}

// TestBenchRebuildGrows rebuilds logs of growing length from their archive.
func TestBenchRebuildGrows(t *testing.T) {
	seed := simulatedLog(t, "1880", 5000, 2)
	real := simulatedLog(t, "0180", mostReached, 10)
	for _, n := range []int{*rebuiltEvents, 10 * *rebuiltEvents} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			h := newRebuilding(t, false)
			h.fill(t, seed, n)
			h.describe(t)
			c, most := h.rebuilt(t, h.archived())
			t.Logf("| rebuild of all read models from the archive, %d events | %s, %.0f events/s | heap grew by %d MB at most | processor time %.1f µs an event | |",
				h.events, c.wall.Round(10*time.Millisecond), float64(h.events)/c.wall.Seconds(), most, c.perEvent(h.events))
			h.asked(t, "1880", h.head)
			h.besides(t, "0180", real)
			h.asked(t, "0180", events.Position(len(real)))
			h.replayed(t)
		})
	}
}

// besides gives the same database another municipality, in the same way.
func (h *rebuilding) besides(t *testing.T, m events.Municipality, messages [][]byte) {
	t.Helper()
	v, err := h.keeper.Volume(m)
	if err != nil {
		t.Fatal(err)
	}
	for i, raw := range messages {
		if err := v.Append(events.Position(i+1), raw); err != nil {
			t.Fatal(err)
		}
	}
	if err := v.Sign(); err != nil {
		t.Fatal(err)
	}
	if err := projections.RebuildAll(t.Context(), h.source(nil, events.Position(len(messages))), h.pool, m, projector.Projections()...); err != nil {
		t.Fatal(err)
	}
}

// asked measures one year's reach figures of a municipality, at the head and as of earlier positions, beside one indexed
// SELECT: each gathered from the tables anew, nothing remembered.
func (h *rebuilding) asked(t *testing.T, m events.Municipality, head events.Position) {
	t.Helper()
	atRest(t, postmasterOf(t, h.cluster))
	period := reach.CalendarYear(benchYear)
	many := func(do func(tx pgx.Tx, i int) error) (list []time.Duration) {
		for i := range 100 {
			begun := time.Now()
			err := projections.View(t.Context(), h.reading, "reach", m, 0, func(tx pgx.Tx, _ projections.Checkpoint) error { return do(tx, i) })
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, time.Since(begun))
		}
		return list
	}
	reached := 0
	figures := func(at func(i int) events.Position) []time.Duration {
		return many(func(tx pgx.Tx, i int) error {
			evidence, err := reach.Gather(t.Context(), tx, m, period, at(i))
			if err != nil {
				return err
			}
			children := reach.Compute(evidence, h.definition(t), period, at(i)).Children
			if at(i) == head {
				reached = children
			}
			return nil
		})
	}
	now := figures(func(int) events.Position { return head })
	if reached == 0 {
		t.Fatal("nobody was reached")
	}
	asOf := figures(func(i int) events.Position { return head - events.Position(i)*head/200 })
	one := many(func(tx pgx.Tx, _ int) error {
		var n int
		return tx.QueryRow(t.Context(), "SELECT count(*) FROM session WHERE held_on = $1", period.From.Time()).Scan(&n)
	})
	t.Logf("| reach figures of a year, %d children of a municipality of %d messages, %d events in the database | p50 %s, p99 %s | one indexed SELECT: p50 %s, p99 %s | as of earlier positions: p50 %s, p99 %s | |", reached, head, h.events,
		at(now, 50), at(now, 99), at(one, 50), at(one, 99), at(asOf, 50), at(asOf, 99))
}

func (h *rebuilding) definition(t *testing.T) reach.Definition {
	t.Helper()
	d, err := reach.Named(reach.Default)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// replayed measures a verified replay of a year beside hashing the same bytes.
func (h *rebuilding) replayed(t *testing.T) {
	t.Helper()
	hashed := h.timed(t, func() { h.readArchive(t) })
	replay := h.timed(t, func() {
		r, err := audit.Replay(t.Context(), audit.Deps{Log: h.archived(), Pool: h.pool}, audit.Request{Municipality: "1880", Definition: h.definition(t), Period: reach.CalendarYear(benchYear)})
		if err != nil || !r.Equal || r.Children == 0 {
			t.Fatalf("replayed %d messages, %d children, equal %v: %v", r.EventsRead, r.Children, r.Equal, err)
		}
	})
	t.Logf("| verified replay of a year, its municipality's whole log of %d events read | %s, CPU %.1f µs an event | hashing and proving the same bytes: %s | %.2f × (CPU %.2f ×) | |", h.events,
		replay.wall.Round(10*time.Millisecond), replay.perEvent(h.events), hashed.wall.Round(10*time.Millisecond), replay.wall.Seconds()/hashed.wall.Seconds(), replay.cpu.Seconds()/hashed.cpu.Seconds())
}

// simulatedLog is what simulated activity becomes when it is imported: its messages as they are archived.
func simulatedLog(t *testing.T, m events.Municipality, children, years int) (messages [][]byte) {
	t.Helper()
	file, _ := simulated(t, children, years)
	s := serve(t, dataDir(t))
	summary, err := s.bring(t.Context(), string(m), "bench", file)
	if err != nil {
		t.Fatal(err)
	}
	s.stop(t)
	seed, err := node.Secret(filepath.Join(s.data, "signing.key"), 32)
	if err != nil {
		t.Fatal(err)
	}
	key, err := signingKeyOf(seed)
	if err != nil {
		t.Fatal(err)
	}
	public, err := note.NewVerifier(string(key.public))
	if err != nil {
		t.Fatal(err)
	}
	for e, err := range archive.Open(filepath.Join(s.data, "archive"), m, public).Read(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		messages = append(messages, e.Raw)
	}
	if len(messages) < int(summary.Position)/2 {
		t.Fatalf("%d of %d messages are archived", len(messages), summary.Position)
	}
	return messages
}

// singly writes every event as a message of its own.
func singly(t *testing.T, messages [][]byte) (single [][]byte) {
	t.Helper()
	for _, raw := range messages {
		if raw[0] == '{' {
			single = append(single, raw)
			continue
		}
		var list []json.RawMessage
		if err := json.Unmarshal(raw, &list); err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			single = append(single, bytes.Replace(e, e[bytes.Index(e, []byte(`"id":"`)):bytes.Index(e, []byte(`"source"`))], []byte(`"id":"01960000-0000-7000-8000-000000000001",`), 1))
		}
	}
	return single
}

// again is a message of the n-th copy of a log: about other children and sessions, a year later each time. There is room for
// 170 copies before the last year that a day may be in.
func again(raw []byte, n int) []byte {
	const digits, length = "abcdefghijklmnopqrstuvwxyz234567", 26
	raw = slices.Clone(raw)
	for i := 0; i < len(raw); i++ {
		from := i
		for i < len(raw) && strings.IndexByte(digits, raw[i]) >= 0 {
			i++
		}
		if i-from == length {
			raw[from+3] = digits[(strings.IndexByte(digits, raw[from+3])+n)%32]
			raw[from+5] = digits[(strings.IndexByte(digits, raw[from+5])+n/32)%32]
		}
	}
	for i := bytes.Index(raw, inYear); i >= 0; {
		later(raw[i+1:], n)
		next := bytes.Index(raw[i+1:], inYear)
		if next < 0 {
			break
		}
		i += 1 + next
	}
	const born = `"birth_year":`
	for i := bytes.Index(raw, []byte(born)); i >= 0; {
		addYears(raw[i+len(born):], n)
		next := bytes.Index(raw[i+1:], []byte(born))
		if next < 0 {
			break
		}
		i += 1 + next
	}
	return raw
}

// inYear begins a day or a time of this century.
var inYear = []byte(`"20`)

// later moves the day or time that a text begins with by n years, if it does: there is none that is the 29th of February.
func later(text []byte, n int) {
	if len(text) < 10 || text[4] != '-' || text[7] != '-' {
		return
	}
	addYears(text, n)
	if string(text[5:10]) == "02-29" {
		copy(text[5:10], "02-28")
	}
}

func addYears(text []byte, n int) {
	year, _ := strconv.Atoi(string(text[:4]))
	copy(text[:4], strconv.Itoa(year+n))
}

// rebuilding is a log in a stream and in an archive, and a database.
type rebuilding struct {
	nats    *node.NATS
	conn    *nats.Conn
	log     *jetlog.Log // nil: in the archive alone
	dir     string
	key     note.Verifier
	keeper  *archive.Keeper
	pool    *pgxpool.Pool
	reading *pgxpool.Pool
	cluster string
	dsn     string

	head   events.Position
	events int
	bytes  int
}

// asTheProgram lets the tests that rebuild by themselves run as the program does.
var asTheProgram = sync.OnceFunc(suitRuntime)

func newRebuilding(t *testing.T, streamed bool) *rebuilding {
	t.Helper()
	asTheProgram()
	signer, key, _ := archivetest.Key(t, "rackvidd-bench")
	h := &rebuilding{dir: t.TempDir(), key: key}
	var err error
	if h.keeper, err = archive.Keep(h.dir, signer, key); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.keeper.Close() })
	if streamed {
		n, err := node.StartNATS(t.Context(), node.NATSConfig{StoreDir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(n.Stop)
		h.nats = n
		if h.conn, err = nats.Connect(n.BootstrapURL()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(h.conn.Close)
		if h.log, err = jetlog.New(jetlog.Config{Conn: h.conn, Bootstrap: h.conn}); err != nil {
			t.Fatal(err)
		}
	}
	h.cluster = dataDir(t)
	pg, err := node.StartPostgres(t.Context(), node.PostgresConfig{Dir: filepath.Join(h.cluster, "postgres")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pg.Stop(context.Background()) })
	if err := pg.CreateDatabases(t.Context(), "bench"); err != nil {
		t.Fatal(err)
	}
	h.dsn = pg.DSN("bench")
	asServed := &parts{serveCommand: &serveCommand{}}
	t.Cleanup(asServed.close)
	if h.pool, err = asServed.open(t.Context(), setting{"the bench's database", h.dsn}); err != nil {
		t.Fatal(err)
	}
	if h.reading, err = asServed.open(t.Context(), setting{"the bench's database", h.dsn}, readers...); err != nil {
		t.Fatal(err)
	}
	if err := projections.Install(t.Context(), h.pool); err != nil {
		t.Fatal(err)
	}
	return h
}

// fill records copies of a log until there are so many events.
func (h *rebuilding) fill(t *testing.T, seed [][]byte, events int) {
	t.Helper()
	v, err := h.keeper.Volume("1880")
	if err != nil {
		t.Fatal(err)
	}
	if h.log != nil {
		js, err := jetstream.New(h.conn)
		if err == nil {
			_, err = js.CreateStream(t.Context(), jetlog.StreamConfig("1880", 1))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var batch [][]byte
	for n := 0; h.events < events; n++ {
		for _, raw := range seed {
			raw = again(raw, n)
			h.head++
			h.events += bytes.Count(raw, []byte(`"specversion"`))
			h.bytes += len(raw)
			err := v.Append(h.head, raw)
			if err == nil && h.head%4096 == 0 {
				err = v.Sign()
			}
			if err != nil {
				t.Fatal(err)
			}
			if batch = append(batch, raw); len(batch) == 1000 {
				h.publish(t, batch)
				batch = batch[:0]
			}
		}
	}
	h.publish(t, batch)
	if err := v.Sign(); err != nil {
		t.Fatal(err)
	}
}

// publish records messages as they are, in one atomic batch.
func (h *rebuilding) publish(t *testing.T, batch [][]byte) {
	t.Helper()
	if h.log == nil || len(batch) == 0 {
		return
	}
	id := nats.NewInbox()
	for i, raw := range batch {
		source := raw[bytes.Index(raw, []byte(`"source":"/`))+len(`"source":"/`):]
		source = source[:bytes.IndexByte(source, '"')]
		msg := nats.NewMsg("ev." + strings.ReplaceAll(string(source), "/", "."))
		msg.Data = raw
		msg.Header["Nats-Batch-Id"] = []string{strings.ReplaceAll(id, ".", "")}
		msg.Header["Nats-Batch-Sequence"] = []string{strconv.Itoa(i + 1)}
		if i < len(batch)-1 {
			if err := h.conn.PublishMsg(msg); err != nil {
				t.Fatal(err)
			}
			continue
		}
		msg.Header["Nats-Batch-Commit"] = []string{"1"}
		answer, err := h.conn.RequestMsg(msg, time.Minute)
		if err != nil || bytes.Contains(answer.Data, []byte("error")) {
			t.Fatalf("%v %s", err, answer.Data)
		}
	}
}

// describe says what the log looks like.
func (h *rebuilding) describe(t *testing.T) {
	t.Helper()
	t.Logf("the log: %d events in %d messages (%.2f a message), %.0f bytes a message; %s, %d cores, %s", h.events, h.head,
		float64(h.events)/float64(h.head), float64(h.bytes)/float64(h.head), runtime.GOARCH, runtime.NumCPU(), runtime.Version())
}

// archived is the source that a rebuild reads: the archive first.
func (h *rebuilding) archived() projections.Source { return h.source(h.log, h.head) }

func (h *rebuilding) source(log *jetlog.Log, head events.Position) projections.Source {
	return audit.Source{Source: end{log, head}, Archive: func(m events.Municipality) archive.Archive { return archive.Open(h.dir, m, h.key) }}
}

// end is a stream of which the head is known; where there is none, everything is in the archive.
type end struct {
	log  *jetlog.Log
	head events.Position
}

func (e end) Head(context.Context, events.Municipality) (events.Position, error) { return e.head, nil }

func (e end) Read(ctx context.Context, m events.Municipality, after events.Position) iter.Seq2[events.Recorded, error] {
	if e.log == nil {
		return func(func(events.Recorded, error) bool) {}
	}
	return e.log.Read(ctx, m, after)
}

// cost is how long something took, and the processor time of all that took part in it.
type cost struct{ wall, cpu, database time.Duration }

func (c cost) perEvent(n int) float64 { return float64(c.cpu.Microseconds()) / float64(n) }

func (h *rebuilding) timed(t *testing.T, do func()) cost {
	t.Helper()
	runtime.GC()
	own, database := h.processor(t)
	begun := time.Now()
	do()
	wall := time.Since(begun)
	ownAfter, databaseAfter := h.processor(t)
	return cost{wall, ownAfter - own + databaseAfter - database, databaseAfter - database}
}

// processor is the processor time that this program has used, and its database.
func (h *rebuilding) processor(t *testing.T) (own, database time.Duration) {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano()), time.Duration(ticksOfTree(t, postmasterOf(t, h.cluster))) * 10 * time.Millisecond
}

// ticksOfTree is the processor time of a process and its children, those that have ended too, in hundredths of a second.
func ticksOfTree(t *testing.T, parent int) (all int) {
	t.Helper()
	found, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range found {
		raw, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		f := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
		own := path == fmt.Sprintf("/proc/%d/stat", parent)
		if !own && f[1] != strconv.Itoa(parent) {
			continue
		}
		from, to := 11, 13
		if own {
			to = 15
		}
		for _, ticks := range f[from:to] {
			n, _ := strconv.Atoi(ticks)
			all += n
		}
	}
	return all
}

// atRest waits until processes and their children have next to nothing to do: after much was recorded PostgreSQL looks
// through its tables, and the archive follows. It returns how long that took.
func atRest(t *testing.T, processes ...int) time.Duration {
	t.Helper()
	ticks := func() (all int) {
		for _, p := range processes {
			all += ticksOfTree(t, p)
		}
		return all
	}
	begun := time.Now()
	for quiet := 0; quiet < 5 && time.Since(begun) < 5*time.Minute; {
		before := ticks()
		time.Sleep(time.Second)
		if quiet++; ticks()-before > 10 {
			quiet = 0
		}
	}
	return time.Since(begun)
}

// rebuilt makes all read models anew at once and returns by how much the heap grew.
func (h *rebuilding) rebuilt(t *testing.T, source projections.Source) (c cost, mostMB int) {
	t.Helper()
	watch := watchHeap()
	c = h.timed(t, func() {
		if err := projections.RebuildAll(t.Context(), source, h.pool, "1880", projector.Projections()...); err != nil {
			t.Fatal(err)
		}
	})
	return c, watch()
}

// watchHeap looks at the heap until the function it returns is called, which says by how many MB it grew.
func watchHeap() (grown func() int) {
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	most, stop, ended := before.HeapInuse, make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				runtime.ReadMemStats(&now)
				most = max(most, now.HeapInuse)
			}
		}
	}()
	return func() int {
		close(stop)
		<-ended
		return int((most - before.HeapInuse) >> 20)
	}
}

// compare measures the raw limits and rebuilds in one run.
func (h *rebuilding) compare(t *testing.T) {
	t.Helper()
	first, mostFirst := h.rebuilt(t, h.archived())
	raw := h.rawLimit(t)
	bare := h.timed(t, func() { h.bareRead(t) })
	verified := h.timed(t, func() { h.readArchive(t) })
	again, mostAgain := h.rebuilt(t, h.archived())
	streamed, _ := h.rebuilt(t, h.log)
	rate := func(c cost) string {
		return fmt.Sprintf("%s, %.0f events/s, %.1f µs CPU an event, %.1f of them the database's", c.wall.Round(10*time.Millisecond),
			float64(h.events)/c.wall.Seconds(), c.perEvent(h.events), float64(c.database.Microseconds())/float64(h.events))
	}
	ratio := func(a, b cost) string {
		return fmt.Sprintf("%.2f × (CPU %.2f ×)", b.wall.Seconds()/a.wall.Seconds(), b.cpu.Seconds()/a.cpu.Seconds())
	}
	t.Logf("| bare consumer read of the stream | %s | | |", rate(bare))
	t.Logf("| verified read of the archive | %s | bare read | %s |", rate(verified), ratio(verified, bare))
	t.Logf("| archive read, COPY and keys of the same rows | %s | | |", rate(raw))
	t.Logf("| first build of all read models from the archive | %s | bare read: %s | archive, COPY and keys: %s | heap grew by %d MB |", rate(first), ratio(first, bare), ratio(first, raw), mostFirst)
	t.Logf("| rebuild beside and compared | %s | bare read: %s | archive, COPY and keys: %s | heap grew by %d MB |", rate(again), ratio(again, bare), ratio(again, raw), mostAgain)
	t.Logf("| rebuild from the stream | %s | from the archive: %s | | |", rate(streamed), ratio(again, streamed))
}

// bareRead receives every message and looks at nothing.
func (h *rebuilding) bareRead(t *testing.T) {
	t.Helper()
	js, err := jetstream.New(h.conn)
	if err != nil {
		t.Fatal(err)
	}
	consumer, err := js.OrderedConsumer(t.Context(), "EVENTS_1880", jetstream.OrderedConsumerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	left, done := h.head, make(chan struct{})
	reading, err := consumer.Consume(func(jetstream.Msg) {
		if left--; left == 0 {
			close(done)
		}
	}, jetstream.PullMaxMessages(4096))
	if err != nil {
		t.Fatal(err)
	}
	<-done
	reading.Stop()
}

func (h *rebuilding) readArchive(t *testing.T) {
	t.Helper()
	read := 0
	for e, err := range archive.Open(h.dir, "1880", h.key).Read(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		read += len(e.Raw)
	}
	if read != h.bytes {
		t.Fatalf("%d of %d bytes", read, h.bytes)
	}
}

// rawLimit is what a rebuild cannot do without: reading the archive, and writing the rows and keys of the tables that
// are there once more.
func (h *rebuilding) rawLimit(t *testing.T) cost {
	t.Helper()
	var models []projections.Projection
	for _, p := range projector.Projections() {
		if p.Concerns("1880") {
			models = append(models, p)
		}
	}
	dir := t.TempDir()
	tables := make(map[string][]string)
	for _, p := range models {
		tables[p.Name()] = h.dump(t, p, dir)
	}
	c := h.timed(t, func() {
		var writing sync.WaitGroup
		slots := make(chan struct{}, runtime.GOMAXPROCS(0))
		for _, p := range models {
			writing.Go(func() {
				slots <- struct{}{}
				defer func() { <-slots }()
				h.load(t, p, tables[p.Name()], dir)
			})
		}
		h.readArchive(t)
		writing.Wait()
	})
	for _, p := range models {
		if _, err := h.pool.Exec(t.Context(), "DROP SCHEMA raw_"+p.Name()+" CASCADE"); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func (h *rebuilding) dump(t *testing.T, p projections.Projection, dir string) (tables []string) {
	t.Helper()
	return h.dumpAs(t, p, dir, "BINARY")
}

func (h *rebuilding) dumpAs(t *testing.T, p projections.Projection, dir, format string) (tables []string) {
	t.Helper()
	err := projections.View(t.Context(), h.pool, p.Name(), "1880", 0, func(tx pgx.Tx, _ projections.Checkpoint) error {
		rows, err := tx.Query(t.Context(), `SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'`)
		if err != nil {
			return err
		}
		if tables, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
			return err
		}
		for _, table := range tables {
			file, err := os.Create(filepath.Join(dir, p.Name()+"."+table))
			if err != nil {
				return err
			}
			defer file.Close()
			if _, err := tx.Conn().PgConn().CopyTo(t.Context(), file, "COPY "+table+" TO STDOUT WITH (FORMAT "+format+")"); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tables
}

func (h *rebuilding) load(t *testing.T, p projections.Projection, tables []string, dir string) {
	err := pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), "CREATE SCHEMA raw_"+p.Name()+"; SET LOCAL search_path = raw_"+p.Name()+"; SET LOCAL maintenance_work_mem = '128MB'; SET LOCAL wal_skip_threshold = '64kB'; SET LOCAL max_parallel_maintenance_workers = 0; "+p.Tables()); err != nil {
			return err
		}
		for _, table := range slices.Sorted(maps.Keys(setOf(tables))) {
			file, err := os.Open(filepath.Join(dir, p.Name()+"."+table))
			if err != nil {
				return err
			}
			defer file.Close()
			if _, err := tx.Conn().PgConn().CopyFrom(t.Context(), io.Reader(file), "COPY "+table+" FROM STDIN BINARY"); err != nil {
				return err
			}
		}
		_, err := tx.Exec(t.Context(), p.Keys())
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func setOf(list []string) map[string]bool {
	set := make(map[string]bool)
	for _, s := range list {
		set[s] = true
	}
	return set
}
