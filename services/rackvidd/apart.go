package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/events/jetlog"
	"rackvidd/services/backup"
	"rackvidd/services/integrity"
)

// apartFlags say where everything is of an installation whose services run apart, by the settings that serve takes. Whoever is given
// all of them sees all of it, as no service does.
type apartFlags struct {
	Apart            bool   `help:"Where the services run apart: use their log, databases and volumes, as the settings name them (RACKVIDD_NATS_URL, RACKVIDD_DATABASE_URL, RACKVIDD_VAULT_DATABASE_URL, RACKVIDD_SIGNING_KEY, RACKVIDD_ARCHIVE, RACKVIDD_VAULT_DIR)." env:"RACKVIDD_APART"`
	NATSURL          string `name:"nats-url" env:"RACKVIDD_NATS_URL" hidden:"" help:"As serve takes it."`
	NATSBootstrapURL string `name:"nats-bootstrap-url" env:"RACKVIDD_NATS_BOOTSTRAP_URL" hidden:"" help:"As serve takes it."`
	DatabaseURL      string `env:"RACKVIDD_DATABASE_URL" hidden:"" help:"As serve takes it."`
	VaultDatabaseURL string `env:"RACKVIDD_VAULT_DATABASE_URL" hidden:"" help:"As serve takes it."`
	SigningKey       string `env:"RACKVIDD_SIGNING_KEY" hidden:"" help:"As serve takes it."`
	Archive          string `env:"RACKVIDD_ARCHIVE" hidden:"" help:"As serve takes it."`
	Forms            string `env:"RACKVIDD_FORMS" hidden:"" help:"As serve takes it."`
	VaultDir         string `env:"RACKVIDD_VAULT_DIR" hidden:"" help:"Directory of the vault; default: DATA/vault."`
}

// setting is one by the name that it is set by.
type setting struct{ name, value string }

// servers are the settings that name servers.
func (c *apartFlags) servers() []setting {
	return []setting{{"RACKVIDD_NATS_URL", c.NATSURL}, {"RACKVIDD_DATABASE_URL", c.DatabaseURL}, {"RACKVIDD_VAULT_DATABASE_URL", c.VaultDatabaseURL}}
}

// complete refuses settings that do not name everything.
func (c *apartFlags) complete(more ...setting) error {
	for _, one := range append(append(c.servers(), setting{"RACKVIDD_SIGNING_KEY", c.SigningKey}), more...) {
		if one.value == "" {
			return &usageError{fmt.Errorf("with --apart everything is named by the services' settings: set %s as they have it", one.name)}
		}
	}
	return nil
}

func (c *apartFlags) vaultDir(data string) string {
	return cmp.Or(c.VaultDir, filepath.Join(data, "vault"))
}

// parts are the installation's, of which none runs here.
func (c *apartFlags) parts(data string, log *slog.Logger) *parts {
	return &parts{data: data, log: log, serveCommand: &serveCommand{
		NATSURL: c.NATSURL, NATSBootstrapURL: c.NATSBootstrapURL, NATSReplicas: 1, DatabaseURL: c.DatabaseURL, VaultDatabaseURL: c.VaultDatabaseURL,
		SigningKey: c.SigningKey, Archive: c.Archive, Forms: c.Forms,
	}}
}

// runApart backs up services that run apart, while they run.
func (c *backupCommand) runApart(env *environment) error {
	if err := c.complete(); err != nil {
		return err
	}
	vault := c.vaultDir(env.settings.Data)
	if _, err := os.Stat(filepath.Join(vault, filepath.Dir(ledgerFile))); err != nil {
		return &usageError{fmt.Errorf("%s is not the vault's directory: name that with RACKVIDD_VAULT_DIR: %w", vault, err)}
	}
	size, err := writeNew(c.File, func(file *os.File) (int64, error) { return c.writeApart(env, file) })
	if err != nil {
		return err
	}
	return c.written(env, size, vault)
}

// writeApart writes the backup, and returns its size.
func (c *backupCommand) writeApart(env *environment, to *os.File) (int64, error) {
	p := c.parts(env.settings.Data, slog.New(slog.NewTextHandler(env.err, &slog.HandlerOptions{Level: slog.LevelWarn})))
	defer p.close()
	key, err := backup.LoadKey(filepath.Join(c.vaultDir(p.data), backup.KeyFile))
	if err == nil {
		err = p.openApart(env)
	}
	if err != nil {
		return 0, err
	}
	source := p.everything()
	source.Spool = filepath.Dir(to.Name())
	if err := backup.Write(env, source, key, to); err != nil {
		return 0, err
	}
	return to.Seek(0, io.SeekCurrent)
}

// openApart opens everything of services that run apart.
func (p *parts) openApart(ctx context.Context) (err error) {
	if p.pool, err = p.open(ctx, p.DatabaseURL, "row_security", "off"); err != nil {
		return err
	}
	if p.vaultPool, err = p.open(ctx, p.VaultDatabaseURL); err != nil {
		return err
	}
	if err := p.openLog(jetlog.Config{}); err != nil {
		return err
	}
	if err := p.openShelf(ctx); err != nil {
		return err
	}
	return p.leadsOn(p.keys)
}

// archivingTime is longer than an archiver that runs elsewhere takes to come to anything: it signs every ten seconds.
const archivingTime = time.Minute

// archivedElsewhere waits until the archiver, which runs elsewhere, has archived logs up to their heads.
func (p *parts) archivedElsewhere(ctx context.Context, logs ...events.Municipality) error {
	heads, err := p.stream.Heads(ctx)
	if err != nil {
		return err
	}
	waiting, cancel := context.WithTimeout(ctx, archivingTime)
	defer cancel()
	for _, m := range logs {
		if err := p.damage(m, integrity.Mendable()...); err != nil {
			return err
		}
		signed, err := p.archive.Reach(waiting, m, heads[m])
		switch {
		case errors.Is(err, archive.ErrNone) && heads[m] == 0:
			continue
		case err != nil && waiting.Err() != nil && ctx.Err() == nil:
			return fmt.Errorf("the archive of %s ends at position %d, and its log at %d: see that the archiver runs, and do it again", m, signed.Size, heads[m])
		case err != nil:
			return err
		}
		if head, err := p.stream.Head(ctx, m); err != nil || head < signed.Size {
			return cmp.Or(err, fmt.Errorf("the stream of %s ends at position %d, before its archive (%d): rackvidd audit repair --municipality %[1]s", m, head, signed.Size))
		}
	}
	return nil
}
