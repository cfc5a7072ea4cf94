package api

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/vault"
)

// readsAtOnce is how many lines of the read log are told at a time.
const readsAtOnce = 100

type listReads struct {
	Municipal
	AtLeast
	Child   events.ID `query:"child" doc:"who was read about; everybody when it is left out"`
	Account events.ID `query:"account" doc:"who read"`
	Why     string    `query:"why" enum:"case,alone,rows,entered,looked_up,disclosed,protected,unprotected,read_log,raw_events,tried_import,event_review,event_fault,event_request" doc:"what was done"`
	From    dayParam  `query:"from"`
	To      dayParam  `query:"to"`
	Before  int64     `query:"before" minimum:"1" doc:"a line: those older than it"`
	Limit   int       `query:"limit" minimum:"1" maximum:"500" doc:"100 when it is left out"`
}

// ReadLine says that somebody read about one child.
type ReadLine struct {
	Line    int64      `json:"line"`
	At      time.Time  `json:"at"`
	Child   *events.ID `json:"child,omitempty" doc:"left out where the read log itself was read, where a part of the log was (raw_events), and where a file was held against what is recorded (tried_import)"`
	Account events.ID  `json:"account"`
	Name    string     `json:"name,omitempty" doc:"of the account; left out for the tokens that are built in"`
	Why     string     `json:"why" enum:"case,alone,rows,entered,looked_up,disclosed,protected,unprotected,read_log,raw_events,tried_import,event_review,event_fault,event_request"`
}

// Reads are lines of the read log, the latest first.
type Reads struct {
	Reads []ReadLine `json:"reads" nullable:"false"`
	Older int64      `json:"older,omitempty" doc:"there are more: ask for those before this line"`
	Shown
}

type listErasures struct {
	Municipal
	AtLeast
}

// ErasureLine says that nobody can tell any more who a child was.
type ErasureLine struct {
	Child events.ID `json:"child"`
	At    time.Time `json:"at"`
}

// Erasures are the municipality's lines of the erasure ledger, in order.
type Erasures struct {
	Erasures []ErasureLine `json:"erasures" nullable:"false"`
	Shown
}

func (s *server) readRoutes() {
	add(s, route{
		id: "list-reads", method: http.MethodGet, path: "reads", permission: access.ReadReads,
		summary: "Who read about which child, the latest first; a line is kept for five years, and this read is logged",
	}, s.listReads)
	add(s, route{
		id: "list-erasures", method: http.MethodGet, path: "erasures", permission: access.EraseChildren,
		summary: "The erasure ledger: which children nobody can identify any more",
	}, s.listErasures)
}

// listReads notes first that the log is read: whoever looks into it stands in it.
func (s *server) listReads(ctx context.Context, c caller, in *listReads) (*Answer[Reads], error) {
	if in.To.Day != 0 && in.To.Day < in.From.Day {
		return nil, invalid("end_before_start", "query.to", "is before from; give a later day")
	}
	at, err := s.reached(ctx, c.municipality, in.MinPosition)
	if err != nil {
		return nil, err
	}
	if err := s.Vault.NoteRead(ctx, c.municipality, in.Child, c.Account, "read_log"); err != nil {
		return nil, err
	}
	limit := cmp.Or(in.Limit, readsAtOnce)
	q := vault.ReadQuery{Child: in.Child, Account: in.Account, Why: in.Why, From: s.midnight(in.From.Day), Before: in.Before, Limit: limit + 1}
	if in.To.Day != 0 {
		q.To = s.midnight(in.To.Day + 1)
	}
	found, err := s.Vault.Reads(ctx, c.municipality, q)
	if err != nil {
		return nil, err
	}
	names, err := s.accountNames(ctx)
	if err != nil {
		return nil, err
	}
	body := Reads{Reads: []ReadLine{}, Shown: Shown{at}}
	for i, r := range found {
		if i == limit {
			body.Older = found[i-1].Line
			break
		}
		line := ReadLine{Line: r.Line, At: r.At, Account: r.Account, Name: names[r.Account], Why: r.Why}
		if !r.Child.IsZero() {
			line.Child = &r.Child
		}
		body.Reads = append(body.Reads, line)
	}
	return show(at, body), nil
}

// midnight is when a day begins in Sweden; the zero time for no day.
func (s *server) midnight(d events.Day) time.Time {
	if d == 0 {
		return time.Time{}
	}
	y, m, day := d.Time().Date()
	return time.Date(y, m, day, 0, 0, 0, 0, events.Sweden)
}

func (s *server) accountNames(ctx context.Context) (map[events.ID]string, error) {
	list, err := s.Access.ListAccounts(ctx)
	names := make(map[events.ID]string, len(list))
	for _, a := range list {
		names[a.ID] = a.Name
	}
	return names, err
}

func (s *server) listErasures(ctx context.Context, c caller, in *listErasures) (*Answer[Erasures], error) {
	at, err := s.reached(ctx, c.municipality, in.MinPosition)
	if err != nil {
		return nil, err
	}
	list, err := s.Vault.Erasures(ctx, c.municipality)
	body := Erasures{Erasures: []ErasureLine{}, Shown: Shown{at}}
	for _, e := range list {
		body.Erasures = append(body.Erasures, ErasureLine{e.Token, e.At})
	}
	return show(at, body), err
}
