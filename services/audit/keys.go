package audit

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rackvidd/events"
	"rackvidd/events/archive"
)

// handoverHeader begins a handover: the format and its version.
const handoverHeader = "rackvidd key v1\n"

// Handover says that a key takes another's place, and where every log stood then: what the other signed up to there
// counts, and nothing beyond. Both have signed it.
type Handover struct {
	Retired events.VerifierKey `json:"retired"`
	Key     events.VerifierKey `json:"key"`
	At      time.Time          `json:"at"`
	Logs    []HandedOver       `json:"logs" nullable:"false"`
	// Repairs are of every log of which repairs are recorded; nil: earlier versions of the program told of none.
	Repairs []HandedRepairs `json:"repairs,omitzero"`

	Note []byte `json:"-"` // as it was signed (C2SP signed-note)
}

// HandedOver is how far a log had come.
type HandedOver struct {
	Municipality events.Municipality `json:"municipality"`
	Position     events.Position     `json:"position"`
	Root         string              `json:"root"` // hex
}

// HandedRepairs is how far the records of a log's repairs had come.
type HandedRepairs struct {
	Municipality events.Municipality `json:"municipality"`
	Number       int                 `json:"number"` // of the last; 0: none has a number
	Record       string              `json:"record"` // its hash, which leads to those before it
	Unnumbered   []string            `json:"unnumbered,omitempty"`
}

// Keys are the key that an installation signs with, and how it came to that from its first, in order.
type Keys struct {
	Current   events.VerifierKey
	Handovers []Handover
}

func (h Handover) text() (string, error) {
	raw, err := json.Marshal(h)
	return handoverHeader + string(raw) + "\n", err
}

// handOver makes a handover of what it says, and has both keys sign it.
func (h Handover) handOver(retired, next note.Signer) (Handover, error) {
	text, err := h.text()
	if err != nil {
		return h, err
	}
	h.Note, err = note.Sign(&note.Note{Text: text}, retired, next)
	return h, err
}

// openHandover reads a handover that both its keys signed, in the one spelling that it has.
func openHandover(data []byte) (h Handover, err error) {
	text, _, _ := strings.Cut(string(data), "\n\n")
	line, ok := strings.CutPrefix(text+"\n", handoverHeader)
	if !ok || json.Unmarshal([]byte(line), &h) != nil {
		return h, errors.New("is no handover of a key")
	}
	if spelt, err := h.text(); err != nil || spelt != text+"\n" {
		return h, errors.New("is not written as a handover is")
	}
	signed := text + "\n\n"
	for _, key := range []events.VerifierKey{h.Retired, h.Key} {
		verifier, err := note.NewVerifier(string(key))
		if err != nil {
			return h, fmt.Errorf("names no key: %w", err)
		}
		n, err := note.Open(data, note.VerifierList(verifier))
		if err != nil {
			return h, fmt.Errorf("does not carry the signature of %s: %w", verifier.Name(), err)
		}
		if _, err := base64.StdEncoding.Strict().DecodeString(n.Sigs[0].Base64); err != nil {
			return h, errors.New("carries a signature in another spelling")
		}
		signed += "— " + n.Sigs[0].Name + " " + n.Sigs[0].Base64 + "\n"
	}
	if signed != string(data) {
		return h, errors.New("carries other signatures than those of its two keys")
	}
	h.Note = data
	return h, nil
}

// check makes sure that each handover goes on from the one before it, and the last one leads to the current key.
func (k Keys) check() error {
	for i, h := range k.Handovers {
		next := k.Current
		if i+1 < len(k.Handovers) {
			next = k.Handovers[i+1].Retired
		}
		if h.Key != next {
			return fmt.Errorf("the handovers of the signing key do not lead on: number %d is to %s, what follows is %s", i+1, nameOf(h.Key), nameOf(next))
		}
	}
	return nil
}

func nameOf(key events.VerifierKey) string {
	name, _, _ := strings.Cut(string(key), "+")
	return name
}

