package casework_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rackvidd/events"
	"rackvidd/services/casework"
)

// counting is one count of heads, of children or of adults.
type counting struct {
	role events.Role
	n    events.Count
	at   events.Instant
}

func (c counting) heads() casework.Heads {
	if c.role == events.AdultRole {
		return casework.Heads{Adults: &c.n}
	}
	return casework.Heads{Children: &c.n}
}

const noon = events.Instant(1_741_089_600_000) // 4 March 2025, 12.00

func counted(s *casework.Session) string {
	return fmt.Sprintf("%d children, %d adults", s.Heads(events.ChildRole), s.Heads(events.AdultRole))
}

func TestHeadsAreCountedByThemselves(t *testing.T) {
	three, five, none := events.Count(3), events.Count(5), events.Count(0)
	recorded := events.SessionAttended{Session: evening, Counted: []events.HeadCount{{Entry: entry(evening, 9), Count: 4, Record: record(1)}}}
	whole := events.SessionAttended{Session: evening, RegisterAt: noon, Counted: []events.HeadCount{{Entry: entry(evening, 1), Count: 2}}}
	for _, c := range []struct {
		name  string
		given []events.Event
		when  casework.Heads
		at    events.Instant
		then  string
	}{
		{"children", nil, casework.Heads{Children: &three}, noon, "3 children, 0 adults"},
		{"adults, and the children stay", []events.Event{recorded}, casework.Heads{Adults: &five}, noon, "4 children, 5 adults"},
		{"both", nil, casework.Heads{Children: &three, Adults: &five}, noon, "3 children, 5 adults"},
		{"anew what a record counted", []events.Event{recorded}, casework.Heads{Children: &three}, noon, "3 children, 0 adults"},
		{"after the register was stated whole", []events.Event{whole}, casework.Heads{Children: &three}, noon + 1, "3 children, 0 adults"},
		{"before it was stated whole, which stands", []events.Event{whole}, casework.Heads{Children: &three}, noon - 1, "2 children, 0 adults"},
		{"nobody came after all", []events.Event{whole}, casework.Heads{Children: &none}, noon + 1, "0 children, 0 adults"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := given(casework.NewSession(), append([]events.Event{opened}, c.given...)...)
			list, err := s.CountHeads(c.when, c.at)
			if err != nil {
				t.Fatal(err)
			}
			if got := counted(given(s, list...)); got != c.then {
				t.Errorf("%s, not %s", got, c.then)
			}
			if again, err := s.CountHeads(c.when, c.at); err != nil || len(again) > 0 {
				t.Errorf("the same once more says %v, %v", again, err)
			}
		})
	}
	cancelled := given(casework.NewSession(), opened, events.SessionCancelled{Session: evening})
	if _, err := cancelled.CountHeads(casework.Heads{Children: &three}, noon); err == nil {
		t.Error("somebody came to a cancelled evening")
	}
}

