package events

import (
	"strings"
	"time"
	"unicode"
)

// ParseIdentityNumber reads a personnummer or a samordningsnummer in any spelling (10 or 12 digits, dash, plus,
// spaces, other scripts' digits, invisible characters) and returns its twelve digits and the year of birth.
// Ten digits mean the latest century that is not in the future today; a plus means the one before.
func ParseIdentityNumber(s string, today Day) (number string, birthYear Year, ok bool) {
	digits, plus, ok := identityDigits(s)
	if !ok {
		return "", 0, false
	}
	if len(digits) == 10 {
		digits = withCentury(digits, plus, today)
	}
	born, ok := birthday(digits)
	if !ok || born > today || !luhn(digits[2:]) {
		return "", 0, false
	}
	return digits, born.Year(), true
}

// MistypedIdentityNumber reports whether a text is written as an identity number but its check digit is wrong, or its day is to
// come: twelve digits of this century or the two before, in any spelling, or six and four with a dash or plus between, and a day
// that exists. Taken for a local id it would silently be another child. Ten digits in any other grouping may well be one.
func MistypedIdentityNumber(s string, today Day) bool {
	digits, plus, ok := identityDigits(s)
	if !ok || len(digits) == 10 && !signedInTheMiddle(s) {
		return false
	}
	if len(digits) == 10 {
		digits = withCentury(digits, plus, today)
	}
	born, _ := birthday(digits)
	return plausible(digits) && (born > today || !luhn(digits[2:]))
}

// signedInTheMiddle reports whether a dash or a plus stands after six digits, and nowhere else.
func signedInTheMiddle(s string) bool {
	n, signed := 0, false
	for _, r := range s {
		switch c := fold(r); {
		case isDigit(c):
			n++
		case c != '-' && c != '+':
		case n != 6:
			return false
		default:
			signed = true
		}
	}
	return signed
}

// identityDigits returns the ten or twelve digits of a text that holds nothing else but what may stand between
// them, and whether a plus stands before the last four.
func identityDigits(s string) (digits string, plus, ok bool) {
	var buf [12]byte
	n, plusAt := 0, -1
	for _, r := range s {
		switch c := fold(r); {
		case isDigit(c) && n < len(buf):
			buf[n] = c
			n++
		case c == '+' && plusAt < 0:
			plusAt = n
		case c != ' ' && c != '-' && c != 0:
			return "", false, false
		}
	}
	if n != 10 && n != 12 || plusAt >= 0 && plusAt != n-4 {
		return "", false, false
	}
	return string(buf[:n]), plusAt >= 0, true
}

// withCentury puts the century before ten digits, whether their day exists or not.
func withCentury(ten string, plus bool, today Day) string {
	born, now := number(ten[:6]), today.Time()
	if number(ten[4:6]) > 60 {
		born -= 60
	}
	century := now.Year() / 100
	if born > now.Year()%100*10000+int(now.Month())*100+now.Day() {
		century--
	}
	if plus {
		century--
	}
	return twoDigits(century) + ten
}