// ReadKeys reads how the current key came to be it from a directory of handovers, which need not be there. *RetiredKeyError:
// the current key was retired, or nothing introduces it.
func ReadKeys(dir string, current events.VerifierKey) (Keys, error) {
	k := Keys{Current: current}
	for {
		raw, err := os.ReadFile(handoverFile(dir, len(k.Handovers)+1))
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil {
			return k, err
		}
		h, err := openHandover(raw)
		if err != nil {
			return k, fmt.Errorf("%s %w", handoverFile(dir, len(k.Handovers)+1), err)
		}
		k.Handovers = append(k.Handovers, h)
	}
	if n := len(k.Handovers); n > 0 && k.Handovers[n-1].Key != current {
		return k, &RetiredKeyError{Key: nameOf(current), Now: nameOf(k.Handovers[n-1].Key), Dir: dir}
	}
	return k, k.check()
}

// MendKeys makes two directories of handovers alike where one has a handover that the other lacks, or has not as it was
// signed: each proves itself. It returns the files that were made again; what was in their place is kept beside them. An
// error names what is in neither.
func MendKeys(one, other string) (mended []string, err error) {
	for number := 1; ; number++ {
		files := [2]string{handoverFile(one, number), handoverFile(other, number)}
		var notes [2][]byte
		var bad [2]error
		for i, file := range files {
			if notes[i], bad[i] = os.ReadFile(file); bad[i] == nil {
				_, bad[i] = openHandover(notes[i])
			}
			if archive.Unable(bad[i]) { // the file may be whole
				return mended, bad[i]
			}
		}
		switch {
		case errors.Is(bad[0], fs.ErrNotExist) && errors.Is(bad[1], fs.ErrNotExist):
			return mended, nil
		case bad[0] != nil && bad[1] != nil:
			return mended, fmt.Errorf("%s %w, and its copy %s %w: put one of them back from a backup, or from keys.json of a bundle that was made since: the text number %d in it", files[0], bad[0], files[1], bad[1], number)
		case bad[0] == nil && bad[1] == nil && !bytes.Equal(notes[0], notes[1]):
			return mended, fmt.Errorf("%s and its copy %s are different handovers, and both signed: put the right one back from a backup, or from keys.json of a bundle that was made since", files[0], files[1])
		case bad[0] == nil && bad[1] == nil:
			continue
		}
		whole, broken := 0, 1
		if bad[0] != nil {
			whole, broken = 1, 0
		}
		if err := mend(files[broken], notes[whole]); err != nil {
			return mended, fmt.Errorf("make %s again from %s: %w", files[broken], files[whole], err)
		}
		mended = append(mended, files[broken])
	}
}

