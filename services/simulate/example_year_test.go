package simulate_test

import (
	"bytes"
	"encoding/csv"
	"flag"
	"os"
	"strings"
	"testing"

	"rackvidd/services/simulate"
	"rackvidd/services/simulate/oracle"
)

var update = flag.Bool("update", false, "write the files of deploy/example anew")

const exampleFolder = "../../deploy/example/"

func TestTheCommittedExampleIsWhatTheProgramWrites(t *testing.T) {
	year, corrections := exampleYear(t), exampleCorrections(t)
	for name, want := range map[string][]byte{"orebro-2025.csv": year, "corrections-2025.csv": corrections} {
		if *update {
			if err := os.WriteFile(exampleFolder+name, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(exampleFolder + name); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs from what is written now (%v); see whether it should, then run with -update", name, err)
		}
	}
}

func TestTheExampleYearHasOneOfEverything(t *testing.T) {
	file := exampleYear(t)
	if rows, rejected := readByIntake(t, file, "1880"); len(rejected) > 0 || len(rows) < 1500 || len(rows) > 2500 {
		t.Errorf("%d rows, rejected %+v", len(rows), rejected)
	}
	rows := table(t, file)
	f := oracle.Reach(rows, "1880", "2025-01-01", "2025-12-31")
	for what, n := range map[string]int{
		"children of age":         f.Children,
		"children in two forms":   f.Overlap["counselling+support_group"],
		"camp after a group":      f.Overlap["camp+support_group"],
		"guests":                  f.Guests - 2,
		"unidentified":            f.Unidentified,
		"referrals from school":   f.ReferralsByChannel["school"],
		"from social services":    f.ReferralsByChannel["social_services_children"],
		"children at smilla":      f.ByProgramme["smilla"],
		"children of unknown age": f.UnknownAge,
		"children in three forms": inThreeForms(rows),
		"grown up":                f.Children - oracle.Reach(rows, "1880", "2025-01-01", "2026-12-31").Children,
		"double counting":         f.SumOverForms - f.Children,
		"late rows":               late(rows),
	} {
		if n <= 0 {
			t.Errorf("%s: %d", what, n)
		}
	}
	for _, r := range rows {
		if c := r["child"]; c != "" && !strings.HasPrefix(c, "b-") && !strings.HasPrefix(c, "v-") {
			t.Fatalf("child %q has no local id", c)
		}
	}
	t.Logf("%d rows: %+v", len(rows), f)
}

func TestTheCorrectionsChangeRecordsOfTheYear(t *testing.T) {
	before := make(map[string]map[string]string)
	for _, r := range table(t, exampleYear(t)) {
		before[r["record_id"]] = r
	}
	file := exampleCorrections(t)
	if rows, rejected := readByIntake(t, file, "1880"); len(rejected) > 0 || len(rows) < 6 {
		t.Errorf("%d rows, rejected %+v", len(rows), rejected)
	}
	for _, r := range table(t, file) {
		changed := 0
		for column, value := range r {
			if was, ok := before[r["record_id"]][column]; !ok || was != value {
				changed++
			}
		}
		if changed != 1 {
			t.Errorf("record %s: %d values changed", r["record_id"], changed)
		}
	}
}

func inThreeForms(rows []map[string]string) (children int) {
	forms := make(map[string]map[string]bool)
	for _, r := range rows {
		if r["type"] == "session_attended" && r["role"] == "" && r["child"] != "" {
			if forms[r["child"]] == nil {
				forms[r["child"]] = make(map[string]bool)
			}
			forms[r["child"]][r["form"]] = true
		}
	}
	for _, f := range forms {
		if len(f) >= 3 {
			children++
		}
	}
	return children
}

func late(rows []map[string]string) (n int) {
	last := ""
	for _, r := range rows {
		if r["record_id"] < last {
			n++
		} else {
			last = r["record_id"]
		}
	}
	return n
}

func exampleYear(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := simulate.ExampleYear(&b, simulate.ExampleSeed); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func exampleCorrections(t *testing.T) []byte {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(exampleYear(t))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := simulate.CorrectedExample(&b, rows); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
