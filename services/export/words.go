package export

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

const nbsp = "\u00a0"

// words is a language's own way to write numbers and days, and the few words that the files add.
type words struct {
	tag                                                  string // as files name the language
	point, percent                                       string
	about, section, table, none, page, missing, category string
	chart                                                map[ChartKind]string
	printer                                              *message.Printer
}

// wordsOf returns the words of "sv" or "en"; of "sv" for any other.
func wordsOf(lang string) words {
	if lang == "en" {
		return words{
			tag: "en-GB", point: ".", percent: "%", about: "About", section: "Section", table: "Table", none: "No rows",
			page: "page %d of %d", missing: "no value", category: "Category",
			chart:   map[ChartKind]string{Bars: "Bar chart", Columns: "Column chart", Lines: "Line chart"},
			printer: message.NewPrinter(language.BritishEnglish),
		}
	}
	return words{
		tag: "sv-SE", point: ",", percent: nbsp + "%", about: "Om", section: "Avsnitt", table: "Tabell", none: "Inga rader",
		page: "sida %d av %d", missing: "inget värde", category: "Kategori",
		chart:   map[ChartKind]string{Bars: "Liggande stapeldiagram", Columns: "Stapeldiagram", Lines: "Linjediagram"},
		printer: message.NewPrinter(language.Swedish),
	}
}

// FormatNumber writes n as it is read: "2 800" in Swedish, with a space that does not break, and "2,800" in English.
func FormatNumber(lang string, n int) string { return wordsOf(lang).number(n) }

func (w words) number(n int) string { return w.printer.Sprintf("%d", n) }

func (w words) decimal(d Decimal) string {
	negative, whole, fraction := d.parts()
	s := w.printer.Sprintf("%d", whole)
	if negative {
		s = strings.TrimSuffix(w.printer.Sprintf("%d", -1), "1") + s
	}
	if fraction != "" {
		s += w.point + fraction
	}
	return s
}

func (w words) day(t time.Time) string {
	if w.tag == "sv-SE" {
		return t.Format(time.DateOnly)
	}
	return t.Format("2 January 2006")
}

func (w words) pages(n, of int) string {
	return strings.ReplaceAll(fmt.Sprintf(w.page, n, of), " ", nbsp)
}

// value writes a chart's value with the decimals it has, two at the most.
func (w words) value(v float64) string {
	d, ok := decimalOf(v)
	if !ok {
		return w.missing
	}
	return w.decimal(d)
}

// most is the largest value that is drawn or written: beyond it nothing is counted, and nothing fits.
const most = 1e12

func isValue(v float64) bool { return math.Abs(v) <= most } // not NaN

// decimalOf rounds what v reads as, half up, to two places or fewer.
func decimalOf(v float64) (Decimal, bool) {
	if !isValue(v) {
		return Decimal{}, false
	}
	r, _ := new(big.Rat).SetString(strconv.FormatFloat(v, 'f', -1, 64))
	d := halfUp(r, 2)
	for d.Places > 0 && d.Units%10 == 0 {
		d.Units, d.Places = d.Units/10, d.Places-1
	}
	return d, true
}
