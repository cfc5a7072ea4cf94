package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"

	"rackvidd/events"
	"rackvidd/events/jetlog"
	"rackvidd/projections"
	"rackvidd/projections/caseload"
	"rackvidd/projections/projectiontest"
	"rackvidd/projections/reach"
	"rackvidd/projections/register"
	"rackvidd/projections/survey"
	"rackvidd/services/access"
	"rackvidd/services/api"
	"rackvidd/services/audit"
	"rackvidd/services/backoffice"
	"rackvidd/services/intake"
	"rackvidd/services/national"
	"rackvidd/services/rackvidd/node"
	"rackvidd/services/retention"
	"rackvidd/services/surveying"
	"rackvidd/services/vault"
)

const (
	orebro = events.Municipality("1880")
	kumla  = events.Municipality("1881")

	adminToken = "an administrator's token of more than 32 characters"
)

// now is a Sunday at noon.
var now = time.Date(2022, 3, 20, 11, 0, 0, 0, time.UTC)

func TestMain(m *testing.M) { projectiontest.Main(m) }

// house is the whole system of one test, with parts of its own.
type house struct {
	t       *testing.T
	log     *jetlog.Log
	nats    *node.NATS
	pool    *pgxpool.Pool
	reading *pgxpool.Pool // one municipality at a time
	vault   *vault.Vault
	access  *access.Service
	server  *httptest.Server
	logged  *logged
	moment  atomic.Int64 // what the clock says, in milliseconds
}

// logged keeps what was logged.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func newHouse(t *testing.T, change ...func(*api.Deps)) *house {
	t.Helper()
	t.Parallel()
	h := &house{t: t, logged: &logged{}, pool: projectiontest.Empty(t)}
	h.moment.Store(now.UnixMilli())
	h.log, h.nats = newLog(t)
	h.vault = newVault(t)
	var err error
	if h.access, err = access.New(t.Context(), access.Config{Pool: h.pool, AdminToken: adminToken, Clock: h.clock}); err != nil {
		t.Fatal(err)
	}
	models := []projections.Projection{reach.Projection{}, caseload.Projection{}, register.Projection{}, survey.Projection{}}
	h.follow(models)
	h.reading = projectiontest.Reading(t, h.pool)
	if err := backoffice.Install(t.Context(), h.pool); err != nil {
		t.Fatal(err)
	}
	forms, err := surveying.LoadForms(surveying.Definitions{"groups/v1": 17, "reach/v3": 17}, surveying.BuiltIn())
	if err != nil {
		t.Fatal(err)
	}
	level := &national.Service{
		Log: h.log, Pool: h.reading, Clock: h.clock,
		Visible: func(ctx context.Context, at events.Position) error {
			return projections.Wait(ctx, h.reading, events.National, at, time.Minute, "survey")
		},
	}
	counts := new(reach.Counts)
	office := &backoffice.Service{
		Counts: counts, Log: h.log, Pool: h.pool, Reading: h.reading, Forms: forms, National: level, Program: "test", Today: func() events.Day { return events.DayOf(h.clock()) },
		Recount: func(ctx context.Context, m events.Municipality, d reach.Definition, year events.Year, at events.Position) (reach.Figures, error) {
			return audit.Recount(ctx, audit.Deps{Log: h.log, Pool: h.reading}, m, d, year, at)
		},
	}
	d := api.Deps{
		Backups: forgetfulBackups{},
		Surveys: office, Replays: office, Log: h.log, Vault: h.vault, Access: h.access, Pool: h.pool, Reading: h.reading, Counts: counts, Clock: h.clock, Logger: slog.New(slog.NewTextHandler(h.logged, nil)), Version: "test",
		National: receiving{level}, Protect: national.Protected, ReportDocument: national.Document, SigningKey: "rackvidd-test+1d2b8a3f+AdB3nWzD0rZl6kcXGm4zNhVxUqsf1mGO9yTn2oEJmqKd",
		Importer: importer{&intake.Importer{Log: h.log, Vault: h.vault, Clock: h.clock, Visible: h.visible}},
		Repair: func(ctx context.Context, m events.Municipality, by events.ID, _ bool) (json.RawMessage, error) {
			at, err := h.log.Head(ctx, m)
			return fmt.Appendf(nil, `{"municipality":%q,"by":%q,"position":%d}`, m, by, at), err
		},
		Repairs: func(m events.Municipality) (json.RawMessage, error) {
			return fmt.Appendf(nil, `{"municipality":%q}`, m), nil
		},
		Verify: func(context.Context, events.Municipality, events.ID, events.Year, func(api.Pass)) (json.RawMessage, error) {
			return []byte("{}"), nil
		},
		Rebuild: func(ctx context.Context, name string, m events.Municipality) error {
			for _, p := range models {
				if p.Name() == name {
					return projections.Rebuild(ctx, h.log, h.pool, p, m, nil)
				}
			}
			return api.ErrUnknownProjection
		},
		Rollback: func(ctx context.Context, name string, m events.Municipality, c projections.Consent) error {
			for _, p := range models {
				if p.Name() == name {
					return projections.Rollback(ctx, h.log, h.pool, p, m, c)
				}
			}
			return api.ErrUnknownProjection
		},
	}
	d.Replay = func(ctx context.Context, m events.Municipality, def reach.Definition, p reach.Period, asOf reach.AsOf, progress func(at, until events.Position)) (json.RawMessage, error) {
		report, err := audit.Replay(ctx, audit.Deps{Log: h.log, Pool: h.reading}, audit.Request{Municipality: m, Definition: def, Period: p, AsOf: asOf, Progress: progress})
		if err != nil {
			return nil, err
		}
		return json.Marshal(report)
	}
	d.Explain = func(ctx context.Context, m events.Municipality, q reach.Question) (reach.Explanation, error) {
		return reach.Explain(ctx, h.log, m, q)
	}
	d.Retention = retaining{&retention.Service{
		Log: h.log, Reading: h.reading, Vault: h.vault, Clock: h.clock, Logger: d.Logger, Whole: func(events.Municipality) error { return nil },
	}}
	for _, c := range change {
		c(&d)
	}
	h.server = httptest.NewServer(api.New(d))
	t.Cleanup(h.server.Close)
	return h
}

