package register_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/projectiontest"
	"rackvidd/projections/register"
)

func TestWhetherAnythingChangedIsFoundByIndexesAlone(t *testing.T) {
	pool := projectiontest.Pool(t)
	reading := projectiontest.Reading(t, pool)
	s := projectiontest.NewStory(t, örebro)
	s.Happens(events.SessionOf(one), opened(one, 1), events.SessionAttended{Session: one, Attended: mark(anna)})
	if err := projections.Rebuild(t.Context(), s.Log, pool, register.Projection{}, örebro, nil); err != nil {
		t.Fatal(err)
	}
	err := projections.View(t.Context(), reading, register.Projection{}.Name(), örebro, 0, func(tx pgx.Tx, _ projections.Checkpoint) error {
		if _, err := tx.Exec(t.Context(), "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"); err != nil {
			return err
		}
		for query, indexes := range map[string]int{register.ChangedOfQuery: 11, register.ChangedForQuery: 3} {
			rows, _ := tx.Query(t.Context(), "EXPLAIN "+query, 0, [16]byte(group))
			plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				return err
			}
			if text := strings.Join(plan, "\n"); strings.Contains(text, "Seq Scan") || strings.Count(text, "Index Cond") != indexes {
				t.Errorf("\n%s", text)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAnOccasionChangesItsGroupAndTheChildrenInItsRegisterAlone(t *testing.T) {
	s := projectiontest.NewStory(t, örebro)
	before := s.Happens(events.SessionOf(one), opened(one, 1), events.SessionAttended{Session: one, Attended: mark(anna)})
	marked := s.Happens(events.SessionOf(one), events.SessionAttended{Session: one, Attended: mark(bo)})
	cancelled := s.Happens(events.SessionOf(one), events.SessionCancelled{Session: one})
	reinstated := s.Happens(events.SessionOf(one), events.SessionReinstated{Session: one, Reason: "other"})
	projectiontest.Show(t, projectiontest.Pool(t), register.Projection{}, s, func(tx pgx.Tx) {
		for _, want := range []struct {
			after           events.Position
			group, anna, bo bool
		}{{0, true, true, true}, {before, true, true, true}, {marked, true, true, true}, {cancelled, true, true, true}, {reinstated, false, false, false}} {
			ofGroup, err := register.ChangedOf(t.Context(), tx, want.after, group)
			ofAnna, err2 := register.ChangedFor(t.Context(), tx, want.after, anna)
			ofBo, err3 := register.ChangedFor(t.Context(), tx, want.after, bo)
			other, err4 := register.ChangedFor(t.Context(), tx, want.after, cilla)
			if err != nil || err2 != nil || err3 != nil || err4 != nil || ofGroup != want.group || ofAnna != want.anna || ofBo != want.bo || other {
				t.Errorf("after %d: the group %v, anna %v, bo %v, cilla %v: %v %v %v %v", want.after, ofGroup, ofAnna, ofBo, other, err, err2, err3, err4)
			}
		}
	})
}

func TestAGroupChangesWhenWhoIsInItOrInItsRegistersIsFoundToBeAnotherOrForgotten(t *testing.T) {
	dan, eva := events.ID{0xc4}, events.ID{0xc5}
	s := projectiontest.NewStory(t, örebro)
	s.Happens(events.GroupOf(group), events.GroupFormed{Group: group, Programme: "sputnik", Form: events.SupportGroup}, events.GroupMembersChanged{Group: group, Joined: []events.ID{anna}})
	s.Happens(events.SessionOf(one), opened(one, 1), events.SessionAttended{Session: one, Attended: mark(bo)})
	merge := func(child, into events.ID, n byte) events.Event {
		return events.CaseMerged{Merge: entry(child, n), Into: into}
	}
	type step struct {
		what    string
		of      events.ID
		does    events.Event
		changes bool
	}
	steps := []step{
		{"others are merged", dan, merge(dan, eva, 1), false},
		{"and apart again", dan, events.MergeUndone{Merge: entry(dan, 1), Into: eva, Reason: "other"}, false},
		{"another is the one in it", dan, merge(dan, anna, 2), false},
		{"who is in it is another", anna, merge(anna, cilla, 1), true},
		{"who is a third", cilla, merge(cilla, eva, 1), true},
		{"and is not", cilla, events.MergeUndone{Merge: entry(cilla, 1), Into: eva, Reason: "other"}, true},
		{"nor is the first the other", anna, events.MergeUndone{Merge: entry(anna, 1), Into: cilla, Reason: "other"}, true},
		{"which is none of it then", cilla, merge(cilla, eva, 2), false},
		{"who walked in is another", bo, merge(bo, dan, 1), true},
		{"somebody else is forgotten", eva, events.IdentityErased{Child: eva}, false},
		{"as is who is in it", anna, events.IdentityErased{Child: anna}, true},
		{"and as whom one counts who is in it", dan, events.IdentityErased{Child: dan}, true},
	}
	for _, one := range steps {
		before := events.Position(len(s.Messages()))
		s.Happens(events.CaseOf(one.of), one.does)
		projectiontest.Show(t, projectiontest.Pool(t), register.Projection{}, s, func(tx pgx.Tx) {
			if changed, err := register.ChangedOf(t.Context(), tx, before, group); err != nil || changed != one.changes {
				t.Errorf("%s: it changed: %v, not %v (%v)", one.what, changed, one.changes, err)
			}
		})
	}
}
