package main

import (
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
	for wait := shortest; ; wait = min(2*wait, longest) {
		logs, err := p.stream.Municipalities(ctx)
		for _, m := range logs {
			if !raised[m] && ctx.Err() == nil {
				raised[m] = p.raise(ctx, m)
			}
		}
		whole := err == nil
		for _, m := range logs {
			whole = whole && raised[m]
		}
		if whole {
			return
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// raise reports whether a log has its copies, or is about to.
func (p *parts) raise(ctx context.Context, m events.Municipality) bool {
	had, err := p.stream.Raise(ctx, m)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		p.log.Warn("a log may have fewer copies than RACKVIDD_NATS_REPLICAS says; trying again", "municipality", m, "copies", had, "error", err)
	case had < p.NATSReplicas:
		p.log.Info("a log is given the copies that it lacked", "municipality", m, "had", had, "copies", p.NATSReplicas)
	}
	return err == nil
}
