package web

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/surveying"
)

func (s *site) surveyPages() {
	s.page("GET /municipalities/{code}/surveys", access.ReadSurvey, (*visit).surveyYears)
	s.page("GET /municipalities/{code}/surveys/compare", access.ReadSurvey, (*visit).compareYears)
	s.page("GET /municipalities/{code}/surveys/definitions", access.ReadSurvey, (*visit).definitions)
	s.page("GET /municipalities/{code}/surveys/{year}", access.ReadSurvey, func(v *visit) error { return v.showSurvey(v.newForm()) })
	s.page("GET /municipalities/{code}/surveys/{year}/export", access.ReadSurvey, func(v *visit) error { return v.showFiles(v.newForm()) })
	s.page("POST /municipalities/{code}/surveys/{year}/export", access.PublishFigures, (*visit).publish)
	s.page("GET /municipalities/{code}/surveys/{year}/open-data", access.PublishFigures, (*visit).published)
	s.page("GET /municipalities/{code}/surveys/{year}/export/{format}", access.ReadSurvey, (*visit).exportSurvey)
	s.page("GET /municipalities/{code}/surveys/{year}/questions/{question}", access.ReadSurvey, func(v *visit) error { return v.showQuestion(nil) })
	s.page("POST /municipalities/{code}/surveys/{year}/questions/{question}", access.WriteSurvey, (*visit).answerQuestion)
	s.page("GET /municipalities/{code}/surveys/{year}/checks", access.ReadSurvey, func(v *visit) error { return v.showChecks(nil) })
	s.page("GET /municipalities/{code}/surveys/{year}/checks/{rule}", access.ReadRows, (*visit).behindCheck)
	s.page("POST /municipalities/{code}/surveys/{year}/checks", access.WriteSurvey, (*visit).comment)
	s.page("GET /municipalities/{code}/surveys/{year}/receipt", access.ReadSurvey, (*visit).receipt)
	s.page("GET /municipalities/{code}/surveys/{year}/versions", access.ReadSurvey, (*visit).versions)
	s.page("GET /municipalities/{code}/surveys/{year}/versions/{version}", access.ReadSurvey, (*visit).version)
	s.page("GET /municipalities/{code}/surveys/{year}/difference", access.ReadSurvey, (*visit).difference)
	s.page("GET /municipalities/{code}/surveys/{year}/statement", access.ReadSurvey, (*visit).statement)
	s.page("GET /municipalities/{code}/surveys/{year}/bundle", access.ReadLog, (*visit).bundle)
	s.decision("check", access.WriteSurvey)
	s.decision("approve", access.ApproveSurvey)
	s.decision("return", access.ApproveSurvey)
	s.decision("submit", access.SubmitSurvey)
	s.decision("amend", access.WriteSurvey)
}

// survey is one year's, with its form.
type survey struct {
	surveying.Sheet
	Tag    string     `json:"etag"`
	People []surveyor `json:"people"` // who took its steps
	form   surveying.Form
	Before *survey                `json:"-"` // of the year before, as the checks take it; nil where they know nothing of it
	Was    *survey                `json:"-"` // as it was submitted, where it is open for a new version
	Stored map[events.Rule]string `json:"-"` // on the page of checks: comments that are otherwise than its form has them
	lang   surveying.Language
}

// yearlySurveys are those of all years.
type yearlySurveys struct {
	Surveys []surveying.InList `json:"surveys"`
	People  []surveyor         `json:"people"`
	Last    events.Year        // that is asked about now
}

// By is who took a step.
func (d yearlySurveys) By(account events.ID) surveyor { return byAccount(d.People, account) }

// Now is the survey that is asked for now; nil: no form asks about the year.
func (d yearlySurveys) Now() *surveying.InList {
	for _, one := range d.Surveys {
		if one.Year == d.Last {
			return &one
		}
	}
	return nil
}

// surveyYears leads to the year that is asked about now, and lists the others.
func (v *visit) surveyYears() error {
	d := yearlySurveys{Last: v.today().Year() - 1}
	if err := v.see(&d, v.in("surveys")); err != nil {
		return err
	}
	return v.show("surveys", sheet{Title: v.text().text("surveys.title"), D: d})
}

