package web

import (
	"cmp"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/api"
)

// contract is the API's own description, from which an answer is made that holds everything an answer may hold.
type contract struct {
	Paths      map[string]map[string]described `json:"paths"`
	Components struct {
		Schemas map[string]schema `json:"schemas"`
	} `json:"components"`
	pick    int               // which of a closed list every code is, from the last on
	say     map[string]string // what texts of a name say
	without []string          // what is left out
}

type described struct {
	Body struct {
		Content map[string]struct {
			Schema schema `json:"schema"`
		} `json:"content"`
	} `json:"requestBody"`
	Responses map[string]struct {
		Content map[string]struct {
			Schema schema `json:"schema"`
		} `json:"content"`
	} `json:"responses"`
}

type schema struct {
	Ref        string            `json:"$ref"`
	Type       any               `json:"type"`
	Format     string            `json:"format"`
	Pattern    string            `json:"pattern"`
	Enum       []any             `json:"enum"`
	Minimum    float64           `json:"minimum"`
	MinItems   int               `json:"minItems"`
	Items      *schema           `json:"items"`
	Properties map[string]schema `json:"properties"`
	Additional json.RawMessage   `json:"additionalProperties"`
}

// unwritten are answers that the contract describes in words alone.
var unwritten = map[string]string{
	"/log/events": `{"position": 3, "events": [{"position": 1, "id": "x", "source": "case/x", "type": "case.child.enrolled.v1", "time": "2026-01-07T12:00:00Z", "actor": "aaaaaaaa", "children": 1, "data": {}}]}`,
	"/surveys/{year}/years": `{"position": 3, "years": [{"year": 2024, "form": "v3", "definition": "reach/v3", "known": true, "children": 3, "lower": 3, "upper": 5, "submitted": 4, "coverage": []},
		{"year": 2025, "form": "v3", "definition": "groups/v1", "known": true, "children": 3, "lower": 3, "upper": 3, "coverage": []}]}`,
}

func readContract(t *testing.T) (c contract) {
	t.Helper()
	w := httptest.NewRecorder()
	api.New(api.Deps{}).ServeHTTP(w, httptest.NewRequest("GET", "/api/v1/openapi.json", nil))
	if err := json.Unmarshal(w.Body.Bytes(), &c); err != nil || len(c.Paths) < 50 {
		t.Fatalf("%d paths: %v", len(c.Paths), err)
	}
	return c
}

// sample is a value of a schema with everything in it that may be there. yes is what every boolean says.
func (c contract) sample(s schema, name string, yes bool, depth int) any {
	if s.Ref != "" {
		s = c.Components.Schemas[s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]]
	}
	kind := fmt.Sprint(s.Type)
	if list, several := s.Type.([]any); several {
		kind = fmt.Sprint(list[0])
	}
	switch {
	case len(s.Enum) > 0:
		return s.Enum[len(s.Enum)-1-c.pick%len(s.Enum)]
	case depth > 12:
		return nil
	case kind == "array" && s.Items != nil:
		list := make([]any, max(1, s.MinItems))
		for i := range list {
			list[i] = c.sample(*s.Items, name, yes, depth+1)
		}
		return list
	case kind == "object":
		object := make(map[string]any)
		for name, of := range s.Properties {
			if slices.Contains(c.without, name) {
				continue
			}
			object[name] = c.sample(of, name, yes, depth+1)
		}
		var of schema
		if len(s.Properties) == 0 && json.Unmarshal(s.Additional, &of) == nil {
			object["key"] = c.sample(of, name, yes, depth+1)
		}
		return object
	case kind == "boolean":
		return yes
	case kind == "integer" || kind == "number":
		return max(3, s.Minimum)
	case kind == "string":
		return c.text(s, name)
	}
	return nil
}

// said are texts of which the contract says too little.
var said = map[string]string{
	"municipality": "1880", "code": "1880", "home_municipality": "0114", "provider_municipality": "0114", "form": "v3", "definition": "reach/v3", "question": "Q4", "rule": "S27", "severity": "warning", "basis": "overridden", "status": "number",
	"recorded": "2026-01-07T12:00:00Z", "at": "2026-01-07T12:00:00Z",
}

func (c contract) text(s schema, name string) string {
	switch {
	case s.Format == "date":
		return cmp.Or(c.say[name], "2025-03-01")
	case s.Format == "date-time":
		return "2026-01-07T12:00:00Z"
	case s.Format == "uuid":
		return "018f3c2e-7b1a-7c3d-9e4f-5a6b7c8d9e0f"
	case strings.Count(s.Pattern, "a-z2-7") > 1:
		return strings.Repeat("a", 26) + "-" + strings.Repeat("a", 13)
	case name == "account" && c.say[name] != "":
		return c.say[name]
	case strings.Contains(s.Pattern, "a-z2-7"):
		return strings.Repeat("a", 26)
	case strings.Contains(s.Pattern, "{4}"):
		return "1880"
	}
	return cmp.Or(c.say[name], said[name], "word")
}

// answering is an API whose every answer is full.
func (c contract) answering(t *testing.T, yes bool) http.Handler {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("GET /readyz", everywhere(func(int, *readModel, *archived) {}))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("a page asks for %s %s, which the contract does not name", r.Method, r.URL.Path)
		http.NotFound(w, r)
	})
	for path, methods := range c.Paths {
		for method, op := range methods {
			var answer any
			kind := "application/json"
			for status, response := range op.Responses {
				if !strings.HasPrefix(status, "2") {
					continue
				}
				for _, of := range slices.Sorted(maps.Keys(response.Content)) {
					kind, answer = of, c.sample(response.Content[of].Schema, "", yes, 0)
				}
			}
			body, err := json.Marshal(answer)
			if err != nil {
				t.Fatal(err)
			}
			for end, text := range unwritten {
				if strings.HasSuffix(path, end) {
					body = []byte(text)
				}
			}
			if !strings.Contains(kind, "json") {
				body = []byte("<svg></svg>")
			}
			mux.HandleFunc(strings.ToUpper(method)+" "+path, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", kind)
				_, _ = w.Write(body)
			})
		}
	}
	return mux
}

// machine is what only a program writes into a page; of a year without a number a chart says that it has no value.
var machine = regexp.MustCompile(`0x[0-9a-f]{6,}|%!|&lt;nil&gt;|&lt;no value&gt;|<no value>|map\[`)

func TestEveryPageShowsWhateverTheAPIMayAnswer(t *testing.T) {
	c := readContract(t)
	for _, yes := range []bool{true, false} {
		s := testSite(t)
		s.API, s.Logger = c.answering(t, yes), slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
		h := s.handler()
		for pattern, permission := range s.pages {
			method, path := concrete(pattern, "1880")
			if method != "GET" {
				continue
			}
			for _, role := range append(access.Roles(), access.Administrator) {
				if !(access.Principal{Roles: []access.Role{role}, Municipalities: []events.Municipality{"1880"}, Programmes: []events.ProgrammeID{access.AnyProgramme}}).Can(permission) {
					continue
				}
				for _, lang := range []string{swedish, english} {
					w := ask(h, method, path, role, "Cookie", sessionCookie+"="+string(role)+"; "+languageCookie+"="+lang)
					if w.Code >= 500 {
						t.Errorf("%s, %s, %s: %d", pattern, role, lang, w.Code)
					}
					if found := machine.FindString(w.Body.String()); found != "" {
						t.Errorf("%s, %s, %s: the page says %q", pattern, role, lang, found)
					}
				}
			}
		}
	}
}
