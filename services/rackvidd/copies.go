package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/projections"
	"rackvidd/services/api"
	"rackvidd/services/audit"
	"rackvidd/services/guests"
	"rackvidd/services/intake"
	"rackvidd/services/integrity"
	"rackvidd/services/projector"
	"rackvidd/services/vault"
)

// appending is longer than any append is under way (jetlog gives up after 5 seconds).
const appending = 6 * time.Second

// records are those of repairs, beside the archives.
func (p *parts) records() *audit.Records {
	dir := p.archiveDir()
	return &audit.Records{Dir: filepath.Join(dir, repairsDir), Last: filepath.Join(dir, lastRepairsDir), Damaged: p.path(damagedDir), Key: p.key, Keys: p.keys}
}

// startAudit prepares to check the copies of what happened against each other, and sees whether they are as long as they
// have to be before anything is made of them.
func (p *parts) startAudit(ctx context.Context) error {
	p.copies = &audit.Service{
		Copies: audit.Copies{
			Stream: p.stream, Pool: p.pool, Projections: projector.Projections(), Archive: p.archive.Of, Archived: p.archive.Reach,
			Statements: p.proofs.Statements, Vault: p.register(),
			Records: p.records(),
		},
		Findings: p.archive.Findings, Logger: p.log, Every: p.ScrubEvery, Logs: p.logs,
		Replace: p.stream.Replace, UnderWay: appending,
	}
	if p.archive.Archiver != nil {
		p.copies.Pause = p.archive.Archiver.Pause
	}
	if p.archive.Archiver != nil && p.NATSBootstrapURL != "" {
		p.copies.Archiver = p.archive.Archiver
	}
	p.copies.Forget = p.forgetLog
	if p.vault != nil {
		p.copies.GiveUp = p.giveUp
	}
	if p.streamHere {
		p.copies.Aside = p.keepStream
	}
	if p.pool != nil {
		p.copies.Repairing = audit.Repairing(p.pool)
		if err := projections.PrepareIndexCheck(ctx, p.pool); err != nil {
			p.log.Warn("a verification leaves something out", "error", err)
		}
		p.copies.Scrubbed = func(v audit.Verification, began time.Time) { p.noteVerified(v, nil, 0, began) }
		if err := p.retry(ctx, "verifications", func() error { return audit.InstallHistory(ctx, p.pool) }); err != nil {
			return err
		}
	}
	strange, err := archive.Strange(p.archive.Dir)
	if err != nil {
		return err
	}
	for _, file := range strange {
		p.log.Warn("a file among the archive's checkpoints is of no municipality and is passed over: move it away", "file", file)
	}
	return p.retry(ctx, "log", func() error { return p.copies.Heads(ctx) })
}

// forgetLog forgets what is remembered beside a log by its positions.
func (p *parts) forgetLog(ctx context.Context, m events.Municipality) error {
	if p.vault != nil {
		if err := p.vault.ForgetLog(ctx, m); err != nil {
			return err
		}
	}
	if p.pool == nil {
		return nil
	}
	return guests.Forget(ctx, p.pool, m)
}

// giveUp has children whom the vault does not know count as erased, and tells the log.
func (p *parts) giveUp(ctx context.Context, m events.Municipality, children []events.ID) error {
	if err := p.vault.GiveUp(ctx, m, children); err != nil {
		return err
	}
	return p.noteErasuresOf(ctx, m)
}

// register is the vault as it is asked for children; nil: none is asked here.
func (p *parts) register() vault.Register {
	if p.vault == nil {
		return nil
	}
	return p.vault
}

// startImports sees whether the vault knows the children that the logs came to name since it was asked last, and closes
// what it does not know, before anything is recorded or computed. A vault elsewhere that does not answer keeps nobody from
// starting: until it was asked nothing is recorded of children.
func (p *parts) startImports(ctx context.Context) error {
	p.compared = make(chan struct{})
	if !p.runs("api") && !p.runs("guests") {
		close(p.compared)
		return nil
	}
	return p.retry(ctx, "vault", func() error {
		err := p.compareVault(ctx)
		if p.vaultHere == nil && errors.Is(err, vault.ErrUnavailable) {
			p.log.Warn("the vault does not answer: until it does nothing is recorded of children", "error", err)
			return nil
		}
		if err == nil {
			close(p.compared)
		}
		return err
	})
}

