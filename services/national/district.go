package national

import (
	"crypto/sha256"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"rackvidd/events"
)

// districtOf is the code of a part of a municipality that a table calls by a code or by its name, in lower case. A code is
// itself. Of a name the letters a–z and digits are kept (å and ä as a, ö as o), anything else is a dash, and four letters
// computed from the whole name follow, so that names that look alike, or are longer than a code, are told apart: Skärholmen
// is skarholmen-ixlz. The same name is always the same code, however its letters and spaces are written, and writing the
// code in the next table means the same district. None is "". Errors are *casework.Refusal.
func districtOf(cell string) (events.District, error) {
	name := strings.ToLower(norm.NFC.String(strings.Join(strings.Fields(cell), " ")))
	if name == "" {
		return "", nil
	}
	if d, err := events.ParseDistrict(name); err == nil {
		return d, nil
	}
	if what := events.Revealing(name); what != "" {
		return "", refuse("district", "identity", "reads as %s; nobody's identity may be written here", what)
	}
	letters := plain(name)
	if letters == "" {
		return "", refuse("district", "invalid", "must be the name or the code of a part of the municipality, with letters from a to z or å, ä, ö")
	}
	mark := markOf(name)
	letters = strings.Trim(letters[:min(len(letters), longestDistrict-len(mark)-1)], "-")
	d, err := events.ParseDistrict(letters + "-" + mark)
	if err != nil {
		return "", refuse("district", "invalid", "%v", err)
	}
	return d, nil
}

// longestDistrict is how many characters a district's code has at most.
const longestDistrict = 16

// plain writes a name in a–z and digits with dashes between: letters without what stands above or below them.
func plain(name string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(name) {
		switch {
		case r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r), strings.HasSuffix(b.String(), "-"):
		default:
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-")
}

// markOf is four letters from a name's SHA-256. They are letters alone: digits could read as part of a number.
func markOf(name string) string {
	sum := sha256.Sum256([]byte(name))
	n := uint32(sum[0])<<24 | uint32(sum[1])<<16 | uint32(sum[2])<<8 | uint32(sum[3])
	mark := make([]byte, 4)
	for i := range mark {
		mark[i] = byte('a' + n%26)
		n /= 26
	}
	return string(mark)
}
