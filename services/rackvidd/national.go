package main

import (
	"context"
	"errors"

	"rackvidd/events"
	"rackvidd/events/failpoint"
	"rackvidd/services/api"
	"rackvidd/services/national"
	"rackvidd/services/projector"
)

// national is the national level, with everything it needs.
func (p *parts) national() *national.Service {
	return &national.Service{
		Log: p.journal, Pool: p.reading, Clock: failpoint.Now, MostChoices: p.mostChoices,
		Visible: func(ctx context.Context, at events.Position) error {
			return projector.Visible(ctx, p.reading, events.National, at)
		},
	}
}

// mostChoices is how many choices the form of a year allows; 0: any number.
func (p *parts) mostChoices(year events.Year, q events.Question) int {
	form, _ := p.forms.Of(year)
	question, _ := form.National(q)
	return question.Most
}

// receiving lets the API hand files to the national level: neither knows the other.
type receiving struct{ *national.Service }

func (r receiving) LoadAnswers(ctx context.Context, c events.Command, file []byte, dry bool) (api.ImportSummary, error) {
	return summed(r.Load(ctx, c, file, dry))
}

func (r receiving) LoadReference(ctx context.Context, c events.Command, file []byte, dry bool) (api.ImportSummary, error) {
	return summed(r.Service.LoadReference(ctx, c, file, dry))
}

func summed(s national.Summary, err error) (api.ImportSummary, error) {
	answer := api.ImportSummary{Rows: s.Rows, Recorded: s.Recorded, Duplicates: s.Duplicates, Position: s.Position}
	for _, rejected := range s.Rejected {
		answer.Rejected = append(answer.Rejected, api.RejectedRow{Line: rejected.Line, Column: rejected.Column, Code: rejected.Code, Message: rejected.Message})
	}
	var file *national.FileError
	if errors.As(err, &file) {
		err = &api.FileError{Code: file.Code, Column: file.Column, Message: file.Message}
	}
	return answer, err
}
