package export

import (
	"math"
	"strings"
)

// plot lays a chart out.
type plot struct {
	Chart
	drawing
	face   *face
	words  words
	size   float64 // of its text
	lo, hi float64 // of the axis
	taken  []box   // by labels of values
}

type box struct{ left, top, right, bottom float64 }

// draw lays out a part of the chart's categories, with the axis of all of them, in a width.
func (c Chart) draw(f *face, w words, size, width float64, from, to int) drawing {
	p := &plot{Chart: c, face: f, words: w, size: size, drawing: drawing{width: width}}
	p.lo, p.hi = c.span()
	p.Chart = c.part(from, to)
	p.legend()
	switch {
	case to <= from || len(c.Series) == 0:
		p.text(0, p.height+size, w.none, start)
		p.height += 2 * size
	case c.Kind == Bars:
		p.bars()
	default:
		p.upright()
	}
	return p.drawing
}

func (c Chart) part(from, to int) Chart {
	c.Categories = c.Categories[from:to]
	series := make([]Series, len(c.Series))
	for i, s := range c.Series {
		series[i] = Series{s.Name, s.Values[from:to]}
	}
	c.Series = series
	return c
}

// span is the least and the most of all values, and 0.
func (c Chart) span() (lo, hi float64) {
	for _, s := range c.Series {
		for _, v := range s.Values {
			if isValue(v) {
				lo, hi = min(lo, v), max(hi, v)
			}
		}
	}
	if lo == hi {
		hi = 1
	}
	return lo, hi
}

func (p *plot) text(x, y float64, s string, a anchor) {
	if s != "" {
		p.labels = append(p.labels, label{point{x, y}, s, a, p.size})
	}
}

func (p *plot) wide(s string) float64 { return p.face.width(s) * p.em() }

// em is how wide text of its size may be.
func (p *plot) em() float64 { return p.size * (1 + p.face.spare) }

