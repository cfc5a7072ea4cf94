package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/projections/register"
	"rackvidd/services/access"
	"rackvidd/services/export"
	"rackvidd/services/surveying"
)

// Surveys is the back office's work with a municipality's survey.
type Surveys interface {
	Open(context.Context, surveying.Asked) (surveying.Sheet, time.Time, error)
	// Document is the survey with the municipality's own statistics, to be written as a file.
	Document(context.Context, surveying.Asked) (export.Document, error)
	// Record is the same as JSON.
	Record(context.Context, surveying.Asked) (json.RawMessage, error)
	// Chart is one of the document's charts: forms, overlap, channels, ages, reach or coverage.
	Chart(ctx context.Context, a surveying.Asked, name string) (chart export.Chart, ok bool, err error)
	// Years compares the figures of a year with those of the four before it, as of a position; where it is 0 there are none.
	Years(context.Context, surveying.Asked) (years []reach.YearOfFigures, at events.Position, err error)
	// Behind lists the sessions that a check is about, the earliest first, as of the position that the survey shows.
	Behind(ctx context.Context, a surveying.Asked, rule events.Rule) (sessions []events.ID, at events.Position, err error)
	// Entries lists the places or referrals that a check is about, as of the position that the survey shows.
	Entries(ctx context.Context, a surveying.Asked, rule events.Rule) (list []register.Entry, at events.Position, err error)
	// List says how far the survey of each year has come, the latest first.
	List(context.Context, events.Municipality) ([]surveying.InList, error)
	// Versions lists what was submitted, Version is one of them as it was, and Compare says what two differ in.
	Versions(context.Context, surveying.Asked) ([]surveying.Filed, error)
	Version(ctx context.Context, a surveying.Asked, number int) (surveying.FiledSheet, error)
	Compare(ctx context.Context, a surveying.Asked, from, to int) (surveying.Apart, error)
	// Stood is what the survey said at a position of the log.
	Stood(ctx context.Context, a surveying.Asked, at events.Position) (surveying.Stood, error)
	// SignedAnswer is what was released of what was submitted, for the national level of another installation.
	SignedAnswer(context.Context, surveying.Asked) ([]byte, error)
	// Publish releases figures that give no small number away, and notes in the ledger what was released.
	Publish(context.Context, surveying.Asked, events.Command) (surveying.OpenData, error)
	// Releases is the ledger of what was released of the year's figures: Releases as JSON.
	Releases(context.Context, surveying.Asked) (json.RawMessage, error)
	Answer(context.Context, surveying.Asked, events.Command, func(*events.Deciding) error, surveying.Given) (surveying.Outcome, error)
	Check(context.Context, surveying.Asked, events.Command, func(*events.Deciding) error) (surveying.Outcome, error)
	Approve(context.Context, surveying.Asked, events.Command, func(*events.Deciding) error) (surveying.Outcome, error)
	Return(context.Context, surveying.Asked, events.Command, func(*events.Deciding) error, string) (surveying.Outcome, error)
	Submit(context.Context, surveying.Asked, events.Command, func(*events.Deciding) error) (surveying.Outcome, error)
	Amend(context.Context, surveying.Asked, events.Command, func(*events.Deciding) error, string) (surveying.Outcome, error)
}

// OfYear names a municipality's survey.
type OfYear struct {
	Municipal
	Year events.Year        `path:"year"`
	Lang surveying.Language `query:"lang" default:"en" enum:"sv,en" doc:"what explanations and messages are written in"`
}

func (in OfYear) asked(c caller) surveying.Asked {
	return surveying.Asked{Municipality: c.municipality, Year: in.Year, Language: in.Lang}
}

type readSurvey struct {
	OfYear
	AtLeast
	Only string `query:"only" enum:"answers" doc:"leaves out what changed since it was submitted"`
}

