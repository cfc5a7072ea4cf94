package events

import (
	"bytes"
	"encoding/binary"
	"slices"
	"unicode/utf8"
)

// cursor goes through a JSON text once, and fails at whatever is not written as Encode writes it.
type cursor struct {
	raw    []byte
	at     int
	failed bool

	source, context []byte // what is around the type of a message's first event

	words  map[string]string // those that were read before: a log says the same few again and again
	events []Event           // where lists are read, before one of their own length is made
	marks  []Mark
	counts []HeadCount
	ids    []ID
}

func (c *cursor) fail() { c.failed, c.at = true, len(c.raw) }

// skip goes past a text, if it is next.
func (c *cursor) skip(s string) bool {
	if len(c.raw)-c.at < len(s) || string(c.raw[c.at:c.at+len(s)]) != s {
		return false
	}
	c.at += len(s)
	return true
}

// again goes past what was read before, if it is next.
func (c *cursor) again(before []byte) bool {
	if !bytes.HasPrefix(c.raw[c.at:], before) {
		return false
	}
	c.at += len(before)
	return true
}

func (c *cursor) expect(s string) {
	if !c.skip(s) {
		c.fail()
	}
}

// take goes past n bytes between quotation marks; none where they are not there.
func (c *cursor) take(n int) []byte {
	end := c.at + n + 1
	if end >= len(c.raw) || c.raw[c.at] != '"' || c.raw[end] != '"' {
		c.fail()
		return nil
	}
	b := c.raw[c.at+1 : end]
	c.at = end + 1
	return b
}

// quoted reads a text in which nothing is escaped.
func (c *cursor) quoted() []byte {
	if !c.skip(`"`) {
		c.fail()
		return nil
	}
	n := bytes.IndexByte(c.raw[c.at:], '"')
	if n < 0 || !plain(c.raw[c.at:c.at+n]) {
		c.fail()
		return nil
	}
	text := c.raw[c.at : c.at+n]
	c.at += n + 1
	return text
}

// plain looks at eight bytes at once, and from where one of them is unusual at each.
func plain(text []byte) bool {
	const each, highest = 0x0101010101010101, 0x8080808080808080
	for len(text) >= 8 {
		w := binary.LittleEndian.Uint64(text)
		control, escape := w-each*' ', (w^each*'\\')-each // their highest bits are set where a byte is one, or follows one
		if (w|control|escape)&highest != 0 {
			break
		}
		text = text[8:]
	}
	for _, b := range text {
		if b < ' ' || b == '\\' || b >= utf8.RuneSelf && !utf8.Valid(text) {
			return false
		}
	}
	return true
}

// word reads a text that stands in many events.
func (c *cursor) word() string {
	const most, longest = 4096, 64
	b := c.quoted()
	if s, known := c.words[string(b)]; known {
		return s
	}
	s := string(b)
	if len(c.words) < most && len(s) <= longest {
		c.words[s] = s
	}
	return s
}

// number reads an integer that is not negative.
func (c *cursor) number() (n uint64) {
	const most = 18 // digits that fit any type of ours
	from := c.at
	for c.at < len(c.raw) && isDigit(c.raw[c.at]) && c.at-from <= most {
		n = n*10 + uint64(c.raw[c.at]-'0')
		c.at++
	}
	if digits := c.at - from; digits == 0 || digits > most || digits > 1 && c.raw[from] == '0' {
		c.fail()
	}
	return n
}

// list reads a list of at least one.
func list[T any](c *cursor, buffer *[]T, read func(*cursor, *T)) []T {
	found := (*buffer)[:0]
	c.expect("[")
	for {
		var one T
		found = append(found, one)
		if read(c, &found[len(found)-1]); !c.skip(",") {
			break
		}
	}
	c.expect("]")
	*buffer = found
	return slices.Clone(found)
}

const noDigit = 0xff

// digitsOf is the value of each byte as a digit of an alphabet.
func digitsOf(alphabet string) (values [256]byte) {
	for i := range values {
		values[i] = noDigit
	}
	for i := range len(alphabet) {
		values[alphabet[i]] = byte(i)
	}
	return values
}

