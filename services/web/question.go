package web

import (
	"fmt"
	"net/http"
	"strconv"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/services/access"
	"rackvidd/services/surveying"
)

// question is a page about one question: its answer, where it comes from, and how to answer otherwise.
type question struct {
	*survey
	Question surveying.Question
	Now      surveying.Answer
	Counted  string // what follows from the log, in words
	Figures  reach.Figures
	Charts   figureCharts
	Over     overYears
	v        *visit
	Options  []choice
	Bases    []choice
	// Commenting and Answering are which of the page's forms was sent and stands there again.
	Commenting, Answering bool
}

// showQuestion shows the question, with what was typed where a form is given.
func (v *visit) showQuestion(f *form) error {
	s, err := v.survey()
	if err != nil {
		return err
	}
	asked, ok := s.form.Question(events.Question(v.At("question")))
	if !ok {
		return errNothingHere
	}
	d := question{survey: s, Question: asked, Now: s.Answer(asked.ID)}
	d.v = v
	if err := d.gather(v); err != nil {
		return err
	}
	l := v.text()
	for _, o := range asked.Options {
		d.Options = append(d.Options, choice{Value: string(o.Code), Label: o.Text.In(s.lang)})
	}
	d.Bases = []choice{{Value: string(events.OverriddenBasis), Label: l.text("question.overridden")}, {Value: string(events.EstimatedBasis), Label: l.text("question.estimated")}}
	d.Counted = d.counted()
	if f == nil {
		f = v.newForm()
		d.fill(f)
	} else {
		d.Commenting = f.Has("comment") && !f.Has("kind")
		d.Answering = !d.Commenting
		if d.Commenting { // the answer stands beside it, and would be saved as empty
			d.fill(f)
		}
	}
	if !f.Has("comment") {
		f.Set("comment", s.remark(asked.ID).Comment)
	}
	f.Set("version", s.Tag)
	return v.show("question", sheet{Title: s.Text(asked), Crumbs: v.surveyCrumbs(crumb{v.Home("surveys", v.At("year")), l.text("survey.title", fmt.Sprint(s.Year))}), Form: f, D: d})
}

// counted is what follows from the log where somebody answered otherwise.
func (d question) counted() string {
	switch c := d.Now.Computed.(type) {
	case float64:
		return strconv.Itoa(int(c))
	case string:
		return surveying.Word(c, d.lang)
	case []any:
		text := ""
		for i, one := range c {
			if i > 0 {
				text += ", "
			}
			text += d.Question.Label(events.Choice(fmt.Sprint(one)), d.lang)
		}
		return text
	}
	return ""
}

// fill puts the answer as it is into the form.
func (d question) fill(f *form) {
	switch d.Now.Status {
	case events.YesAnswer, events.NoAnswer, events.UnknownAnswer:
		f.Set("answer", string(d.Now.Status))
	}
	f.Del("choices")
	for _, c := range d.Now.Choices {
		f.Add("choices", string(c))
	}
	if d.Now.Value != nil {
		f.Set("value", strconv.Itoa(*d.Now.Value))
	}
	f.Set("basis", string(events.OverriddenBasis))
	if d.Now.Basis == events.EstimatedBasis {
		f.Set("basis", string(events.EstimatedBasis))
	}
	f.Set("text", d.Now.Text)
	f.Set("reason", d.Now.Reason)
}

// gather reads the figures that belong to the question, as of the survey's position.
func (d *question) gather(v *visit) error {
	if d.Position == 0 {
		return nil // nothing is recorded
	}
	switch d.Question.Asks {
	case surveying.Forms, surveying.Channels:
		if err := v.get(&d.Figures, v.in("reach"), "year", fmt.Sprint(d.Year), "definition", string(d.form.Definition), "position", fmt.Sprint(d.Position)); err != nil {
			return err
		}
		largest(&d.Figures)
		d.Charts = v.figureCharts(d.Figures)
		return nil
	case surveying.Children:
		var err error
		d.Over, err = v.overYears(fmt.Sprint(d.Year))
		return err
	}
	return nil
}

