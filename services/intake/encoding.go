package intake

import (
	"bufio"
	"bytes"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// lineDecoder turns lines into UTF-8. The first line with a letter outside ASCII decides, together with what is
// read ahead of it, whether a file without a byte order mark is UTF-8 or Windows-1252.
type lineDecoder struct{ encoding encoding }

type encoding int

const (
	undecided encoding = iota
	utf8Encoding
	windows1252
)

// sniffEncoding looks for a byte order mark, or for the zeros of UTF-16 without one, and takes the mark away.
func sniffEncoding(in *bufio.Reader) (*bufio.Reader, lineDecoder, error) {
	start, err := in.Peek(4)
	if err != nil && err != io.EOF {
		return nil, lineDecoder{}, err
	}
	switch {
	case bytes.HasPrefix(start, []byte("\xef\xbb\xbf")):
		in.Discard(3)
		return in, lineDecoder{utf8Encoding}, nil
	case len(start) == 4 && (bytes.HasPrefix(start, []byte("\xff\xfe")) && start[2] != 0 || start[0] != 0 && start[1] == 0 && start[2] != 0 && start[3] == 0):
		return utf16Reader(in, unicode.LittleEndian), lineDecoder{utf8Encoding}, nil
	case len(start) == 4 && (bytes.HasPrefix(start, []byte("\xfe\xff")) || start[0] == 0 && start[1] != 0 && start[2] == 0 && start[3] != 0):
		return utf16Reader(in, unicode.BigEndian), lineDecoder{utf8Encoding}, nil
	}
	return in, lineDecoder{}, nil
}

func utf16Reader(in io.Reader, order unicode.Endianness) *bufio.Reader {
	return bufio.NewReaderSize(transform.NewReader(in, unicode.UTF16(order, unicode.UseBOM).NewDecoder()), 64<<10)
}

// decode returns the line in UTF-8, and whether it is in another encoding than the file, or was spoiled before.
func (d *lineDecoder) decode(line []byte, ahead *bufio.Reader) (text string, foreign bool) {
	if ascii(line) {
		return string(line), false
	}
	if d.encoding == undecided {
		rest, _ := ahead.Peek(ahead.Size())
		d.encoding = encodingOf(line, rest)
	}
	valid := utf8.Valid(line)
	if d.encoding == windows1252 {
		// Swedish text in Windows-1252 never comes out as UTF-8: two files were put together.
		return windows1252Text(line), valid || slices.ContainsFunc(line, unassigned)
	}
	return string(line), !valid || bytes.ContainsRune(line, utf8.RuneError)
}

// encodingOf is UTF-8 unless more of the bytes outside ASCII are wrong in it than right.
func encodingOf(texts ...[]byte) encoding {
	right, wrong := 0, 0
	for _, b := range texts {
		for len(b) > 0 {
			r, size := utf8.DecodeRune(b)
			switch {
			case r == utf8.RuneError && size == 1 && utf8.FullRune(b): // the last may be cut by the end of the buffer
				wrong++
			case r >= utf8.RuneSelf:
				right++
			}
			b = b[size:]
		}
	}
	if wrong > right {
		return windows1252
	}
	return utf8Encoding
}

// unassigned reports whether the byte means nothing in Windows-1252.
func unassigned(b byte) bool { return strings.IndexByte("\x81\x8d\x8f\x90\x9d", b) >= 0 }

func windows1252Text(line []byte) string {
	text := make([]byte, 0, len(line)+len(line)/4)
	for _, b := range line {
		text = utf8.AppendRune(text, charmap.Windows1252.DecodeByte(b))
	}
	return string(text)
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
