package simulate

import (
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"rackvidd/events"
)

// ExampleSeed is the seed of the committed files of deploy/example.
const ExampleSeed = 2025

// ExampleYear writes a year in Örebro, small enough to look through: the programme sputnik with groups, talks and
// families, the open preschool smilla, and a summer camp. Children have local ids alone.
func ExampleYear(w io.Writer, seed int) error {
	e := newExample(w, seed)
	e.groups()
	e.talks()
	e.families()
	e.mornings()
	e.camp()
	e.inThreeForms()
	e.release()
	return e.journal.close()
}

// example is the cast of the year.
type example struct {
	*journal
	sputnik, smilla, summer *programme
	children, parents       int
	members                 []*person // of the groups
}

func newExample(w io.Writer, seed int) *example {
	j := newJournal(w, rand.New(rand.NewPCG(uint64(seed), 1880)))
	j.sorting = true
	return &example{
		journal: j, sputnik: &programme{journal: j, name: "sputnik"}, smilla: &programme{journal: j, name: "smilla"},
		summer: &programme{journal: j, name: "sommarlager"},
	}
}

// child makes up a child that is so old in the year.
func (e *example) child(youngest, oldest int) *person {
	e.children++
	p := &person{id: fmt.Sprintf("b-%03d", e.children), born: 2025 - e.between(youngest, oldest), gender: weighted(e.journal, genders)}
	if e.chance(0.05) {
		p.born = 0
	}
	return p
}

func (e *example) parent() *person {
	e.parents++
	return &person{id: fmt.Sprintf("v-%03d", e.parents), adult: true}
}

func (e *example) several(n, youngest, oldest int) []*person {
	children := make([]*person, n)
	for i := range children {
		children[i] = e.child(youngest, oldest)
	}
	return children
}

// groups are four in spring and five in autumn; the last has too few registered and is never held.
func (e *example) groups() {
	for i, start := range []events.Day{
		events.Date(2025, time.January, 21), events.Date(2025, time.January, 23), events.Date(2025, time.February, 5), events.Date(2025, time.February, 11),
		events.Date(2025, time.September, 2), events.Date(2025, time.September, 4), events.Date(2025, time.September, 9), events.Date(2025, time.September, 10),
		events.Date(2025, time.September, 17),
	} {
		young := 7 + 3*(i%3)
		children := e.several(e.between(6, 8), young, young+3)
		held := i < 8
		switch {
		case !held:
			children = children[:3]
		case i == 1: // a mixed group: one child is there for another reason, and two come from Lindesberg and Kumla
			children[0].elsewhere, children[1].home, children[2].home = true, "1885", "1881"
		case i == 2: // the oldest come of age, or have
			children[0].born, children[1].born = 2007, 2006
		case i == 5: // came back from the spring
			children[0], children[1] = e.members[0], e.members[3]
		}
		e.sputnik.group(e.referred(children, start), start, held)
		e.members = append(e.members, children...)
	}
}

// referred is most of the children of a group: some come without a referral, and some of the referred get no place.
func (e *example) referred(children []*person, start events.Day) (placed []*person) {
	for _, c := range children {
		if c.home != "" || e.chance(0.3) || e.sputnik.refer(c, events.SupportGroup, weighted(e.journal, channels), start-events.Day(e.between(3, 16))) {
			placed = append(placed, c)
		}
	}
	return placed
}

// talks are with children who wait for a group, who are in one, and who come for that alone; some say no name.
func (e *example) talks() {
	for range 24 {
		start := events.Date(2025, time.Month(e.between(1, 11)), e.between(1, 28))
		c := e.child(6, 17)
		if e.chance(0.5) || e.sputnik.refer(c, events.Counselling, weighted(e.journal, channels), start) {
			e.sputnik.talks(c, events.Counselling, start, e.between(3, 9))
		}
	}
	for _, i := range []int{2, 5, 9, 14, 20, 26} {
		e.sputnik.talks(e.members[i], events.Counselling, events.Date(2025, time.Month(3+i%7), 12), e.between(2, 5))
	}
	for month := time.February; month <= time.November; month++ {
		if month != time.July {
			e.sputnik.count(1, events.Counselling, e.sputnik.newSession(), events.Date(2025, month, e.between(1, 28)))
		}
	}
}

// families are siblings with a parent or two; half have a child in a group.
func (e *example) families() {
	for i := range 12 {
		children := e.several(e.between(1, 2), 4, 15)
		if i%2 == 0 {
			children = append(children, e.members[3+4*i%30])
		}
		parents := []*person{e.parent()}
		if i%3 == 0 {
			parents = append(parents, e.parent())
		}
		e.sputnik.family(children, parents, events.Date(2025, time.Month(1+i%10), e.between(3, 25)), e.between(3, 6))
	}
}

// mornings are smilla's, in both terms; the mothers are not counted as children, nor reached by themselves.
func (e *example) mornings() {
	var families []family
	for range 14 {
		families = append(families, family{e.parent(), e.several(e.between(1, 2), 0, 4)})
	}
	e.smilla.openPreschool(families[:9], events.Date(2025, time.January, 15), 18)
	e.smilla.openPreschool(families[4:], events.Date(2025, time.September, 3), 14)
}

func (e *example) camp() {
	children := append(e.several(8, 8, 14), e.members[0], e.members[8], e.members[12], e.members[22])
	guest := e.child(9, 13)
	guest.home = "1882"
	e.summer.camp(append(children, guest), events.Date(2025, time.June, 24), 5)
}

// inThreeForms: the first child of the first group was at the camp, and is met with its family and alone.
func (e *example) inThreeForms() {
	e.sputnik.talks(e.members[0], events.Counselling, events.Date(2025, time.October, 7), 4)
}