// wrapped breaks a name into a few lines; the table beside the chart has the whole of it.
func (p *plot) wrapped(s string, width float64) (lines []string) {
	for _, line := range p.face.wrap(p.face.shown(s), width/p.em()) {
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return atMost(4, lines)
}

// legend names the series where there are several, line by line, and the unit.
func (p *plot) legend() {
	if len(p.Series) > 1 {
		x, swatch, gap := 0.0, 1.4*p.size, 0.5*p.size
		for i, s := range p.Series {
			for k, line := range p.wrapped(s.Name, p.width-swatch-gap) {
				if wide := swatch + gap + p.wide(line); k > 0 || x > 0 && x+wide > p.width {
					x, p.height = 0, p.height+1.6*p.size
				}
				if k == 0 {
					p.swatch(i, x, p.height, swatch)
				}
				p.text(x+swatch+gap, p.height+p.size, line, start)
				x += swatch + gap + p.wide(line) + 1.5*p.size
			}
		}
		p.height += 2 * p.size
	}
	if unit := p.unit(); unit != "" {
		for _, line := range p.wrapped(unit, p.width) {
			p.text(0, p.height+p.size, line, start)
			p.height += 1.4 * p.size
		}
		p.height += 0.4 * p.size
	}
}

func (p *plot) swatch(i int, x, y, width float64) {
	if p.Kind != Lines {
		p.bar(i, x, y+0.15*p.size, width, 0.95*p.size)
		return
	}
	at := y + 0.6*p.size
	p.stroke(i, []point{{x, at}, {x + width, at}})
	p.marker(i, point{x + width/2, at}, 0.32*p.size)
}

func (p *plot) stroke(i int, line []point) {
	l := lookOf(i)
	p.paths = append(p.paths, path{lines: [][]point{line}, stroke: l.stroke, weight: 1.5, dash: l.dash, series: i + 1})
}

// bars draws lying bars, each with its value at its end.
func (p *plot) bars() {
	var names [][]string
	left := 0.0
	for _, c := range p.Categories {
		lines := p.wrapped(c, 0.4*p.width)
		for _, line := range lines {
			left = max(left, p.wide(line))
		}
		names = append(names, lines)
	}
	left += p.size
	room := p.valueRoom()
	if p.lo < 0 {
		left += room
	}
	x := func(v float64) float64 { return left + (v-p.lo)/(p.hi-p.lo)*(p.width-left-room) }
	top := p.height
	thick := 1.25 * p.size
	for k := range p.Categories {
		bars := thick * float64(len(p.Series))
		tall := max(bars, 1.25*p.size*float64(len(names[k])))
		p.height += 0.35 * p.size
		for j, line := range names[k] {
			middle := p.height + tall/2 - 1.25*p.size*(float64(len(names[k]))/2-float64(j))
			p.text(0, middle+0.97*p.size, line, start)
		}
		for i, s := range p.Series {
			p.lying(i, s.Values[k], x, p.height+(tall-bars)/2+float64(i)*thick, thick)
		}
		p.height += tall + 0.35*p.size
	}
	p.rule(point{x(0), top}, point{x(0), p.height}, 0.75, ruleColour)
	p.height += 0.3 * p.size
}

func (p *plot) lying(i int, v float64, x func(float64) float64, y, thick float64) {
	base := y + 0.5*thick + 0.35*p.size
	if !isValue(v) {
		p.text(x(0)+0.4*p.size, base, "–", start)
		return
	}
	if v != 0 {
		p.bar(i, min(x(0), x(v)), y+0.06*thick, math.Abs(x(v)-x(0)), 0.88*thick)
	}
	if v < 0 {
		p.text(x(v)-0.4*p.size, base, p.words.value(v), end)
		return
	}
	p.text(x(v)+0.4*p.size, base, p.words.value(v), start)
}

func (p *plot) valueRoom() (room float64) {
	for _, s := range p.Series {
		for _, v := range s.Values {
			room = max(room, p.wide(p.words.value(v)))
		}
	}
	return room + 0.8*p.size
}

// upright draws standing columns, or lines, over an axis with steps.
func (p *plot) upright() {
	step := p.step()
	lo, hi := math.Floor(p.lo/step)*step, math.Ceil(p.hi/step)*step
	left := 0.0
	for v := lo; v <= hi+step/2; v += step {
		left = max(left, p.wide(p.words.value(v)))
	}
	left += 0.8 * p.size
	top := p.height + 1.3*p.size
	tall := min(0.4*p.width, 22*p.size)
	y := func(v float64) float64 { return top + (hi-v)/(hi-lo)*tall }
	for v := lo; v <= hi+step/2; v += step {
		colour := lightColour
		if math.Abs(v) < step/2 {
			colour, v = ruleColour, 0
		}
		p.rule(point{left, y(v)}, point{p.width, y(v)}, 0.75, colour)
		p.text(left-0.6*p.size, y(v)+0.35*p.size, p.words.value(v), end)
	}
	p.height = top + tall
	room := 0.0
	if p.Kind == Lines && (len(p.Series) > 1 || len(p.Categories) > mostLabelled) {
		room = p.valueRoom() // for the last values, beside their points
	}
	slot := (p.width - left - room) / float64(len(p.Categories))
	if p.Kind == Lines {
		p.lines(left, slot, y)
	} else {
		p.columns(left, slot, y)
	}
	p.axis(left, slot)
}

// step is 1, 2 or 5 times a power of ten, so that there are at most five steps; a whole number where all values are.
func (p *plot) step() float64 {
	rough := (p.hi - p.lo) / 5
	power := math.Pow(10, math.Floor(math.Log10(rough)))
	step := 10 * power
	for _, s := range []float64{1, 2, 5} {
		if rough <= s*power*(1+1e-9) {
			step = s * power
			break
		}
	}
	if p.whole() {
		step = max(step, 1)
	}
	return step
}

func (p *plot) whole() bool {
	for _, s := range p.Series {
		for _, v := range s.Values {
			if isValue(v) && v != math.Trunc(v) {
				return false
			}
		}
	}
	return true
}

func (p *plot) columns(left, slot float64, y func(float64) float64) {
	wide := min(0.72*slot/float64(len(p.Series)), 3.2*p.size)
	for k := range p.Categories {
		x := left + (float64(k)+0.5)*slot - wide*float64(len(p.Series))/2
		for i, s := range p.Series {
			v, from := s.Values[k], x+float64(i)*wide
			if !isValue(v) {
				p.place(from+wide/2, y(0)-0.4*p.size, "–")
				continue
			}
			if v != 0 {
				p.bar(i, from+0.04*wide, min(y(0), y(v)), 0.92*wide, math.Abs(y(v)-y(0)))
			}
			p.beside(from+wide/2, y(v), v)
		}
	}
}

func (p *plot) lines(left, slot float64, y func(float64) float64) {
	at := func(k int, v float64) point { return point{left + (float64(k)+0.5)*slot, y(v)} }
	for i, s := range p.Series {
		var line []point
		for k, v := range s.Values {
			if !isValue(v) {
				p.polyline(i, line)
				line = nil
				continue
			}
			line = append(line, at(k, v))
		}
		p.polyline(i, line)
	}
	for i, s := range p.Series {
		for k, v := range s.Values {
			if isValue(v) {
				p.marker(i, at(k, v), 0.32*p.size)
			}
		}
	}
	for _, s := range p.Series {
		if len(p.Series) > 1 || len(s.Values) > mostLabelled {
			p.last(s.Values, at)
			continue
		}
		for k, v := range s.Values {
			if isValue(v) {
				p.besideLine(s.Values, k, at(k, v))
			}
		}
	}
}

const mostLabelled = 20

// last writes only the last value of a long line, or of one among several, to the right of its point: more would lie on
// each other.
func (p *plot) last(values []float64, at func(int, float64) point) {
	for k := len(values) - 1; k >= 0; k-- {
		if !isValue(values[k]) {
			continue
		}
		point, s := at(k, values[k]), p.words.value(values[k])
		x := point.x + 0.7*p.size + p.wide(s)/2
		offsets := []float64{0, -0.5, 0.5, -1, 1}
		if values[k] == 0 {
			offsets = offsets[1:] // not on the axis
		}
		for _, lines := range offsets {
			if p.place(x, point.y+(0.35+lines)*p.size, s) {
				break
			}
		}
		return
	}
}

func (p *plot) polyline(i int, line []point) {
	if len(line) > 1 {
		p.stroke(i, line)
	}
}

// besideLine writes a value where the line is not: below a valley, else above.
func (p *plot) besideLine(values []float64, k int, at point) {
	before, after := math.Inf(1), math.Inf(1)
	if k > 0 && isValue(values[k-1]) {
		before = values[k-1]
	}
	if k+1 < len(values) && isValue(values[k+1]) {
		after = values[k+1]
	}
	if alone := math.IsInf(before, 1) && math.IsInf(after, 1); !alone && before > values[k] && after > values[k] {
		p.place(at.x, at.y+1.4*p.size, p.words.value(values[k]))
		return
	}
	p.place(at.x, at.y-0.7*p.size, p.words.value(values[k]))
}

// beside writes a value above its point, or below where it is negative.
func (p *plot) beside(x, y, v float64) {
	if v < 0 {
		p.place(x, y+1.1*p.size, p.words.value(v))
		return
	}
	p.place(x, y-0.4*p.size, p.words.value(v))
}

// place writes a value, unless another stands there or the edge is near: the axis and the table tell it as well.
func (p *plot) place(x, y float64, s string) bool {
	half := p.wide(s)/2 + 0.15*p.size
	b := box{x - half, y - 0.8*p.size, x + half, y + 0.1*p.size}
	if b.right > p.width+1 {
		return false
	}
	for _, t := range p.taken {
		if b.left < t.right && t.left < b.right && b.top < t.bottom && t.top < b.bottom {
			return false
		}
	}
	p.taken = append(p.taken, b)
	p.text(x, y, s, middle)
	return true
}

// axis names the categories below their slots, from the last; where the names are too many, every second, third … of them.
func (p *plot) axis(left, slot float64) {
	every := max(1, min(len(p.Categories), int(math.Ceil(p.longest()/slot))))
	most, free := 1, math.Inf(1) // free: to the left of this nothing stands yet
	for k := len(p.Categories) - 1; k >= 0; k -= every {
		lines := p.wrapped(p.Categories[k], slot*float64(every)-0.4*p.size)
		half := 0.0
		for _, line := range lines {
			half = max(half, p.wide(line)/2)
		}
		x := left + (float64(k)+0.5)*slot
		x = min(max(x, half), p.width-half)
		if x+half > free {
			continue
		}
		for j, line := range lines {
			p.text(x, p.height+1.3*p.size+float64(j)*1.25*p.size, line, middle)
		}
		free, most = x-half-0.3*p.size, max(most, len(lines))
	}
	p.height += 0.6*p.size + 1.25*p.size*float64(most)
}

// longest is the width of the longest word among the categories, and some air.
func (p *plot) longest() (wide float64) {
	for _, c := range p.Categories {
		for _, piece := range pieces(p.face.shown(c)) {
			wide = max(wide, p.wide(strings.TrimRight(piece, " "))+0.4*p.size)
		}
	}
	return wide
}
