package casework

import (
	"cmp"
	"slices"
	"time"

	"rackvidd/events"
)

// Row is what a register says of one child.
type Row struct {
	State  RowState            `json:"state"`
	Target events.Target       `json:"target,omitempty" enum:"other" doc:"other: it was there for another reason"`
	Home   events.Municipality `json:"home_municipality,omitempty" doc:"where the register says that the child lives; left out: as its enrolment says, or here"`
}

// RowOf is what the register says of a child in a capacity; "": in whatever capacity. Of two marks it says that it was there, then
// that because of substance abuse.
func (s *Session) RowOf(child events.ID, role events.Role) Row {
	var keys []MarkKey
	for k := range s.Marks {
		if k.Child == child && cmp.Or(role, k.Role) == k.Role {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, compareReasons)
	row := Row{State: RowNone}
	for _, k := range keys {
		if s.Marks[k].Attended {
			row = Row{RowAttended, k.Target, k.Home}
			if k.Target == events.SubstanceAbuse {
				row.Target = ""
			}
			break
		}
		if row.State == RowNone {
			row = Row{State: RowAbsent, Home: k.Home}
		}
	}
	return row
}

// In is the row as it is told in a municipality: that a child lives there goes without saying.
func (r Row) In(here events.Municipality) Row {
	if r.Home == here {
		r.Home = ""
	}
	return r
}

// Strike is how a row of a register came to hold no longer.
type Strike string

const (
	MarkedOtherwise  Strike = "marked"
	Emptied          Strike = "emptied"
	SessionCorrected Strike = "corrected"
	SessionCancelled Strike = "cancelled"
	SessionWithdrawn Strike = "withdrawn"
)

func (Strike) Codes() []string {
	return []string{"marked", "emptied", "corrected", "cancelled", "withdrawn"}
}

// StruckRow is a child's row in a register as it stood until it was marked otherwise, or its session became another one or none.
type StruckRow struct {
	Session   events.ID          `json:"session"`
	Day       events.Day         `json:"day" doc:"of the session, as it was recorded then"`
	Programme events.ProgrammeID `json:"programme"`
	Form      events.Form        `json:"form"`
	Was       Row                `json:"was"`
	Became    Row                `json:"became"`
	How       Strike             `json:"how" doc:"the row was marked otherwise or emptied; or its session was corrected, cancelled or withdrawn"`
	Reason    events.Reason      `json:"reason,omitempty" doc:"why the session was corrected or withdrawn; a mark is changed without one"`
	At        time.Time          `json:"struck_at" doc:"of a mark when it was tapped, also where it was sent later"`
	By        events.ID          `json:"struck_by" doc:"the account"`
}

// occurrence is a child's row with what the occasion was: together what a timeline tells.
type occurrence struct {
	day       events.Day
	programme events.ProgrammeID
	form      events.Form
	Row
}

func (s *Session) occurrence(child events.ID, here events.Municipality) occurrence {
	o := occurrence{s.HeldOn, s.Programme, s.Form, s.RowOf(child, "").In(here)}
	if s.Cancelled || s.Withdrawn {
		o.Row = Row{State: RowNone}
	}
	return o
}

// StruckRowsIn lists what a register said of a child and no longer says, in the order in which it was struck. What one message
// takes away and says again, as an import does with a changed record, never ceased to hold. here is the log's municipality.
func StruckRowsIn(child events.ID, here events.Municipality, recorded []events.Recorded) (list []StruckRow) {
	one := NewSession()
	for _, r := range recorded {
		was := one.occurrence(child, here)
		became, by := was, events.Event(nil)
		for _, e := range r.Events {
			one.Evolve(e)
			if now := one.occurrence(child, here); now != became {
				became, by = now, e
			}
		}
		if was.State == RowNone || became == was {
			continue
		}
		row := StruckRow{Session: one.Session, Day: was.day, Programme: was.programme, Form: was.form, Was: was.Row, Became: became.Row, At: r.Time, By: r.Actor}
		row.explain(by, child)
		list = append(list, row)
	}
	return list
}

// explain says how, why and when an event struck the row.
func (row *StruckRow) explain(by events.Event, child events.ID) {
	switch e := by.(type) {
	case events.SessionCorrected:
		row.How, row.Reason = SessionCorrected, e.Reason
	case events.SessionWithdrawn:
		row.How, row.Reason = SessionWithdrawn, e.Reason
	case events.SessionCancelled:
		row.How = SessionCancelled
	case events.SessionAttended:
		row.How = MarkedOtherwise
		if row.Became.State == RowNone {
			row.How = Emptied
		}
		for _, m := range changesIn(e) {
			if m.Child == child && m.At != 0 {
				row.At = m.At.Time()
			}
		}
	}
}
