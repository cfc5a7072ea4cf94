// Package jetlog keeps the event log in NATS JetStream: one stream per municipality, named EVENTS_<code>.
package jetlog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
	"golang.org/x/sync/singleflight"

	"rackvidd/events"
	"rackvidd/events/failpoint"
)

const streamPrefix = "EVENTS_"

// answerWithin is how long an append or a read may take before the log counts as out of reach.
const answerWithin = 5 * time.Second

// Log is the event log in JetStream. Use New.
type Log struct {
	conn      *nats.Conn
	js        jetstream.JetStream
	bootstrap jetstream.JetStream // may create streams; nil where another process does
	replicas  int
	writable  func() bool
	catalog   events.Catalog
	several   atomic.Bool // servers, of which the one that is connected to is one
	noRoom    atomic.Bool // the last that was to be recorded found none

	mu     sync.Mutex
	known  map[events.Municipality]bool
	latest map[events.Municipality]time.Time // how far recorded time is known to have come
	named  names

	opening singleflight.Group // by municipality
}

// names are the logs that there were at a time, when there were so many streams.
type names struct {
	streams int
	at      time.Time
	list    []events.Municipality
}

const namesHold = 10 * time.Second

var _ events.Log = (*Log)(nil)

// Config tells New what to use.
type Config struct {
	Conn      *nats.Conn // the application's account: may publish and read, may not change a stream
	Bootstrap *nats.Conn // may create streams; nil where another process does
	Replicas  int        // 1 on a single node, 3 in a cluster
	// Writable reports whether the server's disk takes messages: one whose disk is full does not answer; nil: nobody knows.
	Writable func() bool
}

// New returns the log behind the connections.
func New(cfg Config) (*Log, error) {
	js, err := jetstream.New(cfg.Conn)
	if err != nil {
		return nil, err
	}
	l := &Log{conn: cfg.Conn, js: js, replicas: max(1, cfg.Replicas), writable: cfg.Writable, catalog: events.Kinds, known: make(map[events.Municipality]bool), latest: make(map[events.Municipality]time.Time)}
	l.several.Store(l.replicas > 1)
	if cfg.Bootstrap != nil {
		l.bootstrap, err = jetstream.New(cfg.Bootstrap)
	}
	return l, err
}

func streamName(m events.Municipality) string { return streamPrefix + string(m) }

func subject(m events.Municipality, s events.Stream) string {
	return "ev." + string(m) + "." + string(s.Type) + "." + s.ID
}

// StreamConfig is how a municipality's stream is kept: nothing in it can be dropped, deleted or overwritten.
func StreamConfig(m events.Municipality, replicas int) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: streamName(m), Subjects: []string{"ev." + string(m) + ".>"},
		Storage: jetstream.FileStorage, Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardNew,
		MaxMsgs: -1, MaxBytes: -1, MaxMsgsPerSubject: -1, MaxMsgSize: events.MaxMessage + 4096, Replicas: replicas,
		DenyDelete: true, DenyPurge: true, AllowDirect: true, AllowAtomicPublish: true,
	}
}

// ensure opens the municipality's stream when it is first written to here.
func (l *Log) ensure(ctx context.Context, m events.Municipality) error {
	l.mu.Lock()
	known := l.known[m]
	l.mu.Unlock()
	if known {
		return nil
	}
	_, err, _ := l.opening.Do(string(m), func() (any, error) { return nil, l.open(context.WithoutCancel(ctx), m) })
	if err != nil {
		return fmt.Errorf("open the log of %s: %w: %w", m, events.ErrUnavailable, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.known[m] = true
	return nil
}

// open creates a stream, or sees when its last message was recorded. Of several processes that create it at once a cluster
// answers one: who is not answered looks again.
func (l *Log) open(ctx context.Context, m events.Municipality) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	for {
		s, err := l.state(ctx, m, "")
		if err != nil {
			return err
		}
		if s.there {
			return l.seeLast(ctx, m, s.Last)
		}
		if l.bootstrap == nil {
			return jetstream.ErrStreamNotFound
		}
		creating, stop := context.WithTimeout(ctx, leaderWithin)
		_, err = l.bootstrap.CreateStream(creating, StreamConfig(m, l.replicas))
		stop()
		if !l.notLed(err) && !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
			return err
		}
		select {
		case <-time.After(betweenLeaders):
		case <-ctx.Done():
			return err
		}
	}
}

// seeLast sees when the last message of a stream was recorded. One that cannot be read says nothing.
func (l *Log) seeLast(ctx context.Context, m events.Municipality, last events.Position) error {
	if last == 0 {
		return nil
	}
	msg, err := l.ofLeader(ctx, m, leaderGet{Seq: last})
	if err != nil || msg == nil {
		return err
	}
	if at, err := events.RecordedTime(msg.Data); err == nil {
		l.see(m, at)
	}
	return nil
}

