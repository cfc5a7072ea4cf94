package api

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
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
