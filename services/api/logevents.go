package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"rackvidd/events"
	"rackvidd/services/access"
)

type readLog struct {
	Municipal
	AtLeast
	From   events.Position `query:"from" default:"1" minimum:"1" doc:"the first position"`
	Before events.Position `query:"before" minimum:"1" doc:"in place of from: the last that come before this position"`
	Stream string          `query:"stream" maxLength:"200" pattern:"^[a-z]+/[A-Za-z0-9_=-]+$" doc:"type/id, as an event's source ends: what was recorded of this alone, however far apart in the log"`
	Limit  int             `query:"limit" default:"100" minimum:"1" maximum:"1000" doc:"positions, not events"`
	// Masked is for whoever looks for an event, and not for what it says.
	Masked bool `query:"masked" doc:"leaves out what events say that name a child (data); without it the read log notes who read. What one child's stream has is noted of the child in any case"`
}

type readLogEntry struct {
	Municipal
	AtLeast
	Position events.Position `path:"position"`
	Why      string          `query:"why" required:"true" enum:"event_review,event_fault,event_request" doc:"as the read log has it: to review what was done, to look for a fault, or because somebody asked"`
}

// LogEvents are CloudEvents as they were recorded, each with its position and how many children it names (children) beside its
// own attributes.
type LogEvents struct {
	Events []json.RawMessage `json:"events" nullable:"false"`
	Next   events.Position   `json:"next,omitempty" doc:"from here on there is more"`
	// Earlier is asked for with before.
	Earlier events.Position `json:"earlier,omitempty" doc:"before this position there is more"`
	Shown
}

func (s *server) logRoutes() {
	add(s, route{id: "read-log", method: http.MethodGet, path: "log/events", permission: access.ReadLog, summary: "Read the log"}, s.readLog)
	add(s, route{
		id: "read-log-entry", method: http.MethodGet, path: "log/events/{position}", permission: access.ReadLog,
		summary: "Read the events of one position for a reason; of every child that they tell of the read is logged",
	}, s.readLogEntry)
}

func (s *server) readLogEntry(ctx context.Context, c caller, in *readLogEntry) (*Answer[LogEvents], error) {
	head, err := s.reached(ctx, c.municipality, in.MinPosition)
	if err != nil {
		return nil, err
	}
	body := LogEvents{Shown: Shown{head}}
	if in.Position == 0 || in.Position > head {
		return nil, notFound("position")
	}
	for r, err := range s.Log.Read(ctx, c.municipality, in.Position-1) {
		if err != nil {
			return nil, err
		}
		if body.Events, err = positioned(r); err != nil {
			return nil, err
		}
		if err := s.Vault.NoteReads(ctx, c.municipality, events.Named(r), c.Account, in.Why); err != nil {
			return nil, err
		}
		break
	}
	return show(head, body), nil
}

func (s *server) readLog(ctx context.Context, c caller, in *readLog) (*Answer[LogEvents], error) {
	head, err := s.reached(ctx, c.municipality, in.MinPosition)
	if err != nil {
		return nil, err
	}
	body := LogEvents{Events: []json.RawMessage{}, Shown: Shown{head}}
	read := s.stretch
	if in.Stream != "" {
		read = s.stream
	}
	messages, err := read(ctx, c.municipality, in, head, &body)
	if err != nil {
		return nil, err
	}
	var named []events.ID
	for _, r := range messages {
		list, err := positioned(r)
		if children := events.Named(r); err == nil && len(children) > 0 {
			if named = append(named, children...); in.Masked {
				list, err = masked(list)
			}
		}
		if err != nil {
			return nil, err
		}
		body.Events = append(body.Events, list...)
	}
	return show(head, body), s.noteEvents(ctx, c, in, named)
}

// noteEvents notes who read events that name children. What was recorded of one child alone tells when it got support, also
// where it does not say how: that is a read of the child, and of whom else it names.
func (s *server) noteEvents(ctx context.Context, c caller, in *readLog, named []events.ID) error {
	child, ofOne := inStream(in.Stream)
	switch {
	case ofOne && in.Masked:
		return s.Vault.NoteRead(ctx, c.municipality, child, c.Account, "raw_events")
	case ofOne:
		named = append(named, child)
		slices.SortFunc(named, func(a, b events.ID) int { return bytes.Compare(a[:], b[:]) })
		return s.Vault.NoteReads(ctx, c.municipality, slices.Compact(named), c.Account, "raw_events")
	case len(named) > 0 && !in.Masked:
		return s.noteRaw(ctx, c)
	}
	return nil
}

