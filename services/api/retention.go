package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/casework"
	"rackvidd/services/integrity"
)

// Retention knows of which children nothing was recorded for as long as their municipality decided.
type Retention interface {
	// Listed are those who are to be erased, the longest unrecorded first.
	Listed(ctx context.Context, m events.Municipality) ([]Unrecorded, error)
	// Foreseen are those who would be if so many years were decided now. Nothing is decided by asking, and nobody listed.
	Foreseen(ctx context.Context, m events.Municipality, years events.Amount) ([]Unrecorded, error)
	// Due is when a child is erased at the earliest unless something more is recorded of it; zero: it is not on the list. It sees the
	// log up to least.
	Due(ctx context.Context, m events.Municipality, child events.ID, least events.Position) (time.Time, error)
	// Announced is how many the list names as it was made last, and from when they are erased.
	Announced(ctx context.Context, m events.Municipality) (ToErase, error)
	// List brings the list up to date, and returns it.
	List(ctx context.Context, m events.Municipality) ([]Unrecorded, error)
}

// Unrecorded is a child of whom nothing was recorded for so long that it is to be erased.
type Unrecorded struct {
	Child        events.ID  `json:"child"`
	LastRecorded time.Time  `json:"last_recorded" doc:"of it or of a record merged with it; or when it became known, if that was later"`
	Listed       *time.Time `json:"listed,omitempty" doc:"since when it is on the list; left out: from the next time that the list is made, within twelve hours"`
	Erased       *time.Time `json:"erased,omitempty" doc:"when it is erased at the earliest, unless something is recorded of it before"`
}

type readRetention struct {
	Municipal
	AtLeast
	Years optional[events.Amount] `query:"years" minimum:"0" maximum:"30" doc:"answers as well what the list would be if so many years were decided now; nothing is decided by it, and nobody listed"`
	After events.ID               `query:"after" doc:"only those after this child on the list: as after gives it"`
	Limit int                     `query:"limit" default:"200" minimum:"1" maximum:"1000"`
}

type readListed struct {
	Municipal
	AtLeast
}

type decideRetention struct {
	Municipal
	Keyed
	Body struct {
		Years events.Amount `json:"years" minimum:"0" maximum:"30" doc:"children of whom nothing was recorded for so many whole years are erased; 0: nobody is until somebody asks for it"`
	}
}

// ToErase is how many records of children are to be erased because nothing was recorded of them, and from when.
type ToErase struct {
	Children int        `json:"children" doc:"their records: those that are merged, and so of one child, count each"`
	From     *time.Time `json:"from,omitempty" doc:"when the first of them is erased at the earliest, unless something is recorded of it before; left out until they are listed"`
	To       *time.Time `json:"to,omitempty" doc:"when the last of those who are listed is, at the earliest"`
}

func toErase(list []Unrecorded) (all ToErase) {
	all.Children = len(list)
	for _, one := range list {
		if one.Erased == nil {
			continue
		}
		if all.From == nil || one.Erased.Before(*all.From) {
			all.From = one.Erased
		}
		if all.To == nil || one.Erased.After(*all.To) {
			all.To = one.Erased
		}
	}
	return all
}

// Announced is who is to be erased by the list as it was made last.
type Announced struct {
	ToErase
	Shown
}

// Foreseen is what the list would be if so many years were decided now.
type Foreseen struct {
	Years events.Amount `json:"years"`
	ToErase
}

// RetentionState is for how long a municipality keeps who its children are, and whom that leads to be erased.
type RetentionState struct {
	Years    events.Amount `json:"years" doc:"0: nobody is erased until somebody asks for it"`
	Decided  *RowMark      `json:"decided,omitempty" doc:"by whom and when; left out where nobody ever decided"`
	Listed   ToErase       `json:"listed" doc:"by what is decided"`
	Foreseen *Foreseen     `json:"foreseen,omitempty" doc:"by the years that were asked for; left out where none were"`
	Children []Unrecorded  `json:"children" nullable:"false" doc:"those who are to be erased, or would be by the years that were asked for, the longest unrecorded first"`
	After    *events.ID    `json:"after,omitempty" doc:"there are more: ask for them with this"`
	Withheld bool          `json:"withheld,omitempty" doc:"what is kept is damaged: who is to be erased is not known, and nobody is, until it is whole; everybody has thirty days from then"`
	Shown
}

