package main

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/events/failpoint"
	"rackvidd/services/api"
	"rackvidd/services/audit"
	"rackvidd/services/backup"
	"rackvidd/services/integrity"
	"rackvidd/services/rackvidd/node"
)

// backupCommand takes a backup of a running installation.
type backupCommand struct {
	File       string `arg:"" help:"Where to; it must not be there yet." type:"path"`
	apartFlags `embed:""`
}

func (c *backupCommand) Run(env *environment) error {
	if c.Apart {
		return c.runApart(env)
	}
	size, err := env.fetchNew(c.File, call{method: http.MethodGet, path: "backup"})
	if err != nil {
		return err
	}
	kept := jsonBody(map[string]int64{"bytes": size})
	var noted api.BackupNoted
	if err := env.ask(call{method: http.MethodPost, path: "backup/kept", body: kept, kind: "application/json"}, &noted); err != nil {
		fmt.Fprintf(env.err, "that %s is kept could not be noted: %s\n", c.File, oneLine(err)) // it is, whether or not that can be
	}
	for _, m := range noted.Damaged {
		fmt.Fprintf(env.err, "what is kept of %s was found damaged: keep earlier backups as well until it is whole; rackvidd health says what, rackvidd audit repair --municipality %s restores what can be\n", m, m)
	}
	return c.written(env, size, "DATA/vault")
}

// written says what was written, and what else it takes.
func (c *backupCommand) written(env *environment, size int64, vault string) error {
	_, err := fmt.Fprintf(env.err, "%s written, %d bytes, sealed.\nTo restore it you need the vault's directory (%s) as it is then: keep a current copy of that, apart from this file.\n", c.File, size, vault)
	return err
}

// fetchNew writes an answer of any size to a file that must not be there yet.
func (env *environment) fetchNew(name string, c call) (int64, error) {
	return writeNew(name, func(file *os.File) (int64, error) { return env.fetchInto(file, c) })
}

// writeNew writes a file that must not be there yet, and returns its size. It is there whole, and for good, or it is not there.
func writeNew(name string, write func(*os.File) (int64, error)) (int64, error) {
	if _, err := os.Lstat(name); err == nil {
		return 0, &usageError{fmt.Errorf("%s is there already; name a file that is not", name)}
	}
	part, err := newPart(name)
	if err != nil {
		return 0, fmt.Errorf("write %s: %w", name, err)
	}
	defer part.drop()
	size, err := write(part.File)
	if err = errors.Join(err, part.Sync()); err != nil {
		return 0, err
	}
	failpoint.At(failpoint.BeforeBackupLink)
	if err := errors.Join(part.become(name), node.SyncDir(filepath.Dir(name))); err != nil {
		return 0, fmt.Errorf("write %s: %w", name, err)
	}
	return size, nil
}

// part is a file on its way. Without a name no kill leaves it behind: whoever throws old backups away would not find it.
type part struct {
	*os.File
	unnamed bool // as most file systems can
}

func newPart(name string) (part, error) {
	dir := filepath.Dir(name)
	if fd, err := unix.Open(dir, unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o600); err == nil {
		return part{os.NewFile(uintptr(fd), name), true}, nil
	}
	file, err := os.CreateTemp(dir, ".part-*")
	return part{file, false}, err
}

// become gives it a name that is nobody's.
func (p part) become(name string) error {
	if p.unnamed {
		return unix.Linkat(unix.AT_FDCWD, fmt.Sprintf("/proc/self/fd/%d", p.Fd()), unix.AT_FDCWD, name, unix.AT_SYMLINK_FOLLOW)
	}
	err := os.Link(p.Name(), name)
	if errors.Is(err, syscall.EPERM) { // a memory stick's file system has no links
		err = os.Rename(p.Name(), name)
	}
	return err
}

func (p part) drop() {
	p.Close()
	if !p.unnamed {
		os.Remove(p.Name())
	}
}

