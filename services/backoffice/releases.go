package backoffice

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"rackvidd/events"
	"rackvidd/services/surveying"
)

// releases are the ledger of a year's figures as it is read.
type releases struct {
	Municipality events.Municipality `json:"municipality"`
	Year         events.Year         `json:"year"`
	Position     events.Position     `json:"position"` // of the log, that the ledger is read at
	Releases     []releasedLine      `json:"releases"` // in the order they left in

	at time.Time // of the event that comes next
}

// releasedLine is what left the house at once: nothing that its readers were not told.
type releasedLine struct {
	Time       time.Time             `json:"time"`
	Purpose    events.ReleasePurpose `json:"purpose"`
	Definition events.DefinitionID   `json:"definition"`
	Position   events.Position       `json:"position"` // that the figures follow from
	Cells      []releasedCell        `json:"cells"`
}

// releasedCell is between which bounds, both included, a number was told to lie.
type releasedCell struct {
	Cell  events.CellName `json:"cell"`
	Lower int             `json:"lower"`
	Upper int             `json:"upper"`
}

// Witness remembers when what comes next was released.
func (r *releases) Witness(e events.Recorded) { r.at = e.Time }

func (r *releases) Evolve(e events.Event) {
	released, ok := e.(events.FiguresReleased)
	if !ok {
		return
	}
	one := releasedLine{r.at, released.Purpose, released.Definition, events.Position(released.Position), []releasedCell{}}
	for _, c := range released.Cells {
		one.Cells = append(one.Cells, releasedCell{c.Cell, int(c.Lower), int(c.Upper)})
	}
	r.Releases = append(r.Releases, one)
}

// Releases is the ledger of what was released of a year's figures, as JSON, the earliest first: what every later
// release is attacked together with. The log itself is read, so it shows every release at once.
//
// *surveying.UnknownFormError: no form asks about the year. Other errors are those of the log.
func (s *Service) Releases(ctx context.Context, a surveying.Asked) (json.RawMessage, error) {
	if _, err := s.form(a.Year); err != nil {
		return nil, err
	}
	head, err := s.Log.Head(ctx, a.Municipality)
	if err != nil {
		return nil, fmt.Errorf("read the ledger of %d: %w", a.Year, err)
	}
	name := events.ReleasesOf(a.Year)
	found, err := s.Log.Streams(ctx, a.Municipality, name)
	if err != nil {
		return nil, fmt.Errorf("read the ledger of %d: %w", a.Year, err)
	}
	all := &releases{Municipality: a.Municipality, Year: a.Year, Releases: []releasedLine{}}
	all.Position = max(head, events.Fold(all, found[name]))
	return json.Marshal(all)
}
