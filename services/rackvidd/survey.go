package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/alecthomas/kong"

	"rackvidd/events"
	"rackvidd/services/api"
	"rackvidd/services/surveying"
)

type surveyCommand struct {
	Show    surveyShow    `cmd:"" help:"Print the survey: answers, what the checks found, how far it has come."`
	Answer  surveyAnswer  `cmd:"" help:"Answer what people alone know, or otherwise than the log; comment on what the checks found."`
	Check   surveyCheck   `cmd:"" help:"Run the checks and, where nothing is left to put right or comment on, declare the answers ready for approval; exit 3 otherwise."`
	Approve surveyApprove `cmd:"" help:"Approve answers that somebody else prepared; with --if-match, those that were seen and no others."`
	Return  surveyReturn  `cmd:"" help:"Send answers back to those who prepared them."`
	Submit  surveySubmit  `cmd:"" help:"Submit the approved answers, for good; with --if-match, those that were seen and no others."`
	Amend   surveyAmend   `cmd:"" help:"Open what was submitted for a new version."`
	Publish surveyPublish `cmd:"" help:"Release the year's figures as open data: protected, and noted in the ledger of what was released."`
	Export  surveyExport  `cmd:"" help:"Write the survey with the municipality's own statistics as a file."`
}

// surveyFlags name one municipality's survey.
type surveyFlags struct {
	municipalityFlag
	Year int    `required:"" help:"The activity year." placeholder:"YEAR"`
	Lang string `help:"sv or en: what explanations and messages are written in." default:"en" enum:"sv,en"`
	formatFlags
}

func (c surveyFlags) call(method, action string) call {
	return call{method: method, path: c.path("surveys/" + strconv.Itoa(c.Year) + action), query: url.Values{"lang": {c.Lang}}}
}

// read fetches the survey.
func (c surveyFlags) read(env *environment) (raw json.RawMessage, sheet api.SurveySheet, err error) {
	if raw, err = env.fetch(c.call(http.MethodGet, "")); err != nil {
		return nil, sheet, err
	}
	if err := json.Unmarshal(raw, &sheet); err != nil {
		return nil, sheet, fmt.Errorf("read the server's answer: %w", err)
	}
	return raw, sheet, nil
}

// decisionFlags are those of a decision about a survey.
type decisionFlags struct {
	surveyFlags
	IfMatch string `help:"Decide only while the survey is as it was seen: the ETag that survey show prints. Otherwise nothing is decided (412)." placeholder:"ETAG"`
}

// decide sends a decision and prints how far the survey has come.
func (c decisionFlags) decide(env *environment, action string, body any) error {
	request := c.call(http.MethodPost, "/"+action)
	if body != nil {
		request.body, request.kind = jsonBody(body), "application/json"
	}
	raw, err := c.send(env, request)
	if err != nil {
		return err
	}
	if c.json() {
		return env.printJSON(raw)
	}
	var answer struct {
		State   surveying.State `json:"state"`
		Version int             `json:"version"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	p := c.printer(env)
	p.say("Enkäten för %d i %s: version %d, %s", "The survey of %d in %s: version %d, %s", c.Year, nameOf(events.Municipality(c.Municipality)), answer.Version, p.word(string(answer.State)))
	return p.Flush()
}

func (c decisionFlags) send(env *environment, request call) (json.RawMessage, error) {
	request.match = quoted(c.IfMatch)
	return env.fetch(request)
}

// quoted lets an ETag be given without its quotation marks, which a shell takes away.
func quoted(etag string) string {
	if etag == "" || etag == "*" || strings.Contains(etag, `"`) {
		return etag
	}
	return `"` + etag + `"`
}

type surveyShow struct{ surveyFlags }

func (c *surveyShow) Run(env *environment) error {
	raw, sheet, err := c.read(env)
	if err != nil {
		return err
	}
	if c.json() {
		return env.printJSON(raw)
	}
	return c.printer(env).sheet(sheet)
}

// printer prints a survey in one language.
type printer struct {
	*tabwriter.Writer
	surveying.Language
}

func (c surveyFlags) printer(env *environment) printer {
	return printer{tabwriter.NewWriter(env.out, 0, 0, 2, ' ', 0), surveying.Language(c.Lang)}
}

