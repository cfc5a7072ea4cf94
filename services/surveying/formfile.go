package surveying

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"rackvidd/events"
)

//go:embed forms/*.yaml
var builtIn embed.FS

// BuiltIn are the forms that come with the program.
func BuiltIn() fs.FS {
	forms, err := fs.Sub(builtIn, "forms")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	return forms
}

// FormError says what is wrong in a form's file, and where.
type FormError struct {
	File    string
	Line    int
	Message string
}

func (e *FormError) Error() string {
	return fmt.Sprintf("form %s line %d: %s", e.File, e.Line, e.Message)
}

// LoadForms reads every *.yaml of the folders; a form in a later folder takes the place of an earlier one with its id.
// definitions are those of reach that there are. *FormError: a file has an error, and nothing is loaded.
func LoadForms(definitions []string, folders ...fs.FS) (Collection, error) {
	byID := make(map[events.FormID]formFile)
	for _, folder := range folders {
		names, err := fs.Glob(folder, "*.yaml")
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			f, err := readForm(folder, name, definitions)
			if err != nil {
				return nil, err
			}
			byID[f.Form.ID] = f
		}
	}
	return collect(byID)
}

// formFile is a form on its way from its file, with the lines that errors name.
type formFile struct {
	Form
	name string
	like events.FormID // the form whose severities it takes over
	line map[string]int
}

func readForm(folder fs.FS, name string, definitions []string) (formFile, error) {
	raw, err := fs.ReadFile(folder, name)
	if err != nil {
		return formFile{}, fmt.Errorf("read the form %s: %w", name, err)
	}
	var w writtenForm
	d := yaml.NewDecoder(bytes.NewReader(raw))
	d.KnownFields(true)
	if err := d.Decode(&w); err != nil {
		return formFile{}, unreadable(name, err)
	}
	return w.form(name, definitions)
}

var yamlLine = regexp.MustCompile(`line (\d+): (.*)`)

// unreadable finds the line in what the YAML reader says.
func unreadable(name string, err error) error {
	var list *yaml.TypeError
	text := err.Error()
	if errors.As(err, &list) && len(list.Errors) > 0 {
		text = list.Errors[0]
	}
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		n, _ := strconv.Atoi(m[1])
		return &FormError{name, n, m[2]}
	}
	return &FormError{name, 1, strings.TrimPrefix(text, "yaml: ")}
}

// placed is a value and the line it stands in.
type placed[T any] struct {
	value T
	line  int
}

func (p *placed[T]) UnmarshalYAML(n *yaml.Node) error {
	p.line = n.Line
	return n.Decode(&p.value)
}

type writtenForm struct {
	ID    placed[string] `yaml:"id"`
	Title placed[Text]   `yaml:"title"`
	Years placed[struct {
		From int `yaml:"from"`
		To   int `yaml:"to"`
	}] `yaml:"years"`
	Definition placed[string] `yaml:"definition"`
	Ages       placed[struct {
		From int `yaml:"from"`
		To   int `yaml:"to"`
	}] `yaml:"ages"`
	Checks struct {
		As         placed[string]            `yaml:"as"`
		Severities map[string]placed[string] `yaml:"severities"`
	} `yaml:"checks"`
	Questions []placed[writtenQuestion] `yaml:"questions"`
}

type writtenQuestion struct {
	ID      string                  `yaml:"id"`
	Asks    string                  `yaml:"asks"`
	Text    Text                    `yaml:"text"`
	Forms   []string                `yaml:"forms"`
	Most    int                     `yaml:"most"`
	Points  int                     `yaml:"points"`
	Options []placed[writtenOption] `yaml:"options"`
}

type writtenOption struct {
	Code   string   `yaml:"code"`
	Covers []string `yaml:"covers"`
	Text   Text     `yaml:"text"`
}

// form checks what is written, line by line.
func (w writtenForm) form(name string, definitions []string) (formFile, error) {
	at := func(line int, format string, args ...any) error {
		return &FormError{name, max(line, 1), fmt.Sprintf(format, args...)}
	}
	id, err := events.ParseFormID(w.ID.value)
	if err != nil {
		return formFile{}, at(w.ID.line, "id %s", err)
	}
	years, ages := w.Years.value, w.Ages.value
	switch {
	case w.Title.value.SV == "" || w.Title.value.EN == "":
		return formFile{}, at(w.Title.line, "title needs a text in both languages: sv and en")
	case years.From < 1900 || years.To != 0 && years.To < years.From:
		return formFile{}, at(w.Years.line, "years needs a first year, and a last one no earlier (or none)")
	case !slices.Contains(definitions, w.Definition.value):
		return formFile{}, at(w.Definition.line, "definition must be one of %s", strings.Join(definitions, ", "))
	case ages.From < 0 || ages.To < ages.From:
		return formFile{}, at(w.Ages.line, "ages needs a first and a last age, for example {from: 0, to: 17}")
	case len(w.Questions) == 0:
		return formFile{}, at(1, "a form has questions; list them under questions")
	}
	f := formFile{name: name, like: events.FormID(w.Checks.As.value), line: map[string]int{"years": w.Years.line, "as": w.Checks.As.line}, Form: Form{
		ID: id, Title: w.Title.value, From: events.Year(years.From), To: events.Year(years.To),
		Definition: events.DefinitionID(w.Definition.value), AgeFrom: ages.From, AgeTo: ages.To, severities: make(map[events.Rule]Severity),
	}}
	for rule, s := range w.Checks.Severities {
		if !ruleExists(events.Rule(rule)) || !slices.Contains([]Severity{Error, Warning, Notice, Off}, Severity(s.value)) {
			return formFile{}, at(s.line, "%s: name a rule that exists, and error, warning, notice or off", rule)
		}
		f.severities[events.Rule(rule)] = Severity(s.value)
	}
	return f, f.addQuestions(w.Questions, at)
}

