package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/events/jetlog"
	"rackvidd/services/audit"
	"rackvidd/services/backup"
	"rackvidd/services/integrity"
	"rackvidd/services/vault"
)

// apartFlags say where everything is of an installation whose services run apart, each as the service has it that it is of. Whoever is
// given all of them sees all of it, as no service does.
type apartFlags struct {
	Apart            bool   `help:"Where the services run apart: see to their log, databases and volumes, as their settings name them (RACKVIDD_NATS_URL, RACKVIDD_DATABASE_URL, RACKVIDD_VAULT_DATABASE_URL, RACKVIDD_SIGNING_KEY, RACKVIDD_ARCHIVE; RACKVIDD_DATA is the api's; RACKVIDD_VAULT_DIR is the vault's directory, by itself DATA/vault)." env:"RACKVIDD_APART"`
	NATSURL          string `name:"nats-url" env:"RACKVIDD_NATS_URL" hidden:"" help:"As serve takes it."`
	NATSBootstrapURL string `name:"nats-bootstrap-url" env:"RACKVIDD_NATS_BOOTSTRAP_URL" hidden:"" help:"As serve takes it."`
	NATSReplicas     int    `name:"nats-replicas" env:"RACKVIDD_NATS_REPLICAS" default:"1" hidden:"" help:"As serve takes it."`
	DatabaseURL      string `env:"RACKVIDD_DATABASE_URL" hidden:"" help:"As serve takes it."`
	VaultDatabaseURL string `env:"RACKVIDD_VAULT_DATABASE_URL" hidden:"" help:"As serve takes it."`
	SigningKey       string `env:"RACKVIDD_SIGNING_KEY" hidden:"" help:"As serve takes it."`
	Archive          string `env:"RACKVIDD_ARCHIVE" hidden:"" help:"As serve takes it."`
	Forms            string `env:"RACKVIDD_FORMS" hidden:"" help:"As serve takes it."`
	VaultDir         string `env:"RACKVIDD_VAULT_DIR" hidden:"" help:"As serve takes it."`
}

// setting is one by the name that it is set by.
type setting struct{ name, value string }

// servers are the settings that name servers.
func (c *apartFlags) servers() []setting {
	return []setting{{"RACKVIDD_NATS_URL", c.NATSURL}, {"RACKVIDD_DATABASE_URL", c.DatabaseURL}, {"RACKVIDD_VAULT_DATABASE_URL", c.VaultDatabaseURL}}
}

// complete refuses settings that do not name everything.
func (c *apartFlags) complete(more ...setting) error {
	for _, one := range append(append(c.servers(), setting{"RACKVIDD_SIGNING_KEY", c.SigningKey}, setting{"RACKVIDD_ARCHIVE", c.Archive}), more...) {
		if one.value == "" {
			return &usageError{fmt.Errorf("with --apart everything is named by the services' settings: set %s as they have it", one.name)}
		}
	}
	return nil
}

// parts are the installation's, of which none runs here.
func (c *apartFlags) parts(env *environment) *parts {
	return &parts{
		data: env.settings.Data, log: slog.New(slog.NewTextHandler(env.err, &slog.HandlerOptions{Level: slog.LevelWarn})),
		serveCommand: &serveCommand{
			NATSURL: c.NATSURL, NATSBootstrapURL: c.NATSBootstrapURL, NATSReplicas: c.NATSReplicas, DatabaseURL: c.DatabaseURL, VaultDatabaseURL: c.VaultDatabaseURL,
			SigningKey: c.SigningKey, Archive: c.Archive, Forms: c.Forms, VaultDir: c.VaultDir,
		},
	}
}

// runApart backs up services that run apart, while they run.
func (c *backupCommand) runApart(env *environment) error {
	if err := c.complete(); err != nil {
		return err
	}
	p := c.parts(env)
	defer p.close()
	for _, place := range []struct{ setting, what, dir, file string }{
		{"RACKVIDD_DATA", "the api's data directory", env.settings.Data, lastSignedFile},
		{"RACKVIDD_VAULT_DIR", "the vault's directory", p.vaultDir(), ledgerFile},
	} {
		_, err := os.Stat(filepath.Join(place.dir, place.file))
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("%s is not %s: %s is missing in it; set %s", place.dir, place.what, place.file, place.setting)
		}
		if err != nil {
			return &usageError{err}
		}
	}
	if err := p.openApart(env); err != nil {
		return c.orStopped(env, err)
	}
	key, err := backup.LoadKey(filepath.Join(p.vaultDir(), backup.KeyFile))
	if err != nil {
		return err
	}
	source := p.everything()
	source.Spool = filepath.Dir(p.vaultDir()) // tables of the vault lie where no other service sees them
	size, err := writeNew(c.File, func(file *os.File) (int64, error) { return env.writeApart(source, key, file) })
	if err != nil {
		return c.orStopped(env, err)
	}
	if err := (audit.History{Pool: p.pool}).NoteBackup(env, audit.BackedUp{Taken: time.Now(), Bytes: size}); err != nil {
		p.log.Warn("that a backup was taken could not be noted", "error", err) // it was, whether or not that can be
	}
	return c.written(env, size, p.vaultDir())
}

