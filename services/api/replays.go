package api

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/surveying"
)

// Replays keeps which figures were computed again and what was done to read models, and why.
type Replays interface {
	// NoteReplay records one, and keeps why, and which figures differed where any did, beside the log.
	NoteReplay(ctx context.Context, m events.Municipality, cmd events.Command, made events.FiguresReplayed, why, differing string) (events.Result, error)
	// NoteMaintenance records what was done to read models, and keeps why beside the log.
	NoteMaintenance(ctx context.Context, m events.Municipality, cmd events.Command, done []events.ReadModelMaintained, why string) (events.Result, error)
	// Written returns the texts that wordings name, in their order.
	Written(ctx context.Context, m events.Municipality, named []events.Wording) ([]surveying.Written, error)
}

type makeReplay struct {
	ReplayQuestion
	Keyed
	Body struct {
		Reason string `json:"reason" maxLength:"4000" doc:"why, in your own words and without anybody's name; it is kept beside the log"`
	}
}

// ReplayMade is what a replay gave, and where the log tells of it.
type ReplayMade struct {
	Report json.RawMessage `json:"report" doc:"what audit/replay answers"`
	Receipt
}

type listPastReplays struct {
	Municipal
	AtLeast
	Before events.Position `query:"before" minimum:"1" doc:"a position of the log: those that it tells of before it"`
	Limit  int             `query:"limit" minimum:"1" maximum:"500" doc:"50 when it is left out"`
}

// PastReplay is which figures somebody computed again, why, and what came of it.
type PastReplay struct {
	Told
	From        events.Day          `json:"from"`
	To          events.Day          `json:"to"`
	Definition  events.DefinitionID `json:"definition"`
	Position    events.Position     `json:"position" doc:"up to which the log was read"`
	Root        string              `json:"root" doc:"RFC 6962, of the messages up to there"`
	Equal       bool                `json:"equal"`
	Differences int                 `json:"differences" doc:"figures that the read model had otherwise"`
	Differing   []DifferingFigure   `json:"differing,omitempty" doc:"which; left out where none differed, and of replays that an earlier version of the program recorded"`
	Unknown     surveying.Gone      `json:"unknown,omitempty" doc:"in place of differing: what became of it beside the log, where it was erased, lost or changed"`
}

// DifferingFigure is a figure that the read model had otherwise than the log; null where one of them has none.
type DifferingFigure struct {
	Path      string          `json:"path" doc:"as in by_form[camp].children"`
	ReadModel json.RawMessage `json:"read_model"`
	Log       json.RawMessage `json:"log"`
}

// PastReplays are those that the log tells of, the latest first.
type PastReplays struct {
	Replays []PastReplay    `json:"replays" nullable:"false"`
	Older   events.Position `json:"older,omitempty" doc:"there are more: ask for those before this position"`
	Shown
}

func (s *server) pastReplayRoutes() {
	add(s, route{
		id: "make-replay", method: http.MethodPost, path: "audit/replays", permission: access.ReadLog, creates: true,
		summary: "Recompute reach figures as audit/replay does, and record in the log that it was done, why, and what came of it",
	}, s.makeReplay)
	add(s, route{
		id: "list-past-replays", method: http.MethodGet, path: "audit/replays/past", permission: access.ReadLog,
		summary: "Which figures were recomputed from the log, by whom, why, and what came of it, the latest first",
	}, s.listPastReplays)
}

// makeReplay carries a replay out once under a key, and records nothing of one that is stopped or cannot be carried out.
func (s *server) makeReplay(ctx context.Context, c caller, in *makeReplay) (*Answer[ReplayMade], error) {
	why := strings.TrimSpace(in.Body.Reason)
	if why == "" {
		return nil, invalid("no_reason", "body.reason", "is empty; say why the figures are replayed")
	}
	if s.Replays == nil {
		return nil, errNoReplay
	}
	release, err := s.alone(ctx, c, in.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	defer release()
	cmd, err := s.command(ctx, c, in.IdempotencyKey, in.PeriodQuestion, in.Definition, in.AsOf, in.At, why)
	if err != nil {
		return nil, err
	}
	made, err := once(ctx, s, c, cmd, func() (ReplayMade, error) {
		report, err := s.replayed(ctx, c, &in.ReachQuestion)
		if err != nil {
			return ReplayMade{}, err
		}
		happened, differing, err := replayedIn(report)
		if err != nil {
			return ReplayMade{}, err
		}
		result, err := s.Replays.NoteReplay(ctx, c.municipality, cmd.Command, happened, why, differing)
		return ReplayMade{report, Receipt{result.Position}}, err
	})
	return &Answer[ReplayMade]{Position: made.Position, Body: made}, err
}

// replayedIn is what the log keeps of a replay's report, and what is kept beside it: which figures differ, as JSON; none: "".
func replayedIn(report json.RawMessage) (e events.FiguresReplayed, differing string, err error) {
	var r struct {
		From        events.Day          `json:"from"`
		To          events.Day          `json:"to"`
		Definition  events.DefinitionID `json:"definition"`
		Position    events.Sequence     `json:"position"`
		Root        string              `json:"root"`
		Differences []DifferingFigure   `json:"differences"`
	}
	if err = json.Unmarshal(report, &r); err != nil {
		return e, "", fmt.Errorf("read a replay's report: %w", err)
	}
	e = events.FiguresReplayed{From: r.From, To: r.To, Definition: r.Definition, Position: r.Position, Differences: events.Amount(len(r.Differences))}
	if n, err := hex.Decode(e.Root[:], []byte(r.Root)); err != nil || n != len(e.Root) {
		return e, "", fmt.Errorf("read a replay's report: %q is no root", r.Root)
	}
	if len(r.Differences) == 0 {
		return e, "", nil
	}
	text, err := json.Marshal(r.Differences)
	return e, string(text), err
}

func (s *server) listPastReplays(ctx context.Context, c caller, in *listPastReplays) (*Answer[PastReplays], error) {
	at, err := s.reached(ctx, c.municipality, in.MinPosition)
	if err != nil {
		return nil, err
	}
	body := PastReplays{Replays: []PastReplay{}, Shown: Shown{at}}
	list, all, older, err := told(ctx, s, c.municipality, events.Replays(), in.Before, in.Limit, func(e events.FiguresReplayed) events.Wording { return e.Wording })
	if err != nil {
		return nil, err
	}
	named := make([]events.Wording, len(all))
	for i, e := range all {
		named[i] = e.Differing
	}
	differing, err := s.Replays.Written(ctx, c.municipality, named) // none of those that name none
	if err != nil {
		return nil, err
	}
	for i, e := range all {
		one := PastReplay{
			Told: list[i], From: e.From, To: e.To, Definition: e.Definition,
			Position: events.Position(e.Position), Root: hex.EncodeToString(e.Root[:]), Equal: e.Differences == 0, Differences: int(e.Differences),
		}
		if one.Unknown = differing[i].Gone; differing[i].Text != "" {
			if err := json.Unmarshal([]byte(differing[i].Text), &one.Differing); err != nil {
				return nil, fmt.Errorf("read which figures of the replay at %d differed: %w", list[i].Recorded, err)
			}
		}
		body.Replays = append(body.Replays, one)
	}
	body.Older = older
	return show(at, body), nil
}
