package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"

	"rackvidd/events/failpoint"
	"rackvidd/events/jetlog"
	"rackvidd/services/rackvidd/node"
)

// restoringApart begins the name of the directory that a restore works in where the services run apart: beside the vault's, for nobody
// else may see what is in it. Meanwhile another of that name is in the archive's.
const restoringApart = ".rackvidd-restoring-"

// notBeingRestored refuses to start on what a restore has not brought to its end.
func (p *parts) notBeingRestored() error { return notBeingRestored(p.data, p.archiveDir()) }

func notBeingRestored(dirs ...string) error {
	for _, dir := range dirs {
		found, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return &usageError{fmt.Errorf("look into the data directory and the archive (RACKVIDD_DATA, RACKVIDD_ARCHIVE): %w", err)}
		}
		for _, one := range found {
			if strings.HasPrefix(one.Name(), restoringApart) {
				return &usageError{fmt.Errorf("%s is of a restore that has not come to its end, and nothing starts on half of one. Where none is under way, empty the log, the databases and all volumes: what it left opens the backup", filepath.Join(dir, one.Name()))}
			}
		}
	}
	return nil
}

// runApart restores into the log, the databases and the volumes of services that run apart, and do not run yet. Whatever fails on the
// way is taken back.
func (c *restoreCommand) runApart(env *environment) (err error) {
	if err := c.complete(setting{"RACKVIDD_NATS_BOOTSTRAP_URL", c.NATSBootstrapURL}); err != nil {
		return err
	}
	if err := c.opened(); err != nil {
		return err
	}
	r := &restoring{restoreCommand: c, env: env}
	to := &serversApart{restoring: r, parts: c.parts(env)}
	r.into = to
	defer to.parts.close()
	if err := to.claim(); err != nil {
		return fmt.Errorf("restore %s: %w; nothing was touched", c.File, err)
	}
	for _, step := range []func() error{to.free, r.all, to.settle} {
		if err == nil {
			err = step()
		}
	}
	if err != nil {
		if undone := to.undo(context.WithoutCancel(env)); undone != nil {
			return fmt.Errorf("restore %s: %w; and what it had written could not all be taken back: empty the log, the databases and the volumes before it is done again: %w", c.File, err, undone)
		}
		return fmt.Errorf("restore %s: %w; everything is as it was", c.File, err)
	}
	if err := to.giveFree(); err != nil {
		return fmt.Errorf("restore %s: all of it is restored, but %s could not be removed: see to the disk and remove them; then the services start: %w", c.File, strings.Join(to.made, " and "), err)
	}
	_, err = fmt.Fprint(env.out, r.restored("The installation is")+"Figures are computed again when the services are started. Then: rackvidd audit verify\n")
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
	made      []string // directories
	begun     bool     // servers may hold something
}

// The schemas of the main database: those that a restore fills, and those that the services make by themselves.
var (
	restoredSchemas = []string{"access", "audit", "backoffice"}
	madeSchemas     = []string{"guests", "projections"}
)

// volumes are the directories that are filled, by their settings.
func (s *serversApart) volumes() []setting {
	list := []setting{{"RACKVIDD_DATA", s.parts.data}, {"RACKVIDD_ARCHIVE", s.parts.archiveDir()}, {"RACKVIDD_VAULT_DIR", s.parts.vaultDir()}}
	if s.parts.Forms != "" {
		list = append(list, setting{"RACKVIDD_FORMS", s.parts.Forms})
	}
	return list
}

// claim refuses volumes in which anything is, and keeps them from every service and every other restore until this one is over.
func (s *serversApart) claim() (err error) {
	beside := filepath.Dir(s.parts.vaultDir())
	if err := notBeingRestored(s.parts.data, s.parts.archiveDir(), beside); err != nil {
		return err
	}
	if err := s.vacant(); err != nil {
		return err
	}
	dirs := []string{s.parts.archiveDir(), s.parts.data, beside}
	if s.parts.Forms != "" {
		dirs = append(dirs, s.parts.Forms) // whoever is told where forms are wants it to be there
	}
	for _, dir := range dirs {
		if err == nil {
			err = os.MkdirAll(dir, 0o700)
		}
	}
	claim := filepath.Join(s.parts.archiveDir(), restoringApart+"begun")
	if err == nil {
		err = os.Mkdir(claim, 0o700)
	}
	if err != nil {
		return err
	}
	s.made = []string{claim}
	staging, err := os.MkdirTemp(beside, restoringApart)
	if err == nil {
		s.made = []string{staging, claim}
		s.restoring.dir = filepath.Join(staging, "data")
		err = s.vacant() // of whoever was about to start
	}
	if err != nil {
		return errors.Join(err, s.giveFree())
	}
	return nil
}