// orStopped is what went wrong, or that it was stopped.
func (c *backupCommand) orStopped(env *environment, err error) error {
	if env.Err() == nil {
		return err
	}
	return &stoppedError{"nothing was written to " + c.File + ", and nothing else is changed"}
}

// writeApart writes the backup, and returns its size.
func (env *environment) writeApart(source backup.Source, key backup.Key, to *os.File) (int64, error) {
	source.Hold, source.HoldFiles = env.holds("until no home is told of guests", source.Hold), env.holds("until nobody repairs", source.HoldFiles)
	archived := source.Checkpoint
	source.Checkpoint = func(ctx context.Context, logs ...events.Municipality) error {
		defer env.waiting("until the archiver has signed all that is in the logs")()
		return archived(ctx, logs...)
	}
	if err := backup.Write(env, source, key, to); err != nil {
		return 0, err
	}
	return to.Seek(0, io.SeekCurrent)
}

// holds is how others are held back, and says what is waited for.
func (env *environment) holds(until string, hold func(context.Context) (func() error, error)) func(context.Context) (func() error, error) {
	return func(ctx context.Context) (func() error, error) {
		defer env.waiting(until)()
		release, err := hold(ctx)
		if err != nil {
			err = fmt.Errorf("wait %s: %w", until, err)
		}
		return release, err
	}
}

// openApart opens everything of services that run apart.
func (p *parts) openApart(ctx context.Context) (err error) {
	if err := p.notBeingRestored(); err != nil {
		return err
	}
	if p.pool, err = p.open(ctx, setting{"RACKVIDD_DATABASE_URL", p.DatabaseURL}, "row_security", "off"); err != nil {
		return err
	}
	if p.vaultPool, err = p.open(ctx, setting{"RACKVIDD_VAULT_DATABASE_URL", p.VaultDatabaseURL}); err != nil {
		return err
	}
	store, err := vault.OpenKeyStore(filepath.Join(p.vaultDir(), filepath.Dir(ledgerFile)))
	if err == nil {
		err = store.BelongsTo(ctx, p.vaultPool)
	}
	if err != nil {
		return fmt.Errorf("%s and RACKVIDD_VAULT_DATABASE_URL: %w", p.vaultDir(), err)
	}
	if err := p.openLog(jetlog.Config{}); err != nil {
		return err
	}
	if err := p.openShelf(ctx); err != nil {
		return err
	}
	return p.leadsOn(p.keys)
}

// archivingTime is longer than an archiver that runs elsewhere takes to archive something more: it signs every ten seconds.
const archivingTime = time.Minute

// archivedElsewhere waits until the archiver, which runs elsewhere, has archived logs up to their heads.
func (p *parts) archivedElsewhere(ctx context.Context, logs ...events.Municipality) error {
	heads, err := p.stream.Heads(ctx)
	if err != nil {
		return err
	}
	for _, m := range logs {
		if err := p.damage(m, integrity.Mendable()...); err != nil {
			return err
		}
		signed, err := p.archivedUpTo(ctx, m, heads[m])
		if err == nil {
			err = p.goesFurther(ctx, m, signed.Size)
		}
		if err != nil && (heads[m] > 0 || !errors.Is(err, archive.ErrNone)) {
			return err
		}
	}
	return nil
}

// goesFurther refuses a stream that ends before its archive.
func (p *parts) goesFurther(ctx context.Context, m events.Municipality, archived events.Position) error {
	head, err := p.stream.Head(ctx, m)
	if err == nil && head < archived {
		err = fmt.Errorf("the stream of %s ends at position %d, before its archive (%d): rackvidd audit repair --municipality %[1]s", m, head, archived)
	}
	return err
}

// archivedUpTo waits for a log's archive for as long as it grows.
func (p *parts) archivedUpTo(ctx context.Context, m events.Municipality, head events.Position) (archive.Checkpoint, error) {
	var before events.Position
	for {
		waiting, cancel := context.WithTimeout(ctx, archivingTime)
		signed, err := p.archive.Reach(waiting, m, head)
		over := waiting.Err() != nil && ctx.Err() == nil
		cancel()
		if err == nil || !over {
			return signed, err
		}
		if signed.Size <= before {
			return signed, fmt.Errorf("the archive of %s in %s ends at position %d and grows no more, and its log ends at %d: see that the archiver runs and writes there, and do it again", m, p.archive.Dir, signed.Size, head)
		}
		before = signed.Size
	}
}
