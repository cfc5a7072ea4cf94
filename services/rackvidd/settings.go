package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"rackvidd/events/failpoint"
)

const exampleMunicipality = "1880"

// settings come from flags, then the environment, then the file of --config.
type settings struct {
	Config string `help:"File with settings, one NAME=value a line, named as in the environment." type:"path" placeholder:"FILE"`
	Data   string `help:"Directory of everything this installation keeps." env:"RACKVIDD_DATA" default:"./data" type:"path" placeholder:"DIR"`
	Server string `help:"Address of the server that client commands talk to; default: where RACKVIDD_LISTEN has it listen on this machine." env:"RACKVIDD_SERVER" default:"${server}" placeholder:"URL"`
	Token  string `help:"Bearer token of client commands; for a server on this machine (127.0.0.1, localhost) the data directory's operator token is used." env:"RACKVIDD_TOKEN" placeholder:"TOKEN"`
}

// environment is what a command runs in.
type environment struct {
	context.Context
	out, err io.Writer
	settings *settings
	flags    map[string]string // how the command's flags and arguments are written, by their names
}

// withConfigFile puts the settings of --config into the environment, behind what is there. A setting that is empty is none.
func withConfigFile(args []string) error {
	known := settingNames()
	for name := range known {
		if os.Getenv(name) == "" {
			os.Unsetenv(name)
		}
	}
	path, named := "", false
	for i, arg := range args {
		if value, ok := strings.CutPrefix(arg, "--config="); ok {
			path, named = value, true
		} else if arg == "--config" && i+1 < len(args) {
			path, named = args[i+1], true
		}
	}
	if !named {
		return nil
	}
	if path == "" {
		return &usageError{errors.New("--config names no file")}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return &usageError{fmt.Errorf("read the settings: %w", err)}
	}
	given := make(map[string]int)
	for i, line := range strings.Split(strings.TrimPrefix(string(text), "\ufeff"), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if name = strings.TrimSpace(name); !ok {
			return &usageError{fmt.Errorf("%s line %d: write NAME=value with the name of a setting, for example RACKVIDD_DATA", path, i+1)}
		}
		if !known[name] {
			return &usageError{fmt.Errorf("%s line %d: %q is no setting; rackvidd serve --help names all", path, i+1, name)}
		}
		if before := given[name]; before > 0 {
			return &usageError{fmt.Errorf("%s line %d: %s is set in line %d already; keep one of them", path, i+1, name, before)}
		}
		given[name] = i + 1
		if value = unquoted(strings.TrimSpace(value)); os.Getenv(name) == "" && value != "" {
			os.Setenv(name, value)
		}
	}
	return nil
}

// serverHere is where the server is asked that listens on this machine; as serve has it by itself, where no port is said.
func serverHere(listen string) string {
	host, service, err := net.SplitHostPort(listen)
	port, unknown := net.LookupPort("tcp", service)
	if err != nil || unknown != nil || port == 0 {
		return "http://127.0.0.1:8080"
	}
	if host == "" || net.ParseIP(host).IsUnspecified() {
		host = "127.0.0.1" // it listens on every address
	}
	address := url.URL{Scheme: "http", Host: net.JoinHostPort(host, strconv.Itoa(port))}
	return address.String()
}

// unquoted takes quotes off: systemd and shells, which read such files too, want some values in them.
func unquoted(value string) string {
	for _, quote := range []string{`"`, `'`} {
		if len(value) > 1 && strings.HasPrefix(value, quote) && strings.HasSuffix(value, quote) {
			return value[1 : len(value)-1]
		}
	}
	return value
}

// settingNames are the names that flags say they can be set by.
func settingNames() map[string]bool {
	names := make(map[string]bool)
	for _, of := range []any{settings{}, serveCommand{}, apartFlags{}} {
		t := reflect.TypeOf(of)
		for i := range t.NumField() {
			if name := t.Field(i).Tag.Get("env"); name != "" {
				names[name] = true
			}
		}
	}
	return names
}

// strangers are the names of an environment that begin as settings do and are none: misspelt, or another program's.
func strangers(environment []string) (names []string) {
	known := settingNames()
	for _, name := range []string{
		"RACKVIDD_NEXT_SIGNING_KEY", failpoint.Setting, failpoint.Clock, // of the program as well
		"RACKVIDD_IMAGE", "RACKVIDD_VERSION", "RACKVIDD_PUBLISH", "RACKVIDD_TOOLS", // of docker-compose.yml and deploy/
		"RACKVIDD_NATS_PASSWORD", "RACKVIDD_NATS_BOOTSTRAP_PASSWORD", "RACKVIDD_DATABASE_PASSWORD", "RACKVIDD_READING_DATABASE_PASSWORD", "RACKVIDD_VAULT_DATABASE_PASSWORD",
	} {
		known[name] = true
	}
	for _, one := range environment {
		name, value, _ := strings.Cut(one, "=")
		if strings.HasPrefix(name, "RACKVIDD_") && value != "" && !known[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
