package events

import (
	_ "embed"
	"fmt"
	"reflect"
	"regexp"
	"strings"
)

// AsyncAPI is the contract of the log: its subjects, the envelope and every kind of event. It is generated from the
// catalog; a test holds it up to date.
//
//go:embed asyncapi.yaml
var AsyncAPI []byte

// Schema is the part of JSON Schema (draft 2020-12) that describes an event. It is also valid in draft-07, which
// AsyncAPI takes by default.
type Schema struct {
	Ref                  string             `json:"$ref,omitempty"`
	Type                 string             `json:"type,omitempty"`
	Description          string             `json:"description,omitempty"`
	Const                string             `json:"const,omitempty"`
	Enum                 []string           `json:"enum,omitempty"`
	Format               string             `json:"format,omitempty"`
	Pattern              string             `json:"pattern,omitempty"`
	MinLength            int                `json:"minLength,omitempty"`
	MaxLength            int                `json:"maxLength,omitempty"`
	Minimum              *int               `json:"minimum,omitempty"`
	Maximum              *int               `json:"maximum,omitempty"`
	Items                *Schema            `json:"items,omitempty"`
	MinItems             int                `json:"minItems,omitempty"`
	Required             []string           `json:"required,omitempty"`
	Properties           map[string]*Schema `json:"properties,omitempty"`
	AdditionalProperties *bool              `json:"additionalProperties,omitempty"`
	AllOf                []*Schema          `json:"allOf,omitempty"`
	AnyOf                []*Schema          `json:"anyOf,omitempty"`
}

// Word is a type that a field of an event may have, by the name it goes by in the contract.
type Word struct {
	Name   string
	Zero   any
	Schema Schema
}

// Words returns every type that a field of an event may have, besides lists and structs of them.
func Words() []Word {
	return []Word{
		code("form", Form(""), "a support form (stödform)"),
		code("channel", Channel(""), "how a programme came into contact with a child (kontaktväg)"),
		code("organiser", Organiser(""), "who runs a programme (huvudman)"),
		code("end_reason", EndReason(""), "why an enrolment ended"),
		code("outcome", Outcome(""), "how a referral was closed"),
		code("gender", Gender(""), "a child's gender, as the programme states it"),
		code("target", Target(""), "what a programme is aimed at, or why a child was there"),
		code("identity_mode", IdentityMode(""), "whether a programme documents who its children are"),
		code("role", Role(""), "in what capacity somebody attended"),
		code("reason", Reason(""), "why a record was withdrawn or corrected"),
		{"id", ID{}, ID{}.schema()},
		{"entry", Entry{}, Entry{}.schema()},
		{"record", Record{}, Record{}.schema()},
		{"day", Day(0), Day(0).schema()},
		{"instant", Instant(0), Instant(0).schema()},
		{"year", Year(0), Year(0).schema()},
		{"count", Count(0), Count(0).schema()},
		{"municipality", Municipality(""), Municipality("").schema()},
		{"district", District(""), District("").schema()},
		{"name", Name(""), Name("").schema()},
		{"programme_id", ProgrammeID(""), ProgrammeID("").schema()},
		code("answer_status", AnswerStatus(""), "what kind of answer it is"),
		code("answer_basis", AnswerBasis(""), "how a number is known"),
		code("answer_state", AnswerState(""), "whether a municipality or district answered"),
		code("answer_origin", AnswerOrigin(""), "how an answer came to the national log"),
		code("maintenance", Maintenance(""), "what was done to a read model"),
		code("read_model", ReadModel(""), "a read model: one question, answered in tables"),
		code("yes_no", YesNo(""), "whether; none is unknown"),
		code("release_purpose", ReleasePurpose(""), "for whom figures left the house"),
		code("cell_relation", CellRelation(""), "how released numbers belong together"),
		shaped("question", Question(""), questionForm, "a survey question's id, the same in every version of the form"),
		shaped("choice", Choice(""), choiceForm, "one answer chosen from a list"),
		shaped("rule", Rule(""), ruleForm, "the number of a check"),
		shaped("form_id", FormID(""), formIDForm, "a version of the survey's form"),
		shaped("definition_id", DefinitionID(""), definitionForm, "a definition of reach and its version"),
		shaped("denominator_id", DenominatorID(""), denominatorForm, "an estimate of the children in need"),
		shaped("program_version", ProgramVersion(""), programVersionForm, "what the program was built from"),
		shaped("verifier_key", VerifierKey(""), verifierKeyForm, "the public half of a signing key"),
		shaped("cell_name", CellName(""), cellForm, "a number that can be released"),
		{"amount", Amount(0), Schema{Type: "integer", Description: "a number of children in an answer or a place, or of another thing that is counted", Minimum: new(0), Maximum: new(100_000_000)}},
		{"sequence", Sequence(0), Schema{Type: "integer", Description: "a position of the log", Minimum: new(0), Maximum: new(4_000_000_000)}},
		{"digest", Digest{}, Schema{Type: "string", Description: "a SHA-256", Pattern: `^[A-Za-z0-9_-]{43}$`}},
	}
}

