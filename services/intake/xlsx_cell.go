package intake

import (
	"encoding/xml"
	"math"
	"regexp"
	"strconv"
	"strings"

	"rackvidd/events"
)

// xlsxCell is a cell as it is stored.
type xlsxCell struct {
	name    string // B7
	kind    string // s: a shared string; b, e, d, str, inlineStr; else a number
	style   string // the number of its format; "": none
	value   string
	formula bool
}

func readXLSXCell(in *xml.Decoder, start xml.StartElement) (xlsxCell, error) {
	c := xlsxCell{name: attribute(start, "r"), kind: attribute(start, "t"), style: attribute(start, "s")}
	var value strings.Builder
	inValue := false
	for {
		token, err := in.RawToken()
		if err != nil {
			return c, err
		}
		switch e := token.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "f":
				c.formula = true
			case "v":
				inValue = true
			case "is":
				if c.value, err = richText(in, "is"); err != nil {
					return c, err
				}
			}
		case xml.CharData:
			if inValue && value.Len() <= maxField {
				value.Write(e)
			}
		case xml.EndElement:
			if inValue = false; e.Name.Local == "c" {
				c.value += value.String()
				return c, nil
			}
		}
	}
}

// richText reads the runs of a text up to the end of the element, without the pronunciation beside them.
func richText(in *xml.Decoder, end string) (string, error) {
	var b strings.Builder
	inText, spoken := false, false
	for {
		token, err := in.RawToken()
		if err != nil {
			return "", err
		}
		switch e := token.(type) {
		case xml.StartElement:
			inText = e.Name.Local == "t"
			spoken = spoken || e.Name.Local == "rPh"
		case xml.CharData:
			if inText && !spoken && b.Len() <= maxField {
				b.Write(e)
			}
		case xml.EndElement:
			inText = false
			if e.Name.Local == "rPh" {
				spoken = false
			}
			if e.Name.Local == end {
				return unescaped(b.String()), nil
			}
		}
	}
}

// A character that XML cannot hold is written as _x000D_, and a text that reads so by itself as _x005F_x000D_.
var escaped = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

func unescaped(s string) string {
	return escaped.ReplaceAllStringFunc(s, func(e string) string {
		r, _ := strconv.ParseUint(e[2:6], 16, 16)
		return string(rune(r))
	})
}

// column returns where the cell stands: as its name says, or else at the next place.
func (c xlsxCell) column(next int) int {
	if c.name == "" {
		return next
	}
	n := 0
	for i := 0; i < len(c.name) && c.name[i] >= 'A' && c.name[i] <= 'Z' && n <= maxCells; i++ {
		n = n*26 + int(c.name[i]-'A') + 1
	}
	if n == 0 {
		return next
	}
	return n - 1
}

func (c xlsxCell) isNumber() bool { return c.kind == "" || c.kind == "n" }

// text returns the value as text; numbers without fraction or exponent as far as their digits are exact.
func (c xlsxCell) text(shared []string) (string, error) {
	switch {
	case c.kind == "s":
		i, err := strconv.Atoi(strings.TrimSpace(c.value))
		if err != nil || i < 0 || i >= len(shared) {
			return "", errDamaged
		}
		return shared[i], nil
	case c.isNumber() && c.value != "":
		return plainNumber(c.value), nil
	case c.kind == "str":
		return unescaped(c.value), nil
	case c.kind == "b": // 1 and 0 are ids as well
		return strings.NewReplacer("1", "TRUE", "0", "FALSE").Replace(c.value), nil
	}
	return c.value, nil
}

func plainNumber(s string) string {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) >= 1e15 {
		return s
	}
	return strconv.FormatInt(int64(f), 10)
}

// A number below is somebody's year or a slip: nothing was recorded before the autumn of 1954.
const firstSerial = 20000

// dayOfSerial reads a spreadsheet's day number; what is none is left for the rules to refuse.
func dayOfSerial(s string, date0 int) string {
	serial, err := strconv.ParseFloat(s, 64)
	if err != nil || serial < firstSerial || serial >= 110000 {
		return s
	}
	return events.Day(int(serial) - date0).String()
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}
