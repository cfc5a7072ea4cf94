package vault

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"rackvidd/events"
)

// ledger is the append-only file of erasures: a line with the ledger's own id, then a line each of time,
// municipality and token. It says nothing about who was erased, only which token nobody owns any more.
type ledger struct {
	mu     sync.Mutex
	file   *os.File
	id     events.ID
	read   int64
	lines  []erasure
	places map[events.ID]events.Municipality
}

type erasure struct {
	municipality events.Municipality
	token        events.ID
	at           time.Time
}

const ledgerTitle = "rackvidd erasures "

func openLedger(path string) (*ledger, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the erasure ledger: %w", err)
	}
	l := &ledger{file: file, places: map[events.ID]events.Municipality{}}
	if err := errors.Join(l.locked(l.begin), syncDir(filepath.Dir(path))); err != nil {
		return nil, errors.Join(fmt.Errorf("open the erasure ledger: %w", err), file.Close())
	}
	return l, nil
}

// locked keeps other processes with the same key store out while the file grows.
func (l *ledger) locked(do func() error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := syscall.Flock(int(l.file.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	return errors.Join(do(), syscall.Flock(int(l.file.Fd()), syscall.LOCK_UN))
}

func (l *ledger) begin() error {
	if err := l.refresh(); err != nil || !l.id.IsZero() {
		return err
	}
	return l.write(ledgerTitle + events.NewID().String() + "\n")
}

// refresh reads the lines that were added since, by whomever. A last line without its end is an append that a crash
// cut short: nobody was told of it, so it is taken away before the next is written.
func (l *ledger) refresh() error {
	b, err := io.ReadAll(io.NewSectionReader(l.file, l.read, 1<<40))
	if err != nil {
		return err
	}
	whole := b[:bytes.LastIndexByte(b, '\n')+1]
	for line := range strings.Lines(string(whole)) {
		if err := l.take(strings.TrimSuffix(line, "\n")); err != nil {
			return err
		}
	}
	l.read += int64(len(whole))
	return nil
}

func (l *ledger) take(line string) (err error) {
	if l.id.IsZero() {
		title, id, _ := strings.Cut(line, ledgerTitle)
		if l.id, err = events.ParseID(id); err != nil || title != "" {
			return errors.New("its first line is damaged")
		}
		return nil
	}
	fields := strings.Fields(line)
	if len(fields) != 3 {
		return fmt.Errorf("erasure %d is damaged", len(l.lines)+1)
	}
	token, err := events.ParseID(fields[2])
	at, notTime := time.Parse(time.RFC3339, fields[0])
	if err != nil || notTime != nil {
		return fmt.Errorf("erasure %d is damaged", len(l.lines)+1)
	}
	l.lines = append(l.lines, erasure{events.Municipality(fields[1]), token, at})
	l.places[token] = events.Municipality(fields[1])
	return nil
}

func (l *ledger) write(line string) error {
	if err := l.file.Truncate(l.read); err != nil {
		return err
	}
	if _, err := l.file.WriteString(line); err != nil {
		return err
	}
	if err := l.file.Sync(); err != nil {
		return err
	}
	return l.refresh()
}

// add writes erasures down, durably, those that are not there.
func (l *ledger) add(at time.Time, list ...erasure) error {
	err := l.locked(func() error {
		err := l.refresh()
		var lines strings.Builder
		for _, e := range list {
			if l.places[e.token] == "" {
				fmt.Fprintf(&lines, "%s %s %s\n", at.UTC().Format(time.RFC3339), e.municipality, e.token)
			}
		}
		if err != nil || lines.Len() == 0 {
			return err
		}
		return l.write(lines.String())
	})
	if err != nil {
		return fmt.Errorf("write erasures into the ledger: %w", err)
	}
	return nil
}

// all returns every erasure so far.
func (l *ledger) all() ([]erasure, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.refresh(); err != nil {
		return nil, fmt.Errorf("read the erasure ledger: %w", err)
	}
	return l.lines, nil
}

func (l *ledger) has(e erasure) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.refresh(); err != nil {
		return false, fmt.Errorf("read the erasure ledger: %w", err)
	}
	return l.places[e.token] == e.municipality, nil
}
