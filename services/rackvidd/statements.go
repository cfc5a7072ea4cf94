package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/services/api"
	"rackvidd/services/audit"
	"rackvidd/services/casework"
	"rackvidd/services/surveying"
)

// proving lets the API prove what was submitted: neither knows the other.
type proving struct{ *audit.Statements }

// statements are the proofs of what was submitted.
func (p *parts) statements() *audit.Statements {
	const patience = 15 * time.Second // one and a half times the archiver's pause, where it runs elsewhere
	return &audit.Statements{
		Log: p.journal, Archive: p.archive.Of, Key: p.key, Public: p.key.public, Handovers: p.keys.Handovers, Dir: p.path(statementsDir), Damaged: p.path(damagedDir), Noted: p.archive.Noted, Logger: p.log,
		Archived: func(ctx context.Context, m events.Municipality, least events.Position) (archive.Checkpoint, error) {
			waiting, stop := context.WithTimeout(ctx, patience)
			defer stop()
			return p.archive.Reach(waiting, m, least)
		},
	}
}

// reached is how far a log was signed at least, by what is kept apart from its archive.
func (p *parts) reached(m events.Municipality) (events.Position, string, error) {
	w, err := p.proofs.Reached(m)
	return w.Position, w.By, err
}

func (s proving) Statement(ctx context.Context, m events.Municipality, year events.Year, version int) ([]byte, error) {
	signed, err := s.Of(ctx, m, year, version)
	return signed.Note, unproved(err)
}

func (s proving) Bundle(ctx context.Context, m events.Municipality, year events.Year, version int, since []byte, spool *os.File) (api.Bundle, error) {
	made, err := s.Statements.Bundle(ctx, m, year, version, since, spool)
	if err != nil {
		return nil, unproved(err)
	}
	return made, nil
}

// shown is a statement as the survey shows it; nil: it is being made.
func (s proving) shown(ctx context.Context, m events.Municipality, year events.Year, version int) (*surveying.Statement, error) {
	signed, err := s.Soon(ctx, m, year, version)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &surveying.Statement{Position: signed.Submission, Root: signed.Root, Figures: signed.Statement.Figures, Note: string(signed.Note)}, nil
}

// apart compares the figures that were signed with two submitted versions; nil: one of them is being made.
func (s proving) apart(ctx context.Context, m events.Municipality, year events.Year, from, to int) ([]surveying.FigureApart, error) {
	before, err := s.Soon(ctx, m, year, from)
	if err == nil {
		var after audit.Signed
		if after, err = s.Soon(ctx, m, year, to); err == nil {
			return figuresApart(before, after)
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return nil, unproved(err)
}

func figuresApart(before, after audit.Signed) ([]surveying.FigureApart, error) {
	found, err := audit.FiguresApart(before, after)
	list := []surveying.FigureApart{}
	for _, f := range found {
		list = append(list, surveying.FigureApart{Figure: f.Path, From: f.From, To: f.To})
	}
	return list, err
}

// unproved says as a refusal why there is no proof, where there is a reason that the asker can do something about.
func unproved(err error) error {
	var (
		nothing *audit.NotSubmittedError
		since   *audit.SinceError
		large   *audit.TooLargeError
		damaged *audit.StatementDamagedError
	)
	switch {
	case errors.As(err, &nothing):
		return casework.Refuse(casework.Conflict, "not_submitted", "", "%s", nothing)
	case errors.As(err, &since):
		return casework.Refuse(casework.Conflict, "no_continuation", "query.since", "%s", since)
	case errors.As(err, &large):
		return casework.Refuse(casework.Conflict, "too_large", "", "%s", large)
	case errors.As(err, &damaged):
		return casework.Refuse(casework.Conflict, "statement_damaged", "", "%s", damaged)
	}
	return err
}
