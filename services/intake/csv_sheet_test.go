package intake_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"pgregory.net/rapid"

	"rackvidd/services/intake"
)

const swedishFile = "löpnummer;händelse;datum;barn;verksamhet;stödform\r\n1;närvaro;2025-01-01;b-1;Källan;läger\r\n2;närvaro;2025-01-02;å-2;Källan;öppen förskola\r\n"

func TestAFileIsReadInAnyEncodingThatSwedishProgramsWrite(t *testing.T) {
	encode := func(e interface{ String(string) (string, error) }) string {
		s, err := e.String(swedishFile)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	little := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder()
	big := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder()
	bare := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder()
	bareBig := unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder()
	for name, file := range map[string]string{
		"UTF-8":                          swedishFile,
		"UTF-8 with a byte order mark":   "\ufeff" + swedishFile,
		"Windows-1252, as Excel writes":  encode(charmap.Windows1252.NewEncoder()),
		"UTF-16, little end first":       encode(little),
		"UTF-16, big end first":          encode(big),
		"UTF-16 without mark":            encode(bare),
		"UTF-16 without mark, big end":   encode(bareBig),
		"tabs":                           strings.ReplaceAll(swedishFile, ";", "\t"),
		"commas":                         strings.ReplaceAll(swedishFile, ";", ","),
		"the line sep=; that Excel uses": "sep=;\r\n" + swedishFile,
		"the line ends of old Macs":      strings.ReplaceAll(swedishFile, "\r\n", "\r"),
		"no line end at the end":         strings.TrimRight(swedishFile, "\r\n"),
		"empty rows":                     strings.ReplaceAll(swedishFile, "\r\n", "\r\n;;;;;\r\n\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			rows, rejected := read(t, file)
			if len(rejected) > 0 || len(rows) != 2 || rows[0].Programme != "Källan" || rows[1].Child != "å-2" || rows[1].Form != "open_preschool" {
				t.Errorf("rows %+v, rejected %+v", rows, rejected)
			}
		})
	}
}

func TestARowInAnotherEncodingThanTheFileIsRejected(t *testing.T) {
	const head = "record_id,type,occurred_on,child,programme,form\n"
	row := func(child string) string { return "r,session_attended,2025-01-01," + child + ",p,camp\n" }
	for name, file := range map[string]string{
		"after a byte order mark":            "\ufeff" + head + row("a") + row("\xe5") + row("b"),
		"after UTF-8":                        head + row("å") + row("\xe5") + row("ä"),
		"before UTF-8":                       head + row("a") + row("\xe5") + row("åäö"),
		"UTF-8 after Windows-1252":           head + row("\xe5\xe4") + row("å") + row("b"),
		"a byte that means nothing":          head + row("\xe5\xe4") + row("\xe5\x81") + row("b"),
		"a letter that was lost before":      head + row("a") + row("\ufffdberg") + row("b"),
		"half a character at the row's end":  head + row("å") + row("b\xc3") + row("b"),
		"a UTF-16 pair that is broken apart": utf16Text(head+row("a")) + utf16Text("r,session_attended,2025-01-01,") + "\x00\xd8" + utf16Text(",p,camp\n"+row("b")),
	} {
		t.Run(name, func(t *testing.T) {
			rows, rejected := read(t, file)
			if len(rows) != 2 || len(rejected) != 1 || rejected[0].Code != "wrong_encoding" || rejected[0].Line != 3 {
				t.Errorf("rows %+v, rejected %+v", rows, rejected)
			}
		})
	}
}

func utf16Text(s string) string {
	s, _ = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().String(s)
	return s
}

