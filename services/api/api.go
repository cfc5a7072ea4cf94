// Package api is the HTTP contract: what coordinators, back offices, auditors and other systems
// can ask and tell. Rules live in casework, identities in the vault, rights in access; here they meet.
package api

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/go-chi/httprate"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/projections"
	"rackvidd/projections/caseload"
	"rackvidd/projections/reach"
	"rackvidd/projections/survey"
	"rackvidd/services/access"
	"rackvidd/services/export"
	"rackvidd/services/integrity"
	"rackvidd/services/turns"
	"rackvidd/services/vault"
)

// Deps is what the API is made of.
type Deps struct {
	Log    events.Log
	Vault  vault.Service
	Access *access.Service
	// Pool is the read models' database as whoever makes its tables, and Reading as whoever reads one municipality at a time.
	Pool, Reading *pgxpool.Pool
	Counts        *reach.Counts // what was counted lately, for whomever; nil: nothing is remembered
	// Surveys answers the annual survey.
	Surveys Surveys
	// Replays keeps which figures were computed again, what was done to read models, and why; nil: it is answered with 503.
	Replays Replays
	// Importer reads activity files; nil: imports are answered with 503.
	Importer Importer
	// Spool is the directory in which a file with an idempotency key is held, sealed and without a name, until all of it
	// has come; "": the system's for temporary files.
	Spool string
	// National records what municipalities answered and reference data; nil: it is answered with 503.
	National NationalLevel
	// Protect makes a report one that may be published; nil: it is answered with 503.
	Protect func(survey.Report, survey.Evidence, ...int) survey.Report
	// ReportDocument is a report to be written as a file, in "sv" or "en"; nil: it is answered with 503.
	ReportDocument func(r survey.Report, language string) export.Document
	// SigningKey is the public half of the key that signs this installation's answers for others; "": there is none.
	SigningKey events.VerifierKey
	// Retired are the keys that signed before it, in order.
	Retired []RetiredKey
	// Begun are the keys that were made where another was lost.
	Begun []BegunKey
	// Archive is the municipalities' transparency logs; nil: they are answered with 503.
	Archive Archive
	// Statements proves what was submitted; nil: it is answered with 503.
	Statements Statements
	// Backup writes everything, sealed; nil: it is answered with 503. It may take long.
	Backup func(context.Context, io.Writer) error
	// Backups knows which were taken; nil: nobody does.
	Backups Backups
	// Rebuild makes a projection's tables anew; nil: it is answered with 503. It may take long.
	Rebuild func(ctx context.Context, projection string, m events.Municipality) error
	// Rollback puts tables beside those in use to use; nil: as Rebuild.
	Rollback func(ctx context.Context, projection string, m events.Municipality, c projections.Consent) error
	// Replay recomputes figures from the log alone and says whether the read model has the same; nil: it is answered
	// with 503. It may take long, tells progress after every decision how far it has read and is to read, and ends with its
	// context.
	Replay func(ctx context.Context, m events.Municipality, d reach.Definition, p reach.Period, asOf reach.AsOf, progress func(at, until events.Position)) (json.RawMessage, error)
	// Verify compares every copy of what happened, and the figures of a year; nil: it is answered with 503. It may take
	// long.
	Verify func(ctx context.Context, m events.Municipality, by events.ID, year events.Year, heard func(Pass)) (json.RawMessage, error)
	// History knows which verifications came to their end; nil: it is answered with 503. ScrubEvery is how often each log
	// is verified by itself.
	History    History
	ScrubEvery time.Duration
	// Repair restores what is damaged of a municipality from what is whole; nil: it is answered with 503. It may take long.
	// Where the last messages are in no copy any more it restores the others only where the loss is accepted.
	Repair func(ctx context.Context, m events.Municipality, by events.ID, acceptLoss bool) (json.RawMessage, error)
	// Repairs is what was repaired of a municipality, as it was recorded, and what is wrong with the records; nil: it is
	// answered with 503.
	Repairs func(events.Municipality) (json.RawMessage, error)
	// Damage returns a *integrity.DamagedError where what is kept of a municipality is known to be damaged, and Damaged lists
	// what was found; nil: nothing ever is.
	Damage  func(m events.Municipality, copies ...string) error
	Damaged func() map[events.Municipality][]integrity.Finding
	// Uncompared is an error where the vault was not compared with the logs yet, and so nothing is recorded of children; nil: it
	// always was.
	Uncompared func() error
	// Retention knows whom retention is to erase.
	Retention Retention
	// Guests returns the logs whose guests cannot be told of to their homes; nil: nobody tells.
	Guests func(context.Context) ([]GuestsState, error)
	// LogFull reports whether the log is known to take no more; nil: nobody knows.
	LogFull func() bool
	// Disks are those that are written here; nil: nobody looks.
	Disks func() []Disk
	// Explain says from the log alone why a figure changed; nil: it is answered with 503. It may take long. Errors are
	// those of reach.Explain.
	Explain func(context.Context, events.Municipality, reach.Question) (reach.Explanation, error)
	Clock   func() time.Time // nil: time.Now
	Logger  *slog.Logger     // nil: nothing is logged
	Version string           // of the program
	// LookupsPerMinute is how many children an account may ask for; 0: 1,200.
	LookupsPerMinute int
}

