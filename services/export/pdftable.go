package export

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

const (
	largestTable, smallestTable = 9.0, 7.0 // sizes of text
	gutter                      = 16.0     // between columns
	above                       = 3.5      // and below the text of a row
)

// layout is a table whose columns have widths.
type layout struct {
	Table
	p        *pages
	size     float64
	widths   []float64 // of columns, each with the gutter to its right
	squeezed bool      // words break because the columns are narrow
	headless bool      // headings are not shown
}

// fitted lays a table out in the largest text in which its words need not break.
func (p *pages) fitted(t Table) *layout {
	l := p.layTable(t, p.width(), largestTable)
	for size := largestTable - 1; l.squeezed && size >= smallestTable; size-- {
		l = p.layTable(t, p.width(), size)
	}
	return l
}

// layTable gives each column the width it would like, or where the page is too narrow, its share of what is left
// when every column has what its longest word needs.
func (p *pages) layTable(t Table, width, size float64) *layout {
	l := &layout{Table: t, p: p, size: size}
	least, liked := make([]float64, len(t.Columns)), make([]float64, len(t.Columns))
	measure := func(i int, f *face, s string) {
		s = f.shown(s)
		liked[i] = max(liked[i], min(f.width(s)*size, 2*width)+gutter)
		for _, piece := range pieces(s) {
			least[i] = max(least[i], min(f.width(strings.TrimRight(piece, " "))*size, width/3)+gutter)
		}
	}
	for i, c := range t.Columns {
		measure(i, p.bold, c.Heading)
	}
	for r, row := range t.Rows {
		for i, c := range row {
			measure(i, l.face(r), c.show(p.words))
		}
	}
	if len(t.Rows) == 0 {
		measure(0, p.regular, p.words.none)
	}
	l.widths, l.squeezed = share(least, liked, width+gutter)
	return l
}

// share gives every column the least it needs, and of what is left as much as it would like. Where there is too little
// for the least, words break, in the columns that need most.
func share(least, liked []float64, width float64) (widths []float64, squeezed bool) {
	if sum(least) > width {
		none := make([]float64, len(least))
		for i := range none {
			none[i] = gutter
		}
		return fill(none, least, width), true
	}
	return fill(least, liked, width), false
}

// fill widens columns from one width towards another while there is room: first those that want little, so that a long
// remark does not break the names beside it.
func fill(from, to []float64, width float64) []float64 {
	order := make([]int, len(from))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(to[a]-from[a], to[b]-from[b]) })
	widths, rest := slices.Clone(from), width-sum(from)
	for k, i := range order {
		more := min(to[i]-from[i], rest/float64(len(order)-k))
		widths[i] += more
		rest -= more
	}
	return widths
}

func sum(list []float64) (s float64) {
	for _, v := range list {
		s += v
	}
	return s
}

func (l *layout) isTotal(row int) bool { return l.Total && row == len(l.Rows)-1 }

func (l *layout) face(row int) *face {
	if l.isTotal(row) {
		return l.p.bold
	}
	return l.p.regular
}

func (l *layout) leading() float64 { return 1.38 * l.size }

// atMost keeps so many lines, the last of them with a mark where there are more.
func atMost(most int, lines []string) []string {
	if len(lines) <= most {
		return lines
	}
	return append(lines[:most-1:most-1], "…")
}

// tableRow is a row of the table as lines of text.
type tableRow struct {
	cells [][]string
	text  []text
	tags  []*element
	done  int // lines already written
}

func (r *tableRow) lines() (n int) {
	for _, c := range r.cells {
		n = max(n, len(c))
	}
	return n
}

func (l *layout) set(i int, s string, t text) []string {
	return t.face.wrap(t.face.shown(s), (l.widths[i]-gutter+0.01)/t.size)
}

// headings are repeated on every page, and so never take more than half of it.
func (l *layout) headings() *tableRow {
	r := &tableRow{}
	t := text{face: l.p.bold, size: l.size, leading: l.leading()}
	most := int((l.p.bottom() - l.p.top()) / 2 / t.leading)
	for i, c := range l.Columns {
		r.cells, r.text = append(r.cells, atMost(most, l.set(i, c.Heading, t))), append(r.text, t)
	}
	return r
}

func (l *layout) row(n int) *tableRow {
	r := &tableRow{}
	for i, c := range l.Rows[n] {
		t := text{face: l.face(n), size: l.size, leading: l.leading()}
		if c.is == isNothing || l.headless && i == 0 {
			t.colour = grey
		}
		r.cells, r.text = append(r.cells, l.set(i, c.show(l.p.words), t)), append(r.text, t)
	}
	return r
}

func (l *layout) write() {
	p := l.p
	p.tags.begin("Table", "")
	defer p.tags.end()
	head := l.headings()
	p.keep(l.beginning())
	if clean(l.Caption) != "" {
		p.paragraph("Caption", l.Caption, p.caption())
		p.y += 2
	}
	l.head(head)
	p.tags.begin("TBody", "")
	for n := range l.Rows {
		l.body(n, head)
	}
	if len(l.Rows) == 0 {
		l.none()
	}
	p.tags.end()
	l.across(0.75)
}

