package events

import (
	"encoding/base64"
	"fmt"
	"regexp"
)

// The words that answers and reference data are made of. Like those of code.go, none can hold an identity.

// Question is a survey question's id, the same in every version of the form.
type Question string

var questionForm = regexp.MustCompile(`^Q[1-9][0-9]?$`)

// ParseQuestion accepts Q1 to Q99.
func ParseQuestion(s string) (Question, error) {
	return matching[Question](s, questionForm, "must be a question's id, for example Q4")
}

// AnswerStatus says what kind of answer it is. Zero is not unknown, and neither is not answered.
type AnswerStatus string

const (
	NumberAnswer     AnswerStatus = "number"
	ZeroAnswer       AnswerStatus = "zero"
	ChoicesAnswer    AnswerStatus = "choices"
	YesAnswer        AnswerStatus = "yes"
	NoAnswer         AnswerStatus = "no"
	TextAnswer       AnswerStatus = "text"
	UnknownAnswer    AnswerStatus = "unknown"
	NotAsked         AnswerStatus = "not_asked"
	NotAnswered      AnswerStatus = "not_answered"
	SuppressedAnswer AnswerStatus = "suppressed" // known, and protected because it is about few
)

func (AnswerStatus) Codes() []string {
	return []string{"number", "zero", "choices", "yes", "no", "text", "unknown", "not_asked", "not_answered", "suppressed"}
}

// AnswerBasis says how a number is known: counted from events, an interval because some were not identified, estimated
// by a person, entered where nothing is computed, or overridden.
type AnswerBasis string

const (
	CountedBasis    AnswerBasis = "counted"
	IntervalBasis   AnswerBasis = "interval"
	EstimatedBasis  AnswerBasis = "estimated"
	EnteredBasis    AnswerBasis = "entered"
	OverriddenBasis AnswerBasis = "overridden"
)

func (AnswerBasis) Codes() []string {
	return []string{"counted", "interval", "estimated", "entered", "overridden"}
}

// AnswerState says whether a municipality or district answered.
type AnswerState string

const (
	AnsweredState    AnswerState = "answered"
	PartialState     AnswerState = "partial"
	NotAnsweredState AnswerState = "not_answered"
)

func (AnswerState) Codes() []string { return []string{"answered", "partial", "not_answered"} }

// YesNo answers whether; none is unknown.
type YesNo string

func (YesNo) Codes() []string { return []string{"yes", "no"} }

// AnswerOrigin says how an answer came to the national log.
type AnswerOrigin string

const (
	FromLog   AnswerOrigin = "log"   // submitted in this installation
	FromFile  AnswerOrigin = "file"  // a signed file of another installation
	FromTable AnswerOrigin = "table" // a row of a table of answers
)

func (AnswerOrigin) Codes() []string { return []string{"log", "file", "table"} }

// ReleasePurpose says for whom figures left the house.
type ReleasePurpose string

const (
	SurveyRelease ReleasePurpose = "survey"
	OpenRelease   ReleasePurpose = "open_data"
)

func (ReleasePurpose) Codes() []string { return []string{"survey", "open_data"} }

// CellRelation says how released numbers belong together (services/disclosure says what each word means).
type CellRelation string

func (CellRelation) Codes() []string {
	return []string{"partition", "union", "overlaps", "within", "disjoint", "change", "ranking", "share"}
}

// Choice is one answer chosen from a list: a form's code, a channel's, a measure's.
type Choice string

var choiceForm = regexp.MustCompile(`^[a-z][a-z_]{0,39}$`)

// ParseChoice accepts a word of a–z and _.
func ParseChoice(s string) (Choice, error) {
	return matching[Choice](s, choiceForm, "must be a code, for example support_group")
}

// Rule is the number of a check.
type Rule string

var ruleForm = regexp.MustCompile(`^S[0-9]{2}$`)

// FormID names a version of the survey's form.
type FormID string

var formIDForm = regexp.MustCompile(`^v[1-9][0-9]?$`)

// ParseFormID accepts v1 to v99.
func ParseFormID(s string) (FormID, error) {
	return matching[FormID](s, formIDForm, "must be a form's version, for example v3")
}

// DefinitionID names a definition of reach and its version.
type DefinitionID string

var definitionForm = regexp.MustCompile(`^[a-z]{1,20}/v[1-9][0-9]?$`)

// DenominatorID names an estimate of the children in need.
type DenominatorID string

var denominatorForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)

// ParseDenominatorID accepts a slug that does not read as somebody's identity.
func ParseDenominatorID(s string) (DenominatorID, error) {
	id, err := matching[DenominatorID](s, denominatorForm, "must be 1 to 40 of a–z, 0–9 and dashes, a letter first")
	if err == nil {
		err = guard(s)
	}
	return id, err
}

// ProgramVersion is what the program was built from.
type ProgramVersion string

var programVersionForm = regexp.MustCompile(`^[0-9A-Za-z.+_()-]{1,80}$`)

// ParseProgramVersion accepts what a build calls itself, where no run of digits in it reads as somebody's identity.
func ParseProgramVersion(s string) (ProgramVersion, error) {
	v, err := matching[ProgramVersion](s, programVersionForm, "must be 1 to 80 of letters, digits and . + - _ ( )")
	if err == nil {
		err = guard(s)
	}
	return v, err
}

// VerifierKey is the public half of a signing key, as golang.org/x/mod/sumdb/note writes it.
type VerifierKey string

var verifierKeyForm = regexp.MustCompile(`^[0-9A-Za-z./_-]{1,60}\+[0-9a-f]{8}\+[0-9A-Za-z+/=]{20,120}$`)

// ParseVerifierKey accepts name+hash+key.
func ParseVerifierKey(s string) (VerifierKey, error) {
	return matching[VerifierKey](s, verifierKeyForm, "must be a public key as rackvidd report key prints it")
}

// CellName names a number that can be released, within its municipality: 2025/form/camp.
type CellName string

var cellForm = regexp.MustCompile(`^[a-z0-9_/&.-]{1,80}$`)

// matching returns s as a word of the given form.
func matching[T ~string](s string, form *regexp.Regexp, must string) (T, error) {
	if !form.MatchString(s) {
		return "", fmt.Errorf("%s", must)
	}
	return T(s), nil
}

// Amount is a number of children in an answer or a place, 0 to 100,000,000.
type Amount int

// Sequence is a position of the log that an event tells of.
type Sequence uint64

// Digest is a SHA-256, written as 43 characters of base64url.
type Digest [32]byte

func (d Digest) MarshalText() ([]byte, error) {
	return base64.RawURLEncoding.AppendEncode(nil, d[:]), nil
}

func (d *Digest) UnmarshalText(b []byte) error {
	raw, err := base64.RawURLEncoding.AppendDecode(nil, b)
	if err != nil || len(raw) != len(d) {
		return fmt.Errorf("a digest is 43 characters of base64url")
	}
	copy(d[:], raw)
	return nil
}

// ReadModel is a read model: one question, answered in tables.
type ReadModel string

func (ReadModel) Codes() []string { return []string{"caseload", "reach", "register", "survey"} }

// Maintenance is what was done to a read model.
type Maintenance string

const (
	Rebuilt    Maintenance = "rebuilt"     // made anew from the log, and in use
	KeptBeside Maintenance = "kept_beside" // made anew, and not used because it differs
	SwitchedTo Maintenance = "switched_to" // tables beside those in use were put in use
	Discarded  Maintenance = "discarded"   // what was kept beside was dropped
)

func (Maintenance) Codes() []string {
	return []string{"rebuilt", "kept_beside", "switched_to", "discarded"}
}
