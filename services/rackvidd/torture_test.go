//go:build torture

package main

import (
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rackvidd/events/failpoint"
	"rackvidd/services/simulate"
)

func TestTortureFiveHundredKillsLoseAndDoubleNothing(t *testing.T) {
	kill(t, 520, uint64(time.Now().UnixNano()))
}

func TestTortureAThousandCorruptionsAreFoundAndRepaired(t *testing.T) {
	corrupt(t, 1000, uint64(time.Now().UnixNano()))
}

func TestTorturePostgreSQLEndedWithinTransactions(t *testing.T) {
	restarts(t, 80, uint64(time.Now().UnixNano()))
}

func TestTortureDisksThatAreFullAgainAndAgain(t *testing.T) {
	if here, mountable := whereDisksCanBeMade(t); here {
		fullDisks(t, mountable, 10, uint64(time.Now().UnixNano()))
	}
}

func TestTortureALimitTakesThePlaceOfAFullDisk(t *testing.T) {
	fullDisks(t, false, 3, uint64(time.Now().UnixNano()))
}

func TestTortureTwoProjectorsApplyNothingTwice(t *testing.T) {
	twoProjectors(t, 20, uint64(time.Now().UnixNano()))
}

func TestTortureOlderCopiesOfEverythingPutBack(t *testing.T) {
	putBack(t, 0, len(places), uint64(time.Now().UnixNano()))
}

func TestTortureRepairsThatAreKilledAtEveryStep(t *testing.T) {
	for _, step := range failpoint.RepairSteps {
		if !slices.ContainsFunc(slices.Concat(slices.Collect(maps.Values(stops))...), func(at stop) bool { return at.step == step }) {
			t.Errorf("no repair is killed at %s", step)
		}
	}
	killedRepairs(t, stops)
}

// TestTortureRepairsThatAreKilledEndTheSame kills the program while it makes a stream anew.
func TestTortureRepairsThatAreKilledEndTheSame(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	var file strings.Builder
	if err := simulate.Activity(&file, simulate.Options{Children: 1000, Years: 1, FirstYear: 2021, Seed: int(seed)}); err != nil {
		t.Fatal(err)
	}
	data := dataDir(t)
	s := serve(t, data)
	if _, err := s.bring(t.Context(), "1880", "a", file.String()); err != nil {
		t.Fatal(err)
	}
	whole, _, code := s.rackvidd("audit", "verify", "--municipality", "1880")
	if code != done {
		t.Fatalf("before any damage: %s", whole)
	}
	s.stop(t)
	if err := os.RemoveAll(filepath.Join(data, "nats", "jetstream", "$G", "streams", "EVENTS_1880", "msgs")); err != nil {
		t.Fatal(err)
	}
	for range 8 {
		s = serve(t, data)
		if state := s.readiness(t); state.Status != "degraded" {
			t.Fatalf("it passes for whole: %+v", state)
		}
		time.AfterFunc(appending+time.Duration(rng.IntN(1500))*time.Millisecond, s.kill)
		stdout, _, code := s.rackvidd("audit", "repair", "--municipality", "1880")
		<-s.exited
		if code == done {
			t.Logf("it was repaired before it was killed: %s", stdout)
			break
		}
	}
	s = serve(t, data)
	if stdout, stderr, code := s.rackvidd("audit", "repair", "--municipality", "1880"); code != done {
		t.Fatalf("exit %d: %s%s", code, stdout, stderr)
	}
	if again, _, code := s.rackvidd("audit", "verify", "--municipality", "1880"); code != done || again != whole {
		t.Errorf("exit %d: %s, was %s", code, again, whole)
	}
	sameAsOracle(t, s, file.String(), "1880", 2021)
}
