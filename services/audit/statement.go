package audit

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/events/failpoint"
	"rackvidd/projections/reach"
	"rackvidd/services/integrity"
	"rackvidd/services/turns"
)

// A statement begins with its format and its version. The first named the figures by their SHA-256 alone: those that were signed
// so are still read (services/decisions/0043).
const (
	statementHeader      = "rackvidd statement v2\n"
	firstStatementHeader = "rackvidd statement v1\n"
)

const statementEnding = ".statement" // of its file's name

// Statement is what is signed of a submitted version of a survey.
type Statement struct {
	Municipality events.Municipality   `json:"municipality"`
	Year         events.Year           `json:"year"`
	Version      int                   `json:"version"`
	Form         events.FormID         `json:"form"`
	Definition   events.DefinitionID   `json:"definition"`
	Position     events.Position       `json:"position" doc:"of the log, that the figures follow from"`
	Figures      string                `json:"figures" doc:"HMAC-SHA-256, in hex, of the figures as JSON, keyed with the bytes of the submission's message; of a statement v1 their SHA-256"`
	Submission   events.Position       `json:"submission" doc:"of the log, at which the survey was submitted"`
	Size         events.Position       `json:"size" doc:"of the log, that the root is of: the end of the decision to submit"`
	Root         string                `json:"root" doc:"RFC 6962, in hex, of the log up to that position"`
	Program      events.ProgramVersion `json:"program" doc:"that the survey was submitted by"`

	message string // of the submission; "": not read
	first   bool   // it was signed in the first version
}

// commitment names figures to whoever has them and the message of the submission, and to nobody else: figures that are few could be
// found by trying, a message holds an identifier that was drawn by chance.
func (s Statement) commitment(figures []byte, message string) string {
	if s.first {
		return digestOf(figures)
	}
	mac := hmac.New(sha256.New, []byte(message))
	mac.Write(figures) // which never fails
	return hex.EncodeToString(mac.Sum(nil))
}

// Signed is a statement as it was signed, with the figures that it is about.
type Signed struct {
	Statement
	Note    []byte // a signed note (C2SP signed-note)
	Figures []byte // reach.Figures as JSON, the exact bytes that it commits to
}

// text is the one spelling that a statement has.
func (s Statement) text() (string, error) {
	header := statementHeader
	if s.first {
		header = firstStatementHeader
	}
	raw, err := json.Marshal(s)
	return header + string(raw) + "\n", err
}

// openStatement reads a statement that the key signed.
func openStatement(key events.VerifierKey, data []byte) (s Statement, err error) {
	text, err := openNote(key, data)
	if err != nil {
		return s, err
	}
	line, ok := strings.CutPrefix(text, statementHeader)
	if !ok {
		line, s.first = strings.CutPrefix(text, firstStatementHeader)
	}
	if !ok && !s.first || json.Unmarshal([]byte(line), &s) != nil {
		return s, errors.New("is no statement that is known here; a newer version of the program may know it")
	}
	if spelt, err := s.text(); err != nil || spelt != text {
		return s, errors.New("is no statement in the one spelling that it has")
	}
	return s, nil
}

// openNote returns the text of a note that the key alone signed, in the one spelling of its signature.
func openNote(key events.VerifierKey, data []byte) (string, error) {
	verifier, err := note.NewVerifier(string(key))
	if err != nil {
		return "", err
	}
	n, err := note.Open(data, note.VerifierList(verifier))
	if err != nil {
		return "", fmt.Errorf("does not carry the signature of %s: %w", verifier.Name(), err)
	}
	sig := n.Sigs[0]
	if _, err := base64.StdEncoding.Strict().DecodeString(sig.Base64); err != nil || string(data) != n.Text+"\n— "+sig.Name+" "+sig.Base64+"\n" {
		return "", errors.New("carries its signature in another spelling, or more than one")
	}
	return n.Text, nil
}

// Statements makes the statements of submitted surveys, and keeps them beside the log: made again they are the same (services/decisions/0043).
type Statements struct {
	Log      events.Log
	Archive  func(events.Municipality) archive.Archive
	Archived func(ctx context.Context, m events.Municipality, least events.Position) (archive.Checkpoint, error) // waits until it is
	Key      note.Signer
	Public   events.VerifierKey
	// Handovers are how the key came to be the one that signs.
	Handovers []Handover
	Dir       string
	// Damaged is where a repair moves what it makes again.
	Damaged string
	// Noted keeps damage that is met for whoever asks whether all is well; nil: nobody does.
	Noted  func(error) error
	Logger *slog.Logger // nil: slog.Default

	making turns.Turns[events.Municipality] // each reads a log from its beginning
	begun  sync.Map                         // what Soon is making, by what is known of it before
}