// years are those whose figures are asked for: from this one back to the first that the survey asked about.
func (v *visit) years() (list []choice) {
	for year := v.today().Year(); year >= v.Forms.FirstYear(); year-- {
		list = append(list, choice{Value: strconv.Itoa(int(year)), Label: strconv.Itoa(int(year))})
	}
	return list
}

// year is the one in the page's path.
func (v *visit) year() events.Year {
	n, err := strconv.Atoi(v.At("year"))
	if err != nil {
		return 0 // asks about no year, and is answered so
	}
	return events.Year(n)
}

func (v *visit) readSurvey(year events.Year, more ...string) (*survey, error) {
	s := &survey{lang: surveying.Language(v.Lang)}
	if err := v.see(s, v.in("surveys/"+strconv.Itoa(int(year))), append(more, "lang", v.Lang)...); err != nil {
		return nil, err
	}
	s.form, _ = v.Forms.Named(s.Form)
	return s, nil
}

// survey reads the page's and, for comparison, what the checks compare with: what was submitted of the year before or, where
// nothing was, the number alone that followed from the log. What is only worked on there is nobody's answer.
func (v *visit) survey() (*survey, error) {
	now, err := v.readSurvey(v.year())
	if err != nil {
		return nil, err
	}
	switch then := now.LastYear; {
	case then.Version > 0:
		kept, err := v.readVersion(v.year()-1, then.Version)
		if err != nil && !isProblem(err, http.StatusNotFound) { // as where the file of its form is gone
			return nil, err
		}
		now.Before = kept.survey
	case then.Known:
		now.Before = v.onForm(then.Form)
		now.Before.Year, now.Before.Form = v.year()-1, then.Form
		q, _ := now.Before.form.About(surveying.Children)
		now.Before.Answers = []surveying.Answer{{Question: q.ID, Status: events.NumberAnswer, Value: &then.Number, Definition: then.Definition}}
	}
	return now, nil
}

// Because is why today's number is another than the one that was submitted.
func (s *survey) Because(i surveying.SinceItem) string { return i.Word(s.lang) }

// Answer is the answer to a question; not asked where the form has no such question.
func (s *survey) Answer(q events.Question) surveying.Answer {
	for _, a := range s.Answers {
		if a.Question == q {
			return a
		}
	}
	return surveying.Answer{Question: q, Status: events.NotAsked}
}

// Text is what a question asks.
func (s *survey) Text(q surveying.Question) string { return q.Text.In(s.lang) }

// Remark is the comment beside a question, as it is read; "": there is none.
func (s *survey) Remark(asked events.Question) string {
	r := s.remark(asked)
	return surveying.Written{Text: r.Comment, Gone: r.Gone}.In(s.lang)
}

func (s *survey) remark(asked events.Question) (none surveying.Remark) {
	for _, r := range s.Remarks {
		if r.Question == asked {
			return r
		}
	}
	return none
}

// Short is an answer in one line.
func (s *survey) Short(q surveying.Question, a surveying.Answer) string {
	switch {
	case a.Value != nil && a.Lower != nil && a.Upper != nil && *a.Lower != *a.Upper:
		return fmt.Sprintf("%d (%d–%d)", *a.Value, *a.Lower, *a.Upper)
	case a.Value != nil:
		return strconv.Itoa(*a.Value)
	case len(a.Choices) > 0:
		words := make([]string, len(a.Choices))
		for i, c := range a.Choices {
			words[i] = q.Label(c, s.lang)
		}
		return strings.Join(words, ", ")
	case a.Wrote() != surveying.Written{}:
		return a.Wrote().In(s.lang)
	}
	return capital(surveying.Word(string(a.Status), s.lang))
}

// Then is what was answered to the same matter a year before; "" where it was not asked or nobody knows.
func (s *survey) Then(q surveying.Question) string {
	if s.Before == nil {
		return ""
	}
	before, asked := s.Before.form.About(q.Asks)
	if !asked {
		return ""
	}
	a := s.Before.Answer(before.ID)
	if !a.Answered() {
		return ""
	}
	return s.Before.Short(before, a)
}

// Otherwise reports whether the form of the year before asked about the same matter in other words, with other choices, or
// with children counted in another way.
func (s *survey) Otherwise(q surveying.Question) bool {
	if s.Before == nil {
		return false
	}
	before, asked := s.Before.form.About(q.Asks)
	counted := q.Asks == surveying.Forms || q.Asks == surveying.Children || q.Asks == surveying.Channels
	return asked && (!q.Same(before) || counted && s.definition() != s.Before.definition())
}

