package backoffice_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"rackvidd/events"
	"rackvidd/projections/projectiontest"
	"rackvidd/projections/reach"
	"rackvidd/services/audit"
	"rackvidd/services/backoffice"
	"rackvidd/services/casework"
	"rackvidd/services/projector"
	"rackvidd/services/surveying"
)

func TestMain(m *testing.M) { projectiontest.Main(m) }

const örebro = events.Municipality("1880")

// People of the back office.
var anna, bo = events.ID{1}, events.ID{2}

var january = time.Date(2022, 2, 10, 9, 0, 0, 0, time.UTC)

// house is a back office with a log and read models behind it.
type house struct {
	*backoffice.Service
	t        testing.TB
	story    *projectiontest.Story
	national *national
	asked    surveying.Asked
}

func newHouse(t testing.TB) *house {
	t.Helper()
	if t, ok := t.(*testing.T); ok {
		t.Parallel()
	}
	h := &house{t: t, story: projectiontest.NewStory(t, örebro), national: &national{}, asked: surveying.Asked{Municipality: örebro, Year: 2021, Language: surveying.English}}
	pool := projectiontest.Pool(t)
	if err := backoffice.Install(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	h.Service = &backoffice.Service{
		Counts: new(reach.Counts),
		Log:    h.story.Log, Pool: pool, Reading: projectiontest.Reading(t, pool), Forms: forms(t), National: h.national, Program: "test", Today: func() events.Day { return events.DayOf(january) },
		Recount: func(ctx context.Context, m events.Municipality, d reach.Definition, year events.Year, at events.Position) (reach.Figures, error) {
			return audit.Recount(ctx, audit.Deps{Log: h.story.Log, Pool: h.Reading}, m, d, year, at)
		},
	}
	following, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		projector.Service{Log: h.story.Log, Pool: pool, Logger: slog.New(slog.DiscardHandler)}.Run(following)
	}()
	t.Cleanup(func() { stop(); <-ended })
	return h
}

