package main

import (
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/alecthomas/kong"

	"rackvidd/events"
)

// commands is the table of all commands.
type commands struct {
	settings `embed:""`

	Serve       serveCommand       `cmd:"" help:"Run the services: all, with everything they need on this machine, or those named."`
	Demo        demoCommand        `cmd:"" help:"Run everything in a throw-away directory, with an example year of activity."`
	Import      importCommand      `cmd:"" help:"Bring activity records in from CSV or XLSX files."`
	Reach       reachCommand       `cmd:"" help:"Print reach figures: how many different children, in which forms, through which channels."`
	Survey      surveyCommand      `cmd:"" help:"The annual survey."`
	Report      reportCommand      `cmd:"" help:"The national report: what the municipalities answered."`
	Reference   referenceCommand   `cmd:"" help:"What coverage is computed from: child population, and estimates of the children in need."`
	Audit       auditCommand       `cmd:"" help:"Recompute figures from the log."`
	Projections projectionsCommand `cmd:"" help:"The read models."`
	User        userCommand        `cmd:"" help:"Accounts."`
	Token       tokenCommand       `cmd:"" help:"API tokens."`
	Child       childCommand       `cmd:"" help:"Find a child's handle; protect an identity."`
	Disclose    discloseCommand    `cmd:"" help:"Print what is stored about one child (GDPR article 15)."`
	Reads       readsCommand       `cmd:"" help:"Print who read about which child, the latest first."`
	Backup      backupCommand      `cmd:"" help:"Write everything but the vault's directory to one sealed file, while the program runs."`
	Restore     restoreCommand     `cmd:"" help:"Make an installation of a backup and the current vault's directory, in an empty data directory."`
	Erase       eraseCommand       `cmd:"" help:"Erase an identity; the log and every figure stay."`
	Retention   retentionCommand   `cmd:"" help:"For how many years it is kept who a child is of whom nothing more is recorded (gallring)."`
	Simulate    simulateCommand    `cmd:"" help:"Write invented activity, the same for the same seed."`
	Vault       vaultCommand       `cmd:"" help:"The vault's keys."`
	Version     versionFlag        `help:"Print the version and exit."`
	Health      healthCommand      `cmd:"" help:"Ask a service whether it is ready; exit 1 when it is not."`
}

// formatFlags choose how a command prints.
type formatFlags struct {
	Format string `help:"text or json." default:"text" enum:"text,json" short:"f"`
	JSON   bool   `name:"json" help:"The same as --format json."`
}

func (f formatFlags) json() bool { return f.JSON || f.Format == "json" }

// municipalityFlag names whose log a command is about.
type municipalityFlag struct {
	Municipality string `required:"" help:"The municipality's four-digit code, for example ${example}." placeholder:"CODE" short:"m"`
}

func (m municipalityFlag) path(rest string) string {
	return "municipalities/" + url.PathEscape(m.Municipality) + "/" + rest
}

// daysFlags name a calendar year or any period.
type daysFlags struct {
	Year int    `help:"A calendar year." xor:"period" placeholder:"YEAR"`
	From string `help:"First day of the period." placeholder:"DAY" and:"from"`
	To   string `help:"Last day of the period." placeholder:"DAY" and:"from"`
}

// periodFlags name a period, under a definition, now or as of a moment of the log.
type periodFlags struct {
	daysFlags
	Definition string `help:"reach/v3, groups/v1 or enrolled/v1." placeholder:"ID"`
	AsOf       asOf   `help:"As the log was at this time, or at the end of this day." xor:"asof" placeholder:"TIME"`
	Position   string `help:"As the log was at this position." xor:"asof" placeholder:"N"`
}

func (p periodFlags) query() (url.Values, error) {
	q, err := p.days()
	return with(q, map[string]string{"definition": p.Definition, "as_of": string(p.AsOf), "position": p.Position}), err
}

// with adds what is given to a query.
func with(q url.Values, more map[string]string) url.Values {
	for name, value := range more {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

func (p daysFlags) days() (url.Values, error) {
	q := url.Values{}
	switch {
	case p.Year != 0 && p.From != "":
		return q, &usageError{fmt.Errorf("give --year, or --from and --to, not both")}
	case p.Year != 0:
		q.Set("year", strconv.Itoa(p.Year))
	case p.From != "":
		q.Set("from", p.From)
		q.Set("to", p.To)
	default:
		return q, &usageError{fmt.Errorf("which period? Give --year, or --from and --to")}
	}
	return q, nil
}

// asOf is a time that has been, as the API takes it; "": now.
type asOf string

// Decode takes a day for its end in Sweden. Today has not ended, and is now.
func (a *asOf) Decode(ctx *kong.DecodeContext) error {
	var written string
	if err := ctx.Scan.PopValueInto("string", &written); err != nil {
		return err
	}
	*a = asOf(written)
	day, err := events.ParseDay(written)
	if err != nil { // then the API says how a time is written
		return nil
	}
	if *a = ""; day != events.DayOf(time.Now().In(events.Sweden)) {
		next := (day + 1).Time()
		*a = asOf(time.Date(next.Year(), next.Month(), next.Day(), 0, 0, 0, -1e6, events.Sweden).Format(time.RFC3339Nano))
	}
	return nil
}