var (
	base32Digits = digitsOf("abcdefghijklmnopqrstuvwxyz234567")
	base64Digits = digitsOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
)

// unpack fills dst from digits of a number of bits each, 5 or 6. What is over of the last one has to be zero.
func unpack(dst, digits []byte, values *[256]byte, bits int) bool {
	var all byte
	for ; len(digits) >= 8; dst, digits = dst[bits:], digits[8:] {
		var eight uint64
		for i := 0; i < 8; i += 2 {
			one, other := values[digits[i]], values[digits[i+1]]
			all |= one | other
			eight = eight<<(2*bits) | uint64(one)<<bits | uint64(other)
		}
		binary.BigEndian.PutUint32(dst, uint32(eight>>(8*bits-32)))
		dst[4], dst[bits-1] = byte(eight>>(8*bits-40)), byte(eight)
	}
	var buffer uint32
	have, n := 0, 0
	for _, d := range digits {
		all |= values[d]
		buffer = buffer<<bits | uint32(values[d])
		if have += bits; have >= 8 {
			have -= 8
			dst[n] = byte(buffer >> have)
			n++
		}
	}
	return all < 1<<bits && buffer&(1<<have-1) == 0
}

func (c *cursor) id(id *ID) {
	if b := c.take(26); b != nil && !unpack(id[:], b, &base32Digits, 5) {
		c.fail()
	}
}

func (c *cursor) entry(e *Entry) {
	b := c.take(40)
	if b != nil && (b[26] != '-' || !unpack(e.Of[:], b[:26], &base32Digits, 5) || !unpack(e.Number[:], b[27:], &base32Digits, 5)) {
		c.fail()
	}
}

func (c *cursor) record(r *Record) {
	var raw [24]byte
	if b := c.take(32); b != nil && !unpack(raw[:], b, &base64Digits, 6) {
		c.fail()
	}
	copy(r.Key[:], raw[:])
	copy(r.MAC[:], raw[16:])
}

// digits reads a number of so many digits.
func (c *cursor) digits(b []byte) (n int) {
	for _, d := range b {
		if !isDigit(d) {
			c.fail()
			return 0
		}
		n = n*10 + int(d-'0')
	}
	return n
}

func (c *cursor) day(d *Day) {
	b := c.take(len("2006-01-02"))
	if b == nil {
		return
	}
	year := c.digits(b[:4])
	if *d = c.date(b); year < 1900 || year > 2199 {
		c.fail()
	}
}

// date reads YYYY-MM-DD, in any year.
func (c *cursor) date(b []byte) Day {
	year, month, day := c.digits(b[:4]), c.digits(b[5:7]), c.digits(b[8:10])
	if b[4] != '-' || b[7] != '-' || month < 1 || month > 12 || day < 1 || day > lengthOf(year, month) {
		c.fail()
		return 0
	}
	return dayNumber(year, month, day)
}

func lengthOf(year, month int) int {
	switch {
	case month == 2 && (year%4 != 0 || year%100 == 0 && year%400 != 0):
		return 28
	case month == 2:
		return 29
	}
	return 30 + (month+month>>3)&1
}

// dayNumber counts the days from 1970-01-01, by years that begin in March: the day that may be missing is their last.
func dayNumber(year, month, day int) Day {
	if month < 3 {
		year, month = year-1, month+12
	}
	return Day(365*year + year>>2 - year/100 + year/400 + (153*month-457)/5 + day - 719469)
}

func (c *cursor) instant(i *Instant) {
	b := c.take(len("2006-01-02T15:04:05.000Z"))
	if b == nil {
		return
	}
	hour, minute, second := c.digits(b[11:13]), c.digits(b[14:16]), c.digits(b[17:19])
	if b[10] != 'T' || b[13] != ':' || b[16] != ':' || b[19] != '.' || b[23] != 'Z' || hour > 23 || minute > 59 || second > 59 {
		c.fail()
	}
	*i = Instant(((int64(c.date(b))*24+int64(hour))*60+int64(minute))*60+int64(second))*1000 + Instant(c.digits(b[20:23]))
}
