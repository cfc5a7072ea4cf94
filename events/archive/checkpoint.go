package archive

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rackvidd/events"
)

// Checkpoint is what was signed of a municipality's log: how long it is, and its root (C2SP tlog-checkpoint).
type Checkpoint struct {
	Size events.Position // the last position that it holds
	Root tlog.Hash
	Note []byte // the signed note, as it is kept and served
}

// Origin is the first line of a checkpoint: the key's name, which is the installation's, and the municipality.
func Origin(key string, m events.Municipality) string { return key + "/" + string(m) }

func checkpointText(origin string, size int64, root tlog.Hash) string {
	return origin + "\n" + strconv.FormatInt(size, 10) + "\n" + base64.StdEncoding.EncodeToString(root[:]) + "\n"
}

// sign makes the checkpoint of a tree.
func sign(key note.Signer, m events.Municipality, size int64, root tlog.Hash) (Checkpoint, error) {
	signed, err := note.Sign(&note.Note{Text: checkpointText(Origin(key.Name(), m), size, root)}, key)
	return Checkpoint{Size: events.Position(size), Root: root, Note: signed}, err
}

var (
	errSpelling  = errors.New("is not written as a checkpoint is")
	errElsewhere = errors.New("is another log's")
)

// readCheckpoint takes a checkpoint that the key signed, in the one spelling that it has: no bit of it may be another.
func readCheckpoint(key note.Verifier, m events.Municipality, data []byte) (Checkpoint, error) {
	n, err := note.Open(data, note.VerifierList(key))
	var others *note.UnverifiedNoteError
	if errors.As(err, &others) {
		return Checkpoint{}, fmt.Errorf("is signed by %s and not by this installation's key, %s: it is another installation's or, where %[1]s was retired here, the handover that says so is missing: put archive/keys back from a backup: %[3]w",
			others.Note.UnverifiedSigs[0].Name, key.Name(), err)
	}
	if err != nil {
		return Checkpoint{}, fmt.Errorf("does not carry the signature of %s: %w", key.Name(), err)
	}
	sig := n.Sigs[0]
	if _, err := base64.StdEncoding.Strict().DecodeString(sig.Base64); err != nil || string(data) != n.Text+"\n— "+sig.Name+" "+sig.Base64+"\n" {
		return Checkpoint{}, errSpelling
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 {
		return Checkpoint{}, errSpelling
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 {
		return Checkpoint{}, errSpelling
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil || checkpointText(lines[0], size, root) != n.Text {
		return Checkpoint{}, errSpelling
	}
	if lines[0] != Origin(key.Name(), m) {
		return Checkpoint{}, errElsewhere
	}
	return Checkpoint{Size: events.Position(size), Root: root, Note: data}, nil
}
