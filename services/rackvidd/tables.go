package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"rackvidd/services/intake"
)

// tablesFlags are tables that are brought into the national log, one after the other.
type tablesFlags struct {
	Files   []string `arg:"" help:"Files; - is standard input." placeholder:"FILE"`
	DryRun  bool     `help:"Answer the same and record nothing."`
	Rejects string   `help:"Write the rejected rows' lines and reasons here as CSV." placeholder:"FILE"`
	formatFlags
}

// bring sends the files and says what became of every row.
func (f *tablesFlags) bring(env *environment, path string) error {
	var all []importSummary
	for _, name := range f.Files {
		summary, err := f.send(env, path, name)
		if err != nil {
			return fmt.Errorf("import %s: %w", name, err)
		}
		all = append(all, importSummary{name, summary})
		if !f.json() {
			printSummary(env.out, name, summary, f.DryRun)
		}
	}
	if err := (&importCommand{Rejects: f.Rejects, formatFlags: f.formatFlags}).report(env, all); err != nil {
		return err
	}
	for _, s := range all {
		if s.Rows > 0 && len(s.Rejected) == s.Rows {
			return fmt.Errorf("import %s: every row was rejected", s.File)
		}
	}
	return nil
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
