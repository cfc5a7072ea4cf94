package api

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"rackvidd/services/export"
)

// File is an answer that is kept as it is.
type File struct {
	ContentType string `header:"Content-Type" doc:"one of the kinds that are listed"`
	Disposition string `header:"Content-Disposition" doc:"what to call the file"`
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
	return &File{f.kind, attached(name + "." + format), out.Bytes()}, nil
}

func attached(name string) string { return `attachment; filename="` + name + `"` }

// answersFile says in the contract what kinds of file an operation answers, and in which format which.
func answersFile(op *huma.Operation) {
	content := map[string]*huma.MediaType{
		"application/json": {Schema: &huma.Schema{Type: huma.TypeObject, Description: "format=json: the survey, and the municipality's own statistics"}},
		"text/plain":       {Schema: &huma.Schema{Type: huma.TypeString, Description: "format=answer: a signed note (C2SP signed-note)"}},
	}
	for format, f := range fileFormats {
		kind, _, _ := strings.Cut(f.kind, ";")
		content[kind] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary", Description: "format=" + format}}
	}
	op.Responses = map[string]*huma.Response{"200": {Description: "the file, in the format that was asked for", Content: content}}
}

// answersTable says in the contract that an operation answers tables in one of two formats.
func answersTable(op *huma.Operation) { answersFormats(op, "csv", "xlsx") }

// answersReport says that it answers a document.
func answersReport(op *huma.Operation) { answersFormats(op, "csv", "xlsx", "pdf") }

func answersFormats(op *huma.Operation, formats ...string) {
	content := make(map[string]*huma.MediaType)
	for _, format := range formats {
		kind, _, _ := strings.Cut(fileFormats[format].kind, ";")
		content[kind] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary", Description: "format=" + format}}
	}
	op.Responses = map[string]*huma.Response{"200": {Description: "the file, in the format that was asked for", Content: content}}
}

type exportSurvey struct {
	OfYear
	AtLeast
	Version int    `query:"version" minimum:"1" maximum:"10000" doc:"of what was submitted, as it was, without the statistics; the survey as it stands where none is given"`
	Format  string `query:"format" default:"pdf" enum:"pdf,xlsx,csv,json,answer" doc:"answer is the signed file for the national level of another installation"`
}

func (s *server) exportSurvey(ctx context.Context, c caller, in *exportSurvey) (*File, error) {
	asked, name := in.asked(c), fmt.Sprintf("survey-%s-%d", c.municipality, in.Year)
	asked.Least, asked.Version = in.MinPosition, in.Version
	switch {
	case in.Version > 0 && in.Format == "answer":
		return nil, invalid("invalid", "query.version", "goes with the other formats: what is signed for the national level is the latest version")
	case in.Version > 0:
		name += fmt.Sprintf("-version-%d", in.Version)
	}
	switch in.Format {
	case "json":
		record, err := s.Surveys.Record(ctx, asked)
		return &File{"application/json", attached(name + ".json"), record}, err
	case "answer":
		signed, err := s.Surveys.SignedAnswer(ctx, asked)
		return &File{"text/plain; charset=utf-8", attached(name + ".answer"), signed}, err
	}
	d, err := s.Surveys.Document(ctx, asked)
	if err != nil {
		return nil, err
	}
	return file(d, in.Format, name)
}

type drawSurvey struct {
	OfYear
	AtLeast
	Width int    `query:"width" minimum:"280" maximum:"1200" default:"640" doc:"in pixels: where a chart is small its text is not"`
	Chart string `path:"chart" enum:"forms,overlap,channels,ages,reach,coverage"`
}

func (s *server) drawSurvey(ctx context.Context, c caller, in *drawSurvey) (*File, error) {
	asked := in.asked(c)
	asked.Least = in.MinPosition
	chart, ok, err := s.Surveys.Chart(ctx, asked, in.Chart)
	if err == nil && !ok {
		err = newProblem(http.StatusNotFound, "nothing_to_draw", "the figures of the chart are not there: nobody was reached, or reference data is not loaded")
	}
	if err != nil {
		return nil, err
	}
	return &File{"image/svg+xml", `inline; filename="` + in.Chart + `.svg"`, export.SVG(chart, string(asked.Language), in.Width)}, nil
}

// answersSVG says in the contract that an operation answers a drawing.
func answersSVG(op *huma.Operation) {
	op.Responses = map[string]*huma.Response{"200": {Description: "the drawing, with its title and its figures in words", Content: map[string]*huma.MediaType{
		"image/svg+xml": {Schema: &huma.Schema{Type: huma.TypeString, Description: "an SVG document"}},
	}}}
}
