package archive_test

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/events/archive/archivetest"
)

// TestWhatARetiredKeySignedCountsUpToWhereItHandedOver also has its owner sign more, and another history.
func TestWhatARetiredKeySignedCountsUpToWhereItHandedOver(t *testing.T) {
	dir := t.TempDir()
	written(t, dir, 200, 300)
	signer, verifier, _ := archivetest.Key(t, "rackvidd-test")
	last, err := archive.Open(dir, orebro, verifier).Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	next, public, _ := archivetest.Key(t, "rackvidd-next")
	retired := archive.Retired{Key: verifier, Logs: map[events.Municipality]archive.Reached{orebro: {Position: last.Size, Root: last.Root}}}
	k, err := archive.Keep(dir, next, public, retired)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	a := archive.Open(dir, orebro, public).After(retired)
	if c, faults, err := a.Verify(t.Context()); err != nil || len(faults) > 0 || c.Size != 300 {
		t.Errorf("as it was handed over: position %d, %v, %v", c.Size, faults, err)
	}
	if err := write(k, 310); err != nil {
		t.Fatal(err)
	}
	c, faults, err := a.Verify(t.Context())
	if err != nil || len(faults) > 0 || c.Size != 310 || !strings.Contains(string(c.Note), "— rackvidd-next ") {
		t.Errorf("after that: position %d, %v, %v\n%s", c.Size, faults, err, c.Note)
	}

	var late *archive.RetiredError
	for name, kept := range map[string]struct {
		of   events.Municipality
		text string
		err  bool
	}{
		"one from before":        {orebro, "200\n" + strings.Split(string(last.Note), "\n")[2], false},
		"the last one":           {orebro, "300\n" + strings.Split(string(last.Note), "\n")[2], false},
		"one from after":         {orebro, "301\n" + strings.Split(string(last.Note), "\n")[2], true},
		"another history":        {orebro, "300\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", true},
		"a log it did not sign":  {"1881", "1\n" + strings.Split(string(last.Note), "\n")[2], true},
		"the new key's, as ever": {"", string(c.Note), false},
	} {
		data := []byte(kept.text)
		if kept.of != "" {
			data, err = note.Sign(&note.Note{Text: archive.Origin("rackvidd-test", kept.of) + "\n" + kept.text + "\n"}, signer)
			if err != nil {
				t.Fatal(err)
			}
		}
		of := a
		if kept.of == "1881" {
			of = archive.Open(dir, kept.of, public).After(retired)
		}
		_, err := of.OpenCheckpoint(data)
		if (err != nil) != kept.err || kept.err && !strings.Contains(err.Error(), "a retired key") {
			t.Errorf("%s: %v", name, err)
		}
		if name == "one from after" && (!errors.As(err, &late) || late.At != 300) {
			t.Errorf("%s is refused with %v", name, err)
		}
	}
	if _, err := archive.Open(dir, orebro, public).OpenCheckpoint(last.Note); err == nil || !strings.Contains(err.Error(), "the handover that says so is missing") {
		t.Errorf("where nothing introduces the new key: %v", err)
	}
}