func mend(file string, note []byte) error {
	if err := makeDir(filepath.Dir(file)); err != nil {
		return err
	}
	if err := os.Rename(file, file+".damaged"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return WriteWhole(file, note)
}

func handoverFile(dir string, number int) string {
	return filepath.Join(dir, fmt.Sprintf("%04d", number))
}

// RetiredKeyError says that a program was given a key that is not the one that its archive goes on with.
type RetiredKeyError struct{ Key, Now, Dir string }

func (e *RetiredKeyError) Error() string {
	return fmt.Sprintf("the signing key %s is a retired one, or another installation's: the archive goes on with %s (%s): put that key back; where nobody has it any more, put an archive in the place of this one that goes on with yours, as a backup has", e.Key, e.Now, e.Dir)
}

// HandOver introduces the key that takes the current one's place, from where the archives stand, and keeps that in the
// directory. Nobody may sign meanwhile. When it is returned it is on the disk.
func (k Keys) HandOver(dir string, retired, next note.Signer, key events.VerifierKey, at time.Time, logs []HandedOver, repairs []HandedRepairs) (Handover, error) {
	if k.from(key) {
		return Handover{}, fmt.Errorf("%s signs already, or did: a key is used once", nameOf(key))
	}
	h, err := Handover{Retired: k.Current, Key: key, At: at.UTC().Truncate(time.Second), Logs: logs, Repairs: repairs}.handOver(retired, next)
	if err != nil {
		return h, err
	}
	if h, err = openHandover(h.Note); err != nil {
		return h, fmt.Errorf("hand the signing key over: what was made %w", err)
	}
	if err := makeDir(dir); err != nil {
		return h, err
	}
	if err := WriteWhole(handoverFile(dir, len(k.Handovers)+1), h.Note); err != nil {
		return h, err
	}
	return h, nil
}

// Retired are the keys before the current one, as an archive takes them.
func (k Keys) Retired() (list []archive.Retired, err error) {
	for _, h := range k.Handovers {
		r := archive.Retired{Logs: make(map[events.Municipality]archive.Reached)}
		if r.Key, err = note.NewVerifier(string(h.Retired)); err != nil {
			return nil, err
		}
		for _, log := range h.Logs {
			raw, err := hex.DecodeString(log.Root)
			if err != nil || len(raw) != tlog.HashSize {
				return nil, fmt.Errorf("the handover to %s names no root of %s", nameOf(h.Key), log.Municipality)
			}
			r.Logs[log.Municipality] = archive.Reached{Position: log.Position, Root: tlog.Hash(raw)}
		}
		list = append(list, r)
	}
	return list, nil
}

// statement reads a statement of the current key, or of one that was retired no earlier.
func (k Keys) statement(data []byte) (Statement, error) {
	for _, h := range k.Handovers {
		if !bytes.Contains(data, []byte("\n\n— "+nameOf(h.Retired)+" ")) {
			continue
		}
		s, err := openStatement(h.Retired, data)
		if err != nil {
			return s, err
		}
		var reached HandedOver
		for _, log := range h.Logs {
			if log.Municipality == s.Municipality {
				reached = log
			}
		}
		if s.Size > reached.Position || s.Size == reached.Position && s.Root != reached.Root {
			return s, &archive.RetiredError{Key: nameOf(h.Retired), At: reached.Position}
		}
		return s, nil
	}
	return openStatement(k.Current, data)
}

// counts says why the record of a repair that the retired key signed does not count any more; nil: it does.
func (h Handover) counts(r RepairRecord) error {
	if h.Repairs == nil {
		return nil
	}
	var reached HandedRepairs
	for _, one := range h.Repairs {
		if one.Municipality == r.Municipality {
			reached = one
		}
	}
	switch {
	case r.Number > reached.Number, r.Number == 0 && !slices.Contains(reached.Unnumbered, r.hash()):
		return fmt.Errorf("is signed by %s, which was retired after number %d", nameOf(h.Retired), reached.Number)
	case r.Number == reached.Number && r.Number > 0 && r.hash() != reached.Record:
		return fmt.Errorf("is not the number %d that %s handed over", r.Number, nameOf(h.Retired))
	}
	return nil
}

// from reports whether the current key is one, or took over from it.
func (k Keys) from(key events.VerifierKey) bool {
	for _, h := range k.Handovers {
		if h.Retired == key {
			return true
		}
	}
	return key == k.Current
}

// file is the handovers as a bundle has them: their notes, in order; nothing, where there is none.
func (k Keys) file() ([]byte, error) {
	if len(k.Handovers) == 0 {
		return nil, nil
	}
	notes := make([]string, len(k.Handovers))
	for i, h := range k.Handovers {
		notes[i] = string(h.Note)
	}
	raw, err := json.Marshal(notes)
	return append(raw, '\n'), err
}

// keysOf reads the handovers of a bundle that lead to its key.
func keysOf(data []byte, current events.VerifierKey) (Keys, error) {
	k := Keys{Current: current}
	if data == nil {
		return k, nil
	}
	var notes []string
	if err := json.Unmarshal(data, &notes); err != nil || len(notes) == 0 {
		return k, errors.New("does not hold handovers")
	}
	for _, one := range notes {
		h, err := openHandover([]byte(one))
		if err != nil {
			return k, fmt.Errorf("holds one that %w", err)
		}
		k.Handovers = append(k.Handovers, h)
	}
	if spelt, err := k.file(); err != nil || !bytes.Equal(spelt, data) {
		return k, errors.New("is not written as handovers are")
	}
	return k, k.check()
}