// inStream is the child whose case a stream is.
func inStream(stream string) (child events.ID, ok bool) {
	name, err := events.ParseStream(stream)
	if err != nil || name.Type != events.CaseStream {
		return child, false
	}
	child, err = events.ParseID(name.ID)
	return child, err == nil
}

// stretch reads positions that follow each other, and says where there is more.
func (s *server) stretch(ctx context.Context, m events.Municipality, in *readLog, head events.Position, body *LogEvents) (list []events.Recorded, err error) {
	limit := events.Position(in.Limit)
	first := min(in.From, head+1)
	last := min(head, first+limit-1)
	if in.Before > 0 {
		last = min(head, in.Before-1)
		first = max(last, limit) - limit + 1
	}
	if first > 1 {
		body.Earlier = first
	}
	if last < head {
		body.Next = last + 1
	}
	if first > last {
		return nil, nil
	}
	for r, err := range s.Log.Read(ctx, m, first-1) {
		if err != nil {
			return nil, err
		}
		if list = append(list, r); r.Position >= last {
			break
		}
	}
	return list, nil
}

// stream reads what was recorded of one thing, and says where there is more of it.
func (s *server) stream(ctx context.Context, m events.Municipality, in *readLog, _ events.Position, body *LogEvents) ([]events.Recorded, error) {
	name, err := events.ParseStream(in.Stream)
	if err != nil {
		return nil, invalid("invalid_request", "query.stream", err.Error())
	}
	found, err := s.Log.Streams(ctx, m, name)
	list := found[name]
	from := func(at events.Position) int {
		n, _ := slices.BinarySearchFunc(list, at, func(r events.Recorded, at events.Position) int { return cmp.Compare(r.Position, at) })
		return n
	}
	first := from(in.From)
	last := min(len(list), first+in.Limit)
	if in.Before > 0 {
		last = from(in.Before)
		first = max(0, last-in.Limit)
	}
	if first > 0 {
		body.Earlier = list[first-1].Position + 1
	}
	if last < len(list) {
		body.Next = list[last].Position
	}
	return list[first:last], err
}

// noteRaw notes that events were read as they stand in the log, with the children whom they name.
func (s *server) noteRaw(ctx context.Context, c caller) error {
	return s.Vault.NoteRead(ctx, c.municipality, events.ID{}, c.Account, "raw_events")
}

// masked leaves out what events say, of those that name a child.
func masked(list []json.RawMessage) ([]json.RawMessage, error) {
	for i, raw := range list {
		var event map[string]json.RawMessage
		if err := json.Unmarshal(raw, &event); err != nil {
			return nil, fmt.Errorf("mask an event: %w", err)
		}
		if string(event["children"]) == "0" {
			continue
		}
		delete(event, "data")
		var err error
		if list[i], err = json.Marshal(event); err != nil {
			return nil, fmt.Errorf("mask an event: %w", err)
		}
	}
	return list, nil
}

// positioned puts the position, and how many children it names, into each event of a message, and leaves every other byte as
// it was recorded.
func positioned(r events.Recorded) ([]json.RawMessage, error) {
	list := []json.RawMessage{r.Raw}
	if bytes.HasPrefix(r.Raw, []byte("[")) {
		list = nil
		if err := json.Unmarshal(r.Raw, &list); err != nil {
			return nil, fmt.Errorf("read position %d: %w", r.Position, err)
		}
	}
	if len(list) != len(r.Events) {
		return nil, fmt.Errorf("read position %d: %d events where %d were read", r.Position, len(list), len(r.Events))
	}
	for i, event := range list {
		if !bytes.HasPrefix(event, []byte("{")) {
			return nil, fmt.Errorf("read position %d: not an event", r.Position)
		}
		named := events.Named(events.Recorded{Stream: r.Stream, Events: r.Events[i : i+1]})
		list[i] = append(fmt.Appendf(nil, `{"position":%d,"children":%d,`, r.Position, len(named)), event[1:]...)
	}
	return list, nil
}
