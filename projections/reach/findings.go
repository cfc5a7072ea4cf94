package reach

// Findings is what the evidence of a period shows of children that somebody should look at before its figures are
// signed. Other findings are register.Findings.
type Findings struct {
	Reached         int // under the definition
	WithoutReferral int // of those, whom nobody ever referred. Nobody needs to be
	UnknownYear     int // of those, whose year of birth nobody said

	// Of own children who have what the definition asks for, whatever their age:
	TooOld   int // and so are left out
	NotBorn  int // born after the period's year, and counted all the same
	Disputed int // two different years of birth were stated, and neither as a correction

	Guests           int // children with another home municipality, of any age
	GuestAttendances int
}

// Review finds in the evidence of a period what somebody should look at. It asks nothing of the database: the evidence
// is what figures are computed from.
func Review(e Evidence, d Definition, p Period) Findings {
	c := counting{Evidence: e, d: d, year: p.To.Year()}
	reached, guests, f := c.reached(), make(set), Findings{}
	f.Reached, f.WithoutReferral = len(reached), len(reached)-len(c.referred(reached))
	for child := range reached {
		if c.People[child].BirthYear == 0 {
			f.UnknownYear++
		}
	}
	for child := range c.ofAnyAge() {
		c.lookAtAge(&f, c.People[child])
	}
	for _, a := range c.Attended {
		if !c.own(a.Home) && c.d.Counts(a.Form) {
			guests[a.Child] = true
			f.GuestAttendances += a.Sessions
		}
	}
	f.Guests = len(guests)
	return f
}

// referred are the reached children of whom there is a referral.
func (c counting) referred(reached set) set {
	s := make(set)
	for _, r := range c.Referred {
		if reached[r.Child] {
			s[r.Child] = true
		}
	}
	return s
}

// ofAnyAge are the children who would be reached were it not for their age.
func (c counting) ofAnyAge() set {
	c.d.MaxAge = int(c.year)
	return c.reached()
}

func (c counting) lookAtAge(f *Findings, who Person) {
	if who.Disputed {
		f.Disputed++
	}
	switch {
	case who.BirthYear > c.year:
		f.NotBorn++
	case !c.d.OfAge(who.BirthYear, c.year):
		f.TooOld++
	}
}
