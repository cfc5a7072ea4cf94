package export

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
)

const svgText = 14

// SVG draws a chart to stand in a page, so many pixels wide, in the words and numbers of "sv" or "en". Its title and a description of its
// figures are for those who do not see it, its name is not drawn: the page has a caption, and the table beside it. It
// holds no script, style, font, link or id, so that any Content-Security-Policy allows it; text has the page's colour.
// A page may style what a series is drawn with by its class, series-1, series-2 and so on. A chart that is wrong draws nothing.
func SVG(c Chart, lang string, width int) []byte {
	w := wordsOf(lang)
	if err := c.check(); err != nil {
		c.Categories, c.Series = nil, nil
	}
	d := c.draw(screenFace(), w, svgText, float64(width), 0, len(c.Categories))
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" role="img" lang="%s" width="%d" height="%s" viewBox="0 0 %d %s" font-family="system-ui, sans-serif" font-size="%d">`,
		w.tag[:2], width, coordinate(d.height), width, coordinate(d.height), svgText)
	fmt.Fprintf(&b, "\n<title>%s</title>\n<desc>%s</desc>\n", escape(c.Title), escape(c.describe(w)))
	for _, p := range d.paths {
		p.svg(&b)
	}
	for _, l := range d.labels {
		l.svg(&b)
	}
	b.WriteString("</svg>\n")
	return []byte(b.String())
}

func (p path) svg(b *strings.Builder) {
	b.WriteString("<path")
	if p.series > 0 {
		fmt.Fprintf(b, ` class="series-%d"`, p.series)
	}
	b.WriteString(` d="`)
	for _, line := range p.lines {
		for i, at := range line {
			b.WriteByte("ML"[min(i, 1)])
			b.WriteString(coordinate(at.x) + " " + coordinate(at.y))
		}
		if p.closed {
			b.WriteByte('Z')
		}
	}
	fmt.Fprintf(b, `" fill="%s" stroke="%s" stroke-width="%s"`, colour(p.fill), colour(p.stroke), coordinate(p.weight))
	if p.dash > 0 {
		fmt.Fprintf(b, ` stroke-dasharray="%s"`, coordinate(p.dash))
	}
	b.WriteString("/>\n")
}

func (l label) svg(b *strings.Builder) {
	anchors := map[anchor]string{start: "start", middle: "middle", end: "end"}
	fmt.Fprintf(b, `<text x="%s" y="%s" text-anchor="%s" fill="currentColor">%s</text>`+"\n",
		coordinate(l.x), coordinate(l.y), anchors[l.anchor], escape(l.text))
}

func colour(c string) string {
	if c == "" {
		return "none"
	}
	return "#" + c
}

func coordinate(v float64) string {
	s := strconv.FormatFloat(v, 'f', 2, 64)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(clean(s))) // a strings.Builder takes everything
	return b.String()
}