// compareLater asks a vault that did not answer again until it does.
func (p *parts) compareLater(ctx context.Context) {
	const shortest, longest = time.Second, 10 * time.Second
	for wait := shortest; p.uncompared() != nil; wait = min(2*wait, longest) {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
		if err := p.compareVault(ctx); err != nil {
			p.log.Warn("the vault was not compared with the logs yet; trying again", "error", err)
			continue
		}
		p.log.Info("the vault answers, and was compared with the logs")
		close(p.compared)
	}
}

// uncompared says that the vault was not compared with the logs yet.
func (p *parts) uncompared() error {
	select {
	case <-p.compared:
		return nil
	default:
		return fmt.Errorf("%w: it was not compared with the logs yet", vault.ErrUnavailable)
	}
}

// compareVault asks the vault for the children that the logs name.
func (p *parts) compareVault(ctx context.Context) error {
	heads, err := p.stream.Heads(ctx)
	if err != nil {
		return err
	}
	for m := range heads {
		if m == events.National {
			continue
		}
		if err := p.older(m, intake.CatchUp(ctx, p.journal, p.vault, m)); err != nil && !closed(err) {
			return fmt.Errorf("compare the vault with the log of %s: %w", m, err)
		}
	}
	return nil
}

// closed reports whether an error keeps whoever imports or computes away by itself.
func closed(err error) bool {
	var damaged *integrity.DamagedError
	var poison *events.PoisonError
	return errors.As(err, &damaged) || errors.As(err, &poison) || errors.Is(err, events.ErrUnreadable)
}

// older keeps it as a finding where an error says that the vault is older than the log, and returns what follows from it.
func (p *parts) older(m events.Municipality, err error) error {
	var lost *vault.LostError
	if !errors.As(err, &lost) {
		return err
	}
	p.journal.Findings.Settle(m, []integrity.Finding{{Municipality: m, Copy: integrity.TheVault, Position: lost.First, Code: integrity.VaultOlder, Count: uint64(len(lost.Children)), Problem: lost.Problem()}}, integrity.TheVault)
	return p.journal.Findings.Damage(m, integrity.TheVault)
}

// logs are those that have a stream or an archive.
func (p *parts) logs(ctx context.Context) ([]events.Municipality, error) {
	archived, err := archive.Municipalities(p.archive.Dir)
	if err != nil {
		return nil, err
	}
	list, err := p.stream.Municipalities(ctx)
	list = append(list, archived...)
	slices.Sort(list)
	return slices.Compact(list), err
}

// damage returns a *integrity.DamagedError where something stands of a municipality: of the copies named, or of any.
func (p *parts) damage(m events.Municipality, copies ...string) error {
	return p.archive.Findings.Damage(m, copies...)
}

// verify compares a municipality's stream, archive and read models, and keeps what it found.
func (p *parts) verify(ctx context.Context, m events.Municipality, by events.ID, year events.Year, heard func(api.Pass)) (json.RawMessage, error) {
	began := time.Now()
	v, err := p.copies.Verify(ctx, m, year, func(pass audit.Pass) { heard(api.Pass(pass)) })
	if err != nil {
		return nil, err
	}
	p.noteVerified(v, &by, year, began)
	return json.Marshal(v)
}

// repair restores what is damaged of a municipality.
func (p *parts) repair(ctx context.Context, m events.Municipality, by events.ID, acceptLoss bool) (json.RawMessage, error) {
	r, err := p.copies.Repair(ctx, m, audit.Order{By: by, At: time.Now(), AcceptLoss: acceptLoss})
	if err != nil {
		return nil, err
	}
	return repairedAnswer(r)
}

// repairedAnswer is what was repaired as anybody may read it: whoever may repair sees no figures, and the record has them for auditors.
func repairedAnswer(r audit.Repair) (json.RawMessage, error) {
	r.Findings = slices.Clone(r.Findings)
	for i, f := range r.Findings {
		r.Findings[i] = f.Public()
	}
	return json.Marshal(r)
}

// repairs are what was repaired of a municipality, as it was recorded.
func (p *parts) repairs(m events.Municipality) (json.RawMessage, error) {
	list, err := p.copies.Records.Of(m)
	if err != nil {
		return nil, err
	}
	return json.Marshal(list)
}

// damagedDir holds, in the data directory, what repairs put something in the place of.
const damagedDir = "damaged"

// keepStream keeps the files of a stream in DATA/damaged before it is made anew: deleting it leaves them there.
func (p *parts) keepStream(m events.Municipality, name string) error {
	return audit.KeepAside(p.path("nats", "jetstream", "$G", "streams", "EVENTS_"+string(m)), p.path(damagedDir, name))
}
