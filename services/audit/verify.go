package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/projections"
	"rackvidd/projections/reach"
)

// Stream is the log as it is checked.
type Stream interface {
	projections.Source
	// Count returns how many messages are stored, and the first and the last position.
	Count(ctx context.Context, m events.Municipality) (messages uint64, first, last events.Position, err error)
}

// Copies are what a verification compares: the stream, its archive and the read models.
type Copies struct {
	Stream Stream
	Pool   *pgxpool.Pool
	// Archive is a municipality's; Archived waits until it holds a position, or says that it does not.
	Archive  func(events.Municipality) archive.Archive
	Archived func(context.Context, events.Municipality, events.Position) (archive.Checkpoint, error)
	Silence  time.Duration // the longest that the stream may take for its next message; 0: 10 s
}

// The copies of what happened, as a verification names them.
const (
	TheArchive   = "archive"
	TheStream    = "stream"
	TheReadModel = "read_model"
)

// Finding names what is not as it was recorded.
type Finding struct {
	Municipality events.Municipality `json:"municipality"`
	Copy         string              `json:"copy" enum:"archive,stream,read_model,statement"`
	File         string              `json:"file,omitempty"`
	Position     events.Position     `json:"position,omitempty"`
	Problem      string              `json:"problem"`
}

func (f Finding) String() string {
	text := f.Copy
	if f.File != "" {
		text += " " + f.File
	}
	if f.Position > 0 {
		text += fmt.Sprintf(" position %d", f.Position)
	}
	return text + ": " + f.Problem
}

// Verification is what was checked, and what differs.
type Verification struct {
	Municipality events.Municipality `json:"municipality"`
	Position     events.Position     `json:"position"` // of the checkpoint that all was checked against
	Root         string              `json:"root"`
	Whole        bool                `json:"whole"`
	Findings     []Finding           `json:"findings" nullable:"false"`
}

func (v *Verification) find(name, file string, at events.Position, problem string) {
	// Where a copy is lost altogether, the first names say as much as all of them.
	const most = 1000
	if len(v.Findings) < most {
		v.Findings = append(v.Findings, Finding{v.Municipality, name, file, at, problem})
	}
}

// Verify compares every byte of a municipality's archive with its signed checkpoint, every message of the stream with
// the archive, and the figures of a year with those that the log gives. What differs is a finding; an error says that it
// could not be compared.
func Verify(ctx context.Context, c Copies, m events.Municipality, year events.Year) (Verification, error) {
	v := Verification{Municipality: m, Findings: []Finding{}}
	signed, err := v.archive(ctx, c)
	if err != nil {
		return v, err
	}
	v.Position, v.Root = signed.Size, fmt.Sprintf("%x", signed.Root[:])
	if err := v.stream(ctx, c, signed); err != nil {
		return v, err
	}
	if len(v.Findings) == 0 { // no figure is computed from what does not verify
		err = v.readModel(ctx, c, year)
	}
	v.Whole = err == nil && len(v.Findings) == 0
	return v, err
}

// archive checks the archive, which has to hold what the stream had when the check began. What is found while it is
// written, and is not there any more a moment later, was on its way.
func (v *Verification) archive(ctx context.Context, c Copies) (archive.Checkpoint, error) {
	head, err := c.Stream.Head(ctx, v.Municipality)
	if err != nil {
		return archive.Checkpoint{}, err
	}
	behind := v.behind(ctx, c, head)
	if err := ctx.Err(); err != nil {
		return archive.Checkpoint{}, err
	}
	var signed archive.Checkpoint
	var faults []archive.Fault
	for range 3 {
		signed, faults, err = c.Archive(v.Municipality).Verify(ctx)
		if errors.Is(err, archive.ErrNone) {
			err = nil
			if head > 0 {
				faults = []archive.Fault{{File: "checkpoint", Problem: "is missing"}}
			}
		}
		if err != nil || len(faults) == 0 {
			break
		}
		pause(ctx, 200*time.Millisecond)
	}
	for _, f := range faults {
		v.find(TheArchive, f.File, f.Position, f.Problem)
	}
	if len(faults) == 0 && behind != "" {
		v.find(TheArchive, "", head, behind)
	}
	return signed, err
}

