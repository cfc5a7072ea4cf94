package audit_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rackvidd/events"
	"rackvidd/events/archive/archivetest"
	"rackvidd/projections/projectiontest"
	"rackvidd/services/audit"
	"rackvidd/services/backup"
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
			elsewhere := &audit.Records{Dir: t.TempDir(), Last: t.TempDir(), Key: r.Key, Keys: r.Keys}
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

// TestABackupHoldsTheLastRecordAndItsCopyOfOneMoment backs up again and again while a repair is recorded.
func TestABackupHoldsTheLastRecordAndItsCopyOfOneMoment(t *testing.T) {
	r, _ := recorded(t, 1)
	repairing := audit.Repairing(projectiontest.Pool(t))
	key := must(backup.LoadKey(filepath.Join(t.TempDir(), backup.KeyFile)))
	source := backup.Source{
		Key: r.Key, Public: r.Keys.Current, Logs: func(context.Context) ([]events.Municipality, error) { return nil, nil },
		Dirs: map[string]string{"repairs": r.Dir, "last": r.Last}, HoldFiles: repairing.Shut,
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	defer func() { close(stop); <-stopped }()
	go func() {
		defer close(stopped)
		for one := (audit.Repair{Municipality: örebro, At: time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC)}); ; {
			leave, err := repairing.Pass(t.Context()) // as whoever repairs
			if err != nil {
				return // the test is over
			}
			for _, one.State = range []string{"begun", "done"} {
				if err := r.Keep(&one); err != nil {
					t.Error(err)
				}
			}
			leave()
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	for n := range 30 {
		var file bytes.Buffer
		if err := backup.Write(t.Context(), source, key, &file); err != nil {
			t.Fatal(err)
		}
		u := must(backup.Unpack(&file, key, t.TempDir()))
		held := &audit.Records{Dir: filepath.Join(u.Dir, "repairs"), Last: filepath.Join(u.Dir, "last"), Keys: r.Keys}
		if _, problems := says(t, held); problems != "" {
			t.Fatalf("backup %d: %s", n, problems)
		}
		if _, problems := says(t, r); problems != "" {
			t.Fatalf("listed meanwhile: %s", problems)
		}
	}
}

func TestNoNumberIsReachedByRecordsThatAreNotWhole(t *testing.T) {
	r, files := recorded(t, 3)
	if all := must(r.Reached()); len(all) != 2 || all[0].Municipality != örebro || all[0].Number != 3 || all[1].Municipality != "1881" || all[1].Number != 1 {
		t.Errorf("three repairs and one reach %+v", all)
	}
	if all := must((&audit.Records{Dir: t.TempDir(), Last: t.TempDir(), Keys: r.Keys}).Reached()); all == nil || len(all) != 0 {
		t.Errorf("no repairs reach %#v", all)
	}
	if err := os.Remove(files[1]); err != nil {
		t.Fatal(err)
	}
	if all, err := r.Reached(); err == nil || !strings.Contains(err.Error(), "1880 are damaged (") || !strings.Contains(err.Error(), "number 2 is missing") {
		t.Errorf("with the second one gone: %+v, %v", all, err)
	}
}

func TestARetiredKeySignsNoRecordMore(t *testing.T) {
	day := func(hour int) time.Time { return time.Date(2026, 3, 1, hour, 0, 0, 0, time.UTC) }
	// Whoever has the retired key signs a record more, the last one anew, one without a number, and the first of another log.
	forged := map[string]func(retired *audit.Records, files []string) error{
		"retired after number 2": func(retired *audit.Records, _ []string) error {
			return retired.Keep(&audit.Repair{Municipality: örebro, At: day(13), State: "done", Restored: []string{"nothing at all"}})
		},
		"is not the number 2 that rackvidd-test handed over": func(retired *audit.Records, files []string) error {
			os.Remove(files[1])
			os.Remove(filepath.Join(retired.Last, "1880"))
			first := must(os.ReadFile(files[0]))
			if err := os.WriteFile(filepath.Join(retired.Last, "1880"), first, 0o600); err != nil {
				return err
			}
			return retired.Keep(&audit.Repair{Municipality: örebro, At: day(12).Add(time.Minute), State: "done", Restored: []string{"nothing at all"}})
		},
		"is signed by rackvidd-test, which": func(retired *audit.Records, _ []string) error {
			note := must(audit.SignNote(retired.Key, "rackvidd/repair\n{\n \"municipality\": \"1880\",\n \"at\": \"2025-03-01T12:00:00Z\",\n \"state\": \"done\"\n}\n"))
			return os.WriteFile(filepath.Join(retired.Dir, "1880-20250301T120000.000Z"), note, 0o600)
		},
	}
	for want, forge := range forged {
		for _, told := range []bool{true, false} {
			r, files := recorded(t, 2)
			retired := &audit.Records{Dir: r.Dir, Last: r.Last, Key: r.Key, Keys: r.Keys}
			next, _, key := archivetest.Key(t, "rackvidd-next")
			var repairs []audit.HandedRepairs // earlier versions told of none
			if told {
				repairs = must(r.Reached())
			}
			h := must(r.Keys.HandOver(t.TempDir(), retired.Key, next, key, day(14), []audit.HandedOver{}, repairs))
			r.Key, r.Keys = next, audit.Keys{Current: key, Handovers: []audit.Handover{h}}
			if list, problems := says(t, r); problems != "" || len(list.Repairs) != 2 {
				t.Errorf("what was signed before: %d repairs, %s", len(list.Repairs), problems)
			}
			if err := forge(retired, files); err != nil {
				t.Fatal(err)
			}
			if _, problems := says(t, r); strings.Contains(problems, want) != told {
				t.Errorf("told %t, want %q: %s", told, want, problems)
			}
		}
	}
}

func TestARecordThatTheDiskDoesNotGiveIsNamedAndTheLastIsMadeAgain(t *testing.T) {
	for n, mended := range []bool{false, false, true} {
		r, files := recorded(t, 3)
		if err := errors.Join(os.Remove(files[n]), os.Symlink(files[n], files[n])); err != nil { // whoever opens it is led round and round
			t.Fatal(err)
		}
		list, problems := says(t, r)
		if len(list.Repairs) != 2 || !strings.Contains(problems, filepath.Base(files[n])) || !strings.Contains(problems, "too many levels") {
			t.Errorf("number %d: %d are listed, %s", n+1, len(list.Repairs), problems)
		}
		if _, err := r.Mend(örebro); err != nil {
			t.Fatal(err)
		}
		if _, problems := says(t, r); (problems == "") != mended {
			t.Errorf("number %d, made again from its copy: %s", n+1, problems)
		}
	}
}

func TestARetiredKeySignsNoFirstRecordOfAnotherLog(t *testing.T) {
	r, _ := recorded(t, 1)
	retired := &audit.Records{Dir: r.Dir, Last: r.Last, Key: r.Key, Keys: r.Keys}
	next, _, key := archivetest.Key(t, "rackvidd-next")
	h := must(r.Keys.HandOver(t.TempDir(), retired.Key, next, key, time.Now(), []audit.HandedOver{}, must(r.Reached())))
	r.Key, r.Keys = next, audit.Keys{Current: key, Handovers: []audit.Handover{h}}
	one := audit.Repair{Municipality: "0114", At: time.Date(2026, 3, 1, 13, 0, 0, 0, time.UTC), State: "done"}
	if err := retired.Keep(&one); err != nil {
		t.Fatal(err)
	}
	if list := must(r.Of("0114")); list.Whole || len(list.Repairs) != 0 {
		t.Errorf("%+v", list)
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
