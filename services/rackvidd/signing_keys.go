package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"text/tabwriter"
	"time"

	"golang.org/x/mod/sumdb/note"

	"rackvidd/events/archive"
	"rackvidd/events/failpoint"
	"rackvidd/services/api"
	"rackvidd/services/audit"
	"rackvidd/services/integrity"
	"rackvidd/services/rackvidd/node"
)

// keysOf reads how the signing key came to be the one that signs. A rotation that was stopped half-way is ended: where
// the key that took over waits beside the one in the data directory, it is put in its place.
func (p *parts) keysOf(key signingKey) (audit.Keys, error) {
	if err := p.oneArchive(); err != nil {
		return audit.Keys{}, err
	}
	if p.runs("api") {
		if err := p.mendKeys(); err != nil {
			return audit.Keys{}, err
		}
	}
	keys, err := audit.ReadKeys(filepath.Join(p.archiveDir(), keysDir), key.public)
	var retired *audit.RetiredKeyError
	if !errors.As(err, &retired) {
		return keys, err
	}
	if p.SigningKey == "" {
		if _, there := os.Stat(p.path(nextSigningKeyFile)); there == nil {
			next, bad := signingKeyIn(p.path(nextSigningKeyFile))
			if bad != nil {
				return keys, bad
			}
			if next.Name() == retired.Now {
				p.key = next
				if err := os.Rename(p.path(nextSigningKeyFile), p.path(signingKeyFile)); err != nil {
					return keys, err
				}
				return audit.ReadKeys(filepath.Join(p.archiveDir(), keysDir), next.public)
			}
		}
	}
	return keys, &usageError{err}
}

// mendKeys keeps the handovers twice, beside the archives and beside the key, and makes one copy again from the other. The
// archiver by itself has no data directory that lasts.
func (p *parts) mendKeys() error {
	mended, err := audit.MendKeys(filepath.Join(p.archiveDir(), keysDir), p.path(keysDir))
	for _, file := range mended {
		p.log.Warn("a handover of the signing key was made again from its copy", "file", file)
	}
	return err
}

// nextSigningKeyFile holds the key that takes the other's place, until it is there.
const nextSigningKeyFile = "signing.key.next"

// retiredKeys are the keys before this one, as they are served.
func (p *parts) retiredKeys() (list []api.RetiredKey) {
	for _, h := range p.keys.Handovers {
		list = append(list, api.RetiredKey{Key: h.Retired, At: h.At, Handover: string(h.Note)})
	}
	return list
}

type auditKey struct {
	List   auditKeyList   `cmd:"" help:"Print the key that signs, and those that signed before it."`
	Rotate auditKeyRotate `cmd:"" help:"Let a new key take the place of the one that signs. Stop the program first."`
	Begin  auditKeyBegin  `cmd:"" help:"Make a key where the one that signed is lost with the archive and no backup is left, and record that. Stop the program first."`
}

type auditKeyList struct{ formatFlags }

func (c *auditKeyList) Run(env *environment) error {
	return env.show(c.formatFlags, call{method: http.MethodGet, path: "report/signing-key"}, func(raw json.RawMessage) error {
		var k api.SigningKey
		if err := json.Unmarshal(raw, &k); err != nil {
			return fmt.Errorf("read the server's answer: %w", err)
		}
		t := tabwriter.NewWriter(env.out, 0, 0, 2, ' ', 0)
		for _, r := range k.Retired {
			fmt.Fprintf(t, "%s\tretired %s\n", r.Key, r.At.Format(time.RFC3339))
		}
		fmt.Fprintf(t, "%s\tsigns\n", k.Key)
		for _, b := range k.Begun {
			fmt.Fprintf(t, "%s\tbegun %s: %s\n", b.Key, b.At.Format(time.RFC3339), b.Why)
		}
		return t.Flush()
	})
}

// auditKeyRotate works on the files of an installation that does not run: nobody may sign meanwhile.
type auditKeyRotate struct {
	SigningKey string `env:"RACKVIDD_SIGNING_KEY" hidden:"" help:"The key that signs now; default: a file in DATA."`
	Next       string `env:"RACKVIDD_NEXT_SIGNING_KEY" hidden:"" help:"The key that takes its place, where that is given by RACKVIDD_SIGNING_KEY and not by a file."`
	Archive    string `help:"Directory of the archive; default: DATA/archive." env:"RACKVIDD_ARCHIVE" placeholder:"DIR"`
}

// ownedBy refuses root where the services run as another account: they could not read what it leaves there.
func ownedBy(data string) error {
	info, err := os.Stat(data)
	if err != nil || os.Geteuid() != 0 {
		return nil // whatever is wrong with it is said by whoever needs it
	}
	owner := strconv.Itoa(int(info.Sys().(*syscall.Stat_t).Uid))
	if owner == "0" {
		return nil
	}
	if account, err := user.LookupId(owner); err == nil {
		owner = account.Username
	}
	return &usageError{fmt.Errorf("%s is %s's, who could not read what root writes there: run it as that account, as by runuser -u %[2]s -- rackvidd …", data, owner)}
}