// say prints a line of ours, whose arguments stand in the same order in both languages.
func (p printer) say(sv, en string, args ...any) {
	fmt.Fprintf(p, surveying.Text{SV: sv, EN: en}.In(p.Language)+"\n", args...)
}

// word is what a code is called; none where there is no code.
func (p printer) word(code string) string { return surveying.Word(code, p.Language) }

func (p printer) sheet(s api.SurveySheet) error {
	p.say("\nÅrsenkäten för %d i %s (formulär %s, version %d, %s)", "\nThe annual survey of %d in %s (form %s, version %d, %s)",
		s.Year, nameOf(s.Municipality), s.Form, s.Version, p.word(string(s.State)))
	fmt.Fprintf(p, "ETag %s\n", s.ETag)
	p.stated(s.Submitted)
	for _, a := range s.Answers {
		fmt.Fprintf(p, "%s\t%s\t%s\n", a.Question, p.inShort(a), p.word(string(a.Basis)))
		for _, more := range []string{a.Because().In(p.Language), a.Explanation} {
			if more != "" {
				fmt.Fprintf(p, "\t%s\n", more)
			}
		}
	}
	for _, since := range []*surveying.Since{s.SinceSubmission, s.SinceCheck} {
		if since != nil {
			fmt.Fprintf(p, "\n%s\n", since.Sentence)
		}
	}
	if len(s.Checks) > 0 {
		p.say("\nKontroller", "\nChecks")
	}
	p.checks(s.Checks)
	return p.Flush()
}

// stated is what was signed of the version that was submitted.
func (p printer) stated(sub *surveying.SubmittedVersion) {
	if sub == nil {
		return
	}
	p.say("Inlämnad: version %d, definition %s, händelse %d, program %s", "Submitted: version %d, definition %s, position %d, program %s", sub.Version, sub.Definition, sub.Position, sub.Program)
	if sub.Statement == nil {
		p.say("Inget intyg än: det görs när loggen är arkiverad dit (är det skadat säger rackvidd audit verify det)", "No statement yet: it is made once the log is archived that far (where it is damaged, rackvidd audit verify says so)")
		return
	}
	p.say("Intyg: inlämnad vid händelse %d, loggens kontrollsumma där %s", "Statement: submitted at position %d, checksum of the log there %s", sub.Statement.Position, sub.Statement.Root)
	p.say("Talens kontrollsumma %s", "Checksum of the figures %s", sub.Statement.Figures)
}

func (p printer) checks(checks []surveying.Check) {
	for _, c := range checks {
		fmt.Fprintf(p, "%s\t%s\t%s\n", c.Rule, p.word(string(c.Severity)), c.Message)
		if c.Comment != nil {
			p.say("\t\tkommentar: %s", "\t\tcomment: %s", surveying.Written{Text: c.Said(), Gone: c.Gone}.In(p.Language))
		}
	}
}

// inShort is an answer on one line: choices as they are answered, by their codes.
func (p printer) inShort(a surveying.Answer) string {
	switch {
	case a.Value != nil && a.Lower != nil && a.Upper != nil && *a.Lower != *a.Upper:
		return fmt.Sprintf("%d (%d–%d)", *a.Value, *a.Lower, *a.Upper)
	case a.Value != nil:
		return strconv.Itoa(*a.Value)
	case len(a.Choices) > 0:
		return joined(a.Choices)
	}
	return cmp.Or(a.Wrote().In(p.Language), p.word(string(a.Status)))
}

// surveyAnswer takes answers as QUESTION=ANSWER.
type surveyAnswer struct {
	decisionFlags
	Answers answers  `arg:"" optional:"" help:"QUESTION=ANSWER: a number, yes, no, codes with commas between, a text, unknown, not_answered, or computed for what follows from the log; as in Q4=50 Q6=cooperation,funding."`
	Reason  string   `help:"Why a number is another than the one that was counted."`
	Basis   string   `help:"Of a number: estimated, overridden or entered." placeholder:"BASIS"`
	Comment []string `help:"RULE=TEXT: what there is to say about what a check found; or QUESTION=TEXT, beside a question." placeholder:"RULE=TEXT" sep:"none"`
}

// answers are taken wherever they stand among the flags; of a plain list, kong takes those before the next flag alone.
type answers []string

