package events_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"rackvidd/events"
)

func TestSeveralEventsOfOneDecisionAreABatch(t *testing.T) {
	a := samples["session.opened.v1"].append()
	a.Events = append(a.Events, samples["session.attended.v1"].event, samples["session.cancelled.v1"].event)
	raw, err := events.Kinds.Encode("1880", a, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	var list []map[string]any
	if err := json.Unmarshal(raw, &list); err != nil || len(list) != 3 {
		t.Fatalf("%d events, %v; want 3", len(list), err)
	}
	for i, id := range []string{command.String(), command.String() + ".2", command.String() + ".3"} {
		if list[i]["id"] != id || list[i]["part"] != 2.0 || list[i]["parts"] != 3.0 {
			t.Errorf("event %d: %v; want id %s, part 2 of 3", i, list[i], id)
		}
	}
	r, err := events.Kinds.Parse(7, raw)
	if err != nil || !reflect.DeepEqual(r.Events, a.Events) {
		t.Fatalf("reads as %v, %v", r.Events, err)
	}
	if first, last := r.Span(); first != 6 || last != 8 {
		t.Errorf("a decision from %d to %d, want 6 to 8", first, last)
	}
}

func TestTheStreamIsReadOfAKindThatIsNotKnown(t *testing.T) {
	raw := []byte(`{"specversion":"1.0","id":"x","source":"/1880/session/a","type":"se.rackvidd.session.dreamt.v9","time":"2025-03-04T12:00:00Z","data":{"a":1}}`)
	for _, one := range [][]byte{raw, append(append([]byte("["), raw...), ']')} {
		if stream, err := events.StreamOf(one); err != nil || stream.String() != "session/a" {
			t.Errorf("%s: %s %v", one, stream, err)
		}
	}
	for _, none := range []string{"", "[]", "{}", "x"} {
		if stream, err := events.StreamOf([]byte(none)); err == nil {
			t.Errorf("%q is of %s", none, stream)
		}
	}
}

func TestTheRecordedTimeIsReadWithoutTheRest(t *testing.T) {
	one := samples["session.cancelled.v1"].append()
	several := one
	several.Events = append(several.Events, samples["session.reinstated.v1"].event)
	for _, a := range []events.Append{one, several} {
		raw, err := events.Kinds.Encode("1880", a, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		if at, err := events.RecordedTime(raw); err != nil || !at.Equal(written) {
			t.Errorf("recorded %s, %v; want %s", at, err, written)
		}
	}
	if at, err := events.RecordedTime([]byte("[]")); err == nil {
		t.Errorf("an empty batch was recorded %s", at)
	}
}

func TestTimeIsKeptToTheMillisecondInUTC(t *testing.T) {
	a := samples["session.cancelled.v1"].append()
	a.Time = time.Date(2021, 3, 1, 17, 0, 0, 123_999_999, time.FixedZone("", 3600))
	raw, err := events.Kinds.Encode("1880", a, 1, 1)
	if err != nil || !strings.Contains(string(raw), `"time":"2021-03-01T16:00:00.123Z"`) {
		t.Errorf("%s, %v", raw, err)
	}
}

func TestWhatIsNoMessageIsRefused(t *testing.T) {
	whole := string(goldenFile(t, "session.cancelled.v1"))
	for name, raw := range map[string]string{
		"nothing":                 ``,
		"an empty batch":          `[]`,
		"an empty object":         `{}`,
		"half a message":          whole[:len(whole)/2],
		"something after the end": whole + whole,
		"another specversion":     strings.Replace(whole, `"1.0"`, `"2.0"`, 1),
		"a source of one part":    strings.Replace(whole, `"/1880/session/`, `"session`, 1),
		"an id that is none":      strings.Replace(whole, command.String(), "1", 1),
		"a type nobody knows":     strings.Replace(whole, `cancelled.v1`, `cancelled.v2`, 1),
		"an actor that is no id":  strings.Replace(whole, actor.String(), "somebody", 1),
	} {
		if r, err := events.Kinds.Parse(9, []byte(raw)); err == nil {
			t.Errorf("%s reads as %+v", name, r)
		} else if !strings.Contains(err.Error(), "position 9") {
			t.Errorf("%s: %v; want the position", name, err)
		}
	}
}

func TestAnAppendTooLargeOrEmptyIsRefused(t *testing.T) {
	a := samples["session.attended.v1"].append()
	a.Events = []events.Event{events.SessionAttended{Session: session, Attended: make([]events.Mark, 3000)}}
	if _, err := events.Kinds.Encode("1880", a, 1, 1); !errors.Is(err, events.ErrTooLarge) {
		t.Errorf("%v, want too large", err)
	}
	a.Events = nil
	if _, err := events.Kinds.Encode("1880", a, 1, 1); err == nil {
		t.Error("wrote an append of no event")
	}
}

func FuzzParse(f *testing.F) {
	for name := range samples {
		raw, err := events.Kinds.Encode("1880", samples[name].append(), 1, 1)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
		f.Add([]byte("[" + string(raw) + "]"))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := events.Kinds.Parse(1, raw)
		if err == nil && (len(r.Events) == 0 || r.Stream.ID == "") {
			t.Errorf("reads as %+v", r)
		}
	})
}
