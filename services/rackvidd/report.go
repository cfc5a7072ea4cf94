package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"

	"rackvidd/events"
	"rackvidd/projections/survey"
	"rackvidd/services/export"
	"rackvidd/services/national"
)

type reportCommand struct {
	Show   reportShow   `cmd:"" default:"withargs" help:"Print the report about a year, or write it as a document."`
	Import reportImport `cmd:"" help:"Bring municipalities' answers in: tables (CSV), or files that other installations signed."`
	Trust  reportTrust  `cmd:"" help:"Trust a key to sign a municipality's answers elsewhere."`
	Key    reportKey    `cmd:"" help:"Print the public half of the key that signs this installation's answers."`
}

// reportShow prints the national report.
type reportShow struct {
	Year     int    `required:"" help:"The activity year." placeholder:"YEAR"`
	Format   string `help:"text, json, csv, pdf or xlsx; as the file of --out is called, else text." enum:",text,json,csv,pdf,xlsx" default:"" short:"f"`
	JSON     bool   `name:"json" help:"The same as --format json."`
	Out      string `help:"Write it here." placeholder:"FILE"`
	AsOf     string `help:"As the national log was at this time." xor:"asof" placeholder:"TIME"`
	Position string `help:"As the national log was at this position." xor:"asof" placeholder:"N"`
	Need     []int  `help:"Children in need in the country, supposed: coverage of each as well." placeholder:"N"`
	Public   bool   `help:"Numbers of children rounded and protected, for publication."`
}

func (c *reportShow) query() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"as_of": c.AsOf, "position": c.Position} {
		if value != "" {
			q.Set(name, value)
		}
	}
	for _, need := range c.Need {
		q.Add("need", strconv.Itoa(need))
	}
	if c.Public {
		q.Set("public", "true")
	}
	return q
}

// format is what was asked for, or what the file's name says.
func (c *reportShow) format() string {
	ending := strings.TrimPrefix(strings.ToLower(filepath.Ext(c.Out)), ".")
	switch {
	case c.JSON:
		return "json"
	case c.Format != "":
		return c.Format
	case ending == "json" || ending == "csv" || ending == "pdf" || ending == "xlsx":
		return ending
	}
	return "text"
}

func (c *reportShow) Run(env *environment) error {
	raw, err := env.fetch(call{method: http.MethodGet, path: "report/" + strconv.Itoa(c.Year), query: c.query()})
	if err != nil {
		return err
	}
	var r survey.Report
	if err := json.Unmarshal(raw, &r); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	var out bytes.Buffer
	if err := writeReport(&out, c.format(), raw, r); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	if c.Out == "" || c.Out == "-" {
		_, err = out.WriteTo(env.out)
		return err
	}
	if err := os.WriteFile(c.Out, out.Bytes(), 0o600); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

func writeReport(w io.Writer, format string, raw json.RawMessage, r survey.Report) error {
	switch format {
	case "json":
		return (&environment{out: w}).printJSON(raw)
	case "csv":
		return export.CSV(w, national.Document(r))
	case "pdf":
		return export.PDF(w, national.Document(r))
	case "xlsx":
		return export.XLSX(w, national.Document(r))
	}
	return printReportOf(w, r)
}

// printReportOf prints the report for a person.
func printReportOf(w io.Writer, r survey.Report) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "The national report about %d (position %d of the national log)\n", r.Year, r.Position)
	if r.Public {
		fmt.Fprintln(t, "For publication: numbers of children are rounded to the nearest 5, 1 to 4 are that band, small counties are merged.")
	}
	fmt.Fprintf(t, "\nResponded\t%d of %d\t%s %%\n", r.Responded, r.Municipalities, survey.WholePercent(r.Responded, r.Municipalities))
	fmt.Fprintf(t, "Offer support\t%d of %d\t%s %%\n", r.Offering, r.Responded, survey.WholePercent(r.Offering, r.Responded))
	fmt.Fprintf(t, "Do not\t%d\n", r.NotOffering)
	if r.OffersUnknown > 0 {
		fmt.Fprintf(t, "Do not say\t%d\n", r.OffersUnknown)
	}
	printChildren(t, r)
	printNamed(t, "Form", r.Forms)
	printNamed(t, "Channel", r.Channels)
	printNamed(t, "Organiser", r.Organisers)
	printTable(t, "Measure\tPoints", r.Measures, func(m survey.Points) string { return fmt.Sprintf("%s\t%d", m.Code, m.Points) })
	printTable(t, "Coverage\tNeed\tScope\tShare of\tScaled\tPercent", r.Coverage, func(c survey.NationalCoverage) string {
		return fmt.Sprintf("%s\t%d\t%s\t%s\t%d\t%s", c.Denominator, c.Need, c.Scope, c.By, c.ScaledNeed, percent(c.Percent))
	})
	printTable(t, "County\tMunicipalities\tResponded\tOffer\tChildren", r.Counties, func(c survey.County) string {
		return fmt.Sprintf("%s\t%d\t%d\t%d\t%s", c.Name, c.Municipalities, c.Responded, c.Offering, bounds(c.Children, c.ChildrenLower, c.ChildrenUpper))
	})
	printTable(t, "Year\tResponded\tOffer\tChildren", r.Years, func(y survey.YearFigures) string {
		return fmt.Sprintf("%d\t%d\t%d\t%s", y.Year, y.Responded, y.Offering, bounds(y.Children, y.ChildrenLower, y.ChildrenUpper))
	})
	return t.Flush()
}

