package disclosure

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The oracle judges releases by glpsol. It shares nothing with the package's solver and models a town afresh: children
// by the set of forms they are in, not by inequalities between forms and what pairs share.

// issue is a release as the oracle sees it: whose town, and which version of each count it speaks of.
type issue struct {
	town  *town // nil: it speaks of all children alone
	names map[Cell]Cell
	grew  map[Cell]Cell // of a version, the one before: nothing was withdrawn
	says  []Statement
}

// problem asks of cells, after some issues, how near to a value all can be at once, or how little or much they can be.
type problem struct {
	issues []issue
	cells  []Cell
	value  int // or lowest, highest
}

const lowest, highest = -1, -2

// lp is a batch of problems that share no variable, so that one start of glpsol solves all.
type lp struct {
	objective, rows, bounds, integers bytes.Buffer
	block                             int
	made                              map[string]bool
}

var plainly = strings.NewReplacer("/", "_", "&", "_and_", "-", "_")

func (l *lp) variable(name string) string {
	name = fmt.Sprintf("b%d_%s", l.block, plainly.Replace(name))
	if !l.made[name] {
		l.made[name] = true
		fmt.Fprintf(&l.integers, " %s\n", name)
		fmt.Fprintf(&l.bounds, " %s <= %d\n", name, Most)
	}
	return name
}

// row writes sum(plus) − sum(minus), and what it is compared to.
func (l *lp) row(plus, minus []string, compared string) {
	for _, v := range plus {
		fmt.Fprintf(&l.rows, " + %s", v)
	}
	for _, v := range minus {
		fmt.Fprintf(&l.rows, " - %s", v)
	}
	fmt.Fprintf(&l.rows, " %s\n", compared)
}

func (l *lp) add(p problem) {
	l.block++
	bounds := make(map[string][2]int)
	for i, is := range p.issues {
		l.issue(i, is)
		for _, s := range is.says {
			v := l.variable(string(s.Cell))
			b, ok := bounds[v]
			if !ok {
				b = [2]int{0, Most}
			}
			bounds[v] = [2]int{max(b[0], s.Lower), min(b[1], s.Upper)}
		}
	}
	for v, b := range bounds {
		fmt.Fprintf(&l.bounds, " %d <= %s <= %d\n", b[0], v, b[1])
	}
	for i, c := range p.cells {
		l.ask(l.variable(string(c)), fmt.Sprintf("b%d_far%d", l.block, i), p.value)
	}
}

// ask puts two columns into the objective: how far off, and the cell itself.
func (l *lp) ask(x, far string, value int) {
	switch value {
	case lowest:
		fmt.Fprintf(&l.objective, " + 0 %s + %s\n", far, x)
	case highest:
		fmt.Fprintf(&l.objective, " + 0 %s - %s\n", far, x)
	default:
		fmt.Fprintf(&l.objective, " + %s + 0 %s\n", far, x)
		fmt.Fprintf(&l.rows, " %s - %s <= %d\n %s + %s >= %d\n", x, far, value, x, far, value)
	}
}

func (l *lp) issue(number int, is issue) {
	for now, old := range is.grew {
		l.row([]string{l.variable(string(now))}, []string{l.variable(string(old)), l.variable(string(now + ".new"))}, "= 0")
	}
	if is.town == nil {
		return
	}
	cell := func(c Cell) string { return l.variable(string(is.names[c])) }
	cells := func(dimension string, codes []string) (list []string) {
		for _, c := range cellsOf(dimension, codes) {
			list = append(list, cell(c))
		}
		return list
	}
	children, referred := []string{cell("children")}, []string{cell("referred")}
	t := is.town
	l.row(cells("age", t.ages), children, "= 0")
	l.row(cells("gender", allGenders), children, "= 0")
	l.row(cells("first", t.channels), referred, "= 0")
	l.row(referred, children, "<= 0")
	l.row(cells("channel", t.channels), referred, ">= 0")
	l.row(cells("programme", t.programmes), children, ">= 0")
	for _, p := range cells("programme", t.programmes) {
		l.row([]string{p}, children, "<= 0")
	}
	for i, k := range cells("channel", t.channels) {
		l.row([]string{k}, referred, "<= 0")
		l.row([]string{cells("first", t.channels)[i]}, []string{k}, "<= 0")
	}
	l.venn(number, is, cell)
}

