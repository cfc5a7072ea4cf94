package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
)

// fileFlags choose what kind of file is written, and where.
type fileFlags struct {
	Format string `help:"pdf, xlsx, csv, json, or answer: the signed file for the national level of another installation." default:"pdf" enum:"pdf,xlsx,csv,json,answer" short:"f"`
	Out    string `help:"Where to; none: standard output." placeholder:"FILE" type:"path" short:"o"`
	Lang   string `help:"sv or en." default:"sv" enum:"sv,en"`
}

// download fetches a file and writes it where it is wanted.
func (env *environment) download(f fileFlags, c call) error {
	c.query.Set("lang", f.Lang)
	c.query.Set("format", f.Format)
	raw, err := env.fetch(c)
	if err != nil {
		return err
	}
	if f.Format == "json" && f.Out == "" {
		return env.printJSON(raw)
	}
	if f.Out == "" {
		_, err := bytes.NewReader(raw).WriteTo(env.out)
		return err
	}
	if err := os.WriteFile(f.Out, raw, 0o600); err != nil {
		return fmt.Errorf("write the file: %w", err)
	}
	fmt.Fprintf(env.err, "%s written\n", f.Out)
	return nil
}

// fetchMatching sends a request that is carried out only on the version of something that has an ETag.
func (env *environment) fetchMatching(c call, etag string) (json.RawMessage, error) {
	address, err := url.JoinPath(env.settings.Server, "/api/v1/", c.path)
	if err != nil {
		return nil, &usageError{fmt.Errorf("the server's address %q cannot be read; write http://HOST:PORT", env.settings.Server)}
	}
	request, err := http.NewRequestWithContext(env, c.method, address+"?"+c.query.Encode(), c.body)
	if err != nil {
		return nil, err
	}
	request.Header = http.Header{"If-Match": {etag}, "Authorization": {"Bearer " + env.token()}}
	if c.kind != "" {
		request.Header.Set("Content-Type", c.kind)
	}
	defer env.saysItWaits(c)()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("no answer from %s: %w; is rackvidd serve running there? Name another with --server", env.settings.Server, errors.Unwrap(err))
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("read the server's answer: %w", err)
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		return nil, readProblem(response.StatusCode, raw)
	}
	return raw, nil
}
