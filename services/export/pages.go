package export

import (
	"strconv"
	"strings"

	"codeberg.org/go-pdf/fpdf"
)

// pages are written from the top: y is where the next block begins, in points from the upper edge.
type pages struct {
	pdf           *fpdf.Fpdf
	regular, bold *face
	words         words
	tags          *tags

	page   paper
	sheets []paper // of all pages
	turned bool
	y      float64

	left, narrow float64 // where blocks stand, when not between the margins
}

type paper struct{ width, height float64 }

var upright, sideways = paper{595.28, 841.89}, paper{841.89, 595.28}

const (
	side       = 62.0 // margins
	head, foot = 58.0, 70.0
)

// text is how text is set.
type text struct {
	face    *face
	size    float64
	leading float64 // from line to line
	colour  string  // "" for ink
}

func (p *pages) body() text { return text{face: p.regular, size: 10, leading: 15} }

func (p *pages) caption() text { return text{face: p.bold, size: 10, leading: 14} }

func (p *pages) top() float64    { return head }
func (p *pages) bottom() float64 { return p.page.height - foot }

func (p *pages) width() float64 {
	if p.narrow > 0 {
		return p.narrow
	}
	return p.page.width - 2*side
}

func (p *pages) addPage(turned bool) {
	orientation := "P"
	p.page, p.turned = upright, turned
	if turned {
		orientation, p.page = "L", sideways
	}
	p.pdf.AddPageFormat(orientation, fpdf.SizeType{Wd: upright.width, Ht: upright.height})
	p.sheets = append(p.sheets, p.page)
	p.y = p.top()
	if p.narrow == 0 {
		p.left = side
	}
}

// keep begins a new page unless so much of this one is left.
func (p *pages) keep(points float64) {
	if p.y+points > p.bottom() && p.y > p.top() {
		p.addPage(p.turned)
	}
}

// inside sets the blocks that do writes in a column of their own.
func (p *pages) inside(x, width float64, do func()) {
	left, narrow := p.left, p.narrow
	p.left, p.narrow = x, width
	do()
	p.left, p.narrow = left, narrow
}

func (p *pages) lines(s string, t text, width float64) []string {
	return t.face.wrap(t.face.shown(s), width/t.size)
}

// paragraph writes an element of text, over as many pages as it needs.
func (p *pages) paragraph(kind, s string, t text) {
	e := p.tags.begin(kind, "")
	defer p.tags.end()
	for _, line := range p.lines(s, t, p.width()) {
		p.keep(t.leading)
		p.marked(e, func() { p.write(p.left, p.baseline(t), line, t) })
		p.y += t.leading
	}
}

// baseline is where the first line of text stands that begins at y.
func (p *pages) baseline(t text) float64 { return p.y + (t.leading+t.size)/2 - 0.14*t.size }

// marked makes what do draws content of an element.
func (p *pages) marked(e *element, do func()) {
	p.pdf.RawWriteStr(p.tags.mark(e, p.pdf.PageNo()-1))
	do()
	p.pdf.RawWriteStr("EMC")
}

// artifact is what a screen reader leaves out: rules, page numbers, headings that are repeated.
func (p *pages) artifact(do func()) {
	p.pdf.RawWriteStr("/Artifact BMC")
	do()
	p.pdf.RawWriteStr("EMC")
}

// write draws one line of text whose characters the face has.
func (p *pages) write(x, baseline float64, s string, t text) {
	if s == "" {
		return
	}
	style := ""
	if t.face == p.bold {
		style = "B"
	}
	colour := t.colour
	if colour == "" {
		colour = ink
	}
	p.pdf.SetFont("Sans", style, t.size)
	p.pdf.SetTextColor(rgb(colour))
	p.pdf.Text(x, baseline, s)
}

func (p *pages) rule(x1, y1, x2, y2, weight float64, colour string) {
	p.pdf.SetLineWidth(weight)
	p.pdf.SetDrawColor(rgb(colour))
	p.pdf.Line(x1, y1, x2, y2)
}

func rgb(colour string) (r, g, b int) {
	n, _ := strconv.ParseUint(colour, 16, 32)
	return int(n >> 16), int(n >> 8 & 255), int(n & 255)
}

// footers writes below every page what the document is, and which of how many pages it is. It comes last, because only
// then their number is known.
func (p *pages) footers(footer string) {
	t := text{face: p.regular, size: 8, leading: 11, colour: grey}
	_, flip := p.pdf.GetPageSize() // by the last page, although pages differ
	for i, sheet := range p.sheets {
		p.pdf.SetPage(i + 1)
		p.pdf.SetFontSize(1) // so that the size is written out, whatever was set last on this page
		number := p.words.pages(i+1, len(p.sheets))
		wide := p.regular.width(number) * t.size
		lines := atMost(2, p.lines(footer, t, sheet.width-2*side-wide-2*t.size))
		p.pdf.RawWriteStr("/Artifact <</Type /Pagination /Subtype /Footer>> BDC")
		for k, line := range lines {
			p.write(side, flip-foot+32+float64(k)*t.leading, strings.TrimRight(line, " "), t)
		}
		p.write(sheet.width-side-wide, flip-foot+32, number, t)
		p.pdf.RawWriteStr("EMC")
	}
	p.pdf.SetPage(len(p.sheets))
}
