package main

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/projections"
	"rackvidd/services/audit"
	"rackvidd/services/rackvidd/node"
)

// signingKey signs what this installation answers to others.
type signingKey struct {
	note.Signer
	public events.VerifierKey
	seed   []byte
}

// signingKey is the setting's, or the one that the first start left in the data directory.
func (p *parts) signingKey(ctx context.Context) (signingKey, error) {
	if p.SigningKey != "" {
		return signingKeyFrom("RACKVIDD_SIGNING_KEY", p.SigningKey)
	}
	if err := p.notLost(ctx); err != nil {
		return signingKey{}, err
	}
	return signingKeyIn(p.path(signingKeyFile))
}

// notLost refuses to make a key where another has signed already: nothing that it signed would be believed any more.
func (p *parts) notLost(ctx context.Context) error {
	if _, err := os.Stat(p.path(signingKeyFile)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	signed, err := archive.Municipalities(p.archiveDir())
	if err != nil {
		return err
	}
	if len(signed) > 0 {
		return &usageError{fmt.Errorf("%s is missing, and %s signed the archive %s: put it back from a backup (rackvidd restore into another directory has it), or name the key with RACKVIDD_SIGNING_KEY; no other is made",
			p.path(signingKeyFile), p.signedLast(signed[0]), p.archiveDir())}
	}
	tells, err := p.signedBefore(ctx)
	if err != nil || tells == "" {
		return err
	}
	return &usageError{fmt.Errorf("%s is missing and the archive %s is empty, and yet %s: both were lost; put them back from a backup (rackvidd restore into another directory has them), or name the key with RACKVIDD_SIGNING_KEY. Where no backup is left, rackvidd audit key begin makes another, and records that what was signed before is not proven any more",
		p.path(signingKeyFile), p.archiveDir(), tells)}
}

// oneArchive refuses to begin an archive beside the one that a restore leaves in the data directory.
func (p *parts) oneArchive() error {
	if p.Archive == "" {
		return nil
	}
	inData := p.path("archive")
	held, err := os.ReadDir(inData)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(held) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	one, err := os.Stat(inData)
	if err != nil {
		return err
	}
	if named, err := os.Stat(p.Archive); err == nil && os.SameFile(one, named) {
		return nil
	}
	return &usageError{fmt.Errorf("an archive is in %s, where a restore puts it, and RACKVIDD_ARCHIVE names %s: move what it holds there; or, where all of it is there already, move it away", inData, p.Archive)}
}

// signedBefore says what tells that logs were signed before, where neither key nor archive is there; "": nothing does.
func (p *parts) signedBefore(ctx context.Context) (tells string, err error) {
	for _, dir := range []string{statementsDir, keysDir} {
		if found, err := os.ReadDir(p.path(dir)); err == nil && len(found) > 0 {
			return p.path(dir) + " is not empty", nil
		}
	}
	if p.stream != nil {
		var heads map[events.Municipality]events.Position
		if err := p.retry(ctx, "log", func() (err error) { heads, err = p.stream.Heads(ctx); return err }); err != nil {
			return "", err
		}
		for _, m := range slices.Sorted(maps.Keys(heads)) {
			if heads[m] > 0 {
				return fmt.Sprintf("the stream of %s ends at position %d", m, heads[m]), nil
			}
		}
	}
	if p.pool == nil {
		return "", nil
	}
	shown, err := projections.Status(ctx, p.pool)
	for _, c := range shown {
		if c.Position > 0 {
			return fmt.Sprintf("the read model %s of %s shows position %d", c.Projection, c.Municipality, c.Position), err
		}
	}
	return "", err
}

// signedLast names the key that signs: the one that was handed over to, or else that of a checkpoint.
func (p *parts) signedLast(m events.Municipality) string {
	var retired *audit.RetiredKeyError
	if _, err := audit.ReadKeys(filepath.Join(p.archiveDir(), keysDir), ""); errors.As(err, &retired) {
		return retired.Now
	}
	raw, err := os.ReadFile(filepath.Join(p.archiveDir(), archive.Second, string(m)))
	_, signature, found := strings.Cut(string(raw), "\n— ")
	if name, _, _ := strings.Cut(signature, " "); err == nil && found {
		return name
	}
	return unknownKey
}

// unknownKey is said of a key that nothing legible names.
const unknownKey = "another key"

// signingKeyFile holds the key in the data directory.
const signingKeyFile = "signing.key"

// signingKeyIn is the key in a file, made where there is none.
func signingKeyIn(path string) (signingKey, error) {
	seed, err := node.Secret(path, ed25519.SeedSize)
	if err != nil {
		return signingKey{}, err
	}
	return signingKeyOf(seed)
}

func signingKeyFrom(setting, value string) (signingKey, error) {
	seed, err := hex.DecodeString(strings.TrimSpace(value))
	if err != nil || len(seed) != ed25519.SeedSize {
		return signingKey{}, &usageError{fmt.Errorf("%s is not 64 hex digits; copy what a signing.key file holds", setting)}
	}
	return signingKeyOf(seed)
}

// signingKeyOf makes the key as golang.org/x/mod/sumdb/note writes it. Its name follows from the public half: it is the
// installation's wherever it runs, and says nothing of the machine.
func signingKeyOf(seed []byte) (signingKey, error) {
	const ed25519Keys = 1 // the note format's number of the algorithm
	public := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	name := "rackvidd-" + hex.EncodeToString(public[:5])
	verifier, err := note.NewEd25519VerifierKey(name, public)
	if err != nil {
		return signingKey{}, fmt.Errorf("make the signing key: %w", err)
	}
	hash := strings.SplitN(verifier, "+", 3)[1]
	signer, err := note.NewSigner("PRIVATE+KEY+" + name + "+" + hash + "+" + base64.StdEncoding.EncodeToString(append([]byte{ed25519Keys}, seed...)))
	if err != nil {
		return signingKey{}, fmt.Errorf("make the signing key: %w", err)
	}
	return signingKey{signer, events.VerifierKey(verifier), seed}, nil
}
