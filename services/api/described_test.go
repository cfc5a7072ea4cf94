package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"rackvidd/services/api"
)

// described is the document that answers are held against.
var described = sync.OnceValue(func() *description {
	w := httptest.NewRecorder()
	api.New(api.Deps{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/v1/openapi.json", nil))
	doc, err := jsonschema.UnmarshalJSON(w.Body)
	if err != nil {
		panic(err)
	}
	d := &description{paths: doc.(object)["paths"].(object), compiler: jsonschema.NewCompiler()}
	d.compiler.AssertFormat()
	if err := d.compiler.AddResource("http://openapi.test/doc.json", doc); err != nil {
		panic(err)
	}
	return d
})

type description struct {
	paths    object
	mu       sync.Mutex
	compiler *jsonschema.Compiler
}

// operation is what is described of a request, and where; nil: nothing.
func (d *description) operation(method, path string) (op object, at string) {
	path, _, _ = strings.Cut(path, "?")
	best := -1
	for template, methods := range d.paths {
		one, _ := methods.(object)[strings.ToLower(method)].(object)
		if plain := matching(template, path); one != nil && plain > best {
			best, op, at = plain, one, "#/paths/"+strings.ReplaceAll(template, "/", "~1")+"/"+strings.ToLower(method)
		}
	}
	return op, at
}

// matching is how many steps of a path a template names; -1: it is another's.
func matching(template, path string) (plain int) {
	steps, wanted := strings.Split(path, "/"), strings.Split(template, "/")
	if len(steps) != len(wanted) && !(strings.HasSuffix(template, "/{tile}") && len(steps) > len(wanted)) {
		return -1
	}
	for i, step := range wanted {
		switch {
		case steps[i] == step:
			plain++
		case !strings.HasPrefix(step, "{") || steps[i] == "":
			return -1
		}
	}
	return plain
}

// wrong says what an answer has that is not described of it; nil: nothing.
func (d *description) wrong(r reply) error {
	method, path, _ := strings.Cut(r.what, " ")
	op, at := d.operation(method, path)
	if op == nil {
		return nil
	}
	status := fmt.Sprint(r.status)
	answer, ok := op["responses"].(object)[status].(object)
	if !ok {
		return fmt.Errorf("%s is not described", status)
	}
	content, _ := answer["content"].(object)
	kind, _, _ := strings.Cut(r.header.Get("Content-Type"), ";")
	if content != nil && content[kind] == nil {
		return fmt.Errorf("%s as %q is not described", status, kind)
	}
	if !strings.HasSuffix(kind, "json") || content == nil {
		return nil
	}
	d.mu.Lock()
	schema, err := d.compiler.Compile("http://openapi.test/doc.json" + at + "/responses/" + status + "/content/" + strings.ReplaceAll(kind, "/", "~1") + "/schema")
	d.mu.Unlock()
	if err != nil {
		return err
	}
	body, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(r.text)))
	if err != nil {
		return err
	}
	return schema.Validate(body)
}

func TestAnAnswerThatIsNotDescribedIsSeen(t *testing.T) {
	answer := func(what string, status int, kind string, body any) reply {
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		return reply{what: what, status: status, header: http.Header{"Content-Type": {kind}}, text: string(text)}
	}
	const programmes = "GET /api/v1/municipalities/1880/programmes?min_position=2"
	for _, c := range []struct {
		says  string
		seen  reply
		wrong bool
	}{
		{"as described", answer(programmes, 200, "application/json", object{"programmes": []any{}, "position": 2}), false},
		{"nothing that is described", answer("GET /api/v1/nothing", 404, "application/problem+json", object{}), false},
		{"another status", answer(programmes, 418, "application/json", object{}), true},
		{"another kind", answer(programmes, 200, "text/html", ""), true},
		{"null", answer(programmes, 200, "application/json", object{"programmes": nil, "position": 2}), true},
		{"no position", answer(programmes, 200, "application/json", object{"programmes": []any{}}), true},
		{"more", answer(programmes, 200, "application/json", object{"programmes": []any{}, "position": 2, "more": 1}), true},
	} {
		if err := described().wrong(c.seen); (err != nil) != c.wrong {
			t.Errorf("%s: %v", c.says, err)
		}
	}
}
