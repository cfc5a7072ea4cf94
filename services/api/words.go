package api

import (
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"rackvidd/events"
)

// checkWords reads every text of a request as the word it is to be: a name, an id, a code. So none can hold somebody's
// identity, and none is forgotten; the two fields for identities say so with the tag private. Lists and structs are
// walked through.
func checkWords(in any) error {
	var found []FieldError
	v := reflect.ValueOf(in).Elem()
	walk(v, "", &found)
	if len(found) == 0 {
		return nil
	}
	return problemAt(http.StatusUnprocessableEntity, found...)
}

func walk(v reflect.Value, at string, found *[]FieldError) {
	if parse, ok := parsers[v.Type()]; ok {
		if v.String() != "" {
			note(parse(v), at, found)
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.IsExported() && f.Tag.Get("private") == "" {
				walk(v.Field(i), located(at, f), found)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			walk(v.Index(i), at+"["+strconv.Itoa(i)+"]", found)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			walk(v.Elem(), at, found)
		}
	case reflect.String:
		if what := events.Revealing(v.String()); what != "" {
			note(&events.RevealingError{What: what}, at, found)
		}
	}
}

// located is where a field stands in the request, as errors name it.
func located(at string, f reflect.StructField) string {
	for _, in := range []string{"path", "query", "header"} {
		if name, _, _ := strings.Cut(f.Tag.Get(in), ","); name != "" {
			return in + "." + name
		}
	}
	if f.Anonymous {
		return at
	}
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if name == "" {
		name = strings.ToLower(f.Name)
	}
	if at == "" {
		return name
	}
	return at + "." + name
}

func note(err error, at string, found *[]FieldError) {
	switch err.(type) {
	case nil:
	case *events.RevealingError:
		*found = append(*found, FieldError{at, "identity", err.Error()})
	default:
		*found = append(*found, FieldError{at, "invalid", err.Error()})
	}
}

// parsers read the words that a JSON decoder takes for any text.
var parsers = map[reflect.Type]func(reflect.Value) error{
	reflect.TypeFor[events.Name]():         parseInto(events.ParseName),
	reflect.TypeFor[events.ProgrammeID]():  parseInto(events.ParseProgrammeID),
	reflect.TypeFor[events.District]():     parseInto(events.ParseDistrict),
	reflect.TypeFor[events.Municipality](): parseInto(events.ParseMunicipality),
	reflect.TypeFor[logName]():             parseInto(parseLogName),
}

// parseInto also keeps what the parser made of the text: without space around it.
func parseInto[T ~string](parse func(string) (T, error)) func(reflect.Value) error {
	return func(v reflect.Value) error {
		word, err := parse(v.String())
		if err == nil {
			v.SetString(string(word))
		}
		return err
	}
}

func parseLogName(s string) (logName, error) {
	if s == string(events.National) {
		return logName(s), nil
	}
	m, err := events.ParseMunicipality(s)
	return logName(m), err
}
