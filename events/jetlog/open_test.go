package jetlog_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"rackvidd/events/jetlog"
	"rackvidd/events/logtest"
)

// TestALogThatCannotBeMadeYetIsTriedWithPauses has the connection that makes logs find no server, and counts how often the other one asks.
func TestALogThatCannotBeMadeYetIsTriedWithPauses(t *testing.T) {
	t.Parallel()
	url := startServer(t)
	bootstrap, err := nats.Connect(fmt.Sprintf("nats://127.0.0.1:%d", logtest.Port(t)), nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.ReconnectBufSize(-1))
	if err != nil {
		t.Fatal(err)
	}
	log, err := jetlog.New(jetlog.Config{Conn: connect(t, url), Bootstrap: bootstrap, Replicas: 3})
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int32
	if _, err := connect(t, url).Subscribe("$JS.API.STREAM.INFO.EVENTS_1880", func(*nats.Msg) { asked.Add(1) }); err != nil {
		t.Fatal(err)
	}
	tried := make(chan error)
	go func() { tried <- log.Ensure(t.Context(), "1880") }()
	time.Sleep(time.Second)
	bootstrap.Close()
	if err := <-tried; err == nil {
		t.Error("it is made by nobody")
	}
	if n := asked.Load(); n < 2 || n > 100 {
		t.Errorf("within a second it is asked %d times whether it is there", n)
	}
}
