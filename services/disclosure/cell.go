package disclosure

import (
	"fmt"
	"regexp"
	"strings"
)

// Cell names a count of children: 2025/children, 2025/form/camp, 2025/form/camp&support_group. What comes first is the
// caller's, and keeps years and municipalities apart. At most 80 characters of a–z, 0–9 and _/&.- so that it can stand in
// an event. A cell with & is a cross table's.
type Cell string

var cellName = regexp.MustCompile(`^[a-z0-9_/&.-]{1,80}$`)

func (c Cell) check() error {
	if !cellName.MatchString(string(c)) {
		return fmt.Errorf("cell %q: 1 to 80 characters of a-z 0-9 _ / & . - are wanted", string(c))
	}
	return nil
}

func (c Cell) crossed() bool { return strings.Contains(string(c), "&") }

// last is the name without what scopes it.
func (c Cell) last() Cell { return c[strings.LastIndex(string(c), "/")+1:] }

// Most is more children than any municipality has: an upper bound of Most is none.
const Most = 1_000_000

// Statement is what a release says of a cell: it lies between two values, both possible. Equal bounds say it exactly.
type Statement struct {
	Cell  Cell `json:"cell"`
	Lower int  `json:"lower"`
	Upper int  `json:"upper"`
}

// rounded is what a number rounded to the nearest step says, half up, to somebody who knows that fewer than the
// threshold are never rounded.
func rounded(c Cell, n, step, threshold int) Statement {
	nearest := (2*n + step) / (2 * step) * step
	return Statement{c, max(threshold, ceil(2*nearest-step, 2)), ceil(2*nearest+step, 2) - 1}
}

func (s Statement) check() error {
	if err := s.Cell.check(); err != nil {
		return err
	}
	if s.Lower < 0 || s.Upper < s.Lower || s.Upper > Most {
		return fmt.Errorf("%s: no count lies between %d and %d", s.Cell, s.Lower, s.Upper)
	}
	return nil
}

func floor(a, b int) int {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

func ceil(a, b int) int { return -floor(-a, b) }
