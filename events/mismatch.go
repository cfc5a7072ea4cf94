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
func Mismatch(e Event) (field, must string) { return mismatchIn(reflect.ValueOf(e)) }

func mismatchIn(v reflect.Value) (field, must string) {
	for f, value := range v.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if within, must := mismatchOf(value); must != "" {
			return strings.TrimSuffix(name+"."+within, "."), must
		}
	}
	return "", ""
}

func mismatchOf(v reflect.Value) (within, must string) {
	w, known := words()[v.Type()]
	switch {
	case known:
		return "", w.mismatch(v)
	case v.Kind() == reflect.Struct:
		return mismatchIn(v)
	}
	for _, one := range v.Seq2() {
		if one.Kind() == reflect.String && one.IsZero() {
			return "", "holds an empty code; take it out"
		}
		if within, must = mismatchOf(one); must != "" {
			break
		}
	}
	return within, must
}

// words are the contract of every type that a field may have.
var words = sync.OnceValue(func() map[reflect.Type]word {
	m := make(map[reflect.Type]word)
	for _, w := range Words() {
		m[reflect.TypeOf(w.Zero)] = word{w.Schema, regexp.MustCompile(w.Schema.Pattern)}
	}
	return m
})

type word struct {
	Schema
	form *regexp.Regexp
}

// mismatch says what a word must be and is not; what is left out is none. What is no text and no number was read by its type.
func (w word) mismatch(v reflect.Value) string {
	switch {
	case v.IsZero():
	case v.Kind() == reflect.String && len(w.Enum) > 0 && !slices.Contains(w.Enum, v.String()):
		return "must be one of " + strings.Join(w.Enum, ", ")
	case v.Kind() == reflect.String && !w.form.MatchString(v.String()):
		return "must be " + w.Description
	case w.Maximum != nil && outside(v, int64(*w.Minimum), int64(*w.Maximum)):
		return fmt.Sprintf("must be from %d to %d", *w.Minimum, *w.Maximum)
	}
	return ""
}

func outside(v reflect.Value, least, most int64) bool {
	if v.CanUint() {
		return v.Uint() > uint64(most)
	}
	return v.Int() < least || v.Int() > most
}
