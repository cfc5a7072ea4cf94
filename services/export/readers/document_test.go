package readers

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rackvidd/services/export"
)

// survey is a document as a municipality signs it, with a table over several pages and one too wide for an upright page.
func survey() export.Document {
	forms := export.Table{
		Caption: "Barn per stödform", Total: true,
		Columns: []export.Column{{Heading: "Stödform"}, {Heading: "Barn", Kind: export.Numbers}, {Heading: "Andel", Kind: export.Percents}, {Heading: "Sedan", Kind: export.Days}},
		Rows: [][]export.Cell{
			{export.Text("=1+1"), export.Number(2800), export.Percent(export.Share{Part: 194, Whole: 290}, 1), export.Day(18000)},
			{export.Text("Läger"), export.Band(1, 4), export.Nothing("visas inte"), {}},
			{export.Text("Alla"), export.Range(45, 52), export.Percent(export.Share{Part: 210, Whole: 232}, 0), {}},
		},
	}
	years := export.Chart{
		Title: "Barn per år", Kind: export.Lines, Unit: "barn", Axis: "År", Note: "Källa: loggen – läst 2022-02-03",
		Categories: []string{"2019", "2020", "2021"},
		Series:     []export.Series{{Name: "Örebro", Values: []float64{2000, math.NaN(), 2800.5}}, {Name: "Uddevalla", Values: []float64{347, 48, 0}}},
	}
	long := export.Table{
		Caption: "Alla tillfällen",
		Columns: []export.Column{{Heading: "Tillfälle"}, {Heading: "Närvarande", Kind: export.Numbers}, {Heading: "Anmärkning"}},
	}
	for i := range 120 {
		remark := strings.Repeat("En anmärkning som bryts över flera rader. ", i%4)
		long.Rows = append(long.Rows, []export.Cell{export.Text(fmt.Sprint("Tillfälle ", i+1)), export.Number(1000 * i), export.Text(remark)})
	}
	wide := export.Table{Caption: "Bred"}
	var row []export.Cell
	for i := range 14 {
		wide.Columns = append(wide.Columns, export.Column{Heading: fmt.Sprint("Kolumnrubrik", i), Kind: export.Numbers})
		row = append(row, export.Number(1_000_000*(i+1)))
	}
	wide.Rows = append(wide.Rows, row)
	return export.Document{
		Title: "Årsenkät 2021 – Örebro × Uddevalla", Subtitle: "Inlämnad", Language: "sv",
		Created: time.Date(2022, 2, 3, 9, 30, 0, 0, time.UTC), Footer: "Räckvidd – Örebro",
		About: []export.Fact{{Label: "Kommun", Value: "Örebro (1880)"}, {Label: "Förändring", Value: "−12"}},
		Sections: []export.Section{
			{Heading: "Barn som fått stöd", Name: "Barn", Blocks: []export.Block{export.Paragraph{Text: "Under året deltog 2\u00a0800 barn."}, forms, years}},
			{Heading: "Tillfällen", Name: "Tillfällen", Blocks: []export.Block{long}},
			{Heading: "Bredd", Name: "Bredd", Blocks: []export.Block{wide}},
		},
		Signature: &export.Signature{Declaration: "Jag intygar att uppgifterna är riktiga.", Lines: []string{"Ort och datum", "Underskrift", "Namnförtydligande"}},
	}
}

// file writes the survey into a folder of its own.
func file(t *testing.T, name string, write func(io.Writer, export.Document) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, survey()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
