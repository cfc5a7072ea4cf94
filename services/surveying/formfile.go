package surveying

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

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

// Definitions are the ids of the definitions of reach, each with the last age in the year that it counts.
type Definitions map[string]int

func (d Definitions) has(id string) bool {
	_, ok := d[id]
	return ok
}

// LoadForms reads every *.yaml of the folders; a form in a later folder takes the place of an earlier one with its id.
// definitions are those of reach that there are, with the last age that each counts. *FormError: a file has an error, and nothing is loaded.
func LoadForms(definitions Definitions, folders ...fs.FS) (Collection, error) {
	byID := make(map[events.FormID]formFile)
	for _, folder := range folders {
		here, err := readFolder(folder, definitions)
		if err != nil {
			return nil, err
		}
		maps.Copy(byID, here)
	}
	return collect(byID)
}

func readFolder(folder fs.FS, definitions Definitions) (map[events.FormID]formFile, error) {
	names, err := fs.Glob(folder, "*.yaml")
	if err != nil {
		return nil, err
	}
	if overlooked, err := fs.Glob(folder, "*.yml"); err != nil || len(overlooked) > 0 {
		return nil, cmp.Or(err, error(&FormError{slices.Max(append(overlooked, "")), 1, "a form's file is called *.yaml; rename it"}))
	}
	byID := make(map[events.FormID]formFile)
	for _, name := range names {
		f, err := readForm(folder, name, definitions)
		if err != nil {
			return nil, err
		}
		if other, twice := byID[f.Form.ID]; twice {
			return nil, &FormError{name, f.line["id"], fmt.Sprintf("form %s is in %s already; give this one an id of its own", f.Form.ID, other.name)}
		}
		byID[f.Form.ID] = f
	}
	return byID, nil
}

// formFile is a form on its way from its file, with the lines that errors name.
type formFile struct {
	Form
	name string
	like events.FormID // the form whose severities it takes over
	line map[string]int
}

func readForm(folder fs.FS, name string, definitions Definitions) (formFile, error) {
	raw, err := fs.ReadFile(folder, name)
	if err != nil {
		return formFile{}, fmt.Errorf("read the form %s: %w", name, err)
	}
	var w writtenForm
	d := yaml.NewDecoder(bytes.NewReader(raw))
	d.KnownFields(true)
	if err := d.Decode(&w); errors.Is(err, io.EOF) {
		return formFile{}, &FormError{name, 1, "the file is empty; write a form, as in the built-in files"}
	} else if err != nil {
		return formFile{}, unreadable(name, err)
	}
	var more yaml.Node
	if err := d.Decode(&more); !errors.Is(err, io.EOF) {
		return formFile{}, &FormError{name, max(more.Line, 1), "a file holds one form; put the other in a file of its own"}
	}
	return w.form(name, definitions)
}

var (
	yamlLine = regexp.MustCompile(`line (\d+): (.*)`)
	ofGoType = regexp.MustCompile(` in type .*`)
	counted  = regexp.MustCompile(`^did not find expected (',' or|key|node content|'-' indicator|<)`) // the reader's grammar counts lines from 0
)

// unreadable finds the line in what the YAML reader says.
func unreadable(name string, err error) error {
	var list *yaml.TypeError
	text := err.Error()
	if errors.As(err, &list) && len(list.Errors) > 0 {
		text = list.Errors[0]
	}
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		n, _ := strconv.Atoi(m[1])
		if counted.MatchString(m[2]) {
			n++
		}
		return &FormError{name, n, ofGoType.ReplaceAllString(m[2], "")}
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
	if err := knownFields(n, reflect.TypeFor[T]()); err != nil {
		return err
	}
	return n.Decode(&p.value)
}

// knownFields refuses what a structure has no field for: Node.Decode, unlike the decoder it is called by, lets it pass.
func knownFields(n *yaml.Node, t reflect.Type) error {
	if n.Kind != yaml.MappingNode || t.Kind() != reflect.Struct || reflect.PointerTo(t).Implements(reflect.TypeFor[yaml.Unmarshaler]()) {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		field, ok := t.FieldByNameFunc(func(name string) bool {
			f, _ := t.FieldByName(name)
			return f.Tag.Get("yaml") == key.Value
		})
		if !ok {
			return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: field %s not found", key.Line, key.Value)}}
		}
		if err := knownFields(n.Content[i+1], field.Type); err != nil {
			return err
		}
	}
	return nil
}

