package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"rackvidd/events"
	"rackvidd/services/casework"
	"rackvidd/services/vault"
)

// command is a request on its way to be carried out.
type command struct {
	events.Command
	key  string // its idempotency key; "": none
	kept []byte // what it was answered before, where an answer was kept

	child  events.ID // whom it names by an identity or a label; zero: nobody who is known
	erased bool      // whom the first request under the key named was erased since: this may be a repeat of it, or not
}

// command gives a request the id under which its decision is recorded. With an idempotency key it is always the same,
// and its digest tells another request with the same key apart for as long as the log lasts.
func (s *server) command(ctx context.Context, c caller, key string, request ...any) (command, error) {
	return unlessErased(s.claim(ctx, c, key, false, request))
}

// naming is the command of a request that has somebody's identity or label in it: what is kept of it goes when that child is erased.
func (s *server) naming(ctx context.Context, c caller, key string, request ...any) (command, error) {
	return unlessErased(s.lookingFor(ctx, c, key, request...))
}

// lookingFor is naming where a repeat is carried out again, and is answered alike whether or not there was such a child.
func (s *server) lookingFor(ctx context.Context, c caller, key string, request ...any) (command, error) {
	return s.claim(ctx, c, key, true, request)
}

func unlessErased(cmd command, err error) (command, error) {
	if err == nil && cmd.erased {
		err = errErased
	}
	return cmd, err
}

func (s *server) claim(ctx context.Context, c caller, key string, naming bool, request []any) (command, error) {
	cmd := command{Command: events.Command{Actor: c.Account, Time: s.now()}, key: key}
	if key == "" {
		id, err := uuid.NewV7()
		cmd.ID = id
		return cmd, err
	}
	body, err := json.Marshal(request)
	if err != nil {
		return cmd, fmt.Errorf("write a request down: %w", err)
	}
	claimed, err := s.Vault.Claim(ctx, c.municipality, c.Account, vault.Request{Key: key, Route: c.route, Body: body, Naming: naming})
	if err != nil {
		return cmd, err
	}
	cmd.ID, cmd.kept, cmd.erased = claimed.Command, claimed.Answer, claimed.Erased
	digest, err := s.Vault.Keyed(ctx, "request", string(c.municipality), c.Account.String(), key, c.route, string(body))
	cmd.Digest = base64.RawURLEncoding.EncodeToString(digest[:])
	return cmd, err
}

// derived names what a command makes, so that a repeat finds the same stream.
func derived(cmd command, what string) events.ID {
	sum := sha256.Sum256([]byte(cmd.ID.String() + " " + what))
	return events.ID(sum[:16])
}

// derivedEntry names a line that a command adds to a child's case.
func derivedEntry(cmd command, of events.ID, what string) events.Entry {
	id := derived(cmd, what)
	return events.Entry{Of: of, Number: [8]byte(id[:8])}
}

// decide carries a decision out. What rules say is asked only when the command was not carried out before: the log
// tells, and of a command that changed nothing, the answer that was kept.
func (s *server) decide(ctx context.Context, c caller, cmd command, about []*events.Deciding, decide func() error) (events.Result, error) {
	return s.decideHolding(ctx, s.rules.followed, c, cmd, about, decide)
}

// decideAlone is decide of what others decide by.
func (s *server) decideAlone(ctx context.Context, c caller, cmd command, about []*events.Deciding, decide func() error) (events.Result, error) {
	return s.decideHolding(ctx, s.rules.changed, c, cmd, about, decide)
}

func (s *server) decideHolding(ctx context.Context, hold func(context.Context, events.Municipality) (func(), error), c caller, cmd command, about []*events.Deciding, decide func() error) (events.Result, error) {
	release, err := hold(ctx, c.municipality)
	if err != nil {
		return events.Result{}, err
	}
	defer release()
	if cmd.kept != nil {
		return asBefore[events.Result](cmd)
	}
	result, err := events.Decide(ctx, s.Log, c.municipality, cmd.Command, about, casework.Fresh, decide)
	changed := slices.ContainsFunc(about, func(d *events.Deciding) bool { return len(d.Events) > 0 })
	if err != nil || result.Repeated || changed {
		return result, err
	}
	return keep(ctx, s, c, cmd, result)
}

// change is a write to one thing, whose stream is the first of those it decides about.
type change[S events.State] struct {
	key       string // its idempotency key
	versioned Versioned
	request   []any // what another request under the key must not differ in
	about     []*events.Deciding
	alone     bool          // others decide by it
	owns      func(S) error // hides a thing that is not the caller's
	rule      func(S, command) ([]events.Event, error)
}

// carryOut decides about one thing that is the caller's and as the caller knows it. The command is returned as well: what
// it made has its name from it, also when a repeat asks no rule.
func carryOut[S events.State](ctx context.Context, s *server, c caller, w change[S]) (command, events.Result, error) {
	cmd, err := s.command(ctx, c, w.key, w.request...)
	if err != nil {
		return cmd, events.Result{}, err
	}
	decide := s.decide
	if w.alone {
		decide = s.decideAlone
	}
	result, err := decide(ctx, c, cmd, w.about, func() error {
		one := state[S](w.about[0])
		if err := w.owns(one); err != nil {
			return err
		}
		if err := w.versioned.unchanged(w.about[0]); err != nil {
			return err
		}
		decided, err := w.rule(one, cmd)
		return record(w.about[0], decided, err)
	})
	return cmd, result, err
}

// about names the streams of a decision; the first one's version is the answer's.
func about(streams ...events.Stream) []*events.Deciding {
	list := make([]*events.Deciding, len(streams))
	for i, stream := range streams {
		list[i] = &events.Deciding{Stream: stream}
	}
	return list
}

// state is what a loaded stream adds up to.
func state[S events.State](d *events.Deciding) S { return d.State.(S) }

// record notes a rule's events.
func record(d *events.Deciding, list []events.Event, err error) error {
	if err == nil {
		d.Record(list...)
	}
	return err
}

// unchanged holds If-Match against the version that was loaded.
func (v Versioned) unchanged(d *events.Deciding) error {
	tags := strings.TrimSpace(v.IfMatch)
	if tags == "" || tags == "*" && d.Latest > 0 {
		return nil
	}
	for tag := range strings.SplitSeq(tags, ",") {
		if strings.TrimPrefix(strings.TrimSpace(tag), "W/") == etag(d.Latest) {
			return nil
		}
	}
	return errStale
}

// etag is a stream's version.
func etag(version events.Position) string { return strconv.Quote(strconv.FormatUint(version, 10)) }

// receive answers a write.
func receive[B any](r events.Result, body B) *Answer[B] {
	return &Answer[B]{Position: r.Position, Body: body}
}

// receiveVersioned answers a write to something that has versions.
func receiveVersioned[B any](r events.Result, body B) *Answer[B] {
	return &Answer[B]{Position: r.Position, ETag: etag(r.Version), Body: body}
}
