package guests

import (
	"testing"
	"time"
)

func TestNoHomeIsToldWhileTheLogsAreHeld(t *testing.T) {
	w := newTown(t)
	w.service.Log = Held{w.log, Telling(w.service.Pool)}
	release, err := Telling(w.service.Pool).Shut(t.Context()) // as another process does
	if err != nil {
		t.Fatal(err)
	}
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
	if err := release(); err != nil {
		t.Error(err)
	}
	<-told
	w.wants(kumla, 1, 0)
}
