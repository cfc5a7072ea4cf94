package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"rackvidd/services/api"
)

// healthCommand asks a service whether it is ready; containers without a shell check themselves with it.
type healthCommand struct {
	URL string `arg:"" help:"Address to ask, for example http://127.0.0.1:8080/readyz." placeholder:"URL"`
}

// health is what a service says of itself at /readyz; at /healthz its status at most.
type health struct {
	Status string `json:"status"`
	Parts  map[string]struct {
		Status string `json:"status"`
		Why    string `json:"why"`
	} `json:"parts"`
	Closed      []string          `json:"closed"`
	Projections []projectionState `json:"projections"`
	Lists       []api.ListState   `json:"lists"`
	Archives    []struct {
		Municipality  string  `json:"municipality"`
		BehindEvents  uint64  `json:"behind_events"`
		BehindSeconds float64 `json:"behind_seconds"`
		Damage        string  `json:"damage"`
		Damages       int     `json:"damages"`
	} `json:"archives"`
}

// longBehind is how long an archive is behind its log when something keeps it: it follows within seconds.
const longBehind = time.Minute

// Run fails where the service is not ready. Damage and what has stopped are told, and no failure: a new start mends neither.
func (c *healthCommand) Run(env *environment) error {
	request, err := http.NewRequestWithContext(env, http.MethodGet, c.URL, nil)
	if err != nil || !onTheWeb(c.URL) {
		return &usageError{fmt.Errorf("the address %q cannot be read; write http://HOST:PORT/readyz", c.URL)}
	}
	client := http.Client{Timeout: 5 * time.Second}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("%w; does the service run there?", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("read the answer of %s: %w", c.URL, err)
	}
	var says health
	alive := len(body) == 0 && response.Request.URL.Path == "/healthz" // services without an API say nothing more there
	if !alive && (json.Unmarshal(body, &says) != nil || says.Status == "") {
		return fmt.Errorf("%s answers %d, and not as a service says how it is; ask %s", c.URL, response.StatusCode, request.URL.ResolveReference(&url.URL{Path: "/readyz"}))
	}
	says.tell(env.out)
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %d", c.URL, response.StatusCode)
	}
	return nil
}

// tell writes a line for everything that is not as it should be.
func (h health) tell(out io.Writer) {
	for _, name := range slices.Sorted(maps.Keys(h.Parts)) {
		switch state := h.Parts[name]; {
		case state.Status == "up" && state.Why == "":
		case state.Why != "":
			fmt.Fprintf(out, "%s is %s: %s\n", name, state.Status, strings.ReplaceAll(state.Why, "_", " "))
		default:
			fmt.Fprintf(out, "%s is %s\n", name, state.Status)
		}
	}
	if len(h.Closed) > 0 {
		fmt.Fprintf(out, "closed until it answers: %s\n", strings.Join(h.Closed, ", "))
	}
	for _, a := range h.Archives {
		if a.Damages > 0 {
			fmt.Fprintf(out, "%s is damaged: %s (%d findings); rackvidd audit verify says what else differs, rackvidd audit repair restores what can be\n", a.Municipality, a.Damage, a.Damages)
		}
		if a.BehindSeconds > longBehind.Seconds() {
			fmt.Fprintf(out, "the archive of %s is %d messages behind its log, for %.0f s by now; the archiver's log says why\n", a.Municipality, a.BehindEvents, a.BehindSeconds)
		}
	}
	for _, l := range h.Lists {
		if l.Made.IsZero() {
			fmt.Fprintf(out, "the list of children to be erased of %s was never made, though that was decided at %s: nobody is erased\n", l.Municipality, l.Decided.Format(time.RFC3339))
			continue
		}
		fmt.Fprintf(out, "the list of children to be erased of %s was made last %s: who stands on it may have thirty days anew\n", l.Municipality, l.Made.Format(time.RFC3339))
	}
	for _, p := range h.Projections {
		if p.StoppedAt > 0 {
			fmt.Fprintf(out, "%s of %s stopped at position %d: %s\n", p.Projection, p.Municipality, p.StoppedAt, p.StoppedWhy)
		}
	}
}
