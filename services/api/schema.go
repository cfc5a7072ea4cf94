package api

import (
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"rackvidd/events"
	"rackvidd/projections/survey"
	"rackvidd/services/access"
	"rackvidd/services/casework"
)

// describeWords lets the contract describe the words of the events as the events do, wherever they stand.
func describeWords(r huma.Registry) {
	alias[events.Form](r)
	alias[events.Channel](r)
	alias[events.Organiser](r)
	alias[events.EndReason](r)
	alias[events.Outcome](r)
	alias[events.Gender](r)
	alias[events.Target](r)
	alias[events.IdentityMode](r)
	alias[events.Role](r)
	alias[events.Reason](r)
	alias[events.ID](r)
	alias[events.Entry](r)
	alias[events.Day](r)
	alias[events.Year](r)
	alias[events.Count](r)
	alias[events.Municipality](r)
	alias[events.District](r)
	alias[events.Name](r)
	alias[events.ProgrammeID](r)
	for _, w := range []func(huma.Registry){alias[events.Choice], alias[events.DenominatorID], alias[events.VerifierKey]} {
		w(r)
	}
	r.RegisterTypeAlias(reflect.TypeFor[survey.Percent](), reflect.TypeFor[hundredths]())
	r.RegisterTypeAlias(reflect.TypeFor[dayParam](), reflect.TypeFor[word[events.Day]]())
	r.RegisterTypeAlias(reflect.TypeFor[events.Instant](), reflect.TypeFor[moment]())
	r.RegisterTypeAlias(reflect.TypeFor[access.Role](), reflect.TypeFor[listed[access.Role]]())
	r.RegisterTypeAlias(reflect.TypeFor[casework.RowState](), reflect.TypeFor[listed[casework.RowState]]())
	r.RegisterTypeAlias(reflect.TypeFor[huma.ErrorModel](), reflect.TypeFor[Problem]())
}

func alias[T any](r huma.Registry) {
	r.RegisterTypeAlias(reflect.TypeFor[T](), reflect.TypeFor[word[T]]())
}

// word describes T as events.Words does.
type word[T any] struct{}

func (word[T]) Schema(huma.Registry) *huma.Schema {
	for _, w := range events.Words() {
		if reflect.TypeOf(w.Zero) == reflect.TypeFor[T]() {
			return translated(w.Schema)
		}
	}
	panic("not a word of the events: " + reflect.TypeFor[T]().String())
}

func translated(s events.Schema) *huma.Schema {
	t := &huma.Schema{Type: s.Type, Description: s.Description, Format: s.Format, Pattern: s.Pattern}
	for _, code := range s.Enum {
		t.Enum = append(t.Enum, code)
	}
	if s.MinLength > 0 {
		t.MinLength = &s.MinLength
	}
	if s.MaxLength > 0 {
		t.MaxLength = &s.MaxLength
	}
	if s.Minimum != nil {
		t.Minimum = new(float64(*s.Minimum))
	}
	if s.Maximum != nil {
		t.Maximum = new(float64(*s.Maximum))
	}
	return t
}

// mayBeNull describes as null too what is answered as null: a pointer that is not left out. The framework says so of plain
// texts and numbers alone.
func mayBeNull(r huma.Registry) {
	for name, schema := range r.Map() {
		for _, f := range reflect.VisibleFields(r.TypeFromRef(schemas + name)) {
			property, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			described := schema.Properties[property]
			switch {
			case described == nil || f.Type.Kind() != reflect.Pointer || strings.Contains(options, "omit"):
			case described.Ref != "":
				schema.Properties[property] = &huma.Schema{Description: described.Description, AnyOf: []*huma.Schema{{Ref: described.Ref}, {Type: "null"}}}
			default:
				described.Nullable = true
			}
		}
	}
}

const schemas = "#/components/schemas/"

// listed describes a word of a closed list.
type listed[C events.Code] struct{}

func (listed[C]) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	var zero C
	for _, code := range zero.Codes() {
		s.Enum = append(s.Enum, code)
	}
	return s
}

// hundredths describes a percentage of two decimals.
type hundredths struct{}

func (hundredths) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeNumber, Description: "a percentage, rounded half up to two decimals", Minimum: new(0.0)}
}

// moment describes a time of any offset and precision.
type moment struct{}

func (moment) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time"}
}
