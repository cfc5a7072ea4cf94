package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// contract is what others rely on, under a municipality unless it begins with /.
var contract = []string{
	"POST programmes", "GET programmes", "POST children", "POST cards", "PUT children/{child}/label",
	"POST groups", "PUT groups/{id}/members", "POST groups/{id}/series", "POST groups/{id}/sessions/cancel", "POST groups/{id}/sessions/withdraw", "GET programmes/{id}", "PUT groups/{id}", "POST groups/{id}/close", "POST groups/{id}/reopen", "POST children/alike",
	"POST referrals", "POST referrals/{id}/close", "POST enrolments", "POST enrolments/{id}/end",
	"POST sessions", "PUT sessions/{id}/register", "PUT sessions/{id}/register/{child}", "POST sessions/{id}/cancel",
	"POST referrals/{id}/withdraw", "POST enrolments/{id}/withdraw", "POST sessions/{id}/withdraw", "POST sessions/{id}/reinstate",
	"POST referrals/{id}/correct", "POST enrolments/{id}/correct", "POST sessions/{id}/correct",
	"POST merges", "POST merges/{id}/undo", "POST imports", "GET reach", "GET reach/rows", "GET reach/rows/export", "GET surveys/{year}/years", "GET surveys/{year}", "POST surveys/{year}/open-data", "GET surveys/{year}/releases", "GET surveys", "GET surveys/{year}/versions", "GET surveys/{year}/versions/{version}", "GET surveys/{year}/difference",
	"GET surveys/{year}/export", "GET surveys/{year}/charts/{chart}", "GET cases/{child}", "GET cases/{child}/changed", "GET groups/{id}/changed", "GET log/events", "GET log/events/{position}",
	"DELETE children/{child}", "GET children/{child}/disclosure", "POST children/find", "GET reads", "GET erasures", "GET retention", "GET retention/listed", "PUT retention", "PUT children/{child}/protection", "POST guests", "GET guests", "POST guests/{id}/withdraw", "GET caseload",
	"POST /accounts", "GET /accounts", "PUT /accounts/{id}/name", "POST /accounts/{id}/disable", "PUT /accounts/{id}/login", "POST /accounts/{id}/link", "POST /accounts/{id}/tokens", "GET /tokens", "POST /tokens/{id}/revoke",
	"GET /projections", "POST /projections/{name}/rebuild", "POST /projections/{name}/rollback", "POST /projections/{name}/discard", "GET /projections/maintenance", "GET /municipalities", "GET audit/replay", "GET audit/replays", "POST audit/replays", "GET audit/replays/past", "GET audit/verifications/past", "GET audit/findings", "GET /verifications", "GET /verifications/latest", "GET audit/explain", "GET audit/verify", "POST audit/repair", "GET audit/repairs", "GET /audit/repairs", "GET /audit/verify", "GET /audit/verifications", "POST /audit/verifications", "POST /audit/repair", "GET log/checkpoint", "GET log/tile/{tile}",
	"GET /report/{year}", "GET /report/{year}/export", "POST /report/answers", "POST /report/keys", "GET /report/signing-key", "GET /reference", "POST /reference",
}

func (h *house) document() (doc map[string]any) {
	h.t.Helper()
	h.ask("", http.MethodGet, "/api/v1/openapi.json", nil).is(200).into(&doc)
	return doc
}

func TestTheDocumentDescribesEveryOperationOfTheContract(t *testing.T) {
	h := newHouse(t)
	var described []string
	for _, op := range h.operations() {
		described = append(described, op.method+" "+op.path)
	}
	for _, want := range contract {
		method, path, _ := strings.Cut(want, " ")
		full := "/api/v1/municipalities/{code}/" + path
		if strings.HasPrefix(path, "/") {
			full = "/api/v1" + path
		}
		if !slices.Contains(described, method+" "+full) {
			t.Errorf("%s %s is not described", method, full)
		}
	}
}

func TestTheDocumentIsValidOpenAPI(t *testing.T) {
	h := newHouse(t)
	doc := h.document()
	if version := fmt.Sprint(doc["openapi"]); !strings.HasPrefix(version, "3.1.") {
		t.Errorf("it is OpenAPI %s", version)
	}
	ids := make(map[string]bool)
	for path, methods := range doc["paths"].(object) {
		for method, op := range methods.(object) {
			checkOperation(t, method+" "+path, op.(object), ids)
		}
	}
	everyReference(doc, func(ref string) {
		if !resolves(doc, ref) {
			t.Errorf("%s leads nowhere", ref)
		}
	})
	checkSchemas(t, doc)
}

