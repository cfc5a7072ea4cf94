package audit_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rackvidd/events"
	"rackvidd/events/archive/archivetest"
	"rackvidd/services/audit"
)

// recorded are the records of so many repairs of Örebro, each begun and then done, and one of another municipality.
func recorded(t *testing.T, repairs int) (r *audit.Records, files []string) {
	t.Helper()
	signer, _, public := archivetest.Key(t, "rackvidd-test")
	dir := t.TempDir()
	r = &audit.Records{Dir: filepath.Join(dir, "repairs"), Last: filepath.Join(dir, "last"), Damaged: filepath.Join(dir, "damaged"), Key: signer, Keys: audit.Keys{Current: public}}
	for n := range repairs + 1 {
		one := audit.Repair{Municipality: örebro, By: events.ID{7}, At: time.Date(2026, 3, 1, 12, n, 0, 0, time.UTC), State: "begun"}
		if n == repairs {
			one.Municipality = "1881"
		}
		for _, state := range []string{"begun", "done"} {
			one.State = state
			if err := r.Keep(&one); err != nil {
				t.Fatal(err)
			}
		}
		if n < repairs {
			files = append(files, filepath.Join(r.Dir, fmt.Sprintf("1880-20260301T12%02d00.000Z", n)))
		}
	}
	return r, files
}

// says lists the records, and returns what is wrong with them.
func says(t *testing.T, r *audit.Records) (list audit.RepairRecords, problems string) {
	t.Helper()
	list, err := r.Of(örebro)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list.Findings {
		problems += f.String() + "\n"
	}
	if list.Whole != (problems == "") {
		t.Errorf("whole: %t, and yet %s", list.Whole, problems)
	}
	return list, problems
}

