package export

import (
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/go-fonts/liberation/liberationsansbold"
	"github.com/go-fonts/liberation/liberationsansregular"
	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// face is a typeface: how wide its characters are, and which there are.
type face struct {
	ttf    []byte
	font   *sfnt.Font
	buffer sfnt.Buffer
	common [0x180]glyph // Latin, made beforehand
	rare   map[rune]glyph
	spare  float64 // how much wider than this one the typeface may be that is written with; 0: it is this one
}

type glyph struct {
	missing bool
	width   float64 // for text of size 1
}

func regular() *face { return newFace(liberationsansregular.TTF) }

// screenFace measures text that a browser writes in a typeface of its own, which may be wider.
func screenFace() *face {
	f := *onScreen()
	f.buffer, f.rare, f.spare = sfnt.Buffer{}, make(map[rune]glyph), 0.18
	return &f
}

// onScreen is made once, and never changed.
var onScreen = sync.OnceValue(regular)

func bold() *face { return newFace(liberationsansbold.TTF) }

// newFace cannot fail: the fonts are part of the program. Whoever writes with it may write in its bytes.
func newFace(ttf []byte) *face {
	f, err := sfnt.Parse(ttf)
	if err != nil {
		panic(err)
	}
	made := &face{ttf: slices.Clone(ttf), font: f, rare: make(map[rune]glyph)}
	for r := range made.common {
		made.common[r] = made.measure(rune(r))
	}
	return made
}

func (f *face) glyph(r rune) glyph {
	if int(r) < len(f.common) {
		return f.common[r]
	}
	g, ok := f.rare[r]
	if !ok {
		g = f.measure(r)
		f.rare[r] = g
	}
	return g
}

func (f *face) measure(r rune) (g glyph) {
	const em = 1000
	index, err := f.font.GlyphIndex(&f.buffer, r)
	g.missing = err != nil || index == 0
	if advance, err := f.font.GlyphAdvance(&f.buffer, index, fixed.I(em), font.HintingNone); err == nil {
		g.width = float64(advance) / 64 / em
	}
	return g
}

const replacement = '□'

// shown is clean text in characters that the face has; a character that it lacks is replaced.
func (f *face) shown(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\u00ad':
			return -1
		case r == '\u2011':
			return '-'
		case r == '\u2007', r == '\u202f':
			return '\u00a0'
		case r != '\u00a0' && unicode.Is(unicode.Zs, r):
			return ' '
		case f.glyph(r).missing:
			return replacement
		}
		return r
	}, clean(s))
}

// width is how wide text of size 1 is.
func (f *face) width(s string) (w float64) {
	for _, r := range s {
		w += f.glyph(r).width
	}
	return w
}

// wrap breaks text into lines of at most a width, of text of size 1: after spaces, hyphens and strokes, and within a word
// only where the word alone is too wide. Lines keep the spaces they end with. There is always a line.
func (f *face) wrap(s string, width float64) (lines []string) {
	var line strings.Builder
	var used float64
	next := func() {
		lines = append(lines, line.String())
		line.Reset()
		used = 0
	}
	for _, piece := range pieces(s) {
		wide := f.width(strings.TrimRight(piece, " "))
		if used > 0 && used+wide > width {
			next()
		}
		for wide > width {
			head := f.fitting(piece, width)
			line.WriteString(head)
			next()
			piece = piece[len(head):]
			wide = f.width(strings.TrimRight(piece, " "))
		}
		line.WriteString(piece)
		used += f.width(piece)
	}
	if line.Len() > 0 || len(lines) == 0 {
		next()
	}
	return lines
}

// fitting returns what fits of the beginning of s: one character at least.
func (f *face) fitting(s string, width float64) string {
	var used float64
	for i, r := range s {
		if used += f.glyph(r).width; used > width && i > 0 {
			return s[:i]
		}
	}
	return s
}

// pieces cuts text where a line may break: each piece but the last ends with spaces, or with a hyphen or a stroke
// between letters.
func pieces(s string) (list []string) {
	start := 0
	runes := []rune(s)
	at := 0
	for i, r := range runes {
		at += len(string(r))
		last := i == len(runes)-1
		ends := last || r == ' ' && runes[i+1] != ' ' ||
			(r == '-' || r == '/') && i > 0 && unicode.IsLetter(runes[i-1]) && unicode.IsLetter(runes[i+1])
		if ends {
			list = append(list, s[start:at])
			start = at
		}
	}
	return list
}
