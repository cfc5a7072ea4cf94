package web

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"rackvidd/events"
)

// form is what somebody typed, and what is wrong with it.
type form struct {
	url.Values
	Errors []formError
	later  *problem // why it cannot be carried out now; nil: it can
	lang   *language
	shown  map[string]field // those that the page shows: known once it was written
}

// formError is an error of one field, or of the form where Field is "". Item is which entry of a list is wrong, from 1 on;
// 0: the field has one.
type formError struct {
	Field, Text string
	Item        int
}

// newForm is an empty form, with a key of its own: sent twice, it is carried out once.
func (v *visit) newForm(values ...string) *form {
	f := &form{Values: pairs(values), lang: languages()[v.Lang], shown: make(map[string]field)}
	f.renew()
	return f
}

// renew gives the form another key: what was refused and is put right is another request.
func (f *form) renew() {
	var key [18]byte
	rand.Read(key[:])
	f.Set("key", base64.RawURLEncoding.EncodeToString(key[:]))
}

// form reads what was sent.
func (v *visit) form() (*form, error) {
	if err := v.r.ParseForm(); err != nil {
		return nil, errUnreadable
	}
	if err := v.turn(v.r.PostForm.Get(turning)); err != nil {
		return nil, err
	}
	v.r.PostForm.Del(turning)
	f := &form{Values: v.r.PostForm, lang: languages()[v.Lang], shown: make(map[string]field)}
	for name, list := range f.Values {
		for i, value := range list {
			f.Values[name][i] = strings.TrimSpace(value)
		}
	}
	return f, nil
}

// key makes of the form's key one of each thing that it writes.
func (f *form) key(what string) string {
	if f.Get("key") == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(f.Get("key") + " " + what))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Key is the hidden field of every form.
func (f *form) Key() string { return f.Get("key") }

// wrong notes an error of a field.
func (f *form) wrong(field, text string) {
	f.Errors = append(f.Errors, formError{Field: field, Text: f.lang.text(text)})
}

// need notes the fields that are empty.
func (f *form) need(fields ...string) {
	for _, field := range fields {
		if f.Get(field) == "" {
			f.wrong(field, "form.missing")
		}
	}
}

// whole reads a whole number from 0 on; 0 where nothing is written.
func (f *form) whole(field string) int {
	text := f.Get(field)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 100_000_000 {
		f.wrong(field, "form.number")
	}
	return n
}

// refused takes what the API refused as errors of the fields that its names stand for, or of the form. Any other error it
// returns: the form can do nothing about it. What cannot be carried out now keeps its key: whatever of it was carried out is
// not carried out again.
func (f *form) refused(err error, fields map[string]string) error {
	if errors.Is(err, errTurned) {
		return nil // nothing was asked: the form is shown in the other language
	}
	var p *problem
	if errors.As(err, &p) && (p.Status == http.StatusTooManyRequests || p.Status == http.StatusServiceUnavailable) {
		switch {
		case f.later != nil:
		case p.damaged():
			f.wrong("", "form.damaged")
		default:
			f.wrong("", "form.later")
		}
		f.later = p
		return nil
	}
	if p == nil || p.Status != 409 && p.Status != 412 && p.Status != 422 && p.Status != 413 && p.Status != 400 {
		return err
	}
	f.renew()
	for _, e := range p.reasons() {
		text := f.lang.problem(e.Code, e.Message)
		if len(p.There) > 0 && f.lang.has("problem."+e.Code) {
			text += " " + f.lang.text("form.there", strings.Join(p.There, ", "))
		}
		field, item := fieldOf(e.Location, fields)
		if wrong := (formError{field, text, item}); !slices.Contains(f.Errors, wrong) {
			f.Errors = append(f.Errors, wrong) // two rules of the contract may say the same
		}
	}
	return nil
}

const problemType = "urn:rackvidd:problem:"

// inList is where a location of the API names an entry of a list.
var inList = regexp.MustCompile(`\[(\d+)\]`)

// fieldOf is the form's field that a location of the API stands for, and which entry of it: the one of the same name, where
// none is named.
func fieldOf(location string, fields map[string]string) (field string, item int) {
	if field, ok := fields[location]; ok {
		return field, 0
	}
	if last := strings.TrimSuffix(location, "]"); last != location {
		n, _ := strconv.Atoi(last[strings.LastIndex(last, "[")+1:])
		item = n + 1
	}
	location = inList.ReplaceAllString(location, "")
	if field, ok := fields[location]; ok {
		return field, item
	}
	return location[strings.LastIndex(location, ".")+1:], item
}

// complaint is a line of the summary of what is wrong. To is the field that it leads to; "": none on the page.
type complaint struct{ To, Text string }

// Summary is everything that is wrong, by the names of the fields, in their order on the page.
func (f *form) Summary() (list []complaint) {
	place := func(e formError) int {
		if about, shown := f.shown[e.Field]; shown {
			return about.place
		}
		return -1
	}
	for _, e := range slices.SortedStableFunc(slices.Values(f.Errors), func(a, b formError) int { return cmp.Compare(place(a), place(b)) }) {
		about, shown := f.shown[e.Field]
		switch {
		case !shown || !about.chosen() && !f.Has(e.Field): // it is of another form of the page
			list = append(list, complaint{Text: e.Text})
		case e.Item > 0:
			list = append(list, complaint{e.Field, f.lang.text("form.item", about.Label, strconv.Itoa(e.Item)) + ": " + e.Text})
		default:
			list = append(list, complaint{e.Field, about.named() + e.Text})
		}
	}
	return list
}

