package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"

	"rackvidd/services/access"
)

type backUp struct{ Unhurried }

// ErrNoBackup says that this service does not see all of its installation.
var ErrNoBackup = errors.New("backups are not made here: where the services run apart, rackvidd backup --apart takes them from outside (deploy/README.md)")

func (s *server) backupRoutes() {
	add(s, route{
		id: "back-up", method: http.MethodGet, path: "/backup", permission: access.BackUp, operation: answersBytes("application/octet-stream"),
		summary: "Everything that this installation holds but the vault's directory, as one sealed file (age), while it runs",
	}, s.backUp)
}

func (s *server) backUp(ctx context.Context, _ caller, _ *backUp) (*Held, error) {
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
