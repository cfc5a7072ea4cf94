package register_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/projectiontest"
	"rackvidd/projections/register"
)

// plain is what happened, in maps and nothing else.
type plain struct {
	sessions           map[events.ID]events.SessionOpened
	cancelled, written map[events.ID]bool
	marks              map[events.ID]map[events.Mark]bool // who came
	unknown            map[events.Entry]events.Count
	places             map[events.Entry]events.ChildEnrolled
	ends               map[events.Entry]events.EnrolmentEndMatched
	into               map[events.ID]events.ID
	other              map[events.ProgrammeID]bool // which programmes are not for children because of substance abuse
}

func plainly(messages []events.Recorded, at events.Position) plain {
	p := plain{
		make(map[events.ID]events.SessionOpened), make(map[events.ID]bool), make(map[events.ID]bool), make(map[events.ID]map[events.Mark]bool),
		make(map[events.Entry]events.Count), make(map[events.Entry]events.ChildEnrolled), make(map[events.Entry]events.EnrolmentEndMatched), make(map[events.ID]events.ID),
		make(map[events.ProgrammeID]bool),
	}
	for _, r := range messages {
		for _, e := range r.Events {
			if r.Position <= at {
				p.happen(e)
			}
		}
	}
	return p
}

func (p plain) happen(e events.Event) {
	switch e := e.(type) {
	case events.ProgrammeAmended:
		p.other[e.Programme] = e.Target == events.OtherTarget
	case events.SessionWithdrawn:
		delete(p.sessions, e.Session)
	case events.SessionOpened:
		p.sessions[e.Session], p.marks[e.Session] = e, make(map[events.Mark]bool)
	case events.SessionCorrected:
		s := p.sessions[e.Session]
		s.Programme, s.Form, s.HeldOn = e.Programme, e.Form, e.HeldOn
		p.sessions[e.Session] = s
	case events.SessionCancelled:
		p.cancelled[e.Session] = true
	case events.SessionReinstated:
		delete(p.cancelled, e.Session)
	case events.SessionAttended:
		p.written[e.Session] = true
		for _, m := range e.Removed {
			delete(p.marks[e.Session], m)
		}
		for _, m := range e.Attended {
			p.marks[e.Session][m] = true
		}
		for _, c := range e.Counted {
			p.unknown[c.Entry] = c.Count
		}
	case events.ChildEnrolled:
		p.places[e.Enrolment] = e
	case events.EnrolmentCorrected:
		p.places[e.Enrolment] = events.ChildEnrolled{Enrolment: e.Enrolment, Programme: e.Programme, Form: e.Form, EnrolledOn: e.EnrolledOn}
	case events.EnrolmentEnded:
		p.ends[e.End] = events.EnrolmentEndMatched{Enrolment: e.Enrolment, EndedOn: e.EndedOn}
	case events.EnrolmentEndMatched:
		p.ends[e.End] = e
	case events.EntryWithdrawn:
		delete(p.places, e.Entry)
		delete(p.ends, e.Entry)
	case events.CaseMerged:
		p.into[e.Merge.Of] = e.Into
	case events.MergeUndone:
		delete(p.into, e.Merge.Of)
	}
}

func (p plain) root(child events.ID) events.ID {
	for into, ok := p.into[child]; ok; into, ok = p.into[child] {
		child = into
	}
	return child
}

// lastDay is when a place ended, and whether it has.
func (p plain) lastDay(place events.Entry) (day events.Day, ended bool) {
	for _, end := range p.ends {
		if end.Enrolment == place && (!ended || end.EndedOn < day) {
			day, ended = end.EndedOn, true
		}
	}
	return day, ended
}

func (p plain) count(from, to, today events.Day) string {
	total, cancelled, planned, missing, attendances, unknown := 0, 0, 0, 0, 0, events.Count(0)
	came, unplaced, never, placed, away := make(map[events.ID]bool), 0, 0, make(map[events.ID]bool), 0
	somewhere := make(map[events.ID]bool)
	for id, s := range p.sessions {
		elsewhere := s.ProviderMunicipality != ""
		if s.HeldOn < from || s.HeldOn > to || !elsewhere && p.other[s.Programme] {
			continue
		}
		if !elsewhere {
			total++
		}
		switch {
		case elsewhere:
		case p.cancelled[id]:
			cancelled++
		case !p.written[id] && s.HeldOn >= today:
			planned++
		case !p.written[id]:
			missing++
		}
		if p.cancelled[id] {
			continue
		}
		unknown += p.unknown[events.Entry{Of: id, Number: [8]byte{1}}]
		there := make(map[events.ID]bool)
		for m := range p.marks[id] {
			if m.Role == events.AdultRole {
				continue
			}
			somewhere[p.root(m.Child)] = true
			if m.Target != events.OtherTarget {
				there[p.root(m.Child)] = true
			}
		}
		for child := range there {
			came[child] = true
			attendances++
			if elsewhere {
				continue // who provides it knows the places
			}
			any, now := false, false
			for entry, n := range p.places {
				last, ended := p.lastDay(entry)
				if p.root(entry.Of) == child && n.Programme == s.Programme && n.Form == s.Form {
					any = true
					now = now || n.EnrolledOn <= s.HeldOn && (!ended || last >= s.HeldOn)
				}
			}
			if !now {
				unplaced++
			}
			if !any {
				never++
			}
		}
	}
	for entry, n := range p.places {
		if last, ended := p.lastDay(entry); n.EnrolledOn <= to && (!ended || last >= from) && !p.other[n.Programme] {
			placed[p.root(entry.Of)] = true
		}
	}
	for child := range placed {
		if !somewhere[child] {
			away++
		}
	}
	return fmt.Sprint(total, cancelled, planned, missing, len(came), attendances, unknown, unplaced, never, len(placed), away)
}