// Behind is the page with what an answer was computed from; "": the visitor may see none. Whether support is offered, and by
// whom, follows from the programmes, and all else from the children.
func (s *survey) Behind(p sheet, q surveying.Question) string {
	fromProgrammes := q.Asks == surveying.Offers || q.Asks == surveying.Organisers
	switch {
	case fromProgrammes && p.May(access.WriteProgrammes):
		return p.Home("programmes")
	case s.Position == 0 || !p.May(access.ReadRows):
		return ""
	case fromProgrammes:
		return p.Home("reach") + "?" + pairs([]string{"year", fmt.Sprint(s.Year), "definition", string(s.form.Definition), "position", fmt.Sprint(s.Position)}).Encode()
	}
	return p.Home("surveys", fmt.Sprint(s.Year), "figures", "children") + "?position=" + fmt.Sprint(s.Position)
}

// About are the checks that found something about the question.
func (d question) About() (list []surveying.Check) {
	for _, c := range d.Checks {
		if surveying.About(c.Rule) == d.Question.Asks {
			list = append(list, c)
		}
	}
	return list
}

// Link is where the rows behind a figure are.
func (d question) Link(kind string, of ...any) string {
	return d.v.figureAt(d.v.Home("surveys", fmt.Sprint(d.Year), "figures"), pairs([]string{"position", fmt.Sprint(d.Position)}), kind, of...)
}

func (v *visit) answerQuestion() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	asked := events.Question(v.At("question"))
	body := map[string]any{"restore": []events.Question{asked}}
	switch {
	case f.Has("comment"):
		f.need("comment")
		body = map[string]any{"comments": []map[string]any{{"question": asked, "comment": f.Get("comment")}}}
	case f.Get("restore") == "":
		body = map[string]any{"answers": []map[string]any{v.given(f, asked)}}
	}
	if len(f.Errors) > 0 {
		return v.showQuestion(f)
	}
	r, err := v.send(f, http.MethodPost, v.in("surveys/"+v.At("year")+"/answer"), body)
	if err == nil {
		done := "answer"
		if f.Has("comment") {
			done = "comments"
		}
		return v.to(v.Home("surveys", v.At("year")), r.Position, done)
	}
	first := "answer"
	for _, name := range []string{"value", "choices", "text"} {
		if f.Has(name) {
			first = name
		}
	}
	fields := map[string]string{"body.answers": first}
	if !f.Has("comment") {
		fields["body.comments.comment"] = ""
	}
	if err := f.refused(err, fields); err != nil {
		return err
	}
	return v.showQuestion(f)
}

// given is an answer as the API takes it, from whichever fields the question has.
func (v *visit) given(f *form, asked events.Question) map[string]any {
	a := map[string]any{"question": asked, "reason": f.Get("reason")}
	switch kind := f.Get("kind"); {
	case f.Get("answer") == string(events.UnknownAnswer):
		f.need("reason")
		a["status"] = events.UnknownAnswer
	case f.Get("answer") == string(events.NotAnswered):
		a["status"] = events.NotAnswered
	case kind == string(surveying.Offers):
		f.need("answer")
		a["status"] = f.Get("answer")
	case kind == string(surveying.Children):
		f.need("value", "reason")
		a["status"], a["value"], a["basis"] = events.NumberAnswer, f.whole("value"), f.Get("basis")
		if f.Get("value") == "0" {
			a["status"] = events.ZeroAnswer
		}
	case kind == string(surveying.InWords):
		a["status"], a["text"] = events.TextAnswer, f.Get("text")
		if f.Get("text") == "" {
			a = map[string]any{"question": asked, "status": events.NotAnswered}
		}
	default:
		a["status"], a["choices"] = events.ChoicesAnswer, f.Values["choices"]
		if len(f.Values["choices"]) == 0 {
			f.wrong("choices", "form.choose")
		}
	}
	return a
}
