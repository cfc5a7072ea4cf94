package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

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

func (s *server) bundleSurvey(ctx context.Context, c caller, in *bundleSurvey) (*Held, error) {
	if s.Statements == nil {
		return nil, errNoArchive
	}
	if _, err := s.reached(ctx, c.municipality, in.MinPosition); err != nil {
		return nil, err
	}
	var since []byte
	if in.Since != "" {
		since = []byte(in.Since)
	}
	file := Held{ContentType: "application/zip", Disposition: attached(fmt.Sprintf("bundle-%s-%d.zip", c.municipality, in.Year))}
	return s.hold(ctx, "bundle of "+string(c.municipality), file, func(spool *os.File) (int64, func(io.Writer) error, error) {
		made, err := s.Statements.Bundle(ctx, c.municipality, in.Year, in.Version, since, spool)
		if err != nil {
			return 0, nil, err
		}
		return made.Size(), made.Write, s.noteRaw(ctx, c)
	})
}
