// Package backup writes everything that an installation holds into one sealed file, while it runs, and reads it back.
// What makes erasure final, the vault's directory, is not in it (services/decisions/0012).
package backup

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/mod/sumdb/note"

	"rackvidd/events"
	"rackvidd/events/archive"
)

// Format is the first thing that a backup says of itself.
const Format = "rackvidd backup v1"

// Description begins a backup.
type Description struct {
	Format  string             `json:"format"`
	Made    time.Time          `json:"made"`
	Program string             `json:"program"`
	Key     events.VerifierKey `json:"key"` // that signed the archives, and this backup
	Logs    []Log              `json:"logs"`
}

// Log is how long a municipality's log is in a backup, and its root.
type Log struct {
	Municipality events.Municipality `json:"municipality"`
	Position     events.Position     `json:"position"`
	Root         string              `json:"root"` // hex
}

// The parts of a backup: a file, or what a directory holds.
const (
	descriptionFile = "backup.json"
	SigningKeyFile  = "signing.key"
	ArchiveDir      = "archive"
	tablesDir       = "tables"
	manifestFile    = "manifest"
)

// Source is what is backed up.
type Source struct {
	Program string
	// Logs lists the municipalities' logs, those that only an archive is left of as well.
	Logs func(context.Context) ([]events.Municipality, error)
	// Hold keeps one log from being told what is in another until release is called, whose error says that it did not all the time;
	// nil: none is told.
	Hold func(context.Context) (release func() error, err error)
	// Checkpoint archives logs up to where they end when it is called, at least.
	Checkpoint func(context.Context, ...events.Municipality) error
	Archive    func(events.Municipality) archive.Archive
	// Pause keeps whoever archives from a log until resume is called; nil: that is elsewhere.
	Pause  func(events.Municipality) (resume func())
	Key    note.Signer
	Public events.VerifierKey
	// SigningKey is what the key is made from, as its file holds it.
	SigningKey []byte
	// Dirs are directories of files that are copied as they are, by what they are called in the backup. One need not be there.
	Dirs map[string]string
	// HoldFiles keeps the files in them that go together from being written one after the other, as Hold does; nil: nobody writes such.
	HoldFiles func(context.Context) (release func() error, err error)
	// Databases are what is kept in tables that the log does not give, by the name of their database.
	Databases map[string]Tables
	// Spool is where a table is held until its size is known.
	Spool string
}

// Tables are the tables of some schemas, but for those named.
type Tables struct {
	Pool    *pgxpool.Pool
	Schemas []string
	Without []string // as in public.record
}

// Write writes a backup that only the key can open. The logs come first: whatever they tell of, a child's token or what
// somebody wrote, was in the tables before it was in a log. Files are read before: what was signed of a log follows it. *archive.DamageError: an archive is not whole, and nothing is
// backed up.
func Write(ctx context.Context, s Source, key Key, to io.Writer) error {
	sealed, err := age.Encrypt(to, key.Recipient())
	if err != nil {
		return fmt.Errorf("seal the backup: %w", err)
	}
	packed, err := gzip.NewWriterLevel(sealed, gzip.BestSpeed)
	if err != nil {
		return err
	}
	w := &writing{ctx: ctx, Source: s, tar: tar.NewWriter(packed)}
	if err := w.all(); err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	return errors.Join(w.tar.Close(), packed.Close(), sealed.Close())
}

// writing is a backup on its way.
type writing struct {
	Source
	ctx      context.Context
	tar      *tar.Writer
	kept     []keptFile
	manifest strings.Builder
	signed   []signedLog
}

// keptFile is a file of one of the directories.
type keptFile struct {
	name string
	data []byte
}

// signedLog is a log as it is backed up.
type signedLog struct {
	municipality events.Municipality
	checkpoint   archive.Checkpoint
}

func (w *writing) all() error {
	for _, write := range []func() error{w.read, w.describe, w.archives, w.files, w.tables, w.sign} {
		if err := write(); err != nil {
			return err
		}
	}
	return nil
}

// describe says how far every archive goes, when it was brought up with its log and verified.
func (w *writing) describe() error {
	d := Description{Format: Format, Made: time.Now().UTC().Truncate(time.Second), Program: w.Program, Key: w.Public, Logs: []Log{}}
	if err := w.take(); err != nil {
		return err
	}
	for _, log := range w.signed {
		if err := w.whole(log); err != nil {
			return err
		}
		d.Logs = append(d.Logs, Log{log.municipality, log.checkpoint.Size, hex.EncodeToString(log.checkpoint.Root[:])})
	}
	raw, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	return errors.Join(w.add(descriptionFile, raw), w.add(SigningKeyFile, w.SigningKey))
}

// take keeps what is signed of every log at one moment. What is told of another log may not be ahead of that, for it would never be
// taken back: homes are told of nothing meanwhile, and the national level, which is told by municipalities alone, comes first.
func (w *writing) take() error {
	if _, err := w.bringUp(); err != nil { // so that little is left to do while homes wait
		return err
	}
	return held(w.ctx, w.Hold, func() (err error) {
		w.signed, err = w.bringUp()
		return err
	})
}

// held does something while others are held back; hold nil: nobody has to be.
func held(ctx context.Context, hold func(context.Context) (release func() error, err error), do func() error) error {
	if hold == nil {
		return do()
	}
	release, err := hold(ctx)
	if err != nil {
		return err
	}
	return errors.Join(do(), release())
}

