package events

// ProgrammeRegistered says that something gives support, in which forms, and who runs it.
type ProgrammeRegistered struct {
	Programme            ProgrammeID  `json:"programme"`
	Name                 Name         `json:"name"`
	Forms                []Form       `json:"forms"`
	Organiser            Organiser    `json:"organiser"`
	ProviderMunicipality Municipality `json:"provider_municipality,omitempty"`
	Target               Target       `json:"target"`
	Identity             IdentityMode `json:"identity"`
	District             District     `json:"district,omitempty"`
	ValidFrom            Day          `json:"valid_from"`
}

func (ProgrammeRegistered) Kind() string { return "programme.registered" }

// ProgrammeAmended restates a programme whole: a form added, a new name.
type ProgrammeAmended ProgrammeRegistered

func (ProgrammeAmended) Kind() string { return "programme.amended" }

// GroupFormed says that a programme has a group in one form.
type GroupFormed struct {
	Group     ID          `json:"group"`
	Programme ProgrammeID `json:"programme"`
	Form      Form        `json:"form"`
	Name      Name        `json:"name"`
	Places    Count       `json:"places,omitempty"` // 0: not stated
	District  District    `json:"district,omitempty"`
}

func (GroupFormed) Kind() string { return "group.formed" }

// GroupAmended restates a group whole: another name, other places. Its programme and its form never change.
type GroupAmended GroupFormed

func (GroupAmended) Kind() string { return "group.amended" }

// GroupClosed says that a group does not meet after a day. Who is in it and what was recorded of it stay.
type GroupClosed struct {
	Group    ID  `json:"group"`
	ClosedOn Day `json:"closed_on"`
}

func (GroupClosed) Kind() string { return "group.closed" }

// GroupReopened takes a closing back.
type GroupReopened struct {
	Group ID `json:"group"`
}

func (GroupReopened) Kind() string { return "group.reopened" }

// GroupMembersChanged says which children joined and left.
type GroupMembersChanged struct {
	Group  ID   `json:"group"`
	Joined []ID `json:"joined,omitempty"`
	Left   []ID `json:"left,omitempty"`
}

func (GroupMembersChanged) Kind() string { return "group.members_changed" }

// GroupSeriesPlanned says on which days a group is to meet. Each occasion is opened in its own stream as well.
type GroupSeriesPlanned struct {
	Group    ID               `json:"group"`
	Sessions []PlannedSession `json:"sessions"`
}

func (GroupSeriesPlanned) Kind() string { return "group.series_planned" }

// PlannedSession is one occasion of a series.
type PlannedSession struct {
	Session ID  `json:"session"`
	HeldOn  Day `json:"held_on"`
}
