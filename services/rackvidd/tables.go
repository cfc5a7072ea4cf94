package main

import (
	"bytes"
	"io"
	"net/http"
	"net/url"

	"rackvidd/services/intake"
)

// tablesFlags are tables that are brought into the national log, one after the other.
type tablesFlags struct {
	Files   []string `arg:"" help:"Files; - is standard input." placeholder:"FILE"`
	DryRun  bool     `help:"Answer the same and record nothing."`
	Rejects string   `help:"Write the rejected rows' lines and reasons here as CSV; it must not be there yet." placeholder:"FILE"`
	formatFlags
}

// bring sends the files and says what became of every row.
func (f *tablesFlags) bring(env *environment, path string) error {
	return bring{f.Files, f.Rejects, f.DryRun, f.formatFlags}.run(env, func(file string) (intake.Summary, error) { return f.send(env, path, file) })
}

func (f *tablesFlags) send(env *environment, path, name string) (summary intake.Summary, err error) {
	body, _, err := openInput(name)
	if err != nil {
		return summary, err
	}
	defer body.Close()
	file, err := io.ReadAll(body)
	if err != nil {
		return summary, err
	}
	query := url.Values{}
	if f.DryRun {
		query.Set("dry_run", "true")
	}
	err = env.ask(call{method: http.MethodPost, path: path, query: query, body: bytes.NewReader(file), kind: "application/octet-stream"}, &summary)
	return summary, err
}
