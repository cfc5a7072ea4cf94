package main

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/mod/sumdb/note"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/events/failpoint"
	"rackvidd/events/jetlog"
	"rackvidd/services/access"
	"rackvidd/services/audit"
	"rackvidd/services/backoffice"
	"rackvidd/services/backup"
	"rackvidd/services/rackvidd/node"
	"rackvidd/services/vault"
)

// restoreCommand makes an installation of a backup.
type restoreCommand struct {
	File       string `arg:"" help:"The backup." type:"path"`
	Vault      string `help:"The vault's directory as it is now (DATA/vault), or its latest copy: it has the key that opens the backup, and the erasure ledger, so that who was erased since stays erased." placeholder:"DIR" type:"path"`
	apartFlags `embed:""`
	PGBin      string `name:"pg-bin" help:"Directory of PostgreSQL's server programs." env:"PG_BIN" placeholder:"DIR"`
	IndexKeys  string `env:"RACKVIDD_INDEX_KEYS" hidden:"" help:"Keys of the vault's index, as serve takes them; default: a file in the vault's directory."`
	LogLevel   string `help:"debug, info, warn or error." env:"RACKVIDD_LOG_LEVEL" default:"warn" enum:"debug,info,warn,error"`
}

// ledgerFile is the erasure ledger in the vault's directory.
var ledgerFile = filepath.Join("keystore", "erasures.log")

// Run works beside the data directory, and gives it its name when all of it is done: until then nothing is touched.
func (c *restoreCommand) Run(env *environment) (err error) {
	if c.Apart {
		return c.runApart(env)
	}
	data, err := filepath.Abs(env.settings.Data)
	if err != nil {
		return err
	}
	if led, none := filepath.EvalSymlinks(data); none == nil { // a link leads to the disk that has the room
		data = led
	}
	if err := c.usable(data); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(data), 0o700); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if err := sweep(filepath.Dir(data)); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	staging, err := os.MkdirTemp(filepath.Dir(data), restoringHere)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(staging)) }()
	if err := os.Chmod(staging, 0o711); err != nil { // PostgreSQL's account has to pass through
		return fmt.Errorf("restore: %w", err)
	}
	r := &restoring{restoreCommand: c, env: env, dir: filepath.Join(staging, "data")}
	r.into = &serversHere{restoring: r}
	if err := r.all(); err != nil {
		return fmt.Errorf("restore %s: %w; %s was not touched", c.File, err, env.settings.Data)
	}
	if err := settle(r.dir, data); err != nil {
		return fmt.Errorf("restore %s: %w", c.File, err)
	}
	_, err = fmt.Fprint(env.out, r.outcome())
	return err
}

// restoringHere begins the name of the directory that a restore works in, beside the data directory.
const restoringHere = ".rackvidd-restore-"

// sweep removes what restores left that were killed: keys and tables together. What is locked is of one that is under way.
func sweep(parent string) error {
	found, err := os.ReadDir(parent)
	for _, one := range found {
		if !strings.HasPrefix(one.Name(), restoringHere) {
			continue
		}
		dir := filepath.Join(parent, one.Name())
		unlock, underWay := node.LockDir(filepath.Join(dir, "data"))
		if underWay != nil {
			continue
		}
		err = errors.Join(err, os.RemoveAll(dir))
		unlock()
	}
	return err
}

// outcome says what was restored, and what is to be seen to.
func (r *restoring) outcome() string {
	return r.restored(r.env.settings.Data) + fmt.Sprintf("Figures are computed again at the next start: rackvidd serve --data %s\n", r.env.settings.Data)
}

// restored says what was restored where, and what came back with it.
func (r *restoring) restored(where string) string {
	made, events := r.unpacked.Made.Format(time.RFC3339), 0
	for _, log := range r.unpacked.Logs {
		events += int(log.Position)
	}
	text := fmt.Sprintf("%s restored as it was at %s: %d logs, %d events, %d erasures carried out.\n", where, made, len(r.unpacked.Logs), events, r.erased)
	if r.keyless > 0 {
		text += fmt.Sprintf("labels without their keys: %d. %s is older than the backup; where there is a newer copy, restore once more with that\n", r.keyless, r.Vault)
	}
	return text + "Whoever could sign in then can again, with the roles and tokens of then, and whoever was flagged since is not: disable accounts, take roles away, revoke tokens and flag children as protected once more, before others are let in.\n" +
		fmt.Sprintf("What signs is the key of then, %s: where another took its place since, let a new one do so before the first start (rackvidd audit key rotate).\n", r.verifier.Name())
}