// definition is the one that the children were counted by: the form's file may name another since.
func (s *survey) definition() events.DefinitionID {
	q, _ := s.form.About(surveying.Children)
	return cmp.Or(s.Answer(q.ID).Definition, s.form.Definition)
}

// Change is how many more or fewer children than a year before; "" where either is no number, or the question is another.
func (s *survey) Change(q surveying.Question) string {
	if s.Before == nil || q.Asks != surveying.Children || s.Otherwise(q) {
		return ""
	}
	before, asked := s.Before.form.About(q.Asks)
	now, then := s.Answer(q.ID), s.Before.Answer(before.ID)
	if !asked || now.Value == nil || then.Value == nil {
		return ""
	}
	return signed(*now.Value - *then.Value)
}

// signed is a difference: more with a plus, fewer with a minus.
func signed(n int) string { return strings.Replace(fmt.Sprintf("%+d", n), "-", "−", 1) }

// StateOf is how far a question has come: cannot, voluntary, not_started, review or ready.
func (s *survey) StateOf(q surveying.Question) string {
	a := s.Answer(q.ID)
	switch {
	case a.Status == events.UnknownAnswer && a.Given:
		return "cannot"
	case q.Asks == surveying.InWords && !a.Answered():
		return "voluntary"
	case !a.Answered() && !a.Given:
		return "not_started"
	case s.open(q.Asks) > 0:
		return "review"
	}
	return "ready"
}

// open are the checks about a matter that are still to be put right or commented on.
func (s *survey) open(subject surveying.Subject) (n int) {
	for _, c := range s.Checks {
		if surveying.About(c.Rule) == subject && unsettled(c) {
			n++
		}
	}
	return n
}

func unsettled(c surveying.Check) bool {
	return c.Severity == surveying.Error || c.Severity == surveying.Warning && c.Comment == nil
}

// Computed are the questions that the log answers, and Yours those that it cannot.
func (s *survey) Computed() []surveying.Question { return s.questions(true) }
func (s *survey) Yours() []surveying.Question    { return s.questions(false) }

func (s *survey) questions(computed bool) (list []surveying.Question) {
	for _, q := range s.form.Questions {
		if byPeople := q.Asks == surveying.Measures || q.Asks == surveying.InWords; byPeople != computed {
			list = append(list, q)
		}
	}
	return list
}

// Done is how many of the questions that must be answered are ready, and Asked how many there are.
func (s *survey) Done() (n int) {
	for _, q := range s.form.Questions {
		if state := s.StateOf(q); q.Asks != surveying.InWords && (state == "ready" || state == "cannot") {
			n++
		}
	}
	return n
}

func (s *survey) Asked() (n int) {
	for _, q := range s.form.Questions {
		if q.Asks != surveying.InWords {
			n++
		}
	}
	return n
}

// Left are the checks that keep the survey from being declared ready.
func (s *survey) Left() (n int) {
	for _, c := range s.Checks {
		if unsettled(c) {
			n++
		}
	}
	return n
}

// Editable reports whether answers can be changed.
func (s *survey) Editable() bool { return s.State != surveying.Submitted }

// Is reports how far the survey has come.
func (s *survey) Is(state string) bool { return string(s.State) == state }

// Changed are the questions that are answered otherwise than what was submitted last.
func (s *survey) Changed() (list []surveying.Question) {
	for _, q := range s.form.Questions {
		if s.Was != nil && s.Was.Short(q, s.Was.Answer(q.ID)) != s.Short(q, s.Answer(q.ID)) {
			list = append(list, q)
		}
	}
	return list
}

// LastStep is what was done last; nil: nothing was.
func (s *survey) LastStep() *surveying.Step {
	if len(s.Steps) == 0 {
		return nil
	}
	return &s.Steps[len(s.Steps)-1]
}

// Reopened is how its last submission or check was undone, which the reason is of: amended or returned; "": it was not, or has been submitted since.
func (s *survey) Reopened() string {
	for _, step := range slices.Backward(s.Steps) {
		switch step.What {
		case "submitted":
			return ""
		case "amended", "returned":
			return step.What
		}
	}
	return ""
}

