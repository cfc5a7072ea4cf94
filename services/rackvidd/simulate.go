package main

import (
	"errors"
	"fmt"
	"os"

	"rackvidd/events"
	"rackvidd/services/simulate"
)

// simulateCommand writes invented activity.
type simulateCommand struct {
	Municipalities int    `help:"How many municipalities; with more than one, --out is a directory of a file each." default:"1"`
	Children       int    `help:"How many children in each." default:"200"`
	Years          int    `help:"How many years." default:"1"`
	FirstYear      int    `help:"The first of them; default: so that the last is 2025."`
	Seed           int    `help:"The same seed gives the same activity." default:"1"`
	Out            string `help:"File to write; default: standard output." placeholder:"FILE"`
}

func (c *simulateCommand) Run(env *environment) error {
	o := simulate.Options{Municipalities: c.Municipalities, Children: c.Children, Years: c.Years, FirstYear: c.FirstYear, Seed: c.Seed}
	if min(c.Municipalities, c.Children, c.Years) < 1 {
		return &usageError{errors.New("--municipalities, --children and --years are 1 or more")}
	}
	if err := o.Check(); err != nil {
		return &usageError{err}
	}
	switch {
	case c.Municipalities > 1 && c.Out == "":
		return &usageError{fmt.Errorf("more than one municipality needs --out DIRECTORY")}
	case c.Municipalities > 1:
		return simulate.ToDirectory(c.Out, o)
	case c.Out == "":
		return simulate.Activity(env.out, o)
	}
	file, err := os.Create(c.Out)
	if err != nil {
		return err
	}
	return errors.Join(simulate.Activity(file, o), file.Close())
}

func nameOf(m events.Municipality) string {
	if info, ok := events.MunicipalityNamed(m); ok {
		return info.Name
	}
	return string(m)
}
