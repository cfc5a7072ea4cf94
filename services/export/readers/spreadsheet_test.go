package readers

import (
	"strings"
	"testing"

	"rackvidd/services/export"
)

func TestLibreOfficeReadsAWorkbooksNumbersAndNoFormula(t *testing.T) {
	Expect(
		t, Records(t, Convert(t, file(t, "survey.xlsx", export.XLSX), EverySheet)),
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
	text := Run(t, "pdftotext", "-layout", Convert(t, file(t, "survey.xlsx", export.XLSX), "pdf")[0], "-")
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
	Expect(
		t, Records(t, Convert(t, file(t, "survey.csv", export.CSV), EverySheet, FromOurs)),
		[]string{"Avsnitt", "Tabell"},
		[]string{"Om", "Om", "Kommun", "Örebro (1880)"},
		[]string{"Barn", "Barn per stödform", "Stödform", "Barn", "Andel (%)", "Sedan"},
		[]string{"Barn", "Barn per stödform", "'=1+1", "2800", "66.9", "2019-04-14"}, // 66,9 was read as a number
		[]string{"Barn", "Barn per stödform", "Läger", "1–4", "visas inte", ""},
		[]string{"Barn", "Barn per år", "2021", "2800.5", "0"},
	)
}
