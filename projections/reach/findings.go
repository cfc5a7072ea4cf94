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

// review finds in the evidence of a period what somebody should look at. It asks nothing of the database: the evidence
// is what figures are computed from.
func (c *counting) review(reached []*Child) (f Findings) {
	f.Reached = len(reached)
	f.WithoutReferral = number(reached, func(child *Child) bool { return len(child.Referred) == 0 })
	f.UnknownYear = number(reached, func(child *Child) bool { return child.BirthYear == 0 })
	for _, child := range c.ofAnyAge().reached() {
		c.lookAtAge(&f, child.Person)
	}
	for _, child := range c.Children {
		before := f.GuestAttendances
		for _, a := range child.Attended {
			if !c.own(a.Home) && c.d.Counts(a.Form) {
				f.GuestAttendances += a.Sessions
			}
		}
		if f.GuestAttendances > before {
			f.Guests++
		}
	}
	return f
}

// ofAnyAge is the counting that leaves nobody out because of their age.
func (c *counting) ofAnyAge() *counting {
	any := *c
	any.d.MaxAge = int(c.year)
	return &any
}

func (c *counting) lookAtAge(f *Findings, who Person) {
	if who.Disputed {
		f.Disputed++
	}
	switch {
	case who.BirthYear > c.year:
		f.NotBorn++
	case !c.ofAge(who):
		f.TooOld++
	}
}
