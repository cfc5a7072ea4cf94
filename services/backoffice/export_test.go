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
		[]string{"Olika identifierade barn", "120", "1060"},
		[]string{"7–12", "50"}, []string{"flicka", "54"}, []string{"sputnik", "90", "799"},
	)
	for _, want := range [][]string{{"stödgrupp", "50", "549"}, {"Olika identifierade barn", "120", "1060"}, {"7–12", "50"}, {"sputnik", "90", "799"}} {
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

func TestAFileOfAYearInWhichNobodyWasIdentifiedHasTheNumberThatTheSurveyHas(t *testing.T) {
	h := newHouse(t)
	h.asked.Language = surveying.Swedish
	h.offered()
	for id, heads := range map[byte]events.Count{1: 8, 2: 3} {
		session := events.ID{0xee, id}
		h.story.Happens(events.SessionOf(session), events.SessionOpened{Session: session, Programme: "sputnik", Form: events.SupportGroup, HeldOn: events.Date(2021, 3, 1)})
		h.shown(h.story.Happens(events.SessionOf(session), events.SessionAttended{
			Session: session, Counted: []events.HeadCount{{Entry: events.Entry{Of: session, Number: [8]byte{1}}, Count: heads}},
		}))
	}
	document, err := h.Document(t.Context(), h.asked)
	if err != nil {
		t.Fatal(err)
	}
	var csv bytes.Buffer
	if err := export.CSV(&csv, document); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"2021;reach/v3;8;8–11;0;11;", "Olika identifierade barn;0;0"} {
		if !strings.Contains(csv.String(), want) {
			t.Errorf("the tables do not say %s:\n%s", want, &csv)
		}
	}
	if text := fmt.Sprint(document.Sections); !strings.Contains(text, "Deltaganden av barn som ingen identifierade: 11. De är inte med i tabellerna") {
		t.Errorf("the document does not say whom its tables leave out: %s", text)
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
