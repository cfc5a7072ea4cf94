package web

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

// fileHeading is one of a file's first row, as the API shows it.
type fileHeading struct {
	Place  string `json:"place"`  // the column's letters
	Text   string `json:"text"`   // "" where it may be somebody's record
	Column string `json:"column"` // of the import format; "" where nobody knows
	None   bool   `json:"none"`   // it has none
}

// Field is the name of the field that says what the column holds.
func (h fileHeading) Field() string { return columnAt + h.Place }

const (
	columnAt = "column-"
	leftOut  = "-"
)

// formatColumns are the columns of the import format, in the order in which they are chosen from.
var formatColumns = []string{
	"record_id", "type", "occurred_on", "child", "programme", "form", "session", "channel", "birth_year", "gender",
	"home_municipality", "role", "count", "target", "outcome", "reason",
}

// Columns are the fields of what somebody said that the columns of a file hold.
func (f *form) Columns() (list []choice) {
	for name := range f.Values {
		if strings.HasPrefix(name, columnAt) {
			list = append(list, choice{Label: name, Value: f.Get(name)})
		}
	}
	slices.SortFunc(list, func(a, b choice) int { return strings.Compare(a.Label, b.Label) })
	return list
}

// columnMap is what somebody said of a file's columns, as the API takes it; "" where nothing was said.
func (f *form) columnMap() string {
	said := make(map[string]string)
	for _, one := range f.Columns() {
		if one.Value != "" {
			said["["+strings.TrimPrefix(one.Label, columnAt)+"]"] = one.Value
		}
	}
	if len(said) == 0 {
		return ""
	}
	raw, _ := json.Marshal(said) // text alone: it cannot fail
	return string(raw)
}

// columnsRefused is why a file cannot be read by its headings; nil where it is something else.
func columnsRefused(err error) *problem {
	var p *problem
	if errors.As(err, &p) && len(p.Headings) > 0 {
		return p
	}
	return nil
}

// refusedColumns takes what is wrong with a file's headings as errors of the columns.
func (f *form) refusedColumns(p *problem) {
	for _, e := range p.Errors {
		found := false
		wrong := func(h fileHeading, is bool, text string) {
			if is {
				found = true
				f.wrong(h.Field(), text)
			}
		}
		for _, h := range p.Headings {
			switch e.Code {
			case "unknown_column": // one is named: whoever looks for it sees all
				wrong(h, h.Column == "" && !h.None, "import.column_unknown")
			case "duplicate_column":
				wrong(h, h.Column == e.Location, "import.column_twice")
			case "record_as_heading":
				wrong(h, h.Place == e.Location, "problem.record_as_heading")
			}
		}
		switch {
		case found:
		case e.Code == "missing_column":
			f.Errors = append(f.Errors, formError{Text: f.lang.text("import.column_missing", f.lang.text("import.holds_"+e.Location))})
		default:
			f.Errors = append(f.Errors, formError{Text: f.lang.problem(e.Code, e.Message)})
		}
	}
}

// askColumns asks what the columns of a file hold that is held.
func (v *visit) askColumns(f *form, headings []fileHeading) error {
	l := v.text()
	choices := []choice{{Label: l.text("import.choose")}, {Value: leftOut, Label: l.text("import.leave_out")}}
	for _, column := range formatColumns {
		choices = append(choices, choice{Value: column, Label: l.text("import.holds_" + column)})
	}
	var d struct {
		Headings []fileHeading
		Choices  []choice
		Unnamed  bool // some are not shown
	}
	d.Headings, d.Choices = headings, choices
	d.Unnamed = slices.ContainsFunc(headings, func(h fileHeading) bool { return h.Text == "" && !h.None })
	for _, h := range headings {
		if !f.Has(h.Field()) {
			f.Set(h.Field(), h.Column)
		}
	}
	return v.show("import_columns", sheet{Title: l.text("import.columns_title"), Crumbs: []crumb{{v.Home("import"), l.text("import.title")}}, Form: f, D: d})
}
