package main

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// typed is what somebody writes who wants a spreadsheet, a browser or a template to carry it out. Each is one year's.
var typed = map[int]string{
	2021: "=1+1", 2022: "+46+1", 2023: "-2+3", 2024: "@SUM(A1)", 2025: `"><script>alert(1)</script>{{.}}{{template "x"}}`,
}

// TestWhatIsTypedIsTextInEveryFileThatThereIs asks for every file of the contract, in every format.
func TestWhatIsTypedIsTextInEveryFileThatThereIs(t *testing.T) {
	s := serve(t, dataDir(t))
	child := typeEverywhere(t, s)
	s.awaitNationalArchive(t)
	kinds := make(map[string]int)
	for _, address := range filesOf(t, s, child) {
		status, raw, header, err := s.send(t.Context(), http.MethodGet, address, nil, nil)
		if err != nil || status != http.StatusOK {
			t.Errorf("%s: %d, %v, %.200s", address, status, err, raw)
			continue
		}
		kind, _, _ := strings.Cut(header.Get("Content-Type"), ";")
		if header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: a browser may take it for something else", address)
		}
		kinds[kind] += typedIn(raw)
		if err := onlyText(kind, raw); err != nil {
			t.Errorf("%s (%s): %v", address, kind, err)
		}
	}
	t.Logf("files' kinds, and how often what was typed stands in them as it is: %v", kinds)
	for _, kind := range []string{"text/csv", "application/pdf", "application/json", "application/zip", "text/plain", "image/svg+xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"} {
		if _, asked := kinds[kind]; !asked {
			t.Errorf("no file of the kind %s was asked for: %v", kind, slices.Sorted(maps.Keys(kinds)))
		}
	}
	if kinds["text/csv"] == 0 || kinds["application/json"] == 0 {
		t.Errorf("what was typed is in no file: %v", kinds)
	}
}

// awaitNationalArchive waits until what the national log was told is archived: nothing is submitted there, so it is signed in its time.
func (s *server) awaitNationalArchive(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		status, raw, _, err := s.send(t.Context(), http.MethodGet, "audit/checkpoint", nil, nil)
		if err == nil && status == http.StatusOK {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d, %v, %s", status, err, raw)
		}
	}
}

