package export

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// clean makes text that every file can hold: valid, composed (å is one character), without control characters and
// without those that turn the direction of writing or have no width. Line breaks and tabs become spaces, and what is
// left of them at the ends is cut.
func clean(s string) string {
	if isClean(s) {
		return s
	}
	s = norm.NFC.String(strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		case unicode.Is(unicode.Cf, r) && r != '\u00ad', r == '\uFFFE', r == '\uFFFF', unicode.Is(unicode.Variation_Selector, r):
			return -1
		}
		return r
	}, s)
	return strings.Trim(s, " ")
}

// isClean is a short way for most text: printable ASCII and the composed letters of Latin 1.
func isClean(s string) bool {
	for _, r := range s {
		if r < ' ' || r > 'ÿ' || r >= 0x7f && r <= 0xa0 || r == '\u00ad' {
			return false
		}
	}
	return !strings.HasPrefix(s, " ") && !strings.HasSuffix(s, " ")
}

// Neutral keeps a spreadsheet from taking the text of a CSV for a formula.
func Neutral(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r＝＋－＠", []rune(s)[0]) {
		return "'" + s
	}
	return s
}

func comma(d Decimal) string { return strings.Replace(d.String(), ".", ",", 1) }

// short cuts text to so many characters.
func short(s string, most int) string {
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return string(runes[:most-1]) + "…"
}
