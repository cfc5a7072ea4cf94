package events

// The events of the national log: what municipalities answered, as they released it, and the reference data that
// coverage is computed from.

// AnswerReceived is one municipality's answer about one year, or one district's. It replaces the one received before.
type AnswerReceived struct {
	Year         Year         `json:"year"`
	Municipality Municipality `json:"municipality"`
	District     District     `json:"district,omitempty"`
	State        AnswerState  `json:"state"`
	Offers       YesNo        `json:"offers,omitempty"`
	Children     AnswerStatus `json:"children"` // number, zero, suppressed (a band), unknown, not_asked or not_answered
	Basis        AnswerBasis  `json:"basis,omitempty"`
	Value        Amount       `json:"value,omitempty"` // of a number
	Lower        Amount       `json:"lower,omitempty"`
	Upper        Amount       `json:"upper,omitempty"`
	Organisers   []Organiser  `json:"organisers,omitempty"`
	Forms        []Form       `json:"forms,omitempty"`
	Channels     []Channel    `json:"channels,omitempty"`
	Measures     []Choice     `json:"measures,omitempty"`
	Withheld     []Question   `json:"withheld,omitempty"` // answered, and not released because few children were reached; as the national level calls them
	Form         FormID       `json:"form,omitempty"`
	Definition   DefinitionID `json:"definition,omitempty"`
	Version      Count        `json:"version,omitempty"`
	Origin       AnswerOrigin `json:"origin"`
}

func (AnswerReceived) Kind() string { return "national.answer_received" }

// What the national level calls the questions by which answers are told, whatever the form of a year calls them.
const (
	OffersQuestion     Question = "Q1"
	OrganisersQuestion Question = "Q2"
	FormsQuestion      Question = "Q3"
	ChildrenQuestion   Question = "Q4"
	ChannelsQuestion   Question = "Q5"
	MeasuresQuestion   Question = "Q6"
)

// KeyTrusted says with which key an installation elsewhere signs a municipality's answers.
type KeyTrusted struct {
	Municipality Municipality `json:"municipality"`
	Key          VerifierKey  `json:"key"`
}

func (KeyTrusted) Kind() string { return "national.key_trusted" }

// KeyDistrusted says that a key signs a municipality's answers no longer. What it signed before stays as it was received.
type KeyDistrusted struct {
	Municipality Municipality `json:"municipality"`
	Key          VerifierKey  `json:"key"`
}

func (KeyDistrusted) Kind() string { return "national.key_distrusted" }

// PopulationStated is how many children aged 0–17 live in municipalities, from one source. It replaces what was stated
// of the same municipalities and year.
type PopulationStated struct {
	Year   Year                `json:"year"`
	Source Name                `json:"source"`
	Rows   []PopulationOfPlace `json:"rows"`
}

func (PopulationStated) Kind() string { return "national.population_stated" }

// PopulationOfPlace is one municipality's children.
type PopulationOfPlace struct {
	Municipality Municipality `json:"municipality"`
	Children     Amount       `json:"children"`
}

// DenominatorStated is an estimate of how many children in the country are in need, valid for some years. It replaces
// what was stated of the same denominator.
type DenominatorStated struct {
	Denominator DenominatorID `json:"denominator"`
	Name        Name          `json:"name"`
	Need        Amount        `json:"need"`
	Source      Name          `json:"source"`
	From        Year          `json:"from,omitempty"`
	Until       Year          `json:"until,omitempty"`
}

func (DenominatorStated) Kind() string { return "national.denominator_stated" }
