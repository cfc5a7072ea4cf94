package audit

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/x509"
	_ "embed"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rackvidd/events"
	"rackvidd/events/archive"
)

//go:embed bundle/README.txt
var bundleReadme []byte

//go:embed bundle/verify.py
var bundleVerifier []byte

// The files of a bundle, in their order (services/decisions/0011).
const (
	manifestFile         = "manifest"
	readmeFile           = "README.txt"
	verifierFile         = "verify.py"
	keyFile              = "key.txt"
	pemFile              = "key.pem"
	keysFile             = "keys.json" // how the key came to be it, if it was not the first
	statementFile        = "statement"
	figuresFile          = "figures.json"
	eventsFile           = "events.jsonl"
	laterFile            = "later.txt"
	submissionFile       = "submission.json"
	checkpointFile       = "checkpoint"
	inclusionFile        = "inclusion.txt"
	consistencyFile      = "consistency.txt"
	sinceCheckpointFile  = "since-checkpoint"
	sinceConsistencyFile = "since-consistency.txt"
)

// manifestHeader begins the list of a bundle's files: the format and its version.
const manifestHeader = "rackvidd bundle v1\n"

// SinceError says why a checkpoint that an auditor kept cannot be led on from.
type SinceError struct{ Problem string }

func (e *SinceError) Error() string { return "the earlier checkpoint " + e.Problem }

// TooLargeError says that a log is too long for a bundle.
type TooLargeError struct{ Municipality events.Municipality }

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the events of %s are more than the %d bytes that a bundle may have; let the auditor read the archive itself (log/checkpoint, log/tile)", e.Municipality, MaxBundle)
}

// Bundle is what an outside auditor needs to verify a submitted version, 0 for the latest, without our software: a zip
// (services/decisions/0011). A statement that is not what the log gives is not bundled: *StatementDamagedError. since is an earlier checkpoint of the log, nil for none: *SinceError, where the log does not
// lead on from it. The other errors are those of Of. Its events are held in spool, an empty file, for as long as it is written from.
func (s *Statements) Bundle(ctx context.Context, m events.Municipality, year events.Year, version int, since []byte, spool *os.File) (*Bundle, error) {
	made, err := s.bundle(ctx, m, year, version, since, spool)
	if err != nil && s.Noted != nil {
		err = s.Noted(err)
	}
	return made, err
}

// Bundle is a bundle that was made, with every proof in it.
type Bundle struct{ files []file }

// Size is how many bytes it has.
func (b *Bundle) Size() int64 { return zipSize(b.files) }

// Write writes it.
func (b *Bundle) Write(to io.Writer) error { return writeZip(to, b.files) }

func (s *Statements) bundle(ctx context.Context, m events.Municipality, year events.Year, version int, since []byte, spool *os.File) (*Bundle, error) {
	signed, err := s.Of(ctx, m, year, version)
	if err != nil {
		return nil, err
	}
	figures, err := figuresOf(ctx, s.source(), signed.Statement)
	if err != nil {
		return nil, err
	}
	f, err := s.against(s.source(), signed, &figures)
	if err != nil {
		return nil, err
	}
	if f.problem != "" {
		return nil, &StatementDamagedError{m, s.file(signed.Statement), f.code, f.problem}
	}
	a := s.Archive(m)
	checkpoint, err := a.Checkpoint()
	if err != nil {
		return nil, err
	}
	b := binding{ctx: ctx, archive: a, signed: signed, checkpoint: checkpoint, spool: spool}
	key, err := keyFiles(s.Public)
	if err != nil {
		return nil, err
	}
	b.files = append([]file{{name: readmeFile, data: bundleReadme}, {name: verifierFile, data: bundleVerifier}}, key...)
	handovers, err := s.keys().file()
	if err != nil {
		return nil, err
	}
	if handovers != nil {
		b.add(keysFile, handovers)
	}
	b.add(statementFile, signed.Note)
	b.add(figuresFile, signed.Figures)
	for _, more := range []func() error{b.events, b.proofs, func() error { return b.since(since) }} {
		if err := more(); err != nil {
			return nil, fmt.Errorf("bundle the survey of %d in %s: %w", year, m, err)
		}
	}
	manifest, err := note.Sign(&note.Note{Text: manifestOf(b.files)}, s.Key)
	if err != nil {
		return nil, err
	}
	return &Bundle{append([]file{{name: manifestFile, data: manifest}}, b.files...)}, nil
}

// manifestOf lists the other files of a bundle as sha256sum does.
func manifestOf(files []file) string {
	text := manifestHeader
	for _, f := range files {
		text += f.digest() + "  " + f.name + "\n"
	}
	return text
}

