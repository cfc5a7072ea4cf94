package integrity

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/events/failpoint"
)

// Findings are what stands of what was found damaged. They are files, so that a restart does not forget them and every
// process that reads the archive knows them; who cannot write the directory keeps its own in memory. Make it with Keep.
type Findings struct {
	dir    string
	logger *slog.Logger

	mu    sync.Mutex
	apart map[events.Municipality][]Finding // which could not be written
	whole map[events.Municipality][]Finding // which are written, could not be taken away, and are whole by now
	read  map[events.Municipality][]Finding // when there last was a file left to read them by
}

// Keep returns the findings of a directory, one file a municipality; "": in memory. It need not exist.
func Keep(dir string, logger *slog.Logger) *Findings {
	return &Findings{dir: dir, logger: logger, apart: make(map[events.Municipality][]Finding), whole: make(map[events.Municipality][]Finding), read: make(map[events.Municipality][]Finding)}
}

const suffix = ".json"

func (f *Findings) path(m events.Municipality) string {
	return filepath.Join(f.dir, string(m)+suffix)
}

// Of returns what stands of a municipality.
func (f *Findings) Of(m events.Municipality) []Finding {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.of(m)
}

// of is what is written, whoever wrote it, and what could not be.
func (f *Findings) of(m events.Municipality) []Finding {
	list := slices.DeleteFunc(f.written(m), func(one Finding) bool { return slices.Contains(f.whole[m], one) })
	for _, one := range f.apart[m] {
		if !slices.Contains(list, one) {
			list = append(list, one)
		}
	}
	return list
}

func (f *Findings) written(m events.Municipality) []Finding {
	if f.dir == "" {
		return nil
	}
	raw, err := os.ReadFile(f.path(m))
	if errors.Is(err, fs.ErrNotExist) {
		delete(f.read, m)
		return nil
	}
	if archive.Unable(err) && !errors.Is(err, fs.ErrPermission) { // which is no word about what stands, and soon over
		return slices.Clone(f.read[m])
	}
	var list []Finding
	if err == nil {
		err = json.Unmarshal(raw, &list)
	}
	if err != nil || len(list) == 0 {
		return []Finding{{Municipality: m, Copy: TheStream, Code: Unsaid, Problem: fmt.Sprintf("something was found, and %s does not say what: verify it again", f.path(m))}}
	}
	f.read[m] = slices.Clone(list)
	return list
}

// Damage returns a *DamagedError where something stands of a municipality: of the copies that are named, or of any.
func (f *Findings) Damage(m events.Municipality, copies ...string) error {
	list := f.Of(m)
	if len(copies) > 0 {
		list = slices.DeleteFunc(slices.Clone(list), func(one Finding) bool { return !slices.Contains(copies, one.Copy) })
	}
	if len(list) == 0 {
		return nil
	}
	return &DamagedError{m, list}
}

// All returns what stands, by municipality.
func (f *Findings) All() map[events.Municipality][]Finding {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make(map[events.Municipality][]Finding)
	if f.dir != "" {
		for m := range f.read {
			all[m] = nil
		}
		files, _ := os.ReadDir(f.dir) // none: nothing was ever found, or what was read last has to do
		for _, file := range files {
			if m, ok := strings.CutSuffix(file.Name(), suffix); ok {
				all[events.Municipality(m)] = nil
			}
		}
	}
	for m := range f.apart {
		all[m] = nil
	}
	for m := range all {
		if all[m] = f.of(m); len(all[m]) == 0 {
			delete(all, m)
		}
	}
	return all
}

// Add keeps one more finding.
func (f *Findings) Add(one Finding) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if list := f.of(one.Municipality); !slices.Contains(list, one) {
		f.put(one.Municipality, append(slices.Clone(list), one))
	}
}

// Settle keeps what a check of some copies found, in place of what was found of them before.
func (f *Findings) Settle(m events.Municipality, found []Finding, copies ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.settle(m, f.of(m), found, copies)
}

// SettleLong is Settle of a check that took a while, with what stood when it began: what others found meanwhile stands.
func (f *Findings) SettleLong(m events.Municipality, stood, found []Finding, copies ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.settle(m, stood, found, copies)
}

func (f *Findings) settle(m events.Municipality, stood, found []Finding, copies []string) {
	before := f.of(m)
	list := slices.DeleteFunc(slices.Clone(before), func(one Finding) bool {
		return slices.Contains(copies, one.Copy) && (slices.Contains(stood, one) || slices.Contains(found, one))
	})
	list = append(list, found...)
	if !slices.Equal(before, list) {
		f.put(m, list)
	}
}

// put writes what stands of a municipality; where that is not possible it is kept in memory.
func (f *Findings) put(m events.Municipality, list []Finding) {
	for _, one := range list {
		f.logger.Error("damage was found", "municipality", m, "finding", one.String())
	}
	err := f.write(m, list)
	if f.dir != "" && err == nil {
		delete(f.apart, m)
		delete(f.whole, m)
		return
	}
	if err != nil {
		f.logger.Warn("what was found damaged is kept in memory alone", "municipality", m, "error", err)
	}
	f.keepApart(m, list)
}

// keepApart keeps what is not written. What is, and was found whole here, stands until whoever wrote it finds it whole: the databases'
// copies alone, which only whoever has them checks, are taken from it.
func (f *Findings) keepApart(m events.Municipality, list []Finding) {
	written := f.written(m)
	f.apart[m] = slices.DeleteFunc(slices.Clone(list), func(one Finding) bool { return slices.Contains(written, one) })
	f.whole[m] = slices.DeleteFunc(written, func(one Finding) bool {
		return one.Copy != TheReadModel && one.Copy != TheVault || slices.Contains(list, one)
	})
}

func (f *Findings) write(m events.Municipality, list []Finding) error {
	if f.dir == "" {
		return nil
	}
	if len(list) == 0 {
		failpoint.At(failpoint.BeforeRename)
		err := os.Remove(f.path(m))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return errors.Join(err, syncDir(f.dir))
	}
	raw, err := json.MarshalIndent(list, "", " ")
	if err != nil {
		return err
	}
	if err := errors.Join(os.MkdirAll(f.dir, 0o700), syncDir(filepath.Dir(f.dir))); err != nil {
		return err
	}
	file, err := os.CreateTemp(f.dir, "unfinished-*")
	if err != nil {
		return err
	}
	_, err = bytes.NewReader(append(raw, '\n')).WriteTo(file)
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		failpoint.At(failpoint.BeforeRename)
		err = os.Rename(file.Name(), f.path(m))
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return syncDir(f.dir)
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
