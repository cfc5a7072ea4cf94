package intake_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"rackvidd/services/intake"
)

var headings = []any{"record_id", "type", "occurred_on", "child", "programme", "form", "birth_year", "home_municipality"}

// spreadsheet returns an XLSX file with the headings and the rows.
func spreadsheet(t *testing.T, fill func(*excelize.File), rows ...[]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range append([][]any{headings}, rows...) {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	if fill != nil {
		fill(f)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func readXLSX(t *testing.T, file []byte) ([]intake.Row, []intake.Rejection) {
	t.Helper()
	rows, rejected, err := readAll(bytes.NewReader(file), options())
	if err != nil {
		t.Fatal(err)
	}
	return rows, rejected
}

func TestASpreadsheetsCellsAreReadByWhatTheyHold(t *testing.T) {
	day := time.Date(2025, 3, 4, 0, 0, 0, 0, time.UTC)
	for name, row := range map[string][]any{
		"text":                     {"1", "session_attended", "2025-03-04", testNumber, "2024", "camp", "2012", "0114"},
		"dates, numbers, no zeros": {1, "session_attended", day, 201203042393, 2024, "camp", 2012, 114},
		"a date with a time":       {1.0, "session_attended", day.Add(16 * time.Hour), 201203042393.0, 2024.0, "Läger", 2012.0, "Upplands Väsby"},
	} {
		t.Run(name, func(t *testing.T) {
			rows, rejected := readXLSX(t, spreadsheet(t, nil, row))
			if len(rejected) > 0 || len(rows) != 1 {
				t.Fatalf("rejected %+v", rejected)
			}
			got := rows[0]
			if got.Line != 2 || got.RecordID != "1" || got.OccurredOn.String() != "2025-03-04" || got.Child != testNumber || got.Programme != "2024" || got.BirthYear != 2012 || got.Home != "0114" {
				t.Errorf("read %+v", got)
			}
		})
	}
}

func TestASpreadsheetThatCountsDaysFrom1904IsReadRight(t *testing.T) {
	file := spreadsheet(t, func(f *excelize.File) {
		on := true
		f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &on})
		f.SetCellValue("Sheet1", "C2", 44257) // 2025-03-03 and a day
	}, []any{"1", "session_attended", "", "b", "p", "camp"})
	rows, rejected := readXLSX(t, file)
	if len(rows) != 1 || rows[0].OccurredOn.String() != "2025-03-03" {
		t.Errorf("rows %+v, rejected %+v", rows, rejected)
	}
}

func TestASpreadsheetsRowIsRejected(t *testing.T) {
	good := []any{"1", "session_attended", "2025-03-04", "b", "p", "camp", 2012}
	set := func(cell string, value any) func(*excelize.File) {
		return func(f *excelize.File) { f.SetCellValue("Sheet1", cell, value) }
	}
	for name, tt := range map[string]struct {
		fill         func(*excelize.File)
		column, code string
	}{
		"with a formula":                    {func(f *excelize.File) { f.SetCellFormula("Sheet1", "G3", "2000+12") }, "birth_year", "formula"},
		"with a year where a day should be": {set("C3", 2025), "occurred_on", "invalid_occurred_on"},
		"with a day written as a number":    {set("C3", 20250304), "occurred_on", "invalid_occurred_on"},
		"with a value beyond the headings":  {set("K3", "x"), "", "extra_cell"},
		"with a fraction for a year":        {set("G3", 2012.5), "birth_year", "invalid_birth_year"},
		"with too long a text":              {set("D3", strings.Repeat("x", 32767)), "child", "invalid_child"},
	} {
		t.Run(name, func(t *testing.T) {
			rows, rejected := readXLSX(t, spreadsheet(t, tt.fill, good, good, good))
			if len(rows) != 2 || rows[1].Line != 4 || len(rejected) != 1 {
				t.Fatalf("rows %+v, rejected %+v", rows, rejected)
			}
			if got := rejected[0]; got.Line != 3 || got.Column != tt.column || got.Code != tt.code {
				t.Errorf("rejected %+v", got)
			}
		})
	}
}

func TestEmptyRowsOfASpreadsheetAreNoRowsButCount(t *testing.T) {
	row := []any{"1", "session_attended", "2025-03-04", "b", "p", "camp"}
	rows, rejected := readXLSX(t, spreadsheet(t, nil, row, nil, []any{" ", ""}, row))
	if len(rejected) > 0 || len(rows) != 2 || rows[1].Line != 5 {
		t.Errorf("rows %+v, rejected %+v", rows, rejected)
	}
}

func TestARowWhoseFormulasGiveNoTextIsEmpty(t *testing.T) {
	nothing := `<row><c t="str"><f>IF(A3="","",YEAR(C3))</f><v></v></c><c t="str"><f>""</f></c></row>`
	unknown := `<row><c><f>A3</f><v></v></c></row>`
	rows, rejected := readXLSX(t, handmade(t, `<worksheet><sheetData>`+inlineHeadings+inlineRow("1", "session_attended", "2025-03-04", "b", "p", "camp")+nothing+unknown+`</sheetData></worksheet>`))
	if len(rows) != 1 || len(rejected) != 1 || rejected[0].Code != "formula" || rejected[0].Line != 4 {
		t.Errorf("rows %+v, rejected %+v", rows, rejected)
	}
}

// handmade is a workbook as other programs than ours may write it.
func handmade(t *testing.T, sheet string, styles ...string) []byte {
	t.Helper()
	parts := map[string]string{
		"xl/workbook.xml":            `<workbook xmlns:r="x"><sheets><sheet name="A" sheetId="1" r:id="r7"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r7" Target="/xl/worksheets/a.xml"/></Relationships>`,
		"xl/sharedStrings.xml":       `<sst><si><t>ca</t></si><si><r><t>ca</t></r><rPh><t>x</t></rPh><r><t>mp</t></r></si></sst>`,
		"xl/worksheets/a.xml":        sheet,
	}
	if len(styles) > 0 {
		parts["xl/styles.xml"] = "<styleSheet><numFmts>" + strings.Join(styles, "") + `</numFmts><cellXfs><xf numFmtId="164"/></cellXfs></styleSheet>`
	}
	return zipped(t, parts)
}

func zipped(t *testing.T, parts map[string]string) []byte {
	t.Helper()
	readers := make(map[string]io.Reader)
	for name, content := range parts {
		readers[name] = strings.NewReader(content)
	}
	return packed(t, readers)
}

func inline(s string) string { return `<c t="inlineStr"><is><t>` + s + `</t></is></c>` }

func inlineRow(values ...string) string {
	s := "<row>"
	for _, v := range values {
		s += inline(v)
	}
	return s + "</row>"
}

var inlineHeadings = inlineRow("record_id", "type", "occurred_on", "child", "programme", "form")

func TestCellsOutOfOrderStandWhereTheirNamesSay(t *testing.T) {
	rows, rejected := readXLSX(t, handmade(t, `<worksheet><sheetData>`+inlineHeadings+
		`<row r="9"><c r="F9" t="s"><v>1</v></c><c r="D9" t="str"><v>b &amp; c</v></c><c r="A9"><v>1.2E1</v></c><c r="B9" t="inlineStr"><is><t>session_attended</t></is></c><c r="C9" t="d"><v>2025-03-04T00:00:00</v></c><c r="E9"><v>5</v></c></row></sheetData></worksheet>`))
	if len(rejected) > 0 || len(rows) != 1 {
		t.Fatalf("rejected %+v", rejected)
	}
	if got := rows[0]; got.Line != 9 || got.Form != "camp" || got.Child != "b & c" || got.RecordID != "12" || got.Programme != "5" {
		t.Errorf("read %+v", got)
	}
}

func TestAnErrorOrALostTextInACellIsRejected(t *testing.T) {
	rows, rejected := readXLSX(t, handmade(t, `<worksheet><sheetData>`+inlineHeadings+
		`<row>`+strings.TrimSuffix(strings.TrimPrefix(inlineRow("1", "session_attended", "2025-03-04", "b"), "<row>"), "</row>")+`<c t="e"><v>#SPILL!</v></c>`+inline("camp")+`</row><row><c t="s"><v>99</v></c></row>`+inlineRow("1", "session_attended", "2025-03-04", strings.Repeat("å&amp;", 100000), "p", "camp")+`</sheetData></worksheet>`))
	if len(rows) != 0 || len(rejected) != 3 || rejected[0].Code != "error_value" || rejected[0].Column != "programme" || rejected[1].Code != "malformed_row" || rejected[1].Column != "" || rejected[2].Code != "too_long" || rejected[2].Column != "child" {
		t.Errorf("rows %+v, rejected %+v", rows, rejected)
	}
}

func TestASpreadsheetThatCannotBeReadSaysSo(t *testing.T) {
	whole := spreadsheet(t, nil, []any{"1", "session_attended", "2025-03-04", "b", "p", "camp"})
	for name, tt := range map[string]struct {
		file []byte
		code string
	}{
		"cut in two":                      {whole[:len(whole)/2], "damaged_file"},
		"a flipped byte":                  {flipped(whole), "damaged_file"},
		"another packed file":             {zipped(t, map[string]string{"content.xml": "<x/>"}), "not_xlsx"},
		"a sheet that breaks off":         {handmade(t, `<worksheet><sheetData>`+inlineHeadings+`<row>`), "damaged_file"},
		"a sheet that breaks off between": {handmade(t, `<worksheet><sheetData>`+inlineHeadings), "damaged_file"},
		"a sheet of something else":       {handmade(t, `<worksheet><sheetData>`+inlineHeadings+`<row><<<`), "damaged_file"},
		"a sheet without rows":            {handmade(t, `<worksheet><sheetData/></worksheet>`), "empty_file"},
		"no sheet data":                   {handmade(t, `<worksheet></worksheet>`), "damaged_file"},
		"a row of a million cells":        {handmade(t, `<worksheet><sheetData>`+inlineHeadings+`<row><c r="ZZZZZZZZ1"><v>1</v></c></row></sheetData></worksheet>`), "damaged_file"},
		"more rows than a sheet has":      {handmade(t, `<worksheet><sheetData>`+inlineHeadings+strings.Repeat(`<row/>`, 1<<20)+`</sheetData></worksheet>`), "damaged_file"},
		"endless markup":                  {handmade(t, `<worksheet><sheetData>`+inlineHeadings+`<row a="`+strings.Repeat("x", 1<<20)+`"/></sheetData></worksheet>`), "damaged_file"},
		"more than 32 MB":                 {append(append([]byte{}, whole...), make([]byte, 33<<20)...), "too_large"},
		"a bomb":                          {bomb(t), "too_large"},
		"a bigger bomb":                   {bigBomb(t), "too_large"},
	} {
		t.Run(name, func(t *testing.T) {
			allocated := allocatedBy(func() {
				_, _, err := readAll(bytes.NewReader(tt.file), options())
				wantFileError(t, err, tt.code, "")
			})
			if allocated > 512<<20 {
				t.Errorf("%d MB allocated", allocated>>20)
			}
		})
	}
}

func flipped(file []byte) []byte {
	b := bytes.Clone(file)
	b[bytes.Index(b, []byte("xl/worksheets/sheet1.xml"))+200] ^= 0xff
	return b
}

// bomb is a workbook whose strings unpack to more than is kept.
func bomb(t *testing.T) []byte {
	return packed(t, map[string]io.Reader{
		"xl/workbook.xml":            strings.NewReader(bareWorkbook),
		"xl/_rels/workbook.xml.rels": strings.NewReader(bareLinks),
		"xl/sharedStrings.xml":       io.LimitReader(endless("<si/>"), 11<<20),
		"xl/worksheets/a.xml":        strings.NewReader(""),
	})
}

// bigBomb says that its sheet unpacks to 600 MB.
func bigBomb(t *testing.T) []byte {
	file := packed(t, map[string]io.Reader{
		"xl/workbook.xml":            strings.NewReader(bareWorkbook),
		"xl/_rels/workbook.xml.rels": strings.NewReader(bareLinks),
		"xl/worksheets/a.xml":        strings.NewReader("0123456789abcdef"),
	})
	for at := bytes.Index(file, []byte("PK\x01\x02")); at < len(file)-46; at++ {
		if bytes.HasPrefix(file[at:], []byte("PK\x01\x02")) && file[at+24] == 16 {
			binary.LittleEndian.PutUint32(file[at+24:], 600<<20)
		}
	}
	return file
}

const (
	bareWorkbook = `<workbook xmlns:r="x"><sheets><sheet r:id="r7"/></sheets></workbook>`
	bareLinks    = `<Relationships><Relationship Id="r7" Target="worksheets/a.xml"/></Relationships>`
)

func packed(t *testing.T, parts map[string]io.Reader) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, content := range parts {
		part, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(part, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestALongTextInASpreadsheetTakesNoMemory(t *testing.T) {
	file := packed(t, map[string]io.Reader{
		"xl/workbook.xml":            strings.NewReader(bareWorkbook),
		"xl/_rels/workbook.xml.rels": strings.NewReader(bareLinks),
		"xl/worksheets/a.xml": io.MultiReader(
			strings.NewReader(`<worksheet><sheetData>`+inlineHeadings+`<row><c t="inlineStr"><is><t>`),
			io.LimitReader(endless("läger &amp; "), 13*2<<20), // whole repetitions
			strings.NewReader(`</t></is></c></row>`+inlineRow("1", "session_attended", "2025-03-04", "b", "p", "camp")+`</sheetData></worksheet>`)),
	})
	allocated := allocatedBy(func() {
		rows, rejected := readXLSX(t, file)
		if len(rows) != 1 || rows[0].Line != 3 || len(rejected) != 1 || rejected[0].Code != "too_long" || rejected[0].Column != "record_id" {
			t.Errorf("rows %+v, rejected %+v", rows, rejected)
		}
	})
	if allocated > 10<<20 {
		t.Errorf("%d MB allocated", allocated>>20)
	}
}

func TestACellThatMergingLeftEmptyIsNotTakenForEmpty(t *testing.T) {
	row := func(id string, home any) []any {
		return []any{id, "session_attended", "2025-03-04", "b" + id, "p", "camp", 2012, home}
	}
	file := spreadsheet(t, func(f *excelize.File) {
		for _, r := range [][2]string{{"H3", "H5"}, {"E6", "F6"}, {"J2", "K9"}, {"A8", "H8"}} {
			if err := f.MergeCell("Sheet1", r[0], r[1]); err != nil {
				t.Fatal(err)
			}
		}
	}, row("1", ""), row("2", "Uddevalla"), row("3", ""), row("4", ""), row("5", ""), row("6", ""))
	rows, rejected := readXLSX(t, file)
	if len(rows) != 3 || rows[0].Home != "1880" || rows[1].Home != "1485" || rows[2].Line != 7 {
		t.Errorf("rows %+v", rows)
	}
	said := ""
	for _, r := range rejected {
		said += fmt.Sprintf("%d %s %s; ", r.Line, r.Column, r.Code)
	}
	if said != "4 home_municipality merged_cell; 5 home_municipality merged_cell; 6 form merged_cell; " {
		t.Error(said)
	}
}

func TestMergedRangesThatOverlapTakeNoTime(t *testing.T) {
	all := `<mergeCells>` + strings.Repeat(`<mergeCell ref="F3:F1048576"/>`, 1<<18) + `</mergeCells>`
	many := strings.Repeat(inlineRow("1", "session_attended", "2025-03-04", "b", "p", "camp"), 20_000)
	rows, rejected := readXLSX(t, handmade(t, `<worksheet><sheetData>`+inlineHeadings+many+`</sheetData>`+all+`</worksheet>`))
	if len(rows) != 2 || len(rejected) != 19_998 {
		t.Errorf("%d rows, %d rejected", len(rows), len(rejected))
	}
	_, _, err := readAll(bytes.NewReader(handmade(t, `<worksheet><sheetData/>`+all+all+`</worksheet>`)), options())
	wantFileError(t, err, "too_large", "")
	_, _, err = readAll(bytes.NewReader(handmade(t, `<worksheet><sheetData/><mergeCell ref="A1:7"/></worksheet>`)), options())
	wantFileError(t, err, "damaged_file", "")
}

func TestANumberIsReadAsItsCellShowsIt(t *testing.T) {
	shown := func(format string) func(*excelize.File) {
		return func(f *excelize.File) {
			style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
			if err == nil {
				err = f.SetCellStyle("Sheet1", "C2", "D2", style)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, tt := range map[string]struct {
		format string
		child  any
		is     string
	}{
		"an identity number of the year 2000":     {`000000\-0000`, 3042397, "200003042397"},
		"one of 2012, with its century":           {`[$-41D]00000000"-"0000`, 201203042393, testNumber},
		"an id with zeros before it":              {"000", 7, "007"},
		"one that needs more room":                {"00-0", 1234, "123-4"},
		"a format for text as well":               {"0000;-0000;0;@", 7, "0007"},
		"a text, which is shown as it is":         {"000", "7", "7"},
		"a number whose format shows no zeros":    {"# ##0", 1234, "1234"},
		"a fraction, which no such format is for": {"000", 7.5, "7.5"},
	} {
		t.Run(name, func(t *testing.T) {
			rows, rejected := readXLSX(t, spreadsheet(t, shown(tt.format), []any{"1", "session_attended", "2025-03-04", tt.child, "p", "camp"}))
			if len(rows) != 1 || rows[0].Child != tt.is {
				t.Errorf("rows %+v, rejected %+v", rows, rejected)
			}
		})
	}
	for given, code := range map[int]string{20250304: "", 40304: "invalid_occurred_on"} {
		rows, rejected := readXLSX(t, spreadsheet(t, shown(map[bool]string{true: `0000\-00\-00`, false: "000000"}[code == ""]), []any{"1", "session_attended", given, "b", "p", "camp"}))
		if code == "" && (len(rows) != 1 || rows[0].OccurredOn.String() != "2025-03-04") || code != "" && (len(rejected) != 1 || rejected[0].Code != code) {
			t.Errorf("%d: rows %+v, rejected %+v", given, rows, rejected)
		}
	}
}

func TestACellIsReadWithoutTheMarksOfItsFile(t *testing.T) {
	cell := func(kind, value string) string { return `<c t="` + kind + `"><v>` + value + `</v></c>` }
	row := func(id, child string) string {
		return `<row>` + id + inline("session_attended") + inline("2025-03-04") + child + inline("p") + inline("camp") + `</row>`
	}
	rows, rejected := readXLSX(t, handmade(t, `<worksheet><sheetData>`+inlineHeadings+
		row(cell("n", "1"), inline("b_x000D_"))+row(cell("b", "1"), cell("str", "_x005F_x0041_"))+row(cell("b", "0"), inline("_x0001_"))+`</sheetData></worksheet>`))
	if len(rows) != 2 || rows[0].RecordID != "1" || rows[0].Child != "b" || rows[1].RecordID != "TRUE" || rows[1].Child != "_x0041_" {
		t.Errorf("rows %+v", rows)
	}
	if len(rejected) != 1 || rejected[0].Code != "invalid_child" || rejected[0].Line != 4 {
		t.Errorf("rejected %+v", rejected)
	}
}

func TestSheetsThatAreNotReadAreCounted(t *testing.T) {
	for sheets, file := range map[int][]byte{
		0: []byte(swedishFile),
		2: spreadsheet(t, func(f *excelize.File) { f.NewSheet("Mars"); f.NewSheet("April") }),
	} {
		in, err := intake.NewReader(bytes.NewReader(file), options())
		if err != nil || in.Unread != sheets {
			t.Errorf("%d sheets beside the first, %v; there are %d", in.Unread, err, sheets)
		}
	}
}

func TestACellInManyPiecesTakesNoMemory(t *testing.T) {
	pieces := `<row><c t="str"><v>` + strings.Repeat(`a<!---->`, 60_000) + `</v></c></row>`
	file := handmade(t, `<worksheet><sheetData>`+inlineHeadings+pieces+`</sheetData></worksheet>`)
	allocated := allocatedBy(func() {
		rows, rejected := readXLSX(t, file)
		if len(rows) != 0 || len(rejected) != 1 || rejected[0].Column != "record_id" {
			t.Errorf("rows %+v, rejected %+v", rows, rejected)
		}
	})
	if allocated > 64<<20 {
		t.Errorf("%d MB allocated", allocated>>20)
	}
}

func TestFormatsOfNumbersTakeNoMemory(t *testing.T) {
	format := func(id int, code string) string {
		return fmt.Sprintf(`<numFmt numFmtId="%d" formatCode="%s"/>`, id, code)
	}
	child := `<worksheet><sheetData>` + inlineHeadings + `<row>` + inline("1") + inline("session_attended") + inline("2025-03-04") + `<c s="0"><v>7</v></c>` + inline("p") + inline("camp") + `</row></sheetData></worksheet>`
	for zeros, is := range map[int]string{3: "007", 256: "7"} { // Excel takes 255 characters
		rows, rejected := readXLSX(t, handmade(t, child, format(164, strings.Repeat("0", zeros))))
		if len(rows) != 1 || rows[0].Child != is {
			t.Errorf("%d zeros: rows %+v, rejected %+v", zeros, rows, rejected)
		}
	}
	var many strings.Builder
	for id := range 1<<16 + 1 {
		many.WriteString(format(id, "000"))
	}
	_, _, err := readAll(bytes.NewReader(handmade(t, child, many.String())), options())
	wantFileError(t, err, "too_large", "")
}
