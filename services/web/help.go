package web

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"rackvidd/events"
)

// terms are the words of the pages, each with what it means (term.WORD and glossary.WORD in texts).
var terms = []string{
	"programme", "organiser", "form", "channel", "referral", "enrolment", "session", "attendance", "register", "unidentified", "reach", "coverage",
	"home", "provider", "guest", "merge", "definition", "survey", "log", "position", "read_model", "replay", "as_of", "checkpoint", "signed", "pseudonymous", "vault",
}

func (s *site) helpPages() {
	s.mux.HandleFunc("GET /ordlista", s.open((*visit).glossary))
	s.mux.HandleFunc("GET /api", s.open((*visit).contract))
}

// term is a word in both languages.
type term struct{ Key, Word, Other, Text string }

func (v *visit) glossary() error {
	other := languages()[english]
	if v.Lang == english {
		other = languages()[swedish]
	}
	var list []term
	for _, key := range terms {
		list = append(list, term{key, v.text().text("term." + key), other.text("term." + key), v.text().text("glossary." + key)})
	}
	slices.SortFunc(list, func(a, b term) int { return strings.Compare(strings.ToLower(a.Word), strings.ToLower(b.Word)) })
	return v.show("glossary", sheet{Title: v.text().text("glossary.title"), D: map[string]any{"Terms": list, "Other": other.code}})
}

// operation is a line of the API's contract.
type operation struct {
	Path, Method string
	Summary      string   `json:"summary"`
	Permission   string   `json:"x-permission"`
	Fields       []string // of the body; those that may be left out end in ?
	Queries      []string
	Parameters   []struct {
		Name string `json:"name"`
		In   string `json:"in"`
	} `json:"parameters"`
	RequestBody struct {
		Content map[string]struct {
			Schema struct {
				Ref string `json:"$ref"`
			} `json:"schema"`
		} `json:"content"`
	} `json:"requestBody"`
}

// recordedKind is a kind of event and its fields; those that may be left out end in ?.
type recordedKind struct {
	Type   string
	Fields []string
}

// contract is the API's own page, made of what describes it to programs: openapi.json and asyncapi.yaml.
func (v *visit) contract() error {
	var doc struct {
		Paths      map[string]map[string]operation `json:"paths"`
		Components struct {
			Schemas map[string]struct {
				Properties map[string]any `json:"properties"`
				Required   []string       `json:"required"`
			} `json:"schemas"`
		} `json:"components"`
	}
	if err := v.get(&doc, "openapi.json"); err != nil {
		return err
	}
	var list []operation
	for path, methods := range doc.Paths {
		for method, one := range methods {
			one.Path, one.Method = strings.TrimPrefix(path, "/api/v1"), strings.ToUpper(method)
			for _, p := range one.Parameters {
				if p.In == "query" {
					one.Queries = append(one.Queries, p.Name)
				}
			}
			schema := doc.Components.Schemas[strings.TrimPrefix(one.RequestBody.Content["application/json"].Schema.Ref, "#/components/schemas/")]
			one.Fields = fieldsOf(schema.Properties, schema.Required)
			list = append(list, one)
		}
	}
	order := []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete}
	slices.SortFunc(list, func(a, b operation) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), slices.Index(order, a.Method)-slices.Index(order, b.Method))
	})
	kinds, err := recordedKinds()
	if err != nil {
		return err
	}
	return v.show("contract", sheet{Title: v.text().text("contract.title"), Wide: true, D: map[string]any{"Operations": list, "Kinds": kinds}})
}

func recordedKinds() (list []recordedKind, err error) {
	var doc struct {
		Components struct {
			Messages map[string]struct {
				Name string `yaml:"name"`
			} `yaml:"messages"`
			Schemas map[string]struct {
				Properties map[string]any `yaml:"properties"`
				Required   []string       `yaml:"required"`
			} `yaml:"schemas"`
		} `yaml:"components"`
	}
	err = yaml.Unmarshal(events.AsyncAPI, &doc)
	for _, kind := range slices.Sorted(maps.Keys(doc.Components.Messages)) {
		if schema, ok := doc.Components.Schemas[kind]; ok {
			list = append(list, recordedKind{doc.Components.Messages[kind].Name, fieldsOf(schema.Properties, schema.Required)})
		}
	}
	return list, err
}

func fieldsOf(properties map[string]any, required []string) (list []string) {
	for _, field := range slices.Sorted(maps.Keys(properties)) {
		if !slices.Contains(required, field) {
			field += "?"
		}
		list = append(list, field)
	}
	return list
}