func (s *Statements) keys() Keys { return Keys{s.Public, s.Handovers} }

// NotSubmittedError says that there is nothing to state.
type NotSubmittedError struct {
	Municipality events.Municipality
	Year         events.Year
	Version      int // 0: none was
}

func (e *NotSubmittedError) Error() string {
	if e.Version == 0 {
		return fmt.Sprintf("the survey of %d in %s has not been submitted; there is nothing to prove yet", e.Year, e.Municipality)
	}
	return fmt.Sprintf("version %d of the survey of %d in %s has not been submitted", e.Version, e.Year, e.Municipality)
}

// StatementDamagedError says that a kept statement is not as it was signed.
type StatementDamagedError struct {
	Municipality events.Municipality
	File         string
	Code         archive.Code
	Problem      string
}

func (e *StatementDamagedError) Error() string {
	return fmt.Sprintf("the statement %s %s; rackvidd audit repair --municipality %s keeps it aside, and makes the statement again from the log", e.File, e.Problem, e.Municipality)
}

// Of returns the statement of a submitted version, 0 for the latest. Where it is not kept, it is made from the archive,
// which has to reach the submission: until then the context is waited for.
//
// *NotSubmittedError; *StatementDamagedError; otherwise the errors of the archive and of reach.Replay.
func (s *Statements) Of(ctx context.Context, m events.Municipality, year events.Year, version int) (Signed, error) {
	submitted, err := submission(ctx, s.Log, m, year, version)
	if err != nil {
		return Signed{}, err
	}
	if kept, err := s.kept(submitted); !errors.Is(err, fs.ErrNotExist) {
		return kept, err
	}
	release, err := s.making.Take(ctx, m)
	if err != nil {
		return Signed{}, err
	}
	defer release()
	if kept, err := s.kept(submitted); !errors.Is(err, fs.ErrNotExist) {
		return kept, err
	}
	made, err := s.make(ctx, s.source(), submitted)
	if err != nil {
		return Signed{}, fmt.Errorf("state what was submitted of %d in %s: %w", year, m, err)
	}
	return made, s.keep(made)
}

// Soon returns a statement where it is kept, or can be made in a moment; fs.ErrNotExist: it is being made.
func (s *Statements) Soon(ctx context.Context, m events.Municipality, year events.Year, version int) (Signed, error) {
	const moment, longest = time.Second, 10 * time.Minute
	submitted, err := submission(ctx, s.Log, m, year, version)
	if err != nil {
		return Signed{}, err
	}
	if kept, err := s.kept(submitted); !errors.Is(err, fs.ErrNotExist) {
		return kept, err
	}
	made := make(chan error, 1)
	if _, underway := s.begun.LoadOrStore(submitted, nil); !underway {
		go func() {
			defer s.begun.Delete(submitted)
			ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), longest)
			defer stop()
			_, err := s.Of(ctx, m, year, submitted.Version)
			if err != nil {
				cmp.Or(s.Logger, slog.Default()).Error("nothing can be signed of a submitted survey yet", "municipality", m, "year", year, "version", submitted.Version, "error", err)
			}
			made <- err
		}()
	}
	select {
	case err = <-made:
	case <-time.After(moment):
	case <-ctx.Done():
	}
	if err != nil {
		return Signed{}, err
	}
	return s.kept(submitted)
}

// streams tells what was recorded in some streams of a log: events.Log's.
type streams interface {
	Streams(ctx context.Context, m events.Municipality, streams ...events.Stream) (map[events.Stream][]events.Recorded, error)
}

// submission is what the log says of a submitted version, without what has to be computed.
func submission(ctx context.Context, log streams, m events.Municipality, year events.Year, version int) (Statement, error) {
	name := events.SurveyOf(year)
	found, err := log.Streams(ctx, m, name)
	if err != nil {
		return Statement{}, err
	}
	for i := len(found[name]) - 1; i >= 0; i-- {
		for _, e := range found[name][i].Events {
			if e, ok := e.(events.SurveySubmitted); ok && e.Year == year && (version == 0 || version == int(e.Version)) {
				return stated(m, found[name][i], e), nil
			}
		}
	}
	return Statement{}, &NotSubmittedError{m, year, version}
}

// stated is what the log says of a submission.
func stated(m events.Municipality, r events.Recorded, e events.SurveySubmitted) Statement {
	_, size := r.Span()
	return Statement{
		Municipality: m, Year: e.Year, Version: int(e.Version), Form: e.Form, Definition: e.Definition, Position: events.Position(e.Position),
		Submission: r.Position, Size: size, Program: e.Program, message: string(r.Raw),
	}
}

