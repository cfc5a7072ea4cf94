package web

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/arriving"
	"rackvidd/services/export"
)

const (
	largestUpload = 20 << 20
	mostHeld      = 64 << 20
	holdFor       = 15 * time.Minute
	mostShown     = 200 // rejected rows
)

func (s *site) importPages() {
	held := &shelf{files: make(map[string]heldFile)}
	page := func(pattern string, show func(*visit, *shelf) error) {
		s.page(pattern, access.Import, func(v *visit) error {
			if !v.MayImport() {
				return errNothingHere
			}
			return show(v, held)
		})
	}
	s.page("GET /municipalities/{code}/import", access.Import, func(v *visit) error { return v.showImport(v.newForm()) })
	page("POST /municipalities/{code}/import", (*visit).preview)
	page("POST /municipalities/{code}/import/rejects", (*visit).rejects)
	page("POST /municipalities/{code}/import/confirm", (*visit).confirm)
}

// imported says what became, or would become, of every row.
type imported struct {
	lang       string          // in which the messages of the file's reader are
	Rows       int             `json:"rows"`
	Recorded   int             `json:"recorded"`
	Duplicates int             `json:"duplicates"`
	Rejected   []rejectedRow   `json:"rejected"`
	Position   events.Position `json:"position"`
	Unread     int             `json:"unread_sheets"` // of a spreadsheet, beside the first
	Made       struct {
		Rows     []madeRows `json:"rows"`
		Sessions int        `json:"sessions"`
		Children *struct {
			Named int  `json:"named"`
			Known *int `json:"known"`
		} `json:"children"`
	} `json:"made"`
}

// madeRows are the recorded rows of one kind, form and year.
type madeRows struct {
	Type string      `json:"type"`
	Form events.Form `json:"form"`
	Year events.Year `json:"year"`
	Rows int         `json:"rows"`
}

// madeKinds are the kinds of rows, in the order of the table's columns.
var madeKinds = []string{"referral_received", "referral_closed", "child_enrolled", "enrolment_ended", "session_attended", "session_cancelled"}

// madeLine is what a file makes in one form and year: how many rows of each kind.
type madeLine struct {
	Year   events.Year
	Form   events.Form
	Counts []int
}

// Kinds are the kinds of rows that the file has.
func (i imported) Kinds() (list []string) {
	for _, kind := range madeKinds {
		if slices.ContainsFunc(i.Made.Rows, func(r madeRows) bool { return r.Type == kind }) {
			list = append(list, kind)
		}
	}
	return list
}

// Lines are what the file makes, a line for each year and form.
func (i imported) Lines() (lines []madeLine) {
	kinds := i.Kinds()
	for _, r := range i.Made.Rows {
		at := slices.IndexFunc(lines, func(l madeLine) bool { return l.Year == r.Year && l.Form == r.Form })
		if at < 0 {
			at = len(lines)
			lines = append(lines, madeLine{r.Year, r.Form, make([]int, len(kinds))})
		}
		lines[at].Counts[slices.Index(kinds, r.Type)] += r.Rows
	}
	slices.SortFunc(lines, func(a, b madeLine) int { return cmp.Or(cmp.Compare(a.Year, b.Year), cmp.Compare(a.Form, b.Form)) })
	return lines
}

// Years are those that the file makes something in.
func (i imported) Years() (years []events.Year) {
	for _, line := range i.Lines() {
		if !slices.Contains(years, line.Year) {
			years = append(years, line.Year)
		}
	}
	return years
}

// Told reports whether the visitor is told how many of the children are known.
func (i imported) Told() bool { return i.Made.Children != nil && i.Made.Children.Known != nil }

// New is how many of the children are not known, and Known how many are, where the visitor is told.
func (i imported) New() int   { return i.Made.Children.Named - *i.Made.Children.Known }
func (i imported) Known() int { return *i.Made.Children.Known }

type rejectedRow struct {
	Line    int    `json:"line"`
	Column  string `json:"column"`
	Heading string `json:"heading"` // what the file calls the column
	Code    string `json:"code"`
	Message string `json:"message"`
	Lang    string `json:"-"` // of the message, where it is not the page's
}

// Called is the column's heading in the file; where that cannot be shown, its name in the format.
func (r rejectedRow) Called() string { return cmp.Or(r.Heading, r.Column) }

// kindOf is what a column holds.
func (l *language) kindOf(column string) string {
	if column == "" {
		return l.text("import.kind_row")
	}
	return l.text("import.kind_" + column)
}

