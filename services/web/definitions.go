package web

import (
	"slices"
	"strings"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/services/surveying"
)

// asking is a version of the survey's form, and what is otherwise than in the one before.
type asking struct {
	surveying.Form
	Questions []askedBefore
	Gone      []surveying.Question // that the version before had
	First     bool
	Submitted []events.Year // about which the municipality submitted an answer to it
}

// askedBefore is a question, and whether it was asked so before.
type askedBefore struct {
	surveying.Question
	New, Reworded bool
	More, Fewer   []string // options that came and went
}

// Same reports whether the question is asked as it was before.
func (q askedBefore) Same() bool {
	return !q.New && !q.Reworded && len(q.More) == 0 && len(q.Fewer) == 0
}

// definedAs is a definition, and the versions of the form that count by it.
type definedAs struct {
	reach.Definition
	Sentence string
	Forms    []events.FormID
}

// definitions shows what the survey has asked in which years, and what its figures count. Nothing of it is changed here.
func (v *visit) definitions() error {
	var all yearlySurveys
	if err := v.see(&all, v.in("surveys")); err != nil {
		return err
	}
	lang := surveying.Language(v.Lang)
	var forms []asking
	for i, form := range v.Forms {
		one := asking{Form: form, First: i == 0}
		var before surveying.Form
		if i > 0 {
			before = v.Forms[i-1]
		}
		one.compare(before, lang)
		for _, survey := range slices.Backward(all.Surveys) { // the latest comes first
			if survey.Form == form.ID && survey.Submitted > 0 {
				one.Submitted = append(one.Submitted, survey.Year)
			}
		}
		forms = append(forms, one)
	}
	slices.Reverse(forms)
	var counted []definedAs
	for _, d := range reach.Definitions {
		one := definedAs{Definition: d, Sentence: sentence(d.ID, v.Lang)}
		for _, form := range v.Forms {
			if string(form.Definition) == d.ID {
				one.Forms = append(one.Forms, form.ID)
			}
		}
		counted = append(counted, one)
	}
	return v.show("definitions", sheet{Title: v.text().text("definitions.title"), Crumbs: v.surveyCrumbs(), D: map[string]any{"Forms": forms, "Definitions": counted}})
}

// compare finds what is otherwise than in the version before. A question is the same one where it asks for the same.
func (a *asking) compare(before surveying.Form, lang surveying.Language) {
	for _, q := range a.Form.Questions {
		was, there := before.About(q.Asks)
		one := askedBefore{Question: q, New: !there}
		if there {
			one.Reworded = q.Text != was.Text || q.Most != was.Most
			one.More, one.Fewer = lacking(q, was, lang), lacking(was, q, lang)
		}
		a.Questions = append(a.Questions, one)
	}
	for _, q := range before.Questions {
		if _, there := a.Form.About(q.Asks); !there {
			a.Gone = append(a.Gone, q)
		}
	}
}

// lacking are the options of a question that another one has not.
func lacking(of, in surveying.Question, lang surveying.Language) (list []string) {
	for _, o := range of.Options {
		if !slices.ContainsFunc(in.Options, func(other surveying.Option) bool { return other.Code == o.Code }) {
			list = append(list, o.Text.In(lang))
		}
	}
	return list
}

// Said is a text of a form in the reader's language, and Words a list of them.
func (p sheet) Said(t surveying.Text) string { return t.In(surveying.Language(p.Lang)) }
func (p sheet) Words(list []string) string   { return strings.Join(list, ", ") }