// behind says why the archive does not hold a position; "": it does.
func (v *Verification) behind(ctx context.Context, c Copies, head events.Position) string {
	const patience = 15 * time.Second // one and a half times the archiver's pause
	waiting, stop := context.WithTimeout(ctx, patience)
	defer stop()
	switch at, err := c.Archived(waiting, v.Municipality, head); {
	case err == nil || head == 0 && errors.Is(err, archive.ErrNone):
		return ""
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("ends at position %d, the stream had come to %d", at.Size, head)
	default:
		return err.Error()
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// stream checks that nothing is missing from the stream, and that each message is the archived one.
func (v *Verification) stream(ctx context.Context, c Copies, signed archive.Checkpoint) error {
	messages, first, last, err := c.Stream.Count(ctx, v.Municipality)
	if err != nil {
		return err
	}
	if messages > 0 && first != 1 {
		v.find(TheStream, "", 1, fmt.Sprintf("it begins at position %d", first))
	}
	if messages > 0 && messages != last-first+1 {
		v.find(TheStream, "", 0, fmt.Sprintf("it holds %d messages of the positions %d to %d", messages, first, last))
	}
	if last < signed.Size {
		v.find(TheStream, "", last, fmt.Sprintf("it ends here, the archive at position %d", signed.Size))
	}
	return v.compare(ctx, c, min(last, signed.Size))
}

// compare reads both side by side.
func (v *Verification) compare(ctx context.Context, c Copies, last events.Position) error {
	if last == 0 {
		return ctx.Err()
	}
	ctx, silent := context.WithCancelCause(ctx)
	defer silent(nil)
	archived, done := iter.Pull2(c.Archive(v.Municipality).Read(ctx, 0))
	defer done()
	patience := c.Silence
	if patience == 0 {
		patience = 10 * time.Second
	}
	watch := time.AfterFunc(patience, func() { silent(errSilence) })
	defer watch.Stop()
	after := events.Position(0)
	for after < last {
		began := after
		for r, err := range c.Stream.Read(ctx, v.Municipality, after) {
			if err != nil {
				next, err := v.unreadable(ctx, after, err)
				if err != nil || next == after {
					return err
				}
				after = next
				break
			}
			watch.Reset(patience)
			after = r.Position
			v.same(archived, r)
			if after >= last {
				return nil
			}
		}
		if after == began {
			v.find(TheStream, "", after+1, "it cannot be read from here on")
			return nil
		}
	}
	return nil
}

var errSilence = errors.New("nothing comes from the stream")

// unreadable names the message that ends a read, and returns after which position to go on: where it was, when there is
// no way to.
func (v *Verification) unreadable(ctx context.Context, after events.Position, err error) (events.Position, error) {
	var poison *events.PoisonError
	switch {
	case errors.As(err, &poison):
		v.find(TheStream, "", poison.Position, poison.Err.Error())
		return poison.Position, nil
	case errors.Is(context.Cause(ctx), errSilence), !errors.Is(err, events.ErrUnavailable) && ctx.Err() == nil:
		v.find(TheStream, "", after+1, err.Error())
		return after, nil
	}
	return after, err
}

// same compares a message with the next one of the archive; positions that were passed over are passed there too. Where
// the archive cannot be read, that was found before.
func (v *Verification) same(archived func() (archive.Entry, error, bool), r events.Recorded) {
	for {
		e, err, more := archived()
		if err != nil || !more {
			return
		}
		if e.Position < r.Position {
			continue
		}
		if !bytes.Equal(e.Raw, r.Raw) {
			v.find(TheStream, "", r.Position, "the message is not the one that was archived and signed")
		}
		return
	}
}

// readModel compares a year's figures with those that the log gives.
func (v *Verification) readModel(ctx context.Context, c Copies, year events.Year) error {
	d, err := reach.Named(reach.Default)
	if err != nil {
		return err
	}
	r, err := Replay(ctx, Deps{Log: c.Stream, Pool: c.Pool}, Request{Municipality: v.Municipality, Definition: d, Period: reach.CalendarYear(year)})
	for _, d := range r.Differences {
		v.find(TheReadModel, "", r.Position, fmt.Sprintf("%s is %s, the log gives %s", d.Path, d.ReadModel, d.Log))
	}
	return err
}