func (f *formFile) addQuestions(written []placed[writtenQuestion], at func(int, string, ...any) error) error {
	subjects := make(map[Subject]bool)
	for _, w := range written {
		q, err := w.value.question(at, w.line)
		if err != nil {
			return err
		}
		if _, twice := f.Question(q.ID); twice || subjects[q.Asks] {
			return at(w.line, "%s: a form asks each question once, and for each thing once", q.ID)
		}
		subjects[q.Asks] = true
		f.Questions = append(f.Questions, q)
	}
	if !subjects[Children] {
		return at(1, "one question has to ask for children: the number is what the survey is about")
	}
	return nil
}

// codesOf are the codes of ours that the options of a question have to cover; nil: any.
var codesOf = map[Subject][]string{
	Organisers: events.Organiser("").Codes(), Forms: events.Form("").Codes(), Channels: events.Channel("").Codes(), Measures: nil,
}

func (w writtenQuestion) question(at func(int, string, ...any) error, line int) (Question, error) {
	id, err := events.ParseQuestion(w.ID)
	if err != nil {
		return Question{}, at(line, "id %s", err)
	}
	q := Question{ID: id, Asks: Subject(w.Asks), Text: w.Text, Most: w.Most, Points: w.Points}
	codes, chosen := codesOf[q.Asks]
	switch {
	case !chosen && !slices.Contains([]Subject{Offers, Children, InWords}, q.Asks):
		return q, at(line, "%s: asks must be offers, organisers, forms, children, channels, measures or words", id)
	case w.Text.SV == "" || w.Text.EN == "":
		return q, at(line, "%s needs a text in both languages: sv and en", id)
	case chosen != (len(w.Options) > 0):
		return q, at(line, "%s: a question that is answered by choosing has options, and no other", id)
	case w.Most < 0 || w.Points < 0 || !chosen && w.Most+w.Points > 0:
		return q, at(line, "%s: most and points are no less than 0, and of questions that are answered by choosing", id)
	}
	for _, form := range w.Forms {
		f, err := events.ParseCode[events.Form](form)
		if err != nil {
			return q, at(line, "%s: forms %s", id, err)
		}
		q.Forms = append(q.Forms, f)
	}
	for _, o := range w.Options {
		if err := q.addOption(o, codes, at); err != nil {
			return q, err
		}
	}
	return q, nil
}

func (q *Question) addOption(w placed[writtenOption], codes []string, at func(int, string, ...any) error) error {
	code, err := events.ParseChoice(w.value.Code)
	if err != nil {
		return at(w.line, "%s: code %s", q.ID, err)
	}
	if w.value.Text.SV == "" || w.value.Text.EN == "" {
		return at(w.line, "%s: option %s needs a text in both languages: sv and en", q.ID, code)
	}
	o := Option{Code: code, Text: w.value.Text}
	covers := w.value.Covers
	if len(covers) == 0 {
		covers = []string{string(code)}
	}
	for _, c := range covers {
		if codes != nil && !slices.Contains(codes, c) {
			return at(w.line, "%s: option %s covers %s, which must be one of %s", q.ID, code, c, strings.Join(codes, ", "))
		}
		if _, twice := q.option(events.Choice(c)); twice || slices.ContainsFunc(q.Options, func(o Option) bool { return o.Code == code }) {
			return at(w.line, "%s: %s is an option, or covered by one, already", q.ID, c)
		}
		o.Covers = append(o.Covers, events.Choice(c))
	}
	q.Options = append(q.Options, o)
	return nil
}

// collect puts forms in order, and lets each take over the severities of the one it names.
func collect(byID map[events.FormID]formFile) (Collection, error) {
	var list []formFile
	for _, f := range byID {
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b formFile) int { return cmp.Compare(a.From, b.From) })
	forms := make(Collection, 0, len(list))
	for i, f := range list {
		if i > 0 && (list[i-1].To == 0 || list[i-1].To >= f.From) {
			return nil, &FormError{f.name, f.line["years"], fmt.Sprintf("form %s asks about %d already; give that one a last year", list[i-1].ID, f.From)}
		}
		severities, err := inherited(byID, f, nil)
		if err != nil {
			return nil, err
		}
		f.Form.severities = severities
		forms = append(forms, f.Form)
	}
	return forms, nil
}

func inherited(byID map[events.FormID]formFile, f formFile, seen []events.FormID) (map[events.Rule]Severity, error) {
	all := make(map[events.Rule]Severity)
	if f.like != "" {
		before, ok := byID[f.like]
		if !ok || slices.Contains(seen, f.like) || f.like == f.ID {
			return nil, &FormError{f.name, f.line["as"], fmt.Sprintf("checks as %s: name another form that exists, and that does not lead back here", f.like)}
		}
		taken, err := inherited(byID, before, append(seen, f.ID))
		if err != nil {
			return nil, err
		}
		all = taken
	}
	for rule, s := range f.severities {
		all[rule] = s
	}
	return all, nil
}
