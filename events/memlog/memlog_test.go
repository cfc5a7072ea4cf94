package memlog_test

import (
	"testing"

	"rackvidd/events"
	"rackvidd/events/logtest"
	"rackvidd/events/memlog"
)

func TestInMemory(t *testing.T) {
	logtest.Run(t, func(*testing.T) events.Log { return memlog.New() })
}
