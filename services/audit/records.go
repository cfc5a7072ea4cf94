package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/mod/sumdb/note"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/services/database"
	"rackvidd/services/integrity"
)

// recordHeader begins the record of a repair.
const recordHeader = "rackvidd/repair\n"

// Records keeps what was repaired: a signed note for each repair. Of each municipality they are numbered, each names the
// hash of the one before it, and the last is kept twice: none is changed or taken away unseen.
type Records struct {
	Dir  string // of the notes: <municipality>-<time>
	Last string // where each municipality's last is kept once more
	// Damaged is where those are moved that are not as they were signed.
	Damaged string
	Key     note.Signer
	Keys    Keys // those that records are signed by

	pairs sync.RWMutex // a last record and its copy are written together, for whoever reads both
}

// Repairing is passed by whoever repairs, in whichever process. Whoever copies records shuts it: a last record and its copy are of one
// moment then.
func Repairing(pool *pgxpool.Pool) *database.Gate { return database.NewGate(pool, 5219752) }

// RepairRecord is the record of a repair, as it was signed.
type RepairRecord struct {
	Repair
	Note string `json:"note"` // a signed note (C2SP signed-note)

	file string
}

// RepairRecords are what was repaired of a municipality, in that order, and what is wrong with the records themselves.
type RepairRecords struct {
	Municipality events.Municipality `json:"municipality"`
	Repairs      []RepairRecord      `json:"repairs" nullable:"false"`
	Whole        bool                `json:"whole"`
	Findings     []integrity.Finding `json:"findings" nullable:"false"`
}

func (r Repair) text() (string, error) {
	raw, err := json.MarshalIndent(r, "", " ")
	return recordHeader + string(raw) + "\n", err
}

// name is what the record of a repair is called.
func (r Repair) name() string {
	return fmt.Sprintf("%s-%s", r.Municipality, r.At.Format("20060102T150405.000Z"))
}

func (r RepairRecord) hash() string {
	sum := sha256.Sum256([]byte(r.Note))
	return hex.EncodeToString(sum[:])
}

// open reads a record that the installation's key signed, or one that was retired no earlier.
func (s *Records) open(data []byte) (r RepairRecord, err error) {
	r, err = openRecord(s.Keys.Current, data)
	for _, h := range s.Keys.Handovers {
		if !errors.Is(err, errUnsigned) {
			break
		}
		if r, err = openRecord(h.Retired, data); err == nil {
			err = h.counts(r)
		}
	}
	return r, err
}

var errUnsigned = errors.New("does not carry the signature of this installation")

func openRecord(key events.VerifierKey, data []byte) (r RepairRecord, err error) {
	text, err := openNote(key, data)
	if err != nil {
		return r, errUnsigned
	}
	raw, ok := strings.CutPrefix(text, recordHeader)
	if !ok || json.Unmarshal([]byte(raw), &r.Repair) != nil {
		return r, errors.New("is no record of a repair")
	}
	r.Note = string(data)
	return r, nil
}

// Of returns what was repaired of a municipality, by number; records of earlier versions of the program have none, and
// come first.
func (s *Records) Of(m events.Municipality) (RepairRecords, error) {
	s.pairs.RLock()
	defer s.pairs.RUnlock()
	list := RepairRecords{Municipality: m, Repairs: []RepairRecord{}, Findings: []integrity.Finding{}}
	if err := s.read(&list); err != nil {
		return list, err
	}
	if err := s.end(&list, list.chain()); err != nil {
		return list, err
	}
	list.Whole = len(list.Findings) == 0
	return list, nil
}

// find adds what is wrong with a record; number 0: it is not known which it is.
func (l *RepairRecords) find(file string, code archive.Code, number int, format string, values ...any) {
	l.Findings = append(l.Findings, integrity.Finding{
		Municipality: l.Municipality, Copy: integrity.TheRecord, File: file, Code: code, Count: uint64(number), Problem: fmt.Sprintf(format, values...),
	})
}

// read reads the records that there are, and finds those that are none or that the disk does not give.
func (s *Records) read(list *RepairRecords) error {
	files, err := Kept(s.Dir, func(name string) bool { return strings.HasPrefix(name, string(list.Municipality)+"-") })
	if err != nil {
		return err
	}
	for _, file := range files {
		data, bad := os.ReadFile(file)
		if archive.Unable(bad) {
			return bad
		}
		var r RepairRecord
		if bad == nil {
			r, bad = s.open(data)
		}
		if r.file = filepath.Base(file); bad == nil && (r.Municipality != list.Municipality || r.name() != r.file) {
			bad = errAnother
		}
		if bad != nil {
			list.find(r.file, archive.Unreadable, 0, "%s", bad)
			continue
		}
		list.Repairs = append(list.Repairs, r)
	}
	slices.SortStableFunc(list.Repairs, func(a, b RepairRecord) int { return a.Number - b.Number })
	return nil
}

// chain finds where a record does not go on from the one before it, and returns the last. What was accepted as gone is not
// missed.
func (l *RepairRecords) chain() (last RepairRecord) {
	gone := make(map[int]bool)
	for _, r := range l.Repairs {
		for _, number := range r.Gone {
			gone[number] = true
		}
	}
	for _, r := range l.Repairs {
		if r.Number == 0 {
			continue
		}
		for number := last.Number + 1; number < r.Number; number++ {
			if !gone[number] {
				l.find("", archive.Missing, number, "number %d is missing", number)
			}
		}
		switch {
		case r.Number == last.Number:
			l.find(r.file, archive.Stray, r.Number, "has the number %d, as %s has", r.Number, last.file)
		case r.Number == last.Number+1 && r.Before != last.hashIfAny() && !gone[last.Number]:
			l.find(last.file, integrity.OtherRecord, last.Number, "number %d is not the one that number %d goes on from", last.Number, r.Number)
		}
		last = r
	}
	return last
}

