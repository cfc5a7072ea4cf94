package reach

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"rackvidd/events"
	"rackvidd/projections"
)

// Reason is why a child is in one figure and not in another.
type Reason string

const (
	Late            Reason = "late"         // an attendance or a place was recorded in between
	Corrected       Reason = "corrected"    // what was recorded was stated anew: a day, a register, a birth year, a cancellation
	Withdrawn       Reason = "withdrawn"    // a session or an entry should never have been recorded
	Merged          Reason = "merged"       // two records were found to be one child
	Unmerged        Reason = "unmerged"     // and were not
	Guest           Reason = "guest"        // another municipality told of a child of ours, or a child's home is another than before
	OtherDefinition Reason = "definition"   // the two figures are counted by different rules
	Unidentified    Reason = "unidentified" // more or fewer were at the fullest session than could be named
)

// reasons is the order in which they are listed.
var reasons = []Reason{OtherDefinition, Late, Corrected, Withdrawn, Merged, Unmerged, Guest, Unidentified}

// Moment is when figures are asked for, and by which rule.
type Moment struct {
	Position   events.Position // inside a decision: before it
	Definition Definition
}

// Question is which two figures of a period differ.
type Question struct {
	Period
	From, To Moment
}

// Explanation says why the figure of a period is another than it was. The items' children sum exactly to the
// difference of the two numbers; without the item of the unidentified, to the difference of the children.
type Explanation struct {
	Municipality events.Municipality `json:"municipality"`
	From         events.Day          `json:"from"`
	To           events.Day          `json:"to"`
	Before       Stated              `json:"before"`
	After        Stated              `json:"after"`
	Items        []Item              `json:"items" nullable:"false"`
	Changes      []Change            `json:"changes" nullable:"false"`
	Position     events.Position     `json:"position"` // that of After
}

// Stated is a figure as it was at a position under a definition.
type Stated struct {
	Position   events.Position `json:"position"`
	Definition string          `json:"definition"`
	Children   int             `json:"children"` // who were identified
	Number     int             `json:"number"`   // what the survey is answered with: bounds.lower
}

// Difference is how many children more there are, and how that comes about.
type Difference struct {
	Children int `json:"children"` // More less Fewer
	More     int `json:"more"`
	Fewer    int `json:"fewer"`
}

func (d *Difference) add(children int) {
	d.Children += children
	d.More += max(0, children)
	d.Fewer += max(0, -children)
}

// Item is one reason, and the decisions it stands for.
type Item struct {
	Reason Reason `json:"reason"`
	Difference
	Events []events.Position `json:"events" nullable:"false"` // of each decision the last
}

// Change is what one decision did. Figures as of its position show it.
type Change struct {
	Position events.Position `json:"position"` // its last
	Recorded time.Time       `json:"recorded_at"`
	Reason   Reason          `json:"reason"`
	Difference
}

// ErrBackwards says that what was said later is to be explained by what was said earlier.
var ErrBackwards = errors.New("the first position must not come after the second")

// Explain reads the log and says why the figure at To is another than at From: first by the definition, then by the
// decisions in between. What came and went in between is not listed, so that each child that is in one of the figures
// alone is explained once.
//
// ErrBackwards: From comes after To. *BeyondError: the log has not come to To. *events.PoisonError: a message is
// missing or cannot be read.
func Explain(ctx context.Context, log projections.Source, m events.Municipality, q Question) (Explanation, error) {
	if q.From.Position > q.To.Position {
		return Explanation{}, ErrBackwards
	}
	w := newWalk(m, q)
	if err := decisions(ctx, log, m, AsOfPosition(q.To.Position), w.take); err != nil {
		return Explanation{}, fmt.Errorf("explain a figure of %s: %w", m, err)
	}
	w.begin()
	return w.explanation()
}

// explanation puts together what the walk found.
func (w *walk) explanation() (Explanation, error) {
	e := Explanation{Municipality: w.history.municipality, From: w.From, To: w.To, Before: w.before, Position: w.history.position}
	now := w.counting(w.history.Evidence(w.Period), w.definition)
	reached := now.reached()
	if !maps.Equal(setOf(reached), w.reached) {
		return e, fmt.Errorf("explain a figure of %s: the decisions add up to %d children, the log to %d", e.Municipality, len(w.reached), len(reached))
	}
	e.After = now.stated(w.history.position, reached)
	e.Changes = w.changes()
	e.Items = w.items(e)
	return e, nil
}

// stated counts the reached children, and the others who must have been there.
func (c *counting) stated(at events.Position, reached []*Child) Stated {
	bounds, _ := c.bounds(reached)
	return Stated{at, c.d.ID, len(reached), bounds.Lower}
}

// changes are what decisions did, one line for each decision and reason.
func (w *walk) changes() []Change {
	list := []Change{}
	for _, s := range w.lasting() {
		n := len(list) - 1
		if n < 0 || list[n].Position != s.position || list[n].Reason != s.reason {
			n, list = n+1, append(list, Change{Position: s.position, Recorded: s.recorded, Reason: s.reason})
		}
		list[n].add(s.change)
	}
	return list
}

func (w *walk) items(e Explanation) []Item {
	all := make(map[Reason]*Item)
	for _, r := range reasons {
		all[r] = &Item{Reason: r, Events: []events.Position{}}
	}
	all[OtherDefinition].Difference = w.byDefinition
	for _, c := range e.Changes {
		item := all[c.Reason]
		item.Events = append(item.Events, c.Position)
		item.Children, item.More, item.Fewer = item.Children+c.Children, item.More+c.More, item.Fewer+c.Fewer
	}
	if unnamed := e.After.Number - e.After.Children - (e.Before.Number - e.Before.Children); unnamed != 0 {
		all[Unidentified].add(unnamed)
		all[Unidentified].Events = w.crowds
	}
	list := []Item{}
	for _, r := range reasons {
		if item := *all[r]; item.More+item.Fewer > 0 {
			list = append(list, item)
		}
	}
	return list
}

// lasting are the steps that made the difference, in order: of each child and those merged with it, without the steps
// that others took back.
func (w *walk) lasting() (list []step) {
	groups := make(map[events.ID][]step)
	for _, s := range w.steps {
		one := w.connected(s.child)
		groups[one] = append(groups[one], s)
	}
	for _, steps := range groups {
		list = append(list, uncancelled(withoutUndone(steps))...)
	}
	slices.SortFunc(list, func(a, b step) int {
		return cmp.Or(cmp.Compare(a.position, b.position), cmp.Compare(slices.Index(reasons, a.reason), slices.Index(reasons, b.reason)))
	})
	return list
}

// withoutUndone leaves out merges together with what undid them.
func withoutUndone(steps []step) (left []step) {
	for _, s := range steps {
		i := -1
		if s.reason == Unmerged {
			i = last(left, func(o step) bool { return o.reason == Merged && o.change == -s.change })
		}
		if i >= 0 {
			left = slices.Delete(left, i, i+1)
		} else {
			left = append(left, s)
		}
	}
	return left
}

// uncancelled leaves out each step together with the next that goes the other way.
func uncancelled(steps []step) (left []step) {
	for _, s := range steps {
		if n := len(left); n > 0 && left[n-1].change == -s.change {
			left = left[:n-1]
		} else {
			left = append(left, s)
		}
	}
	return left
}

func last[T any](list []T, is func(T) bool) int {
	for i, one := range slices.Backward(list) {
		if is(one) {
			return i
		}
	}
	return -1
}
