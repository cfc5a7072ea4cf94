package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/services/api"
	"rackvidd/services/audit"
)

// begunDir holds, in the data directory, the records of keys that were made although another had signed before.
const begunDir = "begun"

// begunHeader begins such a record.
const begunHeader = "rackvidd/begun\n"

// begun says that what was signed before is not proven any more.
type begun struct {
	Key  events.VerifierKey `json:"key"`
	At   time.Time          `json:"at"`
	Why  string             `json:"why"`
	Kept []string           `json:"kept" nullable:"false"` // what was moved to DATA/damaged: nothing leads from it to the key
}

// auditKeyBegin works on the files of an installation that does not run.
type auditKeyBegin struct {
	SigningKey string `env:"RACKVIDD_SIGNING_KEY" hidden:"" help:"The key that signs from now on, where it is given to the services by a setting; default: one is made, in a file in DATA."`
	Archive    string `help:"Directory of the archive; default: DATA/archive." env:"RACKVIDD_ARCHIVE" placeholder:"DIR"`
}

func (c *auditKeyBegin) Run(env *environment) error {
	p := &parts{serveCommand: &serveCommand{Archive: c.Archive}, data: env.settings.Data, log: slog.New(slog.NewTextHandler(env.err, &slog.HandlerOptions{Level: slog.LevelError}))}
	defer p.close()
	if _, err := os.Stat(p.data); errors.Is(err, fs.ErrNotExist) {
		return &usageError{fmt.Errorf("%s is not there: name the data directory of the installation; a new one makes its key by itself at the first start", p.data)}
	}
	if err := ownedBy(p.data); err != nil {
		return err
	}
	if err := p.lock(); err != nil {
		return err
	}
	if _, err := os.Stat(p.path(signingKeyFile)); c.SigningKey == "" && !errors.Is(err, fs.ErrNotExist) {
		return &usageError{errors.Join(err, fmt.Errorf("%s is there: rackvidd audit key rotate lets another take its place", p.path(signingKeyFile)))}
	}
	if err := p.oneArchive(); err != nil {
		return err
	}
	signed, err := archive.Municipalities(p.archiveDir())
	if err != nil {
		return err
	}
	if len(signed) > 0 {
		return &usageError{fmt.Errorf("the archive %s is there, and %s signed it: put the key back from a backup; or, where none is left, move the archive away and keep it", p.archiveDir(), p.signedLast(signed[0]))}
	}
	key, err := c.key(p)
	if err == nil {
		err = p.beginAgain(key, time.Now())
	}
	if err == nil && c.SigningKey == "" {
		err = p.putInPlace()
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.out, "%s\nIt signs from the next start on. That is recorded in %s.\nTell auditors and the national level: what was signed before is not proven any more. Take a back-up.\n", key.public, p.path(begunDir))
	return err
}

// key is the one that signs from now on: of the setting, which must not be the one that signed last, or of a file that is made for it.
func (c *auditKeyBegin) key(p *parts) (signingKey, error) {
	if c.SigningKey == "" {
		return signingKeyIn(p.path(nextSigningKeyFile))
	}
	key, err := signingKeyFrom("RACKVIDD_SIGNING_KEY", c.SigningKey)
	if err != nil {
		return key, err
	}
	last, err := p.signedLastHere()
	if err == nil && last == key.public {
		err = &usageError{fmt.Errorf("%s signed before: it is not lost, and goes on", key.Name())}
	}
	return key, err
}

// beginAgain records that a key has nothing to do with those before. It may be stopped, and done again.
func (p *parts) beginAgain(key signingKey, at time.Time) error {
	at = at.UTC().Truncate(time.Millisecond)
	name := at.Format("20060102T150405.000Z")
	b := begun{Key: key.public, At: at, Why: "the key that signed before and the archive were lost, and no backup was left", Kept: []string{}}
	for _, handovers := range []struct{ of, dir string }{{"archive", filepath.Join(p.archiveDir(), keysDir)}, {"data", p.path(keysDir)}} {
		to := p.path(damagedDir, "keys-"+name, handovers.of)
		if _, err := os.Stat(handovers.dir); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := audit.MoveAside(handovers.dir, to); err != nil {
			return fmt.Errorf("keep how keys handed over before: %w", err)
		}
		b.Kept = append(b.Kept, to)
	}
	raw, err := json.MarshalIndent(b, "", " ")
	if err != nil {
		return err
	}
	signed, err := note.Sign(&note.Note{Text: begunHeader + string(raw) + "\n"}, key)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(p.path(begunDir), 0o700); err != nil {
		return err
	}
	if err := audit.WriteWhole(p.path(begunDir, name), signed); err != nil {
		return err
	}
	return p.rememberSigned(key.public)
}

// begunKeys are the keys that were made where another was lost, as they are served.
func (p *parts) begunKeys() (list []api.BegunKey, err error) {
	files, err := audit.Kept(p.path(begunDir), func(name string) bool { return name[0] >= '0' && name[0] <= '9' }) // whatever a stop left unfinished is none
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		text, _, _ := strings.Cut(string(raw), "\n\n— ")
		var b begun
		if err := json.Unmarshal([]byte(strings.TrimPrefix(text, begunHeader)), &b); err != nil {
			return nil, fmt.Errorf("%s cannot be read: put it back from a backup: %w", file, err)
		}
		verifier, err := note.NewVerifier(string(b.Key))
		if err == nil {
			_, err = note.Open(raw, note.VerifierList(verifier))
		}
		if err != nil {
			return nil, fmt.Errorf("%s is not as it was signed: put it back from a backup: %w", file, err)
		}
		list = append(list, api.BegunKey{Key: b.Key, At: b.At, Why: b.Why, Note: string(raw)})
	}
	return list, err
}
