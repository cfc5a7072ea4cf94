package intake

import (
	"regexp"
	"strings"
)

// digitMask is a number format that shows zeros before a number, such as 000000-0000 in which a spreadsheet shows identity
// numbers. What stands in the cell is a number without them: of somebody born in 2000 it would be another child.
type digitMask string

// mostFormat is how long a format may be, as in Excel: each number is shown as long.
const mostFormat = 255

// maskOf reads a format; "" for one that shows no zeros before a number.
func maskOf(format string) digitMask {
	if len(format) > mostFormat {
		return ""
	}
	positive, _, _ := strings.Cut(format, ";")
	mask := strings.NewReplacer(`\`, "", `"`, "").Replace(locale.ReplaceAllString(positive, ""))
	if strings.Count(mask, "0") < 2 || strings.Trim(mask, "0- ") != "" {
		return ""
	}
	return digitMask(mask)
}

var locale = regexp.MustCompile(`\[\$[^]]*\]`)

// show writes a whole number as the cell shows it; digits that the mask has no room for stand before it.
func (m digitMask) show(number string) string {
	if m == "" || strings.Trim(number, "0123456789") != "" {
		return number
	}
	room := strings.Count(string(m), "0")
	digits := strings.Repeat("0", max(0, room-len(number))) + number
	var b strings.Builder
	for _, c := range []byte(m) {
		if c != '0' {
			b.WriteByte(c)
			continue
		}
		n := len(digits) - room + 1
		b.WriteString(digits[:n])
		digits, room = digits[n:], room-1
	}
	return b.String()
}
