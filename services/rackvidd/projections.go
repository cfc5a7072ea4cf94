package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"text/tabwriter"
)

type projectionsCommand struct {
	List     projectionsList     `cmd:"" help:"List the read models: how far they have come, and what stopped them."`
	Rebuild  projectionsRebuild  `cmd:"" help:"Make read models anew from the log, beside those in use, and switch."`
	Rollback projectionsRollback `cmd:"" help:"Switch back to the tables before the last rebuild."`
}

type projectionsList struct{ formatFlags }

// projectionState is one line of the API's list.
type projectionState struct {
	Projection    string  `json:"projection"`
	Municipality  string  `json:"municipality"`
	Generation    int     `json:"generation"`
	Position      uint64  `json:"position"`
	BehindEvents  uint64  `json:"behind_events"`
	BehindSeconds float64 `json:"behind_seconds"`
	StoppedAt     uint64  `json:"stopped_at"`
	StoppedWhy    string  `json:"stopped_why"`
}

func (c *projectionsList) Run(env *environment) error {
	return env.show(c.formatFlags, call{method: http.MethodGet, path: "projections"}, func(raw json.RawMessage) error {
		var answer struct {
			Projections []projectionState `json:"projections"`
		}
		if err := json.Unmarshal(raw, &answer); err != nil {
			return err
		}
		t := tabwriter.NewWriter(env.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "projection\tmunicipality\tgeneration\tposition\tbehind\tstate")
		for _, p := range answer.Projections {
			state := "running"
			if p.StoppedAt > 0 {
				state = fmt.Sprintf("stopped at %d: %s", p.StoppedAt, p.StoppedWhy)
			}
			fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%d events, %.1f s\t%s\n", p.Projection, p.Municipality, p.Generation, p.Position, p.BehindEvents, p.BehindSeconds, state)
		}
		return t.Flush()
	})
}

// projectionFlags name one read model of one municipality.
type projectionFlags struct {
	Projection   string `arg:"" help:"reach, caseload or register; survey is the national log's." enum:"reach,caseload,register,survey"`
	Municipality string `required:"" help:"The municipality's four-digit code; national for survey." placeholder:"CODE" short:"m"`
	formatFlags
}

func (f projectionFlags) call(what string) call {
	return call{
		method: http.MethodPost, path: "projections/" + f.Projection + "/" + what,
		body: jsonBody(map[string]string{"municipality": f.Municipality}), kind: "application/json",
	}
}

type projectionsRebuild struct{ projectionFlags }

func (c *projectionsRebuild) Run(env *environment) error {
	return env.show(c.formatFlags, c.call("rebuild"), env.said("rebuilt"))
}

type projectionsRollback struct{ projectionFlags }

func (c *projectionsRollback) Run(env *environment) error {
	return env.show(c.formatFlags, c.call("rollback"), env.said("rolled back"))
}
