package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events/failpoint"
	"rackvidd/events/jetlog"
	"rackvidd/services/rackvidd/node"
)

// restoreStaging begins the name of the directory that a restore works in. It is beside the data directory or, where the services
// run apart, in the archive's.
const restoreStaging = ".rackvidd-restore-"

// notBeingRestored refuses an archive into which a restore was not carried out to its end.
func (p *parts) notBeingRestored() error {
	found, err := os.ReadDir(p.archiveDir())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, one := range found {
		if strings.HasPrefix(one.Name(), restoreStaging) {
			return &usageError{fmt.Errorf("%s is of a restore that did not come to its end: empty the log, the databases and the volumes, and restore once more", filepath.Join(p.archiveDir(), one.Name()))}
		}
	}
	return err
}

// runApart restores into the log, the databases and the volumes of services that run apart, and that do not run yet. Whatever fails
// on the way is undone.
func (c *restoreCommand) runApart(env *environment) (err error) {
	if err := c.complete(setting{"RACKVIDD_NATS_BOOTSTRAP_URL", c.NATSBootstrapURL}); err != nil {
		return err
	}
	if err := c.opened(); err != nil {
		return err
	}
	r := &restoring{restoreCommand: c, env: env}
	to := &serversApart{restoring: r, parts: c.parts(env.settings.Data, slog.New(slog.NewTextHandler(env.err, nil)))}
	defer to.parts.close()
	if err := to.free(); err != nil {
		return fmt.Errorf("restore %s: %w; nothing was touched", c.File, err)
	}
	archived := to.parts.archiveDir()
	if err := os.MkdirAll(archived, 0o700); err != nil {
		return fmt.Errorf("restore %s: %w", c.File, err)
	}
	staging, err := os.MkdirTemp(archived, restoreStaging)
	if err != nil {
		return fmt.Errorf("restore %s: %w", c.File, err)
	}
	r.dir, r.into = filepath.Join(staging, "data"), to
	if err = r.all(); err == nil {
		err = to.settle(staging)
	}
	if err != nil {
		undone := errors.Join(to.undo(context.WithoutCancel(env)), os.RemoveAll(staging))
		if undone != nil {
			return fmt.Errorf("restore %s: %w; and what it had written could not all be taken back: empty the log, the databases and the volumes before it is done again: %w", c.File, err, undone)
		}
		return fmt.Errorf("restore %s: %w; everything is empty, as it was", c.File, err)
	}
	_, err = fmt.Fprint(env.out, r.restored("The log, the databases and the volumes are")+"Figures are computed again when the services are started.\n")
	return err
}

// signedBy refuses another key than the one that the services are given.
func (c *restoreCommand) signedBy(key signingKey) error {
	given, err := signingKeyFrom("RACKVIDD_SIGNING_KEY", c.SigningKey)
	if err == nil && given.public != key.public {
		err = &usageError{fmt.Errorf("%s signed what is in the backup, and RACKVIDD_SIGNING_KEY is %s: give the services the installation's own. Where that is lost, restore without --apart into a directory: its %s is the key", key.Name(), given.Name(), signingKeyFile)}
	}
	return err
}

// serversApart are the ones that the services use, and their volumes.
type serversApart struct {
	restoring *restoring
	parts     *parts
}

// The schemas of the main database: those that a restore fills, and those that the services make by themselves.
var (
	restoredSchemas = []string{"access", "audit", "backoffice"}
	madeSchemas     = []string{"guests", "projections"}
)

