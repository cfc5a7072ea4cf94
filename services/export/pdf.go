package export

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"codeberg.org/go-pdf/fpdf"
)

// PDF writes the document on A4 pages, to be read, printed and signed. It is a tagged PDF: a screen reader finds headings,
// tables with their headings, and every chart in words. A table too wide for a page's width lies on pages turned sideways.
func PDF(w io.Writer, d Document) error {
	if err := d.check(); err != nil {
		return err
	}
	p := newPages(d)
	p.title(d)
	for _, s := range d.Sections {
		p.section(s)
	}
	if d.Signature != nil {
		p.signature(*d.Signature)
	}
	p.footers(d.Footer)
	var made bytes.Buffer
	if err := p.pdf.Output(&made); err != nil {
		return fmt.Errorf("write a PDF: %w", err)
	}
	if err := writeTagged(w, made.Bytes(), p.tags, p.words.tag); err != nil {
		return fmt.Errorf("write a PDF: %w", err)
	}
	return nil
}

// newPages begins a document with the properties of d and its first page.
func newPages(d Document) *pages {
	p := &pages{pdf: fpdf.New("P", "pt", "A4", ""), regular: regular(), bold: bold(), words: wordsOf(d.Language), tags: newTags()}
	p.pdf.SetCatalogSort(true)
	p.pdf.SetAutoPageBreak(false, 0)
	p.pdf.SetMargins(0, 0, 0)
	p.pdf.SetCreationDate(d.Created.UTC())
	p.pdf.SetModificationDate(d.Created.UTC())
	p.pdf.SetTitle(clean(d.Title), true)
	p.pdf.SetSubject(clean(d.Subtitle), true)
	p.pdf.SetCreator("Räckvidd", true)
	p.pdf.SetProducer("fpdf", false)
	p.pdf.SetXmpMetadata(xmp(d, p.words.tag))
	p.pdf.AddUTF8FontFromBytes("Sans", "", p.regular.ttf)
	p.pdf.AddUTF8FontFromBytes("Sans", "B", p.bold.ttf)
	p.addPage(false)
	return p
}

func xmp(d Document, lang string) []byte {
	var title strings.Builder
	_ = xml.EscapeText(&title, []byte(clean(d.Title)))
	created := d.Created.UTC().Format("2006-01-02T15:04:05Z")
	return []byte(`<?xpacket begin="` + "\uFEFF" + `" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">` + title.String() + `</rdf:li></rdf:Alt></dc:title>
<dc:language><rdf:Bag><rdf:li>` + lang + `</rdf:li></rdf:Bag></dc:language>
<xmp:CreateDate>` + created + `</xmp:CreateDate><xmp:ModifyDate>` + created + `</xmp:ModifyDate>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>`)
}

// title writes the document's head: what it is, and what it is about.
func (p *pages) title(d Document) {
	p.paragraph("H1", d.Title, text{face: p.bold, size: 21, leading: 26})
	if clean(d.Subtitle) != "" {
		p.y += 3
		p.paragraph("P", d.Subtitle, text{face: p.regular, size: 12.5, leading: 17, colour: grey})
	}
	p.y += 14
	p.facts(d.About)
}

// facts are a table of two columns without rules but the first and the last.
func (p *pages) facts(list []Fact) {
	if len(list) == 0 {
		return
	}
	var rows [][]Cell
	for _, f := range list {
		rows = append(rows, []Cell{Text(f.Label), Text(f.Value)})
	}
	t := p.layTable(Table{Columns: make([]Column, 2), Rows: rows}, p.width(), 9.5)
	t.headless = true
	label := min(max(t.widths[0], 110), 0.4*p.width())
	t.widths[0], t.widths[1] = label, p.width()+gutter-label
	t.write()
}

func (p *pages) section(s Section) {
	turned := p.needsTurning(s)
	switch {
	case turned != p.turned:
		p.addPage(turned)
	case p.y > p.top():
		p.y += 22
		p.keep(23 + p.beginning(s))
	}
	if heading := p.bold.shown(s.Heading); heading != "" {
		p.pdf.Bookmark(heading, 0, p.y)
		p.paragraph("H2", heading, text{face: p.bold, size: 14, leading: 18})
		p.y += 5
	}
	for i, b := range s.Blocks {
		if i > 0 {
			p.y += 12
		}
		switch b := b.(type) {
		case Paragraph:
			p.paragraph("P", b.Text, p.body())
		case Table:
			p.fitted(b).write()
		case Chart:
			p.chart(b)
		}
	}
}

// beginning is how much room a section's first block needs to begin, so that no heading stands alone.
func (p *pages) beginning(s Section) float64 {
	if len(s.Blocks) == 0 {
		return 0
	}
	switch b := s.Blocks[0].(type) {
	case Table:
		return p.fitted(b).beginning()
	case Chart:
		d, _ := p.some(b, 0)
		return d.height + p.caption().leading + 8
	}
	return 3 * p.body().leading
}

