package audit

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/events/failpoint"
	"rackvidd/projections/reach"
	"rackvidd/services/integrity"
)

// past is a log that is known to be whole, whatever still stands of it.
type past struct {
	Source
	streams streams
}

// flaw is what is wrong with a kept statement.
type flaw struct {
	file    string
	code    archive.Code
	problem string
	figure  Difference // the first that is not what the log gives
	about   *Statement // what it is to be about; nil: nothing that the log tells of
	history bool       // it was signed of another log than the archive: nothing here says which of them was changed
}

// flaws are what is wrong with statements of a municipality, by all that was submitted there.
func (s *Statements) flaws(log Source, m events.Municipality, files []string, of []submitted) (list []flaw, err error) {
	for _, file := range files {
		f, err := s.flaw(log, m, file, of)
		if err != nil {
			return list, fmt.Errorf("verify %s: %w", file, err)
		}
		if f.file = file; f.problem != "" {
			list = append(list, f)
		}
	}
	return list, nil
}

// files are the statements that are kept of a municipality.
func (s *Statements) files(m events.Municipality) ([]string, error) {
	return Kept(filepath.Join(s.Dir, string(m)), func(name string) bool { return strings.HasSuffix(name, statementEnding) })
}

// flaw says what is wrong with a statement; no problem: nothing.
func (s *Statements) flaw(log Source, m events.Municipality, file string, of []submitted) (flaw, error) {
	var year events.Year
	var number int
	if _, err := fmt.Sscanf(filepath.Base(file), "%d-%d"+statementEnding, &year, &number); err != nil || file != s.file(Statement{Municipality: m, Year: year, Version: number}) {
		return flaw{code: archive.Unreadable, problem: "is no statement"}, nil
	}
	version, there := ofVersion(of, year, number)
	if !there {
		return flaw{code: integrity.NotSubmitted, problem: "is about what the log does not tell of"}, nil
	}
	kept, err := s.kept(version.Statement)
	var damaged *StatementDamagedError
	if errors.As(err, &damaged) {
		return flaw{code: damaged.Code, problem: damaged.Problem, about: &version.Statement}, nil
	}
	if err != nil {
		return flaw{}, err
	}
	f, err := s.against(log, kept, version.figures)
	f.about = &version.Statement
	return f, err
}

// against holds a statement against the log: the root that it was signed of, and the figures that follow from it; nil: none do.
func (s *Statements) against(log Source, kept Signed, figures *reach.Figures) (f flaw, err error) {
	a := log.Archive(kept.Municipality)
	signed, err := a.Checkpoint()
	if err != nil {
		return f, err
	}
	root, err := a.Root(signed, kept.Size)
	if err != nil {
		return f, err
	}
	if there := hex.EncodeToString(root[:]); there != kept.Root {
		return flaw{history: true, code: archive.OtherLog, problem: fmt.Sprintf("was signed of another log: at position %d its root is %s, the archive's %s", kept.Size, kept.Root, there)}, nil
	}
	if figures == nil {
		return f, nil
	}
	list, err := differencesFromStated(kept.Figures, *figures)
	if err != nil {
		return flaw{code: archive.Unreadable, problem: "has figures that cannot be read: " + err.Error()}, nil
	}
	if len(list) > 0 {
		f.code, f.problem, f.figure = integrity.OtherFigure, "says another figure than the log gives", list[0]
	}
	return f, nil
}

// restore keeps a statement aside under a name, with its figures, and makes it again where the log tells of it.
func (s *Statements) restore(ctx context.Context, log Source, m events.Municipality, f flaw, aside string) error {
	release, err := s.making.Take(ctx, m)
	if err != nil {
		return err
	}
	defer release()
	for _, one := range []string{f.file, figuresBeside(f.file)} { // without its statement a file of figures is none
		failpoint.At(failpoint.BeforeStatementAside)
		if err := MoveAside(one, filepath.Join(s.Damaged, aside, filepath.Base(one))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("keep a damaged statement: %w", err)
		}
	}
	if f.about == nil {
		return nil
	}
	made, err := s.make(ctx, log, *f.about)
	if err != nil {
		return err
	}
	return s.keep(made)
}