func TestACountWithoutATimeComesAfterWhatWasCountedByAClockThatIsAhead(t *testing.T) {
	none, four := events.Count(0), events.Count(4)
	s := given(casework.NewSession(), opened)
	for _, one := range []struct {
		says   casework.Heads
		now    events.Instant // 0: it says a time
		at     events.Instant
		stands string
	}{
		{says: casework.Heads{Children: &four}, at: noon + 1000, stands: "4 children, 0 adults"},
		{says: casework.Heads{Children: &none, Adults: &four}, now: noon, stands: "0 children, 4 adults"},
		{says: casework.Heads{Children: &four}, at: noon + 1000, stands: "0 children, 4 adults"}, // the first once more
		{says: casework.Heads{Adults: &none}, at: noon + 1, stands: "0 children, 0 adults"},      // nothing put them ahead
		{says: casework.Heads{Adults: &four}, now: noon + 1, stands: "0 children, 4 adults"},
		{says: casework.Heads{Adults: &none}, now: noon + 1, stands: "0 children, 0 adults"}, // in the same millisecond
	} {
		decide, at := s.CountHeads, one.at
		if one.now != 0 {
			decide, at = s.CountHeadsNow, one.now
		}
		list, err := decide(one.says, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := counted(given(s, list...)); got != one.stands {
			t.Errorf("%s, not %s", got, one.stands)
		}
	}
}

func TestTheSameNumberCountedAgainSaysNothingElseOfThoseWhoCame(t *testing.T) {
	one := func(role events.Role) events.HeadCount {
		return events.HeadCount{Entry: entry(evening, 9), Count: 3, Role: role, Target: events.OtherTarget, Record: record(1)}
	}
	for _, role := range []events.Role{events.ChildRole, events.AdultRole} {
		recorded := one(role)
		s := given(casework.NewSession(), opened, events.SessionAttended{Session: evening, HomeMunicipality: "1881", Counted: []events.HeadCount{recorded}})
		list, err := s.CountHeads(counting{role, 3, noon}.heads(), noon)
		if err != nil {
			t.Fatal(err)
		}
		given(s, list...)
		stands := s.Counts[recorded.Entry]
		if recorded.HomeMunicipality = "1881"; len(s.Counts) != 1 || stands != recorded {
			t.Errorf("%s: %+v stands, not %+v", role, s.Counts, recorded)
		}
		if earlier, err := s.CountHeads(counting{role, 5, noon - 1}.heads(), noon-1); err != nil || len(earlier) > 0 {
			t.Errorf("%s: a count from before says %v, %v", role, earlier, err)
		}
	}
}

func TestCountedAnewTheySayWhyAndFromWhereTheyCameAsBefore(t *testing.T) {
	of := func(n byte, target events.Target, home events.Municipality) events.HeadCount {
		return events.HeadCount{Entry: entry(evening, n), Count: 2, Target: target, HomeMunicipality: home, Record: record(n)}
	}
	count := func(n events.Count, at events.Instant) func(*casework.Session) ([]events.Event, error) {
		return func(s *casework.Session) ([]events.Event, error) {
			return s.CountHeads(casework.Heads{Children: &n}, at)
		}
	}
	state := func(n events.Count) func(*casework.Session) ([]events.Event, error) {
		return func(s *casework.Session) ([]events.Event, error) {
			return s.State(casework.Register{Unidentified: n}, noon)
		}
	}
	other := of(11, events.OtherTarget, "1881")
	for _, c := range []struct {
		name  string
		given []events.HeadCount
		when  []func(*casework.Session) ([]events.Event, error)
		then  string
	}{
		{"by themselves", []events.HeadCount{other}, []func(*casework.Session) ([]events.Event, error){count(5, noon)}, "5 other 1881"},
		{"in a whole register", []events.HeadCount{other}, []func(*casework.Session) ([]events.Event, error){state(5)}, "5 other 1881"},
		{"where records agree", []events.HeadCount{other, of(12, events.OtherTarget, "1881")}, []func(*casework.Session) ([]events.Event, error){count(5, noon)}, "5 other 1881"},
		{"where records do not agree, of nothing", []events.HeadCount{other, of(12, events.SubstanceAbuse, "1881")}, []func(*casework.Session) ([]events.Event, error){count(5, noon)}, "5  "},
		{"after nobody", []events.HeadCount{other}, []func(*casework.Session) ([]events.Event, error){count(0, noon), count(5, noon+1)}, "5 other 1881"},
		{"after nobody, twice", []events.HeadCount{other}, []func(*casework.Session) ([]events.Event, error){count(0, noon), count(0, noon+1), count(5, noon+2)}, "5 other 1881"},
		{"after a whole register with nobody", []events.HeadCount{other}, []func(*casework.Session) ([]events.Event, error){state(0), count(5, noon+1)}, "5 other 1881"},
		{"that nobody counted before", nil, []func(*casework.Session) ([]events.Event, error){count(5, noon)}, "5  "},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := given(casework.NewSession(), opened)
			if len(c.given) > 0 {
				given(s, events.SessionAttended{Session: evening, Counted: c.given})
			}
			for _, decide := range c.when {
				list, err := decide(s)
				if err != nil {
					t.Fatal(err)
				}
				given(s, list...)
			}
			for _, stands := range s.Counts {
				if got := fmt.Sprint(stands.Count, " ", stands.Target, " ", stands.HomeMunicipality); got != c.then || len(s.Counts) != 1 {
					t.Errorf("%q of %d counts, not %q", got, len(s.Counts), c.then)
				}
			}
		})
	}
}

