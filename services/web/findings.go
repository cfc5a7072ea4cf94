package web

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"rackvidd/events/archive"
	"rackvidd/services/integrity"
)

// findingValues are what the words of a finding's code are about, in their order; a code that is not here has words alone.
var findingValues = map[archive.Code]func(*language, integrity.Finding) []any{
	integrity.BeginsLate:     untilOf,
	integrity.TooFew:         func(_ *language, f integrity.Finding) []any { return []any{f.Count, f.Until} },
	integrity.EndsEarly:      untilOf,
	integrity.EndsBefore:     aboutUntil,
	integrity.UnreadableSpan: untilOf,
	integrity.OtherSpan:      untilOf,
	integrity.More:           func(_ *language, f integrity.Finding) []any { return []any{f.Count, f.Until} },
	integrity.Behind:         untilOf,
	integrity.OtherRows:      aboutOf,
	integrity.Corrupt:        aboutOf,
	integrity.Ahead:          aboutUntil,
	integrity.OtherAnswer:    func(_ *language, f integrity.Finding) []any { return []any{f.About, f.Shown, f.Given} },
	integrity.LaterFigures:   aboutOf,
	integrity.OtherFigure: func(l *language, f integrity.Finding) []any {
		return []any{l.figure(f.About), l.value(f.Shown), l.value(f.Given)}
	},
}

func untilOf(_ *language, f integrity.Finding) []any    { return []any{f.Until} }
func aboutOf(_ *language, f integrity.Finding) []any    { return []any{f.About} }
func aboutUntil(_ *language, f integrity.Finding) []any { return []any{f.About, f.Until} }

// finding says what was found.
func (l *language) finding(f integrity.Finding) string {
	key := "finding.says_" + string(f.Code)
	if f.Code == integrity.OtherFigure && f.About == "" { // as anybody may read it
		return l.text("finding.a_figure")
	}
	if f.Code == integrity.OtherAnswer && f.Shown == "" { // the same
		return l.text("finding.an_answer", f.About)
	}
	if f.Code == "" || !l.has(key) {
		return l.text("finding.says_unsaid")
	}
	if values, has := findingValues[f.Code]; has {
		return l.text(key, values(l, f)...)
	}
	return l.text(key)
}

var figureParts = regexp.MustCompile(`([a-z_]+)(?:\[([^\]]*)\])?`)

// figure is what a figure is called, whose path in JSON is as in by_form[camp].children.
func (l *language) figure(path string) string {
	var parts []string
	for _, m := range figureParts.FindAllStringSubmatch(path, -1) {
		part := m[1]
		if key := "told." + part; l.has(key) {
			part = l.text(key)
		}
		if m[2] != "" {
			rows := strings.Split(m[2], ",")
			for i := range rows {
				rows[i] = l.word(rows[i])
			}
			part += " (" + strings.Join(rows, ", ") + ")"
		}
		parts = append(parts, part)
	}
	return capital(strings.Join(parts, ": "))
}

// value writes a figure that is JSON; null: there is none.
func (l *language) value(raw string) string {
	var v any
	if json.Unmarshal([]byte(raw), &v) != nil {
		return raw
	}
	switch v := v.(type) {
	case nil:
		return l.text("told.none")
	case float64:
		if v == float64(int64(v)) {
			return l.number(int64(v))
		}
		return l.print.Sprint(v)
	case string:
		return l.word(v)
	}
	return fmt.Sprint(v)
}
