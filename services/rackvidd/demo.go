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
	"strings"
	"time"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/services/access"
	"rackvidd/services/api"
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
	serve := &serveCommand{Services: allServices, Listen: c.Listen, AdminToken: token, PGBin: c.PGBin, NATSReplicas: 1, Threshold: 5, LogLevel: "warn", Invented: true}
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
	if err := c.formGroup(env, place); err != nil {
		return err
	}
	password, err := c.letIn(env, address)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.out, `
Address  %s
Sign in  as demo, who has every role, or as colleague, who approves the survey that demo prepares
Password %s

Token    %s

Try, in another terminal:
  export RACKVIDD_SERVER=%s RACKVIDD_TOKEN=%s
  bin/rackvidd reach --municipality %s --year %d --definition groups/v1
  curl -H "Authorization: Bearer $RACKVIDD_TOKEN" "$RACKVIDD_SERVER/api/v1/municipalities/%s/reach?year=%d"

Ctrl-C stops it and removes everything.
`, address, password, token, address, token, exampleMunicipality, demoYear, exampleMunicipality, demoYear)
	return nil
}

// formGroup makes a group that meets today: a register to try.
func (c *demoCommand) formGroup(env *environment, place municipalityFlag) error {
	write := func(method, path string, body any, answer any) error {
		return env.ask(call{method: method, path: place.path(path), body: jsonBody(body), kind: "application/json"}, answer)
	}
	var group struct {
		ID string `json:"id"`
	}
	if err := write(http.MethodPost, "groups", map[string]any{"programme": "sputnik", "form": "support_group", "name": "Skogen", "places": 8}, &group); err != nil {
		return err
	}
	var members []string
	for i, label := range []string{"Bävern", "Ekorren", "Haren", "Igelkotten", "Lodjuret", "Räven", "Tranan", "Ugglan"} {
		var entered struct {
			Child string `json:"child"`
		}
		if err := write(http.MethodPost, "children", map[string]any{"identity": fmt.Sprintf("skogen-%d", i+1), "label": label}, &entered); err != nil {
			return err
		}
		members = append(members, entered.Child)
	}
	if err := write(http.MethodPut, "groups/"+group.ID+"/members", map[string]any{"members": members}, nil); err != nil {
		return err
	}
	today := events.DayOf(time.Now().In(events.Sweden))
	return write(http.MethodPost, "groups/"+group.ID+"/series", map[string]any{"from": today - 7, "count": 15}, nil)
}

// letIn makes the demonstration's two accounts, with a password that is another each time.
func (c *demoCommand) letIn(env *environment, address string) (password string, err error) {
	secret := make([]byte, 9)
	rand.Read(secret)
	password = hex.EncodeToString(secret)
	for _, one := range []struct {
		login string
		roles []access.Role
	}{
		{"demo", append(access.Roles(), access.Administrator)},
		{"colleague", []access.Role{access.Approver}},
	} {
		var made api.NewAccount
		login := map[string]any{"name": one.login, "roles": one.roles, "municipalities": []string{exampleMunicipality}, "programmes": []events.ProgrammeID{access.EveryProgramme}}
		if err := env.ask(call{method: http.MethodPost, path: "accounts", body: jsonBody(map[string]any{"name": one.login, "login": login}), kind: "application/json"}, &made); err != nil {
			return "", err
		}
		if err := choosePassword(env, address+"/invitations/"+made.Login.Invitation, password); err != nil {
			return "", err
		}
	}
	return password, nil
}

// choosePassword opens a link as its owner would.
func choosePassword(env *environment, link, password string) error {
	r, err := http.NewRequestWithContext(env, http.MethodPost, link, strings.NewReader(url.Values{"password": {password}}.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answered, err := http.DefaultTransport.RoundTrip(r) // which follows nothing
	if err != nil {
		return err
	}
	defer answered.Body.Close()
	if answered.StatusCode != http.StatusSeeOther {
		return fmt.Errorf("choose a password: the server answered %d", answered.StatusCode)
	}
	return nil
}
