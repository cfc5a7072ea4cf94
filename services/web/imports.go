package web

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
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
	Rows       int             `json:"rows"`
	Recorded   int             `json:"recorded"`
	Duplicates int             `json:"duplicates"`
	Rejected   []rejectedRow   `json:"rejected"`
	Position   events.Position `json:"position"`
}

type rejectedRow struct {
	Line    int    `json:"line"`
	Column  string `json:"column"`
	Code    string `json:"code"`
	Message string `json:"message"`
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
	rejects []rejectedRow
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
	if len(file) == 0 || f.Get("source") == "" {
		if f.need("source"); len(file) == 0 {
			f.wrong("file", "form.file")
		}
		return v.showImport(f)
	}
	summary, err := v.bring(f, file, true)
	if err == nil {
		err = held.put(v.held(f), heldFile{file, v.Clock().Add(holdFor), summary.Rejected}, v.Clock())
	}
	if errors.Is(err, errShelfFull) {
		f.wrong("file", "import.full")
		return v.showImport(f)
	}
	if err != nil {
		if err := f.refused(err, map[string]string{"": "file", "query.source": "source"}); err != nil {
			return err
		}
		return v.showImport(f)
	}
	return v.show("import_preview", sheet{Title: v.text().text("import.preview"), Crumbs: []crumb{{v.Home("import"), v.text().text("import.title")}}, Form: f, D: summary})
}

// upload reads the form with its file.
func (v *visit) upload() (*form, []byte, error) {
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, largestUpload)
	if err := v.r.ParseMultipartForm(largestUpload); err != nil {
		f := v.newForm()
		f.wrong("file", "import.too_large")
		return f, nil, nil
	}
	f, err := v.form()
	if err != nil {
		return nil, nil, err
	}
	file, _, err := v.r.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) {
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
	query := pairs([]string{"source", f.Get("source"), "dry_run", strconv.FormatBool(dry), "update", f.Get("update"), "language", v.Lang})
	c := call{method: http.MethodPost, path: v.in("imports"), query: query, file: bytes.NewReader(file)}
	if !dry {
		c.key = f.key("import")
	}
	if err = v.ask(c, &summary); err != nil {
		return summary, err
	}
	for i, r := range summary.Rejected { // what the rules say, in the reader's language; what the reader of files says is so already
		if v.text().has("problem." + r.Code) {
			summary.Rejected[i].Message = v.text().problem(r.Code, r.Message)
		}
	}
	return summary, nil
}

// confirm brings the file in that was looked at.
func (v *visit) confirm(held *shelf) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	file, ok := held.get(v.held(f), v.Clock())
	if !ok || file.content == nil {
		f.wrong("file", "import.gone")
		return v.showImport(f)
	}
	summary, err := v.bring(f, file.content, false)
	if err != nil {
		if err := f.refused(err, nil); err != nil {
			return err
		}
		return v.showImport(f)
	}
	if err := held.put(v.held(f), heldFile{rejects: summary.Rejected, until: v.Clock().Add(holdFor)}, v.Clock()); err != nil {
		return err
	}
	return v.show("import_done", sheet{Title: v.text().text("import.done"), Crumbs: []crumb{{v.Home("import"), v.text().text("import.title")}}, Form: f, D: summary})
}

// rejects is a file of the rows that were refused and why, and of nothing that stood in them.
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
	out := csv.NewWriter(v.w)
	_ = out.Write([]string{"line", "column", "code", "message"}) // the reader may have gone: Flush says nothing more
	for _, r := range file.rejects {
		_ = out.Write([]string{strconv.Itoa(r.Line), r.Column, r.Code, r.Message})
	}
	out.Flush()
	return nil
}
