package guests

import (
	"testing"
	"time"
)

func TestNoHomeIsToldWhileTheLogsAreHeld(t *testing.T) {
	w := newTown(t)
	held := &Held{Log: w.log}
	w.service.Log = held
	release := held.Hold()
	w.evening(from(w.child(1), kumla))
	told := make(chan struct{})
	go func() {
		defer close(told)
		w.runs()
	}()
	time.Sleep(100 * time.Millisecond) // many times what it takes
	if at := w.head(kumla); at != 0 {
		t.Errorf("the home's log is at position %d", at)
	}
	release()
	<-told
	w.wants(kumla, 1, 0)
}
