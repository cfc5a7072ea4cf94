package intake

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// mergedCells are the cells of a sheet that merging left without a value of their own, though they show another's: all of a
// merged range but the first. Taken for empty they would silently get a default.
type mergedCells struct {
	ranges  []mergedRange
	columns []mergedColumn // those that are read
}

type mergedRange struct{ left, top, right, bottom int }

// mergedColumn is where a column is left without values: in stretches of lines, in order and apart.
type mergedColumn struct {
	at    int
	lines []stretch
}

// stretch is lines from the first to the last.
type stretch struct{ from, to int }

const mostMerged = 1 << 18 // ranges of one sheet

// add notes a range such as A2:B7.
func (m *mergedCells) add(ref string) error {
	first, last, _ := strings.Cut(ref, ":")
	left, top, err := placeOf(first)
	if err != nil {
		return err
	}
	right, bottom, err := placeOf(cmp.Or(last, first))
	if err != nil {
		return err
	}
	if len(m.ranges) == mostMerged {
		return errTooLarge
	}
	m.ranges = append(m.ranges, mergedRange{left, top, right, bottom})
	return nil
}

// placeOf reads a cell's name.
func placeOf(name string) (column, line int, err error) {
	line, err = strconv.Atoi(strings.TrimLeft(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
	if column = (xlsxCell{name: name}).column(-1); err != nil || column < 0 {
		return 0, 0, errDamaged
	}
	return column, line, nil
}

// expect says which columns are read.
func (m *mergedCells) expect(columns []column) {
	for at, col := range columns {
		if col < 0 {
			continue
		}
		if lines := m.inColumn(at); len(lines) > 0 {
			m.columns = append(m.columns, mergedColumn{at, apart(lines)})
		}
	}
	m.ranges = nil
}

func (m *mergedCells) inColumn(at int) (list []stretch) {
	for _, r := range m.ranges {
		lines := stretch{r.top, r.bottom}
		if at == r.left {
			lines.from++
		}
		if at >= r.left && at <= r.right && lines.from <= lines.to {
			list = append(list, lines)
		}
	}
	return list
}

// apart puts stretches in order, those that overlap as one.
func apart(list []stretch) []stretch {
	slices.SortFunc(list, func(a, b stretch) int { return cmp.Compare(a.from, b.from) })
	kept := list[:0]
	for _, s := range list {
		if n := len(kept); n > 0 && s.from <= kept[n-1].to {
			kept[n-1].to = max(kept[n-1].to, s.to)
		} else {
			kept = append(kept, s)
		}
	}
	return kept
}

// first is the first cell of a line that has no value of its own, −1 if all that are read have.
func (m *mergedCells) first(line int) int {
	for _, c := range m.columns {
		n, starts := slices.BinarySearchFunc(c.lines, line, func(s stretch, line int) int { return cmp.Compare(s.from, line) })
		if starts || n > 0 && line <= c.lines[n-1].to {
			return c.at
		}
	}
	return -1
}
