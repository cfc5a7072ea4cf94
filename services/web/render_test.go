package web

import "testing"

func TestEveryPageCanBePutTogetherInEachLanguage(t *testing.T) {
	for lang, pages := range testSite(t).templates {
		for name, page := range pages {
			if page().Lookup("layout") == nil {
				t.Errorf("%s in %s has no layout", name, lang)
			}
		}
	}
}
