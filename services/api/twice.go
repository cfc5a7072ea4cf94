package api

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

const twice = "is there twice; send it once"

// saidOnce refuses a query that cannot be read, a parameter that is there twice, and one that is neither true nor false: what
// it says would be passed over, and whoever sent it would not know.
func (s *server) saidOnce(ctx huma.Context, next func(huma.Context)) {
	requested := ctx.URL()
	query, err := url.ParseQuery(requested.RawQuery)
	if err != nil {
		s.refuse(ctx, invalid("invalid", "query", "cannot be read; separate parameters by & and write a % as %25"))
		return
	}
	r, _ := humago.Unwrap(ctx)
	for _, p := range ctx.Operation().Parameters {
		if p.In == "query" && p.Schema.Type != huma.TypeArray && len(query[p.Name]) > 1 || p.In == "header" && len(r.Header.Values(p.Name)) > 1 {
			s.refuse(ctx, invalid("sent_twice", p.In+"."+p.Name, twice))
			return
		}
		if p.In == "query" && p.Schema.Type == huma.TypeBoolean && slices.Contains(query[p.Name], "") { // to some a name alone says true, to others nothing
			s.refuse(ctx, invalid("empty", "query."+p.Name, "is empty; write true or false, or leave it out"))
			return
		}
	}
	next(ctx)
}

// repeatedError says which field an object names twice.
type repeatedError struct{ field string }

const repeatedProperty = "repeated property "

func (e *repeatedError) Error() string { return repeatedProperty + e.field }

// namedOnce refuses JSON in which an object names a field twice: the one is held against the contract, and the other is used.
// To the decoder a field's name is the same in capitals.
func namedOnce(text []byte) error {
	if !json.Valid(text) { // the decoder says so, and of what is nested too deep
		return nil
	}
	if e := repeated(json.NewDecoder(bytes.NewReader(text))); len(e) > 0 {
		slices.Reverse(e)
		return &repeatedError{"body" + strings.Join(e, "")}
	}
	return nil
}

// repeated reads one value, which is JSON, and returns the steps to a field that is there twice, the last first.
func repeated(d *json.Decoder) (steps []string) {
	token, _ := d.Token()
	opened, ok := token.(json.Delim)
	if !ok {
		return nil
	}
	named := make(map[string]bool)
	for i := 0; d.More(); i++ {
		at := "[" + strconv.Itoa(i) + "]"
		if opened == '{' {
			token, _ = d.Token()
			name, _ := token.(string)
			at = "." + name
			folded := strings.ToLower(strings.ToUpper(name))
			if named[folded] {
				return []string{at}
			}
			named[folded] = true
		}
		if steps := repeated(d); len(steps) > 0 {
			return append(steps, at)
		}
	}
	_, _ = d.Token() // what closes it
	return nil
}
