package main

import (
	"cmp"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"rackvidd/events"
)

// connection is one to the NATS that a setting names.
type connection struct {
	*nats.Conn
	setting string
	last    atomic.Pointer[error] // that was reported
	told    time.Time
}

// connect connects to NATS, and tries again for as long as nobody is there or lets it in: a password is put right there as well as here.
func (p *parts) connect(setting, url string) (*nats.Conn, error) {
	c := &connection{setting: setting}
	hear := func(err error) {
		const every = 10 * time.Second // it is tried all the time
		c.last.Store(&err)
		if time.Since(c.told) > every {
			c.told = time.Now()
			p.log.Warn("NATS cannot be reached, or refuses something", "setting", setting, "error", err)
		}
	}
	var err error
	c.Conn, err = nats.Connect(url, nats.Name("rackvidd"), nats.MaxReconnects(-1), nats.ReconnectWait(200*time.Millisecond),
		nats.RetryOnFailedConnect(true), nats.ReconnectBufSize(-1), nats.IgnoreAuthErrorAbort(),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) { hear(err) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { hear(err) }))
	if err != nil {
		return nil, &usageError{fmt.Errorf("%s cannot be read; write nats://user:password@host:4222", setting)} // the error quotes it
	}
	p.closing(c.Close)
	p.connections = append(p.connections, c)
	return c.Conn, nil
}

// whyAway adds to an error of the log why NATS cannot be reached.
func (p *parts) whyAway(err error) error {
	for _, c := range p.connections {
		if c.IsConnected() || !errors.Is(err, events.ErrUnavailable) {
			continue
		}
		why := c.LastError()
		if last := c.last.Load(); last != nil {
			why = cmp.Or(why, *last)
		}
		if why != nil {
			return fmt.Errorf("%w; %s: %w", err, c.setting, why)
		}
	}
	return err
}