// vacant refuses volumes in which anything is but what the restore made there, and other volumes.
func (s *serversApart) vacant() error {
	for _, volume := range s.volumes() {
		found, err := os.ReadDir(volume.value)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return &usageError{err}
		}
		for _, one := range found {
			path := filepath.Join(volume.value, one.Name())
			if !s.holdsMade(path) && !slices.ContainsFunc(s.volumes(), func(v setting) bool { return v.value == path }) {
				return &usageError{fmt.Errorf("%s (%s) is not empty: %s is in it. Restore into new volumes; where the vault's directory is still whole, copy that first (rackvidd vault copy): it has what was erased since", volume.value, volume.name, one.Name())}
			}
		}
	}
	return nil
}

// holdsMade reports whether a path is, or has in it, what the restore works in.
func (s *serversApart) holdsMade(path string) bool {
	return slices.ContainsFunc(s.made, func(made string) bool { return within(made, path) })
}

// free refuses servers in which anything is, or that cannot be filled.
func (s *serversApart) free() error {
	cfg, err := s.connections()
	if err != nil {
		return err
	}
	for setting, conn := range map[string]*nats.Conn{"RACKVIDD_NATS_URL": cfg.Conn, "RACKVIDD_NATS_BOOTSTRAP_URL": cfg.Bootstrap} {
		if !conn.IsConnected() {
			return fmt.Errorf("NATS is not there, or lets nobody in, as %s says: %w", setting, cmp.Or(conn.LastError(), nats.ErrDisconnected))
		}
	}
	log, err := jetlog.New(cfg)
	if err != nil {
		return err
	}
	known, err := log.Municipalities(s.restoring.env)
	if err == nil && len(known) > 0 {
		err = &usageError{fmt.Errorf("RACKVIDD_NATS_URL has the log of %s already", known[0])}
	}
	if err != nil {
		return err
	}
	for _, d := range []struct{ setting, address, holds string }{
		{"RACKVIDD_DATABASE_URL", s.parts.DatabaseURL, schemasThere(slices.Concat(restoredSchemas, madeSchemas))},
		{"RACKVIDD_VAULT_DATABASE_URL", s.parts.VaultDatabaseURL, tablesThere},
	} {
		if err := s.fillable(d.setting, d.address, d.holds); err != nil {
			return err
		}
	}
	return nil
}

// tablesThere asks for the tables of the vault's database, schemasThere for some of the schemas of the main one.
const tablesThere = `SELECT 'public.' || quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'`

func schemasThere(names []string) string {
	return `SELECT quote_ident(nspname) FROM pg_namespace WHERE nspname IN ('` + strings.Join(names, `', '`) + `')`
}

// fillable refuses a database that holds something, or that may not be filled.
func (s *serversApart) fillable(setting, address, holds string) error {
	ctx := s.restoring.env
	return connected(ctx, setting, address, func(pool *pgxpool.Pool) error {
		var may bool
		if err := pool.QueryRow(ctx, `SELECT has_database_privilege(current_database(), 'CREATE')`).Scan(&may); err != nil {
			return fmt.Errorf("%s: %w", setting, err)
		}
		rows, _ := pool.Query(ctx, holds)
		found, err := pgx.CollectRows(rows, pgx.RowTo[string])
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", setting, err)
		case len(found) > 0:
			return &usageError{fmt.Errorf("the database of %s is not empty: %s is in it", setting, found[0])}
		case !may:
			return &usageError{fmt.Errorf("the role of %s may make nothing in its database: deploy/postgres/databases.sql has who owns it", setting)}
		}
		return nil
	})
}

func connected(ctx context.Context, setting, address string, do func(*pgxpool.Pool) error) error {
	pool, err := pgxpool.New(ctx, address)
	if err != nil {
		return &usageError{fmt.Errorf("%s cannot be read; write postgres://user:password@host/database", setting)} // the error quotes it
	}
	defer pool.Close()
	return do(pool)
}

