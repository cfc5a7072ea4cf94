package backoffice_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rackvidd/events"
	"rackvidd/services/export"
	"rackvidd/services/export/readers"
	"rackvidd/services/surveying"
)

// TestASubmittedSurveyOpensInLibreOffice reads the example year's survey and statistics as a clerk's spreadsheet shows them.
func TestASubmittedSurveyOpensInLibreOffice(t *testing.T) {
	h := exampleYear(t)
	h.asked.Language = surveying.Swedish
	h.explains(anna)
	h.answers(anna, surveying.Given{Answers: []surveying.GivenAnswer{{Question: "Q7", Status: events.TextAnswer, Text: "=2+3"}}})
	h.checks(anna)
	h.approves(bo)
	h.submits(anna)
	document, err := h.Document(t.Context(), h.asked)
	if err != nil {
		t.Fatal(err)
	}
	written := func(name string, write func(io.Writer, export.Document) error) string {
		var b bytes.Buffer
		if err := write(&b, document); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}

	sheets := readers.Records(t, readers.Convert(t, written("enkat.xlsx", export.XLSX), readers.EverySheet))
	table := readers.Records(t, readers.Convert(t, written("enkat.csv", export.CSV), readers.EverySheet, readers.FromOurs))
	if h.asked.Year != 2025 {
		t.Fatal("the numbers below are those of 2025")
	}
	readers.Expect(
		t, sheets,
		[]string{"stödgrupp", "50", "549"}, []string{"läger", "11", "51"}, []string{"öppen förskola", "22", "210"},
		[]string{"Olika barn", "120", "1060"},
		[]string{"7–12", "50"}, []string{"flicka", "54"}, []string{"sputnik", "90", "799"},
	)
	for _, want := range [][]string{{"stödgrupp", "50", "549"}, {"Olika barn", "120", "1060"}, {"7–12", "50"}, {"sputnik", "90", "799"}} {
		if !holds(table, want) {
			t.Errorf("the CSV has no %q", want)
		}
	}
	for name, rows := range map[string][][]string{"workbook": sheets, "CSV": table} {
		text := fmt.Sprint(rows)
		if !strings.Contains(text, "120 (120–143)") || !strings.Contains(text, "=2+3") {
			t.Errorf("the %s holds neither the number nor the words as they were given: %s", name, text)
		}
	}
}

// holds reports whether a row ends with cells.
func holds(rows [][]string, cells []string) bool {
	for _, row := range rows {
		if strings.HasSuffix(strings.TrimRight(strings.Join(row, "|"), "|"), strings.Join(cells, "|")) {
			return true
		}
	}
	return false
}
