package api

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"rackvidd/events"
)

// TestEveryEventOfTheLogSaysHowManyChildrenItNames reads an event of each kind as it was recorded.
func TestEveryEventOfTheLogSaysHowManyChildrenItNames(t *testing.T) {
	files, err := filepath.Glob("../../events/testdata/recorded/*.json")
	if err != nil || len(files) < len(events.Kinds) {
		t.Fatalf("%d recorded events of %d kinds, %v", len(files), len(events.Kinds), err)
	}
	naming := make(map[string]bool)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r, err := events.Kinds.Parse(7, raw)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		list, err := positioned(r)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for i, one := range list {
			var said struct {
				Position events.Position
				Children *int
			}
			want := len(events.Named(events.Recorded{Stream: r.Stream, Events: r.Events[i : i+1]}))
			if err := json.Unmarshal(one, &said); err != nil || said.Position != 7 || said.Children == nil || *said.Children != want {
				t.Errorf("%s names %d children and says %s, %v", file, want, one, err)
			}
			naming[r.Events[i].Kind()] = naming[r.Events[i].Kind()] || want > 0
		}
	}
	for kind, want := range map[string]bool{"group.members_changed": true, "session.attended": true, "case.merged": true, "case.child_enrolled": true, "group.formed": false, "survey.submitted": false} {
		if naming[kind] != want {
			t.Errorf("%s names children: %v", kind, naming[kind])
		}
	}
}
