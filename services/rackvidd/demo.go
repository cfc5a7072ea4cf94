package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"os"

	"rackvidd/projections/reach"
	"rackvidd/services/intake"
	"rackvidd/services/simulate"
)

// demoCommand shows the main job: a year of activity becomes figures and a first draft of the survey.
type demoCommand struct {
	Listen string `help:"Address to serve on; port 0 is any free one." env:"RACKVIDD_LISTEN" default:"127.0.0.1:0" placeholder:"HOST:PORT"`
	PGBin  string `name:"pg-bin" help:"Directory of PostgreSQL's server programs." env:"PG_BIN" placeholder:"DIR"`
}

const demoYear = 2025

func (c *demoCommand) Run(env *environment) error {
	dir, err := os.MkdirTemp("", "rackvidd-demo-")
	if err != nil {
		return fmt.Errorf("make a throw-away directory: %w", err)
	}
	defer os.RemoveAll(dir)
	if os.Geteuid() == 0 {
		if err := os.Chmod(dir, 0o711); err != nil {
			return err
		}
	}
	secret := make([]byte, 24)
	rand.Read(secret)
	token := hex.EncodeToString(secret)
	ctx, cancel := context.WithCancelCause(env)
	defer cancel(nil)
	settings := *env.settings
	settings.Data, settings.Token = dir, token
	inner := &environment{Context: ctx, out: env.out, err: env.err, settings: &settings}
	serve := &serveCommand{Services: allServices, Listen: c.Listen, AdminToken: token, PGBin: c.PGBin, NATSReplicas: 1, Threshold: 5, LogLevel: "warn"}
	fmt.Fprintf(env.out, "Starting everything in %s …\n", dir)
	err = serve.serve(inner, func(address string) {
		settings.Server = address
		go func() {
			if err := c.show(inner, address, token); err != nil {
				cancel(err)
			}
		}()
	})
	if cause := context.Cause(ctx); err == nil && env.Err() == nil && cause != nil {
		err = cause
	}
	return err
}

// show imports the example year and prints what comes of it.
func (c *demoCommand) show(env *environment, address, token string) error {
	var file bytes.Buffer
	if err := simulate.ExampleYear(&file, simulate.ExampleSeed); err != nil {
		return err
	}
	place := municipalityFlag{exampleMunicipality}
	var summary intake.Summary
	err := env.ask(call{
		method: http.MethodPost, path: place.path("imports"), query: url.Values{"source": {"example"}}, body: &file, kind: "text/csv",
	}, &summary)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.out, "\nAn invented year of activity in %s, as its programmes' spreadsheets would hold it:\n", nameOf(exampleMunicipality))
	printSummary(env.out, "example year", summary, false)
	fmt.Fprintln(env.out)
	var figures reach.Figures
	if err := env.ask(call{method: http.MethodGet, path: place.path("reach"), query: url.Values{"year": {fmt.Sprint(demoYear)}}}, &figures); err != nil {
		return err
	}
	if err := printFigures(env.out, figures); err != nil {
		return err
	}
	if err := (&surveyShow{surveyFlags{municipalityFlag: place, Year: demoYear, Lang: "en"}}).Run(env); err != nil {
		return err
	}
	fmt.Fprintf(env.out, `
Address  %s
Token    %s

Try, in another terminal:
  export RACKVIDD_SERVER=%s RACKVIDD_TOKEN=%s
  bin/rackvidd reach --municipality %s --year %d --definition groups/v1
  curl -H "Authorization: Bearer $RACKVIDD_TOKEN" "$RACKVIDD_SERVER/api/v1/municipalities/%s/reach?year=%d"

Ctrl-C stops it and removes everything.
`, address, token, address, token, exampleMunicipality, demoYear, exampleMunicipality, demoYear)
	return nil
}
