package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
)

type backUp struct{ Unhurried }

type keepBackup struct {
	Keyed
	Body backupKept
}

type backupKept struct {
	Bytes int64 `json:"bytes" minimum:"1" doc:"how large the file is"`
}

// Backups knows which backups were taken.
type Backups interface {
	// Kept notes one that an account has, from its first byte to its last.
	Kept(ctx context.Context, by events.ID, bytes int64) error
	// Last returns the one that was taken last, here or beside the services; nil: none is on record.
	Last(ctx context.Context) (*BackupTaken, error)
}

// BackupTaken is a backup that whoever asked for it has.
type BackupTaken struct {
	At    time.Time `json:"taken_at"`
	Bytes int64     `json:"bytes"`
}

// BackupNoted is a backup that is where it is kept, and what is known of the installation that it is of.
type BackupNoted struct {
	BackupTaken
	Damaged []events.Municipality `json:"damaged,omitempty" doc:"the logs of which copies are known to differ; rackvidd audit verify says which"`
}

// ErrNoBackup says that this service does not see all of its installation.
var ErrNoBackup = errors.New("backups are not made here: where the services run apart, rackvidd backup --apart takes them from outside (deploy/README.md)")

func (s *server) backupRoutes() {
	add(s, route{
		id: "back-up", method: http.MethodGet, path: "/backup", permission: access.BackUp, operation: answersBytes("application/octet-stream"),
		summary: "Everything that this installation holds but the vault's directory, as one sealed file (age), while it runs",
	}, s.backUp)
	add(s, route{
		id: "keep-backup", method: http.MethodPost, path: "/backup/kept", permission: access.BackUp,
		summary: "Say that a backup is where it is kept: what was sent may have found no room there. /readyz and /metrics tell of the last that is",
	}, s.keepBackup)
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
			_, err := io.Copy(to, spool)
			return err
		}, err
	})
}

func (s *server) keepBackup(ctx context.Context, c caller, in *keepBackup) (*reply[BackupNoted], error) {
	if s.Backups == nil {
		return nil, ErrNoBackup
	}
	cmd, err := s.command(ctx, c, in.IdempotencyKey, in.Body)
	if err != nil {
		return nil, err
	}
	kept, err := once(ctx, s, c, cmd, func() (BackupTaken, error) {
		return BackupTaken{s.now(), in.Body.Bytes}, s.Backups.Kept(ctx, c.Account, in.Body.Bytes)
	})
	noted := BackupNoted{BackupTaken: kept}
	for m, found := range s.mendable() {
		if len(found) > 0 {
			noted.Damaged = append(noted.Damaged, m)
		}
	}
	slices.Sort(noted.Damaged)
	return &reply[BackupNoted]{noted}, err
}

// lastBackup is the one that was taken last, as far as is known.
func (s *server) lastBackup(ctx context.Context) (*BackupTaken, error) {
	if s.Backups == nil {
		return nil, nil
	}
	return s.Backups.Last(ctx)
}
