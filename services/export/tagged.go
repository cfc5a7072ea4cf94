package export

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
)

// file is a PDF that is written again with its structure tree: see decisions/0001. Objects are numbered from 1.
type file struct {
	objects [][]byte // without "N 0 obj" and "endobj"; those of the tree are in packs
	packed  map[int]place
	kids    map[*element]int // the objects of elements
	pages   []int            // the objects of pages
}

// place is where in which pack an object is.
type place struct{ pack, index int }

var (
	startPattern   = regexp.MustCompile(`startxref\n(\d+)\n%%EOF\s*$`)
	trailerPattern = regexp.MustCompile(`/Root (\d+) 0 R\n/Info (\d+) 0 R`)
	pagePrefix     = []byte("<</Type /Page\n")
)

// writeTagged writes what the library made of the pages, together with their structure tree.
func writeTagged(w io.Writer, made []byte, t *tags, lang string) error {
	f, root, info, err := parse(made)
	if err != nil {
		return err
	}
	f.number(t.root())
	parents := f.parents(t)
	tree := f.add(fmt.Appendf(nil, "<</Type /StructTreeRoot /K %d 0 R /ParentTree %d 0 R /ParentTreeNextKey %d>>", f.kids[t.root()], parents, len(f.pages)))
	f.elements(t.root(), tree)
	f.objects[root-1] = f.catalog(tree, lang)
	return f.write(w, root, info, sha256.Sum256(made))
}

// parse cuts the library's file into its objects, by its own table of them.
func parse(made []byte) (f *file, root, info int, err error) {
	start, trailer := startPattern.FindSubmatch(made), trailerPattern.FindSubmatch(made)
	if start == nil || trailer == nil {
		return nil, 0, 0, errors.New("the PDF has no trailer")
	}
	table := atoi(start[1])
	root, info = atoi(trailer[1]), atoi(trailer[2])
	f = &file{packed: make(map[int]place), kids: make(map[*element]int)}
	offsets, err := offsets(made, table)
	if err != nil {
		return nil, 0, 0, err
	}
	order := append(slices.Sorted(slices.Values(offsets)), table)
	for n, offset := range offsets {
		after, _ := slices.BinarySearch(order, offset+1)
		body, found := bytes.CutPrefix(made[offset:order[after]], fmt.Appendf(nil, "%d 0 obj\n", n+1))
		body, ends := bytes.CutSuffix(bytes.TrimRight(body, "\n"), []byte("endobj"))
		if !found || !ends {
			return nil, 0, 0, fmt.Errorf("the PDF's object %d is not where it should be", n+1)
		}
		f.objects = append(f.objects, body)
		if bytes.HasPrefix(body, pagePrefix) {
			f.page(n + 1)
		}
	}
	return f, root, info, nil
}

// offsets reads the table of objects: a line of 20 bytes for each, after one for none.
func offsets(made []byte, table int) (list []int, err error) {
	const line = 20
	var first, count int
	if _, err := fmt.Sscanf(string(made[table:min(len(made), table+40)]), "xref\n%d %d\n", &first, &count); err != nil {
		return nil, fmt.Errorf("the PDF's table of objects: %w", err)
	}
	at := table + len(fmt.Sprintf("xref\n%d %d\n", first, count)) + line
	for n := 1; n < count; n, at = n+1, at+line {
		list = append(list, atoi(bytes.TrimLeft(made[at:at+10], "0")))
	}
	return list, nil
}

func atoi(digits []byte) int {
	n, _ := strconv.Atoi(string(digits)) // matched as digits
	return n
}

// page gives a page its number in the parent tree, and readers the order of its structure.
func (f *file) page(object int) {
	entry := fmt.Appendf(nil, "<</Type /Page /Tabs /S /StructParents %d\n", len(f.pages))
	f.objects[object-1] = append(entry, f.objects[object-1][len(pagePrefix):]...)
	f.pages = append(f.pages, object)
}

func (f *file) add(body []byte) int {
	f.objects = append(f.objects, body)
	return len(f.objects)
}

// number gives every element an object.
func (f *file) number(e *element) {
	f.kids[e] = f.add(nil)
	for _, k := range e.kids {
		if k.element != nil {
			f.number(k.element)
		}
	}
}

// parents says for each page to whom its marks belong.
func (f *file) parents(t *tags) int {
	b := []byte("<</Nums [")
	for page, marks := range t.marks {
		b = fmt.Appendf(b, "%d [", page)
		for _, e := range marks {
			b = fmt.Appendf(b, "%d 0 R ", f.kids[e])
		}
		b = append(b, "]\n"...)
	}
	return f.add(append(b, "]>>"...))
}

