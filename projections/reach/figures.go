package reach

import (
	"cmp"
	"iter"
	"maps"
	"slices"

	"rackvidd/events"
)

// Evidence is what a municipality's log says of a period at a position: all that figures are computed from, whether it
// was read from the read model or folded from the log again. Nobody changes it.
type Evidence struct {
	Municipal events.Municipality
	Children  map[events.ID]*Child // by the child that they count as
	Crowds    map[events.ID]Crowd  // occasions of the period with somebody nobody identified, by session or report
}

// Child is what is known of one child, and of all who count as this one.
type Child struct {
	ID events.ID
	Person
	Erased   bool         // nobody can tell any more who the child is
	Attended []Attendance // in the period, aimed at substance abuse, at home and as a guest
	Enrolled []Place      // enrolments that overlap the period
	Referred []Referral   // every referral, whenever it was received
	Among    []events.ID  // crowds, not as a guest

	home events.Municipality // of marks that name none
}

// Attendance is how often a child was there, in one form of one programme, at different sessions.
type Attendance struct {
	Home      events.Municipality
	Form      events.Form
	Programme string
	Sessions  int
}

// Place is an enrolment.
type Place struct {
	Home      events.Municipality
	Form      events.Form
	Programme string
}

// Crowd is how many were there whom nobody identified.
type Crowd struct {
	Form         events.Form
	Unidentified int
}

// Referral is one referral of a child. Rank orders those received the same day by where they were recorded first, however they were corrected.
type Referral struct {
	Channel    events.Channel
	ReceivedOn events.Day
	Rank       Rank
}

// Rank is where in the log something was said: the position, and the event's number in its message.
type Rank struct {
	Position events.Position
	Ordinal  int
}

// Person is what the log says of a child, 0 and unknown where it says nothing.
type Person struct {
	BirthYear events.Year
	Gender    events.Gender
	Disputed  bool // different birth years were stated, and none as a correction
}

// Figures are the reach figures of a municipality and period, named as in the HTTP contract.
type Figures struct {
	Municipality            events.Municipality `json:"municipality"`
	From                    events.Day          `json:"from"`
	To                      events.Day          `json:"to"`
	Definition              string              `json:"definition"`
	Position                events.Position     `json:"position"`
	Children                int                 `json:"children"`
	Bounds                  Bounds              `json:"bounds"`
	UnidentifiedAttendances int                 `json:"unidentified_attendances"`
	UnknownAge              int                 `json:"unknown_age"`
	SumOverForms            int                 `json:"sum_over_forms"`
	SumOverProgrammes       int                 `json:"sum_over_programmes"`
	ByForm                  []ByForm            `json:"by_form"`
	Overlap                 []Overlap           `json:"overlap"`
	ByProgramme             []ByProgramme       `json:"by_programme"`
	ByChannel               []ByChannel         `json:"by_channel"`
	ByAge                   []ByAge             `json:"by_age"`
	ByGender                []ByGender          `json:"by_gender"`
	Referrals               Referrals           `json:"referrals"`
	Enrolments              Children            `json:"enrolments"`
	Guests                  Children            `json:"guests"`
	Coverage                []Coverage          `json:"coverage"`

	// Erased is how many of Children had their identity erased. One of them who came back is a new child, and counts
	// once more: whoever explains the figure says so. It is no part of the contract's JSON.
	Erased int `json:"-"`
}

// Bounds are how many children it can have been, where some were not identified.
type Bounds struct {
	Lower int `json:"lower"`
	Upper int `json:"upper"`
}

type ByForm struct {
	Form        events.Form `json:"form"`
	Children    int         `json:"children"`
	Attendances int         `json:"attendances"`
}

type Overlap struct {
	Forms    [2]events.Form `json:"forms"`
	Children int            `json:"children"`
}

type ByProgramme struct {
	Programme   string `json:"programme"`
	Children    int    `json:"children"`
	Attendances int    `json:"attendances"`
}

