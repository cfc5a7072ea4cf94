package events_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"rackvidd/events"
)

type object = map[string]any

func ref(parts ...string) object {
	return object{"$ref": "#/" + strings.Join(parts, "/")}
}

// document is the log's contract in AsyncAPI 3.0.
func document() any {
	messages, onChannel := object{}, object{}
	schemas := object{"cloudevent": envelope()}
	for _, w := range events.Words() {
		schemas[w.Name] = w.Schema
	}
	var single []any
	for _, name := range events.Kinds.Names() {
		k := events.Kinds[name]
		typeName := current(k)
		schemas[name] = k.Schema()
		messages[name] = object{
			"name": typeName, "contentType": "application/cloudevents+json",
			"payload": object{"allOf": []any{
				ref("components", "schemas", "cloudevent"),
				object{"properties": object{"type": object{"const": typeName}, "data": ref("components", "schemas", name)}},
			}},
		}
		onChannel[name] = ref("components", "messages", name)
		single = append(single, ref("components", "messages", name, "payload"))
	}
	messages["batch"] = object{
		"name": "batch", "contentType": "application/cloudevents-batch+json",
		"summary": "Several events of one decision: they stand or fall together and share a position.",
		"payload": object{"type": "array", "minItems": 2, "items": object{"anyOf": single}},
	}
	onChannel["batch"] = ref("components", "messages", "batch")
	return struct {
		AsyncAPI           string `json:"asyncapi"`
		Info               object `json:"info"`
		DefaultContentType string `json:"defaultContentType"`
		Channels           object `json:"channels"`
		Operations         object `json:"operations"`
		Components         object `json:"components"`
	}{
		"3.0.0",
		object{"title": "Räckvidd's event log", "version": "1", "description": "One log per municipality: the stream EVENTS_<municipality>. " +
			"One message is one append: a CloudEvent 1.0 in structured JSON, or a batch of them. A position is the message's sequence number. " +
			"From one position to the next, time does not go back, but for appends of several processes that crossed. " +
			"Generated from the catalog by go test ./events -update; the schemas are valid in JSON Schema draft 2020-12 and draft-07."},
		"application/cloudevents+json",
		object{"stream": object{
			"address":     "ev.{municipality}.{streamType}.{streamId}",
			"description": "The subject is the consistency boundary: what is decided about one programme, group, child or session.",
			"parameters": object{
				"municipality": object{"description": "a municipality's four-digit code"},
				"streamType":   object{"enum": streamTypes},
				"streamId":     object{"description": "an opaque id; of a programme its own id, escaped so that it is one word of a subject"},
			},
			"messages": onChannel,
		}},
		object{"follow": object{"action": "send", "channel": ref("channels", "stream"), "summary": "What the log tells those who follow it."}},
		object{"messages": messages, "schemas": schemas},
	}
}

var streamTypes = []events.StreamType{
	events.ProgrammeStream, events.GroupStream, events.CaseStream, events.SessionStream, events.GuestStream,
	events.SurveyStream, events.ReleaseStream, events.AuditStream, events.RetentionStream, events.AnswerStream, events.TrustStream, events.ReferenceStream,
}

// envelope describes a CloudEvent as Encode writes it: our attributes are actor, expectedversion, digest, part, parts.
func envelope() *events.Schema {
	word := func(name string) *events.Schema { return &events.Schema{Ref: "#/components/schemas/" + name} }
	var types []string
	for _, s := range streamTypes {
		types = append(types, string(s))
	}
	return &events.Schema{
		Type: "object", AdditionalProperties: new(false),
		Required: []string{"specversion", "id", "source", "type", "time", "actor", "expectedversion", "data"},
		Properties: map[string]*events.Schema{
			"specversion":     {Type: "string", Const: "1.0"},
			"id":              {Type: "string", Description: "the command's id; of the n-th event of an append, with .n after it", Pattern: `^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\.[0-9]+)?$`},
			"source":          {Type: "string", Description: "/municipality/stream type/stream id", Pattern: `^/([0-9]{4}|national)/(` + strings.Join(types, "|") + `)/[A-Za-z0-9=_-]+$`},
			"type":            {Type: "string", Description: "kind and version", Pattern: `^[a-z_]+\.[a-z_]+\.v[0-9]+$`},
			"time":            word("instant"),
			"actor":           word("id"),
			"expectedversion": {Type: "integer", Description: "the stream's last position before, 0 for none", Minimum: new(0)},
			"digest":          {Type: "string", Description: "a keyed MAC of the request", Pattern: `^[A-Za-z0-9+/=_-]+$`},
			"part":            {Type: "integer", Description: "which message this is of a decision that has several", Minimum: new(1)},
			"parts":           {Type: "integer", Description: "how many messages the decision has", Minimum: new(2), Maximum: new(events.MaxBatch)},
			"data":            {Type: "object"},
		},
	}
}

