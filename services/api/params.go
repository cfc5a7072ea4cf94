package api

import (
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rackvidd/events"
)

// Municipal is in the path of everything that belongs to a municipality.
type Municipal struct {
	Code string `path:"code" example:"1880" doc:"the municipality's code"`
}

// Keyed makes a write repeatable.
type Keyed struct {
	IdempotencyKey string `header:"Idempotency-Key" private:"yes" maxLength:"255" doc:"the same key and body is answered as the first time and records nothing"`
}

// Versioned guards a write against somebody else's.
type Versioned struct {
	IfMatch string `header:"If-Match" maxLength:"100" doc:"the ETag of what was read"`
}

// unmatched refuses If-Match where there are no versions: what it is to keep from happening might happen.
func (s *server) unmatched(ctx huma.Context, next func(huma.Context)) {
	if tags := strings.TrimSpace(ctx.Header("If-Match")); tags != "" && tags != "*" {
		s.refuse(ctx, invalid("not_taken", "header.If-Match", "what is written here has no versions to hold it against; leave it out"))
		return
	}
	next(ctx)
}

// version is the one that If-Match names; "": any.
func (v Versioned) version() string {
	tag := strings.TrimPrefix(strings.TrimSpace(v.IfMatch), "W/")
	if tag == "*" {
		return ""
	}
	return strings.Trim(tag, `"`)
}

// AtLeast lets a read see the caller's own writes.
type AtLeast struct {
	MinPosition events.Position `query:"min_position" doc:"waits until this position shows"`
}

// dayParam is a day in a path or a query.
type dayParam struct{ events.Day }

// optional is a parameter of which it matters whether it was given.
type optional[T any] struct {
	Value T
	Given bool
}

func (o *optional[T]) Receiver() reflect.Value { return reflect.ValueOf(o).Elem().Field(0) }

func (o *optional[T]) OnParamSet(given bool, _ any) { o.Given = given }

func (o optional[T]) Schema(r huma.Registry) *huma.Schema {
	return huma.SchemaFromType(r, reflect.TypeFor[T]())
}

// Receipt is what every write answers.
type Receipt struct {
	Position events.Position `json:"position" doc:"reads with this min_position show what was written"`
}

// Shown is what every read answers.
type Shown struct {
	Position events.Position `json:"position" doc:"of the log, that the answer shows"`
}

// Answer is a body with the headers that go with it.
type Answer[B any] struct {
	Position events.Position `header:"Rackvidd-Position" doc:"of the log, that the answer shows"`
	ETag     string          `header:"ETag" doc:"the version, for If-Match"`
	Body     B
}

func show[B any](at events.Position, body B) *Answer[B] { return &Answer[B]{Position: at, Body: body} }

// DatedAnswer comes from a read model, and says how old it is.
type DatedAnswer[B any] struct {
	Position   events.Position `header:"Rackvidd-Position" doc:"of the log, that the answer shows"`
	RecordedAt string          `header:"Rackvidd-Recorded-At" format:"date-time" doc:"when the last event was recorded that the answer shows; left out where it shows none"`
	Body       B
}

// showModel answers what a read model shows.
func showModel[B any](at events.Position, recorded time.Time, body B) *DatedAnswer[B] {
	answer := &DatedAnswer[B]{Position: at, Body: body}
	if !recorded.IsZero() {
		answer.RecordedAt = recorded.UTC().Format(time.RFC3339Nano)
	}
	return answer
}