type ByChannel struct {
	Channel events.Channel `json:"channel"`
	First   int            `json:"first"`
	Any     int            `json:"any"`
}

type ByAge struct {
	Age      string `json:"age"`
	Children int    `json:"children"`
}

type ByGender struct {
	Gender   events.Gender `json:"gender"`
	Children int           `json:"children"`
}

type Referrals struct {
	Received  int               `json:"received"`
	Children  int               `json:"children"`
	ByChannel []ReferralChannel `json:"by_channel"`
}

type ReferralChannel struct {
	Channel   events.Channel `json:"channel"`
	Referrals int            `json:"referrals"`
	Children  int            `json:"children"`
}

type Children struct {
	Children int `json:"children"`
}

// Coverage is reach over a named estimate of the children in need.
type Coverage struct {
	Denominator string  `json:"denominator"`
	Name        string  `json:"name" doc:"in Swedish"`
	English     string  `json:"name_en,omitempty"`
	Need        int     `json:"need"`
	Percent     float64 `json:"percent"`
	Source      string  `json:"source"`
	SourceSV    string  `json:"source_sv,omitempty" doc:"in Swedish, where that is another"`
	Scope       string  `json:"scope"`
}

// Compute counts the evidence under a definition. It is the one place where reach is defined.
func Compute(e Evidence, d Definition, p Period, at events.Position) Figures {
	c := newCounting(e, d, p)
	return c.figures(c.reached(), p, at)
}

func (c *counting) figures(reached []*Child, p Period, at events.Position) Figures {
	f := Figures{Municipality: c.Municipal, From: p.From, To: p.To, Definition: c.d.ID, Position: at, Coverage: []Coverage{}}
	f.Children, f.Erased = len(reached), number(reached, func(child *Child) bool { return child.Erased })
	f.ByForm, f.SumOverForms = c.byForm(reached)
	f.Overlap = c.overlap(reached)
	f.ByProgramme, f.SumOverProgrammes = c.byProgramme(reached)
	f.ByChannel = byChannel(reached)
	f.ByAge, f.UnknownAge = c.byAge(reached)
	f.ByGender = byGender(reached)
	f.Bounds, f.UnidentifiedAttendances = c.bounds(reached)
	f.Referrals = c.referrals(p)
	f.Enrolments.Children = len(c.those(c.hasPlace))
	f.Guests.Children = len(c.those(c.isGuest))
	return f
}

// counting is the evidence under one definition.
type counting struct {
	Evidence
	d    Definition
	year events.Year
}

func newCounting(e Evidence, d Definition, p Period) *counting {
	return &counting{Evidence: e, d: d, year: p.To.Year()}
}

func (c *counting) ofAge(who Person) bool { return c.d.OfAge(who.BirthYear, c.year) }

func (c *counting) own(home events.Municipality) bool { return home == c.Municipal }

// reached is the union: one child in three forms is one child.
func (c *counting) reached() []*Child {
	if c.d.Basis == Enrolled {
		return c.those(c.hasPlace)
	}
	return c.those(c.came)
}

// those are the children of age of whom something is so.
func (c *counting) those(is func(*Child) bool) []*Child {
	list := make([]*Child, 0, len(c.Children))
	for _, child := range c.Children {
		if c.ofAge(child.Person) && is(child) {
			list = append(list, child)
		}
	}
	return list
}

func (c *counting) came(child *Child) bool {
	return slices.ContainsFunc(child.Attended, func(a Attendance) bool { return c.own(a.Home) && c.d.Counts(a.Form) })
}

func (c *counting) hasPlace(child *Child) bool {
	return slices.ContainsFunc(child.Enrolled, func(e Place) bool { return c.own(e.Home) && c.d.Counts(e.Form) })
}

func (c *counting) isGuest(child *Child) bool {
	if c.d.Basis == Enrolled {
		return slices.ContainsFunc(child.Enrolled, func(e Place) bool { return !c.own(e.Home) && c.d.Counts(e.Form) })
	}
	return slices.ContainsFunc(child.Attended, func(a Attendance) bool { return !c.own(a.Home) && c.d.Counts(a.Form) })
}