func checkOperation(t *testing.T, name string, op object, ids map[string]bool) {
	t.Helper()
	id := fmt.Sprint(op["operationId"])
	if ids[id] || id == "" {
		t.Errorf("%s has no id of its own: %q", name, id)
	}
	ids[id] = true
	declared := make(map[string]bool)
	list, _ := op["parameters"].([]any)
	for _, p := range list {
		p := p.(object)
		declared[fmt.Sprint(p["in"], " ", p["name"])] = true
		if p["schema"] == nil || p["in"] == "path" && p["required"] != true {
			t.Errorf("%s: parameter %v is not described", name, p["name"])
		}
	}
	for _, found := range regexp.MustCompile(`\{([a-z]+)\}`).FindAllStringSubmatch(name, -1) {
		if !declared["path "+found[1]] {
			t.Errorf("%s does not declare %s", name, found[1])
		}
	}
	method, path, _ := strings.Cut(name, " ")
	if method == "get" && strings.Contains(path, "{code}") && !declared["query min_position"] {
		t.Errorf("%s takes no min_position", name)
	}
	if method != "get" && !declared["header Idempotency-Key"] {
		t.Errorf("%s takes no Idempotency-Key", name)
	}
	responses, _ := op["responses"].(object)
	for status, r := range responses {
		content, _ := r.(object)["content"].(object)
		if r.(object)["description"] == "" || status >= "400" && content["application/problem+json"] == nil {
			t.Errorf("%s: answer %s is not described", name, status)
		}
	}
	if len(responses) < 2 {
		t.Errorf("%s has no answers", name)
	}
}

func everyReference(v any, found func(string)) {
	switch v := v.(type) {
	case object:
		if ref, ok := v["$ref"].(string); ok {
			found(ref)
		}
		for _, inner := range v {
			everyReference(inner, found)
		}
	case []any:
		for _, inner := range v {
			everyReference(inner, found)
		}
	}
}

func resolves(doc object, ref string) bool {
	var at any = doc
	for step := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		in, ok := at.(object)
		if !ok || in[step] == nil {
			return false
		}
		at = in[step]
	}
	return strings.HasPrefix(ref, "#/")
}

// checkSchemas compiles every schema as JSON Schema 2020-12, which OpenAPI 3.1 uses.
func checkSchemas(t *testing.T, doc object) {
	t.Helper()
	c := jsonschema.NewCompiler()
	if err := c.AddResource("http://openapi.test/doc.json", doc); err != nil {
		t.Fatal(err)
	}
	for name := range doc["components"].(object)["schemas"].(object) {
		if _, err := c.Compile("http://openapi.test/doc.json#/components/schemas/" + name); err != nil {
			t.Errorf("schema %s: %v", name, err)
		}
	}
}

func TestTheDocumentSaysWhichReadsTellTheirAge(t *testing.T) {
	h := newHouse(t)
	var telling []string
	for path, methods := range h.document()["paths"].(object) {
		for method, op := range methods.(object) {
			ok, _ := op.(object)["responses"].(object)["200"].(object)
			headers, _ := ok["headers"].(object)
			age, told := headers["Rackvidd-Recorded-At"].(object)
			if !told {
				continue
			}
			schema := age["schema"].(object)
			if headers["Rackvidd-Position"] == nil || schema["format"] != "date-time" || schema["description"] == nil {
				t.Errorf("%s %s does not describe its headers: %v", method, path, headers)
			}
			telling = append(telling, fmt.Sprint(op.(object)["operationId"]))
		}
	}
	slices.Sort(telling)
	want := []string{"disclose-child", "list-groups", "list-guests", "list-programmes", "list-sessions", "read-caseload", "read-case", "read-reach", "read-reference", "read-report", "read-survey"}
	slices.Sort(want)
	if !slices.Equal(telling, want) {
		t.Errorf("%v tell their age, not %v", telling, want)
	}
}