// free refuses to restore where anything is.
func (s *serversApart) free() error {
	p := s.parts
	for _, dir := range []setting{{"RACKVIDD_DATA", p.data}, {"RACKVIDD_ARCHIVE", p.archiveDir()}, {"RACKVIDD_VAULT_DIR", s.vaultDir()}} {
		found, err := os.ReadDir(dir.value)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return &usageError{err}
		}
		if len(found) > 0 {
			return &usageError{fmt.Errorf("%s (%s) is not empty: %s is in it", dir.value, dir.name, found[0].Name())}
		}
	}
	cfg, err := s.logs()
	if err != nil {
		return err
	}
	log, err := jetlog.New(cfg)
	if err != nil {
		return err
	}
	known, err := log.Municipalities(s.restoring.env)
	if err == nil && len(known) > 0 {
		err = &usageError{fmt.Errorf("RACKVIDD_NATS_URL has the log of %s", known[0])}
	}
	if err != nil {
		return err
	}
	for _, d := range []struct{ setting, address, holds string }{
		{"RACKVIDD_DATABASE_URL", p.DatabaseURL, `SELECT 'the schema ' || nspname FROM pg_namespace WHERE nspname = ANY ($1) LIMIT 1`},
		{"RACKVIDD_VAULT_DATABASE_URL", p.VaultDatabaseURL, `SELECT 'the table ' || tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL ($1) LIMIT 1`},
	} {
		var holds string
		err := s.connected(d.address, func(pool *pgxpool.Pool) error {
			return pool.QueryRow(s.restoring.env, d.holds, slices.Concat(restoredSchemas, madeSchemas)).Scan(&holds)
		})
		if err == nil {
			err = &usageError{fmt.Errorf("%s has %s", d.setting, holds)}
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
	}
	return nil
}

func (s *serversApart) connected(address string, do func(*pgxpool.Pool) error) error {
	pool, err := pgxpool.New(s.restoring.env, address)
	if err != nil {
		return &usageError{errors.New("a database URL cannot be read; write postgres://user:password@host/database")}
	}
	defer pool.Close()
	return do(pool)
}

func (s *serversApart) vaultDir() string { return s.restoring.vaultDir(s.parts.data) }

func (s *serversApart) logs() (cfg jetlog.Config, err error) {
	if cfg.Conn, err = s.parts.connect(s.parts.NATSURL); err == nil {
		cfg.Bootstrap, err = s.parts.connect(s.parts.NATSBootstrapURL)
	}
	return cfg, err
}

func (s *serversApart) databases() (main, vault string, err error) {
	return s.parts.DatabaseURL, s.parts.VaultDatabaseURL, nil
}

func (s *serversApart) close() error { return nil }

// settle brings what is not in a server to the volumes, the archive's last: until then no service starts on any of it.
func (s *serversApart) settle(staging string) error {
	r := s.restoring
	if err := copyVault(r.path("vault"), s.vaultDir()); err != nil {
		return err
	}
	for _, name := range []string{statementsDir, formsDir, begunDir, keysDir} {
		if err := os.CopyFS(s.parts.path(name), os.DirFS(r.path(name))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	archived, err := os.ReadDir(r.path("archive"))
	for _, one := range archived {
		if err == nil {
			err = os.Rename(r.path("archive", one.Name()), filepath.Join(s.parts.archiveDir(), one.Name()))
		}
	}
	for _, dir := range []string{s.vaultDir(), s.parts.data, s.parts.archiveDir()} {
		if err == nil {
			err = syncTree(dir)
		}
	}
	if err != nil {
		return err
	}
	failpoint.At(failpoint.BeforeRestoreRename)
	return errors.Join(os.RemoveAll(staging), node.SyncDir(s.parts.archiveDir()))
}

// undo empties everything again: it was empty before.
func (s *serversApart) undo(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var problems []error
	if log := s.restoring.journal; log != nil {
		for _, l := range s.restoring.unpacked.Logs {
			problems = append(problems, log.Remove(ctx, l.Municipality))
		}
		problems = append(problems,
			s.drop(ctx, s.parts.DatabaseURL, "SCHEMA", `SELECT quote_ident(nspname) FROM pg_namespace WHERE nspname = ANY ($1)`),
			s.drop(ctx, s.parts.VaultDatabaseURL, "TABLE", `SELECT 'public.' || quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL ($1)`))
	}
	for _, dir := range []string{s.parts.data, s.parts.archiveDir(), s.vaultDir()} {
		problems = append(problems, emptied(dir))
	}
	return errors.Join(problems...)
}

// drop drops what a query names.
func (s *serversApart) drop(ctx context.Context, address, what, query string) error {
	pool, err := pgxpool.New(ctx, address)
	if err != nil {
		return err
	}
	defer pool.Close()
	rows, _ := pool.Query(ctx, query, restoredSchemas)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(names) == 0 {
		return err
	}
	_, err = pool.Exec(ctx, fmt.Sprintf("DROP %s %s CASCADE", what, strings.Join(names, ", ")))
	return err
}

// emptied removes what is in a directory.
func emptied(dir string) error {
	found, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, one := range found {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, one.Name())))
	}
	return err
}