func TestRepairsAreListedInTheirOrderWithTheirNotes(t *testing.T) {
	r, _ := recorded(t, 3)
	list, problems := says(t, r)
	if problems != "" || len(list.Repairs) != 3 {
		t.Fatalf("%d repairs, %s", len(list.Repairs), problems)
	}
	for i, one := range list.Repairs {
		if one.Number != i+1 || one.State != "done" || (one.Before == "") != (i == 0) || !strings.Contains(one.Note, "\n— rackvidd-test ") {
			t.Errorf("number %d is %+v", i+1, one)
		}
	}
	if r.Dir = t.TempDir(); len(must(r.Of("1234")).Repairs) != 0 || !must(r.Of("1234")).Whole {
		t.Error("of a municipality of which nothing was repaired there is something")
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestARecordThatIsChangedOrTakenAwayIsNoticed(t *testing.T) {
	write := func(path string, raw []byte) {
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for what, c := range map[string]struct {
		change func(r *audit.Records, files []string)
		want   string
		mended bool // from the copy
	}{
		"a bit of the first is flipped": {func(_ *audit.Records, files []string) {
			raw := must(os.ReadFile(files[0]))
			raw[40] ^= 1
			write(files[0], raw)
		}, "does not carry the signature", false},
		"the second is taken away":           {func(_ *audit.Records, files []string) { os.Remove(files[1]) }, "number 2 is missing", false},
		"the last is taken away":             {func(_ *audit.Records, files []string) { os.Remove(files[2]) }, "number 3 is missing", true},
		"the two last are taken away":        {func(_ *audit.Records, files []string) { os.Remove(files[1]); os.Remove(files[2]) }, "number 2 is missing", false},
		"all are taken away":                 {func(r *audit.Records, _ []string) { os.RemoveAll(r.Dir) }, "number 1 is missing", false},
		"the copy of the last is taken away": {func(r *audit.Records, _ []string) { os.Remove(filepath.Join(r.Last, "1880")) }, "cannot be read", true},
		"another municipality's is put there": {func(r *audit.Records, files []string) {
			write(files[1], must(os.ReadFile(filepath.Join(r.Last, "1881"))))
		}, "is the record of another repair", false},
		"the first is put there once more": {func(_ *audit.Records, files []string) {
			write(files[0]+"1", must(os.ReadFile(files[0])))
		}, "is the record of another repair", false},
		"one that was signed is put in the place of the first": {func(r *audit.Records, files []string) {
			elsewhere := *r
			elsewhere.Dir, elsewhere.Last = t.TempDir(), t.TempDir()
			one := audit.Repair{Municipality: örebro, At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), State: "done", Restored: []string{"nothing at all"}}
			if err := elsewhere.Keep(&one); err != nil {
				t.Fatal(err)
			}
			write(files[0], must(os.ReadFile(filepath.Join(elsewhere.Last, "1880"))))
		}, "number 1 is not the one that number 2 goes on from", false},
	} {
		r, files := recorded(t, 3)
		c.change(r, files)
		if _, problems := says(t, r); !strings.Contains(problems, c.want) {
			t.Errorf("%s: %s", what, problems)
		}
		if _, err := r.Mend(örebro); err != nil {
			t.Fatal(err)
		}
		if _, problems := says(t, r); (problems == "") != c.mended {
			t.Errorf("%s: made again from its copy: %s", what, problems)
		}
	}
}

func TestNoNumberIsReachedByRecordsThatAreNotWhole(t *testing.T) {
	r, files := recorded(t, 3)
	if number := must(r.Reached(örebro)); number != 3 {
		t.Errorf("three repairs reach number %d", number)
	}
	if number := must(r.Reached("1234")); number != 0 {
		t.Errorf("no repairs reach number %d", number)
	}
	if err := os.Remove(files[1]); err != nil {
		t.Fatal(err)
	}
	if number, err := r.Reached(örebro); err == nil || !strings.Contains(err.Error(), "1880 are damaged (") || !strings.Contains(err.Error(), "number 2 is missing") {
		t.Errorf("with the second one gone: %d, %v", number, err)
	}
}

func TestARetiredKeySignsNoRecordMore(t *testing.T) {
	r, files := recorded(t, 2)
	retired := *r
	next, _, key := archivetest.Key(t, "rackvidd-next")
	for told, c := range map[string]struct {
		repairs *int
		want    string
	}{
		"after two":                        {new(2), "is signed by rackvidd-test, which was retired after number 2"},
		"by a version that told no number": {nil, ""},
	} {
		logs := []audit.HandedOver{{Municipality: örebro, Repairs: c.repairs}}
		h := must(r.Keys.HandOver(t.TempDir(), retired.Key, next, key, time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), logs))
		rotated := *r
		rotated.Key, rotated.Keys = next, audit.Keys{Current: key, Handovers: []audit.Handover{h}}
		if list, problems := says(t, &rotated); problems != "" || len(list.Repairs) != len(files) {
			t.Errorf("%s, what was signed before: %d repairs, %s", told, len(list.Repairs), problems)
		}
		third := audit.Repair{Municipality: örebro, At: time.Date(2026, 3, 1, 13, 0, 0, 0, time.UTC), State: "done", Restored: []string{"nothing at all"}}
		if err := retired.Keep(&third); err != nil {
			t.Fatal(err)
		}
		if _, problems := says(t, &rotated); !strings.Contains(problems, c.want) || (problems == "") != (c.want == "") {
			t.Errorf("%s, what is signed after: %s", told, problems)
		}
		for _, file := range []string{filepath.Join(r.Dir, "1880-20260301T130000.000Z"), filepath.Join(r.Last, "1880")} {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}
		second := must(os.ReadFile(files[1]))
		if err := os.WriteFile(filepath.Join(r.Last, "1880"), second, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestARecordOfAnEarlierVersionIsListedFirst(t *testing.T) {
	r, files := recorded(t, 1)
	old := []byte("rackvidd/repair\n{\n \"municipality\": \"1880\",\n \"at\": \"2025-03-01T12:00:00Z\",\n \"state\": \"done\"\n}\n")
	signed := must(audit.SignNote(r.Key, string(old)))
	if err := os.WriteFile(filepath.Join(r.Dir, "1880-20250301T120000.000Z"), signed, 0o600); err != nil {
		t.Fatal(err)
	}
	list, problems := says(t, r)
	if problems != "" || len(list.Repairs) != 2 || list.Repairs[0].Number != 0 || !bytes.Equal([]byte(list.Repairs[1].Note), must(os.ReadFile(files[0]))) {
		t.Errorf("%+v, %s", list.Repairs, problems)
	}
}