// see remembers that a message was recorded at a time.
func (l *Log) see(m events.Municipality, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if at.After(l.latest[m]) {
		l.latest[m] = at
	}
}

// encode writes decisions as messages whose time is not before any that was seen.
func (l *Log) encode(m events.Municipality, decisions []events.Decision) ([]events.Message, error) {
	l.mu.Lock()
	latest := l.latest[m]
	l.mu.Unlock()
	return events.Encode(l.catalog, m, decisions, latest)
}

func (l *Log) Append(ctx context.Context, m events.Municipality, decisions ...events.Decision) ([]events.Position, error) {
	if l.full() {
		return nil, fmt.Errorf("append to %s: %w", m, events.ErrNoRoom)
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	if err := l.ensure(ctx, m); err != nil {
		return nil, err
	}
	messages, err := l.encode(m, decisions)
	if err != nil || len(messages) == 0 {
		return nil, err
	}
	failpoint.At(failpoint.BeforeAppend)
	last, err := l.untilTaken(ctx, func() (events.Position, error) {
		if len(messages) == 1 {
			return l.publish(ctx, m, messages[0])
		}
		return l.publishBatch(ctx, m, messages)
	})
	if found := errors.Is(err, events.ErrNoRoom); found || err == nil {
		l.noRoom.Store(found)
	}
	if err != nil {
		return nil, fmt.Errorf("append to %s: %w", messages[0].Stream, err)
	}
	failpoint.At(failpoint.AfterAppend)
	for _, d := range decisions {
		for _, a := range d {
			l.see(m, a.Time)
		}
	}
	return positionsOf(messages, last), nil
}

// untilTaken sends messages, and sends them again where nothing of them was recorded: a cluster takes none to a stream for a moment
// after it has acknowledged the one before, none to a log that nobody leads yet, and none while another of its servers is connected to.
func (l *Log) untilTaken(ctx context.Context, send func() (events.Position, error)) (last events.Position, err error) {
	const longest = 50 * time.Millisecond
	for pause := time.Millisecond; ; pause = min(2*pause, longest) {
		last, err = send()
		notYet := errors.Is(err, errOnItsWay) || errors.Is(err, errIncomplete) || errors.Is(err, nats.ErrNoResponders) || errors.Is(err, nats.ErrReconnectBufExceeded)
		if !notYet || !l.Clustered() {
			return last, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return last, err
		}
	}
}

func positionsOf(messages []events.Message, last events.Position) (list []events.Position) {
	for i, msg := range messages {
		if msg.Last {
			list = append(list, last-events.Position(len(messages)-1-i))
		}
	}
	return list
}

func natsMessage(m events.Municipality, msg events.Message) *nats.Msg {
	n := nats.NewMsg(subject(m, msg.Stream))
	n.Data = msg.Raw
	n.Header["Nats-Expected-Last-Subject-Sequence"] = []string{strconv.FormatUint(msg.Expected, 10)}
	return n
}

func (l *Log) publish(ctx context.Context, m events.Municipality, msg events.Message) (events.Position, error) {
	return readAck(l.conn.RequestMsgWithContext(ctx, natsMessage(m, msg)))
}

// publishBatch records messages together or not at all.
func (l *Log) publishBatch(ctx context.Context, m events.Municipality, messages []events.Message) (events.Position, error) {
	batch := make([]*nats.Msg, len(messages))
	for i, msg := range messages {
		batch[i] = natsMessage(m, msg)
	}
	return l.commit(ctx, nuid.Next(), batch)
}

// commit sends an atomic batch (ADR-50): every message carries the batch's id and its number in it, the last one commits
// and is answered.
func (l *Log) commit(ctx context.Context, id string, batch []*nats.Msg) (events.Position, error) {
	for i, n := range batch {
		n.Header["Nats-Batch-Id"] = []string{id}
		n.Header["Nats-Batch-Sequence"] = []string{strconv.Itoa(i + 1)}
		if i == len(batch)-1 {
			n.Header["Nats-Batch-Commit"] = []string{"1"}
			failpoint.At(failpoint.WithinBatch)
			return readAck(l.conn.RequestMsgWithContext(ctx, n))
		}
		if err := l.conn.PublishMsg(n); err != nil {
			return 0, fmt.Errorf("%w: %w", events.ErrUnavailable, err)
		}
	}
	return 0, nil
}

// JetStream's codes for a stream that is not at the expected version, for one to which somebody's message is on its way, and for a batch
// of which not every message came.
const wrongLastSequence, messageOnItsWay, incompleteBatch = 10071, 10164, 10176

// JetStream's codes for no room: for what the account was given, and the server. Of a disk that is full it says nothing.
const accountIsFull, serverIsFull = 10002, 10023

var (
	errOnItsWay   = fmt.Errorf("%w: a message to it is on its way", events.ErrConflict)
	errIncomplete = fmt.Errorf("%w: it did not get the whole batch", events.ErrUnavailable)
)

// refusal is how JetStream says no.
type refusal struct {
	Code        int    `json:"err_code"`
	Description string `json:"description"`
}

func (r *refusal) unavailable() error {
	return fmt.Errorf("%w: %s (%d)", events.ErrUnavailable, r.Description, r.Code)
}

func readAck(reply *nats.Msg, err error) (events.Position, error) {
	if err != nil {
		return 0, fmt.Errorf("%w: %w", events.ErrUnavailable, err)
	}
	var ack struct {
		Sequence uint64   `json:"seq"`
		Error    *refusal `json:"error"`
	}
	if err := json.Unmarshal(reply.Data, &ack); err != nil {
		return 0, fmt.Errorf("%w: the answer cannot be read: %w", events.ErrUnavailable, err)
	}
	switch {
	case ack.Error == nil:
		return ack.Sequence, nil
	case ack.Error.Code == wrongLastSequence:
		return 0, events.ErrConflict
	case slices.Contains([]int{accountIsFull, serverIsFull}, ack.Error.Code):
		return 0, fmt.Errorf("%w: %s (%d)", events.ErrNoRoom, ack.Error.Description, ack.Error.Code)
	case ack.Error.Code == messageOnItsWay:
		return 0, errOnItsWay
	case ack.Error.Code == incompleteBatch:
		return 0, errIncomplete
	default:
		return 0, ack.Error.unavailable()
	}
}

func (l *Log) Head(ctx context.Context, m events.Municipality) (events.Position, error) {
	s, err := l.state(ctx, m, "")
	if err != nil {
		return 0, fmt.Errorf("head of %s: %w", m, err)
	}
	return s.Last, nil
}

func (l *Log) Heads(ctx context.Context) (map[events.Municipality]events.Position, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	if l.Clustered() {
		return l.headsOfLeaders(ctx)
	}
	heads := make(map[events.Municipality]events.Position)
	list := l.js.ListStreams(ctx)
	for info := range list.Info() {
		if code, ours := strings.CutPrefix(info.Config.Name, streamPrefix); ours {
			heads[events.Municipality(code)] = info.State.LastSeq
		}
	}
	if err := list.Err(); err != nil {
		return nil, fmt.Errorf("heads of the logs: %w: %w", events.ErrUnavailable, err)
	}
	return heads, nil
}

// Count returns how many messages are stored, and the first and the last position: all 0 for a log that is not there.
func (l *Log) Count(ctx context.Context, m events.Municipality) (messages uint64, first, last events.Position, err error) {
	s, err := l.state(ctx, m, "")
	if err != nil {
		return 0, 0, 0, fmt.Errorf("count what is in %s: %w", m, err)
	}
	return s.Messages, s.First, s.Last, nil
}

// Municipalities asks for the names again only when there are more or fewer streams than when it asked last, or that is a
// while ago: whoever looks for new logs looks often, and naming hundreds of them costs twenty times what counting them does.
func (l *Log) Municipalities(ctx context.Context) ([]events.Municipality, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	account, err := ofAll(ctx, l, l.js.AccountInfo)
	if err != nil {
		return nil, fmt.Errorf("count the logs: %w: %w", events.ErrUnavailable, err)
	}
	l.mu.Lock()
	named := l.named
	l.mu.Unlock()
	if named.streams != account.Streams || time.Since(named.at) > namesHold {
		named = names{streams: account.Streams, at: time.Now()}
		if named.list, err = l.names(ctx); err != nil {
			return nil, err
		}
		l.mu.Lock()
		l.named = named
		l.mu.Unlock()
	}
	return slices.Clone(named.list), nil
}

func (l *Log) names(ctx context.Context) ([]events.Municipality, error) {
	list, err := ofAll(ctx, l, func(ctx context.Context) (list []events.Municipality, err error) {
		names := l.js.StreamNames(ctx)
		for name := range names.Name() {
			if code, ours := strings.CutPrefix(name, streamPrefix); ours {
				list = append(list, events.Municipality(code))
			}
		}
		return list, names.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list the logs: %w: %w", events.ErrUnavailable, err)
	}
	slices.Sort(list)
	return list, nil
}
