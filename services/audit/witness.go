package audit

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"rackvidd/events"
)

// Witness says how far a log was once signed: what is kept apart from its archive tells of it.
type Witness struct {
	By       string // what it is
	Position events.Position
	Root     string // hex
}

// Witnesses are the statements of a municipality and the handovers of signing keys, those of the longest log last. An
// archive that is gone, or another one, does not pass for a new one beside them.
func (s *Statements) Witnesses(m events.Municipality) (list []Witness, err error) {
	for i, h := range s.Handovers {
		for _, log := range h.Logs {
			if log.Municipality == m {
				list = append(list, Witness{fmt.Sprintf("the handover of the signing key, number %d", i+1), log.Position, log.Root})
			}
		}
	}
	files, err := s.files(m)
	for _, file := range files {
		raw, bad := os.ReadFile(file)
		if bad != nil {
			continue // a verification names it
		}
		if said, bad := s.keys().statement(raw); bad == nil && said.Municipality == m {
			list = append(list, Witness{"the statement " + filepath.Base(file), said.Size, said.Root})
		}
	}
	slices.SortStableFunc(list, func(a, b Witness) int { return cmp.Compare(a.Position, b.Position) })
	return list, err
}

// Legible says which statement of a municipality the disk does not give, if one: nothing tells then how far it goes.
func (s *Statements) Legible(m events.Municipality) error {
	files, err := s.files(m)
	for _, file := range files {
		if _, bad := os.ReadFile(file); bad != nil {
			return fmt.Errorf("read the statement %s: %w", filepath.Base(file), bad)
		}
	}
	return err
}

// Reached returns how far a log was signed at least, and by what that is known; nothing: nothing tells of it.
func (s *Statements) Reached(m events.Municipality) (Witness, error) {
	list, err := s.Witnesses(m)
	if err != nil || len(list) == 0 {
		return Witness{}, err
	}
	return list[len(list)-1], nil
}

// Told lists the municipalities that a statement or a handover may tell of.
func (s *Statements) Told() (list []events.Municipality, err error) {
	for _, h := range s.Handovers {
		for _, log := range h.Logs {
			list = append(list, log.Municipality)
		}
	}
	found, err := os.ReadDir(s.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, f := range found {
		if m, bad := events.ParseMunicipality(f.Name()); bad == nil {
			list = append(list, m)
		}
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}
