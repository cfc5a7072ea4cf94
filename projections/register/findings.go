package register

import "rackvidd/events"

// Findings is what the registers, places, referrals and programmes of a period show that somebody should look at
// before its figures are signed. Withdrawn sessions are in none of it; those of programmes that are for something else
// than substance abuse are counted once and left out.
type Findings struct {
	Sessions   SessionFindings
	Attendance AttendanceFindings
	Places     PlaceFindings
	Referrals  ReferralFindings
	Programmes ProgrammeFindings
	Merges     MergeFindings
	Late       LateFindings
}

// Found is how many sessions something is true of, and which: at most Examples, the earliest first.
type Found struct {
	Number   int
	Sessions []events.ID
}

// Visits is how many children something is true of, at how many attendances, and some of the sessions.
type Visits struct {
	Children    int
	Attendances int
	Sessions    []events.ID // at most Examples, the earliest first
}

// Examples is the most sessions that are named.
const Examples = 1000

// SessionFindings is about this municipality's own sessions.
type SessionFindings struct {
	Total     int   // not withdrawn, cancelled or not
	Cancelled int   // whatever is in their registers
	Planned   int   // no register, and the day is today or later
	Missing   Found // no register, and the day is past
	Empty     Found // a register that says that nobody came
	Crowded   Found // more than MostPeople came
	Twice     Found // another has the same programme, form and day, and not another group: recorded twice, perhaps
	Elsewhere int   // told by other municipalities, not in Total
	LeftOut   int   // of programmes that are for something else, not in Total
}

// What is believed of one session, and of one child in the period and on one day.
const (
	MostPeople   = 60
	MostSessions = 150
	MostADay     = 3
)

// AttendanceFindings is about who came to sessions that were held, guests and other municipalities' sessions included.
// A child that was found to be another counts as that one.
type AttendanceFindings struct {
	Children     int    // because of substance abuse
	Attendances  int    // of those children: once for each session
	Unidentified int    // children nobody identified, each time they were counted
	Adults       int    // each time one came, known by name or not
	Other        Visits // children who came for another reason, and not for this one
	Elsewhere    Visits // told by other municipalities
	Often        int    // children who came to more than MostSessions
	OneDay       Visits // children who came to more than MostADay sessions of a day
}

// PlaceFindings compares places with attendances in this municipality's own sessions. Nobody needs a place to come.
type PlaceFindings struct {
	Unplaced    Visits // no place in that programme and form on that day; each is one of the next three
	Never       Visits // nor on any other day
	Ended       Visits // it had ended
	NotYet      Visits // it had not begun
	Children    int    // with a place that overlaps the period
	NeverCame   int    // of those, who came to nothing in the period: registered is not reached
	NeverCameTo []Tally
	Idle        int // places that ran for the 12 months to the period's end in which the child did not come there
	IdleIn      []Tally
}

// Tally is a number for each programme that has any, in the order of their ids.
type Tally struct {
	Programme events.ProgrammeID
	Number    int
}

// ReferralFindings is about referrals received in the period.
type ReferralFindings struct {
	Received       int
	Open           int // not closed Patience days after the period's end, or now where that is yet to come
	UnknownChannel int
}

// Patience is how many days after the period's end a referral may wait.
const Patience = 90

// ProgrammeFindings is about programmes for children because of substance abuse that began by the period's end.
type ProgrammeFindings struct {
	NotReached []Offer              // forms offered in which nobody came to any programme, identified or not
	NotOffered []events.Form        // forms in which somebody came and which no programme offers
	NoIdentity []events.ProgrammeID // they document no identities
	NoSession  []events.ProgrammeID // no session of the period, cancelled ones aside
	Early      Found                // sessions of the period before their programme was to begin
	EarlyIn    []Tally
}

// Offer is one form of one programme.
type Offer struct {
	Programme events.ProgrammeID
	Form      events.Form
}

// MergeFindings is about records that were found to be one child.
type MergeFindings struct {
	Standing int // with a child who came in the period
	Undone   int // from the period's first day on
}

// LateFindings is about when attendances came to be recorded as they stand, and when those of the year before did: as
// many can be expected to come yet.
type LateFindings struct {
	Attendances int // of children, because of substance abuse
	MonthLate   int // more than 30 days after the session
	AfterPeriod int // after the period's last day

	Days     int // from the period's last day to today; 0: it has not ended
	Previous struct {
		Attendances int
		AfterPeriod int // after that period's last day
		Later       int // more than Days after that period's last day
	}
}
