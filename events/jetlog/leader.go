package jetlog

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"rackvidd/events"
)

// Of servers that keep a copy each, any answers a direct get, also one that has not heard yet of what was just acknowledged. There
// the one that leads the stream is asked, message by message (decisions/0008).

// leaderGet is a request for one message that the leader alone answers.
type leaderGet struct {
	Seq    uint64 `json:"seq,omitempty"`
	NextBy string `json:"next_by_subj,omitempty"`
	LastBy string `json:"last_by_subj,omitempty"`
}

// atOnce is how many requests to the leader are under way.
const atOnce = 64

// Clustered reports whether the server is one of several. Who it is connected to is not known while it is not.
func (l *Log) Clustered() bool {
	if !l.several.Load() && l.conn.ConnectedClusterName() != "" {
		l.several.Store(true)
	}
	return l.several.Load()
}

// headsOfLeaders asks the leader of each log. The list that the server itself makes leaves out the logs whose leader did not answer.
func (l *Log) headsOfLeaders(ctx context.Context) (map[events.Municipality]events.Position, error) {
	list, err := l.names(ctx)
	if err != nil {
		return nil, err
	}
	states := make([]state, len(list))
	asking, within := errgroup.WithContext(ctx)
	asking.SetLimit(atOnce)
	for i, m := range list {
		asking.Go(func() (err error) {
			states[i], err = l.state(within, m, "")
			return err
		})
	}
	if err := asking.Wait(); err != nil {
		return nil, fmt.Errorf("heads of the logs: %w", err)
	}
	heads := make(map[events.Municipality]events.Position)
	for i, m := range list {
		if states[i].there { // it was not just removed
			heads[m] = states[i].Last
		}
	}
	return heads, nil
}

// getFromLeader is getOnce, asked of the leader.
func (l *Log) getFromLeader(ctx context.Context, m events.Municipality, queries []directGet, take func(int, *nats.Msg) error) (left []bool, err error) {
	left = make([]bool, len(queries))
	found := make([][]*nats.Msg, len(queries))
	asking, within := errgroup.WithContext(ctx)
	asking.SetLimit(atOnce)
	for i, q := range queries {
		if q.MultiLast != nil {
			found[i] = make([]*nats.Msg, len(q.MultiLast))
		}
		for n, subject := range q.MultiLast {
			asking.Go(func() (err error) {
				found[i][n], err = l.lastOf(within, m, subject)
				return err
			})
		}
		if q.MultiLast == nil {
			asking.Go(func() (err error) {
				found[i], left[i], err = l.inOrder(within, m, q)
				return err
			})
		}
	}
	if err := asking.Wait(); err != nil {
		return nil, fmt.Errorf("read streams of %s: %w", m, err)
	}
	for i, list := range found {
		for _, msg := range list {
			if msg == nil {
				continue
			}
			if err := take(i, msg); err != nil {
				return nil, err
			}
		}
	}
	return left, nil
}

// inOrder reads what a query asks for, as many messages as it wants, and reports whether there are more. Of a subject that is read
// from its beginning the leader tells how many there have to be.
func (l *Log) inOrder(ctx context.Context, m events.Municipality, q directGet) (list []*nats.Msg, more bool, err error) {
	counted := q.Seq > 1 || strings.ContainsAny(q.NextBy, "*>") || q.NextBy == ""
	for next := (leaderGet{Seq: q.Seq, NextBy: q.NextBy}); ; {
		msg, err := l.ofLeader(ctx, m, next)
		switch {
		case err != nil:
			return nil, false, err
		case msg == nil && counted:
			return list, false, nil
		case msg == nil:
			n, err := l.count(ctx, m, q.NextBy)
			if err != nil || n == len(list) {
				return list, false, err
			}
			if msg, err = l.ofLeader(ctx, m, next); err != nil { // it may just have come
				return nil, false, err
			}
			if msg == nil {
				return nil, false, events.ErrUnreadable
			}
		}
		if len(list) == q.Batch {
			return list, true, nil
		}
		at, err := positionOf(msg)
		if err != nil {
			return nil, false, err
		}
		list, next.Seq = append(list, msg), at+1
	}
}

// lastOf returns the last message of a subject; nil: there is none.
func (l *Log) lastOf(ctx context.Context, m events.Municipality, subject string) (*nats.Msg, error) {
	last := leaderGet{LastBy: subject}
	msg, err := l.ofLeader(ctx, m, last)
	if err != nil || msg != nil {
		return msg, err
	}
	n, err := l.count(ctx, m, subject)
	if err != nil || n == 0 {
		return nil, err
	}
	if msg, err = l.ofLeader(ctx, m, last); err == nil && msg == nil { // it has not just come
		err = events.ErrUnreadable
	}
	return msg, err
}

// count returns how many messages of a subject the leader has, whether they can be read or not.
func (l *Log) count(ctx context.Context, m events.Municipality, subject string) (int, error) {
	state, err := l.state(ctx, m, subject)
	return state.Subjects[subject], err
}

