package simulate_test

import (
	"bytes"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"rackvidd/events"
	"rackvidd/services/intake"
	"rackvidd/services/simulate"
)

func TestTheSameSeedInventsTheSame(t *testing.T) {
	o := simulate.Options{Children: 60, Years: 3, Seed: 7}
	first, again := activity(t, o), activity(t, o)
	o.Seed = 8
	if other := activity(t, o); !bytes.Equal(first, again) || bytes.Equal(first, other) {
		t.Error("the seed does not decide what is invented")
	}
}

func TestEveryInventedRowKeepsTheRules(t *testing.T) {
	for _, o := range []simulate.Options{{}, {Children: 1}, {Children: 3000, Years: 5, Seed: 1}, {Children: 40, Years: 12, Seed: 2}} {
		rows, rejected := readByIntake(t, activity(t, o), "1880")
		if len(rejected) > 0 || len(rows) < o.Children {
			t.Errorf("%+v: %d rows, rejected %+v", o, len(rows), rejected[:min(3, len(rejected))])
		}
	}
}

func TestAYearHasWhatRealOnesHave(t *testing.T) {
	seen := make(map[string]int)
	ids := make(map[string]bool)
	rows, _ := readByIntake(t, activity(t, simulate.Options{Children: 600, Years: 2, Seed: 3}), "1880")
	for _, r := range rows {
		seen[string(r.Type)]++
		seen[string(r.Form)]++
		seen[string(r.Channel)]++
		seen[string(r.Role)]++
		seen[string(r.Target)]++
		if r.Home != "1880" {
			seen["guest"]++
		}
		if r.Count > 0 {
			seen["count"]++
		}
		if ids[r.RecordID] {
			seen["repeated"]++
		}
		ids[r.RecordID] = true
	}
	for _, what := range slices.Concat(intake.RowType("").Codes(), []string{
		"support_group", "counselling", "family_support", "contact_person", "school_health", "camp", "open_preschool",
		"school", "social_services_children", "adult", "other", "guest", "count", "repeated",
	}) {
		if seen[what] == 0 {
			t.Errorf("no %s among %d rows", what, len(rows))
		}
	}
	if rows[len(rows)-1].OccurredOn.Year() > 2025 {
		t.Error("the last year is not 2025")
	}
}

func TestEachMunicipalityHasItsOwnFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "activity")
	o := simulate.Options{Municipalities: 4, Children: 20, Seed: 5}
	if err := simulate.ToDirectory(dir, o); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*.csv"))
	if len(files) != 4 || o.Codes()[0] != "1880" {
		t.Fatalf("files %v", files)
	}
	for _, code := range o.Codes() {
		file, err := os.ReadFile(filepath.Join(dir, string(code)+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		if rows, rejected := readByIntake(t, file, code); len(rejected) > 0 || len(rows) < 20 {
			t.Errorf("%s: %d rows, rejected %+v", code, len(rows), rejected)
		}
	}
	if own, _ := os.ReadFile(filepath.Join(dir, "1880.csv")); !bytes.Equal(own, activity(t, o)) {
		t.Error("Örebro's activity depends on how many others there are")
	}
}

func TestWhatCannotBeInventedIsRefused(t *testing.T) {
	for name, o := range map[string]simulate.Options{
		"too many municipalities": {Municipalities: 291},
		"children below none":     {Children: -1},
		"years below none":        {Years: -1},
		"a year long gone":        {FirstYear: 1800},
	} {
		if err := simulate.Activity(io.Discard, o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func activity(t *testing.T, o simulate.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := simulate.Activity(&b, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func readByIntake(t *testing.T, file []byte, code events.Municipality) (rows []intake.Row, rejected []intake.Rejection) {
	t.Helper()
	in, err := intake.NewReader(bytes.NewReader(file), intake.Options{Municipality: code, Today: events.Date(2026, 1, 1)})
	if err != nil {
		t.Fatal(err)
	}
	for {
		row, wrong, err := in.Next()
		switch {
		case err == io.EOF:
			return rows, rejected
		case err != nil:
			t.Fatal(err)
		case wrong != nil:
			rejected = append(rejected, *wrong)
		default:
			rows = append(rows, row)
		}
	}
}

func table(t *testing.T, file []byte) (rows []map[string]string) {
	t.Helper()
	all, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, values := range all[1:] {
		row := make(map[string]string)
		for i, v := range values {
			row[all[0][i]] = v
		}
		rows = append(rows, row)
	}
	return rows
}