// The names that parts of an installation have in a backup.
const (
	mainTables    = "main"
	vaultTables   = "vault"
	statementsDir = "statements"
	formsDir      = "forms"
	repairsDir    = "repairs" // the records of what was repaired, beside the archives
	keysDir       = "keys"    // how one signing key took another's place, there too
	// lastRepairsDir has each municipality's last record of a repair once more, apart from the others.
	lastRepairsDir = "last-repairs"
)

// backup writes everything that this installation holds but the vault's directory. A service that runs apart from others does not
// see all of it.
func (p *parts) backup(ctx context.Context, to io.Writer) error {
	if p.vaultHere == nil || p.archive.Archiver == nil {
		return api.ErrNoBackup
	}
	key, err := backup.LoadKey(filepath.Join(p.vaultDir(), backup.KeyFile))
	if err != nil {
		return err
	}
	return p.archive.Noted(backup.Write(ctx, p.everything(), key, to))
}

// everything is what a backup is made of.
func (p *parts) everything() backup.Source {
	s := backup.Source{
		Program: string(programVersion()), Logs: p.logs, Hold: p.homes.Telling.Shut, Checkpoint: p.archivedElsewhere, Archive: p.archive.Of,
		Key: p.key, Public: p.key.public, SigningKey: []byte(hex.EncodeToString(p.key.seed) + "\n"), Spool: p.data,
		Dirs:      map[string]string{statementsDir: p.path(statementsDir), formsDir: cmp.Or(p.Forms, p.path(formsDir)), repairsDir: filepath.Join(p.archive.Dir, repairsDir), lastRepairsDir: filepath.Join(p.archive.Dir, lastRepairsDir), begunDir: p.path(begunDir), keysDir: filepath.Join(p.archive.Dir, keysDir)},
		HoldFiles: audit.Repairing(p.pool).Shut,
		Databases: map[string]backup.Tables{
			// Nobody is signed in again by a restore, and no link that was used works again.
			mainTables: {Pool: p.pool, Schemas: []string{"access", "audit", "backoffice"}, Without: []string{"access.session", "access.invitation", "access.attempt"}},
			// What is only remembered of the log, or of requests, may not be ahead of the log that comes with it.
			vaultTables: {Pool: p.vaultPool, Schemas: []string{"public"}, Without: []string{"public.record", "public.record_checkpoint", "public.request"}},
		},
	}
	if here := p.archive.Archiver; here != nil {
		s.Checkpoint, s.Pause = p.archiveAll, here.Pause
	}
	return s
}

// backups lets the API note which are kept, and tell of the last.
type backups struct{ audit.History }

func (b backups) Kept(ctx context.Context, by events.ID, bytes int64) error {
	return b.NoteBackup(ctx, audit.BackedUp{By: &by, Taken: time.Now(), Bytes: bytes})
}

func (b backups) Last(ctx context.Context) (*api.BackupTaken, error) {
	last, err := b.LastBackup(ctx)
	if last == nil || err != nil {
		return nil, err
	}
	return &api.BackupTaken{At: last.Taken, Bytes: last.Bytes}, nil
}

// archiveAll archives logs up to their heads. Where a stream does not go on from its archive, or is lost, it is that which is
// damaged: *integrity.DamagedError.
func (p *parts) archiveAll(ctx context.Context, logs ...events.Municipality) error {
	for _, m := range logs {
		err := p.archive.Archiver.Checkpoint(ctx, m)
		var damage *archive.DamageError
		if noted := p.damage(m, integrity.Mendable()...); errors.As(err, &damage) && noted != nil {
			return noted
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fetchInto writes an answer of any size to a file, and returns its size. What is cut short is an error.
func (env *environment) fetchInto(file io.Writer, c call) (int64, error) {
	defer env.saysItWaits(c)()
	response, err := env.send(c)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	n, err := io.Copy(file, response.Body)
	if err != nil {
		return n, env.stopped(c, fmt.Errorf("read the server's answer: %w", err))
	}
	return n, nil
}
