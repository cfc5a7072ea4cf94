package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"rackvidd/services/api"
	"rackvidd/services/surveying"
)

type projectionsCommand struct {
	List     projectionsList     `cmd:"" help:"List the read models: how far they have come, and what stopped them."`
	Rebuild  projectionsRebuild  `cmd:"" help:"Make read models anew from the log, beside those in use; switch where they are alike."`
	Rollback projectionsRollback `cmd:"" help:"Switch to the tables beside, once they are compared with the log: those before the last rebuild, or those that it kept because they differ."`
	Discard  projectionsDiscard  `cmd:"" help:"Drop what a rebuild kept beside the tables in use because they differ; what was in use before stays, for a rollback."`
	History  projectionsHistory  `cmd:"" help:"List what was done to the read models of a log for a reason: when, who, why, and what came of it."`
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
			Rebuilding  []rebuildState    `json:"rebuilding"`
			Beside      []api.BesideState `json:"beside"`
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
			fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%d positions, %.1f s\t%s\n", p.Projection, p.Municipality, p.Generation, p.Position, p.BehindEvents, p.BehindSeconds, state)
		}
		for _, r := range answer.Rebuilding {
			fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%d positions\t%s\n", r.Projection, r.Municipality, r.Generation, r.Position, r.Until-min(r.Position, r.Until), r.phase())
		}
		for _, b := range answer.Beside {
			state := "beside: what was in use before"
			if b.LeftAt == nil {
				state = "beside: rebuilt, and differs in " + strings.Join(b.Differs, ", ") + "; rollback switches to it, discard drops it"
			}
			fmt.Fprintf(t, "%s\t%s\t%d\t%d\t\t%s\n", b.Projection, b.Municipality, b.Generation, b.Position, state)
		}
		return t.Flush()
	})
}

// rebuildState is a read model that is being made anew, as the API tells of it.
type rebuildState struct {
	Projection   string   `json:"projection"`
	Municipality string   `json:"municipality"`
	Generation   int      `json:"generation"`
	Position     uint64   `json:"position"`
	Until        uint64   `json:"until"`
	PerSecond    float64  `json:"per_second"`
	SecondsLeft  *float64 `json:"seconds_left"`
}

func (r rebuildState) phase() string {
	switch {
	case r.SecondsLeft == nil:
		return "rebuilding"
	case r.Position >= r.Until:
		return "rebuilding: keys and comparison"
	}
	return fmt.Sprintf("rebuilding: %.0f positions/s, %.0f s left", r.PerSecond, *r.SecondsLeft)
}

// ofLog names the log whose read models are meant.
type ofLog struct {
	Municipality string `required:"" help:"The municipality's four-digit code; national for survey." placeholder:"CODE" short:"m"`
	Reason       string `help:"Why, in your own words and without anybody's name: the log keeps what was done, and why." placeholder:"TEXT"`
	formatFlags
}

func (f ofLog) call(projection, what string, generation int) call {
	body := map[string]any{"municipality": f.Municipality, "reason": f.Reason}
	if generation > 0 {
		body["generation"] = generation
	}
	left := "whether the server has done it is not known here: rackvidd projections list shows which tables are in use"
	if what == "rebuild" {
		left = "the server makes no more read models anew; those that were switched by then stay so: rackvidd projections list shows which"
	}
	return call{method: http.MethodPost, path: "projections/" + projection + "/" + what, body: jsonBody(body), kind: "application/json", left: left}
}

// besideFlags say which tables are meant.
type besideFlags struct {
	Generation int `help:"The tables that are meant (projections list): where others stand beside by then nothing is done." placeholder:"N"`
}

// inUse says which tables are in use now that something was done, and where the others are.
func (f ofLog) inUse(env *environment, done, others string) func(json.RawMessage) error {
	return func(raw json.RawMessage) error {
		var answer struct {
			InUse []projectionState `json:"in_use"`
		}
		if err := json.Unmarshal(raw, &answer); err != nil {
			return err
		}
		for _, p := range answer.InUse {
			fmt.Fprintf(env.out, "%s: %s of %s, generation %d at position %d is in use now; %s\n", done, p.Projection, f.Municipality, p.Generation, p.Position, others)
		}
		return nil
	}
}

