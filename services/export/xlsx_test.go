package export

import (
	"archive/zip"
	"bytes"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

func workbookOf(t *testing.T, d Document) (*excelize.File, []byte) {
	t.Helper()
	var b bytes.Buffer
	if err := XLSX(&b, d); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f, b.Bytes()
}

func surveyLike() Document {
	d := of(Paragraph{"=Så här är det räknat."}, Table{
		Caption: "Former", Total: true, Columns: []Column{{"Form", Texts}, {"Barn", Numbers}, {"Andel", Percents}, {"Sedan", Days}},
		Rows: [][]Cell{
			{Text("=1+1"), Number(2800), Percent(Share{194, 290}, 1), Day(18000)},
			{Text("Läger"), Band(1, 4), Nothing("visas inte"), {}},
			{Text("Alla"), Range(45, 52), Percent(Share{210, 232}, 0), {}},
		},
	}, Chart{Title: "Per år", Kind: Columns, Unit: "barn", Axis: "År", Categories: []string{"2020", "2021"}, Series: []Series{{"Örebro", []float64{2000, 2800.5}}}})
	d.About = []Fact{{"Kommun", "Örebro (1880)"}}
	return d
}

func TestCellsAreWhatTheyAre(t *testing.T) {
	f, _ := workbookOf(t, surveyLike())
	if sheets := f.GetSheetList(); !slices.Equal(sheets, []string{"Om", "Barn"}) {
		t.Fatalf("sheets %v", sheets)
	}
	for _, c := range []struct {
		cell, raw, shown string
		text             bool
	}{
		{"A1", "Barn", "Barn", true},
		{"A2", "=Så här är det räknat.", "=Så här är det räknat.", true},
		{"A4", "Former", "Former", true},
		{"B5", "Barn", "Barn", true},
		{"A6", "=1+1", "=1+1", true},
		{"B6", "2800", "2,800", false}, // how this library shows it; spreadsheets do as they are set
		{"C6", "0.669", "66.9% ", false},
		{"D6", "43569", "2019-04-14", false},
		{"B7", "1–4", "1–4", true},
		{"C7", "visas inte", "visas inte", true},
		{"D7", "", "", false},
		{"B8", "45–52", "45–52", true},
		{"C8", "0.91", "91% ", false},
		{"A10", "Per år (barn)", "Per år (barn)", true},
		{"B13", "2800.5", "2,800.5", false},
	} {
		raw, err := f.GetCellValue("Barn", c.cell, excelize.Options{RawCellValue: true})
		if err != nil || raw != c.raw {
			t.Errorf("%s holds %q (%v), not %q", c.cell, raw, err, c.raw)
		}
		if shown, _ := f.GetCellValue("Barn", c.cell); shown != c.shown {
			t.Errorf("%s shows %q, not %q", c.cell, shown, c.shown)
		}
		if kind, _ := f.GetCellType("Barn", c.cell); (kind == excelize.CellTypeSharedString) != c.text {
			t.Errorf("%s is of type %v", c.cell, kind)
		}
	}
}

func TestAWorkbookIsSetUpToBeRead(t *testing.T) {
	f, _ := workbookOf(t, surveyLike())
	if p, err := f.GetDocProps(); err != nil || p.Title != "Årsenkät" || p.Language != "sv-SE" || p.Created != "2022-02-03T09:30:00Z" {
		t.Errorf("properties %+v %v", p, err)
	}
	if p, err := f.GetPanes("Barn"); err != nil || !p.Freeze || p.YSplit != 5 {
		t.Errorf("frozen %+v %v", p, err)
	}
	if w, err := f.GetColWidth("Om", "B"); err != nil || w < float64(len("Örebro (1880)")) {
		t.Errorf("a column is %f wide: %v", w, err)
	}
}

var formula = regexp.MustCompile(`<f[ >/]`)

func TestNoCellIsAFormulaAndChartsAreTheSpreadsheetsOwn(t *testing.T) {
	_, plain := workbookOf(t, surveyLike())
	_, hostile := workbookOf(t, hostileDocument())
	for _, b := range [][]byte{plain, hostile} {
		r, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		charts := 0
		for _, file := range r.File {
			in, err := file.Open()
			if err != nil {
				t.Fatal(err)
			}
			content, err := io.ReadAll(in)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(file.Name, "xl/worksheets/") && formula.Match(content) {
				t.Errorf("%s has a formula", file.Name)
			}
			if strings.HasPrefix(file.Name, "xl/charts/") {
				charts++
			}
		}
		if charts == 0 {
			t.Error("no chart")
		}
	}
}