type writtenForm struct {
	ID    placed[string] `yaml:"id"`
	Title placed[Text]   `yaml:"title"`
	Years placed[struct {
		From int `yaml:"from"`
		To   int `yaml:"to"`
	}] `yaml:"years"`
	Definition placed[string] `yaml:"definition"`
	Due        placed[string] `yaml:"due"`
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
func (w writtenForm) form(name string, definitions Definitions) (formFile, error) {
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
	case !definitions.has(w.Definition.value):
		return formFile{}, at(w.Definition.line, "definition must be one of %s", joined(slices.Sorted(maps.Keys(definitions))))
	case ages.From < 0 || ages.To < ages.From:
		return formFile{}, at(w.Ages.line, "ages needs a first and a last age, for example {from: 0, to: 17}")
	case ages.From != 0 || ages.To != definitions[w.Definition.value]:
		return formFile{}, at(w.Ages.line, "ages must be those that %s counts: {from: 0, to: %d}; other ages are another definition", w.Definition.value, definitions[w.Definition.value])
	case w.Due.value != "" && !isMonthDay(w.Due.value):
		return formFile{}, at(w.Due.line, "due is the month and the day, in the year after, by which answers are wanted, for example 03-31")
	case len(w.Questions) == 0:
		return formFile{}, at(1, "a form has questions; list them under questions")
	}
	f := formFile{name: name, like: events.FormID(w.Checks.As.value), line: map[string]int{"id": w.ID.line, "years": w.Years.line, "as": w.Checks.As.line}, Form: Form{
		ID: id, Title: w.Title.value, From: events.Year(years.From), To: events.Year(years.To),
		Definition: events.DefinitionID(w.Definition.value), AgeFrom: ages.From, AgeTo: ages.To, Due: w.Due.value, severities: make(map[events.Rule]Severity),
	}}
	for _, rule := range slices.Sorted(maps.Keys(w.Checks.Severities)) {
		s := w.Checks.Severities[rule]
		if !ruleExists(events.Rule(rule)) || !slices.Contains([]Severity{Error, Warning, Notice, Off}, Severity(s.value)) {
			return formFile{}, at(s.line, "%s: name a rule that exists, and error, warning, notice or off", rule)
		}
		f.severities[events.Rule(rule)] = Severity(s.value)
	}
	return f, f.addQuestions(w.Questions, at)
}

func isMonthDay(text string) bool {
	_, err := time.Parse(monthDay, text)
	return err == nil
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
	case w.Most < 0 || w.Points < 0 || !chosen && w.Most > 0 || q.Asks != Measures && w.Points > 0:
		return q, at(line, "%s: most belongs to questions that are answered by choosing, and points to measures; neither is less than 0", id)
	case len(w.Forms) > 0 && q.Asks != Offers && q.Asks != Organisers:
		return q, at(line, "%s: forms belongs to questions that ask for offers or organisers; the definition says what children are counted", id)
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
		if _, twice := q.Option(events.Choice(c)); twice || slices.ContainsFunc(q.Options, func(o Option) bool { return o.Code == code }) {
			return at(w.line, "%s: %s is an option, or covered by one, already", q.ID, c)
		}
		o.Covers = append(o.Covers, events.Choice(c))
	}
	q.Options = append(q.Options, o)
	return nil
}

// collect puts forms in order, and lets each take over the severities of the one it names. A form without a last year ends
// where the next begins, so that a later one can be added beside it.
func collect(byID map[events.FormID]formFile) (Collection, error) {
	var list []formFile
	for _, f := range byID {
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b formFile) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.ID, b.ID)) })
	forms := make(Collection, 0, len(list))
	for i, f := range list {
		if i > 0 && (list[i-1].From == f.From || list[i-1].To >= f.From) {
			return nil, &FormError{f.name, f.line["years"], fmt.Sprintf("form %s asks about %d already; let one end before the other begins", list[i-1].ID, f.From)}
		}
		if i > 0 && list[i-1].To == 0 {
			forms[i-1].To = f.From - 1
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
	maps.Copy(all, f.severities)
	return all, nil
}