// Disk is where the data directory is ("data") or the archive, with its size and the room that is left on it, in bytes.
type Disk struct {
	Holds      string
	Free, Size uint64
}

// Importer brings the records of a file in.
type Importer interface {
	Import(ctx context.Context, m events.Municipality, r ImportRequest) (ImportSummary, error)
}

// Archive reads the municipalities' transparency logs. Errors are those of events/archive.
type Archive interface {
	// Reach waits until a position is archived, and returns the checkpoint.
	Reach(ctx context.Context, m events.Municipality, least events.Position) (archive.Checkpoint, error)
	// Tile returns a hash tile or a bundle of entries by its path, and whether it is full.
	Tile(m events.Municipality, path string) (data []byte, whole bool, err error)
	// Positions returns how far each log is archived.
	Positions(logs []events.Municipality) (map[events.Municipality]events.Position, error)
}

// Statements proves what was submitted. What cannot be proved is a *casework.Refusal; version 0 is the latest.
type Statements interface {
	// Statement is what was signed of a version: a signed note. It waits until the log is archived that far.
	Statement(ctx context.Context, m events.Municipality, year events.Year, version int) ([]byte, error)
	// Bundle is what an outside auditor needs: a zip, which is written from spool, an empty file. since is an earlier checkpoint; nil: none.
	Bundle(ctx context.Context, m events.Municipality, year events.Year, version int, since []byte, spool *os.File) (Bundle, error)
}

// Bundle is a bundle that was made and not sent yet.
type Bundle interface {
	Size() int64 // in bytes
	Write(to io.Writer) error
}

// NationalLevel writes the national log. What cannot be so is a *casework.Refusal, or one of the rows that are rejected.
type NationalLevel interface {
	LoadAnswers(ctx context.Context, c events.Command, file []byte, dry bool) (ImportSummary, error)
	LoadReference(ctx context.Context, c events.Command, file []byte, dry bool) (ImportSummary, error)
	Trust(ctx context.Context, c events.Command, m events.Municipality, key events.VerifierKey) (events.Position, error)
	Distrust(ctx context.Context, c events.Command, m events.Municipality, key events.VerifierKey) (events.Position, error)
	// Coverage divides children by a municipality's part of every estimate of those in need; on an error as far as it came.
	Coverage(ctx context.Context, m events.Municipality, year events.Year, children int, needs ...int) ([]reach.Coverage, error)
}

// ImportRequest is a file to be brought in.
type ImportRequest struct {
	Source  string // whose record ids they are; "": default
	DryRun  bool
	Update  bool
	Columns map[string]string // of the import format, by heading of the file
	// Language is what messages of rows are written in: sv or en; "": English.
	Language string
	Actor    events.ID
	Body     io.Reader
	// Hold keeps what rows are decided by from being changed until it is released.
	Hold func(context.Context) (release func(), err error)
}

// ImportSummary says what became of every row.
type ImportSummary struct {
	Rows       int             `json:"rows"`
	Recorded   int             `json:"recorded"`
	Duplicates int             `json:"duplicates"`
	Rejected   []RejectedRow   `json:"rejected"`
	Made       *Made           `json:"made,omitempty" doc:"what the recorded rows make, or would make; of activity records"`
	Unread     int             `json:"unread_sheets,omitempty" doc:"of a spreadsheet: how many sheets it has beside the first, which alone is read"`
	Position   events.Position `json:"position"`
}

// Made counts what the recorded rows of a file make, and names nobody.
type Made struct {
	Rows     []MadeRows    `json:"rows" nullable:"false" doc:"by year, kind and form"`
	Sessions int           `json:"sessions" doc:"that there were not before"`
	Children *MadeChildren `json:"children,omitempty" doc:"whom those rows are about; of a dry run"`
}

// MadeRows are the recorded rows of one kind, form and year.
type MadeRows struct {
	Type string      `json:"type" enum:"referral_received,referral_closed,child_enrolled,enrolment_ended,session_attended,session_cancelled"`
	Form events.Form `json:"form,omitempty" doc:"left out of a referral that names none"`
	Year events.Year `json:"year"`
	Rows int         `json:"rows"`
}

// MadeChildren are different children.
type MadeChildren struct {
	Named int  `json:"named"`
	Known *int `json:"known,omitempty" doc:"how many of them the municipality knew before; for whoever may read the history of every child there"`
}

