package integrity_test

import (
	"log/slog"
	"slices"
	"syscall"
	"testing"

	"rackvidd/services/integrity"
)

func TestAProcessThatHasNoFileLeftKnowsWhatItReadLast(t *testing.T) {
	found := integrity.Keep(t.TempDir(), slog.New(slog.DiscardHandler))
	stands := integrity.Finding{Municipality: "1880", Copy: integrity.TheStream, Code: integrity.TooFew}
	found.Add(stands)
	found.Of("1880")
	var usual syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &usual); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 0, Max: usual.Max}); err != nil {
		t.Fatal(err)
	}
	whole, damaged, all := found.Of("0114"), found.Of("1880"), found.All()
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &usual); err != nil {
		t.Fatal(err)
	}
	if len(whole) > 0 || !slices.Equal(damaged, []integrity.Finding{stands}) || len(all) != 1 {
		t.Errorf("of a log of which nothing was found it says %v, of the other %v, of all %v", whole, damaged, all)
	}
}