// settle gives a restored directory its name once all of it is on the disk. Its errors say whether it has it.
func settle(dir, data string) error {
	if err := syncTree(dir); err != nil {
		return fmt.Errorf("what was restored is not on the disk: %w; %s was not touched. See to the disk and do it again", err, data)
	}
	failpoint.At(failpoint.BeforeRestoreRename)
	if err := syscall.Rename(dir, data); err != nil { // os.Rename puts none in the place of an empty one
		return fmt.Errorf("give the restored directory its name: %w; %s was not touched. Name a directory that is empty or not there, and no mount point", err, data)
	}
	if err := node.SyncDir(filepath.Dir(data)); err != nil {
		return fmt.Errorf("%s is restored and in its place, but its name may not be on the disk yet: %w. Do not restore again: see to the disk, run sync, and start it: rackvidd serve --data %[1]s", data, err)
	}
	return nil
}

// syncTree brings what a directory holds onto the disk, with every name in it.
func syncTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() && !entry.Type().IsRegular() {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		return errors.Join(file.Sync(), file.Close())
	})
}

// usable refuses what cannot be restored from or to before anything is done.
func (c *restoreCommand) usable(data string) error {
	for _, server := range c.servers() {
		if server.value != "" {
			return &usageError{fmt.Errorf("a restore fills the servers that are run in the data directory, and with %s others are opened: unset %[1]s, for the restore and for serve; or, where the services run apart, restore with --apart", server.name)}
		}
	}
	if c.VaultDir != "" {
		return &usageError{errors.New("a restore puts the vault's directory into the data directory, and RACKVIDD_VAULT_DIR names another: unset it; or, where the services run apart, restore with --apart")}
	}
	if err := c.opened(); err != nil {
		return err
	}
	if vault, err := filepath.EvalSymlinks(c.Vault); err == nil && within(data, vault) {
		return &usageError{fmt.Errorf("%s is in the vault's directory %s, which is copied into it: name another with --data", data, c.Vault)}
	}
	return empty(data)
}

// opened refuses what opens no backup.
func (c *restoreCommand) opened() error {
	if c.Vault == "" {
		return &usageError{errors.New("name the vault's directory with --vault: DATA/vault of the installation as it is now, or its latest copy. It has the key that opens the backup, and the erasure ledger")}
	}
	for _, name := range []string{backup.KeyFile, ledgerFile, indexKeysFile} {
		if name == indexKeysFile && c.IndexKeys != "" {
			continue
		}
		_, err := os.Stat(filepath.Join(c.Vault, name))
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("%s is not the vault's directory: %s is missing in it", c.Vault, name)
			if name == indexKeysFile {
				err = fmt.Errorf("%w; where the keys came from RACKVIDD_INDEX_KEYS, set that", err)
			}
		}
		if err != nil {
			return &usageError{err}
		}
	}
	return nil
}

// empty refuses a data directory in which anything is.
func empty(data string) error {
	found, err := os.ReadDir(data)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &usageError{fmt.Errorf("restore into %s: %w", data, err)}
	}
	if len(found) > 0 {
		return &usageError{fmt.Errorf("%s is not empty; name an empty data directory with --data", data)}
	}
	if mounted(data) {
		return &usageError{fmt.Errorf("%s is a mount point, which no restored directory can take the place of: name one within it with --data", data)}
	}
	return nil
}

// mounted reports whether a directory is on another file system than the one that it is in.
func mounted(dir string) bool {
	var here, above syscall.Stat_t
	return syscall.Stat(dir, &here) == nil && syscall.Stat(filepath.Dir(dir), &above) == nil && here.Dev != above.Dev
}

// restoring is an installation that is being put together.
type restoring struct {
	*restoreCommand
	env      *environment
	dir      string
	into     servers
	log      *slog.Logger
	unpacked backup.Unpacked
	key      signingKey
	verifier note.Verifier
	retired  []archive.Retired
	journal  *jetlog.Log
	erased   int
	keyless  int // labels
	said     time.Time
}

