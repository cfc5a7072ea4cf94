package intake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/google/uuid"

	"rackvidd/events"
	"rackvidd/services/casework"
	"rackvidd/services/turns"
	"rackvidd/services/vault"
)

// Identities is what an import needs of the vault.
type Identities interface {
	vault.Register
	Tokens(ctx context.Context, m events.Municipality, ids []vault.Identity, today events.Day) ([]vault.Person, error)
	Lookup(ctx context.Context, m events.Municipality, ids []vault.Identity, today events.Day) ([]vault.Person, []bool, error)
	RecordKeys(ctx context.Context, m events.Municipality, source string, records []vault.RecordSource) ([]events.Record, error)
	SessionKeys(ctx context.Context, m events.Municipality, source string, sessions []string) ([]events.ID, error)
	Recorded(ctx context.Context, m events.Municipality, keys [][16]byte) (map[[16]byte]vault.Fact, error)
	Remember(ctx context.Context, m events.Municipality, facts map[[16]byte]vault.Fact, position uint64) error
	RecordsPosition(ctx context.Context, m events.Municipality) (uint64, error)
}

// Request is a file to be brought in.
type Request struct {
	Source  string // whose record ids they are; "default" unless named
	DryRun  bool   // say what would happen and record nothing
	Update  bool   // a record with other content than before is a correction, not an error
	Columns map[string]string
	// Language is what messages of rows are written in: sv or en; "": English.
	Language string
	Actor    events.ID
	Body     io.Reader
	// Hold waits until nobody changes what rows are decided by (what a programme documents), and keeps it so until it is
	// released; nil: nobody does.
	Hold func(context.Context) (release func(), err error)
}

// Summary says what became of every row: each is recorded, a duplicate or rejected.
type Summary struct {
	Rows       int             `json:"rows"`
	Recorded   int             `json:"recorded"`
	Duplicates int             `json:"duplicates"`
	Rejected   []Rejection     `json:"rejected"`
	Made       Made            `json:"made"`
	Unread     int             `json:"unread_sheets,omitempty"` // sheets of the file beside the first, which alone is read
	Position   events.Position `json:"position"`
}

// Importer brings activity records into the log.
type Importer struct {
	Log   events.Log
	Vault Identities
	// Visible waits until reads show a position.
	Visible func(context.Context, events.Municipality, events.Position) error
	Clock   func() time.Time

	turns turns.Turns[events.Municipality]
}

// Import reads the file to its end. Two imports into one municipality take turns. An import that was killed is run
// again: what it had recorded counts as duplicates then. *vault.LostError: the vault is older than the log.
func (i *Importer) Import(ctx context.Context, m events.Municipality, r Request) (Summary, error) {
	release, err := i.turns.Take(ctx, m)
	if err != nil {
		return Summary{}, err
	}
	defer release()
	if r.Source == "" {
		r.Source = "default"
	}
	if what := events.Revealing(r.Source); what != "" {
		return Summary{}, &FileError{Code: "identity_outside_child", Column: "source", Message: "the name of the source reads as " + what + "; choose another"}
	}
	run := &run{Importer: i, m: m, Request: r, command: uuid.Must(uuid.NewV7()), streams: make(map[events.Stream]*events.Deciding), fresh: make(map[[16]byte]vault.Fact), said: make(map[[16]byte][8]byte)}
	if !r.DryRun {
		if err := CatchUp(ctx, i.Log, i.Vault, m); err != nil {
			return Summary{}, err
		}
	}
	return run.all(ctx)
}

// run is one import under way.
type run struct {
	*Importer
	Request
	m       events.Municipality
	command uuid.UUID
	summary Summary

	streams   map[events.Stream]*events.Deciding // states, kept while there is room
	same      casework.Roots                     // of the children in whose sessions somebody was marked by hand
	fresh     map[[16]byte]vault.Fact            // recorded in this run and perhaps not yet in the index
	attempted map[[16]byte]bool                  // sent in an append that is not known to have failed
	remember  chan error                         // the index being written, one batch at a time
	lost      int                                // answers lost in this run
	said      map[[16]byte][8]byte               // of an update: what a row said by its record
	repeats   []*item                            // of an update: rows that say what another record said when they came
	ended     bool                               // the file; the repeats are left
	making    making

	erased     map[events.ID]bool // the municipality's children who were erased before the run
	recordedTo uint64             // where any were: the position of the index when it began
	headings   map[string]string  // of the file, by column; written before the first chunk, as is
	unread     int                // how many sheets it has beside the first
}

// keepStreams is how many states are kept from one chunk to the next.
const keepStreams = 4_000

// mostRejected is how many rejected rows a summary holds.
const mostRejected = 100_000

// tooMany refuses to go on where more rows are rejected than are kept.
func (r *run) tooMany() error {
	if len(r.summary.Rejected) <= mostRejected {
		return nil
	}
	sortRejections(r.summary.Rejected)
	first := r.summary.Rejected[0]
	return Options{Language: Language(r.Language)}.headingError(CodeTooManyRejected, cmp.Or(r.headings[first.Column], first.Column))
}

func (r *run) all(ctx context.Context) (Summary, error) {
	r.summary.Rejected = []Rejection{}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	chunks, failed := r.read(ctx)
	for c := range chunks {
		r.summary.Rows += c.rows
		r.summary.Rejected = append(r.summary.Rejected, c.rejected...)
		err := r.tooMany()
		if err == nil {
			err = r.decideChunk(ctx, c.items)
		}
		if err != nil {
			cancel()
			for range chunks {
			}
			return r.summary, errors.Join(err, r.remembered())
		}
	}
	if err := <-failed; err != nil {
		return r.summary, errors.Join(err, r.remembered())
	}
	r.ended = true
	for some := range slices.Chunk(r.repeats, chunkRows) {
		if err := r.decideChunk(ctx, some); err != nil {
			return r.summary, errors.Join(err, r.remembered())
		}
	}
	if err := r.remembered(); err != nil {
		return r.summary, err
	}
	return r.finish(ctx)
}

func (r *run) finish(ctx context.Context) (Summary, error) {
	sortRejections(r.summary.Rejected)
	for n, rejection := range r.summary.Rejected {
		r.summary.Rejected[n].Heading = r.headings[rejection.Column]
	}
	r.summary.Made, r.summary.Unread = r.making.made(r.DryRun), r.unread
	if r.summary.Position == 0 {
		head, err := r.Log.Head(ctx, r.m)
		if err != nil {
			return r.summary, err
		}
		r.summary.Position = head
	}
	if r.DryRun || r.summary.Position == 0 {
		return r.summary, nil
	}
	if err := r.Visible(ctx, r.m, r.summary.Position); err != nil {
		return r.summary, fmt.Errorf("the rows are recorded, but figures do not show them yet: %w", err)
	}
	return r.summary, nil
}
