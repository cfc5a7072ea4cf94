package web

import (
	"encoding/json"
	"net/http"

	"rackvidd/events"
	"rackvidd/services/access"
)

func (s *site) operationsPages() {
	s.page("GET /operations", access.ReadProjections, func(v *visit) error { return v.showOperations(v.newForm()) })
	s.page("POST /operations/{name}/{what}", access.RebuildFigures, (*visit).switchTables)
}

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

// Seconds is how far behind it is, in whole seconds.
func (l lag) Seconds() int { return int(l.BehindSeconds + 0.5) }

// running is how the system is.
type running struct {
	Status string `json:"status"`
	Parts  map[string]struct {
		Status string `json:"status"`
	} `json:"parts"`
	Projections []struct {
		lag
		Projection string          `json:"projection"`
		Generation int             `json:"generation"`
		StoppedAt  events.Position `json:"stopped_at"`
		StoppedWhy string          `json:"stopped_why"`
	} `json:"projections"`
	Archives []struct {
		lag
		Damage string `json:"damage"`
	} `json:"archives"`
}

func (v *visit) showOperations(f *form) error {
	var d running
	a := &answer{header: http.Header{}}
	r, err := http.NewRequestWithContext(v.r.Context(), http.MethodGet, "/readyz", nil)
	if err != nil {
		return err
	}
	v.API.ServeHTTP(a, r)
	if err := json.Unmarshal(a.body.Bytes(), &d); err != nil {
		return err
	}
	return v.show("operations", sheet{Title: v.text().text("operations.title"), Form: f, D: d, Wide: true})
}

// switchTables makes a read model anew, or goes back to the one before.
func (v *visit) switchTables() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	what := v.At("what")
	if what != "rebuild" && what != "rollback" {
		return errNothingHere
	}
	_, err = v.send(f, http.MethodPost, "projections/"+v.At("name")+"/"+what, map[string]any{"municipality": f.Get("municipality")})
	if err == nil {
		return v.to("/operations", 0, "operations_"+what)
	}
	if err := f.refused(err, nil); err != nil {
		return err
	}
	return v.showOperations(f)
}
