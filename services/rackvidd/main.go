// Command rackvidd is the whole program: the services, and the commands that talk to them.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// Exit codes.
const (
	done        = 0
	failed      = 1
	wrongUsage  = 2
	difference  = 3
	interrupted = 130 // as a shell has it of what Ctrl-C stops
)

// usageError is a wrong flag, argument or setting.
type usageError struct{ error }

// errDifference says that a check found a difference; it has been printed.
var errDifference = errors.New("the check found a difference")

// output remembers that something could not be printed, whoever printed it.
type output struct {
	io.Writer
	err error
}

func (p *output) Write(b []byte) (int, error) {
	n, err := p.Writer.Write(b)
	p.err = cmp.Or(p.err, err)
	return n, err
}

// Run carries out one command line and returns the exit code.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	out := &output{Writer: stdout}
	err := run(ctx, args, out, stderr)
	if err == nil {
		err = out.err
	}
	var usage *usageError
	var parse *kong.ParseError
	var byHand *stoppedError
	switch {
	case err == nil:
		return done
	case errors.As(err, &byHand):
		fmt.Fprintln(stderr, "rackvidd:", oneLine(err))
		return interrupted
	case errors.Is(err, errDifference):
		return difference
	case errors.As(err, &usage), errors.As(err, &parse):
		fmt.Fprintln(stderr, "rackvidd:", oneLine(err))
		return wrongUsage
	default:
		fmt.Fprintln(stderr, "rackvidd:", oneLine(err))
		return failed
	}
}

// oneLine says an error on one line; errors that were joined stand apart.
func oneLine(err error) string {
	lines := strings.Split(strings.TrimSpace(err.Error()), "\n")
	for i, line := range lines {
		lines[i] = strings.Join(strings.Fields(line), " ")
	}
	return strings.Join(lines, "; ")
}

// exited is how kong's own exits (--help) leave the parser.
type exited struct{ code int }

// variables are what the help and the defaults of flags are filled in with.
func variables() kong.Vars {
	return kong.Vars{"example": exampleMunicipality, "server": serverHere(os.Getenv("RACKVIDD_LISTEN"))}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case exited:
			if r.code != 0 {
				err = &usageError{errors.New("see rackvidd --help")}
			}
		default:
			panic(r)
		}
	}()
	if err := withConfigFile(args); err != nil {
		return err
	}
	var cli commands
	parser, err := kong.New(&cli, kong.Name("rackvidd"), kong.Writers(stdout, stderr), kong.Exit(func(code int) { panic(exited{code}) }),
		kong.Description("Räckvidd logs what support programmes do for children and answers how many different children were reached."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}), variables())
	if err != nil {
		return err
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	kctx, err := parser.Parse(args)
	if err != nil {
		return err
	}
	flags := make(map[string]string)
	for _, argument := range kctx.Selected().Positional {
		flags[argument.Name] = argument.Summary()
	}
	for _, f := range kctx.Selected().Flags {
		flags[f.Name] = "--" + f.Name
	}
	return kctx.Run(&environment{Context: ctx, out: stdout, err: stderr, settings: &cli.settings, flags: flags})
}
