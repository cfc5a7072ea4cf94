package readers

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rackvidd/services/export"
)

// convert has LibreOffice write a file in another format, and returns where. Its profile is its own.
func convert(t *testing.T, path, to string, more ...string) string {
	t.Helper()
	dir := t.TempDir()
	args := append([]string{"-env:UserInstallation=file://" + filepath.Join(dir, "profile"), "--headless"}, more...)
	run(t, "soffice", append(args, "--convert-to", to, "--outdir", dir, path)...)
	ending, _, _ := strings.Cut(to, ":")
	found, err := filepath.Glob(filepath.Join(dir, "*."+ending))
	if err != nil || len(found) == 0 {
		t.Fatalf("LibreOffice wrote nothing: %v", err)
	}
	if i := slices.IndexFunc(found, func(f string) bool { return strings.Contains(f, "-Barn.") }); i >= 0 {
		return found[i]
	}
	return found[0]
}

// The last of the numbers asks for every sheet in a file of its own; the one before, for cells as they are and not as shown.
const (
	everySheet = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"
	fromOurs   = "--infilter=CSV:59,34,76,1,,1053,false,true,false"
)

func records(t *testing.T, path string) (list [][]string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1
	if list, err = r.ReadAll(); err != nil {
		t.Fatal(err)
	}
	for _, record := range list {
		for i := range record {
			record[i] = strings.TrimPrefix(record[i], "\uFEFF")
		}
	}
	return list
}

func expect(t *testing.T, list [][]string, rows ...[]string) {
	t.Helper()
	for _, want := range rows {
		if !slices.ContainsFunc(list, func(r []string) bool { return len(r) >= len(want) && slices.Equal(r[:len(want)], want) }) {
			t.Errorf("no row %q in %q", want, list)
		}
	}
}

func TestLibreOfficeReadsAWorkbooksNumbersAndNoFormula(t *testing.T) {
	expect(
		t, records(t, convert(t, file(t, "survey.xlsx", export.XLSX), everySheet)),
		[]string{"Barn som fått stöd"},
		[]string{"Stödform", "Barn", "Andel", "Sedan"},
		[]string{"=1+1", "2800", "66.9%", "2019-04-14"},
		[]string{"Läger", "1–4", "visas inte", ""},
		[]string{"Alla", "45–52", "91%", ""},
		[]string{"År", "Örebro", "Uddevalla"},
		[]string{"2019", "2000", "347"},
		[]string{"2020", "", "48"}, // no text, which a chart would draw as 0
		[]string{"2021", "2800.5", "0"},
	)
}

func TestLibreOfficePrintsAWorkbookWithItsChart(t *testing.T) {
	text := run(t, "pdftotext", "-layout", convert(t, file(t, "survey.xlsx", export.XLSX), "pdf"), "-")
	for _, want := range []string{"Örebro (1880)", "=1+1", "66.9 %", "2019-04-14", "Uddevalla", "Räckvidd – Örebro"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if n := strings.Count(text, "Barn per år"); n != 2 {
		t.Errorf("the chart's name is above its figures and in the chart, not %d times", n)
	}
}

func TestLibreOfficeSetToSwedishOpensACSVInItsColumns(t *testing.T) {
	expect(
		t, records(t, convert(t, file(t, "survey.csv", export.CSV), everySheet, fromOurs)),
		[]string{"Avsnitt", "Tabell"},
		[]string{"Om", "Om", "Kommun", "Örebro (1880)"},
		[]string{"Barn", "Barn per stödform", "Stödform", "Barn", "Andel (%)", "Sedan"},
		[]string{"Barn", "Barn per stödform", "'=1+1", "2800", "66.9", "2019-04-14"}, // 66,9 was read as a number
		[]string{"Barn", "Barn per stödform", "Läger", "1–4", "visas inte", ""},
		[]string{"Barn", "Barn per år", "2021", "2800.5", "0"},
	)
}
