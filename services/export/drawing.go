package export

import "math"

// drawing is a chart as lines, surfaces and text, the same for PDF and SVG. Its origin is the upper left corner.
type drawing struct {
	width, height float64
	paths         []path
	labels        []label
}

type point struct{ x, y float64 }

// path is one or several lines, or a surface.
type path struct {
	lines  [][]point
	fill   string // a colour, "" for none
	stroke string
	weight float64
	dash   float64 // length of dashes and gaps, 0 for a whole line
	closed bool
	series int // from 1; 0: of none
}

type anchor float64

const (
	start  anchor = 0
	middle anchor = 0.5
	end    anchor = 1
)

type label struct {
	point
	text   string
	anchor anchor
	size   float64
}

const ruleColour, lightColour = "767676", "D0D0D0"

// look is how a series is drawn, so that it is told apart without colours as well.
type look struct {
	fill, stroke string
	hatch        []float64 // slopes of the lines across the surface
	dash         float64
	corners      int // of its markers
}

// lookOf returns the look of the i-th series. After the fourth the same four come again, with denser hatching.
func lookOf(i int) look {
	return []look{
		{fill: "1D3F66", stroke: "1D3F66", corners: 20},
		{fill: "F6D9C6", stroke: "A8481A", hatch: []float64{1}, dash: 5, corners: 4},
		{fill: "A9C4DD", stroke: "3F6E97", dash: 2, corners: 3},
		{fill: "FFFFFF", stroke: "4D4D4D", hatch: []float64{1, -1}, dash: 8, corners: 5},
	}[i%4]
}

func rectangle(x, y, w, h float64) []point {
	return []point{{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}}
}

// bar draws a surface in the look of a series.
func (d *drawing) bar(i int, x, y, w, h float64) {
	l := lookOf(i)
	d.paths = append(d.paths, path{lines: [][]point{rectangle(x, y, w, h)}, fill: l.fill, stroke: l.stroke, weight: 0.75, closed: true, series: i + 1})
	spacing := 5 / float64(1+i/4)
	for _, slope := range l.hatch {
		if lines := hatch(x, y, w, h, slope, spacing); len(lines) > 0 {
			d.paths = append(d.paths, path{lines: lines, stroke: l.stroke, weight: 0.75, series: i + 1})
		}
	}
}

// hatch returns parallel lines at 45 degrees across a rectangle, cut at its edges.
func hatch(x, y, w, h, slope, spacing float64) (lines [][]point) {
	const most = 2000
	if (w+h)/spacing > most {
		spacing = (w + h) / most
	}
	for at := spacing; at < w+h; at += spacing {
		from, to := point{max(0, at-h), min(at, h)}, point{min(at, w), max(0, at-w)}
		if slope < 0 {
			from.x, to.x = w-from.x, w-to.x
		}
		lines = append(lines, []point{{x + from.x, y + from.y}, {x + to.x, y + to.y}})
	}
	return lines
}

// marker draws a point of a line in the look of a series.
func (d *drawing) marker(i int, at point, radius float64) {
	l := lookOf(i)
	var corners []point
	for k := range l.corners {
		angle := 2*math.Pi*float64(k)/float64(l.corners) - math.Pi/2
		corners = append(corners, point{at.x + radius*math.Cos(angle), at.y + radius*math.Sin(angle)})
	}
	d.paths = append(d.paths, path{lines: [][]point{corners}, fill: l.fill, stroke: l.stroke, weight: 1, closed: true, series: i + 1})
}

func (d *drawing) rule(from, to point, weight float64, colour string) {
	d.paths = append(d.paths, path{lines: [][]point{{from, to}}, stroke: colour, weight: weight})
}
