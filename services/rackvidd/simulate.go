package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"rackvidd/events"
	"rackvidd/services/simulate"
)

// simulateCommand writes invented activity.
type simulateCommand struct {
	Municipalities int    `help:"How many municipalities; with more than one, --out is a directory of a file each." default:"1"`
	Children       int    `help:"How many children in each." default:"200"`
	Years          int    `help:"How many years." default:"1"`
	FirstYear      int    `help:"The first of them." default:"2021"`
	Seed           uint64 `help:"The same seed gives the same activity." default:"1"`
	Out            string `help:"File to write; default: standard output." placeholder:"FILE"`
}

func (c *simulateCommand) Run(env *environment) error {
	if c.Municipalities > 1 && c.Out == "" {
		return &usageError{fmt.Errorf("more than one municipality needs --out DIRECTORY")}
	}
	return simulate.Activity(c.open(env), simulate.Options{
		Municipalities: c.Municipalities, Children: c.Children, Years: c.Years, FirstYear: c.FirstYear, Seed: c.Seed,
	})
}

// open says where each municipality's activity goes.
func (c *simulateCommand) open(env *environment) func(events.Municipality) (io.WriteCloser, error) {
	return func(m events.Municipality) (io.WriteCloser, error) {
		switch {
		case c.Out == "":
			return keepOpen{env.out}, nil
		case c.Municipalities == 1:
			return os.Create(c.Out)
		}
		if err := os.MkdirAll(c.Out, 0o755); err != nil {
			return nil, err
		}
		return os.Create(filepath.Join(c.Out, string(m)+".csv"))
	}
}

// keepOpen is a writer that its user does not close.
type keepOpen struct{ io.Writer }

func (keepOpen) Close() error { return nil }

func nameOf(m events.Municipality) string {
	if info, ok := events.MunicipalityNamed(m); ok {
		return info.Name
	}
	return string(m)
}
