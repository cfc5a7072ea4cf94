package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rackvidd/events/archive"
)

// TestWhatIsDamagedIsKeptAsideFromWhateverDisk has the log and the archive on disks of their own where the machine allows it,
// and on the one that there is where it does not.
func TestWhatIsDamagedIsKeptAsideFromWhateverDisk(t *testing.T) {
	here, mountable := whereDisksCanBeMade(t)
	if !here {
		return
	}
	data := dataDir(t)
	archived := filepath.Join(t.TempDir(), filepath.Base(data))
	if mountable {
		newDisk(t, filepath.Join(data, "nats"), 64)
		newDisk(t, archived, 32)
	}
	s := serve(t, data, "--archive", archived)
	if _, err := s.bring(t.Context(), "1880", "a", smallFile); err != nil {
		t.Fatal(err)
	}
	s.must(t, "audit", "verify", "--municipality", "1880") // which archives all of it
	s.stop(t)

	flip := func(path string) (flipped []byte) {
		t.Helper()
		flipped, err := os.ReadFile(path)
		if err == nil {
			flipped[len(flipped)/2] ^= 1
			err = os.WriteFile(path, flipped, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return flipped
	}
	kept := func(path string, want []byte) {
		t.Helper()
		found, err := filepath.Glob(filepath.Join(data, damagedDir, path))
		if err != nil || len(found) != 1 {
			t.Errorf("as %s there is kept %q, %v", path, found, err)
			return
		}
		if raw, err := os.ReadFile(found[0]); err != nil || len(raw) == 0 || !bytes.HasPrefix(want, raw) { // NATS cuts off what it cannot read
			t.Errorf("%s is kept with %d bytes, %v; there were %d", found[0], len(raw), err, len(want))
		}
	}
	messages := filepath.Join(data, "nats", "jetstream", "$G", "streams", "EVENTS_1880", "msgs")
	damaged := flip(filepath.Join(messages, "1.blk"))
	if err := os.Remove(filepath.Join(messages, "index.db")); err != nil {
		t.Fatal(err)
	}
	s = serve(t, data, "--archive", archived)
	if out := s.must(t, "audit", "repair", "--municipality", "1880"); !strings.Contains(out, "stream from the archive") {
		t.Errorf("it is repaired as %s", out)
	}
	kept("1880-*/msgs/1.blk", damaged)

	record := onlyFile(t, filepath.Join(archived, repairsDir))
	damaged = flip(record)
	flip(filepath.Join(archived, lastRepairsDir, "1880"))
	s.must(t, "audit", "repair", "--municipality", "1880", "--accept-loss")
	kept("1880-*/"+filepath.Base(record), damaged)
	if _, err := os.Stat(record); err == nil {
		t.Errorf("%s is still there", record)
	}
	s.must(t, "audit", "verify", "--municipality", "1880")
	s.stop(t)

	if out, code := rotated(t, data, "RACKVIDD_ARCHIVE="+archived); code != done {
		t.Fatalf("exit %d, %s", code, out)
	}
	handover, err := os.ReadFile(filepath.Join(archived, keysDir, "0001"))
	if err != nil {
		t.Fatal(err)
	}
	for _, lost := range []string{filepath.Join(data, signingKeyFile), filepath.Join(archived, "1880"), filepath.Join(archived, archive.Second)} {
		if err := os.RemoveAll(lost); err != nil {
			t.Fatal(err)
		}
	}
	begins := exec.Command(program, "audit", "key", "begin", "--data", data)
	begins.Env = append(cleanEnvironment(), "RACKVIDD_ARCHIVE="+archived)
	if out, err := begins.CombinedOutput(); err != nil {
		t.Fatalf("%v, %s", err, out)
	}
	kept("keys-*/archive/0001", handover)
	kept("keys-*/data/0001", handover)
	for _, dir := range []string{filepath.Join(archived, keysDir), filepath.Join(data, keysDir)} {
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s is still there", dir)
		}
	}
}