func (f *file) elements(e *element, parent int) {
	b := fmt.Appendf(nil, "<</Type /StructElem /S /%s /P %d 0 R", e.kind, parent)
	b = append(b, e.more...)
	b = append(b, " /K ["...)
	for _, k := range e.kids {
		if k.element != nil {
			b = fmt.Appendf(b, "%d 0 R ", f.kids[k.element])
			f.elements(k.element, f.kids[e])
			continue
		}
		b = fmt.Appendf(b, "<</Type /MCR /Pg %d 0 R /MCID %d>> ", f.pages[k.page], k.mark)
	}
	f.objects[f.kids[e]-1] = append(b, "]>>"...)
}

// catalog is written anew, for the library's own knows no structure.
func (f *file) catalog(tree int, lang string) []byte {
	b := fmt.Appendf(nil, "<</Type /Catalog /Pages 1 0 R /Lang (%s) /MarkInfo <</Marked true>> /StructTreeRoot %d 0 R /ViewerPreferences <</DisplayDocTitle true>>", lang, tree)
	for _, e := range [][2]string{{"/Metadata", "<< /Type /Metadata"}, {"/Outlines", "<</Type /Outlines"}} {
		if i := slices.IndexFunc(f.objects, func(o []byte) bool { return bytes.HasPrefix(o, []byte(e[1])) }); i >= 0 {
			b = fmt.Appendf(b, " %s %d 0 R", e[0], i+1)
		}
	}
	return append(b, ">>"...)
}

const packSize = 200

// pack puts the elements, which are many and alike, into compressed streams.
func (f *file) pack() {
	numbers := slices.Sorted(func(yield func(int) bool) {
		for _, n := range f.kids {
			if !yield(n) {
				return
			}
		}
	})
	for chunk := range slices.Chunk(numbers, packSize) {
		var index, bodies []byte
		for i, n := range chunk {
			index = fmt.Appendf(index, "%d %d ", n, len(bodies))
			bodies = append(append(bodies, f.objects[n-1]...), '\n')
			f.packed[n] = place{len(f.objects) + 1, i}
			f.objects[n-1] = nil
		}
		f.add(stream(fmt.Sprintf("/Type /ObjStm /N %d /First %d", len(chunk), len(index)), append(index, bodies...)))
	}
}

func stream(entries string, content []byte) []byte {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = z.Write(content) // a bytes.Buffer takes everything
	_ = z.Close()
	body := fmt.Appendf(nil, "<<%s /Filter /FlateDecode /Length %d>>\nstream\n", entries, b.Len())
	return append(append(body, b.Bytes()...), "\nendstream\n"...)
}

// write puts the objects after one another, and after them the table of where each is.
func (f *file) write(w io.Writer, root, info int, id [sha256.Size]byte) error {
	f.pack()
	out := &counter{w: w}
	fmt.Fprintf(out, "%%PDF-1.7\n%%\xe2\xe3\xcf\xd3\n")
	const wide = 1 + 4 + 2
	table := make([]byte, wide, wide*(len(f.objects)+2))
	for i, body := range f.objects {
		if p, ok := f.packed[i+1]; ok {
			table = append(binary.BigEndian.AppendUint32(append(table, 2), uint32(p.pack)), byte(p.index>>8), byte(p.index))
			continue
		}
		table = append(binary.BigEndian.AppendUint32(append(table, 1), uint32(out.n)), 0, 0)
		fmt.Fprintf(out, "%d 0 obj\n%s\nendobj\n", i+1, bytes.TrimRight(body, "\n"))
	}
	own, at := len(f.objects)+1, out.n
	table = append(binary.BigEndian.AppendUint32(append(table, 1), uint32(at)), 0, 0)
	entries := fmt.Sprintf("/Type /XRef /Size %d /W [1 4 2] /Root %d 0 R /Info %d 0 R /ID [<%x> <%x>]", own+1, root, info, id[:16], id[:16])
	fmt.Fprintf(out, "%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n", own, bytes.TrimRight(stream(entries, table), "\n"), at)
	return out.err
}

// counter counts what it writes and keeps the first error.
type counter struct {
	w   io.Writer
	n   int
	err error
}

func (c *counter) Write(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.w.Write(p)
	c.n, c.err = c.n+n, err
	return n, err
}
