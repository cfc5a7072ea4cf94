package surveying

import "rackvidd/events"

// Circumstances are what the log shows beside the figures, at the same position, that somebody should look at before
// they are signed. Numbers are of the year's children, attendances or sessions.
type Circumstances struct {
	Ended         bool // the year has
	DaysSince     int  // its last day
	ExpectedLate  int  // attendances: as many of last year's were recorded later than now, counted from its end
	LastYear      LastYear
	Population    int // children 0–17 in the municipality; 0: not known
	Erased        int // children whose identity was erased: one who comes back is another
	Merged        int // standing merges with a child who came
	Unmerged      int // undone this year
	FromElsewhere int // attendances of own children that other municipalities told
	Guests        int // children of other municipalities, left out

	Missing, Empty, Crowded, Twice int           // sessions: no register, an empty one, too many people, perhaps recorded twice
	Early                          int           // sessions before their programme was to begin
	Unplaced, NotYet, Left         int           // children who came without a place, before it began, after it ended
	NeverCame, Idle                int           // children with a place who never came; places without attendance for a year
	Often, OneDay                  int           // children with implausibly many sessions, or so many in a day
	TooOld, NotBorn, Disputed      int           // children: too old, born after the year, two birth years
	OtherReason                    int           // children who came for another reason: left out
	OpenReferrals, UnknownChannel  int           // referrals
	WithoutReferral                int           // reached children nobody referred
	NotReached                     []events.Form // offered, and nobody came
	NotOffered                     []events.Form // somebody came, and nobody offers it
	WithoutSession                 []events.ProgrammeID
	WithoutIdentity                []events.ProgrammeID
}

// LastYear is what was said, or would be, of the year before.
type LastYear struct {
	Known      bool                `json:"known" doc:"false: no number was submitted, or nobody was counted where nothing was submitted"`
	Number     int                 `json:"number" doc:"of children, that was submitted or, where nothing was, that followed from the log"`
	Definition events.DefinitionID `json:"definition" doc:"by which it was counted"`
	Form       events.FormID       `json:"form"`
	Version    int                 `json:"version" doc:"that was submitted of the year before; 0: none was"`
}

// Compared is what a checked survey's findings were compared with.
func Compared(e events.SurveyChecked) (population int, before LastYear) {
	if e.LastYear != (events.SurveyBefore{}) {
		before = LastYear{Known: true, Number: int(e.LastYear.Number), Definition: e.LastYear.Definition, Form: e.LastYear.Form}
	}
	return int(e.Population), before
}
