package intake_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/reach"
	"rackvidd/services/intake"
)

// notes are the records of programmes that keep changing them: in few sessions of few children, so that many say what others say too.
type notes struct {
	*rand.Rand
	records []string
}

func (n *notes) one(record int) string {
	id, day, child := fmt.Sprint("r", record), events.Date(2021, 3, 1)+events.Day(n.IntN(6)), fmt.Sprint("c", n.IntN(8))
	of, session := n.among("p", "q")+","+n.among("camp", "counselling"), n.among("", "s")
	home, role, target := n.among("", "", "1485"), n.among("", "adult"), n.among("", "", "other")
	switch n.IntN(9) {
	case 0:
		return fmt.Sprintf("%s,referral_received,%s,%s,,,%s,,,,,,,,,\n", id, day, child, n.among("school", "self"))
	case 1:
		return fmt.Sprintf("%s,child_enrolled,%s,%s,%s,,,,,,,%s,,%s,\n", id, day, child, of, home, target)
	case 2:
		return fmt.Sprintf("%s,session_attended,%s,,%s,,,,,,%s,,%d,%s,%s\n", id, day, of, role, 1+n.IntN(3), target, session)
	case 3:
		return fmt.Sprintf("%s,session_cancelled,%s,,%s,,,,,,,,,,%s\n", id, day, of, session)
	}
	return fmt.Sprintf("%s,session_attended,%s,%s,%s,,,,,,%s,%s,,%s,%s\n", id, day, child, of, role, home, target, session)
}

func (n *notes) among(words ...string) string { return words[n.IntN(len(words))] }

// file changes one record of so many, and has all of them in any order.
func (n *notes) file(of int) string {
	for i := range n.records {
		if n.IntN(of) == 0 {
			n.records[i] = n.one(i)
		}
	}
	rows := slices.Clone(n.records)
	n.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	return heading + strings.Join(rows, "")
}

func TestAFileOfCorrectionsComesToWhatItWouldHaveSaidAtFirst(t *testing.T) {
	h, n := newHouse(t), &notes{rand.New(rand.NewPCG(11, 5)), make([]string, 60)}
	bring := func(m events.Municipality, file string, options ...func(*intake.Request)) intake.Summary {
		r := intake.Request{Body: strings.NewReader(file)}
		for _, o := range options {
			o(&r)
		}
		s, err := h.Import(t.Context(), m, r)
		check(t, err)
		s.Position, s.Made.Children = 0, nil // of a dry run alone
		return s
	}
	bring("1880", n.file(1))
	for round, other := range []events.Municipality{"0114", "0115", "0117", "0120", "0123", "0125", "0126", "0127", "0128", "0136"} {
		file := n.file(6)
		rehearsed, s := bring("1880", file, update, dryRun), bring("1880", file, update)
		if diff := cmp.Diff(rehearsed, s); diff != "" || s.Recorded == 0 || len(s.Rejected) > 0 {
			t.Errorf("round %d: %+v, rehearsed otherwise: %s", round, s, diff)
		}
		if again := bring("1880", file, update); again.Recorded != 0 {
			t.Errorf("round %d, the same file again: %+v", round, again)
		}
		bring(other, file)
		for _, definition := range []string{"reach/v3", "groups/v1", "enrolled/v1"} {
			if diff := cmp.Diff(h.counted(t, other, definition), h.counted(t, "1880", definition)); diff != "" {
				t.Errorf("round %d, %s: %s", round, definition, diff)
			}
		}
	}
}

// counted are the figures of 2021, without what says whose they are and in which order records came.
func (h *house) counted(t testing.TB, m events.Municipality, definition string) (f reach.Figures) {
	t.Helper()
	head, err := h.log.Head(t.Context(), m)
	check(t, err)
	d, err := reach.Named(definition)
	check(t, err)
	check(t, projections.View(t.Context(), h.pool, "reach", m, head, func(tx pgx.Tx, at projections.Checkpoint) error {
		e, err := reach.Gather(t.Context(), tx, m, reach.CalendarYear(2021), at.Position)
		f = reach.Compute(e, d, reach.CalendarYear(2021), 0)
		return err
	}))
	f.Municipality, f.Position = "", 0
	for i := range f.ByChannel {
		f.ByChannel[i].First = 0 // referrals of one day are told apart by their positions
	}
	return f
}
