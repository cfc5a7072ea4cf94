package main

import (
	"cmp"
	"context"
	"time"

	"rackvidd/events"
)

// raiseCopies gives the logs that have fewer copies than RACKVIDD_NATS_REPLICAS says those that they lack, where the credential for it
// is, and tries again until each has them (events/decisions/0009). It warns where several servers keep one copy.
func (p *parts) raiseCopies(ctx context.Context) {
	if p.stream == nil || p.NATSBootstrapURL == "" {
		return
	}
	if p.NATSReplicas < 2 {
		if p.stream.Clustered() {
			p.log.Warn("several servers keep the log, and each municipality's is on one of them alone, which must not be lost: RACKVIDD_NATS_REPLICAS is not set to 3")
		}
		return
	}
	const shortest, longest = time.Second, time.Minute
	raised := make(map[events.Municipality]bool)
	for wait := shortest; !p.raiseThose(ctx, raised); wait = min(2*wait, longest) {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// raiseThose goes through the logs that are not known to have been raised, and reports whether none is left. However many are, it warns once.
func (p *parts) raiseThose(ctx context.Context, raised map[events.Municipality]bool) (whole bool) {
	logs, why := p.stream.Municipalities(ctx)
	left := 0
	for _, m := range logs {
		if raised[m] {
			continue
		}
		had, err := p.stream.Raise(ctx, m)
		if err != nil {
			why = cmp.Or(why, err)
			left++
			continue
		}
		raised[m] = true
		if had < p.NATSReplicas {
			p.log.Info("a log is given the copies that it lacked", "municipality", m, "had", had, "copies", p.NATSReplicas)
		}
	}
	if why != nil && ctx.Err() == nil {
		p.log.Warn("logs may have fewer copies than RACKVIDD_NATS_REPLICAS says; trying again", "logs", left, "error", why)
	}
	return why == nil
}