// end holds the last record against its copy.
func (s *Records) end(list *RepairRecords, last RepairRecord) error {
	twice, err := s.last(list.Municipality)
	switch {
	case errors.Is(err, fs.ErrNotExist) && last.Number == 0:
	case archive.Unable(err):
		return err
	case err != nil:
		list.find("", archive.Unreadable, 0, "the copy of the last one, %s, cannot be read: %s", s.lastFile(list.Municipality), err)
	case twice.Number > last.Number:
		for number := last.Number + 1; number <= twice.Number; number++ {
			list.find("", archive.Missing, number, "number %d is missing", number)
		}
	case twice.Note != last.Note:
		list.find(last.file, integrity.OtherRecord, last.Number, "number %d is not the one whose copy is kept", last.Number)
	}
	return nil
}

// hashIfAny is what the record that follows goes on from: nothing, for the first.
func (r RepairRecord) hashIfAny() string {
	if r.Number == 0 {
		return ""
	}
	return r.hash()
}

var errAnother = errors.New("is the record of another repair")

func (s *Records) lastFile(m events.Municipality) string { return filepath.Join(s.Last, string(m)) }

// last is the copy of a municipality's last record; fs.ErrNotExist: there is none.
func (s *Records) last(m events.Municipality) (RepairRecord, error) {
	data, err := os.ReadFile(s.lastFile(m))
	if err != nil {
		return RepairRecord{}, err
	}
	r, err := s.open(data)
	if err == nil && r.Municipality != m {
		err = errAnother
	}
	return r, err
}

// keep writes the record of a repair, as far as that has come. The first time it is given its number.
func (s *Records) keep(r *Repair) error {
	if r.Number == 0 {
		before, err := s.newest(r.Municipality)
		if err != nil {
			return err
		}
		r.Number, r.Before = before.Number+1, before.hashIfAny()
	}
	text, err := r.text()
	if err != nil {
		return err
	}
	signed, err := note.Sign(&note.Note{Text: text}, s.Key)
	if err != nil {
		return err
	}
	return s.write(r.Municipality, r.name(), signed)
}

// write keeps a record, its copy first: a stop between the two leaves what the other is made of again.
func (s *Records) write(m events.Municipality, name string, note []byte) error {
	for _, dir := range []string{s.Last, s.Dir} {
		if err := makeDir(dir); err != nil {
			return err
		}
	}
	s.pairs.Lock()
	defer s.pairs.Unlock()
	if err := WriteWhole(s.lastFile(m), note); err != nil {
		return err
	}
	return WriteWhole(filepath.Join(s.Dir, name), note)
}

// newest is the last record of a municipality, from either place.
func (s *Records) newest(m events.Municipality) (RepairRecord, error) {
	list, err := s.Of(m)
	if err != nil {
		return RepairRecord{}, err
	}
	var newest RepairRecord
	if n := len(list.Repairs); n > 0 {
		newest = list.Repairs[n-1]
	}
	if last, err := s.last(m); err == nil && last.Number >= newest.Number {
		newest = last
	}
	return newest, nil
}

// Reached is how far the records of each log's repairs have come. Records that are not whole are an error: one that is missing
// may be a later one.
func (s *Records) Reached() ([]HandedRepairs, error) {
	all := []HandedRepairs{}
	of, err := s.municipalities()
	if err != nil {
		return nil, err
	}
	for _, m := range of {
		list, err := s.Of(m)
		if err != nil {
			return nil, err
		}
		if !list.Whole {
			return nil, fmt.Errorf("the records of repairs of %s are damaged (%s): start the program and repair them (rackvidd audit repair --municipality %[1]s) before the key is rotated", m, list.Findings[0])
		}
		one := HandedRepairs{Municipality: m}
		for _, r := range list.Repairs {
			if r.Number == 0 {
				one.Unnumbered = append(one.Unnumbered, r.hash())
			} else {
				one.Number, one.Record = r.Number, r.hash()
			}
		}
		all = append(all, one)
	}
	return all, nil
}

// municipalities are those of which there is a record, or the copy of one.
func (s *Records) municipalities() (list []events.Municipality, err error) {
	for _, dir := range []string{s.Dir, s.Last} {
		files, err := Kept(dir, func(name string) bool { return !strings.HasPrefix(name, ".") })
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			code, _, _ := strings.Cut(filepath.Base(file), "-")
			list = append(list, events.Municipality(code))
		}
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

// mend makes the last record of a municipality the same in both places again. It returns its number; 0: it was.
func (s *Records) mend(m events.Municipality) (int, error) {
	newest, err := s.newest(m)
	if err != nil || newest.Number == 0 {
		return 0, err
	}
	same := true
	for _, file := range []string{s.lastFile(m), filepath.Join(s.Dir, newest.name())} {
		data, err := os.ReadFile(file)
		if archive.Unable(err) {
			return 0, err
		}
		same = same && err == nil && bytes.Equal(data, []byte(newest.Note))
	}
	if same {
		return 0, nil
	}
	return newest.Number, s.write(m, newest.name(), []byte(newest.Note))
}

// setAside moves the records away that are not as they were signed, or not those that were.
func (s *Records) setAside(findings []integrity.Finding, aside string) error {
	for _, f := range findings {
		if f.File == "" {
			continue
		}
		if err := MoveAside(filepath.Join(s.Dir, f.File), filepath.Join(s.Damaged, aside, f.File)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("keep a damaged record of a repair: %w", err)
		}
	}
	return nil
}