// atWork is how long somebody is taken to work on a survey after a step.
const atWork = 15 * time.Minute

// AtWork is what somebody else is called who works on the survey just now; "": nobody does.
func (p sheet) AtWork() string {
	s, ok := p.D.(*survey)
	if !ok || !s.Is(string(surveying.InDraft)) && !s.Is(string(surveying.Amended)) {
		return ""
	}
	if last := s.LastStep(); last != nil && !p.Mine(last.By) && p.Clock().Sub(last.At).Abs() < atWork {
		return s.By(last.By).Called()
	}
	return ""
}

// PreparedByMe reports whether the visitor worked on the answers, and so cannot approve them.
func (p sheet) PreparedByMe() bool {
	s, ok := p.D.(*survey)
	return ok && slices.Contains(s.PreparedBy, p.Principal.Account)
}

// Mine reports whether an account is the visitor's.
func (p sheet) Mine(account events.ID) bool { return account == p.Principal.Account }

func (v *visit) surveyCrumbs(more ...crumb) []crumb {
	return append([]crumb{{v.Home("surveys"), v.text().text("surveys.title")}}, more...)
}

func (v *visit) showSurvey(f *form) error {
	s, err := v.survey()
	if err != nil {
		return err
	}
	if s.Submitted != nil && s.Editable() {
		kept, err := v.readVersion(s.Year, s.Submitted.Version)
		if err != nil {
			return err
		}
		s.Was = kept.survey
	}
	f.Set("version", s.Tag)
	return v.show("survey", sheet{Title: v.text().text("survey.title", fmt.Sprint(s.Year)), Crumbs: v.surveyCrumbs(), Form: f, D: s})
}

// decision is a form that decides something about the survey as the visitor saw it.
func (s *site) decision(what string, p access.Permission) {
	s.page("POST /municipalities/{code}/surveys/{year}/"+what, p, func(v *visit) error {
		f, err := v.form()
		if err != nil {
			return err
		}
		var body any
		if what == "return" || what == "amend" {
			if f.need("reason"); len(f.Errors) > 0 {
				return v.showSurvey(f)
			}
			body = map[string]any{"reason": f.Get("reason")}
		}
		r, err := v.send(f, http.MethodPost, v.in("surveys/"+v.At("year")+"/"+what), body)
		if err == nil {
			return v.to(v.Home("surveys", v.At("year")), r.Position, "survey_"+what)
		}
		if err := f.refused(err, nil); err != nil {
			return err
		}
		return v.showSurvey(f)
	})
}

// surveyFile is one of the files that a survey can be taken away as.
type surveyFile struct {
	Format string
	Bytes  int
}

// showFiles lists the files of a survey with how large each is. They are made to see: what they show is recorded all the time.
func (v *visit) showFiles(f *form) error {
	s, err := v.readSurvey(v.year(), "only", "answers")
	if err != nil {
		return err
	}
	files := make([]surveyFile, len(exportFormats))
	together := new(errgroup.Group)
	for i, format := range exportFormats {
		together.Go(func() error {
			made, err := v.fetch(v.exporting(format))
			if err == nil {
				files[i] = surveyFile{format, made.body.Len()}
			}
			return err
		})
	}
	var last *release
	if v.May(access.PublishFigures) {
		together.Go(func() (err error) { last, err = v.lastPublished(); return err })
	}
	if err := together.Wait(); err != nil {
		return err
	}
	year := fmt.Sprint(s.Year)
	return v.show("files", sheet{Title: v.text().text("files.title", year), Crumbs: v.surveyCrumbs(crumb{v.Home("surveys", year), v.text().text("survey.title", year)}), Form: f, D: struct {
		*survey
		Files []surveyFile
		Made  time.Time
		Last  *release // that was published; nil: nothing was
	}{s, files, v.Clock(), last}})
}

var exportFormats = []string{"pdf", "xlsx", "csv", "json"}

func (v *visit) exporting(format string) call {
	return call{method: http.MethodGet, path: v.in("surveys/" + v.At("year") + "/export"), query: pairs([]string{"format", format, "lang", v.Lang})}
}

func (v *visit) exportSurvey() error {
	file := v.exporting(v.At("format"))
	if version := v.Query("version"); version != "" {
		file.query.Set("version", version)
	}
	return v.forward(file)
}