// inYAML writes a value as block YAML, by way of JSON, which is YAML in another style.
func inYAML(t *testing.T, v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	inBlocks(&doc)
	doc.HeadComment = "Generated from the catalog of events: go test ./events -update"
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(&doc); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func inBlocks(n *yaml.Node) {
	n.Style = 0
	if n.Kind == yaml.SequenceNode && len(n.Content) > 0 && n.Content[0].Kind == yaml.ScalarNode {
		n.Style = yaml.FlowStyle // a list of codes
	}
	for _, c := range n.Content {
		inBlocks(c)
	}
}

func TestTheContractIsUpToDate(t *testing.T) {
	want := inYAML(t, document())
	if *update {
		if err := os.WriteFile("asyncapi.yaml", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(events.AsyncAPI, want) {
		t.Error("asyncapi.yaml is stale: go test ./events -update")
	}
}

// contract compiles the schemas as they are published, read back from YAML.
func contract(t *testing.T) func(pointer string) *jsonschema.Schema {
	var doc any
	if err := yaml.Unmarshal(inYAML(t, document()), &doc); err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	if err := c.AddResource("asyncapi.yaml", doc); err != nil {
		t.Fatal(err)
	}
	return func(pointer string) *jsonschema.Schema {
		s, err := c.Compile("asyncapi.yaml#/components/" + pointer)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

func parsed(t *testing.T, raw []byte) any {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTheContractDescribesWhatIsWritten(t *testing.T) {
	schema := contract(t)
	var all []any
	for _, name := range events.Kinds.Names() {
		one := parsed(t, goldenFile(t, current(events.Kinds[name])))
		all = append(all, one)
		if err := schema("messages/" + name + "/payload").Validate(one); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := schema("messages/batch/payload").Validate(all); err != nil {
		t.Errorf("all kinds as one batch: %v", err)
	}
}

// revealing is what no field of an event may hold, in the spellings that a hurried programmer would let through. The
// numbers are made up.
var revealing = []any{
	"Anna Andersson", "Åsa", "anna", "19990101-9802", "199901019802", "990101-9802", "9901019802", "anna@example.com", "070-123 45 67",
	"aeaaaaaaaaaaaaaaaaaaaaaye ", 199901019802, 9901019802, 1999.5, true, nil,
	[]any{},
	map[string]any{"name": "Anna"},
}

// guarded are the words that hold text. Their parsers refuse what reads as somebody's identity, which no pattern can; a
// choice is taken only where the survey's form has it.
var guarded = []string{"name", "programme_id", "district", "denominator_id", "cell_name", "program_version", "choice"}

func TestNoCodeFieldTakesANameOrAnIdentityNumber(t *testing.T) {
	schema := contract(t)
	for _, w := range events.Words() {
		if slices.Contains(guarded, w.Name) {
			continue
		}
		for _, v := range revealing {
			if schema("schemas/"+w.Name).Validate(parsed(t, inJSON(t, v))) == nil {
				t.Errorf("%s takes %v", w.Name, v)
			}
		}
	}
}

func TestNoKindTakesAFieldOfItsOwnMaking(t *testing.T) {
	schema := contract(t)
	for _, name := range events.Kinds.Names() {
		message := schema("messages/" + name + "/payload")
		for path, change := range map[string]func(object){
			"an attribute":   func(m object) { m["name"] = "Anna" },
			"a field":        func(m object) { m["data"].(object)["note"] = "Anna" },
			"another type":   func(m object) { m["type"] = "case.unheard_of.v1" },
			"no actor":       func(m object) { delete(m, "actor") },
			"a personnummer": func(m object) { m["source"] = "/1880/case/19990101-9802 Anna" },
		} {
			m := parsed(t, goldenFile(t, current(events.Kinds[name]))).(object)
			if change(m); message.Validate(m) == nil {
				t.Errorf("%s with %s is accepted", name, path)
			}
		}
	}
}

func TestEveryWordIsUsed(t *testing.T) {
	var doc object
	if err := yaml.Unmarshal(events.AsyncAPI, &doc); err != nil {
		t.Fatal(err)
	}
	schemas := doc["components"].(object)["schemas"].(object)
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		if !bytes.Contains(events.AsyncAPI, []byte(`'#/components/schemas/`+name+`'`)) {
			t.Errorf("nothing refers to %s", name)
		}
	}
}

func inJSON(t *testing.T, v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