// bringUp archives every log up to its head, the national level's before the municipalities', and returns what was signed of it.
func (w *writing) bringUp() (signed []signedLog, err error) {
	logs, err := w.Logs(w.ctx)
	if err != nil {
		return nil, err
	}
	national := func(m events.Municipality) bool { return m == events.National }
	if slices.ContainsFunc(logs, national) {
		if signed, err = w.checkpoints(events.National); err != nil {
			return nil, err
		}
	}
	others, err := w.checkpoints(slices.DeleteFunc(slices.Clone(logs), national)...)
	return append(signed, others...), err
}

// checkpoints archives logs, and returns what was signed of each.
func (w *writing) checkpoints(logs ...events.Municipality) (signed []signedLog, err error) {
	if len(logs) == 0 {
		return nil, nil
	}
	if err := w.Checkpoint(w.ctx, logs...); err != nil {
		return nil, err
	}
	for _, m := range logs {
		c, err := w.Archive(m).Checkpoint()
		if errors.Is(err, archive.ErrNone) {
			continue // nothing is in the log yet
		}
		if err != nil {
			return nil, err
		}
		signed = append(signed, signedLog{m, c})
	}
	return signed, nil
}

// whole verifies an archive, which may have been written on since, and that it begins with what was taken.
func (w *writing) whole(log signedLog) error {
	latest, faults, err := w.verify(log.municipality)
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		return &archive.DamageError{Municipality: log.municipality, Fault: faults[0]}
	}
	root, err := w.Archive(log.municipality).Root(latest, log.checkpoint.Size)
	if err == nil && root != log.checkpoint.Root {
		err = fmt.Errorf("the archive of %s was made anew meanwhile; do it again", log.municipality)
	}
	return err
}

// verify verifies an archive, where it is not whole once more while nobody writes it, or a few times more where it is written elsewhere:
// what is on its way is no damage.
func (w *writing) verify(m events.Municipality) (signed archive.Checkpoint, faults []archive.Fault, err error) {
	signed, faults, err = w.Archive(m).Verify(w.ctx)
	if len(faults) > 0 && w.Pause != nil {
		defer w.Pause(m)()
		return w.Archive(m).Verify(w.ctx)
	}
	for more := 3; more > 0 && len(faults) > 0 && err == nil; more-- {
		select {
		case <-time.After(200 * time.Millisecond):
			signed, faults, err = w.Archive(m).Verify(w.ctx)
		case <-w.ctx.Done():
			err = w.ctx.Err()
		}
	}
	return signed, faults, err
}

// archives copies each archive as it was signed when it was verified, whatever is written meanwhile.
func (w *writing) archives() error {
	for _, log := range w.signed {
		err := w.Archive(log.municipality).Copy(w.ctx, log.checkpoint, func(name string, data []byte) error {
			return w.add(path.Join(ArchiveDir, string(log.municipality), name), data)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// read takes up the directories' files, those that a link leads to as well. What cannot be taken up is an error: nothing is left
// out silently but what is gone meanwhile, or not yet whole.
func (w *writing) read() error { return held(w.ctx, w.HoldFiles, w.readFiles) }

func (w *writing) readFiles() error {
	for name, dir := range w.Dirs {
		root, err := filepath.EvalSymlinks(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		err = filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			// What mounts a volume keeps there for itself begins so: its files are reached by links.
			mounted := file != root && strings.HasPrefix(entry.Name(), "..")
			switch {
			case mounted && entry.IsDir():
				return fs.SkipDir
			case mounted || entry.IsDir() || strings.HasPrefix(entry.Name(), unfinished):
				return nil
			}
			return w.keep(path.Join(name, filepath.ToSlash(strings.TrimPrefix(file, root))), file, entry)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// unfinished begins the name of a file that gets its own when it is whole.
const unfinished = ".new-"

// keep takes up one file of a directory.
func (w *writing) keep(name, file string, entry fs.DirEntry) error {
	info, err := os.Stat(file)
	if err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no file: take it away, or put what it leads to in its place", file)
	}
	var data []byte
	if err == nil {
		data, err = os.ReadFile(file)
	}
	if errors.Is(err, fs.ErrNotExist) && entry.Type().IsRegular() {
		return nil
	}
	if err != nil {
		return err
	}
	w.kept = append(w.kept, keptFile{name, data})
	return nil
}

func (w *writing) files() error {
	for _, f := range w.kept {
		if err := w.add(f.name, f.data); err != nil {
			return err
		}
	}
	return nil
}

func (w *writing) add(name string, data []byte) error {
	sum := sha256.Sum256(data)
	return w.put(name, int64(len(data)), strings.NewReader(string(data)), sum[:])
}

// put writes a file whose digest is known.
func (w *writing) put(name string, size int64, from io.Reader, digest []byte) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if err := w.tar.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: size, Typeflag: tar.TypeReg, Format: tar.FormatPAX}); err != nil {
		return err
	}
	if _, err := io.Copy(w.tar, from); err != nil {
		return err
	}
	fmt.Fprintf(&w.manifest, "%x  %s\n", digest, name)
	return nil
}

// sign ends the backup with the list of its files.
func (w *writing) sign() error {
	signed, err := note.Sign(&note.Note{Text: Format + "\n" + w.manifest.String()}, w.Key)
	if err != nil {
		return err
	}
	return w.add(manifestFile, signed)
}
