package export

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"rackvidd/events"
)

var created = time.Date(2022, 2, 3, 9, 30, 0, 0, time.UTC)

// hostile is text as nobody should write it, and somebody will.
var hostile = []string{
	"", " ", "\x00\x01\x1f", "\xff\xfe", "👩‍👩‍👧 漢字 \u202ebak", strings.Repeat("x", 400), strings.Repeat("ord ", 80), "a\u030a",
	"=1+1", "+46", "-1", "@SUMMA(A1)", "\t=1", "\r=1", `=HYPERLINK("http://x")`, "(parentes) \\", `<b a="1">&'`, "]]>", "&L&P", "/", "[a]*?:/\\", "'",
}

func writers() map[string]func(io.Writer, Document) error {
	return map[string]func(io.Writer, Document) error{"PDF": PDF, "XLSX": XLSX, "CSV": CSV}
}

func of(blocks ...Block) Document {
	return Document{Title: "Årsenkät", Language: "sv", Created: created, Sections: []Section{{Heading: "Barn", Name: "Barn", Blocks: blocks}}}
}

// hostileDocument has hostile text in every place, and in tables of every width.
func hostileDocument() Document {
	d := Document{Title: strings.Join(hostile, "|"), Subtitle: hostile[4], Language: "sv", Created: created, Footer: hostile[6]}
	for i, s := range hostile {
		d.About = append(d.About, Fact{s, s})
		table := Table{Caption: s, Total: true}
		for c := range i + 1 {
			table.Columns = append(table.Columns, Column{hostile[(c+i)%len(hostile)], Kind(c % 4)})
		}
		for r := range 3 {
			var row []Cell
			for c := range table.Columns {
				row = append(row, hostileCell(r+c+i))
			}
			table.Rows = append(table.Rows, row)
		}
		chart := Chart{Title: s, Kind: ChartKind(i % 3), Unit: s, Note: s, Axis: s, Categories: hostile}
		for k := range i % 7 {
			chart.Series = append(chart.Series, Series{s, hostileValues(k)})
		}
		d.Sections = append(d.Sections, Section{s, s, []Block{Paragraph{s}, table, chart}})
	}
	d.Sections = append(d.Sections, Section{}, Section{Blocks: []Block{Chart{}, Paragraph{}, Table{Columns: make([]Column, 1)}}})
	d.Signature = &Signature{Declaration: hostile[6], Lines: hostile}
	return d
}

func hostileCell(n int) Cell {
	return []Cell{
		{},
		Text(hostile[n%len(hostile)]),
		Number(math.MinInt64),
		Percent(Share{math.MaxInt64, 1 + n}, 2),
		Day(math.MaxInt32),
		Day(math.MinInt32),
		Band(-1, math.MaxInt64),
		Nothing(hostile[n%len(hostile)]),
	}[n%8]
}

func hostileValues(k int) (list []float64) {
	odd := []float64{0, -5, 1e300, math.NaN(), math.Inf(1), 3.14159, 1e11, -0.001}
	for i := range hostile {
		list = append(list, odd[(i*k+i)%len(odd)])
	}
	return list
}

func TestHostileTextIsWrittenAndTheSameDocumentIsTheSameBytes(t *testing.T) {
	for name, write := range writers() {
		var first, again bytes.Buffer
		if err := write(&first, hostileDocument()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := write(&again, hostileDocument()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !bytes.Equal(first.Bytes(), again.Bytes()) {
			t.Errorf("%s: the same document gave other bytes", name)
		}
	}
}

func TestAMistakeOfTheProgramIsRefusedByName(t *testing.T) {
	columns := []Column{{"Form", Texts}, {"Barn", Numbers}}
	untold, untitled, timeless := of(), of(), of()
	untold.Language, untitled.Title, timeless.Created = "de", "\x00", time.Time{}
	for _, c := range []struct {
		name  string
		given Document
		says  string
	}{
		{"a language that is not ours", untold, `sv or en, not "de"`},
		{"no title", untitled, "needs a title"},
		{"no time", timeless, "when it was created"},
		{"a table without columns", of(Table{Caption: "Former"}), `"Barn": table "Former" has 0 columns`},
		{"a table with too many columns", of(Table{Caption: "Former", Columns: make([]Column, 25)}), `has 25 columns, and may have 1 to 24`},
		{"a row that is too short", of(Table{Caption: "Former", Columns: columns, Rows: [][]Cell{{Text("a"), Number(1)}, {Text("b")}}}), "row 2 has 1 cells"},
		{"a series that is too short", of(Chart{Title: "År", Categories: []string{"a", "b"}, Series: []Series{{"Barn", []float64{1}}}}), `series "Barn" has 1 values`},
		{"a chart with too many series", of(Chart{Title: "År", Series: make([]Series, 24)}), "has 24 series"},
		{"no block", of(nil), "nil"},
	} {
		for name, write := range writers() {
			var b bytes.Buffer
			if err := write(&b, c.given); err == nil || !strings.Contains(err.Error(), c.says) || b.Len() > 0 {
				t.Errorf("%s, %s: %v, and %d bytes", name, c.name, err, b.Len())
			}
		}
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

func TestAFailingWriterIsToldOf(t *testing.T) {
	for name, write := range writers() {
		if err := write(broken{}, of()); err == nil || !strings.Contains(err.Error(), "the disk is full") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTenThousandRowsTakeSeconds(t *testing.T) {
	table := Table{Caption: "Barn", Columns: []Column{{"Barn", Texts}, {"Tillfällen", Numbers}, {"Andel", Percents}, {"Sedan", Days}}}
	for i := range 10_000 {
		table.Rows = append(table.Rows, []Cell{Text(fmt.Sprint("barn ", i)), Number(i), Percent(Share{i, 10_000}, 1), Day(events.Day(i))})
	}
	for name, write := range writers() {
		began := time.Now()
		if err := write(io.Discard, of(table)); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > time.Minute { // one or two seconds on an idle machine
			t.Errorf("%s took %s", name, took)
		}
	}
}