// source is the log from its archive, as far as that goes.
func (s *Statements) source() Source {
	return Source{Source: s.Log, Archive: s.Archive, Noted: s.Noted}
}

func (s *Statements) make(ctx context.Context, log Source, submitted Statement) (made Signed, err error) {
	signed, err := s.Archived(ctx, submitted.Municipality, submitted.Size)
	if err != nil {
		return made, err
	}
	root, err := s.Archive(submitted.Municipality).Root(signed, submitted.Size)
	if err != nil {
		return made, err
	}
	figures, err := figuresOf(ctx, log, submitted)
	if err != nil {
		return made, err
	}
	if made.Figures, err = json.Marshal(figures); err != nil {
		return made, err
	}
	made.Statement = submitted
	made.Root, made.Statement.Figures = hex.EncodeToString(root[:]), submitted.commitment(made.Figures, submitted.message)
	text, err := made.text()
	if err != nil {
		return made, err
	}
	made.Note, err = note.Sign(&note.Note{Text: text}, s.Key)
	return made, err
}

// figuresOf computes the figures that a submission was made of.
func figuresOf(ctx context.Context, log Source, s Statement) (reach.Figures, error) {
	d, err := definitionOf(s)
	if err != nil {
		return reach.Figures{}, err
	}
	f, _, err := reach.Replay(ctx, log, s.Municipality, d, reach.CalendarYear(s.Year), reach.AsOfPosition(s.Position))
	return f, err
}

func definitionOf(s Statement) (reach.Definition, error) {
	d, err := reach.Named(string(s.Definition))
	if err != nil {
		err = fmt.Errorf("the definition %s: %w", s.Definition, err)
	}
	return d, err
}

func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// file is where a statement is kept; its figures are beside it.
func (s *Statements) file(of Statement) string {
	return filepath.Join(s.Dir, string(of.Municipality), fmt.Sprintf("%d-%d"+statementEnding, of.Year, of.Version))
}

func figuresBeside(file string) string { return strings.TrimSuffix(file, statementEnding) + ".json" }

// kept reads a statement that was made before, which has to be about the same submission. fs.ErrNotExist: none was.
func (s *Statements) kept(submitted Statement) (Signed, error) {
	file := s.file(submitted)
	damaged := func(code archive.Code, problem string) (Signed, error) {
		return Signed{}, &StatementDamagedError{submitted.Municipality, file, code, problem}
	}
	raw, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) || archive.Unable(err) {
		return Signed{}, err
	}
	if err != nil {
		return damaged(archive.Unreadable, err.Error())
	}
	found, err := s.keys().statement(raw)
	if err != nil {
		return damaged(archive.Unreadable, err.Error())
	}
	same := found
	same.Figures, same.Root, same.first, same.message = "", "", false, submitted.message
	if same != submitted {
		return damaged(integrity.OtherStatement, "is about another submission than the log's")
	}
	figures, err := os.ReadFile(figuresBeside(file))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return damaged(integrity.NoFigures, "is there without its figures")
	case archive.Unable(err):
		return Signed{}, err
	case err != nil:
		return damaged(archive.Unreadable, "has figures that cannot be read: "+err.Error())
	case found.commitment(figures, submitted.message) != found.Figures:
		return damaged(integrity.OtherFigures, "is about other figures than those beside it")
	}
	return Signed{found, raw, figures}, nil
}

// keep writes the figures first: a statement is never there without them.
func (s *Statements) keep(made Signed) error {
	file := s.file(made.Statement)
	if err := makeDir(filepath.Dir(file)); err != nil {
		return fmt.Errorf("keep a statement: %w", err)
	}
	for _, one := range []struct {
		path string
		data []byte
	}{{figuresBeside(file), made.Figures}, {file, made.Note}} {
		if err := WriteWhole(one.path, one.data); err != nil {
			return fmt.Errorf("keep a statement: %w", err)
		}
	}
	return nil
}

// WriteWhole writes a file that others see whole or not at all, unless it holds that already. When it returns it is on the disk.
func WriteWhole(path string, data []byte) error {
	there, err := os.ReadFile(path)
	if err == nil && bytes.Equal(there, data) {
		return nil
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	failpoint.At(failpoint.BeforeRename)
	if err := os.Rename(file.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// Kept lists the files of a directory whose names are of a kind, in their order; none: the directory is not there. That it cannot
// be looked into is an error, and not that nothing is kept.
func Kept(dir string, kind func(name string) bool) (paths []string, err error) {
	found, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, file := range found {
		if kind(file.Name()) {
			paths = append(paths, filepath.Join(dir, file.Name()))
		}
	}
	return paths, nil
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
