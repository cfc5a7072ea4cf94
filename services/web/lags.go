package web

import (
	"strings"

	"rackvidd/events"
	"rackvidd/services/integrity"
)

// mostReasons is of how many that have stopped the reasons are told at once.
const mostReasons = 5

// lag is how far something is behind a log.
type lag struct {
	Municipality  events.Municipality `json:"municipality"`
	Position      events.Position     `json:"position"`
	BehindEvents  int                 `json:"behind_events"`
	BehindSeconds float64             `json:"behind_seconds"`
}

// State is how it is, in a word.
func (l lag) State() string {
	switch {
	case l.BehindEvents == 0:
		return "level"
	case l.BehindSeconds < 10:
		return "catching_up"
	}
	return "behind"
}

// Behind is how far behind it is.
func (l lag) Behind() lag { return l }

// Log is whose log it follows.
func (l lag) Log() events.Municipality { return l.Municipality }

// readModel is how far a read model is.
type readModel struct {
	lag
	Projection  string          `json:"projection"`
	Generation  int             `json:"generation"`
	StoppedAt   events.Position `json:"stopped_at"`
	StoppedCode string          `json:"stopped_code"`
	StoppedWhy  string          `json:"stopped_why"`
}

func (m readModel) State() string {
	if m.StoppedAt > 0 {
		return "stopped"
	}
	return m.lag.State()
}

// archived is how far an archive is, and what was found damaged.
type archived struct {
	lag
	Damage string             `json:"damage"`
	Found  *integrity.Finding `json:"found"`
	// Damages is how many things were found.
	Damages int `json:"damages"`
}

func (a archived) State() string {
	if a.Damage != "" {
		return "damaged"
	}
	return a.lag.State()
}

// following is what is level with a log, or is not.
type following interface {
	State() string
	Log() events.Municipality
}

// states are all that there are, the worst first.
var states = []string{"stopped", "damaged", "behind", "catching_up", "level"}

// inState is how many are in a state.
type inState struct {
	State  string
	Number int
}

// To is where they are listed.
func (s inState) To() string { return "/operations?state=" + s.State }

// lags are a page of all that follows logs, and what there is to say of the whole.
type lags[T following] struct {
	part[T]
	All int
	In  []inState // the worst first
}

// Level is how many are up to date.
func (d lags[T]) Level() int {
	if i := len(d.In) - 1; i >= 0 && d.In[i].State == "level" {
		return d.In[i].Number
	}
	return 0
}

// lagsOf are those that the page's address asks for, the worst first. turn is what the address calls the page of them.
func lagsOf[T following](v *visit, all []T, turn string) lags[T] {
	d := lags[T]{All: len(all)}
	var found []T
	for _, state := range states {
		n := 0
		for _, one := range all {
			if one.State() != state {
				continue
			}
			if n++; v.looksFor(one) {
				found = append(found, one)
			}
		}
		if n > 0 {
			d.In = append(d.In, inState{state, n})
		}
	}
	d.part = partOf(v, found, turn)
	return d
}

// looksFor reports whether the page's address asks for it.
func (v *visit) looksFor(one following) bool {
	state, log := v.Query("state"), strings.ToLower(strings.TrimSpace(v.Query("log")))
	return (state == "" || state == one.State()) && (log == "" || strings.Contains(strings.ToLower(v.text().place(one.Log())), log))
}
