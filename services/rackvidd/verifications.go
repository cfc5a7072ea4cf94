package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"text/tabwriter"
	"time"

	"rackvidd/events"
	"rackvidd/services/api"
	"rackvidd/services/audit"
)

type auditVerifications struct {
	Municipality string `help:"The municipality's four-digit code, for example ${example}, or national; default: all." placeholder:"CODE" short:"m"`
	Before       int64  `help:"A line, as an earlier answer gave it: those older than it." placeholder:"N"`
	Limit        int    `help:"How many, the latest first." default:"50" placeholder:"N"`
	formatFlags
}

func (c *auditVerifications) Run(env *environment) error {
	query := url.Values{"limit": {strconv.Itoa(c.Limit)}}
	if c.Municipality != "" {
		query.Set("log", c.Municipality)
	}
	if c.Before > 0 {
		query.Set("before", strconv.FormatInt(c.Before, 10))
	}
	return env.show(c.formatFlags, call{method: http.MethodGet, path: "verifications", query: query}, func(raw json.RawMessage) error {
		var past api.PastVerifications
		if err := json.Unmarshal(raw, &past); err != nil {
			return fmt.Errorf("read the server's answer: %w", err)
		}
		return printVerifications(env, past)
	})
}

func printVerifications(env *environment, past api.PastVerifications) error {
	t := tabwriter.NewWriter(env.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "when\tlog\twho\tfigures of\tto position\tresult")
	for _, v := range past.Verifications {
		who, year, result := "the scrub", "", "whole"
		if v.By != nil {
			who = cmp.Or(v.Name, "built in")
		}
		if v.Year != 0 {
			year = strconv.Itoa(int(v.Year))
		}
		switch {
		case v.Findings > 0 && v.Unchecked > 0:
			result = fmt.Sprintf("%d DIFFERENT, %d not compared", v.Findings, v.Unchecked)
		case v.Findings > 0:
			result = fmt.Sprintf("%d DIFFERENT", v.Findings)
		case v.Unchecked > 0:
			result = fmt.Sprintf("%d NOT COMPARED", v.Unchecked)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%s\n", v.Ended.Format(time.RFC3339), v.Municipality, who, year, v.Position, result)
	}
	if past.Older > 0 {
		fmt.Fprintf(t, "there are more: --before %d\n", past.Older)
	}
	return t.Flush()
}

// verifications lets the API tell which came to their end.
type verifications struct{ audit.History }

func (v verifications) Latest(ctx context.Context, logs []events.Municipality) ([]api.Verified, error) {
	list, err := v.History.Latest(ctx, logs)
	return told(list), err
}

func (v verifications) List(ctx context.Context, m events.Municipality, before int64, limit int) ([]api.Verified, error) {
	list, err := v.History.List(ctx, m, before, limit)
	return told(list), err
}

func told(list []audit.Verified) []api.Verified {
	all := make([]api.Verified, len(list))
	for i, one := range list {
		all[i] = api.Verified(one)
	}
	return all
}

// noteVerified keeps that a verification came to its end, but of a log that is not there: most municipalities have none. What it
// found stands whether or not that can be kept.
func (p *parts) noteVerified(v audit.Verification, by *events.ID, year events.Year, began time.Time) {
	if nothingIn(v) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	one := audit.Verified{Municipality: v.Municipality, By: by, Began: began, Ended: time.Now(), Year: year, Position: v.Position, Findings: len(v.Findings), Unchecked: len(v.Unchecked)}
	if err := (audit.History{Pool: p.pool}).Note(ctx, one); err != nil {
		p.log.Warn("a verification could not be kept", "municipality", v.Municipality, "error", err)
	}
}
