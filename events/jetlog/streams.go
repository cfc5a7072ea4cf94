package jetlog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"rackvidd/events"
)

// directGet is a request of JetStream's direct get (ADR-31): messages of one subject in order, or the last of each.
type directGet struct {
	Seq       uint64   `json:"seq,omitempty"`
	NextBy    string   `json:"next_by_subj,omitempty"`
	MultiLast []string `json:"multi_last,omitempty"`
	Batch     int      `json:"batch"`
	MaxBytes  int      `json:"max_bytes,omitempty"`
}

// perRequest is how many messages or subjects one direct get asks for; the server allows 1,024.
const perRequest = 1000

// noResults is how the server says that nothing was recorded of any subject that was asked for.
const noResults = "No Results"

// perAnswer is how many bytes an answer may have: the server lets go of whoever is sent more than it takes.
const perAnswer = 8 << 20

// Streams reads the named streams. Where there are many it first asks for the last message of each: most streams of
// an import are new or have one message, and need no more.
func (l *Log) Streams(ctx context.Context, m events.Municipality, streams ...events.Stream) (map[events.Stream][]events.Recorded, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin+time.Duration(len(streams))*time.Millisecond)
	defer cancel()
	found := make(map[events.Stream][]events.Recorded)
	if len(streams) > 4 {
		var err error
		if streams, err = l.single(ctx, m, streams, found); err != nil {
			return nil, err
		}
	}
	for window := range slices.Chunk(streams, 256) {
		if err := l.whole(ctx, m, window, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// single fills in the streams that have one message, and returns those that have more.
func (l *Log) single(ctx context.Context, m events.Municipality, streams []events.Stream, found map[events.Stream][]events.Recorded) (longer []events.Stream, err error) {
	for group := range slices.Chunk(streams, perRequest) {
		q := directGet{Batch: perRequest, MaxBytes: perAnswer}
		for _, s := range group {
			q.MultiLast = append(q.MultiLast, subject(m, s))
		}
		sent := make(map[events.Stream]bool)
		left, err := l.get(ctx, m, []directGet{q}, func(_ int, r events.Recorded) {
			sent[r.Stream] = true
			if r.Expected == 0 {
				found[r.Stream] = []events.Recorded{r}
			} else {
				longer = append(longer, r.Stream)
			}
		})
		if err != nil {
			return nil, err
		}
		if left[0] { // they were too large for one answer
			longer = append(longer, slices.DeleteFunc(slices.Clone(group), func(s events.Stream) bool { return sent[s] })...)
		}
	}
	return longer, nil
}

// whole reads every message of each stream. That there is none and that the first cannot be read is answered alike; of the
// last message it is not.
func (l *Log) whole(ctx context.Context, m events.Municipality, streams []events.Stream, found map[events.Stream][]events.Recorded) error {
	empty, err := l.each(ctx, m, streams, found)
	if err == nil && len(empty) > 0 {
		empty, err = l.single(ctx, m, empty, found)
	}
	if err == nil && len(empty) > 0 { // others recorded something there meanwhile
		empty, err = l.each(ctx, m, empty, found)
	}
	if err == nil && len(empty) > 0 {
		err = fmt.Errorf("read %s of %s: %w", empty[0], m, events.ErrUnreadable)
	}
	return err
}

// each reads messages of all streams at once, until there are no more, and returns the streams that have none.
func (l *Log) each(ctx context.Context, m events.Municipality, streams []events.Stream, found map[events.Stream][]events.Recorded) (empty []events.Stream, err error) {
	for after := make(map[events.Stream]events.Position); len(streams) > 0; {
		var queries []directGet
		for _, s := range streams {
			queries = append(queries, directGet{Seq: after[s] + 1, NextBy: subject(m, s), Batch: perRequest, MaxBytes: perAnswer})
		}
		left, err := l.get(ctx, m, queries, func(_ int, r events.Recorded) {
			after[r.Stream] = r.Position
			found[r.Stream] = append(found[r.Stream], r)
		})
		if err != nil {
			return nil, err
		}
		var more []events.Stream
		for i, s := range streams {
			switch {
			case left[i]:
				more = append(more, s)
			case queries[i].Seq > 1 && after[s] < queries[i].Seq: // there was more
				return nil, fmt.Errorf("read %s of %s after position %d: %w", s, m, after[s], events.ErrUnreadable)
			case after[s] == 0:
				empty = append(empty, s)
			}
		}
		streams = more
	}
	return empty, nil
}

// get sends all queries at once and hands each message to take with the number of its query. It returns of which queries
// there is more. A stream that somebody else has just made may not answer yet: it is asked again for a moment.
func (l *Log) get(ctx context.Context, m events.Municipality, queries []directGet, take func(int, events.Recorded)) (left []bool, err error) {
	const pause, moments = 20 * time.Millisecond, 50
	taken := false
	for n := 0; ; n++ {
		left, err = l.getOnce(ctx, m, queries, func(i int, msg *nats.Msg) error {
			r, err := l.parse(m, msg)
			if err == nil {
				taken = true
				l.see(m, r.Time)
				take(i, r)
			}
			return err
		})
		if !errors.Is(err, nats.ErrNoResponders) || taken || n == moments {
			return left, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return left, err
		}
	}
}

func (l *Log) getOnce(ctx context.Context, m events.Municipality, queries []directGet, take func(int, *nats.Msg) error) (left []bool, err error) {
	if l.Clustered() {
		return l.getFromLeader(ctx, m, queries, take)
	}
	inbox, answers := nats.NewInbox(), ".*"
	if len(queries) == 1 {
		answers = ".0" // of a pattern the server goes through all subjects that it remembers, twice
	}
	next, end, err := l.listen(ctx, inbox+answers)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", events.ErrUnavailable, err)
	}
	defer end()
	for i, q := range queries {
		body, err := json.Marshal(q)
		if err != nil {
			return nil, err
		}
		if err := l.conn.PublishRequest("$JS.API.DIRECT.GET."+streamName(m), inbox+"."+strconv.Itoa(i), body); err != nil {
			return nil, fmt.Errorf("%w: %w", events.ErrUnavailable, err)
		}
	}
	left, answered := make([]bool, len(queries)), make([]bool, len(queries))
	for open := len(queries); open > 0; {
		msg, err := next()
		if errors.Is(err, nats.ErrNoResponders) && l.absent(ctx, m) {
			return left, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read streams of %s: %w: %w", m, events.ErrUnavailable, err)
		}
		i := queryNumber(msg.Subject)
		switch status := msg.Header.Get("Status"); {
		case status == "":
			answered[i] = true
			if err := take(i, msg); err != nil {
				return nil, err
			}
		case status == "204" && (answered[i] || !moreIn(msg)):
			left[i] = moreIn(msg)
			open--
		case status == "404" && (answered[i] || queries[i].MultiLast != nil && msg.Header.Get("Description") != noResults):
			return nil, fmt.Errorf("read streams of %s: %w", m, events.ErrUnreadable)
		case status == "404":
			open--
		default:
			return nil, fmt.Errorf("read streams of %s: %w: %s %s", m, events.ErrUnavailable, status, msg.Header.Get("Description"))
		}
	}
	return left, nil
}

// listen hands over what comes to a subject, message by message, until it ends. nats.ErrNoResponders: nobody answers. The client's own
// way to wait for the next message begins with room for 65,536 of them, half a megabyte for each question.
func (l *Log) listen(ctx context.Context, subject string) (next func() (*nats.Msg, error), end func(), err error) {
	const ahead = 64
	come, ended, closed := make(chan *nats.Msg, ahead), make(chan struct{}), make(chan struct{})
	sub, err := l.conn.Subscribe(subject, func(msg *nats.Msg) {
		select {
		case come <- msg:
		case <-ended:
		}
	})
	if err != nil {
		return nil, nil, err
	}
	sub.SetClosedHandler(func(string) { close(closed) })
	sub.SetPendingLimits(-1, -1)
	next = func() (*nats.Msg, error) {
		select {
		case msg := <-come:
			if len(msg.Data) == 0 && msg.Header.Get("Status") == "503" {
				return nil, nats.ErrNoResponders
			}
			return msg, nil
		case <-closed:
			return nil, nats.ErrConnectionClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return next, func() { close(ended); sub.Unsubscribe() }, nil
}

// moreIn reports whether the end of an answer says that it was not everything.
func moreIn(end *nats.Msg) bool {
	pending := end.Header.Get("Nats-Num-Pending")
	return pending != "" && pending != "0"
}

// absent reports whether the municipality has no log yet; a direct get of such a stream has no responder.
func (l *Log) absent(ctx context.Context, m events.Municipality) bool {
	known, err := l.Municipalities(ctx)
	return err == nil && !slices.Contains(known, m)
}

func queryNumber(subject string) int {
	n, _ := strconv.Atoi(subject[strings.LastIndexByte(subject, '.')+1:])
	return n
}

func (l *Log) parse(m events.Municipality, msg *nats.Msg) (events.Recorded, error) {
	position, err := positionOf(msg)
	if err != nil {
		return events.Recorded{}, err
	}
	r, err := l.catalog.Parse(position, msg.Data)
	if err != nil {
		err = &events.PoisonError{Municipality: m, Position: position, Err: err}
	}
	return r, err
}

func positionOf(msg *nats.Msg) (events.Position, error) {
	position, err := strconv.ParseUint(msg.Header.Get("Nats-Sequence"), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: it does not say where it stands: %w", events.ErrUnreadable, err)
	}
	return position, nil
}
