package jetlog_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"rackvidd/events/jetlog"
)

// TestALeaderThatIsSlowIsHeard asks one that answers each question after longer than it takes to be asked again.
func TestALeaderThatIsSlowIsHeard(t *testing.T) {
	t.Parallel()
	url := startServer(t)
	log, err := jetlog.New(jetlog.Config{Conn: connect(t, url)})
	if err != nil {
		t.Fatal(err)
	}
	for name, lost := range map[string]int32{"slow": 0, "slow, and the first question was lost": 1} {
		var asked atomic.Int32
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		answer, err := jetlog.UntilLed(ctx, log, func(ctx context.Context) (string, error) {
			if asked.Add(1) > lost {
				select {
				case <-time.After(1200 * time.Millisecond):
					return "here", nil
				case <-ctx.Done():
				}
			}
			<-ctx.Done()
			return "", ctx.Err()
		})
		cancel()
		if answer != "here" || err != nil || asked.Load() < 2 {
			t.Errorf("%s: asked %d times, it is heard to say %q, %v", name, asked.Load(), answer, err)
		}
	}
}
