package disclosure

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Released is what one release said, and which relations hold between its cells: what the ledger keeps. Cells of which
// nothing was said are left out.
type Released struct {
	Statements []Statement `json:"statements"`
	Relations  []Relation  `json:"relations"`
}

// Silent reports whether a release said nothing at all: the one before it is still the last.
func (r Released) Silent() bool { return len(r.Statements) == 0 && len(r.Relations) == 0 }

// Ledger is everything that was released, the oldest first. It holds nothing that readers were not told.
type Ledger []Released

func (l Ledger) statements() (lists [][]Statement) {
	for _, r := range l {
		lists = append(lists, r.Statements)
	}
	return lists
}

func (l Ledger) system() *system {
	m := newSystem()
	for _, r := range l {
		m.relate(r.Relations...)
		for _, s := range r.Statements {
			m.variable(s.Cell)
		}
	}
	return m
}

func (l Ledger) check() error {
	for i, r := range l {
		if err := r.check(); err != nil {
			return fmt.Errorf("release %d of the ledger: %w", i+1, err)
		}
	}
	return nil
}

func (r Released) check() (err error) {
	for _, s := range r.Statements {
		err = errors.Join(err, s.check())
	}
	for _, one := range r.Relations {
		err = errors.Join(err, one.check())
	}
	return err
}

// cells are all that the ledger knows of.
func (l Ledger) cells() map[Cell]bool {
	known := make(map[Cell]bool)
	for _, r := range l {
		for _, s := range r.Statements {
			known[s.Cell] = true
		}
		for _, one := range r.Relations {
			for _, c := range one.Cells {
				known[c] = true
			}
		}
	}
	return known
}

// Plain are the cells that the ledger knows of, by their names without a version.
func (l Ledger) Plain() map[Cell]bool {
	plain := make(map[Cell]bool)
	for c := range l.cells() {
		plain[c.Plain()] = true
	}
	return plain
}

// versions are the newest version of each cell that the ledger knows, by the name without a version.
func (l Ledger) versions() map[Cell]int {
	newest := make(map[Cell]int)
	for c := range l.cells() {
		name, n := c.version()
		newest[name] = max(newest[name], n)
	}
	return newest
}

// Version names a later version of a cell, whose value is not what it was: 2025/children.v2. The first has the plain name.
func (c Cell) Version(n int) Cell {
	if n < 2 {
		return c
	}
	return c + ".v" + Cell(strconv.Itoa(n))
}

// Plain is the cell's name without a version.
func (c Cell) Plain() Cell {
	name, _ := c.version()
	return name
}

func (c Cell) version() (name Cell, n int) {
	if i := strings.LastIndex(string(c), ".v"); i > 0 {
		if n, err := strconv.Atoi(string(c)[i+2:]); err == nil && n > 1 {
			return c[:i], n
		}
	}
	return c, 1
}
