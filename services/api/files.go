package api

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/danielgtaylor/huma/v2"

	"rackvidd/services/export"
)

// File is an answer that is kept as it is.
type File struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

// fileFormats are how a document can be written.
var fileFormats = map[string]struct {
	kind  string
	write func(io.Writer, export.Document) error
}{
	"pdf":  {"application/pdf", export.PDF},
	"xlsx": {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", export.XLSX},
	"csv":  {"text/csv; charset=utf-8", export.CSV},
}

// file writes a document in one of the formats, under a name without its ending.
func file(d export.Document, format, name string) (*File, error) {
	f, ok := fileFormats[format]
	if !ok {
		return nil, invalid("invalid", "query.format", "must be pdf, xlsx or csv")
	}
	var out bytes.Buffer
	if err := f.write(&out, d); err != nil {
		return nil, fmt.Errorf("write %s as %s: %w", name, format, err)
	}
	return &File{f.kind, `attachment; filename="` + name + "." + format + `"`, out.Bytes()}, nil
}

// answersFile says in the contract what kinds of file an operation answers.
func answersFile(op *huma.Operation) {
	content := make(map[string]*huma.MediaType)
	for _, f := range fileFormats {
		content[f.kind] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	}
	op.Responses = map[string]*huma.Response{"200": {Description: "the file", Content: content}}
}

// InFormat chooses how a document is written.
type InFormat struct {
	Format string `query:"format" default:"pdf" enum:"pdf,xlsx,csv"`
}

type exportSurvey struct {
	OfYear
	AtLeast
	InFormat
}

func (s *server) exportSurvey(ctx context.Context, c caller, in *exportSurvey) (*File, error) {
	asked := in.asked(c)
	asked.Least = in.MinPosition
	d, err := s.Surveys.Document(ctx, asked)
	if err != nil {
		return nil, err
	}
	return file(d, in.Format, fmt.Sprintf("survey-%s-%d", c.municipality, in.Year))
}