// Decode takes every argument that is left and belongs to no flag, and leaves the flags.
func (a *answers) Decode(ctx *kong.DecodeContext) error {
	var flags []kong.Token
	for ctx.Scan.Len() > 0 {
		token := ctx.Scan.Pop()
		text := token.String()
		switch {
		case token.Type == kong.PositionalArgumentToken || !strings.HasPrefix(text, "-"):
			*a = append(*a, text)
		case text == "--":
			for ctx.Scan.Len() > 0 {
				*a = append(*a, ctx.Scan.Pop().String())
			}
		default:
			flags = append(flags, token)
			if takesNext(text) && ctx.Scan.Len() > 0 {
				flags = append(flags, ctx.Scan.Pop())
			}
		}
	}
	for _, token := range slices.Backward(flags) {
		ctx.Scan.PushToken(token)
	}
	return nil
}

// takesNext reports whether a flag's value is the argument after it.
func takesNext(flag string) bool {
	if strings.Contains(flag, "=") || !strings.HasPrefix(flag, "--") && len(flag) > len("-m") {
		return false
	}
	return !slices.Contains([]string{"--json", "--help", "-h", "--version"}, flag)
}

func (c *surveyAnswer) Run(env *environment) error {
	_, sheet, err := c.read(env)
	if err != nil {
		return err
	}
	body := make(map[string][]any)
	for _, text := range c.Answers {
		if err := c.addAnswer(body, sheet.Sheet, text); err != nil {
			return &usageError{err}
		}
	}
	for _, text := range c.Comment {
		rule, comment, ok := strings.Cut(text, "=")
		if !ok {
			return &usageError{fmt.Errorf("write a comment as RULE=TEXT or QUESTION=TEXT, as in S12=\"All registers are in\"")}
		}
		about := "rule"
		if strings.HasPrefix(rule, "Q") {
			about = "question"
		}
		body["comments"] = append(body["comments"], map[string]string{about: rule, "comment": comment})
	}
	if len(body) == 0 {
		return &usageError{fmt.Errorf("name an answer, as in Q6=cooperation,funding, or a --comment")}
	}
	return c.decide(env, "answer", body)
}

func (c *surveyAnswer) addAnswer(body map[string][]any, sheet surveying.Sheet, text string) error {
	question, value, ok := strings.Cut(text, "=")
	if !ok {
		return fmt.Errorf("write an answer as QUESTION=ANSWER, as in Q4=50")
	}
	if value == "computed" {
		body["restore"] = append(body["restore"], question)
		return nil
	}
	answer := map[string]any{"question": question, "status": value}
	i := slices.IndexFunc(sheet.Answers, func(a surveying.Answer) bool { return string(a.Question) == question })
	number, err := strconv.Atoi(value)
	switch {
	case err == nil:
		answer["status"], answer["value"] = events.NumberAnswer, number
		if number == 0 {
			answer["status"] = events.ZeroAnswer
		}
	case slices.Contains([]string{"yes", "no", "unknown", "not_answered"}, value):
	case i >= 0 && sheet.Answers[i].Words:
		answer["status"], answer["text"] = events.TextAnswer, value
	default:
		answer["status"], answer["choices"] = events.ChoicesAnswer, strings.Split(value, ",")
	}
	if c.Reason != "" && answer["status"] != events.TextAnswer {
		answer["reason"] = c.Reason
	}
	if c.Basis != "" && err == nil {
		answer["basis"] = c.Basis
	}
	body["answers"] = append(body["answers"], answer)
	return nil
}

// surveyCheck runs the checks.
type surveyCheck struct {
	decisionFlags
	DryRun bool `help:"Run the checks and change nothing."`
}

func (c *surveyCheck) Run(env *environment) error {
	raw, sheet, err := c.read(env)
	if err != nil {
		return env.checked(err)
	}
	left := slices.ContainsFunc(sheet.Checks, func(f surveying.Check) bool {
		return f.Severity == surveying.Error || f.Severity == surveying.Warning && f.Comment == nil
	})
	if left || c.DryRun {
		return c.found(env, raw, sheet, left)
	}
	return c.decide(env, "check", nil)
}

