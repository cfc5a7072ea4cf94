package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"rackvidd/events"
	"rackvidd/services/api"
	"rackvidd/services/audit"
	"rackvidd/services/surveying"
)

type auditCommand struct {
	Replay        auditReplay        `cmd:"" help:"Recompute reach figures from the log alone and compare them with the read model; exit 3 when they differ. With --reason the log keeps that it was done."`
	Replays       auditReplays       `cmd:"" help:"List the replays that the log keeps: when, who, why, of what, and what came of it."`
	Verify        auditVerify        `cmd:"" help:"Compare every event with its signed archive, and read models and submitted surveys with the log; exit 3 and the names of what differs or could not be compared. With --bundle, a bundle, without a server."`
	Verifications auditVerifications `cmd:"" help:"List the verifications of the last year: when, of which log, by whom, and whether it was whole."`
	Repair        auditRepair        `cmd:"" help:"Restore what is damaged from what is whole, up to the root that was signed, and record that it was done."`
	Repairs       auditRepairs       `cmd:"" help:"List what was repaired, as it was recorded and signed; exit 3 when a record was changed or is missing."`
	Bundle        auditBundle        `cmd:"" help:"Write what an outside auditor needs to verify a submitted survey without this program."`
	Key           auditKey           `cmd:"" help:"The key that signs archives, statements and answers."`
	Explain       auditExplain       `cmd:"" help:"Say why a reach figure is another than it was: reasons that add up to the difference."`
}

type auditReplay struct {
	municipalityFlag
	periodFlags
	formatFlags
	Reason string `help:"Why, in your own words and without anybody's name: the log keeps that it was done, why, and what came of it." placeholder:"TEXT"`
}

func (c *auditReplay) Run(env *environment) error {
	query, err := c.query()
	if err != nil {
		return err
	}
	raw, err := c.replay(env, query)
	if err != nil {
		return env.checked(err)
	}
	var report audit.Report
	if err := json.Unmarshal(raw, &report); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	if c.json() {
		err = env.printJSON(raw)
	} else {
		err = printReport(env, report, c.page(env, report))
	}
	if err == nil && !report.Equal {
		err = errDifference
	}
	return err
}

// replay has the figures computed again, and recorded that they were where there is a reason.
func (c *auditReplay) replay(env *environment, query url.Values) (json.RawMessage, error) {
	if c.Reason == "" {
		return env.fetch(call{method: http.MethodGet, path: c.path("audit/replay"), query: query})
	}
	var made api.ReplayMade
	body := jsonBody(map[string]string{"reason": c.Reason})
	err := env.ask(call{method: http.MethodPost, path: c.path("audit/replays"), query: query, body: body, kind: "application/json", left: "a replay that is stopped is not recorded: rackvidd audit replays shows those that are"}, &made)
	return made.Report, err
}

// page is the address of the web page that replays the same; of other periods than a year its form is filled in but for that.
func (c *auditReplay) page(env *environment, r audit.Report) string {
	q := url.Values{"definition": {r.Definition}, "position": {strconv.FormatUint(r.Position, 10)}}
	if c.Year != 0 {
		q.Set("year", strconv.Itoa(c.Year))
	}
	return strings.TrimSuffix(env.settings.Server, "/") + "/" + c.path("replay") + "?" + q.Encode()
}

type auditReplays struct {
	municipalityFlag
	Before uint64 `help:"A position of the log: those that it tells of before it." placeholder:"N"`
	Limit  int    `help:"How many, the latest first." default:"50" placeholder:"N"`
	formatFlags
}

func (c *auditReplays) Run(env *environment) error {
	query := url.Values{"limit": {strconv.Itoa(c.Limit)}}
	if c.Before > 0 {
		query.Set("before", strconv.FormatUint(c.Before, 10))
	}
	return env.show(c.formatFlags, call{method: http.MethodGet, path: c.path("audit/replays/past"), query: query}, func(raw json.RawMessage) error {
		var past api.PastReplays
		if err := json.Unmarshal(raw, &past); err != nil {
			return fmt.Errorf("read the server's answer: %w", err)
		}
		return printReplays(env, past)
	})
}