// RejectedRow says which row was refused and why, and nothing of what was in it.
type RejectedRow struct {
	Line    int    `json:"line"`
	Column  string `json:"column"`
	Heading string `json:"heading,omitempty" doc:"what the file calls the column"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// FileError says why a file cannot be read at all. Importers return it.
type FileError struct {
	Code, Column, Message string

	Headings []FileHeading // of the file, where they are what is wrong
}

// FileHeading is one of a file's first row, as it may be shown.
type FileHeading struct {
	Place  string `json:"place" doc:"the letters that a spreadsheet calls the column by"`
	Text   string `json:"text,omitempty" doc:"left out where the first row may be somebody's record"`
	Key    string `json:"key,omitempty" doc:"alike for headings that are written alike, in every file brought in here: what one of them held is known again by it, and not what it says"`
	Column string `json:"column,omitempty" doc:"of the import format, - where it is left out; none where nobody knows"`
	None   bool   `json:"none,omitempty" doc:"the column has no heading: nothing may stand in it, unless map says what it holds"`
}

func (e *FileError) Error() string { return e.Message }

const (
	base          = "/api/v1"
	municipal     = base + "/municipalities/{code}/"
	usualLookups  = 1200
	largestBody   = 1 << 20
	largestImport = 256 << 20
	largestTable  = 16 << 20
)

type server struct {
	Deps
	api     huma.API
	metrics *metrics
	lookups *httprate.RateLimiter
	turns   turns.Turns[string]
	rules   rules
	going   replays
	checks  checks
	// listings are what was looked behind lately: at one position it is the same for ever.
	listings projections.Remembered[listingKey, *reach.Listing]
	// decisions are since when it was decided that children are erased, by each log as far as it had come.
	decisions projections.Remembered[decisionKey, time.Time]
	cases     caseload.Desks
	desks     projections.Remembered[deskKey, caseload.Desk]
}

// New returns the handler of /api/, /healthz, /readyz and /metrics.
func New(d Deps) http.Handler {
	s := &server{Deps: d, metrics: newMetrics()}
	s.decisions.Most = mostDecisions
	if s.Clock == nil {
		s.Clock = time.Now
	}
	if s.Logger == nil {
		s.Logger = slog.New(slog.DiscardHandler)
	}
	if s.LookupsPerMinute == 0 {
		s.LookupsPerMinute = usualLookups
	}
	s.lookups = httprate.NewRateLimiter(s.LookupsPerMinute, time.Minute)
	mux := http.NewServeMux()
	s.api = humago.New(mux, s.config())
	s.routes()
	mayBeNull(s.api.OpenAPI().Components.Schemas)
	s.plainRoutes(mux)
	sameOrigin := http.NewCrossOriginProtection()
	sameOrigin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, r, newProblem(http.StatusForbidden, "cross_origin", "a page of another origin may not write here; send the request from this one"))
	}))
	return s.observed(s.recovered(sameOrigin.Handler(problemsOf(mux))))
}

func (s *server) config() huma.Config {
	c := huma.DefaultConfig("Räckvidd", s.Version)
	c.Info.Description = "Case tracking for support programmes for children, and the figures that follow from it."
	c.OpenAPIPath = base + "/openapi"
	c.DocsPath, c.SchemasPath, c.CreateHooks = "", "", nil
	c.RejectUnknownQueryParameters = true
	c.Formats = map[string]huma.Format{"application/json": {Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: unmarshal}}
	c.Formats["json"] = c.Formats["application/json"]
	c.Transformers = []huma.Transformer{s.asProblem}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}}
	c.Security = []map[string][]string{{"token": {}}}
	describeWords(c.Components.Schemas)
	return c
}

// now is when something is recorded.
func (s *server) now() time.Time { return s.Clock().UTC() }

// today is the day in Sweden.
func (s *server) today() events.Day { return events.DayOf(s.Clock().In(events.Sweden)) }

// routes lists every operation. There are no others.
func (s *server) routes() {
	s.programmeRoutes()
	s.childRoutes()
	s.groupRoutes()
	s.referralRoutes()
	s.enrolmentRoutes()
	s.sessionRoutes()
	s.registerRoutes()
	s.otherRoutes()
	s.mergeRoutes()
	s.guestRoutes()
	s.importRoutes()
	s.reachRoutes()
	s.rowRoutes()
	s.replayRoutes()
	s.pastReplayRoutes()
	s.maintenanceRoutes()
	s.repairRoutes()
	s.verificationRoutes()
	s.verifiedRoutes()
	s.statementRoutes()
	s.backupRoutes()
	s.explainRoutes()
	s.caseloadRoutes()
	s.surveyRoutes()
	s.reportRoutes()
	s.referenceRoutes()
	s.caseRoutes()
	s.changedRoutes()
	s.logRoutes()
	s.archiveRoutes()
	s.privacyRoutes()
	s.readRoutes()
	s.retentionRoutes()
	s.municipalityRoutes()
	s.accountRoutes()
	s.headRoutes()
	s.nationalLogRoutes()
	s.projectionRoutes()
}
