package web

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"rackvidd/events"
	"rackvidd/services/access"
)

// call is a request of the API, made as whoever has signed in.
type call struct {
	method string
	path   string // under /api/v1/
	query  url.Values
	body   any       // sent as JSON
	file   io.Reader // or as it is
	key    string    // the same again is carried out once
	match  string    // the version that what is changed must still have; "": any
	looks  bool      // it changes nothing, though it is no GET
}

// problem is an error as the API writes it (RFC 9457).
type problem struct {
	Type   string         `json:"type"`
	Status int            `json:"status"`
	Detail string         `json:"detail"`
	Errors []fieldProblem `json:"errors"`
	There  []string       `json:"there"`
	after  string         // seconds until it may be tried again

	Headings []fileHeading `json:"headings"`
}

type fieldProblem struct {
	Location string `json:"location"`
	Code     string `json:"code"`
	Message  string `json:"message"`
}

// reasons are what is wrong, one by one: the problem itself, where it names nothing in particular.
func (p *problem) reasons() []fieldProblem {
	if len(p.Errors) > 0 {
		return p.Errors
	}
	return []fieldProblem{{Code: strings.TrimPrefix(p.Type, problemType), Message: p.Detail}}
}

// damaged reports whether copies of what was recorded do not agree: nobody is answered until somebody has repaired them.
func (p *problem) damaged() bool { return p.Type == problemType+"damaged" }

func (p *problem) Error() string { return fmt.Sprintf("%d %s: %s", p.Status, p.Type, p.Detail) }

// answer is what the API answered, held until all of it has come.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}

// ask sends a request and reads the JSON answer into out, which may be nil.
func (v *visit) ask(c call, out any) error {
	a, err := v.fetch(c)
	if err != nil || out == nil {
		return err
	}
	if err := json.Unmarshal(a.body.Bytes(), out); err != nil {
		return fmt.Errorf("read the API's answer to %s %s: %w", c.method, c.path, err)
	}
	return nil
}

func (v *visit) fetch(c call) (*answer, error) {
	a := &answer{header: http.Header{}}
	if err := v.answered(c, a, a); err != nil {
		return nil, err
	}
	return a, nil
}

// answered has the API answer to w, where a holds what it refuses with.
func (v *visit) answered(c call, w http.ResponseWriter, a *answer) error {
	if v.Turned && c.method != http.MethodGet && !c.looks {
		return errTurned
	}
	r, err := v.request(c)
	if err != nil {
		return err
	}
	v.API.ServeHTTP(w, r)
	switch {
	case a.status < 300:
		return nil
	case a.status == http.StatusUnauthorized:
		return access.ErrUnauthenticated
	}
	p := &problem{Status: a.status, after: cmp.Or(a.header.Get("Retry-After"), "2")}
	if err := json.Unmarshal(a.body.Bytes(), p); err != nil {
		return errors.Join(p, err)
	}
	return p
}

func (v *visit) request(c call) (*http.Request, error) {
	body, kind := c.file, "application/octet-stream"
	if c.body != nil {
		raw, err := json.Marshal(c.body)
		if err != nil {
			return nil, fmt.Errorf("write the body of %s %s: %w", c.method, c.path, err)
		}
		body, kind = bytes.NewReader(raw), "application/json"
	}
	to := url.URL{Scheme: "http", Host: "api", Path: "/api/v1/" + c.path, RawQuery: c.query.Encode()}
	r, err := http.NewRequestWithContext(v.r.Context(), c.method, to.String(), body)
	if err != nil {
		return nil, err
	}
	r.RequestURI = r.URL.RequestURI()
	r.RemoteAddr = v.r.RemoteAddr
	for name, value := range map[string]string{"Authorization": "Bearer " + v.secret, "Idempotency-Key": c.key, "If-Match": c.match} {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	if body != nil {
		r.Header.Set("Content-Type", kind)
	}
	return r, nil
}

// get reads from the API. Pairs of more are names and values of its query.
func (v *visit) get(out any, path string, more ...string) error {
	return v.ask(call{method: http.MethodGet, path: path, query: pairs(more)}, out)
}

// see reads what shows everything up to where the page was led to.
func (v *visit) see(out any, path string, more ...string) error {
	query := pairs(more)
	if at := v.Query("at"); at != "" {
		query.Set("min_position", at)
	}
	return v.ask(call{method: http.MethodGet, path: path, query: query}, out)
}

func pairs(list []string) url.Values {
	query := url.Values{}
	for i := 0; i+1 < len(list); i += 2 {
		if list[i+1] != "" {
			query.Add(list[i], list[i+1])
		}
	}
	return query
}

// receipt is what every write answers with at least.
type receipt struct {
	ID       string          `json:"id"`
	Position events.Position `json:"position"`
}

// send writes what a form says: sent twice it is carried out once.
func (v *visit) send(f *form, method, path string, body any) (receipt, error) {
	var r receipt
	return r, v.ask(call{method: method, path: path, body: body, key: f.key(path), match: f.Get("version")}, &r)
}

// in is the path of something of the municipality.
func (v *visit) in(path string) string { return "municipalities/" + string(v.Place) + "/" + path }

// forward hands a file of the API over.
func (v *visit) forward(c call) error {
	a, err := v.fetch(c)
	if err == nil {
		v.handOver(a)
	}
	return err
}

func (v *visit) handOver(a *answer) {
	describe(v.w.Header(), a.header)
	if _, err := a.body.WriteTo(v.w); err != nil {
		v.Logger.Info("a file was not taken", "err", err)
	}
}

// describe says of a file what the API said of it.
func describe(to, from http.Header) {
	for _, name := range []string{"Content-Type", "Content-Disposition", "Content-Length"} {
		if value := from.Get(name); value != "" {
			to.Set(name, value)
		}
	}
}

// passing is an answer of the API that goes on to the reader as it comes, where it refuses nothing.
type passing struct {
	answer
	to http.ResponseWriter
}

func (p *passing) WriteHeader(status int) {
	if p.status == 0 && status < 300 {
		describe(p.to.Header(), p.header)
	}
	p.answer.WriteHeader(status)
}

func (p *passing) Write(b []byte) (int, error) {
	p.WriteHeader(http.StatusOK)
	if p.status < 300 {
		return p.to.Write(b)
	}
	return p.answer.Write(b)
}

// Unwrap is the connection, whose deadlines the API lifts.
func (p *passing) Unwrap() http.ResponseWriter { return p.to }

// pass hands a long file of the API on as it comes.
func (v *visit) pass(c call) error {
	p := &passing{answer{header: http.Header{}}, v.w}
	return v.answered(c, p, &p.answer)
}
