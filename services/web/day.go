package web

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
)

const (
	lookAhead = 14        // days
	season    = time.June // the last month in which last year's survey is worked with

	referralsOnAPage = 20
	mostOccasions    = 40 // of those ahead, and of those to be filled in
)

func (s *site) dayPage() {
	s.page("GET /municipalities/{code}/{$}", access.ReadCaseload, (*visit).day)
}

// occasion is a session as the day shows it.
type occasion struct {
	sessionSummary
	Name  string // of its group, or programme
	Ahead bool   // its register opens on the day
}

// settled ranks what is still to do first.
func (o occasion) settled() int {
	if !o.Cancelled && (!o.Filled() || o.Begun()) {
		return 0
	}
	return 1
}

// workday is what lies ahead and what is left to do.
type workday struct {
	Today, Ahead, Missing []occasion
	MoreAhead             int // that are not listed
	MoreMissing           int
	All                   bool       // every register to be filled in is asked for
	Referrals             []referral // a page of them, the longest waiting first
	Open                  int        // how many there are
	Page, Pages           int
	Names                 map[events.ProgrammeID]string
	HasProgramme          bool
	ToErase               *toErase // nil: nobody is
	Position              events.Position
}

func (v *visit) day() error {
	var d workday
	mine, err := v.mine()
	if err != nil {
		return err
	}
	d.Names, d.HasProgramme = named(mine), len(mine) > 0
	if err := v.waiting(&d); err != nil {
		return err
	}
	if err := v.sessionsAround(&d); err != nil {
		return err
	}
	if d.ToErase, err = v.toBeErased(); err != nil {
		return err
	}
	return v.show("day", sheet{Title: v.text().text("day.title"), D: d})
}

// waiting reads the page of the open referrals that the address asks for, or the last.
func (v *visit) waiting(d *workday) error {
	d.Page = min(max(number(v.Query("page")), 1), 1000)
	for {
		var work struct {
			Open          int             `json:"open"`
			OpenReferrals []referral      `json:"open_referrals"`
			Position      events.Position `json:"position"`
		}
		if err := v.see(&work, v.in("caseload"), "limit", strconv.Itoa(d.Page*referralsOnAPage)); err != nil {
			return err
		}
		d.Position = work.Position
		d.Open, d.Pages = work.Open, max(1, (work.Open+referralsOnAPage-1)/referralsOnAPage)
		if d.Page <= d.Pages {
			d.Referrals = work.OpenReferrals[min(len(work.OpenReferrals), (d.Page-1)*referralsOnAPage):]
			return nil
		}
		d.Page = d.Pages
	}
}

func (d workday) Before() int { return d.Page - 1 }

// After is the next page; 0: there is none.
func (d workday) After() int { return (d.Page + 1) % (d.Pages + 1) }

// atMost are the first of a list, and how many are left out.
func atMost(list []occasion) (first []occasion, more int) {
	n := min(len(list), mostOccasions)
	return list[:n], len(list) - n
}

// sessionsAround tells sessions of today from those ahead and those whose register is still to be filled in.
func (v *visit) sessionsAround(d *workday) error {
	groups, err := v.groups()
	if err != nil {
		return err
	}
	known := make(map[events.ID]groupSummary)
	for _, g := range groups {
		known[g.ID] = g
	}
	today := v.today()
	list, err := v.sessions("from", today.String(), "to", (today + lookAhead).String(), "limit", "1000")
	if err != nil {
		return err
	}
	missing, err := v.sessions("unfinished", "true", "from", askedSince(today).String(), "to", (today - 1).String(), "limit", "1000")
	list = append(list, missing...)
	for i := len(list) - 1; i >= 0; i-- { // the latest come first
		one := occasion{sessionSummary: list[i], Name: d.Names[list[i].Programme], Ahead: list[i].HeldOn > today}
		if one.Group != nil {
			one.Name = cmp.Or(known[*one.Group].Name, one.Name) // a session that was corrected to be this programme's may be of another's group
		}
		switch {
		case one.HeldOn == today:
			d.Today = append(d.Today, one)
		case one.Ahead && !one.Cancelled:
			d.Ahead = append(d.Ahead, one)
		case one.HeldOn < today:
			d.Missing = append(d.Missing, one)
		}
	}
	slices.SortStableFunc(d.Today, func(a, b occasion) int { return cmp.Compare(a.settled(), b.settled()) })
	d.Ahead, d.MoreAhead = atMost(d.Ahead)
	if d.All = v.Query("missing") == "all"; !d.All {
		d.Missing, d.MoreMissing = atMost(d.Missing)
	}
	return err
}

// askedSince is the first day that a survey still asks about: of last year, until its season is over.
func askedSince(today events.Day) events.Day {
	year := today.Year()
	if today.Time().Month() <= season {
		year--
	}
	return events.Date(int(year), time.January, 1)
}

func (v *visit) sessions(query ...string) ([]sessionSummary, error) {
	var answer struct {
		Sessions []sessionSummary `json:"sessions"`
	}
	err := v.see(&answer, v.in("sessions"), query...)
	return answer.Sessions, err
}