// binding is a bundle on its way.
type binding struct {
	ctx        context.Context
	archive    archive.Archive
	signed     Signed
	checkpoint archive.Checkpoint
	spool      *os.File
	files      []file
}

func (b *binding) add(name string, data []byte) {
	b.files = append(b.files, file{name: name, data: data})
}

// events are the messages that the figures follow from, whole, and the hashes of those after them up to the submission.
func (b *binding) events() error {
	whole := spool(b.spool)
	var submission []byte
	var later []tlog.Hash
	for e, err := range b.archive.Read(b.ctx, 0) {
		switch {
		case err != nil:
			return err
		case bytes.IndexByte(e.Raw, '\n') >= 0:
			return &archive.DamageError{Municipality: b.signed.Municipality, Fault: archive.Fault{Position: e.Position, Code: archive.Unreadable, Problem: "the message has several lines, and no log of ours has such"}}
		case whole.size+int64(len(e.Raw)) > MaxBundle/2:
			return &TooLargeError{b.signed.Municipality}
		}
		if e.Position <= b.signed.Position {
			if _, err := whole.Write(append(e.Raw[:len(e.Raw):len(e.Raw)], '\n')); err != nil {
				return err
			}
		} else {
			later = append(later, tlog.RecordHash(e.Raw))
		}
		if e.Position == b.signed.Submission {
			submission = bytes.Clone(e.Raw)
		}
		if e.Position == b.signed.Size {
			break
		}
	}
	if err := whole.out.Flush(); err != nil {
		return err
	}
	b.files = append(b.files, file{name: eventsFile, long: whole})
	b.add(laterFile, hashLines(later))
	b.add(submissionFile, submission)
	return nil
}

func (b *binding) proofs() error {
	inclusion, err := b.archive.Inclusion(b.checkpoint, b.signed.Submission)
	if err != nil {
		return err
	}
	consistency, err := b.archive.Consistency(b.checkpoint, b.signed.Size)
	if err != nil {
		return err
	}
	b.add(checkpointFile, b.checkpoint.Note)
	b.add(inclusionFile, hashLines(inclusion))
	b.add(consistencyFile, hashLines(consistency))
	return nil
}

// since leads on from a checkpoint that somebody kept.
func (b *binding) since(kept []byte) error {
	if kept == nil {
		return nil
	}
	before, err := b.archive.OpenCheckpoint(kept)
	if err != nil {
		return &SinceError{err.Error()}
	}
	if before.Size > b.checkpoint.Size || before.Size == 0 {
		return &SinceError{fmt.Sprintf("ends at position %d, the log is archived to position %d", before.Size, b.checkpoint.Size)}
	}
	root, err := b.archive.Root(b.checkpoint, before.Size)
	if err != nil {
		return err
	}
	if root != before.Root {
		return &SinceError{fmt.Sprintf("signs another history: up to position %d the log is not the one that was signed then", before.Size)}
	}
	proof, err := b.archive.Consistency(b.checkpoint, before.Size)
	if err != nil {
		return err
	}
	b.add(sinceCheckpointFile, before.Note)
	b.add(sinceConsistencyFile, hashLines(proof))
	return nil
}

func hashLines(list []tlog.Hash) []byte {
	text := []byte{}
	for _, h := range list {
		text = append(base64.StdEncoding.AppendEncode(text, h[:]), '\n')
	}
	return text
}

func linesOfHashes(data []byte) (list []tlog.Hash, err error) {
	for line := range strings.Lines(string(data)) {
		h, err := tlog.ParseHash(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return nil, errors.New("does not hold hashes")
		}
		list = append(list, h)
	}
	if !bytes.Equal(hashLines(list), data) {
		return nil, errors.New("does not hold hashes")
	}
	return list, nil
}

// keyFiles are a public key as notes name it, and as openssl reads it.
func keyFiles(key events.VerifierKey) ([]file, error) {
	_, encoded, _ := strings.Cut(string(key), "+")
	_, encoded, _ = strings.Cut(encoded, "+")
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(raw) != 1+ed25519.PublicKeySize {
		return nil, fmt.Errorf("the public key %s is no Ed25519 key", key)
	}
	der, err := x509.MarshalPKIXPublicKey(ed25519.PublicKey(raw[1:]))
	if err != nil {
		return nil, fmt.Errorf("write the public key %s: %w", key, err)
	}
	return []file{{name: keyFile, data: []byte(key + "\n")}, {name: pemFile, data: pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})}}, nil
}
