package events_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"rackvidd/events"
)

var update = flag.Bool("update", false, "write golden files that are missing, and asyncapi.yaml")

const recorded = "testdata/recorded"

// current is what the golden file of an event written today is called.
func current(k events.KindInfo) string { return fmt.Sprintf("%s.v%d", k.Kind, k.Version) }

func TestEveryKindEverWrittenIsReadForEver(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(samples)) {
		t.Run(name, func(t *testing.T) {
			raw := goldenFile(t, name)
			got, err := events.Kinds.Parse(42, raw)
			if err != nil {
				t.Fatal(err)
			}
			a := samples[name].append()
			want := events.Recorded{
				Municipality: "1880", Position: 42, Stream: a.Stream, Expected: a.Expected, Command: a.Command, Actor: a.Actor,
				Digest: a.Digest, Time: a.Time, Part: 1, Parts: 1, Events: a.Events, Raw: raw,
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("reads as\n%+v, want\n%+v", got, want)
			}
		})
	}
}

// goldenFile reads what was once written. With -update it writes what is missing; it never rewrites.
func goldenFile(t *testing.T, name string) []byte {
	path := filepath.Join(recorded, name+".json")
	raw, err := os.ReadFile(path)
	if !errors.Is(err, fs.ErrNotExist) || !*update {
		if err != nil {
			t.Fatalf("%v; a new kind or version: go test ./events -update", err)
		}
		return bytes.TrimSuffix(raw, []byte("\n"))
	}
	s := samples[name]
	if now := current(events.Kinds[s.event.Kind()]); now != name {
		t.Fatalf("%s can no longer be written, only %s", name, now)
	}
	if raw, err = events.Kinds.Encode("1880", s.append(), 1, 1); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(raw, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestWhatIsWrittenTodayIsWrittenAsInTheGoldenFile(t *testing.T) {
	for _, k := range events.Kinds {
		name := current(k)
		s, ok := samples[name]
		if !ok {
			continue // TestEveryKindHasAGoldenFile says so
		}
		raw, err := events.Kinds.Encode("1880", s.append(), 1, 1)
		if err != nil || !bytes.Equal(raw, goldenFile(t, name)) {
			t.Errorf("%s is written otherwise than before (a change needs a new version and an upcaster): %v\n%s", name, err, raw)
		}
	}
}

func TestEveryKindHasAGoldenFile(t *testing.T) {
	for _, k := range events.Kinds {
		for v := range k.Version {
			if name := fmt.Sprintf("%s.v%d", k.Kind, v+1); samples[name].event == nil {
				t.Errorf("%s has no sample", name)
			}
		}
	}
	files, err := filepath.Glob(recorded + "/*.json")
	if err != nil || len(files) < len(events.Kinds) {
		t.Errorf("%d golden files for %d kinds, %v", len(files), len(events.Kinds), err)
	}
	for _, f := range files {
		if name := strings.TrimSuffix(filepath.Base(f), ".json"); samples[name].event == nil {
			t.Errorf("%s: what was once written has no sample any more", f)
		}
	}
}

func TestASampleLeavesNothingOut(t *testing.T) {
	for _, k := range events.Kinds {
		v := reflect.ValueOf(samples[current(k)].event)
		for f := range reflect.TypeOf(k.Event).Fields() {
			if v.IsValid() && v.FieldByIndex(f.Index).IsZero() {
				t.Errorf("%s.%s is zero", k.Kind, f.Name)
			}
		}
	}
}

// colour is a kind that changed twice: it held a word, then a list of words, then a list under another name.
type colour struct {
	Words []events.Form `json:"words"`
}

func (colour) Kind() string { return "test.colour" }

func rename(before, after string, change func(json.RawMessage) json.RawMessage) events.Upcaster {
	return func(data json.RawMessage) (json.RawMessage, error) {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(data, &fields); err != nil {
			return nil, err
		}
		if _, ok := fields[before]; !ok {
			return nil, fmt.Errorf("no %s", before)
		}
		fields[after] = change(fields[before])
		delete(fields, before)
		return json.Marshal(fields)
	}
}

var colours = events.NewCatalog(events.Of[colour](
	rename("word", "list", func(v json.RawMessage) json.RawMessage { return slices.Concat([]byte("["), v, []byte("]")) }),
	rename("list", "words", func(v json.RawMessage) json.RawMessage { return v }),
))

func TestOldVersionsAreReadThroughTheirUpcasters(t *testing.T) {
	for typeName, data := range map[string]string{
		"test.colour.v1": `{"word":"camp"}`,
		"test.colour.v2": `{"list":["camp"]}`,
		"test.colour.v3": `{"words":["camp"]}`,
	} {
		got, err := colours.Decode(typeName, json.RawMessage(data))
		if want := (colour{[]events.Form{events.Camp}}); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s reads as %v, %v; want %v", typeName, got, err, want)
		}
	}
}

func TestWhatIsNotKnownIsRefused(t *testing.T) {
	for name, c := range map[string]struct{ typeName, data string }{
		"another kind":                {"test.taste.v1", `{}`},
		"a version of the future":     {"test.colour.v4", `{"words":["camp"]}`},
		"version 0":                   {"test.colour.v0", `{"words":["camp"]}`},
		"no version":                  {"test.colour", `{"words":["camp"]}`},
		"a version that is no number": {"test.colour.vx", `{"words":["camp"]}`},
	} {
		var unknown *events.UnknownKindError
		if _, err := colours.Decode(c.typeName, json.RawMessage(c.data)); !errors.As(err, &unknown) || unknown.Type != c.typeName {
			t.Errorf("%s: %v, want an unknown kind", name, err)
		}
	}
	for name, c := range map[string]struct{ typeName, data string }{
		"a field nobody knows":             {"test.colour.v3", `{"words":["camp"],"note":"x"}`},
		"a field nobody knows, upcast":     {"test.colour.v1", `{"word":"camp","note":"x"}`},
		"data an upcaster cannot read":     {"test.colour.v1", `{}`},
		"data that is no JSON":             {"test.colour.v3", `{"words"`},
		"data of another type":             {"test.colour.v3", `{"words":7}`},
		"data no JSON, through upcasters ": {"test.colour.v2", `[`},
	} {
		if got, err := colours.Decode(c.typeName, json.RawMessage(c.data)); err == nil {
			t.Errorf("%s reads as %v", name, got)
		}
	}
	if _, err := colours.Encode("1880", samples["session.cancelled.v1"].append(), 1, 1); err == nil {
		t.Error("wrote a kind that is not in the catalog")
	}
}