func TestARowThatCannotBeTakenApartCostsNoOther(t *testing.T) {
	const head = "record_id,type,occurred_on,child,programme,form\n"
	const good = "r,session_attended,2025-01-01,b,p,camp\n"
	for name, bad := range map[string]string{
		"a quotation mark that is never closed":   "r,session_attended,2025-01-01,\"b,p,camp\n",
		"a quotation mark inside":                 "r,session_attended,2025-01-01,b\"x,p,camp\n",
		"text after a quotation":                  "r,session_attended,2025-01-01,\"b\"x,p,camp\n",
		"a NUL":                                   "r,session_attended,2025-01-01,b\x00,p,camp\n",
		"an opening mark at the start of the row": "\"r,session_attended,2025-01-01,b,p,camp\n",
		"a mark that closes rows later":           "r,session_attended,2025-01-01,\"b,p,camp\n" + good + good,
	} {
		t.Run(name, func(t *testing.T) {
			rows, rejected := read(t, head+good+bad+good+good)
			want := 3 + strings.Count(bad, "\n") - 1
			if len(rows) != want || len(rejected) != 1 || rejected[0].Code != "malformed_row" || rejected[0].Column != "" || rejected[0].Line != 3 {
				t.Errorf("rows %+v, rejected %+v", rows, rejected)
			}
			if last := rows[len(rows)-1].Line; last != want+2 {
				t.Errorf("the last row is on line %d", last)
			}
		})
	}
}

func TestCellsLeftOutAtTheEndOfARowAreEmpty(t *testing.T) {
	rows, rejected := read(t, `record_id,type,occurred_on,child,programme,form,birth_year,gender
1,session_attended,2025-01-01,b,p,camp
2,session_attended,2025-01-01,b,p,camp,2014
3,session_attended,2025-01-01,b,p
4,session_attended
,
5,session_attended,2025-01-01,b,p,camp,,girl
`)
	if len(rows) != 3 || rows[0].BirthYear != 0 || rows[1].BirthYear != 2014 || rows[1].Gender != "" || rows[2].Gender != "girl" || rows[2].Line != 7 {
		t.Errorf("rows %+v", rows)
	}
	said := ""
	for _, r := range rejected {
		said += fmt.Sprintf("%d %s %s; ", r.Line, r.Column, r.Code)
	}
	if said != "4 form missing_form; 5 occurred_on missing_occurred_on; " {
		t.Error(said)
	}
}

func TestAHeadingMayRunOverTwoLines(t *testing.T) {
	rows, rejected := read(t, "löpnummer;händelse;datum;barn;verksamhet;stödform;\"Antal\nutan namn\"\n1;närvaro;2025-01-01;;p;läger;3\n")
	if len(rejected) > 0 || len(rows) != 1 || rows[0].Count != 3 || rows[0].Line != 3 {
		t.Errorf("rows %+v, rejected %+v", rows, rejected)
	}
	rows, rejected = read(t, "\"Antal\nutan namn\";löpnummer;händelse;datum;barn;verksamhet;stödform\n3;1;närvaro;2025-01-01;;p;läger\n")
	if len(rejected) > 0 || len(rows) != 1 || rows[0].Count != 3 {
		t.Errorf("the first one: rows %+v, rejected %+v", rows, rejected)
	}
	rows, rejected = readXLSX(t, handmade(t, `<worksheet><sheetData>`+inlineRow("record_id", "type", "occurred_on", "child", "programme", "form", "Antal\nutan namn")+inlineRow("1", "närvaro", "2025-01-01", "", "p", "läger", "3")+`</sheetData></worksheet>`))
	if len(rejected) > 0 || len(rows) != 1 || rows[0].Count != 3 {
		t.Errorf("in a spreadsheet: rows %+v, rejected %+v", rows, rejected)
	}
}

func TestTheRowInWhichAFileWasCutOffIsRejected(t *testing.T) {
	const file = "record_id,type,occurred_on,child,programme,form,role\n1,session_attended,2025-01-01,b,p,camp,adult\n"
	for name, rest := range map[string]string{
		"between two cells": "2,session_attended,2025-01-01,b,p,camp",
		"within one":        "2,session_attended,2025-01-01,b,p,ca",
		"within its first":  "2",
	} {
		rows, rejected := read(t, file+rest)
		if len(rows) != 1 || len(rejected) != 1 || rejected[0].Code != "cut_off" || rejected[0].Line != 3 {
			t.Errorf("%s: rows %+v, rejected %+v", name, rows, rejected)
		}
	}
}