func number(children []*Child, is func(*Child) bool) (n int) {
	for _, child := range children {
		if is(child) {
			n++
		}
	}
	return n
}

// set is children by the id that they count as.
type set map[events.ID]bool

func setOf(children []*Child) set {
	s := make(set, len(children))
	for _, child := range children {
		s[child.ID] = true
	}
	return s
}

// attendances are those of a child that count.
func (c *counting) attendances(child *Child) iter.Seq[Attendance] {
	return func(yield func(Attendance) bool) {
		for _, a := range child.Attended {
			if c.own(a.Home) && c.d.Counts(a.Form) && !yield(a) {
				return
			}
		}
	}
}

// tally is how many different children, and how often each: sessions they came to, or referrals.
type tally struct {
	children, times int
	latest          *Child // who is among the children already
}

// tallies is filled child by child.
type tallies[K cmp.Ordered] map[K]*tally

func (m tallies[K]) of(key K) *tally {
	t := m[key]
	if t == nil {
		t = &tally{}
		m[key] = t
	}
	return t
}

// count counts a child, once.
func (m tallies[K]) count(key K, child *Child) {
	if t := m.of(key); t.latest != child {
		t.latest = child
		t.children++
	}
}

// inOrder goes through all in the order of their keys.
func (m tallies[K]) inOrder() iter.Seq2[K, *tally] {
	return func(yield func(K, *tally) bool) {
		for _, key := range slices.Sorted(maps.Keys(m)) {
			if !yield(key, m[key]) {
				return
			}
		}
	}
}

// by groups the reached children by a key: by what makes them reached, with the sessions they attended.
func by[K cmp.Ordered](c *counting, reached []*Child, attended func(Attendance) K, enrolled func(Place) K) tallies[K] {
	m := make(tallies[K])
	for _, child := range reached {
		c.reason(child, func(a Attendance) { m.count(attended(a), child) }, func(e Place) { m.count(enrolled(e), child) })
		for a := range c.attendances(child) {
			m.of(attended(a)).times += a.Sessions
		}
	}
	maps.DeleteFunc(m, func(_ K, t *tally) bool { return t.children == 0 }) // some came where nobody had a place
	return m
}

// reason goes through what makes a child reached.
func (c *counting) reason(child *Child, attended func(Attendance), enrolled func(Place)) {
	if c.d.Basis == Attended {
		for a := range c.attendances(child) {
			attended(a)
		}
		return
	}
	for _, e := range child.Enrolled {
		if c.own(e.Home) && c.d.Counts(e.Form) {
			enrolled(e)
		}
	}
}

// forms appends those that make a child reached, in order.
func (c *counting) forms(child *Child, list []events.Form) []events.Form {
	c.reason(child, func(a Attendance) { list = append(list, a.Form) }, func(e Place) { list = append(list, e.Form) })
	slices.Sort(list)
	return slices.Compact(list)
}

func (c *counting) byForm(reached []*Child) (list []ByForm, sum int) {
	list = []ByForm{}
	m := by(c, reached, func(a Attendance) events.Form { return a.Form }, func(e Place) events.Form { return e.Form })
	for form, t := range m.inOrder() {
		list = append(list, ByForm{form, t.children, t.times})
		sum += t.children
	}
	return list, sum
}

func (c *counting) overlap(reached []*Child) []Overlap {
	both := make(map[[2]events.Form]int)
	var forms []events.Form
	for _, child := range reached {
		forms = c.forms(child, forms[:0])
		for i, a := range forms {
			for _, b := range forms[i+1:] {
				both[[2]events.Form{a, b}]++
			}
		}
	}
	list := []Overlap{}
	for forms, children := range both {
		list = append(list, Overlap{forms, children})
	}
	slices.SortFunc(list, func(a, b Overlap) int { return slices.Compare(a.Forms[:], b.Forms[:]) })
	return list
}

