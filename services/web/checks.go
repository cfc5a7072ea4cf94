package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"rackvidd/events"
	"rackvidd/services/surveying"
)

// showChecks shows the comments as they are, beside what the reader has changed in them already. f is nil where nothing was typed yet.
func (v *visit) showChecks(f *form) error {
	s, err := v.readSurvey(v.year())
	if err != nil {
		return err
	}
	if f == nil {
		f = v.newForm()
	}
	s.Stored = make(map[events.Rule]string)
	for _, c := range s.Checks {
		one := commentIn(f, c)
		switch {
		case !one.changed():
			f.Set(one.field, one.stored)
		case one.stale():
			f.wrong(one.field, "checks.changed")
		}
		f.Set("was-"+one.field, one.stored)
		if one = commentIn(f, c); one.changed() {
			s.Stored[c.Rule] = one.stored
		}
	}
	f.Set("version", s.Tag)
	l := v.text()
	return v.show("checks", sheet{Title: l.text("survey.checks"), Crumbs: v.surveyCrumbs(crumb{v.Home("surveys", v.At("year")), l.text("survey.title", fmt.Sprint(s.Year))}), Form: f, D: s})
}

// comment is one on a check, as the form showed it, as the form has it, and as it is.
type comment struct{ field, was, text, stored string }

func commentIn(f *form, c surveying.Check) comment {
	field := "comment-" + string(c.Rule)
	one := comment{field, f.Get("was-" + field), f.Get(field), strings.TrimSpace(c.Said())}
	if !f.Has(field) { // there was no such check when the form was shown
		one.text = one.was
	}
	return one
}

// changed reports whether the reader wrote it.
func (c comment) changed() bool { return !sameLines(c.text, c.was) }

// stale reports whether the reader wrote it upon another one than there is now, which would be lost.
func (c comment) stale() bool {
	return c.changed() && c.text != "" && c.stored != "" && !sameLines(c.stored, c.was) && !sameLines(c.stored, c.text)
}

// sameLines compares texts, whose lines a browser ends in its own way.
func sameLines(a, b string) bool {
	return strings.ReplaceAll(a, "\r\n", "\n") == strings.ReplaceAll(b, "\r\n", "\n")
}

// comment saves the comments that the reader wrote or changed. Where somebody else did since, nothing is saved: both are shown.
func (v *visit) comment() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	s, err := v.readSurvey(v.year())
	if err != nil {
		return err
	}
	var comments []map[string]any
	fields, stale := make(map[string]string), false
	for _, c := range s.Checks {
		one := commentIn(f, c)
		switch {
		case !one.changed() || sameLines(one.text, one.stored):
		case one.text == "":
			f.wrong(one.field, "checks.emptied")
		default:
			stale = stale || one.stale()
			fields[fmt.Sprintf("body.comments[%d].comment", len(comments))] = one.field
			comments = append(comments, map[string]any{"rule": c.Rule, "comment": one.text})
		}
	}
	switch {
	case stale || len(f.Errors) > 0:
		f.renew()
		return v.showChecks(f)
	case len(comments) == 0:
		return v.to(v.Home("surveys", v.At("year")), 0, "comments_unchanged")
	}
	r, err := v.send(f, http.MethodPost, v.in("surveys/"+v.At("year")+"/answer"), map[string]any{"comments": comments})
	if err == nil {
		return v.to(v.Home("surveys", v.At("year")), r.Position, "comments")
	}
	if err := f.refused(err, fields); err != nil {
		return err
	}
	return v.showChecks(f)
}

// Commented reports whether a check takes a comment.
func (s *survey) Commented() bool {
	return slices.ContainsFunc(s.Checks, func(c surveying.Check) bool { return c.Severity == surveying.Warning })
}

// Found is what a check has found, in a few words.
func (s *survey) Found(r events.Rule) string { return surveying.Heading(r, s.lang) }

// QuestionOf is the question that a check is about; nil where the form does not ask it.
func (s *survey) QuestionOf(r events.Rule) *surveying.Question {
	if q, asked := s.form.About(surveying.About(r)); asked {
		return &q
	}
	return nil
}
