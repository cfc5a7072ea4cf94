package events

// SessionOpened says that an occasion exists: planned, or known by its first record.
type SessionOpened struct {
	Session   ID          `json:"session"`
	Programme ProgrammeID `json:"programme"`
	Form      Form        `json:"form"`
	HeldOn    Day         `json:"held_on"`
	Group     ID          `json:"group,omitzero"`
	District  District    `json:"district,omitempty"`
	// ProviderMunicipality is set when another municipality held it and this log's children were guests there.
	ProviderMunicipality Municipality `json:"provider_municipality,omitempty"`
}

func (SessionOpened) Kind() string { return "session.opened" }

// SessionCorrected restates what an occasion was.
type SessionCorrected struct {
	Session   ID          `json:"session"`
	Programme ProgrammeID `json:"programme"`
	Form      Form        `json:"form"`
	HeldOn    Day         `json:"held_on"`
	Reason    Reason      `json:"reason"`

	ProviderMunicipality Municipality `json:"provider_municipality,omitempty"`
}

func (SessionCorrected) Kind() string { return "session.corrected" }

// SessionAttended is one decision about a register: who came, who did not, who was unmarked, and how many came whom
// nobody identified. It holds changes alone: a mark in Removed stood before, or says when or why of a row that is empty.
type SessionAttended struct {
	Session ID `json:"session"`
	// HomeMunicipality is the home of every mark and count that names none; none here: as the child's enrolment says.
	HomeMunicipality Municipality `json:"home_municipality,omitempty"`

	// RegisterAt is set when the whole register was stated, and when: no earlier mark of a row may undo it.
	RegisterAt Instant `json:"register_at,omitempty"`

	Attended []Mark      `json:"attended,omitempty"`
	Absent   []Mark      `json:"absent,omitempty"`
	Removed  []Mark      `json:"removed,omitempty"`
	Counted  []HeadCount `json:"counted,omitempty"`
}

func (SessionAttended) Kind() string { return "session.attended" }

// Mark is one person in a register.
type Mark struct {
	Child            ID           `json:"child"`
	Role             Role         `json:"role,omitempty"`   // none: a child
	Target           Target       `json:"target,omitempty"` // none: because of substance abuse
	HomeMunicipality Municipality `json:"home_municipality,omitempty"`
	BirthYear        Year         `json:"birth_year,omitempty"`
	Gender           Gender       `json:"gender,omitempty"`
	At               Instant      `json:"at,omitempty"` // when it was marked; the latest stands
	Record           Record       `json:"record,omitzero"`
}

// HeadCount is how many came whom nobody identified. It replaces the count with the same number; 0 takes it away.
type HeadCount struct {
	Entry            Entry        `json:"entry"`
	Count            Count        `json:"count"`
	Role             Role         `json:"role,omitempty"`
	Target           Target       `json:"target,omitempty"`
	HomeMunicipality Municipality `json:"home_municipality,omitempty"`
	Record           Record       `json:"record,omitzero"`
}

// SessionCancelled says that an occasion was not held. Whatever was marked, it reaches nobody.
type SessionCancelled struct {
	Session ID     `json:"session"`
	Record  Record `json:"record,omitzero"`
}

func (SessionCancelled) Kind() string { return "session.cancelled" }

// SessionReinstated takes a cancellation back. Record is whose cancellation it was, where its row says otherwise now: none where
// somebody takes it back by hand, and in the log of guests' home, where no file tells of the session.
type SessionReinstated struct {
	Session ID     `json:"session"`
	Reason  Reason `json:"reason"`
	Record  Record `json:"record,omitzero"`
}

func (SessionReinstated) Kind() string { return "session.reinstated" }

// SessionWithdrawn says that an occasion should never have been recorded.
type SessionWithdrawn struct {
	Session ID     `json:"session"`
	Reason  Reason `json:"reason"`
}

func (SessionWithdrawn) Kind() string { return "session.withdrawn" }

// GuestsCounted says how many of this municipality's children attended in another one that cannot say who they were.
type GuestsCounted struct {
	Report               ID           `json:"report"`
	ProviderMunicipality Municipality `json:"provider_municipality"`
	Programme            ProgrammeID  `json:"programme"`
	Form                 Form         `json:"form"`
	HeldOn               Day          `json:"held_on"`
	Children             Count        `json:"children"`
}

func (GuestsCounted) Kind() string { return "guest.counted" }

// GuestCountWithdrawn says that a count of guests should never have been recorded.
type GuestCountWithdrawn struct {
	Report ID     `json:"report"`
	Reason Reason `json:"reason"`
}

func (GuestCountWithdrawn) Kind() string { return "guest.count_withdrawn" }