// Shown are the first rejected rows.
func (i imported) Shown() []rejectedRow { return i.Rejected[:min(len(i.Rejected), mostShown)] }

// shelf holds files between their preview and the word that they are to be brought in: in memory alone, for they may hold
// identity numbers, and for a quarter of an hour.
type shelf struct {
	mu    sync.Mutex
	files map[string]heldFile
	size  int
}

type heldFile struct {
	content []byte // nil: brought in
	until   time.Time
	summary imported // what became, or would become, of it

	headings []fileHeading // where somebody was asked what the columns hold
}

var errShelfFull = errors.New("too many files are held")

func (s *shelf) put(key string, f heldFile, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear(now)
	s.drop(key)
	if s.size+len(f.content) > mostHeld {
		return errShelfFull
	}
	s.files[key] = f
	s.size += len(f.content)
	until := f.until                        // and nothing else of the file, which may be dropped before
	time.AfterFunc(until.Sub(now), func() { // also where nobody comes any more
		s.mu.Lock()
		defer s.mu.Unlock()
		s.clear(until.Add(1))
	})
	return nil
}

func (s *shelf) get(key string, now time.Time) (heldFile, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear(now)
	f, ok := s.files[key]
	return f, ok
}

func (s *shelf) clear(now time.Time) {
	for key, f := range s.files {
		if now.After(f.until) {
			s.drop(key)
		}
	}
}

func (s *shelf) drop(key string) {
	s.size -= len(s.files[key].content)
	delete(s.files, key)
}

func (v *visit) showImport(f *form) error {
	return v.show("import", sheet{Title: v.text().text("import.title"), Form: f})
}

// held is the name of a visitor's file: nobody else's key finds it.
func (v *visit) held(f *form) string {
	return string(v.Place) + " " + v.Principal.Account.String() + " " + f.Get("key")
}

// preview says what would come of a file, and records nothing.
func (v *visit) preview(held *shelf) error {
	f, file, err := v.upload()
	if err != nil {
		return err
	}
	if len(f.Errors) > 0 { // it did not arrive: what else the form said is not known either
		return v.showImport(f)
	}
	var headings []fileHeading
	if len(file) == 0 && (v.Turned || len(f.Columns()) > 0) { // the file that was looked at just now is held
		before, ok := held.get(v.held(f), v.Clock())
		if !ok && !v.Turned {
			f.wrong("file", "import.gone")
			return v.showImport(f)
		}
		file, headings = before.content, before.headings
	}
	if headings != nil && f.Has("choose") {
		f.Del("choose")
		return v.askColumns(f, headings, false)
	}
	if len(file) == 0 || f.Get("source") == "" {
		if f.need("source"); len(file) == 0 {
			f.wrong("file", "form.file")
		}
		return v.showImport(f)
	}
	summary, err := v.bring(f, file, true)
	refused, recalled := columnsRefused(err), false
	if refused != nil {
		headings, err = refused.Headings, nil
	}
	if err == nil {
		err = held.put(v.held(f), heldFile{file, v.Clock().Add(holdFor), summary, headings}, v.Clock())
	}
	switch {
	case errors.Is(err, errShelfFull):
		f.wrong("file", "import.full")
		return v.showImport(f)
	case err == nil && refused == nil:
		return v.showPreview(f, summary)
	case err == nil:
		recalled = v.recall(f, headings)
		f.refusedColumns(refused)
	default:
		if err := f.refusedFile(err); err != nil {
			return err
		}
	}
	if headings == nil || refused == nil && f.later == nil && !v.Turned { // nothing that is said of the columns helps
		return v.showImport(f)
	}
	return v.askColumns(f, headings, recalled)
}

// showPreview says what would come of a file that is held.
func (v *visit) showPreview(f *form, summary imported) error {
	return v.show("import_preview", sheet{Title: v.text().text("import.preview"), Crumbs: []crumb{{v.Home("import"), v.text().text("import.title")}}, Form: f, Once: true, D: summary})
}

// refusedFile takes what is wrong with a file as a whole: the heading that it is about is named.
func (f *form) refusedFile(err error) error {
	var p *problem
	if errors.As(err, &p) {
		for i, e := range p.Errors {
			if e.Location != "" && e.Location != "query.source" {
				p.Errors[i] = fieldProblem{"", e.Code, e.Message}
				f.Errors = append(f.Errors, formError{Field: "file", Text: f.lang.text("import.heading", e.Location)})
			}
		}
	}
	return f.refused(err, map[string]string{"": "file", "query.source": "source", "source": "source"})
}