func printChildren(w io.Writer, r survey.Report) {
	fmt.Fprintf(w, "\nChildren\t%s", bounds(r.Children, r.ChildrenLower, r.ChildrenUpper))
	if r.Previous != nil {
		fmt.Fprintf(w, "\t%s in %d", bounds(r.Previous.Children, r.Previous.ChildrenLower, r.Previous.ChildrenUpper), r.Previous.Year)
	}
	fmt.Fprintln(w)
	for _, note := range []struct {
		n    int
		what string
	}{
		{r.ChildrenUnknown, "do not know how many"},
		{r.Bands, "released a band"},
		{r.DistrictsLeftOut, "gave a number of their own, which stands for their districts'"},
		{r.FormsWithheld, "withheld forms, of few children"},
		{r.ChannelsWithheld, "withheld channels, of few children"},
	} {
		if note.n > 0 {
			fmt.Fprintf(w, "Municipalities that\t%d\t%s\n", note.n, note.what)
		}
	}
}

func printNamed[C ~string](w io.Writer, what string, list []survey.Named[C]) {
	printTable(w, what+"\tMunicipalities", list, func(n survey.Named[C]) string { return fmt.Sprintf("%s\t%d", n.Code, n.Municipalities) })
}

func percent(p *survey.Percent) string {
	if p == nil {
		return "–"
	}
	return p.String()
}

// bounds is a number, and its bounds where they are apart.
func bounds(n, lower, upper int) string {
	if lower == upper {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d (%d–%d)", n, lower, upper)
}

// reportImport brings answers in.
type reportImport struct{ tablesFlags }

func (c *reportImport) Run(env *environment) error { return c.bring(env, "report/answers") }

type reportTrust struct {
	Key string `arg:"" help:"As rackvidd report key prints it there." placeholder:"KEY"`
	municipalityFlag
	formatFlags
}

func (c *reportTrust) Run(env *environment) error {
	body := jsonBody(map[string]string{"municipality": c.Municipality, "key": c.Key})
	return env.show(c.formatFlags, call{method: http.MethodPost, path: "report/keys", body: body, kind: "application/json"}, env.said("trusted"))
}

type reportKey struct{ formatFlags }

func (c *reportKey) Run(env *environment) error {
	return env.show(c.formatFlags, call{method: http.MethodGet, path: "report/signing-key"}, func(raw json.RawMessage) error {
		var answer struct {
			Key string `json:"key"`
		}
		if err := json.Unmarshal(raw, &answer); err != nil {
			return err
		}
		_, err := fmt.Fprintln(env.out, answer.Key)
		return err
	})
}

type referenceCommand struct {
	Import referenceImport `cmd:"" help:"Bring child population or denominators in from CSV files; what was loaded of the same before is replaced."`
	List   referenceList   `cmd:"" help:"List the estimates of children in need, and the years whose child population is loaded."`
}

type referenceImport struct{ tablesFlags }

func (c *referenceImport) Run(env *environment) error { return c.bring(env, "reference") }

type referenceList struct{ formatFlags }

func (c *referenceList) Run(env *environment) error {
	return env.show(c.formatFlags, call{method: http.MethodGet, path: "reference"}, func(raw json.RawMessage) error {
		var answer struct {
			Denominators []survey.Denominator
			Population   []survey.PopulationYear
		}
		if err := json.Unmarshal(raw, &answer); err != nil {
			return err
		}
		t := tabwriter.NewWriter(env.out, 0, 0, 2, ' ', 0)
		fmt.Fprint(t, "Children in need in the country")
		printTable(t, "Denominator\tNeed\tYears\tName\tSource", answer.Denominators, func(d survey.Denominator) string {
			return fmt.Sprintf("%s\t%d\t%s\t%s\t%s", d.ID, d.Need, span(d.From, d.Until), cmp.Or(d.English, d.Name), d.Source)
		})
		printTable(t, "Population of\tMunicipalities\tCountry\tChildren", answer.Population, func(y survey.PopulationYear) string {
			return fmt.Sprintf("%d\t%d\t%t\t%d", y.Year, y.Municipalities, y.Country, y.Children)
		})
		return t.Flush()
	})
}

// span is the years that something is used for.
func span(from, until events.Year) string {
	switch {
	case from == 0 && until == 0:
		return "all"
	case until == 0:
		return fmt.Sprintf("from %d", from)
	case from == 0:
		return fmt.Sprintf("until %d", until)
	}
	return fmt.Sprintf("%d–%d", from, until)
}