func (r *restoring) path(elements ...string) string {
	return filepath.Join(append([]string{r.dir}, elements...)...)
}

func (r *restoring) archive(m events.Municipality) archive.Archive {
	return archive.Open(r.path("archive"), m, r.verifier).After(r.retired...)
}

func (r *restoring) all() error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(r.LogLevel)); err != nil {
		return &usageError{err}
	}
	r.log = slog.New(slog.NewTextHandler(r.env.err, &slog.HandlerOptions{Level: level}))
	unlock, err := node.LockDir(r.dir)
	if err != nil {
		return err
	}
	defer unlock()
	for _, step := range []func() error{r.unpack, r.files, r.verify, r.refill, r.tables, func() error { return os.RemoveAll(r.unpacked.Dir) }} {
		if err == nil {
			err = step()
		}
	}
	if err = errors.Join(err, r.into.close()); err != nil && r.env.Err() != nil {
		err = errors.New("it was stopped")
	}
	return err
}

// unpack opens the backup. Only what is whole, and this vault's, comes out of it.
func (r *restoring) unpack() error {
	key, err := backup.ReadKey(filepath.Join(r.Vault, backup.KeyFile))
	if err != nil {
		return err
	}
	file, err := os.Open(r.File)
	if err != nil {
		return err
	}
	defer file.Close()
	into := r.path("unpacked")
	if err := os.Mkdir(into, 0o700); err != nil {
		return err
	}
	r.say("opening the backup")
	r.unpacked, err = backup.Unpack(file, key, into)
	return err
}

// say writes what is being done, at most once a second.
func (r *restoring) say(what string, args ...any) {
	if time.Since(r.said) > time.Second {
		r.said = time.Now()
		fmt.Fprintf(r.env.err, what+"\n", args...)
	}
}

