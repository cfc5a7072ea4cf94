package reach

import (
	"cmp"
	"maps"
	"slices"

	"rackvidd/events"
)

// Evidence is what a municipality's log says of a period at a position: all that figures are computed from, whether it
// was read from the read model or folded from the log again. Children are named by the child they count as.
type Evidence struct {
	Attended  []Attendance // in the period, aimed at substance abuse, own children and guests
	Enrolled  []Place      // enrolments that overlap the period
	Crowds    []Crowd      // occasions of the period with somebody nobody identified
	Referred  []Referral   // every referral, whenever it was received
	People    map[events.ID]Person
	Erased    map[events.ID]bool // of whom nobody can tell any more who they are
	Municipal events.Municipality
}

// Attendance is how often a child was there, in one form of one programme, at different sessions.
type Attendance struct {
	Child     events.ID
	Home      events.Municipality
	Form      events.Form
	Programme string
	Sessions  int
}

// Place is an enrolment.
type Place struct {
	Child     events.ID
	Home      events.Municipality
	Form      events.Form
	Programme string
}

// Crowd is an occasion at which some were identified and some were not.
type Crowd struct {
	Form         events.Form
	Unidentified int
	Children     []events.ID // own children who were identified there
}

// Referral is one referral of a child. Rank orders those received the same day.
type Referral struct {
	Child      events.ID
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

// Figures are the reach figures of a municipality and period, as contract.md section 5 names them.
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
	Need        int     `json:"need"`
	Percent     float64 `json:"percent"`
	Source      string  `json:"source"`
	Scope       string  `json:"scope"`
}

type set map[events.ID]bool

// Compute counts the evidence under a definition. It is the one place where reach is defined.
func Compute(e Evidence, d Definition, p Period, at events.Position) Figures {
	c := counting{Evidence: e, d: d, year: p.To.Year()}
	f := Figures{Municipality: e.Municipal, From: p.From, To: p.To, Definition: d.ID, Position: at, Coverage: []Coverage{}}
	reached := c.reached()
	f.Children, f.Erased = len(reached), shared(reached, e.Erased)
	f.ByForm, f.SumOverForms = c.byForm(reached)
	f.Overlap = c.overlap(reached)
	f.ByProgramme, f.SumOverProgrammes = c.byProgramme(reached)
	f.ByChannel = c.byChannel(reached)
	f.ByAge, f.UnknownAge = c.byAge(reached)
	f.ByGender = c.byGender(reached)
	f.Bounds, f.UnidentifiedAttendances = c.bounds(reached)
	f.Referrals = c.referrals(p)
	f.Enrolments.Children = len(c.enrolled())
	f.Guests.Children = len(c.guests())
	return f
}

// Reached are the children whom Figures.Children counts, as whom they count.
func Reached(e Evidence, d Definition, p Period) map[events.ID]bool {
	return counting{Evidence: e, d: d, year: p.To.Year()}.reached()
}

// counting is the evidence under one definition.
type counting struct {
	Evidence
	d    Definition
	year events.Year
}

func (c counting) ofAge(child events.ID) bool { return c.d.OfAge(c.People[child].BirthYear, c.year) }

func (c counting) own(home events.Municipality) bool { return home == c.Municipal }

// reached is the union: one child in three forms is one child.
func (c counting) reached() set {
	if c.d.Basis == Enrolled {
		return c.enrolled()
	}
	s := make(set)
	for _, a := range c.Attended {
		if c.own(a.Home) && c.d.Counts(a.Form) && c.ofAge(a.Child) {
			s[a.Child] = true
		}
	}
	return s
}

func (c counting) enrolled() set {
	s := make(set)
	for _, e := range c.Enrolled {
		if c.own(e.Home) && c.d.Counts(e.Form) && c.ofAge(e.Child) {
			s[e.Child] = true
		}
	}
	return s
}

func (c counting) guests() set {
	s := make(set)
	add := func(child events.ID, home events.Municipality, f events.Form) {
		if !c.own(home) && c.d.Counts(f) && c.ofAge(child) {
			s[child] = true
		}
	}
	if c.d.Basis == Enrolled {
		for _, e := range c.Enrolled {
			add(e.Child, e.Home, e.Form)
		}
		return s
	}
	for _, a := range c.Attended {
		add(a.Child, a.Home, a.Form)
	}
	return s
}

// tally is the children and attendances of one form or programme.
type tally struct {
	children    set
	attendances int
}

// tallies groups the reached children by a key: by what makes them reached, with the sessions they attended.
func tallies[K comparable](c counting, reached set, attended func(Attendance) K, enrolled func(Place) K) map[K]*tally {
	m := make(map[K]*tally)
	at := func(k K) *tally {
		if m[k] == nil {
			m[k] = &tally{children: make(set)}
		}
		return m[k]
	}
	if c.d.Basis == Enrolled {
		for _, e := range c.Enrolled {
			if reached[e.Child] && c.own(e.Home) {
				at(enrolled(e)).children[e.Child] = true
			}
		}
	}
	for _, a := range c.Attended {
		if !reached[a.Child] || !c.own(a.Home) || !c.d.Counts(a.Form) {
			continue
		}
		if c.d.Basis == Attended {
			at(attended(a)).children[a.Child] = true
		}
		if t := m[attended(a)]; t != nil {
			t.attendances += a.Sessions
		}
	}
	return m
}