func TestTheDocumentNamesEveryCode(t *testing.T) {
	h := newHouse(t)
	text, err := json.Marshal(h.document())
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{"contact_person", "social_services_adults", "aged_out", "redirected", "other_municipality", "source_changed", "attended", "data_protection"} {
		if !strings.Contains(string(text), `"`+code+`"`) {
			t.Errorf("%s is not in any list", code)
		}
	}
	if strings.Contains(string(text), `"value":{"description":"The value`) {
		t.Error("errors are said to repeat values")
	}
}

func TestTheDocumentSaysWhatKindsOfFileASurveyIsExportedAs(t *testing.T) {
	h := attended(t, 7)
	const surveys = "/api/v1/municipalities/{code}/surveys/{year}/"
	for path, kinds := range map[string]map[string]string{
		"export":         {"pdf": "application/pdf", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv", "json": "application/json", "answer": "text/plain"},
		"charts/{chart}": {"": "image/svg+xml"},
	} {
		answers := h.document()["paths"].(object)[surveys+path].(object)["get"].(object)["responses"].(object)
		content := answers["200"].(object)["content"].(object)
		if len(content) != len(kinds) || answers["404"] == nil || answers["403"] == nil {
			t.Errorf("%s: answers %v", path, answers)
		}
		for format, kind := range kinds {
			described, _ := content[kind].(object)
			schema, _ := described["schema"].(object)
			if schema["description"] == nil || schema["contentEncoding"] != nil {
				t.Errorf("%s: %s is described as %v", path, kind, schema)
			}
			if format == "answer" {
				continue // nothing was submitted
			}
			r := h.get("surveys/2021/" + strings.Replace(path, "{chart}", "forms", 1) + strings.TrimSuffix("?format="+format, "?format="))
			if got, _, _ := strings.Cut(r.is(200).header.Get("Content-Type"), ";"); got != kind {
				t.Errorf("%s is answered as %s", r.what, got)
			}
		}
	}
}

func TestTheDocumentSaysWhatIsRefusedOfABodyOfAVersionAndOfTooManyLookUps(t *testing.T) {
	h := newHouse(t)
	lookUps := []string{"enter-child", "find-child", "find-alike", "import"}
	for path, methods := range h.document()["paths"].(object) {
		for method, one := range methods.(object) {
			op := one.(object)
			wanted := make(map[string]bool)
			if body, ok := op["requestBody"].(object); ok {
				wanted["400"], wanted["413"], wanted["415"] = true, true, true
				_, wanted["408"] = body["content"].(object)["application/json"]
			} else {
				wanted["408"] = true
			}
			parameters, _ := op["parameters"].([]any)
			for _, p := range parameters {
				wanted["412"] = wanted["412"] || p.(object)["name"] == "If-Match"
			}
			id := fmt.Sprint(op["operationId"])
			wanted["429"] = slices.Contains(lookUps, id)
			for _, status := range []string{"400", "408", "412", "413", "415", "429"} {
				if _, said := op["responses"].(object)[status]; said != wanted[status] {
					t.Errorf("%s %s: is %s described: %v", method, path, status, said)
				}
			}
		}
	}
}

func TestTheDocumentSaysThatEveryReadAndWriteOfALogAnswersItsPosition(t *testing.T) {
	doc := newHouse(t).document()
	schemas := doc["components"].(object)["schemas"].(object)
	reports := []string{"replay-reach", "verify-copies", "verify-national-copies", "repair-copies", "repair-national-copies", "export-survey"} // say it in their own words
	for path, methods := range doc["paths"].(object) {
		for method, one := range methods.(object) {
			op := one.(object)
			asked := strings.Contains(fmt.Sprint(op["parameters"]), "min_position") || method != "get" && strings.Contains(path, "{code}")
			for status, answer := range op["responses"].(object) {
				content, _ := answer.(object)["content"].(object)
				described, _ := content["application/json"].(object)
				if !asked || status >= "300" || described == nil || slices.Contains(reports, fmt.Sprint(op["operationId"])) {
					continue
				}
				headers, _ := answer.(object)["headers"].(object)
				ref, _ := described["schema"].(object)["$ref"].(string)
				body, _ := schemas[ref[strings.LastIndex(ref, "/")+1:]].(object)
				fields, _ := body["properties"].(object)
				if headers["Rackvidd-Position"] == nil && fields["position"] == nil {
					t.Errorf("%s %s answers no position", method, path)
				}
			}
		}
	}
}
