package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"rackvidd/events"
	"rackvidd/services/access"
)

type readStatement struct {
	OfYear
	AtLeast
	Version int `query:"version" minimum:"1" maximum:"10000" doc:"of what was submitted; the latest where none is given"`
}

type bundleSurvey struct {
	Municipal
	AtLeast
	Unhurried
	Year    events.Year `query:"year" required:"true"`
	Version int         `query:"version" minimum:"1" maximum:"10000" doc:"of what was submitted; the latest where none is given"`
	Since   string      `query:"since" private:"yes" maxLength:"2000" doc:"a checkpoint of the log that was kept before: the bundle proves that the log only grew since"`
}

func (s *server) statementRoutes() {
	add(s, route{
		id: "read-statement", method: http.MethodGet, path: "surveys/{year}/statement", permission: access.ReadSurvey, operation: answersBytes("text/plain"),
		summary: "What was signed when the survey was submitted: figures' hash, definition, position and root of the log, program version (C2SP signed-note)",
	}, s.readStatement)
	add(s, route{
		id: "bundle-survey", method: http.MethodGet, path: "audit/bundle", permission: access.ReadLog, operation: answersBytes("application/zip"),
		summary: "What an outside auditor needs to verify a submitted survey without this program: events, proofs, statement, figures, and a script",
	}, s.bundleSurvey)
}

func (s *server) readStatement(ctx context.Context, c caller, in *readStatement) (*File, error) {
	if s.Statements == nil {
		return nil, errNoArchive
	}
	if _, err := s.reached(ctx, c.municipality, in.MinPosition); err != nil {
		return nil, err
	}
	waiting, stop := context.WithTimeout(ctx, reachWithin)
	defer stop()
	signed, err := s.Statements.Statement(waiting, c.municipality, in.Year, in.Version)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = unavailable("not_yet", "the archive has not come to the submission yet; try again", 1)
	}
	return &File{"text/plain; charset=utf-8", attached(fmt.Sprintf("survey-%s-%d.statement", c.municipality, in.Year)), signed}, err
}

// bundleSurvey makes and sends one bundle of a municipality after the other: each takes room on the disk until it is sent.
func (s *server) bundleSurvey(ctx context.Context, c caller, in *bundleSurvey) (*Held, error) {
	if s.Statements == nil {
		return nil, errNoArchive
	}
	if _, err := s.reached(ctx, c.municipality, in.MinPosition); err != nil {
		return nil, err
	}
	release, err := s.turns.Take(ctx, "bundle "+string(c.municipality))
	if err != nil {
		return nil, err
	}
	var spool *os.File
	done := func() {
		spool.Close()
		release()
	}
	sent := false
	defer func() {
		if !sent {
			done()
		}
	}()
	if spool, err = s.unnamed(".bundle-*"); err != nil {
		return nil, fmt.Errorf("hold the bundle: %w", err)
	}
	var since []byte
	if in.Since != "" {
		since = []byte(in.Since)
	}
	made, err := s.Statements.Bundle(ctx, c.municipality, in.Year, in.Version, since, spool)
	if errors.Is(err, syscall.ENOSPC) {
		return nil, unavailable("unavailable", "there is no room on the disk to hold the bundle until it is sent; try again later", 60)
	}
	if err != nil {
		return nil, err
	}
	sent = true
	return &Held{
		ContentType: "application/zip", ContentLength: strconv.FormatInt(made.Size(), 10), Disposition: attached(fmt.Sprintf("bundle-%s-%d.zip", c.municipality, in.Year)),
		Body: func(ctx huma.Context) {
			defer done()
			_, w := humago.Unwrap(ctx)
			if err := made.Write(steadily{ctx.BodyWriter(), http.NewResponseController(w)}); err != nil {
				s.Logger.Warn("a bundle was not taken to its end", "error", err) // whoever asked sees that it is too short
			}
		},
	}, nil
}

// steadily gives up on whoever takes nothing for a minute: others wait for them.
type steadily struct {
	io.Writer
	connection *http.ResponseController
}

func (s steadily) Write(data []byte) (int, error) {
	_ = s.connection.SetWriteDeadline(time.Now().Add(time.Minute)) // where a connection has none nobody is behind it
	return s.Writer.Write(data)
}
