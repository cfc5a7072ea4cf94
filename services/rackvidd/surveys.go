package main

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"

	"rackvidd/events"
	"rackvidd/events/failpoint"
	"rackvidd/projections/reach"
	"rackvidd/services/backoffice"
	"rackvidd/services/national"
	"rackvidd/services/surveying"
)

// startSurveys begins the back office's work with the annual survey.
func (p *parts) startSurveys(ctx context.Context, key signingKey) error {
	p.surveys = &backoffice.Service{
		Log: p.journal, Pool: p.pool, Reading: p.reading, Forms: p.forms, National: p.national(), Program: programVersion(), Logger: p.log, Threshold: p.Threshold,
		Counts: &p.counts, Statement: p.proofs.shown, Apart: p.proofs.apart, Recount: p.recount,
		Sign:  func(a events.AnswerReceived) ([]byte, error) { return national.SignAnswer(key.Signer, a) },
		Today: func() events.Day { return events.DayOf(failpoint.Now().In(events.Sweden)) },
	}
	if err := p.retry(ctx, "texts of surveys", func() error { return backoffice.Install(ctx, p.pool) }); err != nil {
		return err
	}
	var reworded *backoffice.RewordedFormError
	err := p.surveys.FormsAsSubmitted(ctx)
	if errors.As(err, &reworded) {
		return &usageError{err}
	}
	return err
}

// programVersion is what a submitted survey says it was computed by.
func programVersion() events.ProgramVersion {
	v, err := events.ParseProgramVersion(version())
	if err != nil {
		return "unknown"
	}
	return v
}

// readForms reads the forms that come with the program and those of the installation: a file with an error is refused.
func (p *parts) readForms() (err error) {
	definitions := make(surveying.Definitions)
	for _, d := range reach.Definitions {
		definitions[d.ID] = d.MaxAge
	}
	dir := cmp.Or(p.Forms, p.path("forms"))
	folders := []fs.FS{surveying.BuiltIn()}
	switch _, missing := os.Stat(dir); {
	case missing == nil:
		folders = append(folders, os.DirFS(dir))
	case p.Forms != "" || !errors.Is(missing, fs.ErrNotExist):
		return &usageError{missing}
	}
	if p.forms, err = surveying.LoadForms(definitions, folders...); err != nil {
		return &usageError{err}
	}
	return nil
}
