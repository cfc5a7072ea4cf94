package audit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"slices"
	"time"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/services/database"
	"rackvidd/services/integrity"
	"rackvidd/services/turns"
)

// Service checks the copies of what happened against each other, keeps what it finds, and restores one from another
// when it is told to.
type Service struct {
	Copies
	Findings *integrity.Findings
	Logger   *slog.Logger
	// Logs lists the municipalities that have a stream or an archive.
	Logs func(context.Context) ([]events.Municipality, error)
	// Scrubbed hears of each log that was scrubbed to its end; nil: nobody does.
	Scrubbed func(v Verification, began time.Time)
	// Every is how often each is scrubbed; 0: every 12 hours.
	Every time.Duration

	// What a repair needs; where Archiver or Replace is nil it is refused.
	Archiver Archiver
	// Replace makes a stream anew from messages, with the same positions.
	Replace func(context.Context, events.Municipality, iter.Seq2[archive.Entry, error]) error
	// Aside keeps the files of a stream under a name before it is replaced; nil: they are elsewhere.
	Aside func(m events.Municipality, name string) error
	// Forget makes whoever remembers what a log holds forget it, where the end of the log is lost; nil: nobody does.
	Forget func(context.Context, events.Municipality) error
	// GiveUp has children whom the vault does not know count as erased, there and in the log; nil: nobody here reaches the vault.
	GiveUp func(ctx context.Context, m events.Municipality, children []events.ID) error
	// UnderWay is how long an append may be under way after the log was closed to others.
	UnderWay time.Duration
	// Repairing is passed by one who repairs; nil: nobody copies the records meanwhile.
	Repairing *database.Gate

	turns turns.Turns[events.Municipality] // of those who check or restore
}

// Archiver is the one writer of the archives.
type Archiver interface {
	// Rewrite makes an archive anew up to a checkpoint, or to a later one that was signed meanwhile, and keeps the old one aside.
	Rewrite(m events.Municipality, c archive.Checkpoint, messages iter.Seq2[archive.Entry, error], aside string) error
	// Take archives messages that follow, and signs them.
	Take(m events.Municipality, messages iter.Seq2[archive.Entry, error]) error
}

// Verify compares a municipality's copies; what it finds stands until a later one finds it whole. heard is told how far it has come;
// nil: nobody is.
func (s *Service) Verify(ctx context.Context, m events.Municipality, year events.Year, heard func(Pass)) (Verification, error) {
	release, err := s.turns.Take(ctx, m)
	if err != nil {
		return Verification{}, err
	}
	defer release()
	return s.verify(ctx, m, year, &passes{pace: func() {}, heard: heard})
}

func (s *Service) verify(ctx context.Context, m events.Municipality, year events.Year, p *passes) (Verification, error) {
	stood := s.Findings.Of(m)
	v, err := verify(ctx, s.Copies, m, year, p)
	s.settle(v, stood)
	return v, err
}

// settle keeps what was found: in place of what stood of the copies that were checked to their end when that began, in addition
// to what stands of the others and to what was found meanwhile.
func (s *Service) settle(v Verification, stood []integrity.Finding) {
	var checked []integrity.Finding
	for _, f := range v.Findings {
		if slices.Contains(v.checked, f.Copy) {
			checked = append(checked, f)
		} else {
			s.Findings.Add(f)
		}
	}
	s.Findings.SettleLong(v.Municipality, stood, checked, v.checked...)
}

// Heads compares how long the copies of every log are: what a start can see at once. What is found is added to what stands.
func (s *Service) Heads(ctx context.Context) error {
	logs, err := s.Logs(ctx)
	if err != nil {
		return err
	}
	shown, err := s.shown(ctx)
	if err != nil {
		return err
	}
	for _, m := range logs {
		v := Verification{Municipality: m}
		switch _, err := v.heads(ctx, s.Copies, shown); {
		case errors.Is(err, fs.ErrPermission): // it keeps the other logs from nothing; a verification says so again
			s.Logger.Warn("the copies of a log are not compared at the start", "municipality", m, "error", err)
		case err != nil:
			return fmt.Errorf("compare the copies of %s: %w", m, err)
		}
		for _, f := range v.Findings {
			s.Findings.Add(f)
		}
	}
	return nil
}

// Run scrubs every log, the archive and the read models again and again, slowly, until ctx ends. Where something was found
// it looks again soon: an archive whose writer was away is whole by itself.
func (s *Service) Run(ctx context.Context) error {
	const (
		settled = time.Minute // after a start there is more urgent work
		soon    = 10 * time.Minute
	)
	every := s.Every
	if every == 0 {
		every = 12 * time.Hour
	}
	scrubbed := make(map[events.Municipality]time.Time)
	for rest := min(every, settled); ; rest = min(every, settled) {
		pause(ctx, rest)
		logs, err := s.Logs(ctx)
		if err != nil && ctx.Err() == nil {
			s.Logger.Warn("the logs cannot be listed", "error", err)
		}
		for _, m := range logs {
			next := every
			if s.Findings.Damage(m, integrity.Mendable()...) != nil {
				next = min(every, soon)
			}
			if ctx.Err() == nil && time.Since(scrubbed[m]) >= next && s.Scrub(ctx, m) {
				scrubbed[m] = time.Now()
			}
		}
		if ctx.Err() != nil {
			return nil
		}
	}
}

// Scrub verifies a municipality's copies at a fifth of the speed, and reports whether it came to an end.
func (s *Service) Scrub(ctx context.Context, m events.Municipality) bool {
	release, err := s.turns.Take(ctx, m)
	if err != nil {
		return false
	}
	defer release()
	began := time.Now()
	v, err := s.verify(ctx, m, 0, unheard(pacing(ctx)))
	if err != nil && ctx.Err() == nil {
		s.Logger.Warn("a log cannot be scrubbed; trying again", "municipality", m, "error", err)
	}
	if err == nil {
		s.Logger.Debug("scrubbed", "municipality", m, "position", v.Position, "whole", v.Whole)
		if s.Scrubbed != nil {
			s.Scrubbed(v, began)
		}
	}
	return err == nil
}

// pacing rests four times as long as was worked.
func pacing(ctx context.Context) func() {
	const spell = 20 * time.Millisecond
	began := time.Now()
	return func() {
		if worked := time.Since(began); worked > spell {
			pause(ctx, 4*worked)
			began = time.Now()
		}
	}
}
