package intake_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"rackvidd/services/intake"
)

// FuzzReader feeds the reader anything: it never panics, ends, and says nothing of what the file holds.
func FuzzReader(f *testing.F) {
	const head = "record_id,type,occurred_on,child,programme,form,count\n"
	for _, seed := range []string{
		swedishFile, "\ufeff" + swedishFile, utf16Text(swedishFile), "sep=;\n" + swedishFile,
		head + "1,session_attended,2025-01-01,\"b\nc\",p,camp,\n\"\"\"\n2,x\x00,\xff,\"\n",
		head + "1,session_attended,2025-01-01,,p,camp,3\r\r\n\n",
		"PK\x03\x04", "\xff\xfe\x00\xd8", "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		in, err := intake.NewReader(bytes.NewReader(file), options())
		lines, last := bytes.Count(file, []byte("\n"))+bytes.Count(file, []byte("\r"))+2, 0
		for n := 0; err == nil; n++ {
			var row intake.Row
			var wrong *intake.Rejection
			row, wrong, err = in.Next()
			if err == nil {
				last = checkOutcome(t, row, wrong, last)
			}
			if n > lines && !bytes.HasPrefix(file, []byte("PK")) {
				t.Fatalf("more rows than the %d lines", lines)
			}
		}
		if wrong := (*intake.FileError)(nil); err != io.EOF && !errors.As(err, &wrong) {
			t.Fatalf("ended with %v", err)
		}
	})
}

// FuzzSpreadsheet does the same with the first sheet of a workbook.
func FuzzSpreadsheet(f *testing.F) {
	f.Add("<row>" + inline("r") + "</row>")
	f.Add(`<row r="3"><c r="D3"><f>1</f><v>2</v></c></row>`)
	f.Add(`<row><c r="AAA1" t="s"><v>0</v></c><c t="e"/></row><!-- x --><![CDATA[<row>]]>`)
	f.Fuzz(func(t *testing.T, sheet string) {
		in, err := intake.NewReader(bytes.NewReader(handmade(t, "<worksheet><sheetData>"+inlineHeadings+sheet+"</sheetData></worksheet>")), options())
		for err == nil {
			var wrong *intake.Rejection
			if _, wrong, err = in.Next(); wrong != nil {
				checkOutcome(t, intake.Row{}, wrong, -1<<62)
			}
		}
		if wrong := (*intake.FileError)(nil); err != io.EOF && !errors.As(err, &wrong) {
			t.Fatalf("ended with %v", err)
		}
	})
}

var ownWords = intake.OwnWords()

// checkOutcome checks that a row keeps the rules or that its rejection is made of our own words alone.
func checkOutcome(t *testing.T, row intake.Row, wrong *intake.Rejection, last int) int {
	t.Helper()
	if wrong == nil {
		if row.RecordID == "" || row.Type == "" || row.Home == "" || row.OccurredOn > today || row.Child != "" && row.Count != 0 || row.Line <= last {
			t.Fatalf("row %+v after line %d", row, last)
		}
		return row.Line
	}
	if wrong.Line <= last || strings.Trim(wrong.Code, "abcdefghijklmnopqrstuvwxyz_") != "" {
		t.Fatalf("rejected %+v after line %d", wrong, last)
	}
	if !ownWords[[3]string{wrong.Column, wrong.Code, wrong.Message}] {
		t.Fatalf("said %+v", wrong)
	}
	return wrong.Line
}
