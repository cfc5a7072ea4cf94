package web

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"mime"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"rackvidd/events"
)

//go:embed *.html
var pageFiles embed.FS

//go:embed assets
var assetFiles embed.FS

// templates are the pages in one language, by name. Each is put together when it is first shown: all of them together would
// take a third of a start.
type templates map[string]func() *template.Template

// shared are the templates that every page is made with.
var shared = []string{"layout.html", "components.html", "session.html", "copies.html"}

// readTemplates finds every page, for each language.
func readTemplates(s *site) map[string]templates {
	all := make(map[string]templates)
	files, err := fs.Glob(pageFiles, "*.html")
	if err != nil {
		panic(err)
	}
	for code, l := range languages() {
		base := sync.OnceValue(func() *template.Template {
			return template.Must(template.New("").Funcs(s.functions(l)).ParseFS(pageFiles, shared...))
		})
		all[code] = make(templates)
		for _, file := range files {
			all[code][strings.TrimSuffix(file, ".html")] = sync.OnceValue(func() *template.Template {
				return template.Must(template.Must(base().Clone()).ParseFS(pageFiles, file))
			})
		}
	}
	return all
}

func (s *site) functions(l *language) template.FuncMap {
	return template.FuncMap{
		"t": l.text, "word": l.word, "said": l.said, "because": l.because, "num": l.number, "span": l.span, "percent": l.percent, "date": l.date, "day": l.day, "capital": capital, "finding": l.finding, "figure": l.figure, "value": l.value, "kind": l.kindOf, "saying": l.saying,
		"day_of":    func(t time.Time) string { return l.day(events.DayOf(t.In(events.Sweden))) },
		"moment":    func(t time.Time) string { return l.moment(t) },
		"clock":     func(t time.Time) string { return t.In(events.Sweden).Format(l.text("date.clock")) },
		"signed":    signed,
		"kilobytes": func(bytes int) int { return max(1, (bytes+500)/1000) },
		"did": func(what string) string {
			if what == "amended" { // the state that it leads to is called otherwise
				return l.text("survey.opened")
			}
			return l.word(what)
		},
		"asset":   s.assets.path,
		"place":   l.place,
		"list":    func(items ...any) []any { return items },
		"options": func(list ...choice) []choice { return list },
		"pick":    func(value, label string) choice { return choice{Value: value, Label: label} },
		"svg":     func(d drawing) template.HTML { return template.HTML(d) }, // the export package's, which escapes
	}
}

func placeName(m events.Municipality) string {
	for _, one := range events.Municipalities() {
		if one.Code == m {
			return one.Name
		}
	}
	return string(m)
}

// place is whose log something is: a municipality's, or the national one.
func (l *language) place(m events.Municipality) string {
	if m == events.National {
		return l.text("national_log.title")
	}
	return placeName(m)
}

// municipalityCalled is the one of a name; whatever else was written is left to the API.
func municipalityCalled(name string) events.Municipality {
	for _, one := range events.Municipalities() {
		if one.Name == name {
			return one.Code
		}
	}
	return events.Municipality(name)
}

// crumb is a step of the way to a page.
type crumb struct{ Path, Label string }

// sheet is a page as a template sees it.
type sheet struct {
	*visit
	Title    string
	Listed   string // the title in the browser's list of pages, where Title names a child; "": Title
	Crumbs   []crumb
	Form     *form
	Wide     bool
	Underway bool   // on the way of a form: it goes on with what was typed
	Once     bool   // it shows what is shown only once: in the other language too (decisions/0016)
	Part     string // the template that is written alone, for a script; "": the whole page
	D        any    // what the page is about
}

// Done is what was just done, if anything was.
func (p sheet) Done() string {
	if key := "done." + p.Query("done"); p.text().has(key) {
		return p.text().text(key)
	}
	return ""
}

// Wrong tells whether the page has a form with errors.
func (p sheet) Wrong() bool { return p.Form != nil && len(p.Form.Errors) > 0 }

// Kept is what a form said that was refused, is on its way, or is shown in another language: what the page goes on with in the other one.
// No password is among it, nor is anything of a form that came with a file.
func (p sheet) Kept() (list []choice) {
	if p.r.Method != http.MethodPost || !p.Wrong() && !p.Turned && !p.Underway && !p.Once {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(p.Form.Values)) {
		for _, value := range p.Form.Values[name] {
			if !isPassword(name) {
				list = append(list, choice{Value: value, Label: name})
			}
		}
	}
	return list
}

// Sent reports whether the form was sent to this page whose address ends so: a form that was refused stays unfolded.
func (v *visit) Sent(to string) bool {
	return v.r.Method == http.MethodPost && path.Base(v.r.URL.Path) == to
}

func (v *visit) text() *language { return languages()[v.Lang] }

// show writes a page.
func (v *visit) show(name string, p sheet) error {
	status := http.StatusOK
	if p.Wrong() {
		status = http.StatusUnprocessableEntity
		if later := p.Form.later; later != nil {
			status = later.Status
			v.w.Header().Set("Retry-After", later.after)
		}
	}
	return v.showAs(status, name, p)
}

func (v *visit) showAs(status int, name string, p sheet) error {
	p.visit = v
	if p.Form == nil {
		p.Form = v.newForm()
	}
	var out bytes.Buffer
	write := func() error { return v.templates[v.Lang][name]().ExecuteTemplate(&out, cmp.Or(p.Part, "layout"), p) }
	err := write()
	if err == nil && p.Wrong() { // the summary comes first, and the fields that it leads to are known after them
		out.Reset()
		err = write()
	}
	if err != nil {
		return fmt.Errorf("write the page %s: %w", name, err)
	}
	page := out.Bytes()
	if v.fromOurs() {
		page = bytes.Replace(page, []byte("<h1>"), []byte(`<h1 tabindex="-1" autofocus>`), 1) // decisions/0010
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	_, _ = v.w.Write(page) // the reader has gone
	return nil
}

// assets are the style sheet and the scripts, under addresses that change with them.
type assets struct {
	version string
	files   map[string][]byte
}

func readAssets() assets {
	a := assets{files: make(map[string][]byte)}
	sum := sha256.New()
	err := fs.WalkDir(assetFiles, "assets", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := assetFiles.ReadFile(p)
		content = unindented(content)
		a.files[path.Base(p)] = content
		sum.Write(content)
		return err
	})
	if err != nil {
		panic(err) // they are built in
	}
	a.version = hex.EncodeToString(sum.Sum(nil)[:6])
	return a
}

// ofLayout are what lines are indented by, and lines that are empty or a comment alone. No text of a script goes over several lines.
var ofLayout = regexp.MustCompile(`(?m)^[ \t]*(//.*)?\n|^[ \t]+`)

// unindented leaves out of a script or a style sheet what is for those who read it here.
func unindented(content []byte) []byte { return ofLayout.ReplaceAll(content, nil) }

func (a assets) path(name string) (string, error) {
	if _, ok := a.files[name]; !ok {
		return "", fmt.Errorf("there is no asset %s", name)
	}
	return "/assets/" + a.version + "/" + name, nil
}

// serve gives an asset out for as long as a browser wants to keep it: another one has another address.
func (a assets) serve(w http.ResponseWriter, r *http.Request) {
	content, ok := a.files[r.PathValue("name")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(r.PathValue("name"))))
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(content) // the reader has gone
}
