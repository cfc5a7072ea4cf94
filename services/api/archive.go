package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/services/access"
)

// reachWithin is how long a read waits for a position to be archived.
const reachWithin = 5 * time.Second

type readCheckpoint struct {
	Municipal
	AtLeast
}

type readTile struct {
	Municipal
	AtLeast
	Tile        string `path:"tile" private:"yes" doc:"as C2SP tlog-tiles names it, after tile/: 0/x001/067, 0/000.p/12, entries/000" example:"0/000"`
	IfNoneMatch string `header:"If-None-Match" private:"yes" maxLength:"100" doc:"the ETag of what is there already"`
}

// ArchiveFile is a file of a transparency log, as it is kept.
type ArchiveFile struct {
	Status       int
	ContentType  string `header:"Content-Type"`
	CacheControl string `header:"Cache-Control"`
	ETag         string `header:"ETag"`
	Body         []byte
}

func (s *server) archiveRoutes() {
	add(s, route{
		id: "read-checkpoint", method: http.MethodGet, path: "log/checkpoint", permission: access.ReadLog, operation: answersBytes("text/plain"),
		summary: "The signed checkpoint of the municipality's transparency log (C2SP tlog-checkpoint); min_position is what it has to hold",
	}, s.readCheckpoint)
	add(s, route{
		id: "read-tile", method: http.MethodGet, path: "log/tile/{tile...}", permission: access.ReadLog,
		operation: func(op *huma.Operation) {
			answersBytes("application/octet-stream")(op)
			op.Responses["304"] = &huma.Response{Description: http.StatusText(http.StatusNotModified)}
		},
		summary: "A hash tile or a bundle of entries of the municipality's transparency log (C2SP tlog-tiles)",
	}, s.readTile)
	// The router's way to write the rest of a path is not OpenAPI's.
	const routed = municipal + "log/tile/{tile...}"
	paths := s.api.OpenAPI().Paths
	paths[strings.Replace(routed, "...", "", 1)] = paths[routed]
	delete(paths, routed)
}

// answersBytes says in the contract what kind of file an operation answers.
func answersBytes(kind string) func(*huma.Operation) {
	return func(op *huma.Operation) {
		op.Responses = map[string]*huma.Response{
			"200": {Description: "the file", Content: map[string]*huma.MediaType{kind: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}},
		}
	}
}

// archived waits until a position is in the archive.
func (s *server) archived(ctx context.Context, m events.Municipality, least events.Position) (archive.Checkpoint, error) {
	if s.Archive == nil {
		return archive.Checkpoint{}, errNoArchive
	}
	waiting, stop := context.WithTimeout(ctx, reachWithin)
	defer stop()
	c, err := s.Archive.Reach(waiting, m, least)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = unavailable("not_yet", "the archive has not come to this position yet; try again", 1)
	}
	return c, err
}

func (s *server) readCheckpoint(ctx context.Context, c caller, in *readCheckpoint) (*ArchiveFile, error) {
	checkpoint, err := s.archived(ctx, c.municipality, in.MinPosition)
	return &ArchiveFile{Status: http.StatusOK, ContentType: "text/plain; charset=utf-8", CacheControl: "no-store", ETag: tagOf(checkpoint.Note), Body: checkpoint.Note}, err
}

// readTile may be kept for ever where the tile is full and of hashes: it never becomes another. Events are kept by nobody on the way, who
// would read them again when they may not any more, and of whom nothing would tell.
func (s *server) readTile(ctx context.Context, c caller, in *readTile) (*ArchiveFile, error) {
	if _, err := s.archived(ctx, c.municipality, in.MinPosition); err != nil {
		return nil, err
	}
	data, whole, err := s.Archive.Tile(c.municipality, "tile/"+in.Tile)
	if err != nil {
		return nil, err
	}
	f := &ArchiveFile{Status: http.StatusOK, ContentType: "application/octet-stream", CacheControl: "no-store", ETag: tagOf(data), Body: data}
	ofEvents := strings.HasPrefix(in.Tile, "entries/")
	if whole && !ofEvents {
		f.CacheControl = "private, max-age=31536000, immutable"
	}
	if in.IfNoneMatch == f.ETag {
		f.Status, f.Body = http.StatusNotModified, nil
	} else if ofEvents {
		err = s.noteRaw(ctx, c)
	}
	return f, err
}

func tagOf(data []byte) string {
	sum := sha256.Sum256(data)
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}