// venn counts the children of each set of forms, and sums them to the forms, the pairs and the whole.
func (l *lp) venn(number int, is issue, cell func(Cell) string) {
	forms := is.town.forms
	regions := func(need int) (list []string) {
		for s := 1; s < 1<<len(forms); s++ {
			if s&need == need {
				list = append(list, l.variable(fmt.Sprintf("venn%d_%d", number, s)))
			}
		}
		return list
	}
	l.row(regions(0), []string{cell("children")}, "= 0")
	for i, f := range forms {
		l.row(regions(1<<i), []string{cell(Cell("form/" + f))}, "= 0")
		for j := i + 1; j < len(forms); j++ {
			l.row(regions(1<<i|1<<j), []string{cell(pairOf(f, forms[j]))}, "= 0")
		}
	}
}

// judge returns for each problem what its cells are in the best solution.
func judge(t *testing.T, problems []problem) (answers [][]int) {
	const batch = 5 // problems that one start of glpsol solves
	dir := t.TempDir()
	for chunk := range slices.Chunk(problems, batch) {
		answers = append(answers, solve(t, dir, chunk)...)
	}
	return answers
}

// solve starts glpsol. Its branch and bound sees the problems as one and may lose its way: then each half is tried alone,
// a problem about several cells is left without an answer, and one about a single cell is tried in other ways.
func solve(t *testing.T, dir string, problems []problem) [][]int {
	t.Helper()
	l := &lp{made: make(map[string]bool)}
	for _, p := range problems {
		l.add(p)
	}
	text := fmt.Sprintf("minimize\n%ssubject to\n%sbounds\n%sgeneral\n%send\n", &l.objective, &l.rows, &l.bounds, &l.integers)
	if err := os.WriteFile(filepath.Join(dir, "in"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ways := [][]string{{"--tmlim", "2"}}
	half := len(problems) / 2
	if half == 0 && len(problems[0].cells) == 1 {
		ways = append(ways, []string{"--tmlim", "20", "--cuts", "--fpump"}, []string{"--tmlim", "20", "--cuts", "--mostf", "--bestb"}, []string{"--tmlim", "60", "--last"})
	}
	for _, way := range ways {
		if solution := glpsol(t, dir, way); solution != "" {
			return columns(t, solution, problems)
		}
	}
	switch {
	case half > 0:
		return append(solve(t, dir, problems[:half]), solve(t, dir, problems[half:])...)
	case len(problems[0].cells) == 1:
		t.Fatalf("glpsol cannot tell whether %s can be %d:\n%s", problems[0].cells[0], problems[0].value, text)
	}
	return [][]int{nil}
}

// glpsol returns the best solution there is, or nothing where it was not found in time.
func glpsol(t *testing.T, dir string, options []string) string {
	t.Helper()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	said, err := exec.Command("glpsol", append(options, "--lp", in, "--write", out)...).CombinedOutput()
	if err != nil {
		t.Fatalf("glpsol (Debian's glpk-utils; make check and make test install it): %v\n%s", err, said)
	}
	if !bytes.Contains(said, []byte("INTEGER OPTIMAL SOLUTION FOUND")) {
		return ""
	}
	solution, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(solution)
}

// columns reads the cells: every other of the first columns, for the objective comes first in the file.
func columns(t *testing.T, solution string, problems []problem) [][]int {
	var all []int
	for line := range strings.Lines(solution) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "j" {
			v, err := strconv.ParseFloat(f[2], 64)
			if err != nil {
				t.Fatal(line)
			}
			all = append(all, int(math.Round(v)))
		}
	}
	answers := make([][]int, len(problems))
	for i, p := range problems {
		for range p.cells {
			answers[i] = append(answers[i], all[1])
			all = all[2:]
		}
	}
	return answers
}
