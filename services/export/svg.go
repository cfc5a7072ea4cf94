package export

// SVG draws a chart to stand in a page, in the words and numbers of a language.
func SVG(c Chart, lang string) []byte { return nil }
