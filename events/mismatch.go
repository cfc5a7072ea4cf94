package events

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Mismatch names the first field of an event that is not what the contract says of its type, and says what it must be; nothing:
// every field is. Reading an event takes any number and any word: whoever did not write it himself asks.
func Mismatch(e Event) (field, must string) {
	v := reflect.ValueOf(e)
	if check := checks()[v.Type()]; check != nil {
		return check(v)
	}
	return "", ""
}

// check looks at a value of one type, and says in which field of it something is wrong, and what it must be. What is left out is not.
type check func(v reflect.Value) (field, must string)

// checks are those of each kind of event; nil: whatever can be read of it is right.
var checks = sync.OnceValue(func() map[reflect.Type]check {
	words := make(map[reflect.Type]check)
	for _, w := range Words() {
		words[reflect.TypeOf(w.Zero)] = w.Schema.check(reflect.TypeOf(w.Zero).Kind())
	}
	kinds := make(map[reflect.Type]check)
	for _, k := range Kinds {
		kinds[reflect.TypeOf(k.Event)] = checkOf(reflect.TypeOf(k.Event), words)
	}
	return kinds
})

func checkOf(t reflect.Type, words map[reflect.Type]check) check {
	if word, known := words[t]; known {
		return word
	}
	if t.Kind() == reflect.Slice {
		return checkOfList(t.Elem(), words)
	}
	return checkOfStruct(t, words)
}

func checkOfStruct(t reflect.Type, words map[reflect.Type]check) check {
	type field struct {
		index int
		name  string
		check check
	}
	var fields []field
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if check := checkOf(t.Field(i).Type, words); check != nil {
			fields = append(fields, field{i, name, check})
		}
	}
	return func(v reflect.Value) (string, string) {
		for _, f := range fields {
			if within, must := f.check(v.Field(f.index)); must != "" {
				return strings.TrimSuffix(f.name+"."+within, "."), must
			}
		}
		return "", ""
	}
}

func checkOfList(of reflect.Type, words map[reflect.Type]check) check {
	one := checkOf(of, words)
	if one == nil {
		return nil
	}
	return func(v reflect.Value) (string, string) {
		for i := range v.Len() {
			if v.Index(i).Kind() == reflect.String && v.Index(i).Len() == 0 {
				return "", "holds an empty code; take it out"
			}
			if within, must := one(v.Index(i)); must != "" {
				return within, must
			}
		}
		return "", ""
	}
}

// check is that of a word; nil: its type takes no other.
func (s Schema) check(kind reflect.Kind) check {
	switch {
	case kind == reflect.String && len(s.Enum) > 0:
		return unless(func(v reflect.Value) bool { return slices.Contains(s.Enum, v.String()) }, "must be one of "+strings.Join(s.Enum, ", "))
	case kind == reflect.String && s.Pattern != "":
		form := regexp.MustCompile(s.Pattern)
		return unless(func(v reflect.Value) bool { return form.MatchString(v.String()) }, "must be "+s.Description)
	case s.Maximum != nil:
		least, most := int64(*s.Minimum), int64(*s.Maximum)
		return unless(func(v reflect.Value) bool {
			if v.CanUint() {
				return v.Uint() <= uint64(most)
			}
			return v.Int() >= least && v.Int() <= most
		}, fmt.Sprintf("must be from %d to %d", least, most))
	}
	return nil
}

func unless(right func(reflect.Value) bool, must string) check {
	return func(v reflect.Value) (string, string) {
		if v.IsZero() || right(v) {
			return "", ""
		}
		return "", must
	}
}
