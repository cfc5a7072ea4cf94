package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/casework"
)

type merge struct {
	Municipal
	Keyed
	Body struct {
		Keep  events.ID `json:"keep"`
		Merge events.ID `json:"merge" doc:"counts as the kept child from here on"`
	}
}

type undoMerge struct {
	Municipal
	Keyed
	ID   events.Entry `path:"id"`
	Body *struct {
		Reason events.Reason `json:"reason,omitempty" doc:"entered_in_error when it is left out"`
	} `required:"false"`
}

// MergeReceipt answers a merge.
type MergeReceipt struct {
	ID events.Entry `json:"id"`
	Receipt
}

func (s *server) mergeRoutes() {
	to := access.MergeChildren
	add(s, route{id: "merge", method: http.MethodPost, path: "merges", permission: to, creates: true, summary: "Say that two records are one child"}, s.merge)
	add(s, route{id: "undo-merge", method: http.MethodPost, path: "merges/{id}/undo", permission: to, summary: "Take a merge back"}, s.undoMerge)
}

func (s *server) merge(ctx context.Context, c caller, in *merge) (*Answer[MergeReceipt], error) {
	b := in.Body
	cmd, err := s.command(ctx, c, in.IdempotencyKey, b)
	if err != nil {
		return nil, err
	}
	if b.Keep == b.Merge {
		return nil, invalid("same_child", "body.merge", "is the child to keep; name another one")
	}
	id := derivedEntry(cmd, b.Merge, "merge")
	list := about(events.CaseOf(b.Merge), events.CaseOf(b.Keep))
	result, err := s.decide(ctx, c, cmd, list, func() error {
		if err := s.workedWith(ctx, c, named{b.Keep, "body.keep"}, named{b.Merge, "body.merge"}); err != nil {
			return err
		}
		forKeep, forMerged, err := casework.Merge(state[*casework.Case](list[1]), state[*casework.Case](list[0]), id, b.Keep)
		if err != nil {
			return err
		}
		list[0].Record(forMerged...)
		list[1].Record(forKeep...)
		return s.mergeable(ctx, c, b.Keep, b.Merge)
	})
	if err != nil {
		return nil, err
	}
	return receive(result, MergeReceipt{id, Receipt{result.Position}}), nil
}

// workedWith refuses children that there are none of, and says the same of those that are in others' programmes alone.
func (s *server) workedWith(ctx context.Context, c caller, children ...named) error {
	var wrong []FieldError
	for _, n := range children {
		err := s.mustKnow(ctx, c, n.child)
		if err == nil {
			err = s.mayChild(ctx, c, n.child, 0)
		}
		var missing *Problem
		switch {
		case errors.As(err, &missing) && missing.Status == http.StatusNotFound:
			wrong = append(wrong, FieldError{n.at, "unknown_child", "is no child that you work with; look its handle up again"})
		case err != nil:
			return err
		}
	}
	if len(wrong) > 0 {
		return problemAt(http.StatusUnprocessableEntity, wrong...)
	}
	return nil
}

// mergeable refuses children with a protected identity (skyddade personuppgifter): a merge would write into the log whom
// such a child is the same as. It is asked last, of a caller who works with both and whom nothing else keeps from it, and
// the answer names neither the child nor the reason; by its status the log of requests cannot tell it from other refusals.
func (s *server) mergeable(ctx context.Context, c caller, children ...events.ID) error {
	flagged, err := s.Vault.Protected(ctx, c.municipality, children)
	if err == nil && len(flagged) > 0 {
		return problemAt(http.StatusConflict, FieldError{"body.merge", "merge_not_allowed", "these two may not be merged; leave them as they are, and ask whoever answers for data protection in the municipality"})
	}
	return err
}

// mayUndo hides the merge of children who are not both the caller's: it is answered as none.
func (s *server) mayUndo(ctx context.Context, c caller, children ...events.ID) error {
	for _, child := range children {
		with, err := s.worksWith(ctx, c, child, 0)
		if err != nil {
			return err
		}
		if with.hidden() != nil {
			return casework.UnknownMerge()
		}
	}
	return nil
}

