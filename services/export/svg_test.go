package export

import (
	"bytes"
	"encoding/xml"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func charts() (list []Chart) {
	for kind := Bars; kind <= Lines; kind++ {
		for series := range 7 {
			c := Chart{Title: "<Barn> & år", Unit: "barn", Kind: kind, Categories: hostile}
			for k := range series {
				c.Series = append(c.Series, Series{hostile[k+3], hostileValues(k)})
			}
			list = append(list, c, Chart{Kind: kind})
		}
	}
	return list
}

// Nothing that a strict Content-Security-Policy refuses, or that clashes with another chart of the same page.
func TestAnSVGIsSafeInAnyPage(t *testing.T) {
	elements := []string{"svg", "title", "desc", "path", "text"}
	attributes := []string{
		"xmlns", "role", "lang", "width", "height", "viewBox", "font-family", "font-size", "class", "d", "fill", "stroke",
		"stroke-width", "stroke-dasharray", "x", "y", "text-anchor",
	}
	for _, c := range charts() {
		d := xml.NewDecoder(bytes.NewReader(SVG(c, "sv", 640)))
		for {
			token, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			e, ok := token.(xml.StartElement)
			if !ok {
				continue
			}
			if !slices.Contains(elements, e.Name.Local) {
				t.Fatalf("an element %s", e.Name.Local)
			}
			for _, a := range e.Attr {
				if !slices.Contains(attributes, a.Name.Local) || strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") {
					t.Fatalf("an attribute %s=%q", a.Name.Local, a.Value)
				}
			}
		}
	}
}

func TestAnSVGSaysWhatItShows(t *testing.T) {
	c := Chart{
		Title: "Barn & <unga>", Unit: "personer", Kind: Lines, Categories: []string{"2020", "2021"},
		Series: []Series{{"Örebro", []float64{2800, math.NaN()}}, {"Uddevalla", []float64{1, 0.5}}},
	}
	got := string(SVG(c, "sv", 640))
	for _, want := range []string{
		`role="img"`, `lang="sv"`, "<title>Barn &amp; &lt;unga&gt;</title>",
		"<desc>Linjediagram, personer. Örebro, 2020: 2\u00a0800; 2021: inget värde. Uddevalla, 2020: 1; 2021: 0,5.</desc>",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	if again := string(SVG(c, "sv", 640)); again != got {
		t.Error("the same chart is drawn in two ways")
	}
}

func TestSeriesAreToldApartWithoutColours(t *testing.T) {
	seen := make(map[string]bool)
	for i := range 4 {
		l := lookOf(i)
		seen[strconv.FormatFloat(l.dash, 'f', -1, 64)+" "+strconv.Itoa(l.corners)] = true
	}
	if len(seen) != 4 {
		t.Errorf("%v", seen)
	}
}

func TestADrawingStaysWithinItsEdgesAndItsLabelsApart(t *testing.T) {
	years := Chart{Title: "År", Kind: Lines, Unit: "barn", Series: []Series{{Name: "Barn"}}}
	for y := range 40 {
		years.Categories = append(years.Categories, strconv.Itoa(1990+y))
		years.Series[0].Values = append(years.Series[0].Values, float64(y*y%17))
	}
	columns, several := years, years
	columns.Kind = Columns
	several.Series = append(slices.Clone(years.Series), Series{"Ungdomar", years.Series[0].Values})
	for _, c := range append(charts(), years, columns, several) {
		f := regular()
		d := c.draw(f, wordsOf("sv"), 10, 470, 0, len(c.Categories))
		var boxes []box
		for _, l := range d.labels {
			wide := f.width(l.text) * l.size
			left := l.x - float64(l.anchor)*wide
			b := box{left, l.y - 0.7*l.size, left + wide, l.y}
			if b.left < -0.5 || b.right > d.width+0.5 || b.top < -0.5 || b.bottom > d.height+0.5 {
				t.Errorf("%q is outside of kind %d with %d series: %v", l.text, c.Kind, len(c.Series), b)
			}
			for _, o := range boxes {
				if b.left+0.1 < o.right && o.left+0.1 < b.right && b.top+0.1 < o.bottom && o.top+0.1 < b.bottom {
					t.Errorf("%q lies on another label of kind %d with %d series", l.text, c.Kind, len(c.Series))
				}
			}
			boxes = append(boxes, b)
		}
		for _, p := range d.paths {
			for _, at := range slices.Concat(p.lines...) {
				if at.x < -0.5 || at.x > d.width+0.5 || at.y < -0.5 || at.y > d.height+0.5 || math.IsNaN(at.x+at.y) {
					t.Errorf("a point at %v is outside of kind %d", at, c.Kind)
				}
			}
		}
	}
}
