package projections_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/projectiontest"
)

const (
	örebro    = events.Municipality("1880")
	uddevalla = events.Municipality("1485")
)

func TestMain(m *testing.M) { projectiontest.Main(m) }

// marked answers which children stand in which registers: the smallest projection there can be.
type marked struct {
	tables string          // more SQL, to change the fingerprint
	poison events.Position // cannot be folded
	refuse events.Position // makes a row the database refuses
	twice  events.Position // opens a row that is open
	panics bool
	free   bool                // no keys: only checkpoints keep a message from being applied twice
	only   events.Municipality // the one log it concerns; none: every log
	name   string
}

func (p marked) Name() string {
	if p.name != "" {
		return p.name
	}
	return "marked"
}

func (p marked) Concerns(log events.Municipality) bool { return p.only == "" || p.only == log }

func (p marked) Tables() string {
	return `CREATE TABLE mark (session uuid NOT NULL, child uuid NOT NULL, attended boolean NOT NULL,
		since bigint NOT NULL CHECK (since <> 0), until bigint); CREATE TABLE message (position bigint NOT NULL, events integer NOT NULL CHECK (events > 0));` + p.tables
}

func (p marked) Keys() string {
	if p.free {
		return ""
	}
	return `CREATE UNIQUE INDEX ON mark (session, child, until) NULLS NOT DISTINCT; ALTER TABLE message ADD PRIMARY KEY (position);`
}

type markKey struct{ session, child events.ID }

type message struct {
	position events.Position
	events   int
}

type markedBatch struct {
	marked
	marks    *projections.Versions[markKey, bool]
	messages *projections.Facts[message]
}

func (p marked) Batch(events.Municipality) projections.Batch {
	return &markedBatch{
		p,
		projections.NewVersions(projections.VersionTable[markKey, bool]{
			Name:     "mark",
			Key:      []string{"session", "child"},
			WriteKey: func(k markKey, w *projections.Row) { w.ID(k.session); w.ID(k.child) },
			Columns:  []string{"attended"},
			Write:    func(attended bool, w *projections.Row) { w.Bool(attended) },
		}),
		projections.NewFacts(projections.FactTable[message]{
			Name:    "message",
			Columns: []string{"position", "events"},
			Write:   func(m message, w *projections.Row) { w.Position(m.position); w.Int(m.events) },
		}),
	}
}

func (b *markedBatch) Add(r events.Recorded) error {
	if r.Position == b.poison && b.panics {
		panic(fmt.Sprintf("%v", r))
	}
	if r.Position == b.poison {
		return errors.New("no idea what this is")
	}
	for _, e := range r.Events {
		if a, ok := e.(events.SessionAttended); ok {
			b.attended(a, r.Position)
			if r.Position == b.twice {
				b.attended(a, r.Position)
			}
		}
	}
	count := len(r.Events)
	if r.Position == b.refuse {
		count = 0
	}
	b.messages.Add(message{r.Position, count})
	return nil
}

func (b *markedBatch) attended(e events.SessionAttended, at events.Position) {
	for _, m := range e.Removed {
		b.marks.Close(markKey{e.Session, m.Child}, at)
	}
	for _, m := range e.Attended {
		b.marks.Open(markKey{e.Session, m.Child}, true, at)
	}
	for _, m := range e.Absent {
		b.marks.Open(markKey{e.Session, m.Child}, false, at)
	}
}

func (b *markedBatch) Apply(ctx context.Context, tx pgx.Tx) error {
	if err := b.marks.Apply(ctx, tx); err != nil {
		return err
	}
	return b.messages.Apply(ctx, tx)
}

func attended(session events.ID, children ...events.ID) events.SessionAttended {
	e := events.SessionAttended{Session: session}
	for _, c := range children {
		e.Attended = append(e.Attended, events.Mark{Child: c})
	}
	return e
}

func removed(session events.ID, children ...events.ID) events.SessionAttended {
	e := events.SessionAttended{Session: session}
	for _, c := range children {
		e.Removed = append(e.Removed, events.Mark{Child: c})
	}
	return e
}
