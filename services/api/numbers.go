package api

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// unmarshal reads JSON that names each field once, and in which a whole number may be written in any way.
func unmarshal(text []byte, into any) error {
	if err := namedOnce(text); err != nil {
		return err
	}
	return json.Unmarshal(wholeNumbers(text), into)
}

// wholeNumbers writes whole numbers plainly: to whoever sends them 1e3 and 1000.0 are 1000, and to the decoder of a whole
// number they are none. Fractions stay, and are refused at their field.
func wholeNumbers(text []byte) []byte {
	const exact = 1 << 53
	out, quoted := make([]byte, 0, len(text)), false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quoted && c == '\\' && i+1 < len(text):
			out = append(out, c, text[i+1])
			i++
			continue
		case c == '"':
			quoted = !quoted
		case !quoted && (c == '-' || c >= '0' && c <= '9'):
			end := i
			for end < len(text) && strings.IndexByte("0123456789+-.eE", text[end]) >= 0 {
				end++
			}
			number := string(text[i:end])
			if n, err := strconv.ParseFloat(number, 64); err == nil && strings.ContainsAny(number, ".eE") && json.Valid(text[i:end]) && n == math.Trunc(n) && math.Abs(n) < exact {
				number = strconv.FormatInt(int64(n), 10)
			}
			out = append(out, number...)
			i = end - 1
			continue
		}
		out = append(out, c)
	}
	return out
}