func (c counting) forms(reached set) map[events.Form]*tally {
	return tallies(c, reached, func(a Attendance) events.Form { return a.Form }, func(e Place) events.Form { return e.Form })
}

func (c counting) byForm(reached set) (list []ByForm, sum int) {
	list = []ByForm{}
	m := c.forms(reached)
	for _, form := range slices.Sorted(maps.Keys(m)) {
		list = append(list, ByForm{form, len(m[form].children), m[form].attendances})
		sum += len(m[form].children)
	}
	return list, sum
}

func (c counting) overlap(reached set) []Overlap {
	list, m := []Overlap{}, c.forms(reached)
	names := slices.Sorted(maps.Keys(m))
	for i, a := range names {
		for _, b := range names[i+1:] {
			if n := shared(m[a].children, m[b].children); n > 0 {
				list = append(list, Overlap{[2]events.Form{a, b}, n})
			}
		}
	}
	return list
}

func shared(a, b set) (n int) {
	for child := range a {
		if b[child] {
			n++
		}
	}
	return n
}

func (c counting) byProgramme(reached set) (list []ByProgramme, sum int) {
	list = []ByProgramme{}
	m := tallies(c, reached, func(a Attendance) string { return a.Programme }, func(e Place) string { return e.Programme })
	for _, p := range slices.Sorted(maps.Keys(m)) {
		list = append(list, ByProgramme{p, len(m[p].children), m[p].attendances})
		sum += len(m[p].children)
	}
	return list, sum
}

func (c counting) byChannel(reached set) []ByChannel {
	first, any := c.channels(reached)
	count := make(map[events.Channel]int)
	for _, channel := range first {
		count[channel]++
	}
	list := []ByChannel{}
	for _, channel := range slices.Sorted(maps.Keys(any)) {
		list = append(list, ByChannel{channel, count[channel], len(any[channel])})
	}
	return list
}

// channels are the first channel of each reached child that was ever referred, and the children of each channel.
func (c counting) channels(reached set) (first map[events.ID]events.Channel, any map[events.Channel]set) {
	earliest, any := make(map[events.ID]Referral), make(map[events.Channel]set)
	for _, r := range c.Referred {
		if !reached[r.Child] {
			continue
		}
		if before, ok := earliest[r.Child]; !ok || r.before(before) {
			earliest[r.Child] = r
		}
		if any[r.Channel] == nil {
			any[r.Channel] = make(set)
		}
		any[r.Channel][r.Child] = true
	}
	first = make(map[events.ID]events.Channel, len(earliest))
	for child, r := range earliest {
		first[child] = r.Channel
	}
	return first, any
}

func (r Referral) before(o Referral) bool {
	return cmp.Or(cmp.Compare(r.ReceivedOn, o.ReceivedOn), cmp.Compare(r.Rank.Position, o.Rank.Position), cmp.Compare(r.Rank.Ordinal, o.Rank.Ordinal)) < 0
}

func (c counting) byAge(reached set) (list []ByAge, unknown int) {
	for _, band := range ageBands {
		list = append(list, ByAge{Age: band})
	}
	for child := range reached {
		list[ageBand(c.People[child].BirthYear, c.year)].Children++
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

func (c counting) byGender(reached set) []ByGender {
	count := make(map[events.Gender]int)
	for child := range reached {
		count[cmp.Or(c.People[child].Gender, events.UnknownGender)]++
	}
	list := []ByGender{}
	for _, g := range slices.Sorted(maps.Keys(count)) {
		list = append(list, ByGender{g, count[g]})
	}
	return list
}

// bounds is the interval that attendances of the unidentified leave open. At the least, everybody who was at the
// fullest occasion; at the most, each unidentified attendance another child.
func (c counting) bounds(reached set) (b Bounds, unidentified int) {
	b.Lower = len(reached)
	if c.d.Basis == Enrolled {
		return Bounds{b.Lower, b.Lower}, 0
	}
	for _, crowd := range c.Crowds {
		if !c.d.Counts(crowd.Form) {
			continue
		}
		unidentified += crowd.Unidentified
		there := crowd.Unidentified
		for _, child := range crowd.Children {
			if reached[child] {
				there++
			}
		}
		b.Lower = max(b.Lower, there)
	}
	b.Upper = len(reached) + unidentified
	return b, unidentified
}

// referrals are those received in the period, reached or not, of any age.
func (c counting) referrals(p Period) Referrals {
	children, channels := make(set), make(map[events.Channel]*ReferralChannel)
	byChannel := make(map[events.Channel]set)
	r := Referrals{ByChannel: []ReferralChannel{}}
	for _, one := range c.Referred {
		if one.ReceivedOn < p.From || one.ReceivedOn > p.To {
			continue
		}
		r.Received++
		children[one.Child] = true
		if channels[one.Channel] == nil {
			channels[one.Channel], byChannel[one.Channel] = &ReferralChannel{Channel: one.Channel}, make(set)
		}
		channels[one.Channel].Referrals++
		byChannel[one.Channel][one.Child] = true
	}
	r.Children = len(children)
	for _, channel := range slices.Sorted(maps.Keys(channels)) {
		channels[channel].Children = len(byChannel[channel])
		r.ByChannel = append(r.ByChannel, *channels[channel])
	}
	return r
}