// typeEverywhere writes what is typed into every field that takes words, and submits a survey with it for each year.
func typeEverywhere(t *testing.T, s *server) (child string) {
	t.Helper()
	const town = "municipalities/1880/"
	account := strings.Fields(s.must(t, "user", "add", "bo"))[1]
	_, printed, _ := strings.Cut(s.must(t, "token", "add", account, "--role", "approver", "--municipality", "1880"), "\n")
	approver, _, _ := strings.Cut(printed, "\n")
	var last struct{ Position uint64 }
	for year, word := range typed {
		var programme, group, session struct{ ID string }
		var entered childEntered
		s.asks(t, "POST", town+"programmes", map[string]any{"name": word, "forms": []string{"support_group"}, "organiser": "municipality", "target": "substance_abuse", "identity": "linked", "valid_from": "2021-01-01"}, &programme)
		s.asks(t, "POST", town+"children", map[string]any{"identity": fmt.Sprint("barn ", year), "label": word}, &entered)
		s.asks(t, "POST", town+"groups", map[string]any{"programme": programme.ID, "form": "support_group", "name": word}, &group)
		s.asks(t, "PUT", town+"groups/"+group.ID+"/members", map[string]any{"members": []string{entered.Child}}, nil)
		s.asks(t, "POST", town+"sessions", map[string]any{"group": group.ID, "held_on": fmt.Sprint(year, "-03-02")}, &session)
		s.asks(t, "PUT", town+"sessions/"+session.ID+"/register", map[string]any{"attended": []string{entered.Child}}, &last)
		s.asks(t, "POST", town+"referrals", map[string]any{"child": entered.Child, "channel": "school", "received_on": fmt.Sprint(year, "-01-10")}, &last)
		child = entered.Child
	}
	for year, word := range typed {
		survey := fmt.Sprint(town, "surveys/", year, "/")
		var sheet struct {
			Checks []struct{ Rule, Severity string }
		}
		answers := []map[string]any{
			{"question": "Q7", "status": "text", "text": word + "\n\t=2\r\n=3"},
			{"question": "Q4", "status": "number", "basis": "overridden", "value": 1, "reason": word},
			{"question": "Q6", "status": "choices", "choices": []string{"funding"}},
		}
		s.asks(t, "POST", survey+"answer", map[string]any{"answers": answers}, &last)
		s.asks(t, "GET", fmt.Sprint(survey[:len(survey)-1], "?min_position=", last.Position), nil, &sheet)
		var comments []map[string]string
		for _, c := range sheet.Checks {
			if c.Severity == "warning" {
				comments = append(comments, map[string]string{"rule": c.Rule, "comment": word})
			}
		}
		if len(comments) > 0 {
			s.asks(t, "POST", survey+"answer", map[string]any{"comments": comments}, nil)
		}
		s.asks(t, "POST", survey+"check", nil, nil)
		if status, raw, _, err := s.send(t.Context(), "POST", survey+"approve", nil, map[string]string{"Authorization": "Bearer " + approver}); err != nil || status >= 300 {
			t.Fatalf("%d, %v, %s", status, err, raw)
		}
		s.asks(t, "POST", survey+"submit", nil, &last)
		s.asks(t, "GET", fmt.Sprint(survey[:len(survey)-1], "?min_position=", last.Position), nil, nil)
		s.asks(t, "POST", "reference", fmt.Sprintf("code,year,n,source\n1880,%[1]d,33000,%[2]q\n00,%[1]d,2100000,%[2]q\n", year, word), nil)
	}
	return child
}

// filesOf are the addresses of all that is answered as a file, in each format, and of what a child's own copy is.
func filesOf(t *testing.T, s *server, child string) (list []string) {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string
			Parameters  []struct {
				Name   string
				Schema struct{ Enum []string }
			}
			Responses map[string]struct{ Content map[string]any }
		}
	}
	s.asks(t, "GET", "openapi.json", nil, &doc)
	for path, ways := range doc.Paths {
		get, there := ways["get"]
		if _, json := get.Responses["200"].Content["application/json"]; !there || json && get.OperationID != "disclose-child" && get.OperationID != "export-survey" || strings.Contains(path, "/log/tile/") || get.OperationID == "back-up" { // bytes for programs
			continue
		}
		if len(get.Responses["200"].Content) == 0 {
			continue
		}
		formats, charts, ofYear := []string{""}, []string{""}, false
		for _, p := range get.Parameters {
			switch p.Name {
			case "format":
				formats = p.Schema.Enum
			case "year":
				ofYear = true
			case "chart":
				charts = []string{"forms", "channels", "ages", "reach", "coverage"}
			}
		}
		for year := range typed {
			for _, format := range formats {
				for _, chart := range charts {
					address := strings.NewReplacer("{code}", "1880", "{year}", fmt.Sprint(year), "{child}", child, "{chart}", chart, "{rule}", "S04").Replace(strings.TrimPrefix(path, "/api/v1/"))
					query := url.Values{}
					if format != "" {
						query.Set("format", format)
					}
					if ofYear && !strings.Contains(path, "{year}") {
						query.Set("year", fmt.Sprint(year))
					}
					list = append(list, address+"?"+query.Encode())
				}
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// typedIn is how many of the words stand in a file as they were typed.
func typedIn(raw []byte) (n int) {
	for _, word := range typed {
		inJSON, _ := json.Marshal(word)
		if bytes.Contains(raw, []byte(word)) || bytes.Contains(raw, inJSON) || bytes.Contains(raw, []byte(strings.ReplaceAll(word, `"`, `""`))) {
			n++
		}
	}
	return n
}

// onlyText says what in a file would be carried out.
func onlyText(kind string, raw []byte) error {
	switch kind {
	case "text/csv":
		return onlyTextCSV(raw)
	case "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":
		return onlyTextXLSX(raw)
	case "image/svg+xml":
		return onlyTextSVG(raw)
	case "application/json":
		if !json.Valid(raw) {
			return errors.New("it is no JSON")
		}
	case "application/pdf":
		objects := regexp.MustCompile(`(?s)\bstream\r?\n.*?\bendstream\b`).ReplaceAll(raw, nil) // what is packed may have any two letters in it
		if found := regexp.MustCompile(`/(JavaScript|JS|Launch|OpenAction|AA|EmbeddedFile|URI)\b`).Find(objects); found != nil {
			return fmt.Errorf("it holds %s", found)
		}
	case "application/zip":
		return onlyTextZip(raw)
	case "text/plain":
		if bytes.Contains(raw, []byte("\n=")) || bytes.Contains(raw, []byte("<script")) {
			return errors.New("it holds a line of what was typed")
		}
	default:
		return errors.New("nobody knows how to look at it")
	}
	return nil
}

var number = regexp.MustCompile(`^[+-]?\d+([.,]\d+)?$`)

func onlyTextCSV(raw []byte) error {
	in := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\uFEFF"))))
	if first, _, _ := bytes.Cut(raw, []byte("\n")); bytes.Contains(first, []byte(";")) {
		in.Comma = ';'
	}
	in.FieldsPerRecord = -1
	rows, err := in.ReadAll()
	if err != nil || len(rows) < 2 {
		return fmt.Errorf("%d rows, %w", len(rows), err)
	}
	for i, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) && !number.MatchString(cell) {
				return fmt.Errorf("row %d has a cell that a spreadsheet carries out: %q", i+1, cell)
			}
		}
	}
	return nil
}