func printReplays(env *environment, past api.PastReplays) error {
	t := tabwriter.NewWriter(env.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "recorded\twhen\twho\tof\tdefinition\tto position\tresult\treason")
	for _, r := range past.Replays {
		result := "equal"
		switch {
		case !r.Equal:
			result = fmt.Sprintf("%d DIFFERENT", r.Differences)
		case r.Position == 0:
			result = "equal: nothing was recorded by then"
		}
		fmt.Fprintf(t, "%d\t%s\t%s\t%s – %s\t%s\t%d\t%s\t%s\n", r.Recorded, r.At.Format(time.RFC3339), cmp.Or(r.Name, "built in"), r.From, r.To, r.Definition, r.Position, result, strings.Join(strings.Fields(surveying.Written{Text: r.Reason, Gone: r.Gone}.In(surveying.English)), " "))
		for _, d := range r.Differing {
			fmt.Fprintf(t, "\t\t\t\t\t\t%s\t%s, the log %s\n", d.Path, d.ReadModel, d.Log)
		}
	}
	if past.Older > 0 {
		fmt.Fprintf(t, "there are more: --before %d\n", past.Older)
	}
	return t.Flush()
}

type auditVerify struct {
	Municipality given `help:"The municipality's four-digit code, for example ${example}, or national; default: all of yours, and national." placeholder:"CODE" short:"m"`
	Year         int   `help:"The year whose figures are computed again; default: this one." placeholder:"YEAR"`
	bundleFlags
	formatFlags
}

func (c *auditVerify) Run(env *environment) error {
	if c.Bundle != "" {
		return c.bundleFlags.verify(env, c.formatFlags, about{string(c.Municipality), c.Year})
	}
	if err := c.offlineAlone(); err != nil {
		return err
	}
	if c.Year != 0 && (c.Year < 1900 || c.Year > 2199) {
		return &usageError{errors.New("--year: must be from 1900 to 2199")} // and not for each municipality
	}
	codes, err := c.municipalities(env)
	if err != nil {
		return err
	}
	query := url.Values{}
	if c.Year != 0 {
		query.Set("year", strconv.Itoa(c.Year))
	}
	list, whole, unable := []audit.Verification{}, true, []error(nil)
	for i, code := range codes {
		v, err := verifyOne(env, code, query)
		if err == nil {
			list, whole = append(list, v), whole && v.Whole
			err = c.print(env, v)
		}
		if err == nil {
			continue
		}
		unable = append(unable, fmt.Errorf("verify %s: %w", code, err))
		var byHand *stoppedError
		if over := errors.As(err, &byHand) || errors.Is(err, errNoAnswer); over && i+1 < len(codes) { // so would all of them
			unable = append(unable, fmt.Errorf("not verified: %s", strings.Join(codes[i+1:], ", ")))
		} else if !over {
			continue
		}
		break
	}
	return c.ended(env, list, whole, errors.Join(unable...))
}

func verifyOne(env *environment, code string, query url.Values) (v audit.Verification, err error) {
	c := call{method: http.MethodGet, path: auditPath(code, "audit/verify")}
	if code != string(events.National) {
		c.query = query
	}
	return v, env.ask(c, &v)
}

// ended is what comes of all verifications together: what differs is not hidden by what could not be verified.
func (c *auditVerify) ended(env *environment, list []audit.Verification, whole bool, unable error) error {
	if c.json() && (len(list) > 0 || unable == nil) {
		raw, err := json.Marshal(list)
		if err == nil {
			err = env.printJSON(raw)
		}
		unable = errors.Join(unable, err)
	}
	if !c.json() && c.Municipality == "" && unable == nil && !slices.ContainsFunc(list, func(v audit.Verification) bool { return !nothingIn(v) }) {
		fmt.Fprintln(env.out, "nothing is recorded yet")
	}
	var byHand *stoppedError
	if whole || errors.As(unable, &byHand) {
		return unable
	}
	if unable != nil {
		fmt.Fprintln(env.err, "rackvidd:", oneLine(unable))
	}
	return errDifference
}

// auditPath is where a municipality's copies, or the national log's, are checked.
func auditPath(code, what string) string {
	if code == string(events.National) {
		return what
	}
	return municipalityFlag{code}.path(what)
}

// municipalities are the one that was named, or all that the token has to do with, and the national log.
func (c *auditVerify) municipalities(env *environment) ([]string, error) {
	if c.Municipality != "" {
		return []string{string(c.Municipality)}, nil
	}
	var known api.Municipalities
	err := env.ask(call{method: http.MethodGet, path: "municipalities"}, &known)
	var codes []string
	for _, m := range known.Municipalities {
		codes = append(codes, string(m.Code))
	}
	return append(codes, string(events.National)), err
}

// nothingIn reports whether it is of a log in which nothing is recorded, and was found to be.
func nothingIn(v audit.Verification) bool {
	return v.Position == 0 && len(v.Findings)+len(v.Unchecked) == 0
}

