package api

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/survey"
	"rackvidd/services/access"
	"rackvidd/services/surveying"
)

// ReportQuestion is which report is asked for.
type ReportQuestion struct {
	AtLeast
	Year   events.Year               `path:"year"`
	AsOf   optional[time.Time]       `query:"as_of" doc:"what would have been reported at that time"`
	At     optional[events.Position] `query:"position" doc:"what would have been reported at that position of the national log"`
	Need   []int                     `query:"need,explode" maxItems:"10" doc:"children in need in the country, supposed: coverage is computed of each as well, as what-if"`
	Public bool                      `query:"public" doc:"numbers of children rounded and protected, for publication"`
}

type tableFile struct {
	Keyed
	DryRun bool `query:"dry_run" doc:"say what would happen and record nothing"`

	file []byte
	err  error
}

// Resolve reads the body whole: a table of the country's answers is small.
func (in *tableFile) Resolve(ctx huma.Context) []error {
	r, w := humago.Unwrap(ctx)
	in.file, in.err = io.ReadAll(http.MaxBytesReader(w, r.Body, largestTable))
	return nil
}

// content is the file, or why it could not be read.
func (in *tableFile) content() ([]byte, error) {
	var large *http.MaxBytesError
	switch {
	case errors.As(in.err, &large):
		return nil, newProblem(http.StatusRequestEntityTooLarge, "too_large", "the file is larger than 16 MB; split it")
	case in.err != nil:
		return nil, newProblem(http.StatusBadRequest, "cut_short", "the file did not arrive whole, or too slowly to be waited for; send it again")
	}
	return in.file, nil
}

type trustKey struct {
	Keyed
	Body struct {
		Municipality events.Municipality `json:"municipality"`
		Key          events.VerifierKey  `json:"key" private:"yes" doc:"as rackvidd report key prints it there"`
	}
}

// SigningKey is the public half of the key that this installation signs answers with.
type SigningKey struct {
	Key     events.VerifierKey `json:"key"`
	Retired []RetiredKey       `json:"retired" nullable:"false" doc:"those before it, in order"`
	Begun   []BegunKey         `json:"begun,omitempty" doc:"where a key was made although another, which was lost, had signed before: what that signed is not proven any more"`
}

// BegunKey is a key to which none before it leads, though there was one.
type BegunKey struct {
	Key  events.VerifierKey `json:"key"`
	At   time.Time          `json:"begun_at"`
	Why  string             `json:"why"`
	Note string             `json:"note" doc:"the signed note that says so, by the key itself"`
}

// RetiredKey is a key whose place another took.
type RetiredKey struct {
	Key      events.VerifierKey `json:"key"`
	At       time.Time          `json:"retired_at"`
	Handover string             `json:"handover" doc:"the signed note that says so, by this key and by the one that followed, and to which position of each log what it signed counts"`
}

func (s *server) reportRoutes() {
	add(s, route{
		id: "read-report", method: http.MethodGet, path: "/report/{year}", permission: access.ReadReport,
		summary: "The national report: what the municipalities answered about a year",
	}, s.readReport)
	add(s, route{
		id: "export-report", method: http.MethodGet, path: "/report/{year}/export", permission: access.ReadReport,
		summary: "The national report as a file", operation: answersReport,
	}, s.exportReport)
	add(s, route{
		id: "load-answers", method: http.MethodPost, path: "/report/answers", permission: access.LoadAnswers,
		summary: "Bring municipalities' answers in: a table (CSV), or a file that another installation signed", operation: takesTable,
	}, s.loadAnswers)
	add(s, route{
		id: "trust-key", method: http.MethodPost, path: "/report/keys", permission: access.TrustKeys,
		summary: "Trust a key to sign a municipality's answers elsewhere",
	}, s.trustKey)
	add(s, route{
		id: "distrust-key", method: http.MethodPost, path: "/report/keys/distrust", permission: access.TrustKeys,
		summary: "Let a key sign no more of a municipality's answers; what it signed stays as it was received",
	}, s.distrustKey)
	add(s, route{
		id: "read-signing-key", method: http.MethodGet, path: "/report/signing-key", permission: access.ReadSigningKey,
		summary: "The public half of the key that signs this installation's answers",
	}, s.readSigningKey)
}

func takesTable(op *huma.Operation) {
	file := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"text/csv": file, "text/plain": file, "application/octet-stream": file}}
}

func (s *server) readReport(ctx context.Context, _ caller, in *ReportQuestion) (*DatedAnswer[survey.Report], error) {
	r, recorded, err := s.report(ctx, in)
	if err != nil {
		return nil, err
	}
	return showModel(r.Position, recorded, r), nil
}

type exportReport struct {
	ReportQuestion
	Lang   surveying.Language `query:"lang" default:"en" enum:"sv,en"`
	Format string             `query:"format" default:"pdf" enum:"pdf,xlsx,csv"`
}

func (s *server) exportReport(ctx context.Context, _ caller, in *exportReport) (*File, error) {
	if s.ReportDocument == nil {
		return nil, errNoNational
	}
	r, _, err := s.report(ctx, &in.ReportQuestion)
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("report-%d", in.Year)
	if in.Public {
		name += "-public"
	}
	return file(s.ReportDocument(r, string(in.Lang)), in.Format, name)
}

