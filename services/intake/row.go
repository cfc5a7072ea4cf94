package intake

import "rackvidd/events"

// RowType is what happened, as a row of an activity file says it.
type RowType string

const (
	ReferralReceived RowType = "referral_received"
	ReferralClosed   RowType = "referral_closed"
	ChildEnrolled    RowType = "child_enrolled"
	EnrolmentEnded   RowType = "enrolment_ended"
	SessionAttended  RowType = "session_attended"
	SessionCancelled RowType = "session_cancelled"
)

func (RowType) Codes() []string {
	return []string{"referral_received", "referral_closed", "child_enrolled", "enrolment_ended", "session_attended", "session_cancelled"}
}

func (t RowType) isReferral() bool { return t == ReferralReceived || t == ReferralClosed }

// Row is one record that keeps every rule. A zero field was not given; what the contract gives a default has it.
type Row struct {
	// Line is where the row begins, as an editor or a spreadsheet counts.
	Line int
	// RecordID and Session are the source's own words and may hold an identity: they are keyed, never stored.
	RecordID, Session string
	Type              RowType
	OccurredOn        events.Day
	// Child is an identity, never to be logged or put into an error. An identity number has its twelve digits.
	Child     string
	Programme events.ProgrammeID
	Form      events.Form
	Channel   events.Channel
	Outcome   events.Outcome
	Reason    events.EndReason
	BirthYear events.Year // given, or the identity number's
	Gender    events.Gender
	Role      events.Role
	Home      events.Municipality
	Count     events.Count
	Target    events.Target
}

// Rejection says which row was refused, and by which rule. It never holds anything of the row.
type Rejection struct {
	Line    int    `json:"line"`
	Column  string `json:"column"`
	Heading string `json:"heading,omitempty"` // what the file calls the column
	Code    string `json:"code"`
	Message string `json:"message"`
}