// needsTurning reports whether a table of the section is too wide for an upright page.
func (p *pages) needsTurning(s Section) bool {
	for _, t := range tables(s, p.words) {
		if p.layTable(t, upright.width-2*side, smallestTable).squeezed {
			return true
		}
	}
	return false
}

// signature keeps the declaration and its lines on one page, two lines beside each other.
func (p *pages) signature(s Signature) {
	const gap, tall = 24.0, 46.0
	if p.turned {
		p.addPage(false)
	}
	body := p.body()
	declaration := p.lines(s.Declaration, body, p.width())
	p.y += 26
	p.keep(float64(len(declaration))*body.leading + tall*float64((len(s.Lines)+1)/2))
	p.paragraph("P", s.Declaration, body)
	small := text{face: p.regular, size: 8.5, leading: 11, colour: grey}
	wide := (p.width() - gap) / 2
	for i := 0; i < len(s.Lines); i += 2 {
		pair := s.Lines[i:min(i+2, len(s.Lines))]
		deepest := 1
		for _, line := range pair {
			deepest = max(deepest, len(p.lines(line, small, wide)))
		}
		p.keep(tall + small.leading*float64(deepest-1))
		p.y += tall - small.leading
		from := p.y
		for k, line := range pair {
			x := side + float64(k)*(wide+gap)
			p.artifact(func() { p.rule(x, from, x+wide, from, 0.6, ruleColour) })
			p.y = from + 3
			p.inside(x, wide, func() { p.paragraph("P", line, small) })
		}
		p.y = from + small.leading*float64(deepest)
	}
}

func (p *pages) chart(c Chart) {
	p.figures(c)
	t := c.table(p.words)
	t.Caption = ""
	p.fitted(t).write()
	if clean(c.Note) != "" {
		p.y += 4
		p.paragraph("P", c.Note, text{face: p.regular, size: 8.5, leading: 12, colour: grey})
	}
}

// some lays out as many of a chart's categories, from one on, as fit a page.
func (p *pages) some(c Chart, from int) (d drawing, to int) {
	const size = 8.5
	title := p.caption().leading * float64(len(p.lines(c.Title, p.caption(), p.width())))
	room := max(p.bottom()-p.top()-60-title, 120)
	to = len(c.Categories)
	d = c.draw(p.regular, p.words, size, p.width(), from, to)
	for d.height > room && to > from+1 {
		to = from + max(1, int(float64(to-from)*min(0.95, room/d.height)))
		d = c.draw(p.regular, p.words, size, p.width(), from, to)
	}
	return d, to
}

// figures draws a chart, over several pages where it has more bars than one holds.
func (p *pages) figures(c Chart) {
	for from := 0; from == 0 || from < len(c.Categories); {
		d, to := p.some(c, from)
		p.keep(d.height + p.caption().leading + 8)
		p.tags.begin("Figure", "")
		p.paragraph("Caption", c.Title, p.caption())
		p.y += 4
		p.figure(d, c.part(from, to).describe(p.words))
		p.tags.end()
		if from = to; from == 0 {
			return
		}
		p.y += 8
	}
}

// figure draws below y, as the content of the element that is open.
func (p *pages) figure(d drawing, alternative string) {
	e := p.tags.top()
	tall := p.page.height
	e.more = fmt.Sprintf(" /Alt %s /A <</O /Layout /Placement /Block /BBox [%.2f %.2f %.2f %.2f]>>",
		pdfText(p.regular.shown(alternative)), p.left, tall-p.y-d.height, p.left+d.width, tall-p.y)
	p.marked(e, func() {
		for _, path := range d.paths {
			p.path(path)
		}
		for _, l := range d.labels {
			wide := p.regular.width(l.text) * l.size
			p.write(p.left+l.x-float64(l.anchor)*wide, p.y+l.y, l.text, text{face: p.regular, size: l.size})
		}
	})
	p.y += d.height
}

// path draws a path of a drawing whose corner is at the left margin and y.
func (p *pages) path(line path) {
	p.pdf.SetLineWidth(line.weight)
	style := ""
	if line.fill != "" {
		p.pdf.SetFillColor(rgb(line.fill))
		style += "F"
	}
	if line.stroke != "" {
		p.pdf.SetDrawColor(rgb(line.stroke))
		style += "D"
	}
	if line.dash > 0 {
		p.pdf.SetDashPattern([]float64{line.dash, line.dash}, 0)
		defer p.pdf.SetDashPattern(nil, 0)
	}
	for _, points := range line.lines {
		for i, at := range points {
			if i == 0 {
				p.pdf.MoveTo(p.left+at.x, p.y+at.y)
				continue
			}
			p.pdf.LineTo(p.left+at.x, p.y+at.y)
		}
		if line.closed {
			p.pdf.ClosePath()
		}
	}
	p.pdf.DrawPath(style)
}
