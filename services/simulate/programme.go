package simulate

import (
	"fmt"
	"time"

	"rackvidd/events"
)

// programme is what runs under one name. Its methods write what happens in one series of occasions.
type programme struct {
	*journal
	name     string
	sessions int
}

func (p *programme) newSession() string {
	p.sessions++
	return fmt.Sprintf("%s-%d", p.name, p.sessions)
}

var channels = []weight[events.Channel]{
	{"social_services_children", 38},
	{"school", 27},
	{"adult_seeking", 12},
	{"social_services_adults", 9},
	{"health_care", 5},
	{"self", 4},
	{"other", 2},
	{"police", 2},
	{"unknown", 1},
}

var refusals = []weight[events.Outcome]{{"declined", 5}, {"redirected", 3}, {"withdrawn", 2}}

var earlyEnds = []weight[events.EndReason]{{"discontinued", 7}, {"moved", 2}, {"transferred", 1}}

// refer writes a referral and its answer, and reports whether the child gets a place.
func (p *programme) refer(child *person, form events.Form, channel events.Channel, on events.Day) bool {
	p.write(record{kind: "referral_received", day: on, who: child, programme: p.name, form: form, channel: channel})
	outcome := events.Outcome("accepted")
	if p.chance(0.12) {
		outcome = weighted(p.journal, refusals)
	}
	if p.chance(0.9) {
		p.write(record{kind: "referral_closed", day: on + events.Day(p.between(1, 20)), who: child, programme: p.name, outcome: outcome})
	}
	return outcome == "accepted"
}

func (p *programme) enrol(child *person, form events.Form, on events.Day) {
	p.write(record{kind: "child_enrolled", day: on, who: child, programme: p.name, form: form})
}

func (p *programme) end(child *person, form events.Form, on events.Day, reason events.EndReason) {
	p.write(record{kind: "enrolment_ended", day: on, who: child, programme: p.name, form: form, reason: reason})
}

func (p *programme) attend(who *person, form events.Form, session string, on events.Day) {
	r := record{kind: "session_attended", session: session, day: on, who: who, programme: p.name, form: form}
	if p.chance(0.004) {
		p.writeTwice(r)
		return
	}
	p.write(r)
}

func (p *programme) count(n int, form events.Form, session string, on events.Day) {
	p.write(record{kind: "session_attended", session: session, day: on, programme: p.name, form: form, count: n})
}

func (p *programme) cancel(form events.Form, session string, on events.Day) {
	p.write(record{kind: "session_cancelled", session: session, day: on, programme: p.name, form: form})
}

// group holds 11 to 15 weekly evenings; one that too few have registered for holds none.
func (p *programme) group(children []*person, start events.Day, held bool) {
	evenings := p.between(11, 15)
	for _, c := range children {
		p.enrol(c, events.SupportGroup, start-events.Day(p.between(0, 10)))
	}
	if !held {
		p.callOff(children, start)
		return
	}
	leaving := p.leaving(children, evenings)
	for i := range evenings {
		p.evening(children, leaving, i, start+events.Day(7*i))
	}
	for i, c := range children {
		if leaving[i] == evenings {
			p.end(c, events.SupportGroup, start+events.Day(7*(evenings-1)), "completed")
		}
	}
}

func (p *programme) callOff(children []*person, start events.Day) {
	for i := range 3 {
		p.cancel(events.SupportGroup, p.newSession(), start+events.Day(7*i))
	}
	for _, c := range children {
		p.end(c, events.SupportGroup, start+21, "discontinued")
	}
}

// leaving says before which evening each child leaves; most stay to the end.
func (p *programme) leaving(children []*person, evenings int) []int {
	leaving := make([]int, len(children))
	for i := range children {
		if leaving[i] = evenings; p.chance(0.1) {
			leaving[i] = p.between(3, evenings-1)
		}
	}
	return leaving
}

func (p *programme) evening(children []*person, leaving []int, i int, on events.Day) {
	session := p.newSession()
	if p.chance(0.04) {
		p.cancel(events.SupportGroup, session, on)
		return
	}
	for c, child := range children {
		if leaving[c] == i {
			p.end(child, events.SupportGroup, on, weighted(p.journal, earlyEnds))
		}
		if leaving[c] > i && p.chance(0.85) {
			p.attend(child, events.SupportGroup, session, on)
		}
	}
}

// talks are one child's, with one adult of the programme.
func (p *programme) talks(child *person, form events.Form, start events.Day, number int) {
	on := workday(start)
	p.enrol(child, form, on)
	for range number {
		if session := p.newSession(); p.chance(0.06) {
			p.cancel(form, session, on)
		} else {
			p.attend(child, form, session, on)
		}
		on = p.withinYear(on, on+events.Day(7*p.between(1, 3)))
	}
	if p.chance(0.8) {
		p.end(child, form, on, "completed")
	}
}

// family meets children and parents together.
func (p *programme) family(children, parents []*person, start events.Day, meetings int) {
	for _, c := range children {
		p.enrol(c, events.FamilySupport, start)
	}
	on := workday(start)
	for range meetings {
		session := p.newSession()
		for _, who := range append(append([]*person{}, children...), parents...) {
			if p.chance(0.92) {
				p.attend(who, events.FamilySupport, session, on)
			}
		}
		on = p.withinYear(on, on+events.Day(7*p.between(2, 4)))
	}
}

// camp lasts some days; whoever comes is there every day, nearly.
func (p *programme) camp(children []*person, start events.Day, days int) {
	for _, c := range children {
		p.enrol(c, events.Camp, start)
	}
	for i := range days {
		session, on := p.newSession(), start+events.Day(i)
		for _, c := range children {
			if p.chance(0.97) {
				p.attend(c, events.Camp, session, on)
			}
		}
	}
	for _, c := range children {
		p.end(c, events.Camp, start+events.Day(days-1), "completed")
	}
}

// openPreschool is open one morning a week: mothers and small children drop in, some without saying who they are.
func (p *programme) openPreschool(families []family, start events.Day, mornings int) {
	for i := range mornings {
		session, on := p.newSession(), start+events.Day(7*i)
		if p.chance(0.03) {
			p.cancel(events.OpenPreschool, session, on)
			continue
		}
		for _, f := range families {
			if p.chance(0.45) {
				f.dropIn(p, session, on)
			}
		}
		if p.chance(0.2) {
			p.count(p.between(1, 3), events.OpenPreschool, session, on)
		}
	}
}

// family is a parent and the children that come along.
type family struct {
	parent   *person
	children []*person
}

func (f family) dropIn(p *programme, session string, on events.Day) {
	p.attend(f.parent, events.OpenPreschool, session, on)
	for _, c := range f.children {
		p.attend(c, events.OpenPreschool, session, on)
	}
}

// withinYear keeps a working day in the year of the one before it.
func (p *programme) withinYear(before, day events.Day) events.Day {
	return workday(min(day, events.Date(int(before.Year()), time.December, 31)))
}

// workday moves a day out of the weekend, and never into another year.
func workday(day events.Day) events.Day {
	step := events.Day(1)
	if day.Time().Month() == time.December {
		step = -1
	}
	for day.Time().Weekday() == time.Saturday || day.Time().Weekday() == time.Sunday {
		day += step
	}
	return day
}