func TestAReviewOfRandomHistoriesCountsAsPlainlyAsOneCan(t *testing.T) {
	pool := projectiontest.Pool(t)
	for seed := range uint64(30) {
		s := projectiontest.Invent(t, örebro, seed, 80)
		messages := s.Messages()
		projectiontest.Show(t, pool, register.Projection{}, s, func(tx pgx.Tx) {
			for _, at := range []events.Position{uint64(len(messages)), uint64(len(messages)) * 2 / 3} {
				for messages[at-1].Part < messages[at-1].Parts {
					at++
				}
				from, to, today := events.Date(2021, 3, 1), events.Date(2021, 11, 1), events.Date(2021, 7, 1)
				got := counted(review(t, tx, register.Asked{From: from, To: to, Today: today}, at))
				if want := plainly(messages, at).count(from, to, today); got != want {
					t.Errorf("seed %d at %d: %s, want %s", seed, at, got, want)
				}
			}
		})
	}
}

func counted(f register.Findings) string {
	return fmt.Sprint(
		f.Sessions.Total, f.Sessions.Cancelled, f.Sessions.Planned, f.Sessions.Missing.Number, f.Attendance.Children, f.Attendance.Attendances, f.Attendance.Unidentified,
		f.Places.Unplaced.Attendances, f.Places.Never.Attendances, f.Places.Children, f.Places.NeverCame)
}

func TestAReviewBroughtForwardIsTheOneMadeAfresh(t *testing.T) {
	pool, today := projectiontest.Pool(t), events.Date(2021, 7, 1)
	for seed := range uint64(12) {
		s := projectiontest.Invent(t, örebro, 100+seed, 80)
		messages, random := s.Messages(), rand.New(rand.NewPCG(seed, 7))
		projectiontest.Show(t, pool, register.Projection{}, s, func(tx pgx.Tx) {
			var reviews register.Reviews
			shown := projections.Checkpoint{Municipality: örebro, Generation: 1, Position: uint64(len(messages))}
			for n := uint64(1); n <= shown.Position; n += 1 + random.Uint64N(3) {
				at := n
				if random.IntN(5) == 0 {
					at = 1 + random.Uint64N(n) // somebody asks about the past meanwhile
				}
				for messages[at-1].Part < messages[at-1].Parts {
					at++
				}
				for _, p := range [][2]events.Day{
					{events.Date(2021, 3, 1), events.Date(2021, 11, 1)},
					{events.Date(2021, 3, 1), events.Date(2022, 8, 1)}, // some of it is in the year before
					{events.Date(2021, 1, 1), events.Date(2021, 4, 1)}, // much of it is after that
				} {
					from, to := p[0], p[1]
					asked := register.Asked{From: from, To: to, Today: today}
					got, err := reviews.Of(t.Context(), tx, shown, asked, at)
					if err != nil {
						t.Fatal(err)
					}
					if want := review(t, tx, asked, at); !reflect.DeepEqual(got, want) {
						t.Fatalf("seed %d at %d from %s until %s:\n%+v, afresh\n%+v", seed, at, from, to, got, want)
					}
					if got, want := counted(got), plainly(messages, at).count(from, to, today); got != want {
						t.Fatalf("seed %d at %d from %s until %s: %s, want %s", seed, at, from, to, got, want)
					}
				}
			}
		})
	}
}

// What a session becomes later is not in the tables yet when a review is made, and was asked of an earlier position as well.
func TestAReviewBroughtForwardWhileTablesGrowIsTheOneMadeAfresh(t *testing.T) {
	pool := projectiontest.Pool(t)
	for seed := range uint64(8) {
		s, random := projectiontest.Invent(t, örebro, 200+seed, 80), rand.New(rand.NewPCG(seed, 9))
		messages := s.Messages()
		var reviews register.Reviews
		projectiontest.Growing(t, pool, register.Projection{}, s.Log, örebro, func(tx pgx.Tx, head events.Position) {
			at := head
			if random.IntN(4) == 0 {
				for at = 1 + random.Uint64N(head); messages[at-1].Part < messages[at-1].Parts; at++ {
				}
			}
			from := events.Date(2021, 1, 1) + events.Day(random.IntN(3))*120
			asked := register.Asked{From: from, To: from + 60 + events.Day(random.IntN(2))*400, Today: events.Date(2021, 7, 1) * events.Day(random.IntN(2))}
			got, err := reviews.Of(t.Context(), tx, projections.Checkpoint{Municipality: örebro, Generation: 1, Position: head}, asked, at)
			if err != nil {
				t.Fatal(err)
			}
			if want := review(t, tx, asked, at); !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d at %d of %d, %+v:\n%+v, afresh\n%+v", seed, at, head, asked, got, want)
			}
		}, func(pgx.Tx) {})
	}
}
