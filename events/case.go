package events

// ReferralReceived says that somebody pointed a child to the municipality or to a programme.
type ReferralReceived struct {
	Referral   Entry       `json:"referral"`
	Channel    Channel     `json:"channel"`
	ReceivedOn Day         `json:"received_on"`
	Programme  ProgrammeID `json:"programme,omitempty"`
	Form       Form        `json:"form,omitempty"`
	BirthYear  Year        `json:"birth_year,omitempty"`
	Gender     Gender      `json:"gender,omitempty"`
	Record     Record      `json:"record,omitzero"`
}

func (ReferralReceived) Kind() string { return "case.referral_received" }

// ReferralCorrected restates a referral whole.
type ReferralCorrected struct {
	Referral   Entry       `json:"referral"`
	Channel    Channel     `json:"channel"`
	ReceivedOn Day         `json:"received_on"`
	Programme  ProgrammeID `json:"programme,omitempty"`
	Form       Form        `json:"form,omitempty"`
	Reason     Reason      `json:"reason"`
	Record     Record      `json:"record,omitzero"`
}

func (ReferralCorrected) Kind() string { return "case.referral_corrected" }

// ReferralClosed says how a referral ended. It closes Referral; with none it waits for one.
type ReferralClosed struct {
	Closing   Entry       `json:"closing"`
	Referral  Entry       `json:"referral,omitzero"`
	Programme ProgrammeID `json:"programme,omitempty"`
	Outcome   Outcome     `json:"outcome"`
	ClosedOn  Day         `json:"closed_on"`
	Record    Record      `json:"record,omitzero"`
}

func (ReferralClosed) Kind() string { return "case.referral_closed" }

// ReferralClosingMatched says that a closing now closes another referral than before, because a record came late,
// was corrected or withdrawn. With no referral it waits again.
type ReferralClosingMatched struct {
	Closing  Entry   `json:"closing"`
	Referral Entry   `json:"referral,omitzero"`
	Outcome  Outcome `json:"outcome"`
	ClosedOn Day     `json:"closed_on"`
}

func (ReferralClosingMatched) Kind() string { return "case.referral_closing_matched" }

// ChildEnrolled says that a child has a place in a programme, in one form.
type ChildEnrolled struct {
	Enrolment        Entry        `json:"enrolment"`
	Programme        ProgrammeID  `json:"programme"`
	Form             Form         `json:"form"`
	EnrolledOn       Day          `json:"enrolled_on"`
	BirthYear        Year         `json:"birth_year,omitempty"`
	Gender           Gender       `json:"gender,omitempty"`
	HomeMunicipality Municipality `json:"home_municipality,omitempty"`
	Target           Target       `json:"target,omitempty"`
	Record           Record       `json:"record,omitzero"`
}

func (ChildEnrolled) Kind() string { return "case.child_enrolled" }

// EnrolmentCorrected restates an enrolment whole.
type EnrolmentCorrected struct {
	Enrolment        Entry        `json:"enrolment"`
	Programme        ProgrammeID  `json:"programme"`
	Form             Form         `json:"form"`
	EnrolledOn       Day          `json:"enrolled_on"`
	HomeMunicipality Municipality `json:"home_municipality,omitempty"`
	Target           Target       `json:"target,omitempty"`
	Reason           Reason       `json:"reason"`
	Record           Record       `json:"record,omitzero"`
}

func (EnrolmentCorrected) Kind() string { return "case.enrolment_corrected" }

// EnrolmentEnded says that a place was given up. It ends Enrolment; with none it waits for one.
type EnrolmentEnded struct {
	End       Entry       `json:"end"`
	Enrolment Entry       `json:"enrolment,omitzero"`
	Programme ProgrammeID `json:"programme"`
	Form      Form        `json:"form"`
	Reason    EndReason   `json:"reason"`
	EndedOn   Day         `json:"ended_on"`
	Record    Record      `json:"record,omitzero"`
}

func (EnrolmentEnded) Kind() string { return "case.enrolment_ended" }

// EnrolmentEndMatched says that an end now ends another enrolment than before, because a record came late, was
// corrected or withdrawn. With no enrolment it waits again.
type EnrolmentEndMatched struct {
	End       Entry     `json:"end"`
	Enrolment Entry     `json:"enrolment,omitzero"`
	Reason    EndReason `json:"reason"`
	EndedOn   Day       `json:"ended_on"`
}

func (EnrolmentEndMatched) Kind() string { return "case.enrolment_end_matched" }

// EntryWithdrawn says that a referral, enrolment, closing or end should never have been recorded.
type EntryWithdrawn struct {
	Entry  Entry  `json:"entry"`
	Reason Reason `json:"reason"`
}

func (EntryWithdrawn) Kind() string { return "case.entry_withdrawn" }

// ChildDescribed corrects what is known of a child; it outweighs every earlier statement. Record is whose row says otherwise than
// before: nobody's where somebody says so by hand.
type ChildDescribed struct {
	Child     ID     `json:"child"`
	BirthYear Year   `json:"birth_year,omitempty"`
	Gender    Gender `json:"gender,omitempty"`
	Reason    Reason `json:"reason"`
	Record    Record `json:"record,omitzero"`
}

func (ChildDescribed) Kind() string { return "case.child_described" }

// CaseMerged stands in the stream of the child that was found to be another: from here on it counts as Into.
type CaseMerged struct {
	Merge Entry `json:"merge"`
	Into  ID    `json:"into"`
}

func (CaseMerged) Kind() string { return "case.merged" }

// CaseAbsorbed stands in the stream of the child that is kept.
type CaseAbsorbed struct {
	Merge Entry `json:"merge"`
	Child ID    `json:"child"`
}

func (CaseAbsorbed) Kind() string { return "case.absorbed" }

// MergeUndone stands in the stream of the child that was wrongly merged: it counts as itself again.
type MergeUndone struct {
	Merge  Entry  `json:"merge"`
	Into   ID     `json:"into"`
	Reason Reason `json:"reason"`
}

func (MergeUndone) Kind() string { return "case.merge_undone" }

// AbsorptionUndone stands in the stream of the child that was kept.
type AbsorptionUndone struct {
	Merge Entry `json:"merge"`
	Child ID    `json:"child"`
}

func (AbsorptionUndone) Kind() string { return "case.absorption_undone" }

// IdentityErased says that nobody can tell any more who the child is. Figures stay; a merge with it cannot be undone. Where
// retention did it, it says by which decision and since when the child had been listed. Version 1 did not.
type IdentityErased struct {
	Child    ID       `json:"child"`
	Decision Sequence `json:"decision,omitempty"`  // the position of the RetentionDecided; 0: somebody asked for it
	ListedOn Day      `json:"listed_on,omitempty"` // 0 as Decision
}

func (IdentityErased) Kind() string { return "case.identity_erased" }
