package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
)

type backUp struct{ Unhurried }

// Backups knows which backups were taken.
type Backups interface {
	// Took notes one that an account was sent to its end.
	Took(ctx context.Context, by events.ID, bytes int64) error
	// Last returns the one that was taken last, here or beside the services; nil: none is on record.
	Last(ctx context.Context) (*BackupTaken, error)
}

// BackupTaken is a backup that was taken to its end.
type BackupTaken struct {
	At    time.Time `json:"taken_at"`
	Bytes int64     `json:"bytes"`
}

// ErrNoBackup says that this service does not see all of its installation.
var ErrNoBackup = errors.New("backups are not made here: where the services run apart, rackvidd backup --apart takes them from outside (deploy/README.md)")

func (s *server) backupRoutes() {
	add(s, route{
		id: "back-up", method: http.MethodGet, path: "/backup", permission: access.BackUp, operation: answersBytes("application/octet-stream"),
		summary: "Everything that this installation holds but the vault's directory, as one sealed file (age), while it runs",
	}, s.backUp)
}

func (s *server) backUp(ctx context.Context, c caller, _ *backUp) (*Held, error) {
	if s.Backup == nil {
		return nil, ErrNoBackup
	}
	file := Held{ContentType: "application/octet-stream", Disposition: attached("rackvidd.backup")}
	return s.hold(ctx, "backup", file, func(spool *os.File) (size int64, send func(io.Writer) error, err error) {
		if err := s.Backup(ctx, spool); err != nil {
			return 0, nil, err
		}
		if size, err = spool.Seek(0, io.SeekCurrent); err == nil {
			_, err = spool.Seek(0, io.SeekStart)
		}
		return size, func(to io.Writer) error {
			if _, err := io.Copy(to, spool); err != nil {
				return err
			}
			s.took(ctx, c, size)
			return nil
		}, err
	})
}

// took notes a backup that was sent to its end: whoever asked has it, whether or not that can be noted.
func (s *server) took(ctx context.Context, c caller, size int64) {
	if s.Backups == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := s.Backups.Took(ctx, c.Account, size); err != nil {
		s.Logger.Warn("that a backup was taken could not be noted", "error", err)
	}
}

// lastBackup is the one that was taken last, as far as is known.
func (s *server) lastBackup(ctx context.Context) (*BackupTaken, error) {
	if s.Backups == nil {
		return nil, nil
	}
	return s.Backups.Last(ctx)
}
