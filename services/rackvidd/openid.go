package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"rackvidd/services/access"
)

// openID is the identity provider that people may sign in by, as it is set.
func (c *serveCommand) openID() (access.OpenIDConfig, error) {
	o := access.OpenIDConfig{Issuer: c.OpenIDIssuer, ClientID: c.OpenIDClient, Levels: slices.DeleteFunc(slices.Clone(c.OpenIDLevels), func(level string) bool { return level == "" }), Claim: c.OpenIDClaim}
	if o.Issuer == "" {
		return o, nil
	}
	if c.OpenIDSecret != "" {
		secret, err := os.ReadFile(c.OpenIDSecret)
		if err != nil {
			return o, &usageError{fmt.Errorf("read RACKVIDD_OPENID_SECRET_FILE: %w", err)}
		}
		o.Secret = strings.TrimSpace(string(secret))
	}
	if err := o.Check(); err != nil {
		return o, &usageError{fmt.Errorf("RACKVIDD_OPENID_…: %w", err)}
	}
	return o, nil
}