func (c *counting) byProgramme(reached []*Child) (list []ByProgramme, sum int) {
	list = []ByProgramme{}
	m := by(c, reached, func(a Attendance) string { return a.Programme }, func(e Place) string { return e.Programme })
	for programme, t := range m.inOrder() {
		list = append(list, ByProgramme{programme, t.children, t.times})
		sum += t.children
	}
	return list, sum
}

func byChannel(reached []*Child) []ByChannel {
	first, any := make(map[events.Channel]int), make(tallies[events.Channel])
	for _, child := range reached {
		for _, r := range child.Referred {
			any.count(r.Channel, child)
		}
		if channel, referred := child.firstChannel(); referred {
			first[channel]++
		}
	}
	list := []ByChannel{}
	for channel, t := range any.inOrder() {
		list = append(list, ByChannel{channel, first[channel], t.children})
	}
	return list
}

// firstChannel is that of a child's first referral, if there ever was one.
func (c *Child) firstChannel() (channel events.Channel, referred bool) {
	if len(c.Referred) == 0 {
		return "", false
	}
	return slices.MinFunc(c.Referred, Referral.compare).Channel, true
}

func (r Referral) compare(o Referral) int {
	return cmp.Or(cmp.Compare(r.ReceivedOn, o.ReceivedOn), cmp.Compare(r.Rank.Position, o.Rank.Position), cmp.Compare(r.Rank.Ordinal, o.Rank.Ordinal))
}

func (c *counting) byAge(reached []*Child) (list []ByAge, unknown int) {
	for _, band := range ageBands {
		list = append(list, ByAge{Age: band})
	}
	for _, child := range reached {
		list[ageBand(child.BirthYear, c.year)].Children++
	}
	return list, list[3].Children
}

// ageBands are in the order in which they are listed.
var ageBands = []string{"0-6", "7-12", "13-17", "unknown"}

func ageBand(born, year events.Year) int {
	switch age := year - born; {
	case born == 0:
		return 3
	case age <= 6:
		return 0
	case age <= 12:
		return 1
	default:
		return 2
	}
}

func byGender(reached []*Child) []ByGender {
	m, list := make(tallies[events.Gender]), []ByGender{}
	for _, child := range reached {
		m.count(child.gender(), child)
	}
	for gender, t := range m.inOrder() {
		list = append(list, ByGender{gender, t.children})
	}
	return list
}

func (p Person) gender() events.Gender { return cmp.Or(p.Gender, events.UnknownGender) }

// bounds is the interval that attendances of the unidentified leave open. At the least, everybody who was at the
// fullest occasion; at the most, each unidentified attendance another child.
func (c *counting) bounds(reached []*Child) (b Bounds, unidentified int) {
	b.Lower = len(reached)
	if c.d.Basis == Enrolled {
		return Bounds{b.Lower, b.Lower}, 0
	}
	there := make(map[events.ID]int, len(c.Crowds))
	for occasion, crowd := range c.Crowds {
		if c.d.Counts(crowd.Form) {
			there[occasion] = crowd.Unidentified
			unidentified += crowd.Unidentified
		}
	}
	for _, child := range reached {
		for _, occasion := range child.Among {
			if n, counts := there[occasion]; counts {
				there[occasion] = n + 1
			}
		}
	}
	for _, n := range there {
		b.Lower = max(b.Lower, n)
	}
	b.Upper = len(reached) + unidentified
	return b, unidentified
}

// referrals are those received in the period, reached or not, of any age.
func (c *counting) referrals(p Period) Referrals {
	m, r := make(tallies[events.Channel]), Referrals{ByChannel: []ReferralChannel{}}
	for _, child := range c.Children {
		before := r.Received
		for _, one := range child.Referred {
			if p.contains(one.ReceivedOn) {
				r.Received++
				m.count(one.Channel, child)
				m.of(one.Channel).times++
			}
		}
		if r.Received > before {
			r.Children++
		}
	}
	for channel, t := range m.inOrder() {
		r.ByChannel = append(r.ByChannel, ReferralChannel{channel, t.times, t.children})
	}
	return r
}
