package export

import (
	"strconv"
	"strings"
	"unicode/utf16"
)

const longestName = 31 // in UTF-16, as Excel counts

// names returns a name for each section that a sheet may have: short, without the characters that Excel forbids, and
// unlike every other, also where only the case differs.
func names(d Document) (list []string) {
	taken := map[string]bool{strings.ToLower(wordsOf(d.Language).about): true, "history": true} // Excel's own
	for _, s := range d.Sections {
		wanted := sheetName(s)
		name := cut(wanted, longestName)
		for n := 2; taken[strings.ToLower(name)]; n++ {
			suffix := " (" + strconv.Itoa(n) + ")"
			name = cut(wanted, longestName-len(suffix)) + suffix
		}
		taken[strings.ToLower(name)] = true
		list = append(list, name)
	}
	return list
}

func sheetName(s Section) string {
	for _, name := range []string{s.Name, s.Heading, "1"} {
		name = strings.Map(func(r rune) rune {
			if strings.ContainsRune(`[]:*?/\`, r) {
				return '-'
			}
			return r
		}, clean(name))
		if name = strings.Trim(name, " '"); name != "" {
			return name
		}
	}
	return ""
}

// cut keeps at most so many UTF-16 units, and whole characters.
func cut(s string, most int) string {
	units := 0
	for i, r := range s {
		if units += utf16.RuneLen(r); units > most {
			return strings.Trim(s[:i], " '")
		}
	}
	return s
}