// said is what is wrong beside the field, and with which of its entries.
func (e formError) said(l *language) string {
	if e.Item == 0 {
		return e.Text
	}
	return l.text("form.entry", strconv.Itoa(e.Item), e.Text)
}

// Of are the errors of one field.
func (f *form) Of(field string) string {
	var list []string
	for _, e := range f.Errors {
		if e.Field == field {
			list = append(list, e.said(f.lang))
		}
	}
	return strings.Join(list, " ")
}

// choice is one of a list to choose from.
type choice struct{ Value, Label, Hint string }

// field is a part of a form as it is shown.
type field struct {
	Name, Kind, Label, Hint, Error string
	Value                          string
	Chosen                         []string
	Choices                        []choice
	Named                          bool // a choice is sent as it is called
	Optional                       bool
	Autocomplete                   string
	Mode                           string // inputmode
	Narrow                         bool
	place                          int // among those that the page shows
}

// named is the label before what is said of the field: a question needs no colon.
func (f field) named() string {
	if strings.HasSuffix(f.Label, "?") {
		return f.Label + " "
	}
	return f.Label + ": "
}

// Is reports whether a choice is taken.
func (f field) Is(value string) bool { return slices.Contains(f.Chosen, value) }

// chosen reports whether a browser sends nothing of the field where nothing was chosen or picked.
func (f field) chosen() bool { return f.Kind == "radio" || f.Kind == "checkbox" || f.Kind == "file" }

// DescribedBy names what explains the field.
func (f field) DescribedBy() string {
	var list []string
	if f.Hint != "" {
		list = append(list, f.Name+"-hint")
	}
	if f.Error != "" {
		list = append(list, f.Name+"-error")
	}
	return strings.Join(list, " ")
}

func (f *form) field(kind, name, label string, hint []string) field {
	out := field{Name: name, Kind: kind, Label: label, Error: f.Of(name), Value: f.Get(name), Chosen: f.Values[name]}
	if len(hint) > 0 {
		out.Hint = hint[0]
	}
	out.place = len(f.shown)
	if before, shown := f.shown[name]; shown { // a page with errors is written twice
		out.place = before.place
	}
	f.shown[name] = out
	return out
}

// Text is a line to write.
func (f *form) Text(name, label string, hint ...string) field {
	return f.field("text", name, label, hint)
}

// Identity is a line that no browser remembers.
func (f *form) Identity(name, label string, hint ...string) field {
	out := f.field("text", name, label, hint)
	out.Autocomplete = "off"
	return out
}

// Login is the name that somebody signs in by.
func (f *form) Login(name, label string) field {
	out := f.field("text", name, label, nil)
	out.Autocomplete = "username"
	return out
}

// isPassword tells a field of a password by its name: what is typed there is in no page.
func isPassword(name string) bool { return strings.HasSuffix(name, "password") }

// Password is a line that is not shown, of a name that says so; kind is current-password or new-password.
func (f *form) Password(name, kind, label string, hint ...string) field {
	out := f.field("password", name, label, hint)
	out.Value, out.Autocomplete = "", kind
	return out
}

// Date is a day. What is no day comes back as it was typed, which a browser's calendar would leave out.
func (f *form) Date(name, label string, hint ...string) field {
	out := f.field("date", name, label, hint)
	out.Narrow = true
	if new(events.Day).UnmarshalText([]byte(out.Value)) != nil && out.Value != "" {
		out.Kind = "text"
	}
	return out
}

// Clock is a time of the day.
func (f *form) Clock(name, label string, hint ...string) field {
	out := f.field("time", name, label, hint)
	out.Narrow = true
	return out
}

// Number is a whole number.
func (f *form) Number(name, label string, hint ...string) field {
	out := f.field("text", name, label, hint)
	out.Mode, out.Narrow = "numeric", true
	return out
}

// Area is several lines.
func (f *form) Area(name, label string, hint ...string) field {
	return f.field("area", name, label, hint)
}

// File is a file to send.
func (f *form) File(name, label string, hint ...string) field {
	return f.field("file", name, label, hint)
}

// Select is one of many.
func (f *form) Select(name, label string, choices []choice, hint ...string) field {
	out := f.field("select", name, label, hint)
	out.Choices = choices
	return out
}

// SelectNamed is one of very many: each is sent as it is called, and said once in the page.
func (f *form) SelectNamed(name, label string, choices []choice, hint ...string) field {
	named := slices.Clone(choices)
	for i := range named {
		if named[i].Value != "" {
			named[i].Value = named[i].Label
		}
	}
	out := f.Select(name, label, named, hint...)
	out.Named = true
	return out
}

// Radios is one of few.
func (f *form) Radios(name, label string, choices []choice, hint ...string) field {
	out := f.field("radio", name, label, hint)
	out.Choices = choices
	return out
}

// Checks is any of few.
func (f *form) Checks(name, label string, choices []choice, hint ...string) field {
	out := f.field("checkbox", name, label, hint)
	out.Choices = choices
	return out
}
