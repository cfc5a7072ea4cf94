package events

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// MaxMessage is the most bytes one append may have.
const MaxMessage = 60_000

// cloudEvent is CloudEvents 1.0 in structured JSON. The attributes after time are ours.
type cloudEvent struct {
	SpecVersion string          `json:"specversion"`
	ID          string          `json:"id"`     // the command's id; of the n-th event of an append, with .n after it
	Source      string          `json:"source"` // /municipality/stream type/stream id
	Type        string          `json:"type"`   // kind and version
	Time        Instant         `json:"time"`   // when it was recorded
	Actor       ID              `json:"actor"`
	Expected    Position        `json:"expectedversion"`
	Digest      string          `json:"digest,omitempty"`
	Part        int             `json:"part,omitempty"`
	Parts       int             `json:"parts,omitempty"`
	Data        json.RawMessage `json:"data"`
}

// Encode writes an append as one self-contained JSON text: a CloudEvent, or a CloudEvents batch where it has several
// events. part and parts place it in a decision across streams.
func (c Catalog) Encode(m Municipality, a Append, part, parts int) ([]byte, error) {
	if len(a.Events) == 0 {
		return nil, fmt.Errorf("append to %s: no event", a.Stream)
	}
	list := make([]cloudEvent, len(a.Events))
	for i, e := range a.Events {
		name, err := c.typeName(e)
		if err != nil {
			return nil, err
		}
		data, err := json.Marshal(e)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", name, err)
		}
		list[i] = cloudEvent{
			SpecVersion: "1.0", ID: eventID(a.Command, i), Source: "/" + string(m) + "/" + a.Stream.String(), Type: name,
			Time: InstantOf(a.Time), Actor: a.Actor, Expected: a.Expected, Digest: a.Digest, Data: data,
		}
		if parts > 1 {
			list[i].Part, list[i].Parts = part, parts
		}
	}
	return encodeMessage(a.Stream, list)
}

func encodeMessage(s Stream, list []cloudEvent) (raw []byte, err error) {
	if len(list) == 1 {
		raw, err = json.Marshal(list[0])
	} else {
		raw, err = json.Marshal(list)
	}
	if err == nil && len(raw) > MaxMessage {
		err = fmt.Errorf("append to %s: %d bytes, at most %d: %w", s, len(raw), MaxMessage, ErrTooLarge)
	}
	return raw, err
}

func eventID(command uuid.UUID, i int) string {
	if i == 0 {
		return command.String()
	}
	return command.String() + "." + strconv.Itoa(i+1)
}

// Parse reads a message at its position in a log.
func (c Catalog) Parse(position Position, raw []byte) (Recorded, error) {
	if r, ok := c.scan(position, raw); ok {
		return r, nil
	}
	return c.parse(position, raw)
}

// parse reads it in any spelling that JSON allows.
func (c Catalog) parse(position Position, raw []byte) (Recorded, error) {
	r := Recorded{Position: position, Raw: raw, Part: 1, Parts: 1}
	list, err := parseMessage(raw)
	if err != nil {
		return r, fmt.Errorf("read position %d: %w", position, err)
	}
	if err = r.readEnvelope(list[0]); err == nil {
		r.Command, err = uuid.Parse(list[0].ID)
	}
	if err != nil {
		return r, fmt.Errorf("read position %d: %w", position, err)
	}
	for _, ce := range list {
		e, err := c.Decode(ce.Type, ce.Data)
		if err != nil {
			return r, fmt.Errorf("read position %d: %w", position, err)
		}
		r.Events = append(r.Events, e)
	}
	return r, nil
}

func parseMessage(raw []byte) ([]cloudEvent, error) {
	if len(raw) > 0 && raw[0] != '[' {
		var one cloudEvent
		err := json.Unmarshal(raw, &one)
		return []cloudEvent{one}, err
	}
	var list []cloudEvent
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("an empty batch")
	}
	return list, nil
}

func (r *Recorded) readEnvelope(ce cloudEvent) (err error) {
	m, stream, ok := strings.Cut(strings.TrimPrefix(ce.Source, "/"), "/")
	if !ok || ce.SpecVersion != "1.0" {
		return fmt.Errorf("not an event of this log")
	}
	if r.Stream, err = ParseStream(stream); err != nil {
		return err
	}
	r.Municipality, r.Expected, r.Actor, r.Digest, r.Time = Municipality(m), ce.Expected, ce.Actor, ce.Digest, ce.Time.Time()
	if ce.Parts > 1 {
		r.Part, r.Parts = ce.Part, ce.Parts
	}
	return nil
}

// StreamOf reads alone to which stream a message belongs, also where the rest is of a kind that is not known.
func StreamOf(raw []byte) (Stream, error) {
	var r Recorded
	list, err := parseMessage(raw)
	if err == nil {
		err = r.readEnvelope(list[0])
	}
	return r.Stream, err
}

// RecordedTime reads the recorded time alone.
func RecordedTime(raw []byte) (time.Time, error) {
	var head struct {
		Time Instant `json:"time"`
	}
	if bytes.HasPrefix(raw, []byte("[")) {
		list, err := parseMessage(raw)
		if err != nil {
			return time.Time{}, err
		}
		return list[0].Time.Time(), nil
	}
	err := json.Unmarshal(raw, &head)
	return head.Time.Time(), err
}
