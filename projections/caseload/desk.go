package caseload

import (
	"cmp"
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections"
)

// Desk is what lies on a coordinator's desk on a day. Nobody changes it. What was recorded of a child whose record was erased lies
// on nobody's: nobody can tell whom it waits for. A wait that is over stays one.
type Desk struct {
	Open   []OpenReferral // received by the day and without an answer, the longest waiting first
	Places []Place        // that run on the day, the longest running first
	Waits  []Wait         // those that are over, whatever the day; of a referral the first that ended comes first
}

// OpenReferral is a referral that has no answer.
type OpenReferral struct {
	Referral   events.Entry
	Child      events.ID // the child it counts as, by its own record or by another that was not erased
	Channel    events.Channel
	ReceivedOn events.Day
	Programme  events.ProgrammeID // "": none named
	Form       events.Form        // "": none named
	Days       int                // since it was received
	Placed     bool               // the child has a place that is what it asked for; only the answer is missing
}

// Place is an enrolment that runs. It still does on the day it ends.
type Place struct {
	Enrolment  events.Entry
	Child      events.ID // the child it counts as, by its own record or by another that was not erased
	Programme  events.ProgrammeID
	Form       events.Form
	EnrolledOn events.Day
	Days       int
	Home       events.Municipality // "": this one
}

// Wait is how long it took from a referral to the first place in a programme that was what it asked for. One that was answered
// otherwise than with a place did not wait for it.
type Wait struct {
	Referral  events.Entry
	Programme events.ProgrammeID
	Year      events.Year // in which the place began
	Days      int
}

// Waited is how long referrals waited, each for the first of its places, by that place's programme and the year it began.
type Waited struct {
	Programme events.ProgrammeID
	Year      events.Year
	Referrals int
	Median    float64 // days
	Longest   int     // days
}

// Desks keeps what the latest desk of each municipality was made from: the next one reads what changed since. The zero
// value is ready. It keeps those of the 16 municipalities that were asked about last.
type Desks struct {
	kept projections.Latest[deskKey, known]
}

const mostDesks = 16

// deskKey is whose desk it is, in tables that may be brought forward: those that are made anew have another generation.
type deskKey struct {
	municipality events.Municipality
	generation   int
}

type known struct {
	*cases
	today events.Day
	Desk
}

// Of returns the desk on a day, as of a position. tx shows what is shown.
func (d *Desks) Of(ctx context.Context, tx pgx.Tx, shown projections.Checkpoint, today events.Day, at events.Position) (Desk, error) {
	key, same := deskKey{shown.Municipality, shown.Generation}, false
	k, ok := d.kept.At(key, at)
	var err error
	if ok {
		k.cases, same, err = k.forward(ctx, tx, at)
	} else {
		k.cases, err = gather(ctx, tx, nil, at)
	}
	if err != nil {
		return Desk{}, err
	}
	if !same || k.today != today {
		k.today, k.Desk = today, k.on(today)
	}
	d.kept.Keep(key, at, k, mostDesks)
	return k.Desk, nil
}

// On returns the desk on a day, as of a position.
func On(ctx context.Context, tx pgx.Tx, today events.Day, at events.Position) (Desk, error) {
	c, err := gather(ctx, tx, nil, at)
	if err != nil {
		return Desk{}, err
	}
	return c.on(today), nil
}

func (c *cases) on(today events.Day) (d Desk) {
	of := make(map[events.ID][]*place) // the longest ago first
	for i := range c.places {
		p := &c.places[i]
		of[p.who] = append(of[p.who], p)
	}
	for _, list := range of {
		slices.SortFunc(list, (*place).longer)
	}
	called := c.called()
	d.Open, d.Places, d.Waits = c.open(of, called, today), c.running(called, today), c.waits(of)
	return d
}

func (c *cases) open(of map[events.ID][]*place, called map[events.ID]events.ID, today events.Day) (list []OpenReferral) {
	var open []referral
	for _, r := range c.referrals {
		if !r.answered && r.received <= today && !c.erased[r.child] {
			open = append(open, r)
		}
	}
	slices.SortFunc(open, referral.longer)
	for _, r := range open {
		placed := slices.ContainsFunc(of[r.who], func(p *place) bool { return p.meets(r.request) && p.runs(today) && !c.erased[p.child] })
		list = append(list, OpenReferral{r.entry(), cmp.Or(called[r.who], r.who), r.channel, r.received, r.programme, r.form, int(today - r.received), placed})
	}
	return list
}

func (c *cases) running(called map[events.ID]events.ID, today events.Day) (list []Place) {
	var running []*place
	for i := range c.places {
		if p := &c.places[i]; p.runs(today) && !c.erased[p.child] {
			running = append(running, p)
		}
	}
	slices.SortFunc(running, (*place).longer)
	for _, p := range running {
		list = append(list, Place{p.entry(), cmp.Or(called[p.who], p.who), p.programme, p.form, p.from, int(today - p.from), p.home})
	}
	return list
}

func (c *cases) waits(of map[events.ID][]*place) (list []Wait) {
	for _, r := range c.referrals {
		if r.answered && r.outcome != "accepted" {
			continue
		}
		first := len(list)
		for _, p := range of[r.who] {
			there := func(w Wait) bool { return w.Programme == p.programme }
			if p.meets(r.request) && p.from >= r.received && !slices.ContainsFunc(list[first:], there) {
				list = append(list, Wait{r.entry(), p.programme, p.from.Year(), int(p.from - r.received)})
			}
		}
	}
	return list
}

// Measure says how long referrals waited by some of a desk's waits, in their order: those that somebody may be told of.
func Measure(waits []Wait) (list []Waited) {
	type began struct {
		programme events.ProgrammeID
		year      events.Year
	}
	days := make(map[began][]int)
	for i, w := range waits {
		if i == 0 || w.Referral != waits[i-1].Referral {
			b := began{w.Programme, w.Year}
			days[b] = append(days[b], w.Days)
		}
	}
	for b, all := range days {
		slices.Sort(all)
		n := len(all)
		list = append(list, Waited{b.programme, b.year, n, float64(all[(n-1)/2]+all[n/2]) / 2, all[n-1]})
	}
	slices.SortFunc(list, func(a, b Waited) int {
		return cmp.Or(cmp.Compare(a.Programme, b.Programme), cmp.Compare(a.Year, b.Year))
	})
	return list
}