func TestACellThatNoHeadingStandsAboveIsRejected(t *testing.T) {
	for name, file := range map[string]string{
		"a value beyond the last heading":           "record_id,type,occurred_on,child,programme,form\n1,session_attended,2025-01-01,b,p,camp,x\n",
		"an empty cell, for others may be moved":    "record_id,type,occurred_on,child,programme,form\n1,session_attended,2025-01-01,b,p,camp,\n",
		"a value under a heading that says nothing": "record_id,type,occurred_on,child,programme,form,\n1,session_attended,2025-01-01,b,p,camp,x\n",
	} {
		t.Run(name, func(t *testing.T) {
			rows, rejected := read(t, file+"2,session_attended,2025-01-01,b,p,camp\n")
			if len(rows) != 1 || len(rejected) != 1 || rejected[0].Code != "extra_cell" || rejected[0].Column != "" || rejected[0].Line != 2 {
				t.Errorf("rows %+v, rejected %+v", rows, rejected)
			}
		})
	}
}

func TestAStrayQuotationMarkInANoteSwallowsNoShortRows(t *testing.T) {
	o := options()
	o.Columns = map[string]string{"note": "-"}
	rows, rejected, err := readAll(strings.NewReader(`record_id,type,occurred_on,child,programme,form,note,gender
1,session_attended,2025-01-01,b,p,camp,"stray
2,session_attended,2025-01-01,b,p,camp
3,session_attended,2025-01-01,b,p,camp,closed"
4,session_attended,2025-01-01,b,p,camp
`), o)
	if err != nil || len(rows) != 2 || len(rejected) != 2 || rejected[0].Line != 2 || rejected[1].Line != 4 {
		t.Errorf("rows %+v, rejected %+v, %v", rows, rejected, err)
	}
}

func TestTwoStrayQuotationMarksCostTheirOwnRowsAlone(t *testing.T) {
	rows, rejected := read(t, `record_id,type,occurred_on,child,programme,form
1,session_attended,2025-01-01,"b,p,camp
2,session_attended,2025-01-01,b,p,camp
3,session_attended,2025-01-01,b",p,camp
4,session_attended,2025-01-01,b,p,camp
`)
	if len(rows) != 2 || rows[0].Line != 3 || rows[1].Line != 5 || len(rejected) != 2 || rejected[0].Line != 2 || rejected[1].Line != 4 {
		t.Errorf("rows %+v, rejected %+v", rows, rejected)
	}
}

func TestAFieldTooLongIsRejectedAndTheRestRead(t *testing.T) {
	const head = "record_id,type,occurred_on,child,programme,form\n"
	const good = "r,session_attended,2025-01-01,b,p,camp\n"
	for name, long := range map[string]string{
		"bare":                  strings.Repeat("x", 64<<10+1),
		"quoted":                `"` + strings.Repeat("x,", 40000) + `"`,
		"quoted, not closed":    `"` + strings.Repeat("x,", 40000),
		"longer than is kept":   strings.Repeat("å", 1<<20),
		"quoted, and as long":   `"` + strings.Repeat("å,", 1<<20) + `"`,
		"of quotation marks":    `"` + strings.Repeat(`""`, 2<<20) + `"`,
		"at the rows' very end": strings.Repeat("x", 70000),
	} {
		t.Run(name, func(t *testing.T) {
			bad := "r,session_attended,2025-01-01," + long + ",p,camp\n"
			rows, rejected := read(t, head+good+bad+good)
			if len(rows) != 2 || rows[1].Line != 4 || len(rejected) != 1 {
				t.Fatalf("%d rows, %d rejected", len(rows), len(rejected))
			}
			if got := rejected[0]; got.Code != "too_long" || got.Line != 3 || got.Column != "child" {
				t.Errorf("rejected %+v", got)
			}
		})
	}
}

