package surveying

import "cmp"

// Language is what people are addressed in.
type Language string

const (
	Swedish Language = "sv"
	English Language = "en"
)

// Text is what is said, in both languages.
type Text struct {
	SV string `yaml:"sv" json:"sv"`
	EN string `yaml:"en" json:"en"`
}

// In returns the text in a language; Swedish where the other is missing.
func (t Text) In(l Language) string {
	if l == English {
		return cmp.Or(t.EN, t.SV)
	}
	return t.SV
}
