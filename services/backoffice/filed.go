package backoffice

import (
	"context"
	"strconv"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/reach"
	"rackvidd/services/export"
	"rackvidd/services/surveying"
)

// filedDocument is a version as it was submitted: its answers and what was said about them. The statistics beside a survey
// were not submitted with it; they are those of a position, and are left out.
func (s *Service) filedDocument(ctx context.Context, a surveying.Asked) (d export.Document, err error) {
	sheet, err := s.Version(ctx, a, a.Version)
	if err != nil {
		return d, err
	}
	form, err := s.asked(sheet.Form, sheet.Definition)
	if err != nil {
		return d, err
	}
	w := newWriting(&opened{
		Asked: a, form: form, answers: sheet.Answers, signed: sheet.Statement,
		survey:   &surveying.Survey{Version: a.Version, State: surveying.Submitted, Submitted: &events.SurveySubmitted{Program: sheet.Program}, Steps: sheet.Steps},
		evidence: evidence{Figures: reach.Figures{Position: sheet.Position}, shown: projections.Checkpoint{Recorded: sheet.SubmittedAt}},
	})
	sections := []export.Section{w.answerSection(nil)}
	if said := w.said(sheet); len(said) > 0 {
		sections = append(sections, export.Section{Heading: w.say("Kommentarer", "Comments"), Blocks: said})
	}
	d = w.document(sections)
	d.Subtitle += ", version " + strconv.Itoa(a.Version)
	if sheet.Latest > a.Version {
		d.About = append(d.About, export.Fact{Label: w.say("Ersatt av", "Replaced by"), Value: "version " + strconv.Itoa(sheet.Latest)})
	}
	return d, nil
}

// said are the comments beside questions and those on what the checks found.
func (w writing) said(sheet surveying.FiledSheet) (list []export.Block) {
	if len(sheet.Remarks) > 0 {
		list = append(list, w.beside(sheet.Remarks))
	}
	t := export.Table{Caption: w.say("Kommentarer till kontrollerna", "Comments on the checks"), Columns: []export.Column{{Heading: w.say("Regel", "Rule")}, {Heading: w.say("Vad den fann", "What it found")}, {Heading: w.say("Kommentar", "Comment")}}}
	for _, c := range sheet.Comments {
		t.Rows = append(t.Rows, []export.Cell{export.Text(string(c.Rule)), export.Text(surveying.Heading(c.Rule, w.Language)), export.Text(c.Comment)})
	}
	if len(t.Rows) > 0 {
		list = append(list, t)
	}
	return list
}
