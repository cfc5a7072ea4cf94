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