func code[C Code](name string, zero C, what string) Word {
	return Word{name, zero, Schema{Type: "string", Description: what, Enum: zero.Codes()}}
}

// shaped describes a word by the pattern it has to match.
func shaped(name string, zero any, pattern *regexp.Regexp, what string) Word {
	return Word{name, zero, Schema{Type: "string", Description: what, Pattern: pattern.String()}}
}

// The last characters of an id carry fewer bits than the others: one spelling for one value.

func (ID) schema() Schema {
	return Schema{Type: "string", Description: "128 opaque bits: a child's token, a session, a group or an actor", Pattern: `^[a-z2-7]{25}[aeimquy4]$`}
}

func (Entry) schema() Schema {
	return Schema{Type: "string", Description: "one line of a child's case or of a register", Pattern: `^[a-z2-7]{25}[aeimquy4]-[a-z2-7]{12}[acegikmoqsuwy246]$`}
}

func (Record) schema() Schema {
	return Schema{Type: "string", Description: "keyed id and keyed content MAC of an imported record", Pattern: `^[A-Za-z0-9_-]{32}$`}
}

func (Day) schema() Schema {
	return Schema{Type: "string", Format: "date", Pattern: `^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}$`}
}

func (Instant) schema() Schema {
	return Schema{Type: "string", Format: "date-time", Pattern: `^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$`}
}

func (Year) schema() Schema {
	return Schema{Type: "integer", Description: "a calendar year", Minimum: new(1900), Maximum: new(2199)}
}

func (Count) schema() Schema {
	return Schema{Type: "integer", Description: "a number of people or places", Minimum: new(0), Maximum: new(10000)}
}

func (Municipality) schema() Schema {
	return Schema{Type: "string", Description: "a Swedish municipality's code", Pattern: `^[0-9]{4}$`}
}

func (District) schema() Schema {
	return Schema{Type: "string", Description: "a municipality's own short code of a part of itself (stadsdel)", Pattern: districtForm.String()}
}

func (Name) schema() Schema {
	return Schema{Type: "string", Description: "what a programme or a group is called; text that reads as somebody's identity is refused", MinLength: 1, MaxLength: 120}
}

func (ProgrammeID) schema() Schema {
	return Schema{Type: "string", Description: "a programme's id, with a letter or a digit in it; text that reads as somebody's identity is refused", MinLength: 1, MaxLength: 64}
}

// Schema describes the data of the kind's current version, in terms of Words.
func (k KindInfo) Schema() *Schema {
	names := make(map[reflect.Type]string)
	for _, w := range Words() {
		names[reflect.TypeOf(w.Zero)] = w.Name
	}
	return schemaOf(reflect.TypeOf(k.Event), names)
}

// schemaOf panics at a type that is no word: the program is wrong, and every test says so.
func schemaOf(t reflect.Type, names map[reflect.Type]string) *Schema {
	if name, ok := names[t]; ok {
		return &Schema{Ref: "#/components/schemas/" + name}
	}
	switch t.Kind() {
	case reflect.Slice:
		return &Schema{Type: "array", Items: schemaOf(t.Elem(), names)}
	case reflect.Struct:
		return objectOf(t, names)
	}
	panic(fmt.Sprintf("an event may not hold a %s", t))
}

func objectOf(t reflect.Type, names map[reflect.Type]string) *Schema {
	s := &Schema{Type: "object", Properties: make(map[string]*Schema), AdditionalProperties: new(false)}
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		s.Properties[name] = schemaOf(f.Type, names)
		if options == "" {
			s.Required = append(s.Required, name)
		}
	}
	return s
}