// beginning is how much room a table needs to begin: its caption, its headings and some rows.
func (l *layout) beginning() float64 {
	points := l.tall(l.headings()) + 5*l.leading()
	if clean(l.Caption) != "" {
		points += float64(len(l.p.lines(l.Caption, l.p.caption(), l.p.width())))*l.p.caption().leading + 2
	}
	return points
}

func (l *layout) tall(r *tableRow) float64 { return float64(r.lines())*l.leading() + 2*above }

// across draws a rule below what is written.
func (l *layout) across(weight float64) {
	colour := ruleColour
	if weight < 0.5 {
		colour = lightColour
	}
	l.p.artifact(func() { l.p.rule(l.p.left, l.p.y, l.p.left+sum(l.widths)-gutter, l.p.y, weight, colour) })
}

func (l *layout) head(r *tableRow) {
	if l.headless {
		l.across(0.75)
		return
	}
	l.p.tags.begin("THead", "")
	l.p.tags.begin("TR", "")
	for range l.Columns {
		r.tags = append(r.tags, l.p.tags.begin("TH", " /A <</O /Table /Scope /Column>>"))
		l.p.tags.end()
	}
	l.p.tags.end()
	l.p.tags.end()
	l.print(r, r.lines())
	l.across(0.75)
}

// none says that there are no rows, in a cell over all columns.
func (l *layout) none() {
	l.p.tags.begin("TR", "")
	e := l.p.tags.begin("TD", "")
	if n := len(l.Columns); n > 1 {
		e.more = " /A <</O /Table /ColSpan " + strconv.Itoa(n) + ">>"
	}
	t := text{face: l.p.regular, size: l.size, leading: l.leading(), colour: grey}
	l.p.y += above
	l.p.marked(e, func() { l.p.write(l.p.left, l.p.baseline(t), l.p.words.none, t) })
	l.p.y += t.leading + above
	l.p.tags.end()
	l.p.tags.end()
}

// body writes a row, on the next page where it does not fit this one, and over several where it fits none.
func (l *layout) body(n int, head *tableRow) {
	r := l.row(n)
	if l.strands(n, r) {
		l.turn(head)
	}
	l.p.tags.begin("TR", "")
	for i := range r.cells {
		kind, more := "TD", ""
		if i == 0 && l.Columns[0].Kind == Texts && len(l.Columns) > 1 {
			kind, more = "TH", " /A <</O /Table /Scope /Row>>"
		}
		r.tags = append(r.tags, l.p.tags.begin(kind, more))
		l.p.tags.end()
	}
	l.p.tags.end()
	if n > 0 {
		weight := 0.3
		if l.isTotal(n) {
			weight = 0.75
		}
		if l.p.y+l.tall(r) <= l.p.bottom() {
			l.across(weight)
		}
	}
	for r.done < r.lines() {
		fits := int((l.p.bottom() - l.p.y - 2*above) / l.leading())
		left := r.lines() - r.done
		whole := int((l.p.bottom()-l.p.top()-l.tall(head)-2*above)/l.leading()) - 1
		if fits < left && (left <= whole || fits < 2) && l.p.y > l.p.top()+l.tall(head)+1 {
			l.turn(head)
			continue
		}
		l.print(r, max(1, min(fits, left)))
	}
}

// strands reports whether a row, written here, would leave the last one alone on the next page.
func (l *layout) strands(n int, r *tableRow) bool {
	if n == 0 || n != len(l.Rows)-2 {
		return false
	}
	both, room := l.tall(r)+l.tall(l.row(n+1)), l.p.bottom()-l.p.y
	return l.tall(r) <= room && both > room && both <= l.p.bottom()-l.p.top()-l.tall(l.headings())
}

// turn goes on with the table on the next page, below its headings.
func (l *layout) turn(head *tableRow) {
	l.across(0.75)
	l.p.addPage(l.p.turned)
	if l.headless {
		l.across(0.75)
		return
	}
	again := &tableRow{cells: head.cells, text: head.text}
	l.print(again, again.lines())
	l.across(0.75)
}

// print writes so many lines of a row; a row without tags is an artifact.
func (l *layout) print(r *tableRow, lines int) {
	p := l.p
	p.y += above
	x := p.left
	for i, cell := range r.cells {
		from, to := min(r.done, len(cell)), min(r.done+lines, len(cell))
		write := func() { l.cell(i, x, cell[from:to], r.text[i]) }
		switch {
		case r.tags == nil:
			p.artifact(write)
		case from < to && strings.Join(cell[from:to], "") != "":
			p.marked(r.tags[i], write)
		}
		x += l.widths[i]
	}
	r.done += lines
	p.y += float64(lines)*l.leading() + above
}

func (l *layout) cell(i int, x float64, lines []string, t text) {
	for k, line := range lines {
		at := x
		if l.Columns[i].Kind != Texts {
			at = x + l.widths[i] - gutter - t.face.width(strings.TrimRight(line, " "))*t.size
		}
		l.p.write(at, l.p.baseline(t)+float64(k)*t.leading, line, t)
	}
}
