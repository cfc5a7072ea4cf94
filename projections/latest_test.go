package projections_test

import (
	"testing"

	"rackvidd/events"
	"rackvidd/projections"
)

func TestTheLatestOfWhatWasUsedLastIsKept(t *testing.T) {
	var l projections.Latest[string, string]
	l.Keep("a", 5, "a5", 2)
	l.Keep("a", 3, "a3", 2) // somebody asked about the past
	l.Keep("b", 7, "b7", 2)
	for _, c := range []struct {
		key  string
		at   events.Position
		want string
	}{{"a", 5, "a5"}, {"a", 9, "a5"}, {"a", 4, ""}, {"b", 7, "b7"}, {"c", 9, ""}} {
		if got, ok := l.At(c.key, c.at); got != c.want || ok != (c.want != "") {
			t.Errorf("%s at %d: %q, %v", c.key, c.at, got, ok)
		}
	}
	l.Keep("a", 5, "a5", 2)
	l.Keep("c", 1, "c1", 2)
	if _, ok := l.At("b", 9); ok {
		t.Error("more is kept than was said")
	}
	if got, _ := l.At("a", 9); got != "a5" {
		t.Error("what was used last is not kept")
	}
}