// birthday reads the day of twelve digits; a samordningsnummer's day is 60 higher.
func birthday(twelve string) (Day, bool) {
	year, month, day := number(twelve[:4]), number(twelve[4:6]), number(twelve[6:8])
	if day > 60 {
		day -= 60
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	return DayOf(t), year >= 1800 && year < 2200 && t.Day() == day && int(t.Month()) == month
}

// luhn checks the last of ten digits.
func luhn(ten string) bool {
	sum := 0
	for i := range ten {
		d := int(ten[i]-'0') * (2 - i%2)
		sum += d/10 + d%10
	}
	return sum%10 == 0
}

// Revealing says what a text reads as when any part of it passes as somebody's identity ("an identity number", "an
// e-mail address", "a telephone number"), or "" when none does. An identity number passes by its form (twelve digits
// of this or the last century, or six and four with a dash or plus, and a day that exists), or in any other grouping
// when its check digit is right as well.
func Revealing(s string) string {
	digits, at := 0, false
	for _, r := range s {
		c := fold(r)
		at = at || c == '@'
		if isDigit(c) {
			digits++
		}
	}
	if digits < 8 && !at {
		return ""
	}
	folded := foldText(s)
	if at && readsAsAddress(folded) {
		return "an e-mail address"
	}
	return revealingDigits(digitGroups(folded))
}

func revealingDigits(groups []digitGroup) (what string) {
	for i := range groups {
		size := 0
		for j := i; j < len(groups) && (j == i || groups[j].joined()) && size <= 15; j++ {
			size += len(groups[j].digits)
			run := digitRun{groups[i : j+1], groups[j+1:], len(groups) == j+1-i}
			if size >= 10 && run.readsAsIdentity() {
				return "an identity number"
			}
			if size >= 8 && run.readsAsTelephone() {
				what = "a telephone number"
			}
		}
	}
	return what
}

func readsAsAddress(s string) bool {
	for i := range s {
		if s[i] != '@' {
			continue
		}
		before, after := strings.TrimRight(s[:i], " "), strings.TrimLeft(s[i+1:], " ")
		if before == "" || after == "" || !isWord(before[len(before)-1]) || !isWord(after[0]) {
			continue
		}
		host, _, _ := strings.Cut(after, " ")
		if len(before) == i && len(after) == len(s)-i-1 || strings.Contains(strings.TrimRight(host, "."), ".") {
			return true
		}
	}
	return false
}

// digitGroup is digits that stand together, what stands between them and the group before, and how a date or a
// time of day uses them.
type digitGroup struct {
	digits    string
	separator string // since the group before or the start of the text
	letter    bool   // a letter stands directly after
	part      part
}

type part byte

const (
	alone     part = iota
	dayStart       // the year of 2021-03-01
	dayInside      // its month or day
	clock          // the hour or minute of 16.00
)

func (g digitGroup) joined() bool { return strings.Trim(g.separator, " -+.,/()_") == "" }

func digitGroups(s string) []digitGroup {
	var groups []digitGroup
	end := 0
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) {
			continue
		}
		start := i
		for i < len(s) && isDigit(s[i]) {
			i++
		}
		groups = append(groups, digitGroup{digits: s[start:i], separator: s[end:start], letter: i < len(s) && s[i] == 'a'})
		end = i
	}
	for i := range groups {
		markDay(groups[i:])
		markClock(groups[i:])
	}
	return groups
}

func markDay(g []digitGroup) {
	if len(g) < 3 || g[1].separator != "-" || g[2].separator != "-" || len(g[0].digits) != 4 || len(g[1].digits) != 2 || len(g[2].digits) != 2 {
		return
	}
	if _, ok := birthday(g[0].digits + g[1].digits + g[2].digits); ok && number(g[2].digits) <= 31 {
		g[0].part, g[1].part, g[2].part = dayStart, dayInside, dayInside
	}
}

func markClock(g []digitGroup) {
	if len(g) < 2 || g[0].part == clock || g[1].separator != "." || len(g[0].digits) > 2 || len(g[1].digits) != 2 {
		return
	}
	dotted := strings.HasSuffix(g[0].separator, ".") || len(g) > 2 && g[2].separator == "."
	if !dotted && number(g[0].digits) < 25 && number(g[1].digits) < 60 {
		g[0].part, g[1].part = clock, clock
	}
}

// digitRun is groups that may be read as one number, and those that follow.
type digitRun struct {
	groups []digitGroup
	next   []digitGroup
	whole  bool // there are no other digits in the text
}

func (r digitRun) digits() string {
	var b strings.Builder
	for _, g := range r.groups {
		b.WriteString(g.digits)
	}
	return b.String()
}

// separators returns what stands between the groups, without the spaces unless there is nothing else.
func (r digitRun) separators() (between []string) {
	for _, g := range r.groups[1:] {
		sign := strings.ReplaceAll(g.separator, " ", "")
		if sign == "" {
			sign = " "
		}
		between = append(between, sign)
	}
	return between
}