// print prints one as it comes; JSON is one list, at the end.
func (c *auditVerify) print(env *environment, v audit.Verification) error {
	if c.json() {
		return nil
	}
	t := tabwriter.NewWriter(env.out, 0, 0, 2, ' ', 0)
	switch {
	case len(v.Findings) > 0:
		fmt.Fprintf(t, "%s\tDIFFERENT\n", v.Municipality)
		printUnchecked(t, v.Unchecked)
	case !nothingIn(v):
		printWhole(t, v.Municipality, v.Position, v.Root, v.Unchecked)
	case c.Municipality != "": // of the others there is no need to say it
		fmt.Fprintf(t, "%s\tnothing is recorded\n", v.Municipality)
	}
	for _, f := range v.Findings {
		fmt.Fprintf(t, "  %s\n", f.Told())
	}
	return t.Flush()
}

// printWhole prints that nothing was found of a log, which is whole where all of its copies could be compared.
func printWhole(w io.Writer, m events.Municipality, at events.Position, root string, unchecked []audit.Unchecked) {
	state := "whole"
	if len(unchecked) > 0 {
		state = "NOT ALL COMPARED, the rest agrees"
	}
	fmt.Fprintf(w, "%s\t%s to position %d\troot %s\n", m, state, at, root)
	printUnchecked(w, unchecked)
}

func printUnchecked(w io.Writer, unchecked []audit.Unchecked) {
	for _, u := range unchecked {
		fmt.Fprintf(w, "  not compared: %s: %s\n", u.Copy, u.Why)
	}
}

type auditRepair struct {
	Municipality string `required:"" help:"The municipality's four-digit code, for example ${example}, or national." placeholder:"CODE" short:"m"`
	AcceptLoss   bool   `help:"Restore what can be, where the last messages that were recorded are in no copy any more; and have children whom the vault does not know count as erased, where no copy of its database is left."`
	formatFlags
}

func (c *auditRepair) Run(env *environment) error {
	query := url.Values{}
	if c.AcceptLoss {
		query.Set("accept_loss", "true")
	}
	left := fmt.Sprintf("a repair that the server has begun goes on there and is recorded: rackvidd audit repairs --municipality %s shows it", c.Municipality)
	return env.show(c.formatFlags, call{method: http.MethodPost, path: auditPath(c.Municipality, "audit/repair"), query: query, left: left}, func(raw json.RawMessage) error {
		var r audit.Repair
		if err := json.Unmarshal(raw, &r); err != nil {
			return fmt.Errorf("read the server's answer: %w", err)
		}
		t := tabwriter.NewWriter(env.out, 0, 0, 2, ' ', 0)
		for _, f := range r.Findings {
			fmt.Fprintf(t, "found\t%s\n", f.Told())
		}
		for _, what := range r.Restored {
			fmt.Fprintf(t, "restored\t%s\n", what)
		}
		if r.Lost != "" {
			fmt.Fprintf(t, "lost\t%s\n", r.Lost)
		}
		for _, number := range r.Gone {
			fmt.Fprintf(t, "lost\tthe record of repair number %d\n", number)
		}
		if len(r.Restored) == 0 {
			fmt.Fprintln(t, "nothing to repair")
		}
		printWhole(t, r.Municipality, r.Position, r.Root, r.Unchecked)
		return t.Flush()
	})
}

// nothingBefore says that nothing had been recorded, and when the first was.
func nothingBefore(first *time.Time) string {
	if first == nil {
		return "nothing, and nothing is recorded yet"
	}
	return "nothing; the first was recorded at " + first.Format(time.RFC3339)
}

func printReport(env *environment, r audit.Report, page string) error {
	if err := printFigures(env.out, r.Figures); err != nil {
		return err
	}
	t := tabwriter.NewWriter(env.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "\nRecomputed from the log\t%d positions read\nRoot of the events\t%s\n", r.EventsRead, r.Root)
	if r.EventsRead == 0 {
		fmt.Fprintf(t, "What was recorded by then\t%s\n", nothingBefore(r.FirstRecorded))
	}
	if r.Equal {
		fmt.Fprintln(t, "Against the read model\tequal")
	} else {
		fmt.Fprintln(t, "Against the read model\tDIFFERENT")
		for _, d := range r.Differences {
			fmt.Fprintf(t, "  %s\tread model %s\tlog %s\n", d.Path, d.ReadModel, d.Log)
		}
	}
	fmt.Fprintf(t, "The same as a web page\t%s\n", page)
	return t.Flush()
}