// DecideSurvey is a decision about a survey that takes nothing but the survey.
type DecideSurvey struct {
	OfYear
	Keyed
	Versioned
	Unhurried // a submission reads the whole log
}

type explainSurvey struct {
	DecideSurvey
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"4000" doc:"why, in your own words; it is kept beside the log"`
	}
}

// GivenAnswer is an answer of somebody's own.
type GivenAnswer struct {
	Question events.Question     `json:"question"`
	Status   events.AnswerStatus `json:"status"`
	Basis    events.AnswerBasis  `json:"basis,omitempty" doc:"of a number: estimated, overridden or entered; overridden when it is left out, and entered where nobody was counted"`
	Value    int                 `json:"value,omitempty" minimum:"0" maximum:"10000"`
	Lower    *int                `json:"lower,omitempty" minimum:"0" maximum:"10000" doc:"the value when it is left out"`
	Upper    *int                `json:"upper,omitempty" minimum:"0" maximum:"10000" doc:"the value when it is left out"`
	Choices  []events.Choice     `json:"choices,omitempty" maxItems:"40"`
	Text     string              `json:"text,omitempty" maxLength:"4000" doc:"the answer to a question that asks for words"`
	Reason   string              `json:"reason,omitempty" maxLength:"4000" doc:"why it is another number than the one that was counted"`
}

func (a GivenAnswer) given() surveying.GivenAnswer {
	return surveying.GivenAnswer{
		Question: a.Question, Status: a.Status, Basis: a.Basis, Value: a.Value, Lower: a.Lower, Upper: a.Upper,
		Choices: a.Choices, Text: a.Text, Reason: a.Reason,
	}
}

// GivenComment is what somebody says about what a check found, or beside a question.
type GivenComment struct {
	Rule     events.Rule     `json:"rule,omitempty"`
	Question events.Question `json:"question,omitempty" doc:"instead of a rule"`
	Comment  string          `json:"comment" minLength:"1" maxLength:"4000"`
}

type answerSurvey struct {
	DecideSurvey
	Body struct {
		Answers  []GivenAnswer     `json:"answers,omitempty" maxItems:"40"`
		Restore  []events.Question `json:"restore,omitempty" maxItems:"40" doc:"questions to answer again by what follows from the log"`
		Comments []GivenComment    `json:"comments,omitempty" maxItems:"100"`
	}
}

// SurveyReceipt answers a decision about a survey.
type SurveyReceipt struct {
	State   surveying.State `json:"state"`
	Version int             `json:"version"`
	Receipt
}

func (s *server) surveyRoutes() {
	s.checkRoutes()
	s.versionRoutes()
	add(s, route{id: "list-surveys", method: http.MethodGet, path: "surveys", permission: access.ReadSurvey, summary: "The surveys of all years: how far each has come, and who took the last step"}, s.listSurveys)
	add(s, route{id: "read-survey", method: http.MethodGet, path: "surveys/{year}", permission: access.ReadSurvey, summary: "The survey: what answers each question, what the checks found, how far it has come"}, s.readSurvey)
	add(s, route{id: "export-survey", method: http.MethodGet, path: "surveys/{year}/export", permission: access.ReadSurvey, summary: "The survey with the municipality's own statistics, as a file: exact figures, for those whose task it is", operation: answersFile}, s.exportSurvey)
	add(s, route{id: "draw-survey", method: http.MethodGet, path: "surveys/{year}/charts/{chart}", permission: access.ReadSurvey, summary: "One of the charts beside the survey, as SVG", operation: answersSVG}, s.drawSurvey)
	add(s, route{id: "compare-years", method: http.MethodGet, path: "surveys/{year}/years", permission: access.ReadSurvey, summary: "The figures of the year and of the four before it, and what was submitted of each"}, s.compareYears)
	add(s, route{id: "publish-figures", method: http.MethodPost, path: "surveys/{year}/open-data", permission: access.PublishFigures, summary: "Release the year's figures as open data: protected, attacked together with everything released before, and noted in the ledger"}, s.publishFigures)
	add(s, route{id: "list-releases", method: http.MethodGet, path: "surveys/{year}/releases", permission: access.ReadSurvey, summary: "The ledger of what was released of the year's figures, which every later release is attacked together with"}, s.listReleases)
	add(s, route{id: "answer-survey", method: http.MethodPost, path: "surveys/{year}/answer", permission: access.WriteSurvey, summary: "Answer what people alone know, or otherwise than the log, and comment on what the checks found"}, s.answerSurvey)
	add(s, route{id: "check-survey", method: http.MethodPost, path: "surveys/{year}/check", permission: access.WriteSurvey, summary: "Declare the answers ready to be approved by somebody else"}, s.deciding(Surveys.Check))
	add(s, route{id: "approve-survey", method: http.MethodPost, path: "surveys/{year}/approve", permission: access.ApproveSurvey, summary: "Stand by answers that others prepared"}, s.deciding(Surveys.Approve))
	add(s, route{id: "return-survey", method: http.MethodPost, path: "surveys/{year}/return", permission: access.ApproveSurvey, summary: "Send the answers back to those who prepared them"}, s.explaining(Surveys.Return))
	add(s, route{id: "submit-survey", method: http.MethodPost, path: "surveys/{year}/submit", permission: access.SubmitSurvey, summary: "Submit the approved answers, for good"}, s.deciding(Surveys.Submit))
	add(s, route{id: "amend-survey", method: http.MethodPost, path: "surveys/{year}/amend", permission: access.WriteSurvey, summary: "Open what was submitted for a new version; what was submitted stands until then"}, s.explaining(Surveys.Amend))
}

type listSurveys struct {
	Municipal
	AtLeast
}

// YearlySurveys are those of all years, the latest first.
type YearlySurveys struct {
	Surveys []surveying.InList `json:"surveys" nullable:"false"`
	People  []Surveyor         `json:"people" nullable:"false" doc:"who took the last steps"`
	Shown
}

func (s *server) listSurveys(ctx context.Context, c caller, in *listSurveys) (*Answer[YearlySurveys], error) {
	at, err := s.reached(ctx, c.municipality, in.MinPosition)
	if err != nil {
		return nil, err
	}
	list, err := s.Surveys.List(ctx, c.municipality)
	if err != nil {
		return nil, err
	}
	var steps []surveying.Step
	for _, one := range list {
		if one.Last != nil {
			steps = append(steps, *one.Last)
		}
	}
	people, err := s.surveyors(ctx, c.municipality, steps)
	return show(at, YearlySurveys{list, people, Shown{at}}), err
}

func (s *server) readSurvey(ctx context.Context, c caller, in *readSurvey) (*SurveyAnswer, error) {
	asked := in.asked(c)
	asked.Least, asked.AnswersOnly = in.MinPosition, in.Only != ""
	sheet, recorded, err := s.Surveys.Open(ctx, asked)
	if err != nil {
		return nil, err
	}
	shown := showModel(sheet.Position, recorded, sheet)
	people, err := s.surveyors(ctx, c.municipality, sheet.Steps)
	if err != nil {
		return nil, err
	}
	tag := etag(sheet.ETag)
	return &SurveyAnswer{Position: shown.Position, RecordedAt: shown.RecordedAt, ETag: tag, Body: SurveySheet{Sheet: sheet, ETag: tag, People: people}}, nil
}

// surveyors are those who took steps, in the order in which they took their first.
func (s *server) surveyors(ctx context.Context, m events.Municipality, steps []surveying.Step) ([]Surveyor, error) {
	list := []Surveyor{}
	if len(steps) == 0 {
		return list, nil
	}
	var accounts []events.ID
	for _, step := range steps {
		if !slices.Contains(accounts, step.By) {
			accounts = append(accounts, step.By)
		}
	}
	names, err := s.Access.Names(ctx, accounts)
	if err != nil {
		return nil, err
	}
	logins, err := s.Access.ListLogins(ctx)
	for _, account := range accounts {
		one := Surveyor{Account: account, Name: names[account], Roles: []access.Role{}}
		for _, l := range logins {
			if l.Account == account && (l.Everywhere || slices.Contains(l.Municipalities, m)) {
				one.Roles = l.Roles
			}
		}
		list = append(list, one)
	}
	return list, err
}

// SurveyAnswer is a survey with its version and its age.
type SurveyAnswer struct {
	Position   events.Position `header:"Rackvidd-Position" doc:"of the log, that the answer shows"`
	RecordedAt string          `header:"Rackvidd-Recorded-At" format:"date-time" doc:"when the last event was recorded that the answer shows; left out where it shows none"`
	ETag       string          `header:"ETag" doc:"the version, for If-Match"`
	Body       SurveySheet
}

// SurveySheet is a survey, and the version that a decision about what was seen is bound to.
type SurveySheet struct {
	surveying.Sheet
	ETag   string     `json:"etag" doc:"the version, for If-Match"`
	People []Surveyor `json:"people" nullable:"false" doc:"who took its steps"`
}

// Surveyor is somebody who took a step of a survey.
type Surveyor struct {
	Account events.ID     `json:"account"`
	Name    string        `json:"name"`
	Roles   []access.Role `json:"roles" nullable:"false" doc:"that the account's login has in the municipality now; none where it has no login"`
}

func (s *server) answerSurvey(ctx context.Context, c caller, in *answerSurvey) (*Answer[SurveyReceipt], error) {
	given := surveying.Given{Restore: in.Body.Restore}
	for _, a := range in.Body.Answers {
		given.Answers = append(given.Answers, a.given())
	}
	for i, one := range in.Body.Comments {
		switch {
		case (one.Rule == "") == (one.Question == ""):
			return nil, invalid("rule_or_question", fmt.Sprintf("body.comments[%d]", i), "names a check's rule or a question, and one of the two alone")
		case one.Rule != "":
			given.Comments = append(given.Comments, surveying.GivenComment{Rule: one.Rule, Comment: one.Comment})
		default:
			given.Remarks = append(given.Remarks, surveying.GivenRemark{Question: one.Question, Comment: one.Comment})
		}
	}
	cmd, err := s.command(ctx, c, in.IdempotencyKey, in.Year, in.Body)
	return s.decideSurvey(ctx, c, cmd, err, func(cmd events.Command) (surveying.Outcome, error) {
		return s.Surveys.Answer(ctx, in.asked(c), cmd, in.unchanged, given)
	})
}

// deciding carries out a decision that takes nothing but the survey.
func (s *server) deciding(decide func(Surveys, context.Context, surveying.Asked, events.Command, func(*events.Deciding) error) (surveying.Outcome, error)) func(context.Context, caller, *DecideSurvey) (*Answer[SurveyReceipt], error) {
	return func(ctx context.Context, c caller, in *DecideSurvey) (*Answer[SurveyReceipt], error) {
		cmd, err := s.command(ctx, c, in.IdempotencyKey, in.Year)
		return s.decideSurvey(ctx, c, cmd, err, func(cmd events.Command) (surveying.Outcome, error) {
			return decide(s.Surveys, ctx, in.asked(c), cmd, in.unchanged)
		})
	}
}

// explaining carries out one that takes a reason.
func (s *server) explaining(decide func(Surveys, context.Context, surveying.Asked, events.Command, func(*events.Deciding) error, string) (surveying.Outcome, error)) func(context.Context, caller, *explainSurvey) (*Answer[SurveyReceipt], error) {
	return func(ctx context.Context, c caller, in *explainSurvey) (*Answer[SurveyReceipt], error) {
		cmd, err := s.command(ctx, c, in.IdempotencyKey, in.Year, in.Body)
		return s.decideSurvey(ctx, c, cmd, err, func(cmd events.Command) (surveying.Outcome, error) {
			return decide(s.Surveys, ctx, in.asked(c), cmd, in.unchanged, in.Body.Reason)
		})
	}
}

// decideSurvey answers with how far the survey has come by a decision; a repeated one with how far it had come then.
func (s *server) decideSurvey(ctx context.Context, c caller, cmd command, err error, decide func(events.Command) (surveying.Outcome, error)) (*Answer[SurveyReceipt], error) {
	if err != nil {
		return nil, err
	}
	o, err := once(ctx, s, c, cmd, func() (surveying.Outcome, error) { return decide(cmd.Command) })
	var unclear *surveying.NotClearError
	if errors.As(err, &unclear) {
		return nil, notClear(unclear)
	}
	if err != nil {
		return nil, err
	}
	return receiveVersioned(o.Result, SurveyReceipt{o.State, o.Version, Receipt{o.Position}}), nil
}

// YearsCompared are five years beside each other, the earliest first.
type YearsCompared struct {
	Years []reach.YearOfFigures `json:"years" nullable:"false"`
	Shown
}

func (s *server) compareYears(ctx context.Context, c caller, in *readSurvey) (*Answer[YearsCompared], error) {
	asked := in.asked(c)
	asked.Least = in.MinPosition
	years, at, err := s.Surveys.Years(ctx, asked)
	return show(at, YearsCompared{years, Shown{at}}), err
}

// PublishFigures releases a year's figures.
type PublishFigures struct {
	OfYear
	Keyed
}

func (s *server) publishFigures(ctx context.Context, c caller, in *PublishFigures) (*Answer[surveying.OpenData], error) {
	cmd, err := s.command(ctx, c, in.IdempotencyKey, in.Year)
	if err != nil {
		return nil, err
	}
	published, err := once(ctx, s, c, cmd, func() (surveying.OpenData, error) { return s.Surveys.Publish(ctx, in.asked(c), cmd.Command) })
	return show(published.Position, published), err
}

// Releases are the ledger of a year's figures, the earliest first.
type Releases struct {
	Municipality events.Municipality `json:"municipality"`
	Year         events.Year         `json:"year"`
	Releases     []Release           `json:"releases"`
	Shown
}

// Release is what left the house at once.
type Release struct {
	Time       time.Time      `json:"time"`
	Purpose    string         `json:"purpose" enum:"survey,open_data"`
	Definition string         `json:"definition"`
	Position   uint64         `json:"position" doc:"of the log, that the figures follow from"`
	Cells      []ReleasedCell `json:"cells"`
}

// ReleasedCell is what was told of one number.
type ReleasedCell struct {
	Cell  string `json:"cell" doc:"the year, the definition and what was counted; of a programme a digest of its id"`
	Lower int    `json:"lower"`
	Upper int    `json:"upper"`
}

func (s *server) listReleases(ctx context.Context, c caller, in *readSurvey) (*Answer[Releases], error) {
	if _, err := s.reached(ctx, c.municipality, in.MinPosition); err != nil {
		return nil, err
	}
	raw, err := s.Surveys.Releases(ctx, in.asked(c))
	if err != nil {
		return nil, err
	}
	var all Releases
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	return show(all.Position, all), nil
}

// notClear names each check that keeps a survey from being checked.
func notClear(e *surveying.NotClearError) *Problem {
	p := newProblem(http.StatusConflict, "not_clear", e.Error()+"; GET the survey to read what they say")
	for _, r := range e.Errors {
		p.Errors = append(p.Errors, FieldError{"check." + string(r), "error", "put it right"})
	}
	for _, r := range e.Uncommented {
		p.Errors = append(p.Errors, FieldError{"check." + string(r), "warning", "comment on it"})
	}
	return p
}
