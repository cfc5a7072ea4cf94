package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
)

const exampleMunicipality = "1880"

// settings come from flags, then the environment, then the file of --config.
type settings struct {
	Config string `help:"File with settings, one NAME=value a line, named as in the environment." type:"path" placeholder:"FILE"`
	Data   string `help:"Directory of everything this installation keeps." env:"RACKVIDD_DATA" default:"./data" type:"path" placeholder:"DIR"`
	Server string `help:"Address of the server that client commands talk to." env:"RACKVIDD_SERVER" default:"http://127.0.0.1:8080" placeholder:"URL"`
	Token  string `help:"Bearer token of client commands; for a server on this machine (127.0.0.1, localhost) the data directory's operator token is used." env:"RACKVIDD_TOKEN" placeholder:"TOKEN"`
}

// environment is what a command runs in.
type environment struct {
	context.Context
	out, err io.Writer
	settings *settings
	flags    map[string]bool // the command's, by their names
}

// withConfigFile puts the settings of --config into the environment, behind what is there.
func withConfigFile(args []string) error {
	path := ""
	for i, arg := range args {
		if value, ok := strings.CutPrefix(arg, "--config="); ok {
			path = value
		} else if arg == "--config" && i+1 < len(args) {
			path = args[i+1]
		}
	}
	if path == "" {
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		return &usageError{fmt.Errorf("read the settings: %w", err)}
	}
	defer file.Close()
	known, lines := settingNames(), bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if name = strings.TrimSpace(name); !ok || !known[name] {
			return &usageError{fmt.Errorf("%s line %d: write NAME=value with the name of a setting, for example RACKVIDD_DATA", path, n)}
		}
		if _, set := os.LookupEnv(name); !set {
			os.Setenv(name, strings.TrimSpace(value))
		}
	}
	return lines.Err()
}

// settingNames are the names that flags say they can be set by.
func settingNames() map[string]bool {
	names := make(map[string]bool)
	for _, of := range []any{settings{}, serveCommand{}} {
		t := reflect.TypeOf(of)
		for i := range t.NumField() {
			if name := t.Field(i).Tag.Get("env"); name != "" {
				names[name] = true
			}
		}
	}
	return names
}
