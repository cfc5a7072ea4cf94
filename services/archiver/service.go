// Package archiver keeps every municipality's transparency log (events/archive) up with its log of events.
package archiver

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"sync"
	"time"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/events/jetlog"
	"rackvidd/services/integrity"
	"rackvidd/services/turns"
)

// Log is what is archived.
type Log interface {
	Municipalities(ctx context.Context) ([]events.Municipality, error)
	Head(ctx context.Context, m events.Municipality) (events.Position, error)
	// Stored yields messages as they are stored, whatever they say, and leaves out what cannot be had.
	Stored(ctx context.Context, m events.Municipality, after events.Position) iter.Seq2[archive.Entry, error]
	// Read says of a message that cannot be had why.
	Read(ctx context.Context, m events.Municipality, after events.Position) iter.Seq2[events.Recorded, error]
}

// Keeper opens the archives for writing: *archive.Keeper.
type Keeper interface {
	Volume(m events.Municipality) (*archive.Volume, error)
	Rewrite(m events.Municipality, c archive.Checkpoint, messages iter.Seq2[archive.Entry, error], aside string) error
}

// Service is the one archiver of a directory. Make it with New.
type Service struct {
	log      Log
	keeper   Keeper
	findings *integrity.Findings
	reached  func(events.Municipality) (events.Position, string, error)
	logger   *slog.Logger
	every    time.Duration

	turns   turns.Turns[events.Municipality] // of those who write an archive, or keep others from it
	mu      sync.Mutex
	volumes map[events.Municipality]*volume
}

// volume is a municipality's archive, for whoever has the turn; it is opened when there is something to write.
type volume struct{ open *archive.Volume }

// Config tells New what to use.
type Config struct {
	Log      Log
	Keeper   Keeper
	Findings *integrity.Findings // what is found damaged is noted there
	// Reached says how far a log was signed at least, and by what that is known: an archive that ends before is not written
	// on; nil: nothing tells.
	Reached func(events.Municipality) (events.Position, string, error)
	Logger  *slog.Logger  // nil: slog.Default
	Every   time.Duration // how often it looks for what is new; 10 s if not set
}

// New returns an archiver that has yet to Run.
func New(c Config) *Service {
	s := &Service{log: c.Log, keeper: c.Keeper, findings: c.Findings, reached: c.Reached, logger: c.Logger, every: c.Every, volumes: make(map[events.Municipality]*volume)}
	if s.logger == nil {
		s.logger = slog.Default()
	}
	if s.every == 0 {
		s.every = 10 * time.Second
	}
	return s
}

// Run archives what is new, and signs it, until ctx ends. It looks at the logs' heads instead of following each: 290
// quiet logs cost one question each every ten seconds, and no consumer.
func (s *Service) Run(ctx context.Context) error {
	for {
		s.look(ctx)
		select {
		case <-time.After(s.every):
		case <-ctx.Done():
			// What is stopped in order leaves nothing that is kept in one copy alone.
			last, done := context.WithTimeout(context.WithoutCancel(ctx), lastLook)
			defer done()
			for _, m := range s.look(last) {
				s.told(last, m, s.Checkpoint(last, m))
			}
			return nil
		}
	}
}

// lastLook is how long a stop may wait for the archive.
const lastLook = 5 * time.Second

// look archives what is new of every log, and passes over those that are held: nobody else waits for them.
func (s *Service) look(ctx context.Context) (held []events.Municipality) {
	known, err := s.log.Municipalities(ctx)
	if err != nil && ctx.Err() == nil {
		s.logger.Warn("the logs cannot be listed", "error", err)
	}
	for _, m := range known {
		release, free := s.turns.Try(m)
		if !free {
			held = append(held, m)
			continue
		}
		s.told(ctx, m, s.checkpoint(ctx, m))
		release()
	}
	return held
}

func (s *Service) told(ctx context.Context, m events.Municipality, err error) {
	if err != nil && ctx.Err() == nil {
		s.logger.Warn("a log cannot be archived; trying again", "municipality", m, "error", err)
	}
}

// Checkpoint archives a log up to its head as it is now, and signs that. What does not continue the archive is an error,
// is noted as a finding, and changes nothing. integrity.ErrHeld: ctx ended before the archive was free.
func (s *Service) Checkpoint(ctx context.Context, m events.Municipality) error {
	release, err := s.turns.Take(ctx, m)
	if err != nil {
		return fmt.Errorf("archive the log of %s: %w: %w", m, integrity.ErrHeld, err)
	}
	defer release()
	return s.checkpoint(ctx, m)
}

