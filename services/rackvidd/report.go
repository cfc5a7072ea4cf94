package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"text/tabwriter"

	"rackvidd/events"
	"rackvidd/projections/survey"
	"rackvidd/services/export"
	"rackvidd/services/national"
)

type reportCommand struct {
	Show     reportShow     `cmd:"" default:"withargs" help:"Print the report about a year, or write it as a document."`
	Import   reportImport   `cmd:"" help:"Bring municipalities' answers in: tables (CSV), or files that other installations signed."`
	Trust    reportTrust    `cmd:"" help:"Trust a key to sign a municipality's answers elsewhere."`
	Distrust reportDistrust `cmd:"" help:"Trust a key no longer: what it signed stays as it was received."`
	Key      reportKey      `cmd:"" help:"Print the public half of the key that signs this installation's answers."`
}

// reportShow prints the national report.
type reportShow struct {
	Year     int    `required:"" help:"The activity year." placeholder:"YEAR"`
	Format   string `help:"text, json, csv, pdf or xlsx; as the file of --out is called, else text." enum:",text,json,csv,pdf,xlsx" default:"" short:"f"`
	JSON     bool   `name:"json" help:"The same as --format json."`
	Lang     string `help:"sv or en: of csv, pdf and xlsx (else sv), and of text (else en)." enum:",sv,en" default:""`
	Out      string `help:"Where to, also in place of a file that is there; none: standard output." placeholder:"FILE"`
	AsOf     asOf   `help:"As the national log was at this time, or at the end of this day." xor:"asof" placeholder:"TIME"`
	Position string `help:"As the national log was at this position." xor:"asof" placeholder:"N"`
	Need     []int  `help:"Children in need in the country, supposed: coverage of each as well." placeholder:"N"`
	Public   bool   `help:"Numbers of children rounded and protected, for publication."`
}

func (c *reportShow) query() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"as_of": string(c.AsOf), "position": c.Position} {
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
func (c *reportShow) format() (string, error) {
	asked := c.Format
	if c.JSON {
		asked = "json"
	}
	return endings{"json": "json", "csv": "csv", "pdf": "pdf", "xlsx": "xlsx", "txt": "text"}.format(asked, c.Out, "text")
}

func (c *reportShow) Run(env *environment) error {
	format, err := c.format()
	if err != nil {
		return err
	}
	raw, err := env.fetch(call{method: http.MethodGet, path: "report/" + strconv.Itoa(c.Year), query: c.query()})
	if err != nil {
		return err
	}
	var r survey.Report
	if err := json.Unmarshal(raw, &r); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	var out bytes.Buffer
	if err := writeReport(&out, format, c.Lang, raw, r); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return env.save(c.Out, out.Bytes())
}

func writeReport(w io.Writer, format, language string, raw json.RawMessage, r survey.Report) error {
	switch format {
	case "json":
		return (&environment{out: w}).printJSON(raw)
	case "csv":
		return export.CSV(w, national.Document(r, language))
	case "pdf":
		return export.PDF(w, national.Document(r, language))
	case "xlsx":
		return export.XLSX(w, national.Document(r, language))
	}
	return printReportOf(w, reportTongue(language == "sv"), r)
}

// reportTongue is the language of a report on the screen; true is Swedish. Codes are codes in both.
type reportTongue bool

// say is the one of two texts that is in the language.
func (t reportTongue) say(english, swedish string) string {
	if t {
		return swedish
	}
	return english
}

// printReportOf prints the report for a person.
func printReportOf(out io.Writer, t reportTongue, r survey.Report) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, t.say("The national report about %d (position %d of the national log)\n", "Den nationella rapporten om %d (händelse %d i den nationella loggen)\n"), r.Year, r.Position)
	if r.Public {
		fmt.Fprintln(w, t.say(
			"For publication: numbers of children are rounded to the nearest 5, 1 to 4 are that band, small counties are merged.",
			"För publicering: antal barn är avrundade till närmaste 5-tal, 1 till 4 är det intervallet, små län visas tillsammans."))
	}
	t.printAnswers(w, r)
	t.printChildren(w, r)
	municipalities, children := t.say("Municipalities", "Kommuner"), t.say("Children", "Barn")
	printNamed(w, t.say("Form", "Stödform")+"\t"+municipalities, r.Forms)
	printNamed(w, t.say("Channel", "Kontaktväg")+"\t"+municipalities, r.Channels)
	printNamed(w, t.say("Organiser", "Utförare")+"\t"+municipalities, r.Organisers)
	printTable(w, t.say("Measure\tPoints", "Åtgärd\tPoäng"), r.Measures, func(m survey.Points) string { return fmt.Sprintf("%s\t%d", m.Code, m.Points) })
	printTable(w, t.say("Coverage\tNeed\tScope\tShare of\tScaled\tPercent", "Täckningsgrad\tBehov\tOmfattning\tDel efter\tI omfattningen\tProcent"), r.Coverage, func(c survey.NationalCoverage) string {
		return fmt.Sprintf("%s\t%d\t%s\t%s\t%d\t%s", c.Denominator, c.Need, c.Scope, c.By, c.ScaledNeed, percent(c.Percent))
	})
	answered := t.say("Responded\tOffer", "Svarat\tErbjuder") + "\t" + children
	printTable(w, t.say("County", "Län")+"\t"+municipalities+"\t"+answered, r.Counties, func(c survey.County) string {
		return fmt.Sprintf("%s\t%d\t%d\t%d\t%s", c.Name, c.Municipalities, c.Responded, c.Offering, bounds(c.Children, c.ChildrenLower, c.ChildrenUpper))
	})
	printTable(w, t.say("Year", "År")+"\t"+answered, r.Years, func(y survey.YearFigures) string {
		return fmt.Sprintf("%d\t%d\t%d\t%s", y.Year, y.Responded, y.Offering, bounds(y.Children, y.ChildrenLower, y.ChildrenUpper))
	})
	return w.Flush()
}