type projectionsRebuild struct {
	Projection string `arg:"" help:"reach, caseload, register, or all; survey is the national log's." enum:"reach,caseload,register,survey,all"`
	ofLog
}

func (c *projectionsRebuild) Run(env *environment) error {
	defer env.tellMaking(c.Municipality)()
	return env.show(c.formatFlags, c.call(c.Projection, "rebuild", 0), c.inUse(env, "rebuilt", "the one before is kept: projections rollback goes back to it"))
}

// tellMaking writes how far read models are that are being made anew, every few seconds.
func (env *environment) tellMaking(municipality string) (stop func()) {
	done := make(chan struct{})
	go func() {
		ticker := time.NewTicker(2 * time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				var answer struct {
					Rebuilding []rebuildState `json:"rebuilding"`
				}
				if env.ask(call{method: http.MethodGet, path: "projections"}, &answer) != nil {
					continue // what they are made for says what is wrong
				}
				for _, r := range answer.Rebuilding {
					if r.Municipality == municipality {
						fmt.Fprintf(env.err, "%s %s: %d of %d positions; %s\n", r.Projection, r.Municipality, r.Position, max(r.Until, r.Position), r.phase()) // more may have come meanwhile
					}
				}
			case <-done:
				return
			}
		}
	}()
	return func() { close(done) }
}

type projectionsRollback struct {
	Projection string `arg:"" help:"reach, caseload or register; survey is the national log's." enum:"reach,caseload,register,survey"`
	besideFlags
	ofLog
}

func (c *projectionsRollback) Run(env *environment) error {
	defer env.tellMaking(c.Municipality)() // to compare with
	return env.show(c.formatFlags, c.call(c.Projection, "rollback", c.Generation), c.inUse(env, "rolled back", "the one before is kept: the same command goes back to it"))
}

type projectionsDiscard struct {
	Projection string `arg:"" help:"reach, caseload or register; survey is the national log's." enum:"reach,caseload,register,survey"`
	besideFlags
	ofLog
}

func (c *projectionsDiscard) Run(env *environment) error {
	return env.show(c.formatFlags, c.call(c.Projection, "discard", c.Generation), c.inUse(env, "discarded", "nothing else is changed"))
}

type projectionsHistory struct {
	Municipality string `required:"" help:"The municipality's four-digit code, or national." placeholder:"CODE" short:"m"`
	Before       uint64 `help:"A position of the log: what it tells of before it." placeholder:"N"`
	Limit        int    `help:"How many, the latest first." default:"50" placeholder:"N"`
	formatFlags
}

func (c *projectionsHistory) Run(env *environment) error {
	query := url.Values{"log": {c.Municipality}, "limit": {strconv.Itoa(c.Limit)}}
	if c.Before > 0 {
		query.Set("before", strconv.FormatUint(c.Before, 10))
	}
	return env.show(c.formatFlags, call{method: http.MethodGet, path: "projections/maintenance", query: query}, func(raw json.RawMessage) error {
		var past api.MaintenanceList
		if err := json.Unmarshal(raw, &past); err != nil {
			return fmt.Errorf("read the server's answer: %w", err)
		}
		t := tabwriter.NewWriter(env.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "recorded\twhen\twho\tread model\twhat\tgeneration\tat position\treason")
		for _, p := range past.Done {
			what := strings.ReplaceAll(string(p.Act), "_", " ")
			if p.Differences > 0 {
				what += fmt.Sprintf(", %d tables DIFFERENT", p.Differences)
			}
			fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t%d\t%d\t%s\n", p.Recorded, p.At.Format(time.RFC3339), cmp.Or(p.Name, "built in"), p.ReadModel, what, p.Generation, p.Position, strings.Join(strings.Fields(surveying.Written{Text: p.Reason, Gone: p.Gone}.In(surveying.English)), " "))
		}
		if past.Older > 0 {
			fmt.Fprintf(t, "there are more: --before %d\n", past.Older)
		}
		return t.Flush()
	})
}
