package web

import (
	"fmt"
	"html/template"
	"slices"
	"strings"

	nationwide "rackvidd/projections/survey"
)

// tile is where a county stands in a grid that is a little like the country: a row, a column and the letters of the county.
type tile struct {
	code, letters string
	row, column   int
}

// tiles are all counties, from the north.
var tiles = []tile{
	{"25", "BD", 0, 2},
	{"24", "AC", 1, 2},
	{"23", "Z", 2, 1},
	{"22", "Y", 2, 2},
	{"20", "W", 3, 1},
	{"21", "X", 3, 2},
	{"17", "S", 4, 0},
	{"18", "T", 4, 1},
	{"19", "U", 4, 2},
	{"03", "C", 4, 3},
	{"14", "O", 5, 0},
	{"05", "E", 5, 1},
	{"04", "D", 5, 2},
	{"01", "AB", 5, 3},
	{"13", "N", 6, 0},
	{"06", "F", 6, 1},
	{"08", "H", 6, 2},
	{"09", "I", 6, 3},
	{"12", "M", 7, 0},
	{"07", "G", 7, 1},
	{"10", "K", 7, 2},
}

const tileWidth, tileHeight, tileGap, tileShades = 92, 52, 6, 5

// countyValue is what the grid says of a county.
type countyValue struct {
	text  string  // as it is read; "–" where nothing is told
	share float64 // of the most, 0 to 1: how dark the tile is
	told  bool
}

// tileGrid draws a value of every county. Each tile has its letters and its value, so that no colour has to be told from
// another; the table beside it has the names.
func tileGrid(title string, values map[string]countyValue, names map[string]string) drawing {
	var b strings.Builder
	width, height := 4*(tileWidth+tileGap)-tileGap, 8*(tileHeight+tileGap)-tileGap
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" role="img" class="tiles" viewBox="0 0 %d %d" font-size="14">`, width, height)
	fmt.Fprintf(&b, "<title>%s</title><desc>", template.HTMLEscapeString(title))
	for i, t := range tiles {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(template.HTMLEscapeString(names[t.code] + ": " + values[t.code].text))
	}
	b.WriteString("</desc>")
	for _, t := range tiles {
		v := values[t.code]
		x, y, shade := t.column*(tileWidth+tileGap), t.row*(tileHeight+tileGap), "none"
		if v.told {
			shade = fmt.Sprint(min(tileShades-1, int(v.share*tileShades)))
		}
		fmt.Fprintf(&b, `<g class="tile-%s"><title>%s</title><rect x="%d" y="%d" width="%d" height="%d" rx="6"/><text x="%d" y="%d">%s</text><text x="%d" y="%d" text-anchor="end" class="value">%s</text></g>`,
			shade, template.HTMLEscapeString(names[t.code]+": "+v.text), x, y, tileWidth, tileHeight, x+8, y+20, t.letters, x+tileWidth-8, y+tileHeight-10, template.HTMLEscapeString(v.text))
	}
	b.WriteString("</svg>")
	return drawing(b.String())
}

// letters are those of a county; "" of several together.
func letters(code string) string {
	if i := slices.IndexFunc(tiles, func(t tile) bool { return t.code == code }); i >= 0 {
		return tiles[i].letters
	}
	return ""
}

// countyValues are what a report says of the counties in one respect: responded, offering or children. Of counties that are
// told of together none is told of alone.
func (v *visit) countyValues(list []nationwide.County, what string) (values map[string]countyValue, names map[string]string) {
	values, names = make(map[string]countyValue), countyNames()
	for code := range names {
		values[code] = countyValue{text: "–"}
	}
	most := 1
	for _, c := range list {
		most = max(most, c.Children)
	}
	for _, c := range list {
		if _, known := values[c.Code]; !known {
			continue
		}
		one := countyValue{told: c.Responded > 0}
		switch what {
		case "children":
			one.text, one.share = v.text().number(c.Children), float64(c.Children)/float64(most)
			if c.ChildrenLower != c.ChildrenUpper {
				one.text = v.text().span(c.ChildrenLower, c.ChildrenUpper)
			}
			if c.Responded == 0 {
				one.text = "–"
			}
		case "offering":
			one.text, one.share = fmt.Sprintf("%d/%d", c.Offering, c.Responded), float64(c.Offering)/float64(max(1, c.Responded))
		default:
			one.text, one.share, one.told = fmt.Sprintf("%d/%d", c.Responded, c.Municipalities), float64(c.Responded)/float64(max(1, c.Municipalities)), true
		}
		values[c.Code] = one
	}
	return values, names
}
