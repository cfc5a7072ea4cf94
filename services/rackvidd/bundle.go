package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"text/tabwriter"

	"github.com/alecthomas/kong"

	"rackvidd/events"
	"rackvidd/services/audit"
	"rackvidd/services/surveying"
)

// largestCheckpoint is in bytes, with every signature that it may carry.
const largestCheckpoint = 2000

// auditBundle fetches a bundle.
type auditBundle struct {
	municipalityFlag
	Year    int       `required:"" help:"The activity year." placeholder:"YEAR"`
	Version int       `name:"of-version" help:"Of what was submitted; default: the latest." placeholder:"N"`
	Since   givenFile `help:"A checkpoint that the auditor kept: the bundle proves that the log only grew since." placeholder:"FILE"`
	Out     givenFile `required:"" help:"Where to; it must not be there yet." placeholder:"FILE" short:"o"`
}

func (c *auditBundle) Run(env *environment) error {
	query := url.Values{"year": {strconv.Itoa(c.Year)}}
	if c.Version != 0 {
		query.Set("version", strconv.Itoa(c.Version))
	}
	if c.Since != "" {
		kept, err := atMost(string(c.Since), largestCheckpoint, "a checkpoint")
		if err != nil {
			return err
		}
		query.Set("since", string(kept))
	}
	if _, err := env.fetchNew(string(c.Out), call{method: http.MethodGet, path: c.path("audit/bundle"), query: query}); err != nil {
		return err
	}
	_, err := fmt.Fprintf(env.err, "%s written; it holds pseudonymised data. Tell the auditor the key by another way: rackvidd report key\n", c.Out)
	return err
}

// bundleFlags name a bundle that is verified here, without a server.
type bundleFlags struct {
	Bundle givenFile `help:"Verify this bundle instead, offline, and compute its figures again." placeholder:"FILE"`
	Key    given     `help:"The key that has to have signed the bundle, as the municipality told it; default: the bundle's own." placeholder:"KEY"`
	Since  givenFile `help:"A checkpoint that you kept: the bundle has to prove that the log only grew since." placeholder:"FILE"`
}

// given is a flag that is left out or says something: of a variable that is empty it would else be as if it were left out, and less
// would be verified than was asked for.
type given string

// Decode refuses what is empty.
func (g *given) Decode(ctx *kong.DecodeContext) error {
	err := ctx.Scan.PopValueInto("string", (*string)(g))
	if err == nil && *g == "" {
		err = fmt.Errorf("it is empty; give %s", ctx.Value.Tag.PlaceHolder)
	}
	return err
}

// givenFile is one that names a file.
type givenFile string

// Decode refuses what is empty, and names the file from the root.
func (g *givenFile) Decode(ctx *kong.DecodeContext) error {
	err := (*given)(g).Decode(ctx)
	if err == nil {
		*g = givenFile(kong.ExpandPath(string(*g)))
	}
	return err
}

// about is which survey a bundle has to be of; zero where any will do.
type about struct {
	municipality string
	year         int
}

// hold says of a bundle that verifies what else it is of.
func (a about) hold(r *audit.BundleReport) {
	s := r.Statement
	if !r.Verified || (a.municipality == "" || events.Municipality(a.municipality) == s.Municipality) && (a.year == 0 || events.Year(a.year) == s.Year) {
		return
	}
	asked := cmp.Or(a.municipality, string(s.Municipality))
	r.Verified, r.Problem = false, fmt.Sprintf("it is of the survey of %d in %s, and not of %d in %s", s.Year, s.Municipality, cmp.Or(a.year, int(s.Year)), asked)
}

// offlineAlone wants nothing to be named that a bundle alone is held against.
func (c bundleFlags) offlineAlone() error {
	if c.Key != "" || c.Since != "" {
		return &usageError{errors.New("--key and --since are what a bundle is held against: name it with --bundle")}
	}
	return nil
}