func (t reportTongue) printAnswers(w io.Writer, r survey.Report) {
	of := t.say("%s\t%d of %d\t%s %%\n", "%s\t%d av %d\t%s %%\n")
	fmt.Fprintf(w, "\n"+of, t.say("Responded", "Svarat"), r.Responded, r.Municipalities, survey.WholePercent(r.Responded, r.Municipalities))
	fmt.Fprintf(w, of, t.say("Offer support", "Erbjuder stöd"), r.Offering, r.Responded, survey.WholePercent(r.Offering, r.Responded))
	fmt.Fprintf(w, "%s\t%d\n", t.say("Do not", "Gör det inte"), r.NotOffering)
	if r.OffersUnknown > 0 {
		fmt.Fprintf(w, "%s\t%d\n", t.say("Do not say", "Säger inte"), r.OffersUnknown)
	}
}

func (t reportTongue) printChildren(w io.Writer, r survey.Report) {
	fmt.Fprintf(w, "\n%s\t%s", t.say("Children", "Barn"), bounds(r.Children, r.ChildrenLower, r.ChildrenUpper))
	if p := r.Previous; p != nil {
		fmt.Fprintf(w, t.say("\t%s in %d", "\t%s år %d"), bounds(p.Children, p.ChildrenLower, p.ChildrenUpper), p.Year)
	}
	fmt.Fprintln(w)
	for _, note := range []struct {
		n    int
		what string
	}{
		{r.ChildrenUnknown, t.say("do not know how many", "inte vet hur många")},
		{r.ChildrenWithheld, t.say("withheld the number, of few children", "inte lämnat ut antalet, för få barn")},
		{r.Bands, t.say("released a band", "lämnat ett intervall")},
		{r.DistrictsLeftOut, t.say("gave a number of their own, which stands for their districts'", "lämnat ett eget antal, som gäller i stället för stadsdelarnas")},
		{r.FormsWithheld, t.say("withheld forms, of few children", "inte lämnat stödformer, för få barn")},
		{r.ChannelsWithheld, t.say("withheld channels, of few children", "inte lämnat kontaktvägar, för få barn")},
	} {
		if note.n > 0 {
			fmt.Fprintf(w, "%s\t%d\t%s\n", t.say("Municipalities that", "Kommuner som"), note.n, note.what)
		}
	}
}

func printNamed[C ~string](w io.Writer, headings string, list []survey.Named[C]) {
	printTable(w, headings, list, func(n survey.Named[C]) string { return fmt.Sprintf("%s\t%d", n.Code, n.Municipalities) })
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

func (c *reportTrust) Run(env *environment) error { return c.change(env, "report/keys", "trusted") }

func (c *reportTrust) change(env *environment, path, said string) error {
	body := jsonBody(map[string]string{"municipality": c.Municipality, "key": c.Key})
	return env.show(c.formatFlags, call{method: http.MethodPost, path: path, body: body, kind: "application/json"}, env.said(said))
}

type reportDistrust struct{ reportTrust }

func (c *reportDistrust) Run(env *environment) error {
	return c.change(env, "report/keys/distrust", "not trusted any more")
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