func (s *serversApart) connections() (cfg jetlog.Config, err error) {
	cfg.Replicas = s.parts.NATSReplicas
	if cfg.Conn, err = s.parts.connect("RACKVIDD_NATS_URL", s.parts.NATSURL); err == nil {
		cfg.Bootstrap, err = s.parts.connect("RACKVIDD_NATS_BOOTSTRAP_URL", s.parts.NATSBootstrapURL)
	}
	return cfg, err
}

func (s *serversApart) logs() (jetlog.Config, error) {
	s.begun = true
	return s.connections()
}

func (s *serversApart) databases() (main, vault string, err error) {
	return s.parts.DatabaseURL, s.parts.VaultDatabaseURL, nil
}

func (s *serversApart) close() error { return nil }

// settle brings what is in no server to the volumes, and onto the disk.
func (s *serversApart) settle() error {
	r, p := s.restoring, s.parts
	for _, copied := range []struct{ from, to string }{
		{"vault", s.parts.vaultDir()},
		{statementsDir, p.path(statementsDir)},
		{begunDir, p.path(begunDir)},
		{keysDir, p.path(keysDir)},
		{formsDir, cmp.Or(p.Forms, p.path(formsDir))},
		{"archive", p.archiveDir()},
	} {
		if _, err := os.Stat(r.path(copied.from)); errors.Is(err, fs.ErrNotExist) {
			continue // there were none
		}
		if err := copyPrivately(r.path(copied.from), copied.to); err != nil {
			return err
		}
	}
	for _, volume := range s.volumes() {
		if err := syncTree(volume.value); err != nil && !errors.Is(err, fs.ErrNotExist) { // there may be no forms
			return err
		}
		if err := node.SyncDir(filepath.Dir(volume.value)); err != nil {
			return err
		}
	}
	failpoint.At(failpoint.BeforeRestoreRename)
	return nil
}

// giveFree removes what the restore worked in, and then what keeps others out.
func (s *serversApart) giveFree() error {
	for _, dir := range s.made {
		if err := errors.Join(os.RemoveAll(dir), node.SyncDir(filepath.Dir(dir))); err != nil {
			return err
		}
	}
	return nil
}

// undo takes everything back: there was nothing before.
func (s *serversApart) undo(ctx context.Context) error {
	var problems []error
	step := func(do func(context.Context) error) {
		ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
		problems = append(problems, do(ctx))
	}
	if s.begun {
		step(func(ctx context.Context) error {
			return drop(ctx, "RACKVIDD_VAULT_DATABASE_URL", s.parts.VaultDatabaseURL, "TABLE", tablesThere)
		})
		step(func(ctx context.Context) error {
			return drop(ctx, "RACKVIDD_DATABASE_URL", s.parts.DatabaseURL, "SCHEMA", schemasThere(restoredSchemas))
		})
	}
	for _, volume := range s.volumes() {
		problems = append(problems, s.emptied(volume.value))
	}
	if log := s.restoring.journal; s.begun && log != nil {
		for _, l := range s.restoring.unpacked.Logs {
			step(func(ctx context.Context) error { return log.Remove(ctx, l.Municipality) })
		}
	}
	if err := errors.Join(problems...); err != nil {
		return err
	}
	return s.giveFree()
}

// drop drops what a query names.
func drop(ctx context.Context, setting, address, what, query string) error {
	return connected(ctx, setting, address, func(pool *pgxpool.Pool) error {
		rows, _ := pool.Query(ctx, query)
		names, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err == nil && len(names) > 0 {
			_, err = pool.Exec(ctx, fmt.Sprintf("DROP %s %s CASCADE", what, strings.Join(names, ", ")))
		}
		return err
	})
}

// emptied removes what is in a directory, but for what the restore works in.
func (s *serversApart) emptied(dir string) error {
	found, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, one := range found {
		switch path := filepath.Join(dir, one.Name()); {
		case slices.Contains(s.made, path):
		case s.holdsMade(path):
			err = errors.Join(err, s.emptied(path))
		default:
			err = errors.Join(err, os.RemoveAll(path))
		}
	}
	return err
}
