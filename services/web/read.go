package web

import (
	"slices"
	"time"

	"rackvidd/events"
)

// What the API answers, as far as pages show it.

type programme struct {
	ID        events.ProgrammeID  `json:"id"`
	Name      string              `json:"name"`
	Forms     []events.Form       `json:"forms"`
	Organiser events.Organiser    `json:"organiser"`
	Target    events.Target       `json:"target"`
	Identity  events.IdentityMode `json:"identity"`
	ValidFrom events.Day          `json:"valid_from"`
}

type groupInfo struct {
	ID        events.ID          `json:"id"`
	Programme events.ProgrammeID `json:"programme"`
	Form      events.Form        `json:"form"`
	Name      string             `json:"name"`
	Places    int                `json:"places"`
	District  events.District    `json:"district"`
	ClosedOn  events.Day         `json:"closed_on"` // 0: it is open
}

type groupSummary struct {
	groupInfo
	Members  int `json:"members"`
	Sessions int `json:"sessions"`
}

// Full reports whether no place is left. A group without a number of places never is.
func (g groupSummary) Full() bool { return g.Places > 0 && g.Members >= g.Places }

type child struct {
	Child  events.ID `json:"child"`
	Label  string    `json:"label"`
	Erased bool      `json:"erased"` // nobody can tell any more who it is
}

type sessionInfo struct {
	ID        events.ID          `json:"id"`
	Programme events.ProgrammeID `json:"programme"`
	Form      events.Form        `json:"form"`
	HeldOn    events.Day         `json:"held_on"`
	Group     *events.ID         `json:"group"`
	Cancelled bool               `json:"cancelled"`

	Provider events.Municipality `json:"provider_municipality"` // another one, that held it
}

type sessionSummary struct {
	sessionInfo
	Attended     int `json:"attended"`
	Absent       int `json:"absent"`
	Unidentified int `json:"unidentified"`
	Adults       int `json:"adults"`
	Unmarked     int `json:"unmarked"` // children of the group that a register which was begun says nothing of
}

// Children is how many came, those whom nobody identified among them.
func (s sessionSummary) Children() int { return s.Attended + s.Unidentified }

// Filled reports whether anything is recorded of who came.
func (s sessionSummary) Filled() bool { return s.Attended+s.Absent+s.Unidentified+s.Adults > 0 }

// Begun reports whether the register waits for more: whoever was counted without a name may be one of the unmarked.
func (s sessionSummary) Begun() bool { return s.Filled() && s.Unmarked > s.Unidentified }

// Marked is how many children are marked.
func (s sessionSummary) Marked() int { return s.Attended + s.Absent }

// Expected is how many there are to mark.
func (s sessionSummary) Expected() int { return s.Marked() + s.Unmarked }

type referral struct {
	child
	ID         string             `json:"id"`
	Channel    events.Channel     `json:"channel"`
	ReceivedOn events.Day         `json:"received_on"`
	Programme  events.ProgrammeID `json:"programme"`
	Form       events.Form        `json:"form"`
	Days       int                `json:"days"`
}

// recordedAt is how old an answer of a read model is.
func (a *answer) recordedAt() time.Time {
	t, err := time.Parse(time.RFC3339Nano, a.header.Get("Rackvidd-Recorded-At"))
	if err != nil {
		return time.Time{} // nothing was recorded yet
	}
	return t
}

func (v *visit) programmes() ([]programme, error) {
	var answer struct {
		Programmes []programme `json:"programmes"`
	}
	err := v.see(&answer, v.in("programmes"))
	return answer.Programmes, err
}

// mine are the programmes that the visitor works in.
func (v *visit) mine() ([]programme, error) {
	all, err := v.programmes()
	var list []programme
	for _, p := range all {
		if v.coordinates(p.ID) {
			list = append(list, p)
		}
	}
	return list, err
}

func (v *visit) groups() ([]groupSummary, error) {
	var answer struct {
		Groups []groupSummary `json:"groups"`
	}
	err := v.see(&answer, v.in("groups"))
	return answer.Groups, err
}

// openGroups are those that have not been closed: where a child can get a place, and a session be planned.
func (v *visit) openGroups() ([]groupSummary, error) {
	all, err := v.groups()
	return slices.DeleteFunc(all, func(g groupSummary) bool { return g.ClosedOn != 0 }), err
}

// named are the names of programmes by their ids.
func named(list []programme) map[events.ProgrammeID]string {
	names := make(map[events.ProgrammeID]string)
	for _, p := range list {
		names[p.ID] = p.Name
	}
	return names
}
