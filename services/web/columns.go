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
	Key    string `json:"key"`    // the same for a heading that is written alike; "" where there is none
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
				wrong(h, h.Column == "" && !h.None && f.Get(h.Field()) == "", "import.column_unknown")
			case "duplicate_column":
				wrong(h, h.Column == e.Location, "import.column_twice")
			case "record_as_heading":
				wrong(h, h.Place == e.Location, "problem.record_as_heading")
			}
		}
		switch {
		case found:
		case e.Code == "unknown_column": // every one is chosen as before
		case e.Code == "missing_column":
			f.Errors = append(f.Errors, formError{Text: f.lang.text("import.column_missing", f.lang.text("import.holds_"+e.Location))})
		default:
			f.Errors = append(f.Errors, formError{Text: f.lang.problem(e.Code, e.Message)})
		}
	}
}

// columnsCookie holds what somebody said of headings before, in the browser where they did: nobody else has to know how a file of
// theirs is made. Of a heading it has its key, which says nothing to whoever may bring no files in here.
const (
	columnsCookie = "__Host-columns"
	mostRecalled  = 48 // headings: all headings are sent with every request
)

// said are the headings of which a browser was told what they hold, the latest first.
func (v *visit) said() (list []choice) {
	c, err := v.r.Cookie(columnsCookie)
	if err != nil {
		return nil
	}
	for one := range strings.SplitSeq(c.Value, ".") {
		if heading, column, ok := strings.Cut(one, "="); ok && (column == leftOut || slices.Contains(formatColumns, column)) {
			list = append(list, choice{Label: heading, Value: column})
		}
	}
	return list
}

// recall chooses what was chosen of the same headings before, and reports whether it was of any.
func (v *visit) recall(f *form, headings []fileHeading) (found bool) {
	before := v.said()
	for _, h := range headings {
		same := func(one choice) bool { return one.Label == h.Key }
		if i := slices.IndexFunc(before, same); i >= 0 && h.Key != "" && !f.Has(h.Field()) {
			f.Set(h.Field(), before[i].Value)
			found = found || before[i].Value != h.Column
		}
	}
	return found
}

// remember keeps what was chosen of a file's headings for the next file.
func (v *visit) remember(f *form, headings []fileHeading) {
	var list []choice
	for _, h := range headings {
		if column := f.Get(h.Field()); column != "" && h.Key != "" {
			list = append(list, choice{Label: h.Key, Value: column})
		}
	}
	if len(list) == 0 {
		return
	}
	for _, one := range v.said() {
		if !slices.ContainsFunc(list, func(newer choice) bool { return newer.Label == one.Label }) {
			list = append(list, one)
		}
	}
	pairs := make([]string, min(len(list), mostRecalled))
	for i := range pairs {
		pairs[i] = list[i].Label + "=" + list[i].Value
	}
	v.setCookie(columnsCookie, strings.Join(pairs, "."), 365*24*3600)
}

// askColumns asks what the columns of a file hold that is held. Recalled says that some are chosen as before.
func (v *visit) askColumns(f *form, headings []fileHeading, recalled bool) error {
	l := v.text()
	choices := []choice{{Label: l.text("import.choose")}, {Value: leftOut, Label: l.text("import.leave_out")}}
	for _, column := range formatColumns {
		choices = append(choices, choice{Value: column, Label: l.text("import.holds_" + column)})
	}
	var d struct {
		Headings []fileHeading
		Choices  []choice
		Unnamed  bool // some are not shown
		Recalled bool
	}
	d.Headings, d.Choices, d.Recalled = headings, choices, recalled
	d.Unnamed = slices.ContainsFunc(headings, func(h fileHeading) bool { return h.Text == "" && !h.None })
	for _, h := range headings {
		if !f.Has(h.Field()) {
			f.Set(h.Field(), h.Column)
		}
	}
	return v.show("import_columns", sheet{Title: l.text("import.columns_title"), Crumbs: []crumb{{v.Home("import"), l.text("import.title")}}, Form: f, D: d})
}
