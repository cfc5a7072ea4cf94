package web

import (
	"rackvidd/events"
	"rackvidd/services/access"
)

const (
	lookBack  = 28 // days in which a register can be missing
	lookAhead = 14
)

func (s *site) dayPage() {
	s.page("GET /municipalities/{code}/{$}", access.ReadCaseload, (*visit).day)
}

// occasion is a session as the day shows it.
type occasion struct {
	sessionSummary
	Name string // of its group, or programme
}

// workday is what lies ahead and what is left to do.
type workday struct {
	Today, Ahead, Missing []occasion
	Referrals             []referral
	Names                 map[events.ProgrammeID]string
	HasProgramme          bool
}

func (v *visit) day() error {
	var d workday
	mine, err := v.mine()
	if err != nil {
		return err
	}
	d.Names, d.HasProgramme = named(mine), len(mine) > 0
	var work struct {
		OpenReferrals []referral `json:"open_referrals"`
	}
	if err := v.see(&work, v.in("caseload")); err != nil {
		return err
	}
	d.Referrals = work.OpenReferrals
	if err := v.sessionsAround(&d); err != nil {
		return err
	}
	return v.show("day", sheet{Title: v.text().text("day.title"), D: d})
}

// sessionsAround tells sessions of today from those ahead and those without a register.
func (v *visit) sessionsAround(d *workday) error {
	groups, err := v.groups()
	if err != nil {
		return err
	}
	names := make(map[events.ID]string)
	for _, g := range groups {
		names[g.ID] = g.Name
	}
	today := v.today()
	list, err := v.sessions("from", (today - lookBack).String(), "to", (today + lookAhead).String(), "limit", "1000")
	for i := len(list) - 1; i >= 0; i-- { // the latest come first
		one := occasion{list[i], d.Names[list[i].Programme]}
		if one.Group != nil {
			one.Name = names[*one.Group]
		}
		switch {
		case one.HeldOn == today:
			d.Today = append(d.Today, one)
		case one.HeldOn > today && !one.Cancelled:
			d.Ahead = append(d.Ahead, one)
		case one.HeldOn < today && !one.Cancelled && !one.Filled():
			d.Missing = append(d.Missing, one)
		}
	}
	return err
}

func (v *visit) sessions(query ...string) ([]sessionSummary, error) {
	var answer struct {
		Sessions []sessionSummary `json:"sessions"`
	}
	err := v.see(&answer, v.in("sessions"), query...)
	return answer.Sessions, err
}