// files puts everything in its place that is a file: of the backup, and the vault's.
func (r *restoring) files() error {
	if err := os.MkdirAll(filepath.Join(r.unpacked.Dir, backup.ArchiveDir), 0o700); err != nil { // no log may have been there
		return err
	}
	for _, move := range []struct{ name, to string }{
		{backup.ArchiveDir, "archive"},
		{repairsDir, filepath.Join("archive", repairsDir)},
		{lastRepairsDir, filepath.Join("archive", lastRepairsDir)},
		{begunDir, begunDir},
		{keysDir, filepath.Join("archive", keysDir)},
		{statementsDir, statementsDir},
		{formsDir, formsDir},
		{backup.SigningKeyFile, signingKeyFile},
	} {
		if err := os.Rename(filepath.Join(r.unpacked.Dir, move.name), r.path(move.to)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if rest, err := r.unpacked.Rest(); err != nil || len(rest) > 0 {
		return cmp.Or(err, error(&backup.UnusableError{Problem: fmt.Sprintf("it holds %s, which this version of the program does not know; restore it with the version that made it", strings.Join(rest, ", "))}))
	}
	if err := copyPrivately(r.Vault, r.path("vault")); err != nil {
		return fmt.Errorf("copy the vault's directory: %w", err)
	}
	var err error
	if r.key, err = signingKeyIn(r.path(signingKeyFile)); err != nil {
		return err
	}
	if r.key.public != r.unpacked.Key {
		return &backup.UnusableError{Problem: "its signing key is not the one that signed it"}
	}
	if r.Apart {
		if err := errors.Join(r.signedBy(r.key), os.Remove(r.path(signingKeyFile))); err != nil { // it is the setting's there
			return err
		}
	}
	if _, err := audit.MendKeys(r.path("archive", keysDir), r.path(keysDir)); err != nil {
		return &backup.UnusableError{Problem: err.Error()}
	}
	keys, err := audit.ReadKeys(r.path("archive", keysDir), r.key.public)
	if err != nil {
		return &backup.UnusableError{Problem: err.Error()}
	}
	if r.retired, err = keys.Retired(); err != nil {
		return err
	}
	r.verifier, err = note.NewVerifier(string(r.key.public))
	return err
}

// copyPrivately copies a directory, and what links in it lead to, so that nobody but its owner reads a file of it.
func copyPrivately(from, to string) error {
	found, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	if err := os.Mkdir(to, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	for _, one := range found {
		source, copied := filepath.Join(from, one.Name()), filepath.Join(to, one.Name())
		info, err := os.Stat(source)
		switch {
		case err == nil && info.IsDir():
			err = copyPrivately(source, copied)
		case err == nil && info.Mode().IsRegular():
			err = copyFilePrivately(source, copied)
		case err == nil:
			err = fmt.Errorf("%s is no file: take it away", source)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func copyFilePrivately(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// verify checks every byte of the archives against their signed checkpoints.
func (r *restoring) verify() error {
	for i, log := range r.unpacked.Logs {
		r.say("verifying archives: %d of %d", i, len(r.unpacked.Logs))
		signed, faults, err := r.archive(log.Municipality).Verify(r.env)
		if err != nil {
			return err
		}
		if len(faults) > 0 || signed.Size != log.Position || hex.EncodeToString(signed.Root[:]) != log.Root {
			return &backup.UnusableError{Problem: fmt.Sprintf("the archive of %s is not the one that was backed up", log.Municipality)}
		}
	}
	return nil
}

// refill writes the logs again from their archives, at the same positions.
func (r *restoring) refill() error {
	cfg, err := r.into.logs()
	if err != nil {
		return err
	}
	if r.journal, err = jetlog.New(cfg); err != nil {
		return err
	}
	for i, log := range r.unpacked.Logs {
		r.say("writing logs: %d of %d", i, len(r.unpacked.Logs))
		if err := r.journal.Replace(r.env, log.Municipality, r.archive(log.Municipality).Read(r.env, 0)); err != nil {
			return err
		}
		head, err := r.journal.Head(r.env, log.Municipality)
		if err == nil && head != log.Position {
			err = fmt.Errorf("the log of %s ends at position %d, not %d", log.Municipality, head, log.Position)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// tables fills the databases; the vault opens only when every erasure is carried out there.
func (r *restoring) tables() error {
	r.say("filling the databases")
	main, tokens, err := r.into.databases()
	if err != nil {
		return err
	}
	err = r.filled(main, mainTables, func(pool *pgxpool.Pool) error {
		_, err := access.New(r.env, access.Config{Pool: pool})
		return errors.Join(err, backoffice.Install(r.env, pool), audit.InstallHistory(r.env, pool))
	}, nil)
	if err != nil {
		return err
	}
	return r.filled(tokens, vaultTables, func(pool *pgxpool.Pool) error { return vault.Install(r.env, pool) }, r.erase)
}

// filled makes a database's tables and fills them, and does with them what comes next.
func (r *restoring) filled(address, name string, install, then func(*pgxpool.Pool) error) error {
	pool, err := pgxpool.New(r.env, address)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := install(pool); err != nil {
		return err
	}
	if err := r.unpacked.Fill(r.env, name, pool); err != nil || then == nil {
		return err
	}
	return then(pool)
}

// erase opens the vault, which carries out the ledger first, and notes in the logs what was erased after the backup.
func (r *restoring) erase(pool *pgxpool.Pool) error {
	store, keys, err := vaultKeys(r.IndexKeys, r.path("vault"))
	if err != nil {
		return err
	}
	opened, err := vault.New(r.env, vault.Config{Pool: pool, Keys: keys, KeyStore: store, Log: r.log})
	if err != nil {
		if errors.Is(err, vault.ErrWrongLedger) {
			err = fmt.Errorf("the erasure ledger in %s is another vault's, or older than the backup; name the current one: %w", r.Vault, err)
		}
		if errors.Is(err, vault.ErrWrongKeys) && r.IndexKeys == "" {
			err = fmt.Errorf("where the installation has them in a setting, restore with the same RACKVIDD_INDEX_KEYS: %w", err)
		}
		return err
	}
	if err := opened.Unlist(r.env); err != nil {
		return err
	}
	if r.keyless, err = opened.Keyless(r.env); err != nil {
		return err
	}
	erased, err := store.Erasures()
	r.erased = len(erased)
	for token, m := range erased {
		if err == nil {
			err = r.noteErasure(m, token)
		}
	}
	return err
}

// noteErasure records an erasure that the log of the backup does not know of.
func (r *restoring) noteErasure(m events.Municipality, token events.ID) error {
	if !slices.ContainsFunc(r.unpacked.Logs, func(l backup.Log) bool { return l.Municipality == m }) {
		return nil // it had no log yet
	}
	return noteErasure(r.env, r.journal, m, token)
}
