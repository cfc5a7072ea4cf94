package api

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/arriving"
)

type importFile struct {
	Municipal
	Keyed
	Source   string `query:"source" maxLength:"64" doc:"whose record ids they are; default when it is left out"`
	DryRun   bool   `query:"dry_run" doc:"say what would happen and record nothing; that the file was tried stands in the read log"`
	Update   bool   `query:"update" doc:"a record with other content than before is a correction"`
	Language string `query:"language" enum:"en,sv" doc:"what the messages of rejected rows are written in; English when it is left out"`
	Map      string `query:"map" maxLength:"8000" doc:"what headings of the file hold, as a JSON object of columns of the import format by heading: {\"Elev\":\"child\"}; - leaves a heading out, and [C] names the column of that place"`

	body io.Reader
	r    *http.Request
	w    http.ResponseWriter
}

// Resolve hands the body over as it comes: it may be much larger than memory, and slow.
func (in *importFile) Resolve(ctx huma.Context) []error {
	r, w := humago.Unwrap(ctx)
	in.body, in.r, in.w = arriving.From(w, r, largestImport), r, w
	return nil
}

func (s *server) importRoutes() {
	add(s, route{
		id: "import", method: http.MethodPost, path: "imports", permission: access.Import,
		summary: "Bring the activity records of a CSV or XLSX file in", operation: takesFile,
	}, s.importFile)
}

func takesFile(op *huma.Operation) {
	file := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"text/csv": file, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": file, "application/octet-stream": file,
	}}
	op.Errors = append(op.Errors, http.StatusTooManyRequests)
}

func (s *server) importFile(ctx context.Context, c caller, in *importFile) (*Answer[ImportSummary], error) {
	if s.Importer == nil {
		return nil, errNoImporter
	}
	// A file holds many programmes: a coordinator of some cannot bring it in.
	if err := c.allow(access.EveryProgramme); err != nil {
		return nil, err
	}
	request := ImportRequest{Source: cmp.Or(in.Source, defaultSource), DryRun: in.DryRun, Update: in.Update, Language: in.Language, Actor: c.Account, Body: in.body}
	request.Hold = func(ctx context.Context) (func(), error) { return s.rules.followed(ctx, c.municipality) }
	if in.Map != "" {
		var again *repeatedError
		switch err := unmarshal([]byte(in.Map), &request.Columns); {
		case errors.As(err, &again):
			return nil, invalid("sent_twice", "query.map", "names a heading twice; say once what it holds")
		case err != nil:
			return nil, invalid("not_json", "query.map", "must be a JSON object of columns by the file's headings, as in {\"Elev\":\"child\"}")
		}
	}
	if err := s.compares(ctx, c, in); err != nil {
		return nil, err
	}
	bring := s.bringComing
	if in.IdempotencyKey != "" {
		bring = func(ctx context.Context, c caller, r ImportRequest) (ImportSummary, error) {
			return s.bringOnce(ctx, c, in.IdempotencyKey, r)
		}
	}
	summary, err := bring(ctx, c, request)
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return nil, newProblem(http.StatusRequestEntityTooLarge, "too_large", "the file is larger than 256 MB; split it")
	}
	if err != nil {
		return nil, err
	}
	return show(summary.Position, discreetly(c, summary)), nil
}

// compares notes that a file is held against what is recorded, which tells where a child was: of a file that is only tried nothing else
// would tell who asked, nor of one by which nothing comes to be recorded. To try one is a look-up for whoever may not read the history of
// every child there: one, for it tells of all its rows together.
func (s *server) compares(ctx context.Context, c caller, in *importFile) error {
	switch {
	case c.readsEveryCase() && !in.DryRun:
		return nil
	case in.DryRun && !c.readsEveryCase() && s.lookups.OnLimit(in.w, in.r, c.Account.String()):
		return errTooMany
	}
	return s.Vault.NoteRead(ctx, c.municipality, events.ID{}, c.Account, "tried_import")
}

func (c caller) readsEveryCase() bool {
	return c.May(access.ReadCase, c.municipality, access.EveryProgramme)
}

// discreetly leaves out whether children are known, but for whoever may read the history of every child there: by a file of
// guesses anybody else would learn who gets support.
func discreetly(c caller, summary ImportSummary) ImportSummary {
	if summary.Made == nil || summary.Made.Children == nil || c.readsEveryCase() {
		return summary
	}
	made := *summary.Made
	made.Children = &MadeChildren{Named: made.Children.Named}
	summary.Made = &made
	return summary
}

func (s *server) bring(ctx context.Context, c caller, r ImportRequest) (ImportSummary, error) {
	summary, err := s.Importer.Import(ctx, c.municipality, r)
	if summary.Rejected == nil {
		summary.Rejected = []RejectedRow{}
	}
	return summary, err
}

// bringComing brings a file in as it comes, once its first megabyte is there or all of it: other imports of the municipality wait from then
// on, and not for callers who send nothing.
func (s *server) bringComing(ctx context.Context, c caller, r ImportRequest) (ImportSummary, error) {
	const first = 1 << 20
	coming := bufio.NewReaderSize(r.Body, first)
	if _, err := coming.Peek(first); err != nil && err != io.EOF {
		return ImportSummary{}, err
	}
	r.Body = coming
	return s.bring(ctx, c, r)
}

// bringOnce reads the whole file before anything of it is recorded: only then is it known whether it is the one that
// came under the key before. The same file again is answered with the first summary, not as a file of duplicates. One file
// of an account at a time takes room on the disk; whoever else imports does not wait until it has come.
func (s *server) bringOnce(ctx context.Context, c caller, key string, r ImportRequest) (ImportSummary, error) {
	release, err := s.turns.Take(ctx, "file into "+string(c.municipality)+" of "+c.Account.String())
	if err != nil {
		return ImportSummary{}, err
	}
	defer release()
	file, err := spoolIn(s.Spool, r.Body)
	if err != nil {
		return ImportSummary{}, err
	}
	defer file.Close()
	cmd, err := s.command(ctx, c, key, r.Source, r.DryRun, r.Update, r.Columns, file.sum[:])
	if err != nil {
		return ImportSummary{}, err
	}
	return once(ctx, s, c, cmd, func() (summary ImportSummary, err error) {
		if r.Body, err = file.reader(); err != nil {
			return summary, err
		}
		return s.bring(ctx, c, r)
	})
}
