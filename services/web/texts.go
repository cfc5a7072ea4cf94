package web

import (
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"
	xlanguage "golang.org/x/text/language"
	"golang.org/x/text/message"

	"rackvidd/events"
	"rackvidd/services/surveying"
)

//go:embed texts/*.yaml
var textFiles embed.FS

// languages are those that people can be addressed in. Texts are files: one key a line, the same keys in each.
// They are read when they are first asked for: a command needs none.
var languages = sync.OnceValue(func() map[string]*language {
	return map[string]*language{swedish: readLanguage(swedish), english: readLanguage(english)}
})

// language is what is said in one language.
type language struct {
	code  string
	texts map[string]string
	print *message.Printer
}

func readLanguage(code string) *language {
	raw, err := textFiles.ReadFile("texts/" + code + ".yaml")
	if err != nil {
		panic(err) // it is built in
	}
	l := &language{code: code, texts: make(map[string]string), print: message.NewPrinter(xlanguage.Make(code))}
	if err := yaml.Unmarshal(raw, &l.texts); err != nil {
		panic(fmt.Sprintf("texts/%s.yaml: %v", code, err))
	}
	return l
}

// text says something. A whole number among the arguments is written as the language has it, and chooses, where the text
// has two parts with | between, the first part for one and the second for any other number.
func (l *language) text(key string, args ...any) string {
	t, ok := l.texts[key]
	if !ok {
		return key
	}
	if one, more, two := strings.Cut(t, " | "); two {
		if t = more; len(args) > 0 && args[0] == 1 {
			t = one
		}
	}
	if len(args) == 0 {
		return t
	}
	return l.print.Sprintf(t, args...)
}

var limit = regexp.MustCompile(`\d+`)

// has tells whether there is such a text.
func (l *language) has(key string) bool { _, ok := l.texts[key]; return ok }

// problem says what a problem of the API is; in English the API's own words are as good.
func (l *language) problem(code, message string) string {
	if key := "problem." + code; l.has(key) {
		if said := l.texts[key]; strings.Contains(said, "%s") { // how many, which the API says in its message
			return l.text(key, limit.FindString(message))
		}
		return l.text(key)
	}
	if l.code == english && message != "" {
		return strings.ToUpper(message[:1]) + message[1:]
	}
	return l.text("problem.other")
}

// word is what a code is called: a word of the pages, or the one that documents have too.
func (l *language) word(code any) string {
	c := fmt.Sprint(code)
	if key := "word." + c; l.has(key) {
		return l.text(key)
	}
	return surveying.Word(c, surveying.Language(l.code))
}

// said is a text as it was written: where it is gone, what became of it.
func (l *language) said(text string, gone surveying.Gone) string {
	return surveying.Written{Text: text, Gone: gone}.In(surveying.Language(l.code))
}

// because is why somebody answered otherwise than the log.
func (l *language) because(a surveying.Answer) string {
	return a.Because().In(surveying.Language(l.code))
}

// number writes a whole number with its thousands apart.
func (l *language) number(n any) string {
	if known, ok := n.(*int); ok {
		n = *known
	}
	return l.print.Sprint(n)
}

// span is how many there were: a number, or the two that it lies between.
func (l *language) span(lower, upper int) string {
	if lower == upper {
		return l.number(lower)
	}
	return l.number(lower) + "–" + l.number(upper)
}

// percent writes a percentage with two decimals; one that has its decimals already, with those.
func (l *language) percent(n any) string {
	if f, ok := n.(float64); ok {
		return l.print.Sprintf("%.2f %%", f)
	}
	text := fmt.Sprint(n)
	if l.code == swedish {
		text = strings.Replace(text, ".", ",", 1)
	}
	return text + " %"
}

// date is a day with its weekday.
func (l *language) date(d events.Day) string {
	if d == 0 {
		return ""
	}
	t := d.Time()
	return l.text("date.weekday", l.list("date.weekdays")[(int(t.Weekday())+6)%7], l.day(d))
}

// day is a day with the month's name.
func (l *language) day(d events.Day) string {
	if d == 0 {
		return ""
	}
	t := d.Time()
	return fmt.Sprintf("%d %s %d", t.Day(), l.list("date.months")[t.Month()-1], t.Year())
}

// moment is a point in time.
func (l *language) moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(events.Sweden)
	return l.day(events.DayOf(t)) + " " + t.Format(l.text("date.clock"))
}

func (l *language) list(key string) []string { return strings.Split(l.text(key), ",") }

// choices are the codes of a closed list with their words.
func choices[C events.Code](l *language, without ...C) (list []choice) {
	var c C
	for _, code := range c.Codes() {
		if !slices.Contains(without, C(code)) {
			word := l.word(code)
			if named := "word." + code; !l.has(named) {
				word = capital(word)
			}
			list = append(list, choice{Value: code, Label: capital(word)})
		}
	}
	return list
}

// capital begins a text with a capital letter.
func capital(s string) string {
	for i, r := range s {
		return strings.ToUpper(string(r)) + s[i+len(string(r)):]
	}
	return s
}
