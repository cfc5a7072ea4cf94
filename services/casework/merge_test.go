package casework_test

import (
	"testing"

	"pgregory.net/rapid"

	"rackvidd/events"
	"rackvidd/services/casework"
)

func TestAMerge(t *testing.T) {
	merge := entry(bo, 1)
	merged := events.CaseMerged{Merge: merge, Into: anna}
	for _, c := range []struct {
		name       string
		keep, gone *casework.Case
		merge      events.Entry
		then       string // "" : merged
	}{
		{"makes one child of two", casework.NewCase(), casework.NewCase(), merge, ""},
		{"of a child with itself is refused", casework.NewCase(), casework.NewCase(), entry(anna, 1), "same_child"},
		{"is made once", casework.NewCase(), given(casework.NewCase(), merged), merge, "merged_already"},
		{"of a child that counts as another is refused", casework.NewCase(), given(casework.NewCase(), events.CaseMerged{Merge: merge, Into: cleo}), merge, "merged_elsewhere"},
		{"into a child that counts as another is refused", given(casework.NewCase(), events.CaseMerged{Merge: entry(anna, 2), Into: cleo}), casework.NewCase(), merge, "keep_is_merged"},
		{"of a child that others count as is made", casework.NewCase(), given(casework.NewCase(), events.CaseAbsorbed{Merge: entry(cleo, 1), Child: cleo}), merge, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			forKeep, forGone, err := casework.Merge(c.keep, c.gone, c.merge, anna)
			if c.then != "" {
				then(t, append(forKeep, forGone...), err, c.then)
				return
			}
			then(t, forKeep, err, events.CaseAbsorbed{Merge: merge, Child: bo})
			then(t, forGone, err, merged)
		})
	}
}

func TestAMergeIsUndone(t *testing.T) {
	merge := entry(bo, 1)
	merged, absorbed := events.CaseMerged{Merge: merge, Into: anna}, events.CaseAbsorbed{Merge: merge, Child: bo}
	for _, c := range []struct {
		name       string
		keep, gone []events.Event
		then       string // "" : undone
	}{
		{"and each counts as itself again", []events.Event{absorbed}, []events.Event{merged}, ""},
		{"once", nil, []events.Event{merged, events.MergeUndone{Merge: merge, Into: anna}}, "unknown_merge"},
		{"not when it was never made", nil, nil, "unknown_merge"},
		{"not when the one was erased", []events.Event{absorbed}, []events.Event{merged, events.IdentityErased{Child: bo}}, "identity_erased"},
		{"not when the other was", []events.Event{absorbed, events.IdentityErased{Child: anna}}, []events.Event{merged}, "identity_erased"},
	} {
		t.Run(c.name, func(t *testing.T) {
			forKeep, forGone, err := casework.UndoMerge(given(casework.NewCase(), c.keep...), given(casework.NewCase(), c.gone...), merge, "wrong_child")
			if c.then != "" {
				then(t, append(forKeep, forGone...), err, c.then)
				return
			}
			then(t, forKeep, err, events.AbsorptionUndone{Merge: merge, Child: bo})
			then(t, forGone, err, events.MergeUndone{Merge: merge, Into: anna, Reason: "wrong_child"})
		})
	}
}

func TestAnIdentityIsErasedOnce(t *testing.T) {
	c := casework.NewCase()
	then(t, c.Erase(events.IdentityErased{Child: anna}), nil, events.IdentityErased{Child: anna})
	given(c, c.Erase(events.IdentityErased{Child: anna})...)
	then(t, c.Erase(events.IdentityErased{Child: anna}), nil)
}

func TestMergesAndUndoneMergesAreAlwaysAForest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cases := make(map[events.ID]*casework.Case)
		for n := range byte(6) {
			cases[events.ID{n + 1}] = casework.NewCase()
		}
		child := rapid.Map(rapid.IntRange(1, 6), func(n int) events.ID { return events.ID{byte(n)} })
		for n := range byte(rapid.IntRange(1, 30).Draw(t, "steps")) {
			keep, gone := child.Draw(t, "keep"), child.Draw(t, "merge")
			undo := rapid.Bool().Draw(t, "undo")
			merge := entry(gone, n)
			if undo {
				merge, keep = cases[gone].MergedBy, cases[gone].MergedInto
			}
			var forKeep, forGone []events.Event
			var err error
			switch {
			case undo && keep.IsZero():
				continue
			case undo:
				forKeep, forGone, err = casework.UndoMerge(cases[keep], cases[gone], merge, "other")
			default:
				forKeep, forGone, err = casework.Merge(cases[keep], cases[gone], merge, keep)
			}
			if err == nil {
				given(cases[keep], forKeep...)
				given(cases[gone], forGone...)
			}
			for start := range cases {
				steps := 0
				for at := start; !cases[at].MergedInto.IsZero(); at = cases[at].MergedInto {
					if _, known := cases[cases[at].MergedInto].Absorbed[at]; !known || steps > len(cases) {
						t.Fatalf("from %s the merges go in a circle, or one side knows nothing of it", start)
					}
					steps++
				}
			}
		}
	})
}
