package vault

import (
	"context"
	"fmt"

	"rackvidd/events"
)

// Register is what is asked of a vault to tell whether it knows the children that a log names.
type Register interface {
	Known(ctx context.Context, m events.Municipality, tokens []events.ID) (map[events.ID]Person, error)
	Erasures(ctx context.Context, m events.Municipality) ([]Erasure, error)
}

// Missing looks for children that a municipality's log names and that the vault neither knows nor has erased: where there
// are any, its database is an older one than the log, and the same person would become a second child.
type Missing struct {
	Vault        Register
	Municipality events.Municipality

	waiting map[events.ID]events.Position // to be asked for, and where each is named first
	asked   map[events.ID]bool
	lost    LostError
}

// Take notes the children that a message names, and returns how many there are to ask for.
func (s *Missing) Take(r events.Recorded) int {
	if s.asked == nil {
		s.waiting, s.asked = make(map[events.ID]events.Position), make(map[events.ID]bool)
	}
	for _, child := range events.Named(r) {
		if !s.asked[child] {
			s.asked[child], s.waiting[child] = true, r.Position
		}
	}
	return len(s.waiting)
}

// Ask asks for the children that were taken since. *LostError: some are missing, of these or of those before.
func (s *Missing) Ask(ctx context.Context) error {
	if err := s.ask(ctx); err != nil {
		return err
	}
	clear(s.waiting)
	if len(s.lost.Children) == 0 {
		return nil
	}
	lost := s.lost
	return &lost
}

func (s *Missing) ask(ctx context.Context) error {
	if len(s.waiting) == 0 {
		return nil
	}
	tokens := make([]events.ID, 0, len(s.waiting))
	for child := range s.waiting {
		tokens = append(tokens, child)
	}
	known, err := s.Vault.Known(ctx, s.Municipality, tokens)
	if err != nil || len(known) == len(tokens) {
		return err
	}
	erasures, err := s.Vault.Erasures(ctx, s.Municipality)
	if err != nil {
		return err
	}
	erased := make(map[events.ID]bool, len(erasures))
	for _, e := range erasures {
		erased[e.Token] = true
	}
	for child, at := range s.waiting {
		if _, ok := known[child]; !ok && !erased[child] {
			s.lost.take(s.Municipality, child, at)
		}
	}
	return nil
}

// LostError says that a vault lacks children that the log names.
type LostError struct {
	Municipality events.Municipality
	Children     []events.ID
	First        events.Position // which names the first of them
}

func (e *LostError) take(m events.Municipality, child events.ID, at events.Position) {
	e.Municipality, e.Children = m, append(e.Children, child)
	if e.First == 0 || at < e.First {
		e.First = at
	}
}

// Problem says what is wrong, and what to do.
func (e *LostError) Problem() string {
	return fmt.Sprintf("from here on the log names children whom the vault does not know, and nobody erased them: its database was lost, or is an older copy, and the same person would be counted twice; stop, put back the database as it was last, or make the installation anew from a backup (rackvidd restore), and then run rackvidd audit verify --municipality %s; where no copy of it is left, rackvidd audit repair --accept-loss --municipality %[1]s has them count as erased", e.Municipality)
}

func (e *LostError) Error() string {
	return fmt.Sprintf("the vault is older than the log of %s, position %d: %s", e.Municipality, e.First, e.Problem())
}
