package intake

import (
	"bufio"
	"bytes"
	"io"
)

const (
	maxText   = 10 * maxField // bytes of XML that hold one cell's text: a character may take ten
	maxMarkup = 4 * maxField
	afterText = 64 // bytes that may follow to end a character
)

// textCutter passes XML on and cuts any text longer than a cell may be, so that the decoder, which holds a text as
// a whole, needs no more memory than that. Markup as long is damage.
type textCutter struct {
	in       *bufio.Reader
	length   int // of the text or the markup so far
	inMarkup bool
	inEntity bool
}

func newTextCutter(r io.Reader) *textCutter { return &textCutter{in: bufio.NewReaderSize(r, 64<<10)} }

func (t *textCutter) Read(p []byte) (n int, err error) {
	for n == 0 && len(p) > 0 {
		if _, err := t.in.Peek(1); err != nil {
			return 0, err
		}
		part, _ := t.in.Peek(min(len(p), t.in.Buffered()))
		if n, err = t.filter(p, part); err != nil {
			return n, err
		}
		t.in.Discard(len(part))
	}
	return n, nil
}

func (t *textCutter) filter(to, from []byte) (n int, err error) {
	for len(from) > 0 {
		end := byte('<')
		if t.inMarkup {
			end = '>'
		}
		run, _, ended := bytes.Cut(from, []byte{end})
		n += copy(to[n:], run[:t.keep(run)])
		if t.length += len(run); t.inMarkup && t.length > maxMarkup {
			return n, errDamaged
		}
		if from = from[len(run):]; ended {
			to[n] = end
			n, from = n+1, from[1:]
			t.inMarkup, t.inEntity, t.length = !t.inMarkup, false, 0
		}
	}
	return n, nil
}

// keep returns how much of a run is passed on: no character and no &entity; is cut.
func (t *textCutter) keep(run []byte) int {
	if t.inMarkup {
		return len(run)
	}
	n := min(len(run), max(0, maxText-t.length))
	t.note(run[:n])
	for n < len(run) && t.length+n < maxText+afterText && (t.inEntity || run[n]&0xC0 == 0x80) {
		t.note(run[n : n+1])
		n++
	}
	return n
}

// note keeps track of whether an entity is open.
func (t *textCutter) note(text []byte) {
	open, closed := bytes.LastIndexByte(text, '&'), bytes.LastIndexByte(text, ';')
	if open != closed {
		t.inEntity = open > closed
	}
}
