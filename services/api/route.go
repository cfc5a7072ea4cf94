package api

import (
	"context"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"rackvidd/events"
	"rackvidd/services/access"
)

// route is one operation: what is asked, and the one permission that it takes.
type route struct {
	id         string
	method     string
	path       string // below the municipality; from / on: below the API
	permission access.Permission
	summary    string
	creates    bool                  // answered 201
	limited    bool                  // how many children an account may ask for
	operation  func(*huma.Operation) // what else the contract says of it
}

// caller is who asks, about which municipality, with which permission.
type caller struct {
	access.Principal
	municipality events.Municipality
	permission   access.Permission
	route        string
}

type callerKey struct{}

// add registers an operation. Its input has been checked word by word before handle sees it.
func add[I, O any](s *server, r route, handle func(context.Context, caller, *I) (*O, error)) {
	op := huma.Operation{OperationID: r.id, Method: r.method, Path: municipal + r.path, Summary: r.summary, MaxBodyBytes: largestBody + 1}
	if strings.HasPrefix(r.path, "/") {
		op.Path = base + r.path
	}
	if r.creates {
		op.DefaultStatus = http.StatusCreated
	}
	mustBeSeen(reflect.TypeFor[I]())
	op.Extensions = map[string]any{"x-permission": string(r.permission)}
	op.Errors = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity, http.StatusServiceUnavailable}
	op.Middlewares = huma.Middlewares{s.guard(r), s.saidOnce}
	if r.limited {
		op.Middlewares = append(op.Middlewares, s.slowly)
		op.Errors = append(op.Errors, http.StatusTooManyRequests)
	}
	if r.operation != nil {
		r.operation(&op)
	}
	if _, ok := reflect.TypeFor[I]().FieldByName("Versioned"); ok {
		op.Errors = append(op.Errors, http.StatusPreconditionFailed)
	} else if r.method != http.MethodGet {
		op.Middlewares = append(op.Middlewares, s.unmatched)
	}
	switch _, reads := reflect.TypeFor[I]().FieldByName("Body"); {
	case op.RequestBody != nil: // a file, which may be slow
		op.Middlewares = append(op.Middlewares, s.uncompressed)
		op.Errors = append(op.Errors, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	case reads:
		op.Middlewares, op.BodyReadTimeout = append(op.Middlewares, s.uncompressed, s.arrived), -1 // once it has arrived a deadline would end what takes longer
		op.Errors = append(op.Errors, http.StatusBadRequest, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	default:
		op.Middlewares = append(op.Middlewares, s.unread)
		op.Errors = append(op.Errors, http.StatusRequestTimeout)
	}
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*O, error) {
		if err := checkWords(in); err != nil {
			return nil, s.problem(ctx, err)
		}
		c := ctx.Value(callerKey{}).(caller)
		if err := s.computable(c); err != nil {
			return nil, s.problem(ctx, err)
		}
		out, err := handle(ctx, c, in)
		if err != nil {
			return nil, s.problem(ctx, err)
		}
		return out, nil
	})
}

// mustBeSeen panics at an input whose parameters the framework would pass over in silence: the program is wrong, and
// every test says so.
func mustBeSeen(input reflect.Type) {
	for f := range input.Fields() {
		if f.Anonymous && !f.IsExported() {
			panic("the parameters of " + f.Type.String() + " would not be read: export it")
		}
		if f.Anonymous {
			mustBeSeen(f.Type)
		}
	}
}

// allow refuses a programme that is named and is not the caller's to work with.
func (c caller) allow(programme events.ProgrammeID) error {
	if !c.worksIn(programme) {
		return forbidden(c.Otherwise().May(c.permission, c.municipality, programme))
	}
	return nil
}

// worksIn reports whether a programme is one of those where the caller may do what was asked for.
func (c caller) worksIn(programme events.ProgrammeID) bool {
	return c.May(c.permission, c.municipality, programme)
}

// owns hides what belongs to a programme that is not the caller's: it is answered as if there were no such thing.
func (c caller) owns(programme events.ProgrammeID, what string) error {
	if !c.worksIn(programme) {
		return notFound(what)
	}
	return nil
}