// upload reads the form with its file.
func (v *visit) upload() (*form, []byte, error) {
	v.r.Body = arriving.From(v.w, v.r, largestUpload)
	var large *http.MaxBytesError
	switch err := v.r.ParseMultipartForm(largestUpload); {
	case errors.Is(err, http.ErrNotMultipart): // shown in another language, without the file
	case errors.As(err, &large) || errors.Is(err, multipart.ErrMessageTooLarge):
		f := v.newForm()
		f.wrong("file", "import.too_large")
		return f, nil, nil
	case errors.Is(err, arriving.ErrCutShort) || errors.Is(err, io.ErrUnexpectedEOF):
		f := v.newForm()
		f.wrong("file", "import.cut_short")
		return f, nil, nil
	case err != nil:
		return nil, nil, errUnreadable
	}
	f, err := v.form()
	if err != nil {
		return nil, nil, err
	}
	file, _, err := v.r.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return f, nil, nil
	}
	if err != nil {
		return nil, nil, errUnreadable
	}
	defer file.Close()
	content, err := io.ReadAll(file)
	return f, content, err
}

func (v *visit) bring(f *form, file []byte, dry bool) (summary imported, err error) {
	query := pairs([]string{"source", f.Get("source"), "dry_run", strconv.FormatBool(dry), "update", f.Get("update"), "language", v.Lang, "map", f.columnMap()})
	c := call{method: http.MethodPost, path: v.in("imports"), query: query, file: bytes.NewReader(file), looks: dry}
	if !dry {
		c.key = f.key("import")
	}
	if err = v.ask(c, &summary); err != nil {
		return summary, err
	}
	summary.lang = v.Lang
	return v.told(summary), nil
}

// told says in the reader's language what the rules refused; what the reader of files said stays in that of whoever asked.
func (v *visit) told(summary imported) imported {
	summary.Rejected = slices.Clone(summary.Rejected)
	for i, r := range summary.Rejected {
		switch {
		case r.Column != "session" && v.text().has("problem."+r.Code): // of a session the reader says more than a form does
			summary.Rejected[i].Message = v.text().problem(r.Code, r.Message)
		case summary.lang != v.Lang:
			summary.Rejected[i].Lang = summary.lang
		}
	}
	return summary
}

// confirm brings the file in that was looked at.
func (v *visit) confirm(held *shelf) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	file, ok := held.get(v.held(f), v.Clock())
	if ok && file.content == nil { // it was brought in just now
		return v.showDone(f, v.told(file.summary))
	}
	if !ok || file.content == nil {
		f.wrong("file", "import.gone")
		return v.showImport(f)
	}
	summary, err := v.bring(f, file.content, false)
	if err != nil {
		if err := f.refusedFile(err); err != nil {
			return err
		}
		if f.later != nil || v.Turned { // the file is held still
			return v.showPreview(f, v.told(file.summary))
		}
		return v.showImport(f)
	}
	if err := held.put(v.held(f), heldFile{summary: summary, until: v.Clock().Add(holdFor)}, v.Clock()); err != nil {
		return err
	}
	v.remember(f, file.headings)
	return v.showDone(f, summary)
}

// showDone says what became of a file. The shelf has it for as long as its errors can be taken along, for the other language too.
func (v *visit) showDone(f *form, summary imported) error {
	return v.show("import_done", sheet{Title: v.text().text("import.done"), Crumbs: []crumb{{v.Home("import"), v.text().text("import.title")}}, Form: f, Once: true, D: summary})
}

// rejects is a file of the rows that were refused and why, and of nothing that stood in them. A spreadsheet program that is set to
// Swedish opens it as it is, like the files of package export.
func (v *visit) rejects(held *shelf) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	file, ok := held.get(v.held(f), v.Clock())
	if !ok {
		return errNothingHere
	}
	v.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	v.w.Header().Set("Content-Disposition", `attachment; filename="rejects.csv"`)
	_, _ = io.WriteString(v.w, "\uFEFF")
	out := csv.NewWriter(v.w)
	out.Comma, out.UseCRLF = ';', true
	l := v.text()
	_ = out.Write([]string{"line", "column", "code", "message", "heading", "kind"}) // the reader may have gone: Flush says nothing more
	for _, r := range file.summary.Rejected {
		_ = out.Write([]string{strconv.Itoa(r.Line), r.Column, r.Code, r.Message, export.Neutral(r.Called()), l.kindOf(r.Column)})
	}
	out.Flush()
	return nil
}
