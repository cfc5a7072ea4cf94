package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"rackvidd/events"
	"rackvidd/services/vault"
)

// Problem is how every error is answered (RFC 9457). It never holds what was sent: that may be somebody's identity.
type Problem struct {
	Type     string       `json:"type" doc:"urn:rackvidd:problem: and a word that a program can branch on"`
	Title    string       `json:"title"`
	Status   int          `json:"status"`
	Detail   string       `json:"detail,omitempty"`
	Instance string       `json:"instance,omitempty" doc:"the request, as the log names it"`
	Errors   []FieldError `json:"errors,omitempty"`
	There    []string     `json:"there,omitempty" doc:"what there is, where what was asked for is not"`

	Headings []FileHeading `json:"headings,omitempty" doc:"those of a file, where they are what is wrong: say by map what its columns hold"`

	retryAfter int // seconds; 0: not said
}

// FieldError says what is wrong with one field.
type FieldError struct {
	Location string `json:"location" doc:"as in body.held_on, path.id or query.year"`
	Code     string `json:"code,omitempty"`
	Message  string `json:"message"`
}

func (p *Problem) Error() string  { return cmp.Or(p.Detail, p.Title) }
func (p *Problem) GetStatus() int { return p.Status }

// ContentType makes it a problem document.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders says when to try again.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	return h
}

// ProblemType is what every type of a problem begins with.
const ProblemType = "urn:rackvidd:problem:"

func newProblem(status int, code, detail string, fields ...FieldError) *Problem {
	return &Problem{Type: ProblemType + code, Title: http.StatusText(status), Status: status, Detail: detail, Errors: fields}
}

// invalid says what is wrong with one field.
func invalid(code, location, message string) *Problem {
	return problemAt(http.StatusUnprocessableEntity, FieldError{location, code, message})
}

// problemAt says in its detail where the first field is and what is wrong with it.
func problemAt(status int, fields ...FieldError) *Problem {
	first := fields[0]
	detail := first.Message
	if first.Location != "" {
		detail = first.Location + ": " + first.Message
	}
	return newProblem(status, cmp.Or(first.Code, "invalid_request"), detail, fields...)
}

func notFound(what string) *Problem {
	return newProblem(http.StatusNotFound, "unknown_"+strings.ReplaceAll(what, " ", "_"), "there is no such "+what+", or it is not yours; look its id up again")
}

// asProblem turns the framework's errors into ours, and leaves out what they would repeat of the request.
func (s *server) asProblem(ctx huma.Context, _ string, v any) (any, error) {
	var p Problem
	switch v := v.(type) {
	case *Problem:
		p = *v
	case *huma.ErrorModel:
		p = *fromModel(v)
	default:
		return v, nil
	}
	p.Instance = seenIn(ctx.Context()).instance()
	return &p, nil
}

func fromModel(m *huma.ErrorModel) *Problem {
	p := newProblem(m.Status, "invalid_request", "the request cannot be understood; see "+base+"/openapi.json")
	if m.Status >= http.StatusInternalServerError {
		return newProblem(m.Status, "internal", "something went wrong; the log says what, under this problem's instance")
	}
	for _, e := range m.Errors {
		p.Errors = append(p.Errors, discreet(e))
	}
	switch {
	case m.Status == http.StatusRequestEntityTooLarge:
		p.Type, p.Detail = ProblemType+"too_large", "the request is larger than 1 MB; send it in parts"
	case m.Status == http.StatusRequestTimeout:
		p.Type, p.Detail = ProblemType+"too_slow", "the request did not arrive in time; send it again"
	case m.Status == http.StatusUnsupportedMediaType:
		p.Type, p.Detail = ProblemType+"unsupported_media_type", "the body is of a kind that is not read here; send application/json"
	case len(p.Errors) > 0:
		q := problemAt(m.Status, p.Errors...)
		if !strings.HasPrefix(p.Errors[0].Code, "unknown_") && p.Errors[0].Code != "not_json" { // a rule of the contract alone
			q.Type = p.Type
		}
		return q
	case m.Detail == "request body is required":
		p.Detail = "body: is empty; send a JSON object"
	}
	return p
}

// discreet keeps of a field's error what cannot hold a value: what JSON stumbled over is not quoted, and a field nobody
// knows is named only when its name is a word, for the name is the sender's.
func discreet(e *huma.ErrorDetail) FieldError {
	f := FieldError{Location: e.Location}
	f.Message, f.Code = inOurWords(e.Message)
	missing, required := strings.CutPrefix(e.Message, "expected required property ")
	field, again := strings.CutPrefix(e.Message, repeatedProperty)
	switch {
	case again:
		f.Code, f.Message = "sent_twice", twice
		if fieldNames.MatchString(field) {
			f.Location = field
		} else {
			f.Message = "holds a field that " + twice
		}
	case required: // its name is the contract's
		f.Location += "." + strings.TrimSuffix(missing, " to be present")
		f.Code, f.Message = "missing", "is missing; send it as well"
	case e.Message == "unexpected property" && fieldNames.MatchString(e.Location):
		f.Code, f.Message = "unknown_field", "is not known here; see "+base+"/openapi.json"
	case e.Message == "unexpected property":
		f.Location, f.Code, f.Message = "body", "unknown_field", "holds a field that is not known here; see "+base+"/openapi.json"
	case e.Message == "unknown query parameter":
		f.Location, f.Code, f.Message = "query", "unknown_parameter", "holds a parameter that is not known here; see "+base+"/openapi.json"
	case e.Location == "body" && !strings.HasPrefix(e.Message, "expected "):
		f.Code, f.Message = "not_json", "is not the JSON that is expected here; see "+base+"/openapi.json"
	}
	if events.Revealing(f.Location) != "" {
		f.Location = parent(f.Location)
	}
	return f
}

// fieldNames are those of fields as an API has them: words without digits.
var fieldNames = regexp.MustCompile(`^body((\[\d{1,4}\])*\.[A-Za-z_]{1,40})+$`)

func parent(location string) string {
	if i := strings.LastIndex(location, "."); i > 0 {
		return location[:i]
	}
	return location
}

// problem says how an error is answered. What is not in the table is a fault of ours: the log says what, the answer not.
func (s *server) problem(ctx context.Context, err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	if p = identityRefused(err); p != nil {
		return p
	}
	if p = known(err); p != nil {
		if p.Status == http.StatusServiceUnavailable {
			s.Logger.Warn("a request could not be served", "request", seenIn(ctx).request, "err", err)
		}
		return p
	}
	s.Logger.Error("a request failed", "request", seenIn(ctx).request, "err", err)
	return newProblem(http.StatusInternalServerError, "internal", "something went wrong; the log says what, under this problem's instance")
}

// identityRefused says which field the vault refused for what is written in it.
func identityRefused(err error) *Problem {
	switch {
	case errors.Is(err, vault.ErrMistyped):
		return invalid("invalid_identity_number", "body.identity", "is written as an identity number, but a digit of it is wrong; look it up again")
	case errors.Is(err, vault.ErrRevealingLabel):
		return invalid("label", "body.label", "reads as an identity number, an e-mail address or a telephone number; a first name or a nickname is enough")
	}
	return nil
}