func (r digitRun) readsAsIdentity() bool {
	digits := r.digits()
	if len(r.groups) == 1 && len(digits) > 12 {
		return holdsIdentity(digits)
	}
	if len(digits) != 10 && len(digits) != 12 || !plausible(digits) {
		return false
	}
	if r.groups[0].part == dayStart && !r.only(" -+") {
		return false // 2021-03-01, 2022
	}
	if r.cutsDay() {
		return r.whole && r.only(" -+") && luhn(digits[len(digits)-10:])
	}
	return r.naturalForm() || luhn(digits[len(digits)-10:])
}

// plausible reports whether the digits begin with a day that somebody may have been born on.
func plausible(digits string) bool {
	if len(digits) == 12 {
		_, ok := birthday(digits)
		return ok && (digits[:2] == "18" || digits[:2] == "19" || digits[:2] == "20")
	}
	_, ok := birthday("20" + digits) // 2000 is a leap year: no day of another century is missed
	return ok
}

// holdsIdentity looks for a number inside more digits than one has.
func holdsIdentity(digits string) bool {
	for i := 0; i+12 <= len(digits); i++ {
		if twelve := digits[i : i+12]; plausible(twelve) && luhn(twelve[2:]) {
			return true
		}
	}
	return false
}

// cutsDay reports whether the run takes part of a date such as 2021-03-01, or any of a time of day, into a number.
func (r digitRun) cutsDay() bool {
	for _, g := range r.groups {
		if g.part == clock {
			return true
		}
	}
	return r.groups[0].part == dayInside || len(r.next) > 0 && r.next[0].part == dayInside
}

// naturalForm reports whether the number is grouped as people write one, so that a wrong check digit is a typing
// error and not another kind of number.
func (r digitRun) naturalForm() bool {
	between, last := r.separators(), r.groups[len(r.groups)-1].digits
	switch first := len(r.groups[0].digits); {
	case len(r.groups) == 1:
		return first == 12
	case len(last) != 4 || !r.only(" -+"):
		return false
	case len(r.groups) == 2:
		return first == 8 || first == 6 && between[0] != " "
	}
	yearLike := strings.HasPrefix(last, "19") || strings.HasPrefix(last, "20")
	return r.groups[0].part == dayStart && between[len(between)-1] != " " && !yearLike
}

func (r digitRun) readsAsTelephone() bool {
	for _, g := range r.groups {
		if g.part != alone {
			return false
		}
	}
	digits, first := r.digits(), r.groups[0]
	switch {
	case strings.HasSuffix(first.separator, "+") && first.separator != "+" && digits[0] != '0':
		return len(digits) <= 15 && r.only(" -.()")
	case strings.HasPrefix(digits, "0046"):
		return len(digits) >= 11 && len(digits) <= 14 && r.only(" -.()")
	}
	return len(digits) <= 10 && digits[0] == '0' && digits[1] != '0' && r.only(" -.()") && r.readsAsNational(digits)
}

// readsAsNational knows the Swedish numbering plan: mobile numbers have ten digits; Stockholm's area code has two,
// all others three or four, and what follows never begins with a zero.
func (r digitRun) readsAsNational(digits string) bool {
	between := r.separators()
	area := len(r.groups[0].digits)
	switch {
	case digits[1] == '7':
		return len(digits) == 10
	case r.besideLetter() || digits[2] == '0' && digits[1] == '8':
		return false
	case area == len(digits):
		return len(r.next) == 0 || r.next[0].separator != "-" // a UUID goes on
	case area == 1:
		return len(digits) == 10 && len(r.groups) == 10
	case area == 2:
		return digits[1] == '8' && dashedOnce(between) && (len(digits) > 8 || between[0] != " ")
	}
	return area <= 4 && len(digits)-area >= 5 && r.groups[1].digits[0] != '0' && dashedOnce(between)
}

// dashedOnce reports whether the groups after the first are set apart alike: 070-123 45 67 or 070-123-45-67.
func dashedOnce(between []string) bool {
	for i := 2; i < len(between); i++ {
		if between[i] != between[1] {
			return false
		}
	}
	return len(between) < 2 || between[1] == " " || between[1] == between[0]
}

