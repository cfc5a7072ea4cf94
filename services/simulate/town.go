package simulate

import (
	"fmt"
	"time"

	"rackvidd/events"
)

// town is a municipality, with its children and its programmes.
type town struct {
	*journal
	code     events.Municipality
	start    int
	years    int
	children int
	near     []events.Municipality
	known    map[int]*person
	parents  int
	groups   *programme
	talking  *programme
	open     *programme
	camping  *programme
	schools  *programme
	contact  *programme
}

func newTown(j *journal, code events.Municipality, o Options) *town {
	t := &town{journal: j, code: code, start: o.FirstYear, years: o.Years, children: o.Children, known: make(map[int]*person), near: neighbours(code)}
	for name, p := range map[string]**programme{
		"kometen": &t.groups, "lyktan": &t.talking, "vitsippan": &t.open, "sommarlager": &t.camping, "elevhalsan": &t.schools, "kontakten": &t.contact,
	} {
		*p = &programme{journal: j, name: name}
	}
	return t
}

// neighbours are the other municipalities of the county, or another county's when it has but one.
func neighbours(code events.Municipality) (near []events.Municipality) {
	own, _ := events.MunicipalityNamed(code)
	for _, m := range events.Municipalities() {
		if m.CountyCode == own.CountyCode && m.Code != code {
			near = append(near, m.Code)
		}
	}
	if len(near) == 0 {
		near = append(near, "1880")
	}
	return near
}

// child returns the child with a number, which is made up when it is first seen.
func (t *town) child(n, year int) *person {
	if p, ok := t.known[n]; ok {
		return p
	}
	born := year - t.between(1, 18)
	p := &person{id: fmt.Sprintf("b-%05d", n), born: born, gender: weighted(t.journal, genders)}
	switch {
	case t.chance(0.5):
		p.id, p.born = testNumber(born, n), 0
	case t.chance(0.06):
		p.born = 0
	}
	if t.chance(0.03) {
		p.home = t.near[t.IntN(len(t.near))]
	}
	p.elsewhere = t.chance(0.03)
	t.known[n] = p
	return p
}

var genders = []weight[string]{{"girl", 50}, {"boy", 43}, {"other", 2}, {"", 5}}

// testNumber is an identity number in the form of those that Skatteverket gives out for tests, where there are
// enough of them; a local id otherwise.
func testNumber(born, n int) string {
	const perDay, days = 2, 365
	serial := n / days
	if serial >= perDay {
		return fmt.Sprintf("b-%05d", n)
	}
	day := events.Date(born, time.January, 1+n%days).Time()
	digits := day.Format("20060102") + fmt.Sprint(238+serial)
	return digits + string(rune('0'+checkDigit(digits[2:])))
}

// checkDigit is the Luhn digit that follows nine others.
func checkDigit(nine string) int {
	sum := 0
	for i := range nine {
		d := int(nine[i]-'0') * (2 - i%2)
		sum += d/10 + d%10
	}
	return (10 - sum%10) % 10
}

func (t *town) parent() *person {
	t.parents++
	return &person{id: fmt.Sprintf("v-%05d", t.parents), adult: true}
}

// liveThrough writes one year. About two children of three are seen in it; an older year's come back.
func (t *town) liveThrough(year int) {
	seen := max(1, t.children*2/3)
	first := (year - t.start) * t.children / max(3, 2*t.years)
	all := make([]int, seen)
	for i := range all {
		all[i] = (first + i) % t.children
	}
	t.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for len(all) > 0 {
		n := min(len(all), t.between(6, 8))
		t.activity(year, all[:n])
		all = all[n:]
	}
}

var activities = []weight[func(*town, int, []*person)]{
	{(*town).groupTerm, 40},
	{(*town).talkSeries, 22},
	{(*town).families, 12},
	{(*town).mornings, 8},
	{(*town).camps, 8},
	{(*town).schoolHealth, 6},
	{(*town).contacts, 4},
}

// activity gives some children what they are there for, and some of them a second form.
func (t *town) activity(year int, numbers []int) {
	children := make([]*person, len(numbers))
	for i, n := range numbers {
		children[i] = t.child(n, year)
	}
	weighted(t.journal, activities)(t, year, children)
	for _, c := range children {
		if t.chance(0.15) {
			t.talking.talks(c, events.Counselling, t.day(year, 1, 10), t.between(2, 6))
		}
		if t.chance(0.05) {
			t.camping.camp([]*person{c}, events.Date(year, time.June, 23), 4)
		}
	}
	if t.chance(0.1) {
		t.talking.count(t.between(1, 5), events.Counselling, t.talking.newSession(), t.day(year, 1, 12))
	}
}

// day is one of the year, from a month to another.
func (t *town) day(year, from, to int) events.Day {
	return events.Date(year, time.Month(t.between(from, to)), t.between(1, 28))
}

func (t *town) termStart(year int) events.Day {
	if t.chance(0.5) {
		return t.day(year, 1, 2)
	}
	return events.Date(year, time.August, 20+t.IntN(30))
}

func (t *town) groupTerm(year int, children []*person) {
	start := t.termStart(year)
	var placed []*person
	for _, c := range children {
		if t.chance(0.3) || t.groups.refer(c, events.SupportGroup, weighted(t.journal, channels), start-events.Day(t.between(0, 10))) {
			placed = append(placed, c)
		}
	}
	t.groups.group(placed, start, t.chance(0.93))
}

func (t *town) talkSeries(year int, children []*person) {
	for _, c := range children {
		start := t.day(year, 1, 10)
		if t.chance(0.5) || t.talking.refer(c, events.Counselling, weighted(t.journal, channels), start) {
			t.talking.talks(c, events.Counselling, start, t.between(3, 10))
		}
	}
}

func (t *town) families(year int, children []*person) {
	for i := 0; i < len(children); i += 2 {
		t.groups.family(children[i:min(i+2, len(children))], []*person{t.parent()}, t.day(year, 1, 10), t.between(3, 6))
	}
}

func (t *town) mornings(year int, children []*person) {
	var all []family
	for _, c := range children {
		all = append(all, family{t.parent(), []*person{c}})
	}
	t.open.openPreschool(all, t.termStart(year), t.between(10, 14))
}

func (t *town) camps(year int, children []*person) {
	t.camping.camp(children, events.Date(year, time.June, 16+t.IntN(50)), t.between(3, 5))
}

func (t *town) schoolHealth(year int, children []*person) {
	for _, c := range children {
		t.schools.talks(c, events.SchoolHealth, t.day(year, 1, 10), t.between(2, 5))
	}
}

func (t *town) contacts(year int, children []*person) {
	for _, c := range children {
		t.contact.talks(c, events.ContactPerson, t.day(year, 1, 6), t.between(6, 12))
	}
}
