package events

// The events of one municipality and year's survey. They hold answers in our codes, never in a form's options, and no
// words: what people wrote is kept beside the log, where it can be erased, and named here by an id and a digest.

// SurveyAnswered says what somebody answered instead of, or beside, what follows from the log. Each answer replaces the
// one given before to its question; a question in Restored goes back to what is computed.
type SurveyAnswered struct {
	Year     Year           `json:"year"`
	Answers  []SurveyAnswer `json:"answers,omitempty"`
	Restored []Question     `json:"restored,omitempty"`
}

func (SurveyAnswered) Kind() string { return "survey.answered" }

// SurveyAnswer is the answer to one question. Value, Lower and Upper belong to a number, 0 where they are left out.
type SurveyAnswer struct {
	Question Question     `json:"question"`
	Status   AnswerStatus `json:"status"`
	Basis    AnswerBasis  `json:"basis,omitempty"`
	Value    Amount       `json:"value,omitempty"`
	Lower    Amount       `json:"lower,omitempty"`
	Upper    Amount       `json:"upper,omitempty"`
	Computed Amount       `json:"computed,omitempty"` // of a number that was overridden: what followed from the log
	Choices  []Choice     `json:"choices,omitempty"`
	Wording  Wording      `json:"wording,omitzero"` // the answer to a question that asks for words, or the reason for an estimate
}

// Wording names a text that is kept beside the log. The digest is of the id and the text together, so that it tells nothing
// of the text, and proves it as long as the text is kept.
type Wording struct {
	ID     ID     `json:"id"`
	Digest Digest `json:"digest"`
}

// IsZero reports whether nothing was written.
func (w Wording) IsZero() bool { return w == Wording{} }

// SurveyCommented says what somebody wrote about warnings of the checks. Each comment replaces the rule's earlier one.
type SurveyCommented struct {
	Year     Year           `json:"year"`
	Comments []CheckComment `json:"comments"`
}

func (SurveyCommented) Kind() string { return "survey.commented" }

// CheckComment is the comment on one rule.
type CheckComment struct {
	Rule    Rule    `json:"rule"`
	Wording Wording `json:"wording"`
}

// SurveyQuestionCommented says what somebody wrote beside questions. Each comment replaces the question's earlier one.
type SurveyQuestionCommented struct {
	Year     Year              `json:"year"`
	Comments []QuestionComment `json:"comments"`
}

func (SurveyQuestionCommented) Kind() string { return "survey.question_commented" }

// QuestionComment is the comment beside one question.
type QuestionComment struct {
	Question Question `json:"question"`
	Wording  Wording  `json:"wording"`
}

// SurveyChecked says that the answers as of a position were checked and found ready for somebody else to approve. They
// are frozen here: approving and submitting are about these.
type SurveyChecked struct {
	Year       Year           `json:"year"`
	Version    Count          `json:"version"`
	Form       FormID         `json:"form"`
	Definition DefinitionID   `json:"definition"`
	Position   Sequence       `json:"position"`
	Answers    []SurveyAnswer `json:"answers"`
	Warnings   []Rule         `json:"warnings,omitempty"` // each has a comment
	// What the checks compared with, which may be another one later.
	Population Amount       `json:"population,omitempty"` // children in the municipality; 0: not known
	LastYear   SurveyBefore `json:"last_year,omitzero"`
}

// SurveyBefore is the number of the year before. None: it was not known.
type SurveyBefore struct {
	Form       FormID       `json:"form"`
	Definition DefinitionID `json:"definition"`
	Number     Amount       `json:"number,omitempty"`
}

func (SurveyChecked) Kind() string { return "survey.checked" }

// SurveyApproved says that somebody else than those who prepared it stands by the checked version.
type SurveyApproved struct {
	Year    Year  `json:"year"`
	Version Count `json:"version"`
}

func (SurveyApproved) Kind() string { return "survey.approved" }

// SurveyReturned says that a checked or approved version is to be worked on again, and why.
type SurveyReturned struct {
	Year    Year    `json:"year"`
	Version Count   `json:"version"`
	Wording Wording `json:"wording"`
}

func (SurveyReturned) Kind() string { return "survey.returned" }

// SurveySubmitted says what was answered for good: figures, definition, position and program version. What was released
// to the national level is with it: protected, where the answers are exact.
type SurveySubmitted struct {
	Year       Year           `json:"year"`
	Version    Count          `json:"version"`
	Form       FormID         `json:"form"`
	Definition DefinitionID   `json:"definition"`
	Position   Sequence       `json:"position"`
	Program    ProgramVersion `json:"program"`
	Answers    []SurveyAnswer `json:"answers"`
	Released   []SurveyAnswer `json:"released"`
}

func (SurveySubmitted) Kind() string { return "survey.submitted" }

// SurveyAmended opens a submitted survey for a new version. What was submitted stands until the new one is.
type SurveyAmended struct {
	Year    Year    `json:"year"`
	Version Count   `json:"version"` // the new one
	Wording Wording `json:"wording"` // why
}

func (SurveyAmended) Kind() string { return "survey.amended" }

// FiguresReleased is one line of the ledger of what left the house, so that a later release cannot give away what an
// earlier one protected. It holds nothing that readers were not told.
type FiguresReleased struct {
	Year       Year               `json:"year"`
	Purpose    ReleasePurpose     `json:"purpose"`
	Definition DefinitionID       `json:"definition"`
	Position   Sequence           `json:"position"` // that the figures follow from
	Cells      []ReleasedCell     `json:"cells,omitempty"`
	Relations  []ReleasedRelation `json:"relations,omitempty"`
}

func (FiguresReleased) Kind() string { return "release.made" }

// ReleasedCell is what became known of one number: that it lies between Lower and Upper.
type ReleasedCell struct {
	Cell  CellName `json:"cell"`
	Lower Amount   `json:"lower,omitempty"`
	Upper Amount   `json:"upper,omitempty"`
}

// ReleasedRelation is what everybody knows of several numbers: that one is the sum of others, say.
type ReleasedRelation struct {
	Relation CellRelation `json:"relation"`
	Cells    []CellName   `json:"cells"`
	Numbers  []Amount     `json:"numbers,omitempty"`
}