// found prints what the checks found.
func (c *surveyCheck) found(env *environment, raw json.RawMessage, sheet api.SurveySheet, left bool) error {
	if c.json() {
		if err := env.printJSON(raw); err != nil {
			return err
		}
	} else {
		p := c.printer(env)
		p.checks(sheet.Checks)
		if left {
			p.say("Rätta fel, och kommentera varningar: rackvidd survey answer --comment REGEL=TEXT", "Put errors right, and comment on warnings: rackvidd survey answer --comment RULE=TEXT")
		}
		if err := p.Flush(); err != nil {
			return err
		}
	}
	if left {
		return errDifference
	}
	return nil
}

type surveyApprove struct{ decisionFlags }

func (c *surveyApprove) Run(env *environment) error { return c.decide(env, "approve", nil) }

type surveySubmit struct{ decisionFlags }

func (c *surveySubmit) Run(env *environment) error { return c.decide(env, "submit", nil) }

// surveyReason is a decision that needs a reason.
type surveyReason struct {
	decisionFlags
	Reason string `required:"" help:"Why, in your own words and without anybody's name: every version keeps it." placeholder:"TEXT"`
}

func (c surveyReason) because(env *environment, action string) error {
	return c.decide(env, action, map[string]string{"reason": c.Reason})
}

type surveyReturn struct{ surveyReason }

func (c *surveyReturn) Run(env *environment) error { return c.because(env, "return") }

type surveyAmend struct{ surveyReason }

func (c *surveyAmend) Run(env *environment) error { return c.because(env, "amend") }

// surveyPublish releases the year's figures.
type surveyPublish struct{ surveyFlags }

func (c *surveyPublish) Run(env *environment) error {
	return env.show(c.formatFlags, c.call(http.MethodPost, "/open-data"), func(raw json.RawMessage) error {
		var o surveying.OpenData
		if err := json.Unmarshal(raw, &o); err != nil {
			return fmt.Errorf("read the server's answer: %w", err)
		}
		return printOpenData(env.out, o, surveying.Language(c.Lang))
	})
}

// dimensions are what open data are broken down by.
var dimensions = map[string]surveying.Text{
	"children": {SV: "identifierade barn", EN: "identified children"}, "form": {SV: "stödform", EN: "form"}, "overlap": {SV: "båda formerna", EN: "both forms"},
	"programme": {SV: "verksamhet", EN: "programme"}, "channel": {SV: "kontaktväg", EN: "channel"}, "age": {SV: "ålder", EN: "age"}, "gender": {SV: "kön", EN: "gender"},
}

// printOpenData prints what was released, as its readers may read it.
func printOpenData(w io.Writer, o surveying.OpenData, l surveying.Language) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	heading := surveying.Text{
		SV: "\nÖppna data om %d i %s (%s, position %d): tal från 1 till %d är skyddade\n",
		EN: "\nOpen data of %d in %s (%s, position %d): numbers from 1 to %d are protected\n",
	}
	fmt.Fprintf(t, heading.In(l), o.Year, nameOf(o.Municipality), o.Definition, o.Position, o.Threshold-1)
	for _, f := range o.Figures {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", dimensions[f.Dimension].In(l), called(f, l), f.Shown, f.Reason)
	}
	return t.Flush()
}

// called is what a figure counts, in words. A programme is called what it is called, though that be a code.
func called(f surveying.OpenFigure, l surveying.Language) string {
	if f.Dimension == "programme" {
		return f.Code
	}
	codes := strings.Split(f.Code, "&")
	for i, code := range codes {
		codes[i] = surveying.Word(code, l)
	}
	return strings.Join(codes, " & ")
}

// surveyExport writes the survey as a file.
type surveyExport struct {
	municipalityFlag
	Year    int `required:"" help:"The activity year." placeholder:"YEAR"`
	Version int `name:"of-version" help:"Of what was submitted, as it was; default: the survey as it stands." placeholder:"N"`
	fileFlags
}

func (c *surveyExport) Run(env *environment) error {
	query := url.Values{}
	if c.Version != 0 {
		query.Set("version", strconv.Itoa(c.Version))
	}
	return env.download(c.fileFlags, call{method: http.MethodGet, path: c.path("surveys/" + strconv.Itoa(c.Year) + "/export"), query: query})
}
