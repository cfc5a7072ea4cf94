package audit

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"

	"rackvidd/projections/reach"
)

// Difference is one figure that the read model and the log do not agree on; null where one of them has none.
type Difference struct {
	Path      string          `json:"path"` // as in by_form[camp].children
	ReadModel json.RawMessage `json:"read_model"`
	Log       json.RawMessage `json:"log"`
}

// differences lists field by field what differs, in the order of the paths.
func differences(model, log reach.Figures) ([]Difference, error) {
	a, err := flatten(model)
	if err != nil {
		return nil, err
	}
	b, err := flatten(log)
	if err != nil {
		return nil, err
	}
	return compare(a, b), nil
}

// differencesFromStated lists what differs from figures that were written once, maybe by an earlier version of the program: a
// figure that this one has added since is no difference.
func differencesFromStated(stated json.RawMessage, log reach.Figures) ([]Difference, error) {
	a := make(map[string]json.RawMessage)
	if err := walk("", stated, a); err != nil {
		return nil, err
	}
	b, err := flatten(log)
	if err != nil {
		return nil, err
	}
	had := make(map[string]bool)
	for path := range a {
		had[fieldIn(path)] = true
	}
	maps.DeleteFunc(b, func(path string, _ json.RawMessage) bool {
		return !had[fieldIn(path)] && !slices.Contains(firstFigures, fieldIn(path))
	})
	return compare(a, b), nil
}

// Apart is a figure that is another in the one statement than in the other; null where one has none.
type Apart struct {
	Path     string
	From, To json.RawMessage
}

// FiguresApart lists field by field what two statements' figures differ in, in the order of the paths; where in the log they
// stand is no figure.
func FiguresApart(from, to Signed) (list []Apart, err error) {
	a, b := make(map[string]json.RawMessage), make(map[string]json.RawMessage)
	for _, one := range []struct {
		figures []byte
		leaves  map[string]json.RawMessage
	}{{from.Figures, a}, {to.Figures, b}} {
		if err := walk("", one.figures, one.leaves); err != nil {
			return nil, fmt.Errorf("read the figures of a statement: %w", err)
		}
		delete(one.leaves, "position")
	}
	for _, d := range compare(a, b) {
		list = append(list, Apart{d.Path, d.ReadModel, d.Log})
	}
	return list, nil
}

// firstFigures are those that were stated from the first bundle on. It is not added to: a bundle may not leave one out.
var firstFigures = []string{
	"municipality", "from", "to", "definition", "position", "children", "bounds.lower", "bounds.upper", "unidentified_attendances", "unknown_age",
	"sum_over_forms", "sum_over_programmes", "by_form.form", "by_form.children", "by_form.attendances", "overlap.forms", "overlap.children",
	"by_programme.programme", "by_programme.children", "by_programme.attendances", "by_channel.channel", "by_channel.first", "by_channel.any",
	"by_age.age", "by_age.children", "by_gender.gender", "by_gender.children", "referrals.received", "referrals.children",
	"referrals.by_channel.channel", "referrals.by_channel.referrals", "referrals.by_channel.children", "enrolments.children", "guests.children",
}

// misspelt returns a name in figures that none has in exactly these letters; "": there is none. Reading JSON looks away from
// capitals, and an empty list has nothing in it that could differ.
func misspelt(figures json.RawMessage) string {
	known := make(map[string]bool)
	namesOf(reflect.TypeFor[reach.Figures](), known)
	var look func(json.RawMessage) string
	look = func(raw json.RawMessage) (wrong string) {
		var fields map[string]json.RawMessage
		var rows []json.RawMessage
		if json.Unmarshal(raw, &fields) != nil && json.Unmarshal(raw, &rows) != nil {
			return ""
		}
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			if !known[name] {
				return name
			}
			rows = append(rows, fields[name])
		}
		for _, row := range rows {
			wrong = cmp.Or(wrong, look(row))
		}
		return wrong
	}
	return look(figures)
}

// namesOf collects what the fields of a type are called in JSON, and those of the types in it.
func namesOf(t reflect.Type, names map[string]bool) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		namesOf(t.Elem(), names)
	case reflect.Struct:
		for field := range t.Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			names[name] = true
			namesOf(field.Type, names)
		}
	}
}

// fieldIn is a path without the rows that it names: by_form.children of by_form[camp].children.
func fieldIn(path string) string {
	for {
		before, rest, found := strings.Cut(path, "[")
		if !found {
			return path
		}
		_, after, _ := strings.Cut(rest, "]")
		path = before + after
	}
}

func compare(a, b map[string]json.RawMessage) (list []Difference) {
	paths := make(map[string]bool)
	for path := range a {
		paths[path] = true
	}
	for path := range b {
		paths[path] = true
	}
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		if !bytes.Equal(a[path], b[path]) {
			list = append(list, Difference{path, orNull(a[path]), orNull(b[path])})
		}
	}
	return list
}

func orNull(raw json.RawMessage) json.RawMessage {
	if raw == nil {
		return json.RawMessage("null")
	}
	return raw
}

// flatten returns every figure by its path.
func flatten(f reach.Figures) (map[string]json.RawMessage, error) {
	raw, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("write the figures: %w", err)
	}
	leaves := make(map[string]json.RawMessage)
	return leaves, walk("", raw, leaves)
}

func walk(path string, raw json.RawMessage, leaves map[string]json.RawMessage) error {
	switch raw[0] {
	case '{':
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(raw, &fields); err != nil {
			return err
		}
		for name, value := range fields {
			if err := walk(strings.TrimPrefix(path+"."+name, "."), value, leaves); err != nil {
				return err
			}
		}
	case '[':
		var rows []json.RawMessage
		if err := json.Unmarshal(raw, &rows); err != nil {
			return err
		}
		for _, row := range rows {
			if err := walk(path+"["+rowName(row)+"]", row, leaves); err != nil {
				return err
			}
		}
	default:
		if _, twice := leaves[path]; twice {
			return fmt.Errorf("%s stands there twice", path)
		}
		leaves[path] = raw
	}
	return nil
}

// onceEach wants every name to stand once in its object: reading JSON takes the last.
func onceEach(raw json.RawMessage) error {
	read := json.NewDecoder(bytes.NewReader(raw))
	var inside []map[string]bool // the names of each object that is open; nil for a list
	naming := false
	for {
		token, err := read.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('{'):
			inside, naming = append(inside, make(map[string]bool)), true
			continue
		case json.Delim('['):
			inside, naming = append(inside, nil), false
			continue
		case json.Delim('}'), json.Delim(']'):
			inside = inside[:len(inside)-1]
		}
		if name, ok := token.(string); ok && naming {
			names := inside[len(inside)-1]
			if names[name] {
				return fmt.Errorf("says two things of %q", name)
			}
			names[name], naming = true, false
			continue
		}
		naming = len(inside) > 0 && inside[len(inside)-1] != nil
	}
}

// rowName is what a row of a list is about, so that a missing row does not make all rows after it differ.
func rowName(row json.RawMessage) string {
	var about struct {
		Form, Programme, Channel, Age, Gender, Denominator, Scope string
		Forms                                                     []string
	}
	if json.Unmarshal(row, &about) != nil {
		return string(row)
	}
	words := append(about.Forms, about.Form, about.Programme, about.Channel, about.Age, about.Gender, about.Denominator, about.Scope)
	return strings.Join(slices.DeleteFunc(words, func(s string) bool { return s == "" }), ",")
}
