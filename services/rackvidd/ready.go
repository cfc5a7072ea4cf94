package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"rackvidd/projections"
	"rackvidd/services/integrity"
	"rackvidd/services/projector"
	"rackvidd/services/rackvidd/node"
)

// caughtUp waits until the read models show all that is logged, or have stopped: then /readyz says so.
func (p *parts) caughtUp(ctx context.Context) error {
	if !p.alone() {
		return nil
	}
	for {
		behind, err := p.behind(ctx)
		if err == nil && !behind {
			return nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (p *parts) behind(ctx context.Context) (bool, error) {
	logs, err := p.journal.Municipalities(ctx)
	if err != nil {
		return false, err
	}
	list, err := projections.Status(ctx, p.pool)
	if err != nil {
		return false, err
	}
	shown := make(map[string]projections.Checkpoint)
	for _, c := range list {
		shown[c.Projection+"/"+string(c.Municipality)] = c
	}
	for _, m := range logs {
		if p.damage(m, integrity.Mendable()...) != nil {
			continue // /readyz names it
		}
		head, err := p.journal.Head(ctx, m)
		if err != nil {
			return false, err
		}
		for _, projection := range projector.Projections() {
			c := shown[projection.Name()+"/"+string(m)]
			if projection.Concerns(m) && c.Position < head && c.StoppedAt == 0 {
				return true, nil
			}
		}
	}
	return false, nil
}

// besideDatabase makes a database on the server of another one, and returns its address.
func besideDatabase(ctx context.Context, address, name string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(u.Scheme, "postgres") {
		return "", &usageError{fmt.Errorf("name the vault's database with RACKVIDD_VAULT_DATABASE_URL")}
	}
	if err := node.CreateDatabases(ctx, address, name); err != nil {
		return "", fmt.Errorf("make the vault's database, or name one with RACKVIDD_VAULT_DATABASE_URL: %w", err)
	}
	u.Path = "/" + name
	return u.String(), nil
}
