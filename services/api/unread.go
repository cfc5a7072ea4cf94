package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// unread refuses what is sent to an operation that reads no body: it would be dropped, and whoever sent it would not know.
func (s *server) unread(ctx huma.Context, next func(huma.Context)) {
	sent := ctx.BodyReader()
	if sent == nil { // a page of the same program asks
		next(ctx)
		return
	}
	body, err := io.ReadAll(io.LimitReader(sent, largestBody+1))
	if err != nil {
		s.refuse(ctx, newProblem(http.StatusRequestTimeout, "too_slow", "the request did not arrive in time; send it again"))
		return
	}
	if wrong := fieldsOf(body); len(wrong) > 0 {
		s.refuse(ctx, problemAt(http.StatusUnprocessableEntity, wrong...))
		return
	}
	next(ctx)
}

// uncompressed refuses a body in a coding: what it holds would be taken for no JSON, and for no file.
func (s *server) uncompressed(ctx huma.Context, next func(huma.Context)) {
	if coding := strings.TrimSpace(ctx.Header("Content-Encoding")); coding != "" && !strings.EqualFold(coding, "identity") {
		s.refuse(ctx, problemAt(http.StatusUnsupportedMediaType, FieldError{"header.Content-Encoding", "unsupported_media_type", "what is compressed is not read here; send it as it is"}))
		return
	}
	next(ctx)
}

// arrived reads a request before it is understood, and says of one of which a part is missing that it is.
func (s *server) arrived(ctx huma.Context, next func(huma.Context)) {
	_ = ctx.SetReadDeadline(time.Now().Add(patience))
	body, err := io.ReadAll(io.LimitReader(ctx.BodyReader(), largestBody+1))
	if err != nil {
		s.refuse(ctx, notWhole(err))
		return
	}
	r, _ := humago.Unwrap(ctx)
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.Header.Set("Content-Type", strings.ToLower(r.Header.Get("Content-Type"))) // in any case of letters it is the same type
	next(ctx)
}

// notWhole answers a request that could not be read to its end.
func notWhole(err error) *Problem {
	var slow net.Error
	if errors.As(err, &slow) && slow.Timeout() {
		return newProblem(http.StatusRequestTimeout, "too_slow", "the request did not arrive in time; send it again")
	}
	return newProblem(http.StatusBadRequest, "cut_short", "the request did not arrive whole; send it again")
}

// fieldsOf are the fields of a body in which nothing is expected, or the body itself where it is no object.
func fieldsOf(body []byte) (wrong []FieldError) {
	if strings.TrimSpace(string(body)) == "" {
		return nil
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil {
		return append(wrong, FieldError{"body", "unknown_field", "is not read here; send none"})
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		wrong = append(wrong, discreet(&huma.ErrorDetail{Message: "unexpected property", Location: "body." + name}))
	}
	return wrong
}