func TestCountsInAnyOrderAndMoreThanOnceAreAsIfMadeOnceInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(anyCounting(), 1, 8).Draw(t, "all")
		inOrder := slices.Clone(all)
		slices.SortStableFunc(inOrder, func(a, b counting) int { return int(a.at - b.at) })
		repeated := slices.Concat(all, rapid.SliceOfN(rapid.SampledFrom(all), 0, 4).Draw(t, "repeated"))
		if a, b := playCounts(t, inOrder, nil), playCounts(t, rapid.Permutation(repeated).Draw(t, "shuffled"), nil); a != b {
			t.Fatalf("in order %s, shuffled and repeated %s", a, b)
		}
	})
}

func TestNoCountFromBeforeUndoesAWholeRegisterWheneverItComes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := &casework.Register{Unidentified: events.Count(rapid.IntRange(0, 2).Draw(t, "children")), Adults: events.Count(rapid.IntRange(0, 2).Draw(t, "adults"))}
		before := rapid.SliceOfN(anyCounting(), 0, 6).Draw(t, "before")
		after := rapid.SliceOfN(anyCounting(), 0, 3).Draw(t, "after")
		for i := range after {
			after[i].at += statedAfter
		}
		inTime := rapid.IntRange(0, len(before)).Draw(t, "in time")
		late := slices.Concat(before[inTime:], after)
		if len(late) > 0 {
			late = rapid.Permutation(late).Draw(t, "late")
		}
		a := playCounts(t, before, whole, after...)
		if b := playCounts(t, before[:inTime], whole, late...); a != b {
			t.Fatalf("where all came in time %s, where some came late %s", a, b)
		}
	})
}

// statedAfter is how long after the first counts a register is stated whole, later than all of them.
const statedAfter = 5

func anyCounting() *rapid.Generator[counting] {
	return rapid.Custom(func(t *rapid.T) counting {
		return counting{
			rapid.SampledFrom([]events.Role{events.ChildRole, events.AdultRole}).Draw(t, "role"), events.Count(rapid.IntRange(0, 4).Draw(t, "n")),
			noon + 1 + events.Instant(rapid.IntRange(0, statedAfter-2).Draw(t, "at")),
		}
	})
}

// playCounts is what is counted after some counts, a whole register where there is one, and the counts that came after it.
func playCounts(t *rapid.T, before []counting, whole *casework.Register, after ...counting) string {
	recorded := events.HeadCount{Entry: entry(evening, 9), Count: 3, Target: events.OtherTarget, Record: record(1)}
	s := given(casework.NewSession(), opened, events.SessionAttended{Session: evening, HomeMunicipality: "1881", Counted: []events.HeadCount{recorded}})
	tell := func(list []events.Event, err error) {
		if err != nil {
			t.Fatal(err)
		}
		given(s, list...)
	}
	for _, one := range before {
		tell(s.CountHeads(one.heads(), one.at))
	}
	if whole != nil {
		tell(s.State(*whole, noon+statedAfter))
	}
	for _, one := range after {
		tell(s.CountHeads(one.heads(), one.at))
	}
	said := []string{counted(s)}
	for _, c := range s.Counts {
		said = append(said, fmt.Sprintf("%d %s as %s from %s", c.Count, c.Role, c.Target, c.HomeMunicipality))
	}
	slices.Sort(said)
	return strings.Join(said, ", ")
}