func (c *auditKeyRotate) Run(env *environment) error {
	works := &serveCommand{Services: []string{"api", "archiver"}, Archive: c.Archive, SigningKey: c.SigningKey} // in place of both
	p := &parts{serveCommand: works, data: env.settings.Data, log: slog.New(slog.NewTextHandler(env.err, &slog.HandlerOptions{Level: slog.LevelError}))}
	defer p.close()
	if err := ownedBy(p.data); err != nil {
		return err
	}
	next, err := c.next(p)
	if err == nil && c.SigningKey != "" {
		err = p.whereTheAPIRan()
	}
	if err != nil {
		return err
	}
	if p.key, err = p.signingKey(env); err != nil {
		return err
	}
	if p.key.public == next.public {
		return &usageError{errors.New("RACKVIDD_NEXT_SIGNING_KEY is the key that signs already; give another, what openssl rand -hex 32 prints")}
	}
	if p.keys, err = p.keysOf(p.key); err == nil {
		err = p.leadsOn(p.keys)
	}
	if err != nil {
		return err
	}
	if p.key.public != next.public { // else a rotation was stopped half-way, and is done now
		if err := p.handOver(next); err != nil {
			return err
		}
	}
	what := "It signs from the next start on."
	if c.SigningKey != "" {
		what = "Set RACKVIDD_SIGNING_KEY to what RACKVIDD_NEXT_SIGNING_KEY was, for every service, and start them again."
	} else if err := p.putInPlace(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.out, "%s\n%s What the key before it signed counts up to here.\nTell auditors and the national level, and take a back-up: from one of before, the archive is not continued.\n", next.public, what)
	return err
}

// next is the key that takes over: of a file that is made for it, or of the setting.
func (c *auditKeyRotate) next(p *parts) (signingKey, error) {
	if c.SigningKey != "" {
		if c.Next == "" {
			return signingKey{}, &usageError{errors.New("the signing key comes from RACKVIDD_SIGNING_KEY and not from a file: give the next one in RACKVIDD_NEXT_SIGNING_KEY, what openssl rand -hex 32 prints")}
		}
		return signingKeyFrom("RACKVIDD_NEXT_SIGNING_KEY", c.Next)
	}
	if _, err := os.Stat(p.path(signingKeyFile)); err != nil {
		return signingKey{}, &usageError{fmt.Errorf("there is no key %s: name the data directory with --data; its first start makes the key", p.path(signingKeyFile))}
	}
	if err := p.lock(); err != nil {
		return signingKey{}, err
	}
	return signingKeyIn(p.path(nextSigningKeyFile))
}

// whereTheAPIRan refuses a data directory that does not know which key signed the archives: what else was signed of them is not there
// either.
func (p *parts) whereTheAPIRan() error {
	last, err := p.signedLastHere()
	if err != nil || last != "" {
		return err
	}
	signed, err := archive.Municipalities(p.archiveDir())
	if err != nil || len(signed) == 0 {
		return err
	}
	return &usageError{fmt.Errorf("%s is missing: name the api's data directory with --data, which has the statements of what was submitted (as services: deploy/README.md has the command); one that was just restored is started once first", p.path(lastSignedFile))}
}

// handOver keeps where every archive stands, signed by both keys.
func (p *parts) handOver(next signingKey) error {
	dir := p.archiveDir()
	findings := integrity.Keep(filepath.Join(dir, "findings"), p.log)
	for m := range findings.All() {
		var damaged *integrity.DamagedError
		if errors.As(findings.Damage(m, integrity.Mendable()...), &damaged) {
			return fmt.Errorf("%s is damaged (%s): repair it before its key is rotated", m, damaged.Findings[0])
		}
	}
	verifier, err := note.NewVerifier(string(p.key.public))
	if err != nil {
		return err
	}
	retired, err := p.keys.Retired()
	if err != nil {
		return err
	}
	keeper, err := archive.Keep(dir, p.key, verifier, retired...)
	if errors.Is(err, archive.ErrKept) {
		return &usageError{fmt.Errorf("%w; stop it first", err)}
	}
	if err != nil {
		return err
	}
	defer keeper.Close()
	logs, err := p.handedOver(keeper)
	if err != nil {
		return err
	}
	repairs, err := p.records().Reached()
	if err != nil {
		return err
	}
	_, err = p.keys.HandOver(filepath.Join(dir, keysDir), p.key, next, next.public, time.Now(), logs, repairs)
	if err != nil {
		return err
	}
	failpoint.At(failpoint.AfterHandover)
	return p.mendKeys()
}

// handedOver is how far every log was signed. One whose archive ends before is refused: what tells of more would not count any
// more.
func (p *parts) handedOver(keeper *archive.Keeper) ([]audit.HandedOver, error) {
	archived, err := archive.Municipalities(p.archiveDir())
	if err != nil {
		return nil, err
	}
	p.proofs = proving{p.statements()}
	told, err := p.proofs.Told()
	if err != nil {
		return nil, err
	}
	all := append(archived, told...)
	slices.Sort(all)
	logs := []audit.HandedOver{}
	for _, m := range slices.Compact(all) {
		v, err := keeper.Volume(m)
		if err != nil {
			return nil, err
		}
		if err := p.proofs.Legible(m); err != nil {
			return nil, fmt.Errorf("%w: start the program and repair it (rackvidd audit repair --municipality %s) before the key is rotated", err, m)
		}
		at, by, err := p.reached(m)
		if err != nil {
			return nil, err
		}
		if v.Position() < at {
			return nil, fmt.Errorf("the archive of %s ends at position %d, and %s was signed of it up to position %d: start the program and repair it (rackvidd audit repair --municipality %[1]s) before its key is rotated", m, v.Position(), by, at)
		}
		c, err := v.Checkpoint()
		if errors.Is(err, archive.ErrNone) {
			continue // nothing that counts tells of it
		}
		if err != nil {
			return nil, err
		}
		logs = append(logs, audit.HandedOver{Municipality: m, Position: c.Size, Root: fmt.Sprintf("%x", c.Root[:])})
	}
	return logs, nil
}

// putInPlace lets the key that took over be the one in the data directory: the retired one is gone.
func (p *parts) putInPlace() error {
	err := os.Rename(p.path(nextSigningKeyFile), p.path(signingKeyFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil // it was found there, and is in its place
	}
	return errors.Join(err, node.SyncDir(p.data))
}
