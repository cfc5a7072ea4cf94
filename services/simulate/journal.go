package simulate

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
)

// journal writes records as people do: most at once, some late, a few twice.
type journal struct {
	*rand.Rand
	out     *csv.Writer
	written int
	late    []lateRow
	sorting bool // records are held until release, which writes them by day
	held    []record
	failed  error
}

type lateRow struct {
	due int
	row []string
}

func newJournal(w io.Writer, random *rand.Rand) *journal {
	j := &journal{Rand: random, out: csv.NewWriter(w)}
	j.failed = j.out.Write(headings)
	return j
}

func (j *journal) write(r record) {
	if j.sorting {
		j.held = append(j.held, r)
		return
	}
	j.written++
	row := r.row(fmt.Sprintf("r-%06d", j.written))
	if j.chance(0.03) {
		j.late = append(j.late, lateRow{j.written + 20 + j.IntN(300), row})
	} else {
		j.put(row)
	}
	if j.chance(0.004) {
		j.late = append(j.late, lateRow{j.written + j.IntN(50), row})
	}
	j.catchUp()
}

// release writes what was held, in the order of the days.
func (j *journal) release() {
	j.sorting = false
	slices.SortStableFunc(j.held, func(a, b record) int { return cmp.Compare(a.day, b.day) })
	for _, r := range j.held {
		j.write(r)
	}
	j.held = nil
}

// writeTwice writes the same fact as two records, as two leaders do who both keep the list.
func (j *journal) writeTwice(r record) {
	j.write(r)
	j.write(r)
}

func (j *journal) catchUp() {
	kept := j.late[:0]
	for _, l := range j.late {
		if l.due > j.written {
			kept = append(kept, l)
			continue
		}
		j.put(l.row)
	}
	j.late = kept
}

func (j *journal) put(row []string) {
	if j.failed == nil {
		j.failed = j.out.Write(row)
	}
}

func (j *journal) close() error {
	for _, l := range j.late {
		j.put(l.row)
	}
	if j.out.Flush(); j.failed != nil {
		return j.failed
	}
	return j.out.Error()
}

func (j *journal) chance(p float64) bool { return j.Float64() < p }

// between returns a number from low to high.
func (j *journal) between(low, high int) int { return low + j.IntN(high-low+1) }

// weighted returns a key of the list, as often as its weight says.
func weighted[T any](j *journal, list []weight[T]) T {
	sum := 0
	for _, w := range list {
		sum += w.weight
	}
	at := j.IntN(sum)
	for _, w := range list {
		if at -= w.weight; at < 0 {
			return w.value
		}
	}
	panic("unreachable: the weights are positive")
}

type weight[T any] struct {
	value  T
	weight int
}
