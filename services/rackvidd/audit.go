package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"text/tabwriter"

	"rackvidd/services/audit"
)

type auditCommand struct {
	Replay  auditReplay  `cmd:"" help:"Recompute reach figures from the log alone and compare them with the read model; exit 3 when they differ."`
	Explain auditExplain `cmd:"" help:"Say why a reach figure is another than it was: reasons that add up to the difference."`
}

type auditReplay struct {
	municipalityFlag
	periodFlags
	formatFlags
}

func (c *auditReplay) Run(env *environment) error {
	query, err := c.query()
	if err != nil {
		return err
	}
	raw, err := env.fetch(call{method: http.MethodGet, path: c.path("audit/replay"), query: query})
	if err != nil {
		return err
	}
	var report audit.Report
	if err := json.Unmarshal(raw, &report); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	if c.json() {
		err = env.printJSON(raw)
	} else {
		err = printReport(env, report)
	}
	if err == nil && !report.Equal {
		err = errDifference
	}
	return err
}

func printReport(env *environment, r audit.Report) error {
	if err := printFigures(env.out, r.Figures); err != nil {
		return err
	}
	t := tabwriter.NewWriter(env.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "\nRecomputed from the log\t%d events read\nRoot of the events\t%s\n", r.EventsRead, r.Root)
	if r.Equal {
		fmt.Fprintln(t, "Against the read model\tequal")
	} else {
		fmt.Fprintln(t, "Against the read model\tDIFFERENT")
		for _, d := range r.Differences {
			fmt.Fprintf(t, "  %s\tread model %s\tlog %s\n", d.Path, d.ReadModel, d.Log)
		}
	}
	return t.Flush()
}