func (h *house) clock() time.Time { return time.UnixMilli(h.moment.Load()) }

func (h *house) visible(ctx context.Context, m events.Municipality, at events.Position) error {
	return projections.Wait(ctx, h.reading, m, at, time.Minute, "reach", "caseload", "register")
}

func (h *house) follow(models []projections.Projection) {
	if err := projections.Install(h.t.Context(), h.pool); err != nil {
		h.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	runner := &projections.Runner{Log: h.log, Pool: h.pool, Projections: models, Look: 10 * time.Millisecond, Logger: slog.New(slog.DiscardHandler)}
	done := make(chan error, 1)
	go func() { done <- runner.Run(ctx) }()
	h.t.Cleanup(func() {
		stop()
		<-done
	})
}

func newLog(t *testing.T) (*jetlog.Log, *node.NATS) {
	t.Helper()
	n, err := node.StartNATS(t.Context(), node.NATSConfig{StoreDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Stop)
	log, err := jetlog.New(jetlog.Config{Conn: connect(t, n.URL()), Bootstrap: connect(t, n.BootstrapURL())})
	if err != nil {
		t.Fatal(err)
	}
	return log, n
}

func connect(t *testing.T, url string) *nats.Conn {
	t.Helper()
	conn, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

func newVault(t *testing.T) *vault.Vault {
	t.Helper()
	store, err := vault.OpenKeyStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.New(t.Context(), vault.Config{Pool: projectiontest.Empty(t), Keys: vault.NewKeys(), KeyStore: store})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// importer is how the program lets the API and the intake meet.
type importer struct{ *intake.Importer }

func (i importer) Import(ctx context.Context, m events.Municipality, r api.ImportRequest) (api.ImportSummary, error) {
	s, err := i.Importer.Import(ctx, m, intake.Request(r))
	var file *intake.FileError
	if errors.As(err, &file) {
		err = &api.FileError{Code: file.Code, Column: file.Column, Message: file.Message}
	}
	summary := api.ImportSummary{Rows: s.Rows, Recorded: s.Recorded, Duplicates: s.Duplicates, Position: s.Position, Made: &api.Made{Rows: []api.MadeRows{}, Sessions: s.Made.Sessions, Children: (*api.MadeChildren)(s.Made.Children)}}
	for _, line := range s.Rejected {
		summary.Rejected = append(summary.Rejected, api.RejectedRow(line))
	}
	for _, rows := range s.Made.Rows {
		summary.Made.Rows = append(summary.Made.Rows, api.MadeRows(rows))
	}
	return summary, err
}

// retaining is how the program lets the API and retention meet.
type retaining struct{ *retention.Service }

func (r retaining) Listed(ctx context.Context, m events.Municipality) ([]api.Unrecorded, error) {
	return unrecorded(r.Service.Listed(ctx, m))
}

func (r retaining) Foreseen(ctx context.Context, m events.Municipality, years events.Amount) ([]api.Unrecorded, error) {
	return unrecorded(r.Service.Foreseen(ctx, m, years))
}

func (r retaining) Announced(ctx context.Context, m events.Municipality) (api.ToErase, error) {
	a, err := r.Service.Announced(ctx, m)
	return api.ToErase{Children: a.Children, From: given(a.From), To: given(a.To)}, err
}

func (r retaining) List(ctx context.Context, m events.Municipality) ([]api.Unrecorded, error) {
	return unrecorded(r.Service.List(ctx, m))
}

func given(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func unrecorded(list []retention.Listed, err error) (answer []api.Unrecorded, _ error) {
	for _, one := range list {
		answer = append(answer, api.Unrecorded{Child: one.Child, LastRecorded: one.Last, Listed: given(one.Since), Erased: given(one.Erased)})
	}
	return answer, err
}

// receiving is how the program lets the API and the national level meet.
type receiving struct{ *national.Service }

func (r receiving) LoadAnswers(ctx context.Context, c events.Command, file []byte, dry bool) (api.ImportSummary, error) {
	return summed(r.Load(ctx, c, file, dry))
}

func (r receiving) LoadReference(ctx context.Context, c events.Command, file []byte, dry bool) (api.ImportSummary, error) {
	return summed(r.Service.LoadReference(ctx, c, file, dry))
}

func summed(s national.Summary, err error) (api.ImportSummary, error) {
	summary := api.ImportSummary{Rows: s.Rows, Recorded: s.Recorded, Duplicates: s.Duplicates, Position: s.Position}
	for _, line := range s.Rejected {
		summary.Rejected = append(summary.Rejected, api.RejectedRow{Line: line.Line, Column: line.Column, Code: line.Code, Message: line.Message})
	}
	var file *national.FileError
	if errors.As(err, &file) {
		err = &api.FileError{Code: file.Code, Column: file.Column, Message: file.Message}
	}
	return summary, err
}

// reply is what was answered.
type reply struct {
	t      *testing.T
	what   string
	status int
	header http.Header
	text   string
}

// ask sends a request as whoever has the token. A body that is no text is sent as JSON. Headers come in pairs.
func (h *house) ask(token, method, path string, body any, headers ...string) reply {
	h.t.Helper()
	var sent io.Reader
	kind := ""
	switch b := body.(type) {
	case nil:
	case string:
		sent = strings.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			h.t.Fatal(err)
		}
		sent, kind = bytes.NewReader(text), "application/json"
	}
	r, err := http.NewRequestWithContext(h.t.Context(), method, h.server.URL+path, sent)
	if err != nil {
		h.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answered, err := h.server.Client().Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer answered.Body.Close()
	text, err := io.ReadAll(answered.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	given := reply{h.t, method + " " + path, answered.StatusCode, answered.Header, string(text)}
	if err := described().wrong(given); err != nil {
		h.t.Errorf("%s is not answered as the document says: %v", given.what, err)
	}
	return given
}

// in is a path of Örebro's.
func in(path string) string { return "/api/v1/municipalities/1880/" + path }

func (h *house) post(path string, body any, headers ...string) reply {
	h.t.Helper()
	return h.ask(adminToken, http.MethodPost, in(path), body, headers...)
}

func (h *house) put(path string, body any, headers ...string) reply {
	h.t.Helper()
	return h.ask(adminToken, http.MethodPut, in(path), body, headers...)
}

func (h *house) get(path string) reply {
	h.t.Helper()
	return h.ask(adminToken, http.MethodGet, in(path), nil)
}

// is demands a status.
func (r reply) is(status int) reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("%s: %d, not %d: %s", r.what, r.status, status, r.text)
	}
	return r
}

// problem demands a problem of a kind, and where.
func (r reply) problem(status int, code, location string) {
	r.t.Helper()
	r.is(status)
	var p api.Problem
	r.into(&p)
	if p.Type != "urn:rackvidd:problem:"+code || p.Status != status || p.Title == "" || r.header.Get("Content-Type") != "application/problem+json" {
		r.t.Errorf("%s: not a problem of kind %s: %s", r.what, code, r.text)
	}
	if location != "" && (len(p.Errors) == 0 || p.Errors[0].Location != location) {
		r.t.Errorf("%s: the problem is not at %s: %s", r.what, location, r.text)
	}
}

func (r reply) into(v any) {
	r.t.Helper()
	if err := json.Unmarshal([]byte(r.text), v); err != nil {
		r.t.Fatalf("%s: %v: %s", r.what, err, r.text)
	}
}

// receipt is what most writes answer.
type receipt struct {
	ID       string `json:"id"`
	Child    string `json:"child"`
	Closing  string `json:"closing"`
	End      string `json:"end"`
	Position uint64 `json:"position"`
}

func (r reply) receipt() (answered receipt) {
	r.t.Helper()
	r.into(&answered)
	return answered
}

type object = map[string]any

// sputnik registers a programme in Örebro.
func (h *house) sputnik() {
	h.t.Helper()
	h.post("programmes", object{"id": "sputnik", "name": "Sputnik", "forms": []string{"support_group", "counselling", "camp"}, "organiser": "municipality", "valid_from": "2015-01-01"}).is(201)
}

func (h *house) child(identity string) string {
	h.t.Helper()
	return h.post("children", object{"identity": identity}).is(200).receipt().Child
}

func (h *house) children(n int) (list []string) {
	h.t.Helper()
	for i := range n {
		list = append(list, h.child(fmt.Sprintf("child %d", i)))
	}
	return list
}

func (h *house) session(day string) string {
	h.t.Helper()
	return h.post("sessions", object{"programme": "sputnik", "form": "support_group", "held_on": day}).is(201).receipt().ID
}

// reached returns the figures of a year, at a position at least.
func (h *house) reached(query string, least uint64) (f reach.Figures) {
	h.t.Helper()
	h.get(fmt.Sprintf("reach?%s&min_position=%d", query, least)).is(200).into(&f)
	return f
}