func forms(t testing.TB) surveying.Collection {
	t.Helper()
	definitions := make(surveying.Definitions)
	for _, d := range reach.Definitions {
		definitions[d.ID] = d.MaxAge
	}
	list, err := surveying.LoadForms(definitions, surveying.BuiltIn())
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// national is the national level; while it is away it takes nothing.
type national struct {
	sync.Mutex
	away     bool
	children int // in the municipality; 0: 30,000
	received []events.AnswerReceived
}

func (n *national) Receive(_ context.Context, _ events.Command, answers []events.AnswerReceived) (events.Position, error) {
	n.Lock()
	defer n.Unlock()
	if n.away {
		return 0, errors.New("the national log is away")
	}
	for _, a := range answers {
		if !slices.ContainsFunc(n.received, func(b events.AnswerReceived) bool {
			return b.Year == a.Year && b.Municipality == a.Municipality && b.Version >= a.Version
		}) {
			n.received = append(n.received, a)
		}
	}
	return 0, nil
}

func (n *national) Coverage(context.Context, events.Municipality, events.Year, int, ...int) ([]reach.Coverage, error) {
	return []reach.Coverage{}, nil
}

func (n *national) Population(context.Context, events.Municipality, events.Year) (int, error) {
	n.Lock()
	defer n.Unlock()
	return cmp.Or(n.children, 30_000), nil
}

func (n *national) all() []events.AnswerReceived {
	n.Lock()
	defer n.Unlock()
	return slices.Clone(n.received)
}

func (n *national) setAway(away bool) {
	n.Lock()
	defer n.Unlock()
	n.away = away
}

// evening records that some children came to a group, and waits until the figures show it.
func (h *house) evening(id byte, day events.Day, children ...byte) {
	h.t.Helper()
	session := events.ID{0xee, id}
	var marks []events.Mark
	for _, c := range children {
		marks = append(marks, events.Mark{Child: events.ID{0xcc, c}, BirthYear: 2010})
	}
	h.story.Happens(events.SessionOf(session), events.SessionOpened{Session: session, Programme: "sputnik", Form: events.SupportGroup, HeldOn: day})
	h.shown(h.story.Happens(events.SessionOf(session), events.SessionAttended{Session: session, Attended: marks}))
}

// leaves takes a child out of a session's register.
func (h *house) leaves(id, child byte) {
	h.t.Helper()
	session := events.ID{0xee, id}
	mark := events.Mark{Child: events.ID{0xcc, child}, BirthYear: 2010}
	h.shown(h.story.Happens(events.SessionOf(session), events.SessionAttended{Session: session, Removed: []events.Mark{mark}}))
}

func (h *house) shown(at events.Position) {
	h.t.Helper()
	if err := projector.Visible(h.t.Context(), h.Pool, örebro, at); err != nil {
		h.t.Fatal(err)
	}
}

// sputnik is a programme that six children came to, two evenings.
func (h *house) sputnik() {
	h.t.Helper()
	h.offered()
	h.evening(1, events.Date(2021, 3, 1), 1, 2, 3, 4, 5, 6)
	h.evening(2, events.Date(2021, 3, 8), 1, 2, 3)
}

// offered is a programme that nobody has come to yet.
func (h *house) offered() {
	h.t.Helper()
	h.story.Happens(events.ProgrammeOf("sputnik"), events.ProgrammeRegistered{
		Programme: "sputnik", Name: "Sputnik", Forms: []events.Form{events.SupportGroup}, Organiser: "municipality",
		Target: events.SubstanceAbuse, Identity: events.Linked, ValidFrom: events.Date(2020, 1, 1),
	})
}

func command(who events.ID) events.Command {
	id := uuid.New()
	return events.Command{ID: id, Actor: who, Digest: id.String(), Time: january}
}

func anyVersion(*events.Deciding) error { return nil }

func (h *house) open() surveying.Sheet {
	h.t.Helper()
	sheet, _, err := h.Open(h.t.Context(), h.asked)
	if err != nil {
		h.t.Fatal(err)
	}
	return sheet
}

// done wants a decision to have been taken, and waits until the read models have seen it.
func (h *house) done(o surveying.Outcome, err error) surveying.Outcome {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
	h.shown(o.Position)
	return o
}

func (h *house) answers(who events.ID, g surveying.Given) surveying.Outcome {
	h.t.Helper()
	return h.done(h.Answer(h.t.Context(), h.asked, command(who), anyVersion, g))
}

// explains answers what people alone know and comments on every warning.
func (h *house) explains(who events.ID) {
	h.t.Helper()
	g := surveying.Given{Answers: []surveying.GivenAnswer{{Question: "Q6", Status: events.ChoicesAnswer, Choices: []events.Choice{"cooperation", "information", "funding"}}}}
	for _, c := range h.open().Checks {
		if c.Severity == surveying.Warning && c.Rule != "S21" {
			g.Comments = append(g.Comments, surveying.GivenComment{Rule: c.Rule, Comment: "that is as it should be"})
		}
	}
	h.answers(who, g)
}

func (h *house) checks(who events.ID) surveying.Outcome {
	h.t.Helper()
	return h.done(h.Check(h.t.Context(), h.asked, command(who), anyVersion))
}

func (h *house) approves(who events.ID) surveying.Outcome {
	h.t.Helper()
	return h.done(h.Approve(h.t.Context(), h.asked, command(who), anyVersion))
}

func (h *house) submits(who events.ID) surveying.Outcome {
	h.t.Helper()
	return h.done(h.Submit(h.t.Context(), h.asked, command(who), anyVersion))
}

// submitted is a house whose survey Anna prepared, Bo approved and Anna submitted.
func submitted(t testing.TB) *house {
	t.Helper()
	h := newHouse(t)
	h.sputnik()
	h.explains(anna)
	h.checks(anna)
	h.approves(bo)
	h.submits(anna)
	return h
}

// refused wants a decision to be refused with a code.
func refused(t testing.TB, err error, code string) {
	t.Helper()
	var r *casework.Refusal
	if !errors.As(err, &r) || r.Code != code {
		t.Errorf("%v, want a refusal %s", err, code)
	}
}

func to(s surveying.Sheet, q events.Question) surveying.Answer {
	for _, a := range s.Answers {
		if a.Question == q {
			return a
		}
	}
	return surveying.Answer{}
}

func found(s surveying.Sheet) (list []string) {
	for _, c := range s.Checks {
		list = append(list, fmt.Sprintf("%s %s", c.Rule, c.Severity))
	}
	return list
}

// texts is how many texts are kept.
func (h *house) texts() (n int) {
	h.t.Helper()
	if err := h.Pool.QueryRow(h.t.Context(), `SELECT count(*) FROM backoffice.wording`).Scan(&n); err != nil {
		h.t.Fatal(err)
	}
	return n
}
