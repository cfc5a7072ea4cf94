package api

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"

	"rackvidd/events"
	"rackvidd/services/casework"
)

type planSeries struct {
	Municipal
	Keyed
	Versioned
	ID   events.ID `path:"id"`
	Body struct {
		Days         []events.Day `json:"days,omitempty" maxItems:"200" doc:"each day of the series, or else from, every_days and count"`
		From         events.Day   `json:"from,omitzero"`
		EveryDays    int          `json:"every_days,omitempty" minimum:"1" maximum:"366" doc:"7 when it is left out: every week on the same weekday"`
		Count        int          `json:"count,omitempty" minimum:"1" maximum:"200"`
		Skip         []events.Day `json:"skip,omitempty" maxItems:"200" doc:"days of the series on which it does not meet; they still count"`
		SkipHolidays bool         `json:"skip_holidays,omitempty" doc:"it does not meet on public holidays in Sweden, nor on Midsummer's, Christmas and New Year's Eve; they still count"`
	}
}

// SeriesReceipt answers with the sessions that were planned.
type SeriesReceipt struct {
	ID       events.ID        `json:"id"`
	Sessions []PlannedSession `json:"sessions" nullable:"false"`
	Holidays []events.Day     `json:"holidays" nullable:"false" doc:"days of the series on which it does not meet because of skip_holidays"`
	Receipt
}

func (s *server) planSeries(ctx context.Context, c caller, in *planSeries) (*Answer[SeriesReceipt], error) {
	cmd, err := s.command(ctx, c, in.IdempotencyKey, in.ID, in.Body)
	if err != nil {
		return nil, err
	}
	days, holidays, err := in.days()
	if err != nil {
		return nil, err
	}
	list, planned := about(events.GroupOf(in.ID)), []events.PlannedSession{}
	for i, day := range days {
		p := events.PlannedSession{Session: derived(cmd, fmt.Sprintf("session %d", i)), HeldOn: day}
		planned, list = append(planned, p), append(list, about(events.SessionOf(p.Session))...)
	}
	result, err := s.decide(ctx, c, cmd, list, func() error {
		g := state[*casework.Group](list[0])
		if err := c.ownsGroup(g); err != nil {
			return err
		}
		if err := in.unchanged(list[0]); err != nil {
			return err
		}
		return plan(g, planned, list)
	})
	if err != nil {
		return nil, err
	}
	body := SeriesReceipt{ID: in.ID, Sessions: []PlannedSession{}, Holidays: holidays, Receipt: Receipt{result.Position}}
	for _, p := range planned {
		body.Sessions = append(body.Sessions, PlannedSession{p.Session, p.HeldOn})
	}
	return receiveVersioned(result, body), nil
}

// plan notes the series with the group, and opens each occasion.
func plan(g *casework.Group, planned []events.PlannedSession, list []*events.Deciding) error {
	decided, err := g.Plan(planned)
	if err := record(list[0], decided, err); err != nil {
		return err
	}
	for i, p := range planned {
		opened := events.SessionOpened{Session: p.Session, Programme: g.Programme, Form: g.GroupFormed.Form, HeldOn: p.HeldOn, Group: g.Group, District: g.District}
		decided, err := state[*casework.Session](list[i+1]).Open(opened, g)
		if err := record(list[i+1], decided, err); err != nil {
			return err
		}
	}
	return nil
}

// days are those named, or those that follow from the rule, without the skipped ones; beside them the holidays among those left out.
func (in *planSeries) days() (days, holidays []events.Day, err error) {
	b := in.Body
	switch {
	case len(b.Days) > 0 && (b.From != 0 || b.Count != 0 || b.EveryDays != 0):
		return nil, nil, invalid("days_and_rule", "body.days", "name the days, or give from and count, not both")
	case len(b.Days) == 0 && (b.From == 0 || b.Count == 0):
		return nil, nil, invalid("no_days", "body.days", "name the days, or give from and count")
	}
	all := slices.Clone(b.Days)
	for i := range b.Count {
		all = append(all, b.From+events.Day(i*cmp.Or(b.EveryDays, 7)))
	}
	slices.Sort(all)
	if last := all[len(all)-1]; !last.Known() {
		return nil, nil, invalid("too_far", "body.count", "leads to days after 2199; name fewer, or from an earlier day on")
	}
	holidays = []events.Day{}
	for _, day := range slices.Compact(all) {
		switch {
		case slices.Contains(b.Skip, day):
		case b.SkipHolidays && casework.Holiday(day):
			holidays = append(holidays, day)
		default:
			days = append(days, day)
		}
	}
	if len(days) == 0 {
		return nil, nil, invalid("no_days", "body.skip", "leaves no day of the series; skip fewer")
	}
	return days, holidays, nil
}

// byLabel orders children as a coordinator reads them; those without a label come last.
func byLabel(a, b string, one, other events.ID) int {
	if (a == "") != (b == "") {
		return cmp.Compare(b, a)
	}
	return cmp.Or(cmp.Compare(a, b), bytes.Compare(one[:], other[:]))
}