func onlyTextXLSX(raw []byte) error {
	book, err := excelize.OpenReader(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	defer book.Close()
	for _, sheet := range book.GetSheetList() {
		rows, err := book.GetRows(sheet)
		if err != nil {
			return err
		}
		for y, row := range rows {
			for x, cell := range row {
				name, err := excelize.CoordinatesToCellName(x+1, y+1)
				if err != nil {
					return err
				}
				formula, err := book.GetCellFormula(sheet, name)
				if err != nil || formula != "" {
					return fmt.Errorf("%s %s is the formula %q (%v)", sheet, name, formula, err)
				}
				kind, err := book.GetCellType(sheet, name)
				if err != nil {
					return err
				}
				if cell != "" && strings.ContainsRune("=+-@\t\r\"", rune(cell[0])) && kind != excelize.CellTypeSharedString && kind != excelize.CellTypeInlineString {
					return fmt.Errorf("%s %s is %q, and not of the type text but %d", sheet, name, cell, kind)
				}
			}
		}
	}
	return nil
}

func onlyTextSVG(raw []byte) error {
	in := xml.NewDecoder(bytes.NewReader(raw))
	for {
		token, err := in.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		element, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if slices.Contains([]string{"script", "foreignObject", "image", "a", "use", "style"}, element.Name.Local) {
			return fmt.Errorf("it holds <%s>", element.Name.Local)
		}
		for _, a := range element.Attr {
			if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "href" {
				return fmt.Errorf("<%s> has %s", element.Name.Local, a.Name.Local)
			}
		}
	}
}

func onlyTextZip(raw []byte) error {
	packed, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return err
	}
	for _, file := range packed.File {
		in, err := file.Open()
		if err != nil {
			return err
		}
		content, err := io.ReadAll(in)
		if err != nil {
			return err
		}
		kind := map[bool]string{true: "application/json", false: "text/plain"}[strings.HasSuffix(file.Name, ".json")]
		if strings.HasSuffix(file.Name, ".py") {
			continue // the program's own
		}
		if err := onlyText(kind, content); err != nil {
			return fmt.Errorf("%s: %w", file.Name, err)
		}
	}
	return nil
}
