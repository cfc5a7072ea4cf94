package api

import (
	"errors"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"rackvidd/events"
	"rackvidd/services/access"
)

// checkWords reads every text of a request as the word it is to be: a name, an id, a code. So none can hold somebody's
// identity, and none is forgotten; the fields for identities say so with the tag private. No text at all holds what a
// database cannot keep or a person cannot read. Lists and structs are walked through.
func checkWords(in any) error {
	var found []FieldError
	v := reflect.ValueOf(in).Elem()
	walk(v, "", false, &found)
	if len(found) == 0 {
		return nil
	}
	return problemAt(http.StatusUnprocessableEntity, found...)
}

func walk(v reflect.Value, at string, private bool, found *[]FieldError) {
	if v.Kind() == reflect.String {
		if err := checkText(v, private); err != nil {
			note(err, at, found)
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				walk(v.Field(i), located(at, f), private || f.Tag.Get("private") != "", found)
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return // a file: whoever reads it judges it
		}
		for i := range v.Len() {
			walk(v.Index(i), at+"["+strconv.Itoa(i)+"]", private, found)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			walk(v.Elem(), at, private, found)
		}
	}
}

// checkText reads one text; a private one may be somebody's identity.
func checkText(v reflect.Value, private bool) error {
	if err := legible(v.String()); err != nil || private {
		return err
	}
	if parse, ok := parsers[v.Type()]; ok {
		if v.String() == "" {
			return nil
		}
		return parse(v)
	}
	if what := events.Revealing(v.String()); what != "" {
		return &events.RevealingError{What: what}
	}
	return nil
}

var (
	errControl = errors.New("holds a control character; send text, tabs and line breaks alone")
	errNotUTF8 = errors.New("holds bytes that are no characters; send it as UTF-8")
)

// legible refuses control characters but tabs and line breaks, and what was no UTF-8: the JSON decoder has put U+FFFD in
// its place, so that two identities that were broken so would be one.
func legible(s string) error {
	for _, r := range s {
		switch {
		case r == utf8.RuneError:
			return errNotUTF8
		case unicode.IsControl(r) && r != '\t' && r != '\r' && r != '\n':
			return errControl
		}
	}
	return nil
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
	reflect.TypeFor[events.ProgrammeID]():  parseInto(parseProgramme),
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

// parseProgramme reads the id of a programme, or what stands for all of them.
func parseProgramme(s string) (events.ProgrammeID, error) {
	if s == string(access.EveryProgramme) {
		return access.EveryProgramme, nil
	}
	return events.ParseProgrammeID(s)
}

func parseLogName(s string) (logName, error) {
	if s == string(events.National) {
		return logName(s), nil
	}
	m, err := events.ParseMunicipality(s)
	return logName(m), err
}