// report computes what was asked for, and says when the last of it was recorded.
func (s *server) report(ctx context.Context, in *ReportQuestion) (r survey.Report, recorded time.Time, err error) {
	if err := s.hasBeen(ctx, events.National, in.AsOf, in.At); err != nil {
		return r, recorded, err
	}
	if err := s.checkReportYear(in.Year); err != nil {
		return r, recorded, err
	}
	if err := checkNeeds(in.Need); err != nil {
		return r, recorded, err
	}
	if in.Public && s.Protect == nil {
		return r, recorded, errNoNational
	}
	e, recorded, err := s.surveyEvidence(ctx, in.Year, question{m: events.National, least: in.MinPosition, asOf: in.AsOf, at: in.At})
	if err != nil {
		return r, recorded, err
	}
	r = survey.Compute(e, in.Year, in.Need...)
	if in.Public {
		r = s.Protect(r, e, in.Need...)
	}
	r.Recorded = recorded
	return r, recorded, nil
}

// checkReportYear refuses a year that the survey never asked about, and one that is still to come.
func (s *server) checkReportYear(year events.Year) error {
	if last := s.today().Year(); year < survey.FirstYear || year > last {
		return newProblem(http.StatusNotFound, "unknown_year", fmt.Sprintf("the survey did not ask about %d; give a year from %d to %d", year, survey.FirstYear, last))
	}
	return nil
}

// surveyEvidence reads what a report is computed from, and when the last of it was recorded. Before the first event there
// is nothing, at position 0.
func (s *server) surveyEvidence(ctx context.Context, year events.Year, q question) (e survey.Evidence, recorded time.Time, err error) {
	least, err := s.leastFor(ctx, q)
	if err != nil || q.at.Given && q.at.Value == 0 {
		return e, recorded, err
	}
	_, err = projections.ViewRecorded(ctx, s.Log, s.Reading, survey.Projection{}.Name(), q.m, least, func(tx pgx.Tx, shown projections.Checkpoint) error {
		at := shown.Position
		switch {
		case q.at.Given:
			at = q.at.Value
		case q.asOf.Given:
			if at, err = survey.PositionAt(ctx, tx, q.asOf.Value, at); err != nil {
				return err
			}
		}
		if at, recorded, err = survey.RoundDown(ctx, tx, at); err != nil {
			return err
		}
		e, err = survey.Gather(ctx, tx, year, at)
		return err
	})
	return e, recorded, err
}

// national is a caller in the national log.
func (c caller) national() caller {
	c.municipality = events.National
	return c
}

func (s *server) loadAnswers(ctx context.Context, c caller, in *tableFile) (*Answer[ImportSummary], error) {
	return s.loadTable(ctx, c, in, NationalLevel.LoadAnswers)
}

type loading func(NationalLevel, context.Context, events.Command, []byte, bool) (ImportSummary, error)

func (s *server) loadTable(ctx context.Context, c caller, in *tableFile, load loading) (*Answer[ImportSummary], error) {
	if s.National == nil {
		return nil, errNoNational
	}
	file, err := in.content()
	if err != nil {
		return nil, err
	}
	cmd, err := s.command(ctx, c.national(), in.IdempotencyKey, in.DryRun, sha256.Sum256(file))
	if err != nil {
		return nil, err
	}
	summary, err := once(ctx, s, c.national(), cmd, func() (ImportSummary, error) { return load(s.National, ctx, cmd.Command, file, in.DryRun) })
	if err != nil {
		return nil, err
	}
	if summary.Rejected == nil {
		summary.Rejected = []RejectedRow{}
	}
	return show(summary.Position, summary), nil
}

func (s *server) trustKey(ctx context.Context, c caller, in *trustKey) (*Answer[Receipt], error) {
	return s.changeTrust(ctx, c, in, NationalLevel.Trust)
}

func (s *server) distrustKey(ctx context.Context, c caller, in *trustKey) (*Answer[Receipt], error) {
	return s.changeTrust(ctx, c, in, NationalLevel.Distrust)
}

func (s *server) changeTrust(ctx context.Context, c caller, in *trustKey,
	change func(NationalLevel, context.Context, events.Command, events.Municipality, events.VerifierKey) (events.Position, error),
) (*Answer[Receipt], error) {
	if s.National == nil {
		return nil, errNoNational
	}
	cmd, err := s.command(ctx, c.national(), in.IdempotencyKey, in.Body)
	if err != nil {
		return nil, err
	}
	receipt, err := once(ctx, s, c.national(), cmd, func() (Receipt, error) {
		at, err := change(s.National, ctx, cmd.Command, in.Body.Municipality, in.Body.Key)
		return Receipt{at}, err
	})
	return show(receipt.Position, receipt), err
}

func (s *server) readSigningKey(context.Context, caller, *struct{}) (*reply[SigningKey], error) {
	if s.SigningKey == "" {
		return nil, errNoNational
	}
	return &reply[SigningKey]{SigningKey{s.SigningKey, append([]RetiredKey{}, s.Retired...), s.Begun}}, nil
}