// state is what a stream holds, as its leader has it: nothing where there is no stream. Subjects has what is of a subject that is asked for.
type state struct {
	Messages uint64          `json:"messages"`
	First    events.Position `json:"first_seq"`
	Last     events.Position `json:"last_seq"`
	Subjects map[string]int  `json:"subjects"`

	there bool
}

func (l *Log) state(ctx context.Context, m events.Municipality, subject string) (state, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	var answer struct {
		State state `json:"state"`
	}
	there, err := l.ask(ctx, "STREAM.INFO", m, struct {
		Subject string `json:"subjects_filter,omitempty"`
	}{subject}, &answer)
	answer.State.there = there
	return answer.State, err
}

// ofLeader asks for one message; nil: there is none, or it cannot be read.
func (l *Log) ofLeader(ctx context.Context, m events.Municipality, q leaderGet) (*nats.Msg, error) {
	var answer struct {
		Message struct {
			Subject string `json:"subject"`
			Seq     uint64 `json:"seq"`
			Data    []byte `json:"data"`
		} `json:"message"`
	}
	there, err := l.ask(ctx, "STREAM.MSG.GET", m, q, &answer)
	if err != nil || !there {
		return nil, err
	}
	msg := nats.NewMsg(answer.Message.Subject)
	msg.Data = answer.Message.Data
	msg.Header["Nats-Sequence"] = []string{strconv.FormatUint(answer.Message.Seq, 10)}
	return msg, nil
}

// Codes of JetStream's answers.
const (
	noMessage   = 10037
	noStream    = 10059
	noLeaderYet = 10008
)

// leaderWithin is how long a question waits for the leader to answer before whoever leads by then is asked as well: of a stream that
// is just being made, or whose leader was lost, nobody does.
const leaderWithin = 500 * time.Millisecond

// betweenLeaders is how long a question that was refused because nobody leads waits before it is asked again.
const betweenLeaders = leaderWithin / 10

var errNotLed = errors.New("nobody leads it")

// ask asks the leader of a stream until it answers; there is false where it has no such stream or message.
func (l *Log) ask(ctx context.Context, what string, m events.Municipality, question, answer any) (there bool, err error) {
	body, err := json.Marshal(question)
	if err != nil {
		return false, err
	}
	subject := "$JS.API." + what + "." + streamName(m)
	said, err := untilLed(ctx, l, func(ctx context.Context) (said, error) { return l.askOnce(ctx, subject, body) })
	if err != nil {
		return false, fmt.Errorf("%w: %w", events.ErrUnavailable, err)
	}
	if said.there {
		if err := json.Unmarshal(said.answer, answer); err != nil {
			return false, fmt.Errorf("%w: the answer cannot be read: %w", events.ErrUnavailable, err)
		}
	}
	return said.there, nil
}

// said is what a leader answered.
type said struct {
	there  bool
	answer []byte
}

func (l *Log) askOnce(ctx context.Context, subject string, body []byte) (s said, err error) {
	reply, err := l.conn.RequestWithContext(ctx, subject, body)
	if err != nil {
		return s, err
	}
	var refused struct {
		Error *refusal `json:"error"`
	}
	if err := json.Unmarshal(reply.Data, &refused); err != nil {
		return s, fmt.Errorf("the answer cannot be read: %w", err)
	}
	switch {
	case refused.Error == nil:
		return said{true, reply.Data}, nil
	case refused.Error.Code == noMessage || refused.Error.Code == noStream:
		return s, nil
	case refused.Error.Code == noLeaderYet:
		return s, fmt.Errorf("%w: %w", errNotLed, refused.Error.unavailable())
	}
	return s, refused.Error.unavailable()
}

// ofAll asks whoever leads the cluster what is asked of no log of its own.
func ofAll[T any](ctx context.Context, l *Log, ask func(context.Context) (T, error)) (T, error) {
	if !l.Clustered() {
		return ask(ctx)
	}
	return untilLed(ctx, l, ask)
}

// untilLed asks, and asks as well while nobody answers, until somebody does: what was sent to a leader that was lost is never answered,
// and one that has much to do answers what it was asked first.
func untilLed[T any](ctx context.Context, l *Log, ask func(context.Context) (T, error)) (answer T, err error) {
	type told struct {
		answer T
		err    error
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	for answers := make(chan told); ; {
		go func() {
			answer, err := ask(ctx)
			select {
			case answers <- told{answer, err}:
			case <-ctx.Done():
			}
		}()
		select {
		case t := <-answers:
			if !l.notLed(t.err) {
				return t.answer, t.err
			}
			err = t.err
		case <-time.After(leaderWithin):
			continue
		case <-ctx.Done():
			return answer, cmp.Or(err, ctx.Err())
		}
		select {
		case <-time.After(betweenLeaders):
		case <-ctx.Done():
			return answer, err
		}
	}
}

// notLed reports whether a question has to be asked again: nobody leads yet, or the server that was asked has gone and another one is
// about to be connected to.
func (l *Log) notLed(err error) bool {
	var refused *jetstream.APIError
	return errors.Is(err, errNotLed) || errors.As(err, &refused) && refused.ErrorCode == noLeaderYet ||
		errors.Is(err, nats.ErrReconnectBufExceeded) && l.Clustered()
}
