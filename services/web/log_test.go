package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rackvidd/events"
	"rackvidd/services/access"
)

// TestNoEventThatNamesAChildIsShownUnasked opens an event of each kind as it was recorded, of which the API says how many
// children it names.
func TestNoEventThatNamesAChildIsShownUnasked(t *testing.T) {
	files, err := filepath.Glob("../../events/testdata/recorded/*.json")
	if err != nil || len(files) < len(events.Kinds) {
		t.Fatalf("%d recorded events of %d kinds, %v", len(files), len(events.Kinds), err)
	}
	masked := 0
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r, err := events.Kinds.Parse(1, raw)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		named := events.Named(r)
		shown := logEntryPage(t, string(raw), fmt.Sprint(len(named)))
		for _, child := range named {
			if _, content, _ := strings.Cut(shown, "<h3>"); strings.Contains(content, child.String()) {
				t.Errorf("%s shows %s", file, child)
			}
		}
		asks := strings.Contains(shown, languages()[swedish].text("log.masked"))
		if asks != (len(named) > 0) {
			t.Errorf("%s names %d children; asked for a reason: %v", file, len(named), asks)
		}
		if asks {
			masked++
		}
	}
	if masked < 10 {
		t.Errorf("only %d events name a child", masked)
	}
	if unsaid := logEntryPage(t, `{"type": "group.formed.v1", "data": {"name": "x"}}`, "null"); !strings.Contains(unsaid, languages()[swedish].text("log.masked")) {
		t.Error("an event is shown of which nobody said that it names no child")
	}
}

// logEntryPage is the page of an event that names so many children.
func logEntryPage(t *testing.T, event, children string) string {
	t.Helper()
	s := testSite(t)
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.Path, "/log/events") {
			empty(w, r)
			return
		}
		event := json.RawMessage(`{"position":1,"children":` + children + "," + strings.TrimPrefix(event, "{"))
		_ = json.NewEncoder(w).Encode(map[string]any{"events": []any{event}, "position": 1})
	})
	w := ask(s.handler(), "GET", "/municipalities/1880/log/1", access.Auditor)
	if w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return w.Body.String()
}