func (s *server) undoMerge(ctx context.Context, c caller, in *undoMerge) (*Answer[MergeReceipt], error) {
	reason := events.EnteredInError
	if in.Body != nil {
		reason = cmp.Or(in.Body.Reason, reason)
	}
	cmd, err := s.command(ctx, c, in.IdempotencyKey, in.ID, reason)
	if err != nil {
		return nil, err
	}
	list, keep, err := s.merged(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	result, err := s.decide(ctx, c, cmd, list, func() error {
		kept := casework.NewCase()
		if len(list) > 1 {
			if err := s.mayUndo(ctx, c, keep, in.ID.Of); err != nil {
				return err
			}
			kept = state[*casework.Case](list[1])
		}
		erased, err := s.erased(ctx, c, keep, in.ID.Of)
		if err != nil {
			return err
		}
		kept.Erased = kept.Erased || erased
		forKeep, forMerged, err := casework.UndoMerge(kept, state[*casework.Case](list[0]), in.ID, reason)
		if err != nil {
			return err
		}
		if len(list) == 1 {
			return events.ErrConflict // it was merged only now
		}
		list[0].Record(forMerged...)
		list[1].Record(forKeep...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return receive(result, MergeReceipt{in.ID, Receipt{result.Position}}), nil
}

// merged names both sides of a merge that stands. Of one that does not, the first side alone: there a repeat finds that
// it was undone before.
func (s *server) merged(ctx context.Context, c caller, id events.Entry) ([]*events.Deciding, events.ID, error) {
	name := events.CaseOf(id.Of)
	one, err := s.caseNow(ctx, c, id.Of)
	if err != nil {
		return nil, events.ID{}, err
	}
	if one.MergedBy != id || one.MergedInto.IsZero() {
		return about(name), events.ID{}, nil
	}
	return about(name, events.CaseOf(one.MergedInto)), one.MergedInto, nil
}

// erased reports whether the vault has erased one of the children: it does before the log is told.
func (s *server) erased(ctx context.Context, c caller, children ...events.ID) (bool, error) {
	for _, child := range children {
		if yes, err := s.Vault.Erased(ctx, c.municipality, child); yes || err != nil {
			return yes, err
		}
	}
	return false, nil
}

func mergesOf(list []casework.Merged) []CaseMerge {
	merges := []CaseMerge{}
	for _, m := range list {
		one := CaseMerge{ID: m.ID, Child: m.Child, Kept: m.Kept, Recorded: RowMark{Account: m.Made.By, At: m.Made.At}}
		if m.Undone != nil {
			one.Undone = &RowMark{Account: m.Undone.By, At: m.Undone.At}
		}
		merges = append(merges, one)
	}
	return merges
}

// keepOwnMerges leaves out of a history the merges with children of whom nothing is the caller's now. While a merge stands both are one
// child, and whoever works with the one works with the other; where it was undone the other one may be of others alone, and that it is
// there is not told.
func (s *server) keepOwnMerges(ctx context.Context, c caller, body *Case, least events.Position) error {
	others := make([]events.ID, len(body.Merges))
	for i, m := range body.Merges {
		others[i] = m.Child
	}
	strange, err := s.strange(ctx, c, others, least)
	body.Merges = slices.DeleteFunc(body.Merges, func(m CaseMerge) bool { return strange[m.Child] })
	body.Absorbed = slices.DeleteFunc(body.Absorbed, func(a AbsorbedChild) bool { return strange[a.Child] })
	if body.MergedInto != nil && strange[*body.MergedInto] {
		body.MergedInto = nil
	}
	return err
}

// strange are those of the children of whom nothing is the caller's, as it is known at a position at least.
func (s *server) strange(ctx context.Context, c caller, children []events.ID, least events.Position) (map[events.ID]bool, error) {
	if len(children) == 0 || !c.Limited(c.permission, c.municipality) {
		return nil, nil
	}
	with, err := s.worksWithEach(ctx, c, children, least)
	list := make(map[events.ID]bool)
	for child, how := range with {
		list[child] = how.hidden() != nil
	}
	return list, err
}
