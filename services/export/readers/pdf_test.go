package readers

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"rackvidd/services/export"
)

func TestAPDFIsTaggedAndItsFontsAreInIt(t *testing.T) {
	path := file(t, "survey.pdf", export.PDF)
	info := Run(t, "pdfinfo", path)
	for _, want := range []string{
		`Title: +Årsenkät 2021 – Örebro × Uddevalla\n`, `Tagged: +yes\n`, `Suspects: +no\n`, `JavaScript: +no\n`, `Encrypted: +no\n`,
		`CreationDate: +.*Feb +3 .*2022`, `Page size: +595.28 x 841.89 pts \(A4\)`,
	} {
		if !regexp.MustCompile(want).MatchString(info) {
			t.Errorf("no %s in\n%s", want, info)
		}
	}
	fonts := strings.Split(strings.TrimSpace(Run(t, "pdffonts", path)), "\n")[2:]
	for _, font := range fonts {
		if fields := strings.Fields(font); len(fields) < 8 || fields[len(fields)-5] != "yes" || fields[len(fields)-3] != "yes" {
			t.Errorf("not embedded, or without Unicode: %s", font)
		}
	}
	if len(fonts) != 2 {
		t.Errorf("%d fonts", len(fonts))
	}
}

// What a screen reader finds, in the order in which it reads.
func TestAScreenReaderFindsHeadingsTablesAndCharts(t *testing.T) {
	tree := Run(t, "pdfinfo", "-struct-text", file(t, "survey.pdf", export.PDF))
	tree = strings.Join(strings.Fields(tree), " ")
	at := 0
	for _, want := range []string{
		`Document H1 (block) "Årsenkät 2021 – Örebro × Uddevalla" P (block) "Inlämnad"`,
		`Table (block) TBody TR TH: /Scope /Row "Kommun" TD "Örebro (1880)"`,
		`H2 (block) "Barn som fått stöd" P (block) "Under året deltog 2 800 barn."`,
		`Table (block) Caption "Barn per stödform" THead TR TH: /Scope /Column "Stödform" TH: /Scope /Column "Barn"`,
		`TBody TR TH: /Scope /Row "=1+1" TD "2 800" TD "66,9 %" TD "2019-04-14"`,
		`TH: /Scope /Row "Läger" TD "1–4" TD "visas inte" TD`,
		`TH: /Scope /Row "Alla" TD "45–52" TD "91 %"`,
		`Figure`, `Caption "Barn per år"`,
		`TH: /Scope /Column "År" TH: /Scope /Column "Örebro"`, `"2020" TD "–" TD "48"`, `"2 800,5"`, `P (block) "Källa: loggen – läst 2022-02-03"`,
		`H2 (block) "Tillfällen"`, `"Tillfälle 120" TD "119 000"`,
		`H2 (block) "Bredd"`, `TD "14 000 000"`,
		`P (block) "Jag intygar att uppgifterna är riktiga."`, `"Ort och datum"`, `"Namnförtydligande"`,
	} {
		found := strings.Index(tree[at:], want)
		if found < 0 {
			t.Fatalf("no %s after\n%s", want, tree[max(0, at-200):min(len(tree), at+2000)])
		}
		at += found
	}
	if n := strings.Count(tree, `"Närvarande"`); n != 1 {
		t.Errorf("a heading that is repeated on every page is read %d times", n)
	}
}

func TestEveryPageHasItsNumberAndATableItsHeadings(t *testing.T) {
	path := file(t, "survey.pdf", export.PDF)
	pages := strings.Split(strings.TrimSuffix(Run(t, "pdftotext", "-layout", path, "-"), "\f"), "\f")
	if len(pages) < 5 {
		t.Fatalf("%d pages", len(pages))
	}
	headings := 0
	for i, page := range pages {
		page = strings.ReplaceAll(page, "\u00a0", " ")
		if want := fmt.Sprintf("sida %d av %d", i+1, len(pages)); !strings.Contains(page, want) || !strings.Contains(page, "Räckvidd – Örebro") {
			t.Errorf("no %q on\n%s", want, page)
		}
		headings += strings.Count(page, "Närvarande")
	}
	if headings < 3 {
		t.Errorf("a table over several pages has its headings on %d", headings)
	}
}

func TestNoRowIsAloneOnATablesLastPage(t *testing.T) {
	for rows := 20; rows < 75; rows++ {
		table := export.Table{Caption: "Alla", Columns: []export.Column{{Heading: "Rubrik"}}}
		for i := range rows {
			table.Rows = append(table.Rows, []export.Cell{export.Text(fmt.Sprint("rad", i+1, "."))})
		}
		var b bytes.Buffer
		if err := export.PDF(&b, export.Document{Title: "Tabell", Language: "sv", Created: time.Date(2022, 2, 3, 9, 30, 0, 0, time.UTC), Sections: []export.Section{{Heading: "En", Blocks: []export.Block{table}}}}); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "table.pdf")
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		pages := strings.Split(strings.TrimSuffix(Run(t, "pdftotext", path, "-"), "\f"), "\f")
		all, last := 0, strings.Count(pages[len(pages)-1], "rad")
		for _, page := range pages {
			all += strings.Count(page, "rad")
		}
		if all != rows || last == 1 {
			t.Errorf("of %d rows %d are there, %d on the last of %d pages", rows, all, last, len(pages))
		}
	}
}

var word = regexp.MustCompile(`<(page|word) (?:width="([\d.]+)" height="([\d.]+)"|xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)")>([^<]*)`)

// Words are where poppler finds them: within the margins, and none on another.
func TestNothingIsClippedAndNothingOverlaps(t *testing.T) {
	type box struct {
		x1, y1, x2, y2 float64
		text           string
	}
	var page []box
	width, height, words := 0.0, 0.0, 0
	for _, m := range word.FindAllStringSubmatch(Run(t, "pdftotext", "-bbox", file(t, "survey.pdf", export.PDF), "-"), -1) {
		if m[1] == "page" {
			page, width, height = nil, number(m[2]), number(m[3])
			continue
		}
		words++
		b := box{number(m[4]), number(m[5]), number(m[6]), number(m[7]), m[8]}
		if b.x1 < 61 || b.x2 > width-61 || b.y1 < 50 || b.y2 > height-20 {
			t.Errorf("%q is outside of the margins: %v", b.text, b)
		}
		b.y1, b.y2 = b.y1+0.3*(b.y2-b.y1), b.y2-0.2*(b.y2-b.y1) // a line's box is higher than its letters
		for _, o := range page {
			if b.x1+0.2 < o.x2 && o.x1+0.2 < b.x2 && b.y1 < o.y2 && o.y1 < b.y2 {
				t.Errorf("%q lies on %q: %v %v", b.text, o.text, b, o)
			}
		}
		page = append(page, b)
	}
	if words < 1000 {
		t.Errorf("only %d words were found", words)
	}
}

func number(s string) float64 {
	f, _ := strconv.ParseFloat(s, 64)
	return f
}
