package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"text/tabwriter"
	"time"

	"rackvidd/services/audit"
)

type auditRepairs struct {
	Municipality string `required:"" help:"The municipality's four-digit code, for example ${example}, or national." placeholder:"CODE" short:"m"`
	formatFlags
}

func (c *auditRepairs) Run(env *environment) error {
	raw, err := env.fetch(call{method: http.MethodGet, path: auditPath(c.Municipality, "audit/repairs")})
	if err != nil {
		return err
	}
	var list audit.RepairRecords
	if err := json.Unmarshal(raw, &list); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	if c.json() {
		err = env.printJSON(raw)
	} else {
		err = printRepairs(env, list)
	}
	if err == nil && !list.Whole {
		err = errDifference
	}
	return err
}

func printRepairs(env *environment, list audit.RepairRecords) error {
	t := tabwriter.NewWriter(env.out, 0, 0, 2, ' ', 0)
	for _, r := range list.Repairs {
		fmt.Fprintf(t, "%d\t%s\tby %s\t%s\t%s\tposition %d\troot %s\n", r.Number, r.At.Format(time.RFC3339), r.By, r.State, strings.Join(r.Restored, ", "), r.Position, r.Root)
		for _, f := range r.Findings {
			fmt.Fprintf(t, "\tfound\t%s\n", f)
		}
		if r.Lost != "" {
			fmt.Fprintf(t, "\tlost\t%s\n", r.Lost)
		}
		for _, number := range r.Gone {
			fmt.Fprintf(t, "\tlost\tthe record of repair number %d\n", number)
		}
	}
	switch {
	case !list.Whole:
		fmt.Fprintf(t, "%s\tDIFFERENT\n", list.Municipality)
	case len(list.Repairs) == 0:
		fmt.Fprintf(t, "%s\tnothing was repaired\n", list.Municipality)
	default:
		fmt.Fprintf(t, "%s\tthe records are signed, and none is missing\n", list.Municipality)
	}
	for _, f := range list.Findings {
		fmt.Fprintf(t, "  %s\n", f)
	}
	return t.Flush()
}