func (c bundleFlags) verify(env *environment, f formatFlags, asked about) error {
	if c.Key != "" {
		if _, err := events.ParseVerifierKey(string(c.Key)); err != nil {
			return &usageError{fmt.Errorf("--key %w", err)}
		}
	}
	data, err := atMost(string(c.Bundle), audit.MaxBundle, "a bundle")
	if err != nil {
		return err
	}
	known := audit.Known{Key: events.VerifierKey(c.Key)}
	if c.Since != "" {
		if known.Checkpoint, err = atMost(string(c.Since), largestCheckpoint, "a checkpoint"); err != nil {
			return err
		}
	}
	report, err := audit.VerifyBundle(env, data, known)
	if err != nil {
		return fmt.Errorf("verify %s: %w", c.Bundle, err)
	}
	asked.hold(&report)
	if f.json() {
		raw, err := json.Marshal(report)
		if err == nil {
			err = env.printJSON(raw)
		}
		if err != nil {
			return err
		}
	} else if err := printBundle(env.out, report); err != nil {
		return err
	}
	if !report.Verified {
		return errDifference
	}
	return nil
}

// atMost reads a file that is not larger than what it is to hold.
func atMost(path string, most int64, what string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var in bytes.Buffer
	if info, err := file.Stat(); err == nil {
		in.Grow(int(min(info.Size(), most)) + bytes.MinRead) // or what grows as it is read is in memory several times
	}
	_, err = in.ReadFrom(io.LimitReader(file, most+1))
	data := in.Bytes()
	if err == nil && int64(len(data)) > most {
		err = errors.New("it is larger than " + what + " can be")
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return data, nil
}

// submittedNumber is a number as it was submitted.
func submittedNumber(n audit.SubmittedNumber) string {
	said := strconv.Itoa(n.Value)
	if n.Lower != n.Upper {
		said += fmt.Sprintf(" (%d to %d)", n.Lower, n.Upper)
	}
	return said + ", " + surveying.Word(string(n.Basis), surveying.English)
}

func printBundle(out io.Writer, r audit.BundleReport) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	switch {
	case r.Problem != "":
		fmt.Fprintf(t, "NOT VERIFIED\t%s\n", r.Problem)
	case len(r.Differences) > 0:
		fmt.Fprintln(t, "NOT VERIFIED\tthe events give other figures than were stated")
	default:
		s := r.Statement
		fmt.Fprintf(t, "Verified\tversion %d of the survey of %d in %s, submitted at position %d of the log\n", s.Version, s.Year, nameOf(s.Municipality), s.Submission)
		fmt.Fprintf(t, "Children\t%s (%d identified), %s, from %d positions of the log\n", between(r.Figures.Bounds), r.Figures.Children, s.Definition, r.EventsRead)
		for _, n := range r.Numbers {
			fmt.Fprintf(t, "Submitted\t%s\t%s\n", n.Question, submittedNumber(n))
		}
		fmt.Fprintf(t, "Root\t%s\nProgram\t%s\nKey\t%s\n", s.Root, s.Program, r.Key)
		if r.Since > 0 {
			fmt.Fprintf(t, "Grew\tfrom position %d to %d, and nothing before was changed\n", r.Since, r.Checkpoint)
			if !r.Kept {
				fmt.Fprintln(t, "\tCompare since-checkpoint in the bundle with the one that you kept, or give it with --since")
			}
		} else {
			fmt.Fprintln(t, "Grew\tno earlier checkpoint is in it: it does not show what the log was in earlier years")
		}
		if !r.OwnScript {
			fmt.Fprintln(t, "\tverify.py in it is not this version's: run one that you have from elsewhere")
		}
		if !r.Trusted {
			fmt.Fprintln(t, "\tCompare the key with the one that the municipality told you itself, or give it with --key")
		}
	}
	for _, d := range r.Differences {
		fmt.Fprintf(t, "  %s\tstated %s\tthe events give %s\n", d.Path, d.Stated, d.Events)
	}
	return t.Flush()
}