// RetentionReceipt answers a decision.
type RetentionReceipt struct {
	Years    events.Amount `json:"years"`
	Listed   *int          `json:"listed,omitempty" doc:"how many records of children are to be erased by it now: those that are merged count each; left out where that is not known yet: they are listed within twelve hours"`
	Earliest *time.Time    `json:"earliest,omitempty" doc:"when the first of them is, at the earliest"`
	Receipt
}

func (s *server) retentionRoutes() {
	add(s, route{
		id: "read-retention", method: http.MethodGet, path: "retention", permission: access.EraseChildren,
		summary: "For how many years it is kept who a child is of whom nothing more is recorded, and who is to be erased by that: each stands on the list for thirty days first",
	}, s.readRetention)
	add(s, route{
		id: "read-listed", method: http.MethodGet, path: "retention/listed", permission: access.ReadListed,
		summary: "How many records of children are to be erased because nothing was recorded of them, and from when, by the list as it was made last: within twelve hours",
	}, s.readListed)
	add(s, route{
		id: "decide-retention", method: http.MethodPut, path: "retention", permission: access.EraseChildren,
		summary: "Decide for how many years it is kept who a child is of whom nothing more is recorded",
	}, s.decideRetention)
}

func (s *server) readRetention(ctx context.Context, c caller, in *readRetention) (*Answer[RetentionState], error) {
	loaded, at, err := s.streams(ctx, c, in.MinPosition, events.Retentions())
	if err != nil {
		return nil, err
	}
	decided := state[*casework.Retention](loaded[events.Retentions()])
	body := RetentionState{Years: decided.Years, Children: []Unrecorded{}, Shown: Shown{at}}
	if !decided.By.IsZero() {
		names, err := s.accountNames(ctx)
		if err != nil {
			return nil, err
		}
		body.Decided = &RowMark{decided.By, names[decided.By], decided.At}
	}
	list, err := s.Retention.Listed(ctx, c.municipality)
	body.Listed = toErase(list)
	if err == nil && in.Years.Given {
		list, err = s.Retention.Foreseen(ctx, c.municipality, in.Years.Value)
		body.Foreseen = &Foreseen{in.Years.Value, toErase(list)}
	}
	var damaged *integrity.DamagedError
	if errors.As(err, &damaged) {
		body.Withheld, body.Foreseen, err = true, nil, nil
	}
	if err != nil {
		return nil, err
	}
	if list, body.After, err = partOf(list, in.After, in.Limit); err != nil {
		return nil, err
	}
	body.Children = append(body.Children, list...)
	return show(at, body), nil
}

// partOf are as many as the limit of those after a child, and after whom the rest are; nil: there are no more.
func partOf(list []Unrecorded, after events.ID, limit int) ([]Unrecorded, *events.ID, error) {
	if !after.IsZero() {
		at := slices.IndexFunc(list, func(one Unrecorded) bool { return one.Child == after })
		if at < 0 {
			return nil, nil, invalid("invalid", "query.after", "is not on the list any more; begin from the start, without it")
		}
		list = list[at+1:]
	}
	if len(list) <= limit {
		return list, nil, nil
	}
	return list[:limit], &list[limit-1].Child, nil
}

func (s *server) readListed(ctx context.Context, c caller, in *readListed) (*Answer[Announced], error) {
	at, err := s.reached(ctx, c.municipality, in.MinPosition)
	if err != nil {
		return nil, err
	}
	listed, err := s.Retention.Announced(ctx, c.municipality)
	return show(at, Announced{listed, Shown{at}}), err
}

func (s *server) decideRetention(ctx context.Context, c caller, in *decideRetention) (*Answer[RetentionReceipt], error) {
	_, result, err := carryOut(ctx, s, c, change[*casework.Retention]{
		key: in.IdempotencyKey, request: []any{in.Body}, about: about(events.Retentions()),
		owns: func(*casework.Retention) error { return nil },
		rule: func(one *casework.Retention, _ command) ([]events.Event, error) { return one.Decide(in.Body.Years) },
	})
	if err != nil {
		return nil, err
	}
	receipt := RetentionReceipt{Years: in.Body.Years, Receipt: Receipt{result.Position}}
	list, err := s.Retention.List(ctx, c.municipality)
	if err != nil { // it is decided all the same
		s.Logger.Warn("retention was decided, and the list could not be made", "municipality", c.municipality, "error", err)
		return receive(result, receipt), nil
	}
	all := toErase(list)
	receipt.Listed, receipt.Earliest = &all.Children, all.From
	return receive(result, receipt), nil
}
