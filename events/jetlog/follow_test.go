package jetlog_test

import (
	"errors"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"rackvidd/events"
	"rackvidd/events/jetlog"
)

func TestWhatArrivesOutOfOrderIsNoDamage(t *testing.T) {
	url := startServer(t)
	log, err := jetlog.New(jetlog.Config{Conn: connect(t, url), Bootstrap: connect(t, url)})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		cancel(t, log)
	}
	arrived, stop, err := log.Consume(t.Context(), "1880")
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	one, two, three := <-arrived, <-arrived, <-arrived
	mixed := make(chan jetstream.Msg, 3)
	for _, msg := range []jetstream.Msg{one, three, two} {
		mixed <- msg
	}
	batch, err := log.NextBatch(t.Context(), "1880", mixed)
	if len(batch) != 1 || !errors.Is(err, events.ErrUnavailable) || errors.Is(err, jetlog.ErrGap) {
		t.Errorf("%d messages, %v", len(batch), err)
	}
}
