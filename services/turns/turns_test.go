package turns_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"rackvidd/services/turns"
)

func TestThoseWithTheSameKeyGoOneAfterTheOther(t *testing.T) {
	var all turns.Turns[string]
	var n int // the race detector watches it, and the sum tells
	var working sync.WaitGroup
	for range 100 {
		working.Go(func() {
			release, err := all.Take(t.Context(), "1880")
			if err != nil {
				t.Error(err)
				return
			}
			defer release()
			n++
		})
	}
	working.Wait()
	if n != 100 {
		t.Errorf("%d of 100 were alone", n)
	}
}

func TestWhoeverWaitsMayGiveUpAndOthersAreNotWaitedFor(t *testing.T) {
	var all turns.Turns[string]
	release, err := all.Take(t.Context(), "1880")
	if err != nil {
		t.Fatal(err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := all.Take(gone, "1880"); !errors.Is(err, context.Canceled) {
		t.Errorf("whoever has gone is told %v", err)
	}
	other, err := all.Take(t.Context(), "1881")
	if err != nil {
		t.Fatal(err)
	}
	other()
	release()
	again, err := all.Take(t.Context(), "1880")
	if err != nil {
		t.Fatal(err)
	}
	again()
}

func TestWhoeverDoesNotWaitIsToldThatSomebodyElseIsAtWork(t *testing.T) {
	var all turns.Turns[string]
	release, err := all.Take(t.Context(), "1880")
	if err != nil {
		t.Fatal(err)
	}
	if _, free := all.Try("1880"); free {
		t.Error("two are at work")
	}
	other, free := all.Try("1881")
	if !free {
		t.Fatal("another key is not free")
	}
	other()
	release()
	again, free := all.Try("1880")
	if !free {
		t.Fatal("it is not free again")
	}
	if _, free := all.Try("1880"); free {
		t.Error("two who did not wait are at work")
	}
	again()
}
