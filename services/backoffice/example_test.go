package backoffice_test

import (
	"bytes"
	"context"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"rackvidd/events"
	"rackvidd/projections/projectiontest"
	"rackvidd/services/intake"
	"rackvidd/services/projector"
	"rackvidd/services/simulate"
	"rackvidd/services/surveying"
	"rackvidd/services/vault"
)

// exampleYear is a house with the invented year of deploy/example imported.
func exampleYear(t *testing.T) *house {
	t.Helper()
	h := newHouse(t)
	h.asked.Year = 2025
	h.Today = func() events.Day { return events.Date(2026, 2, 10) }
	store, err := vault.OpenKeyStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.New(t.Context(), vault.Config{Pool: projectiontest.Pool(t), Keys: vault.NewKeys(), KeyStore: store})
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := simulate.ExampleYear(&file, simulate.ExampleSeed); err != nil {
		t.Fatal(err)
	}
	importer := &intake.Importer{
		Log: h.Log, Vault: v, Clock: func() time.Time { return time.Date(2026, 2, 1, 9, 0, 0, 0, time.UTC) },
		Visible: func(ctx context.Context, m events.Municipality, at events.Position) error {
			return projector.Visible(ctx, h.Pool, m, at)
		},
	}
	if s, err := importer.Import(t.Context(), örebro, intake.Request{Body: &file, Source: "example"}); err != nil || len(s.Rejected) > 0 {
		t.Fatalf("%v, rejected %v", err, s.Rejected)
	}
	return h
}

// askedBy are the built-in forms, one of which asks about 2025.
func askedBy(t *testing.T, id events.FormID) surveying.Collection {
	t.Helper()
	years := map[events.FormID]string{"v1": "{from: 2003, to: 2012}", "v2": "{from: 2013, to: 2014}", "v3": "{from: 2021}"}[id]
	raw, err := fs.ReadFile(surveying.BuiltIn(), string(id)+".yaml")
	if err != nil || !bytes.Contains(raw, []byte(years)) {
		t.Fatalf("%s does not ask about %s: %v", id, years, err)
	}
	text := strings.Replace(string(raw), years, "{from: 2025}", 1)
	list, err := surveying.LoadForms(surveying.Definitions{"groups/v1": 17, "reach/v3": 17}, surveying.BuiltIn(), fstest.MapFS{"again.yaml": {Data: []byte(text)}})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestTheSameYearAnsweredOnThreeForms tells how 2,000 children became 2,800: the question changed, and not the children.
func TestTheSameYearAnsweredOnThreeForms(t *testing.T) {
	h := exampleYear(t)
	number, sheets := make(map[events.FormID]int), make(map[events.FormID]surveying.Sheet)
	for _, id := range []events.FormID{"v1", "v2", "v3"} {
		h.Forms = askedBy(t, id)
		s := h.open()
		if s.Form != id {
			t.Fatalf("2025 is asked about on %s, not %s", s.Form, id)
		}
		sheets[id], number[id] = s, to(s, "Q4").Number()
	}
	sum := h.sumOverForms()
	if groups, union := number["v1"], number["v3"]; groups < 5 || groups >= union || union >= sum || number["v2"] != union {
		t.Errorf("%d in groups, %d by v2, %d by v3, %d as the sum over the forms", groups, number["v2"], union, sum)
	}
	for id, want := range map[events.FormID]string{"v1": "groups/v1", "v2": "reach/v3", "v3": "reach/v3"} {
		if q4 := to(sheets[id], "Q4"); string(q4.Definition) != want || !strings.Contains(q4.Explanation, want) {
			t.Errorf("%s counts by %s: %s", id, q4.Definition, q4.Explanation)
		}
	}
	if asked := to(sheets["v1"], "Q3"); asked.Status != events.NotAsked {
		t.Errorf("v1 asks for forms: %+v", asked)
	}
	if v2, v3 := to(sheets["v2"], "Q3"), to(sheets["v3"], "Q3"); !strings.Contains(v2.Explanation, "open preschool") || len(v3.Choices) != 3 || v3.Explanation != "" {
		t.Errorf("v2 names %v (%s), v3 %v", v2.Choices, v2.Explanation, v3.Choices)
	}
	for id, s := range sheets {
		for _, c := range s.Checks {
			if c.Severity == surveying.Error {
				t.Errorf("%s: %s %s", id, c.Rule, c.Message)
			}
		}
	}
	t.Logf("one year, three forms: %d in groups (v1), %d different children (v2, v3), %d as the sum over the forms", number["v1"], number["v3"], sum)
}

// sumOverForms reads the sum from what the explanation says.
func (h *house) sumOverForms() (sum int) {
	h.t.Helper()
	_, after, _ := strings.Cut(to(h.open(), "Q4").Explanation, "The sum over the forms is ")
	for _, r := range after {
		if r < '0' || r > '9' {
			break
		}
		sum = 10*sum + int(r-'0')
	}
	return sum
}

func TestARealYearIsCheckedApprovedAndSubmitted(t *testing.T) {
	h := exampleYear(t)
	h.explains(anna)
	h.checks(anna)
	h.approves(bo)
	h.submits(anna)
	if s := h.open(); s.State != surveying.Submitted || s.SinceSubmission != nil {
		t.Errorf("%s, since then %+v", s.State, s.SinceSubmission)
	}
	t.Logf("the checks of the example year: %v", found(h.open()))
}
