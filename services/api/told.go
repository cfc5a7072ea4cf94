package api

import (
	"cmp"
	"context"
	"slices"
	"time"

	"rackvidd/events"
	"rackvidd/services/surveying"
)

// Told is where the log tells of something that somebody did for a reason, and who did, and why.
type Told struct {
	Recorded events.Position `json:"recorded" doc:"where the log tells of it"`
	At       time.Time       `json:"at"`
	Account  events.ID       `json:"account"`
	Name     string          `json:"name,omitempty" doc:"of the account; left out for the tokens that are built in"`
	Reason   string          `json:"reason"`
	Gone     surveying.Gone  `json:"reason_gone,omitempty" doc:"what became of the reason, where it is not there as it was written"`
}

// toldAtOnce is how many messages of a stream are told at a time.
const toldAtOnce = 50

// told reads a stream whose events each have a reason beside the log: the latest first, from before a position on where one is given.
// older is where to go on; 0: there is no more.
func told[E events.Event](ctx context.Context, s *server, m events.Municipality, stream events.Stream, before events.Position, limit int, why func(E) events.Wording) (list []Told, all []E, older events.Position, err error) {
	if s.Replays == nil {
		return nil, nil, 0, errNoReplay
	}
	recorded, err := s.Log.Streams(ctx, m, stream)
	if err != nil {
		return nil, nil, 0, err
	}
	var named []events.Wording
	var accounts []events.ID
	for _, r := range slices.Backward(recorded[stream]) {
		if before > 0 && r.Position >= before {
			continue
		}
		if len(list) >= cmp.Or(limit, toldAtOnce) {
			older = list[len(list)-1].Recorded
			break
		}
		for _, event := range r.Events {
			e := event.(E)
			list, all = append(list, Told{Recorded: r.Position, At: r.Time, Account: r.Actor}), append(all, e)
			named, accounts = append(named, why(e)), append(accounts, r.Actor)
		}
	}
	reasons, err := s.Replays.Written(ctx, m, named)
	if err != nil {
		return nil, nil, 0, err
	}
	names, err := s.Access.Names(ctx, accounts)
	for i := range list {
		list[i].Name, list[i].Reason, list[i].Gone = names[list[i].Account], reasons[i].Text, reasons[i].Gone
	}
	return list, all, older, err
}