func (s *Service) checkpoint(ctx context.Context, m events.Municipality) error {
	v := s.volume(m)
	head, err := s.log.Head(ctx, m)
	if err != nil {
		return err
	}
	if v.open == nil {
		if v.open, err = s.open(m); err != nil {
			v.open = nil
			return s.noted(m, integrity.TheArchive, err)
		}
	}
	if err := s.extend(ctx, m, v.open, head); err != nil {
		v.open = nil
		return s.noted(m, integrity.TheStream, err)
	}
	return nil
}

// open opens an archive for writing, unless it is known to have gone further.
func (s *Service) open(m events.Municipality) (*archive.Volume, error) {
	v, err := s.keeper.Volume(m)
	if err != nil || s.reached == nil {
		return v, err
	}
	at, by, err := s.reached(m)
	if err == nil && v.Position() < at {
		err = &archive.DamageError{Municipality: m, Fault: archive.Fault{
			Position: v.Position(), Code: archive.Shorter, Problem: fmt.Sprintf("it ends here, and %s was signed of the log up to position %d", by, at),
		}}
	}
	return v, err
}

// Rewrite makes a municipality's archive anew: archive.Keeper's.
func (s *Service) Rewrite(m events.Municipality, c archive.Checkpoint, messages iter.Seq2[archive.Entry, error], aside string) error {
	defer s.Pause(m)()
	s.volume(m).open = nil
	return s.keeper.Rewrite(m, c, messages, aside)
}

// Take archives messages that follow, whatever the log says, and signs them.
func (s *Service) Take(m events.Municipality, messages iter.Seq2[archive.Entry, error]) error {
	defer s.Pause(m)()
	s.volume(m).open = nil
	volume, err := s.keeper.Volume(m)
	if err != nil {
		return err
	}
	for e, err := range messages {
		if err == nil {
			err = volume.Append(e.Position, e.Raw)
		}
		if err != nil {
			return err
		}
	}
	return volume.Sign()
}

// Pause keeps the archiver from a municipality's log until resume is called.
func (s *Service) Pause(m events.Municipality) (resume func()) {
	resume, _ = s.turns.Take(context.Background(), m) // which never ends
	return resume
}

func (s *Service) volume(m events.Municipality) *volume {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.volumes[m] == nil {
		s.volumes[m] = new(volume)
	}
	return s.volumes[m]
}

// signedAtOnce is how many messages are signed together where there are many.
const signedAtOnce = 4096

// extend takes the log from the last message that is archived, which has to be the same in both. What messages say is not looked
// at: one that this version cannot read is archived as every other.
func (s *Service) extend(ctx context.Context, m events.Municipality, v *archive.Volume, head events.Position) error {
	switch archived := v.Position(); {
	case head == archived:
		return nil
	case head < archived:
		return &archive.DamageError{Municipality: m, Fault: archive.Fault{Position: head, Code: archive.Broken, Problem: fmt.Sprintf("the log ends at position %d, the archive at %d", head, archived)}}
	}
	next := max(v.Position(), 1)
	for e, err := range s.log.Stored(ctx, m, next-1) {
		if err == nil && e.Position != next {
			break // a copy of the server's that is behind passes over what it has not yet
		}
		if err == nil {
			err = archived(v, e.Position, e.Raw)
		}
		if err != nil {
			return err
		}
		next++
	}
	if next <= head {
		for r, err := range s.log.Read(ctx, m, next-1) {
			if err == nil {
				err = archived(v, r.Position, r.Raw)
			}
			if err != nil {
				return errors.Join(err, v.Sign())
			}
		}
	}
	return v.Sign()
}

func archived(v *archive.Volume, at events.Position, raw []byte) error {
	if err := v.Append(at, raw); err != nil || v.Position()%signedAtOnce != 0 {
		return err
	}
	return v.Sign()
}

// noted keeps what is damage for whoever asks whether all is well. A file that is damaged is the archive's, whatever was
// done: a log is closed for its stream's damage alone.
func (s *Service) noted(m events.Municipality, of string, err error) error {
	var damage *archive.DamageError
	switch {
	case errors.As(err, &damage) && damage.File != "":
		s.findings.Add(integrity.FindingOf(m, integrity.TheArchive, damage.Fault))
	case errors.As(err, &damage):
		s.findings.Add(integrity.FindingOf(m, of, damage.Fault))
	case errors.Is(err, jetlog.ErrGap):
		s.findings.Add(integrity.Finding{Municipality: m, Copy: integrity.TheStream, Code: archive.Broken, Problem: err.Error()})
	}
	return err
}
