package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"rackvidd/services/access"
)

type backUp struct{ Unhurried }

// Held is a long file that is held on the disk until it is sent.
type Held struct {
	ContentType   string `header:"Content-Type"`
	ContentLength string `header:"Content-Length"`
	Disposition   string `header:"Content-Disposition"`
	Body          func(huma.Context)
}

// ErrNoBackup says that no part of this installation may see all of it.
var ErrNoBackup = errors.New("backups are not made here: where services run apart, copy their volumes (deploy/README.md)")

func (s *server) backupRoutes() {
	add(s, route{
		id: "back-up", method: http.MethodGet, path: "/backup", permission: access.BackUp, operation: answersBytes("application/octet-stream"),
		summary: "Everything that this installation holds but the vault's directory, as one sealed file (age), while it runs",
	}, s.backUp)
}

// backUp writes the backup to the disk first: what goes wrong is said before anything is sent, and a file that arrives
// whole is whole.
func (s *server) backUp(ctx context.Context, _ caller, _ *backUp) (*Held, error) {
	if s.Backup == nil {
		return nil, ErrNoBackup
	}
	spool, err := s.unnamed(".backup-*")
	if err != nil {
		return nil, fmt.Errorf("hold the backup: %w", err)
	}
	err = s.Backup(ctx, spool)
	size, told := spool.Seek(0, io.SeekCurrent)
	if err == nil {
		err = told
	}
	if err == nil {
		_, err = spool.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, spool.Close())
	}
	return &Held{
		ContentType: "application/octet-stream", ContentLength: strconv.FormatInt(size, 10), Disposition: attached("rackvidd.backup"),
		Body: func(ctx huma.Context) {
			defer spool.Close()
			if _, err := io.Copy(ctx.BodyWriter(), spool); err != nil {
				s.Logger.Warn("a backup was not taken to its end", "error", err) // whoever asked sees that it is too short
			}
		},
	}, nil
}

// unnamed is an empty file that no crash leaves behind.
func (s *server) unnamed(pattern string) (*os.File, error) {
	file, err := os.CreateTemp(s.Spool, pattern)
	if err != nil {
		return nil, err
	}
	if err := os.Remove(file.Name()); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}
