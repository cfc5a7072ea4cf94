package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"rackvidd/events"
	"rackvidd/services/surveying"
)

func (v *visit) showChecks(f *form) error {
	s, err := v.readSurvey(v.year())
	if err != nil {
		return err
	}
	if f == nil {
		f = v.newForm()
		for _, c := range s.Checks {
			if c.Comment != nil {
				f.Set("comment-"+string(c.Rule), *c.Comment)
			}
		}
	}
	f.Set("version", s.Tag)
	l := v.text()
	return v.show("checks", sheet{Title: l.text("survey.checks"), Crumbs: v.surveyCrumbs(crumb{v.Home("surveys", v.At("year")), l.text("survey.title", fmt.Sprint(s.Year))}), Form: f, D: s})
}

// comment saves the comments that were written or changed.
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
	fields := make(map[string]string)
	for _, c := range s.Checks {
		field := "comment-" + string(c.Rule)
		text := f.Get(field)
		if f.Has(field) && text == "" && c.Comment != nil && strings.TrimSpace(*c.Comment) != "" {
			f.wrong(field, "checks.emptied")
		}
		if text != "" && (c.Comment == nil || strings.TrimSpace(*c.Comment) != text) {
			fields[fmt.Sprintf("body.comments[%d].comment", len(comments))] = field
			comments = append(comments, map[string]any{"rule": c.Rule, "comment": text})
		}
	}
	switch {
	case len(f.Errors) > 0:
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
