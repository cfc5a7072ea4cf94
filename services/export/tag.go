package export

import (
	"fmt"
	"strings"
	"unicode/utf16"
)

// element is a node of a tagged PDF's structure tree: what a screen reader reads.
type element struct {
	kind string // a standard structure type: H1, P, Table
	more string // further entries of its dictionary
	kids []kid
}

// kid is an element, or marked content of a page.
type kid struct {
	*element
	page, mark int
}

// tags are made while pages are written: the tree, the elements that are open, and whose content each mark is.
type tags struct {
	open  []*element
	marks [][]*element // of each page
}

func newTags() *tags { return &tags{open: []*element{{kind: "Document"}}} }

func (t *tags) root() *element { return t.open[0] }

func (t *tags) top() *element { return t.open[len(t.open)-1] }

func (t *tags) begin(kind, more string) *element {
	e := &element{kind: kind, more: more}
	t.top().kids = append(t.top().kids, kid{element: e})
	t.open = append(t.open, e)
	return e
}

func (t *tags) end() { t.open = t.open[:len(t.open)-1] }

// mark returns the operator that begins content of an element on a page, counted from 0.
func (t *tags) mark(e *element, page int) string {
	for len(t.marks) <= page {
		t.marks = append(t.marks, nil)
	}
	n := len(t.marks[page])
	t.marks[page] = append(t.marks[page], e)
	e.kids = append(e.kids, kid{page: page, mark: n})
	return fmt.Sprintf("/%s <</MCID %d>> BDC", e.kind, n)
}

// pdfText writes text as a PDF's dictionaries hold it.
func pdfText(s string) string {
	var b strings.Builder
	b.WriteString("<FEFF")
	for _, unit := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "%04X", unit)
	}
	b.WriteByte('>')
	return b.String()
}