func TestARowOfManyLongFieldsIsTooLong(t *testing.T) {
	o := options()
	o.Columns = map[string]string{"note": "-"}
	const start = "r,session_attended,2025-01-01,b,p,camp"
	file := "record_id,type,occurred_on,child,programme,form" + strings.Repeat(",note", 20) + "\n" +
		start + strings.Repeat(","+strings.Repeat("x", 60000), 20) + "\n" + start + strings.Repeat(",", 20) + "\n"
	rows, rejected, err := readAll(strings.NewReader(file), o)
	if err != nil || len(rows) != 1 || rows[0].Line != 3 || len(rejected) != 1 || rejected[0].Code != "too_long" {
		t.Errorf("rows %+v, rejected %+v, %v", rows, rejected, err)
	}
}

func TestAHundredMegabyteFieldTakesNoMemory(t *testing.T) {
	const head, start, end = "record_id,type,occurred_on,child,programme,form\n", "r,session_attended,2025-01-01,", ",p,camp\n"
	field := io.LimitReader(endless("sommarläger"), 100<<20)
	file := io.MultiReader(strings.NewReader(head+start), field, strings.NewReader(end+start+"b"+end))
	allocated := allocatedBy(func() {
		rows, rejected, err := readAll(file, options())
		if err != nil || len(rows) != 1 || rows[0].Line != 3 || len(rejected) != 1 || rejected[0].Code != "too_long" {
			t.Errorf("rows %+v, rejected %+v, %v", rows, rejected, err)
		}
	})
	if allocated > 16<<20 {
		t.Errorf("%d MB allocated", allocated>>20)
	}
}

func TestMemoryDoesNotGrowWithTheFile(t *testing.T) {
	const head, row = "record_id,type,occurred_on,child,programme,form\n", "r,session_attended,2025-01-01,b,p,camp\n"
	in, err := intake.NewReader(io.MultiReader(strings.NewReader(head), io.LimitReader(endless(row), int64(len(row)*300000))), options())
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	count := 0
	for ; err == nil; count++ {
		_, _, err = in.Next()
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(in)
	if err != io.EOF || count != 300001 || int64(after.HeapAlloc)-int64(before.HeapAlloc) > 1<<20 {
		t.Errorf("%d rows, %v, %d kB more", count, err, (int64(after.HeapAlloc)-int64(before.HeapAlloc))>>10)
	}
}

func allocatedBy(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// endless repeats a text.
func endless(s string) io.Reader { return &repeated{[]byte(s), 0} }

type repeated struct {
	text []byte
	at   int
}

func (r *repeated) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		c := copy(p[n:], r.text[r.at:])
		n, r.at = n+c, (r.at+c)%len(r.text)
	}
	return n, nil
}

func TestRowsAreTakenApartAsEncodingCSVDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfN(rapid.StringMatching(`[a-zåäö",; ]{1,12}`), 1, 20).Draw(t, "ids")
		var file bytes.Buffer
		out := csv.NewWriter(&file)
		out.Comma = rapid.SampledFrom([]rune{',', ';', '\t'}).Draw(t, "separator")
		out.UseCRLF = rapid.Bool().Draw(t, "CRLF")
		out.Write([]string{"record_id", "type", "occurred_on", "child", "programme", "form"})
		for i, id := range ids {
			out.Write([]string{fmt.Sprint(i), "session_attended", "2025-01-01", "x" + id + "x", "p", "camp"})
		}
		out.Flush()
		rows, rejected, err := readAll(&file, options())
		if err != nil || len(rejected) > 0 || len(rows) != len(ids) {
			t.Fatalf("rows %d, rejected %+v, %v", len(rows), rejected, err)
		}
		for i, id := range ids {
			if rows[i].Child != "x"+id+"x" {
				t.Fatalf("child %q, want %q", rows[i].Child, "x"+id+"x")
			}
		}
	})
}