func (r digitRun) besideLetter() bool {
	return strings.HasSuffix(r.groups[0].separator, "a") || r.groups[len(r.groups)-1].letter
}

// only reports whether nothing but these characters stands between the groups.
func (r digitRun) only(characters string) bool {
	for _, g := range r.groups[1:] {
		if strings.Trim(g.separator, characters) != "" {
			return false
		}
	}
	return true
}

// foldText returns the text with every rune folded, after a question mark that ends what may precede it.
func foldText(s string) string {
	b := append(make([]byte, 0, len(s)+1), '?')
	for _, r := range s {
		if c := fold(r); c != 0 {
			b = append(b, c)
		}
	}
	return string(b)
}

// fold returns what a rune means in a number or an address: its digit, a dash, a plus, a space, another sign, 'a'
// for every letter, '?' for what never stands in one, and 0 for what cannot be seen.
func fold(r rune) byte {
	switch {
	case r < 0x80:
		return foldASCII(byte(r))
	case unicode.IsLetter(r) && !strings.ContainsRune(blankLetters+dashes, r):
		return 'a'
	case strings.ContainsRune(dashes, r) || unicode.Is(unicode.Pd, r):
		return '-'
	case strings.ContainsRune(pluses, r):
		return '+'
	case r == '＠' || r == '﹫':
		return '@'
	case strings.ContainsRune(dots, r):
		return '.'
	case unicode.IsSpace(r) || r == '⠀':
		return ' '
	case unicode.In(r, unicode.Cf, unicode.Cc, unicode.M) || r == unicode.ReplacementChar || strings.ContainsRune(blankLetters, r):
		return 0
	}
	return foldDigit(r)
}

const (
	dashes       = "−⁻₋⁃˗ー─━⎯➖"
	pluses       = "＋﹢⁺₊➕"
	dots         = "．。﹒․｡"
	blankLetters = "ᅟᅠㅤﾠ"
)

func foldASCII(c byte) byte {
	switch {
	case isDigit(c), strings.IndexByte("-+@.,/()_ ", c) >= 0:
		return c
	case c|0x20 >= 'a' && c|0x20 <= 'z':
		return 'a'
	case c >= '\t' && c <= '\r':
		return ' '
	case c < ' ' || c == 0x7f:
		return 0
	}
	return '?'
}

// foldDigit returns the digit a rune stands for in any script, raised, lowered or circled; '?' when it is none.
func foldDigit(r rune) byte {
	for _, d := range digitSigns {
		if r >= d.first && r <= d.last {
			return d.digit + byte(r-d.first)
		}
	}
	// Unicode keeps the ten digits of a script together, in order (chapter 4.6).
	for _, t := range unicode.Nd.R16 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return '0' + byte((r-rune(t.Lo))%10)
		}
	}
	for _, t := range unicode.Nd.R32 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return '0' + byte((r-rune(t.Lo))%10)
		}
	}
	return '?'
}

var digitSigns = []struct {
	first, last rune
	digit       byte
}{
	{'²', '³', '2'},
	{'¹', '¹', '1'},
	{'⁰', '⁰', '0'},
	{'⁴', '⁹', '4'},
	{'₀', '₉', '0'},
	{'①', '⑨', '1'},
	{'⓪', '⓪', '0'},
	{'⑴', '⑼', '1'},
	{'⒈', '⒐', '1'},
	{'⓵', '⓽', '1'},
	{'⓿', '⓿', '0'},
	{'❶', '❾', '1'},
	{'➀', '➈', '1'},
	{'➊', '➒', '1'},
	{'🄁', '🄊', '0'},
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// isWord reports whether an address may have the folded character beside its @.
func isWord(c byte) bool { return c == 'a' || isDigit(c) || strings.IndexByte("-+._", c) >= 0 }

func number(digits string) (n int) {
	for i := range digits {
		n = n*10 + int(digits[i]-'0')
	}
	return n
}

func twoDigits(n int) string { return string([]byte{'0' + byte(n/10), '0' + byte(n%10)}) }
