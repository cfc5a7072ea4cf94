package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
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
	paths := make(map[string]bool)
	for path := range a {
		paths[path] = true
	}
	for path := range b {
		paths[path] = true
	}
	var list []Difference
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		if !bytes.Equal(a[path], b[path]) {
			list = append(list, Difference{path, orNull(a[path]), orNull(b[path])})
		}
	}
	return list, nil
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
		leaves[path] = raw
	}
	return nil
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
