package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"rackvidd/services/arriving"
)

// Held is a long file that is held on the disk until it is sent.
type Held struct {
	ContentType   string `header:"Content-Type"`
	ContentLength string `header:"Content-Length"`
	Disposition   string `header:"Content-Disposition"`
	Body          func(huma.Context)
}

// hold lets fill write a file to the disk first: what goes wrong is said before anything is sent, and a file that arrives
// whole is whole. Of those with the same name one after the other takes room on the disk, until it is sent.
func (s *server) hold(ctx context.Context, name string, file Held, fill func(spool *os.File) (size int64, send func(io.Writer) error, err error)) (*Held, error) {
	release, err := s.turns.Take(ctx, name)
	if err != nil {
		return nil, err
	}
	spool, err := s.unnamed()
	if err != nil {
		release()
		return nil, fmt.Errorf("hold a file until it is sent: %w", err)
	}
	done := func() {
		spool.Close()
		release()
	}
	made := false
	defer func() {
		if !made {
			done()
		}
	}()
	size, send, err := fill(spool)
	if err != nil {
		return nil, err
	}
	made = true
	file.ContentLength = strconv.FormatInt(size, 10)
	file.Body = func(ctx huma.Context) {
		defer done()
		_, w := humago.Unwrap(ctx)
		if err := send(steadily{ctx.BodyWriter(), http.NewResponseController(w)}); err != nil {
			s.Logger.Warn("a file was not taken to its end", "file", name, "error", err) // whoever asked sees that it is too short
		}
	}
	return &file, nil
}

// unnamed is an empty file that no crash leaves behind.
func (s *server) unnamed() (*os.File, error) {
	file, err := os.CreateTemp(s.Spool, ".held-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(file.Name()); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// steadily gives up on whoever takes nothing for a minute: others wait for them.
type steadily struct {
	io.Writer
	connection *http.ResponseController
}

func (s steadily) Write(data []byte) (int, error) {
	_ = s.connection.SetWriteDeadline(time.Now().Add(arriving.Silence)) // where a connection has none nobody is behind it
	return s.Writer.Write(data)
}
