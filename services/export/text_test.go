package export

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestTextIsCleaned(t *testing.T) {
	for _, c := range []struct{ given, want string }{
		{"Örebro – 2 800", "Örebro – 2 800"},
		{"2\u00a0800", "2\u00a0800"},
		{"a\u030a", "å"},
		{" \t=1+1\r\n", "=1+1"},
		{"två\nrader", "två rader"},
		{"\x00", ""},
		{"fel\xff", "fel\uFFFD"},
		{"\u202egnäv\u200b", "gnäv"},
	} {
		if got := clean(c.given); got != c.want {
			t.Errorf("%q became %q, not %q", c.given, got, c.want)
		}
	}
}

func TestACharacterThatTheFaceLacksIsReplaced(t *testing.T) {
	for _, f := range []*face{regular(), bold()} {
		if got := f.shown("åäö ÅÄÖ – − × ≥ 2\u202f800 ☃👧 auto\u00admatisk"); got != "åäö ÅÄÖ – − × ≥ 2\u00a0800 □□ automatisk" {
			t.Errorf("%q", got)
		}
		if f.glyph(replacement).missing {
			t.Error("the face lacks even the replacement")
		}
		if f.width("0123456789") != 10*f.width("8") {
			t.Error("numerals differ in width")
		}
	}
}

func TestLinesBreakBetweenWordsAndOnlyThenWithin(t *testing.T) {
	f := regular()
	for _, c := range []struct {
		given, fits string
		want        []string
	}{
		{"barn som fått stöd", "barn som", []string{"barn som ", "fått stöd"}},
		{"kontaktperson/kontaktfamilj", "kontaktperson/", []string{"kontaktperson/", "kontaktfamilj"}},
		{"stöd-grupp", "grupp", []string{"stöd-", "grupp"}},
		{"1–4 2019-04-14", "2019-04-14", []string{"1–4 ", "2019-04-14"}},
		{"2\u00a0800 barn", "2\u00a0800", []string{"2\u00a0800 ", "barn"}},
		{"aaaaaaaa bb", "aaa", []string{"aaa", "aaa", "aa ", "bb"}},
		{"", "aaa", []string{""}},
		{"å", "", []string{"å"}},
	} {
		if got := f.wrap(c.given, f.width(c.fits)+0.001); !slices.Equal(got, c.want) {
			t.Errorf("%q broke into %q", c.given, got)
		}
	}
}

func TestLinesLoseNothingAndFit(t *testing.T) {
	f := regular()
	rapid.Check(t, func(t *rapid.T) {
		s, width := f.shown(rapid.String().Draw(t, "s")), rapid.Float64Range(1.1, 20).Draw(t, "width")
		lines := f.wrap(s, width)
		if strings.Join(lines, "") != s {
			t.Fatalf("%q became %q", s, lines)
		}
		for _, line := range lines {
			if trimmed := strings.TrimRight(line, " "); f.width(trimmed) > width+1e-9 && utf8.RuneCountInString(trimmed) > 1 {
				t.Fatalf("%q is wider than %f", line, width)
			}
		}
	})
}

func TestSheetsHaveNamesThatExcelTakes(t *testing.T) {
	d := Document{Language: "sv"}
	for _, s := range hostile {
		d.Sections = append(d.Sections, Section{Name: s, Heading: s}, Section{Name: s})
	}
	d.Sections = append(d.Sections, Section{Name: "om"}, Section{Name: "History"}, Section{Name: strings.Repeat("👧", 31)})
	seen := make(map[string]bool)
	for _, name := range names(d) {
		lower := strings.ToLower(name)
		if name == "" || len([]rune(name)) > 31 || strings.ContainsAny(name, `[]:*?/\`) || strings.Trim(name, "'") != name || seen[lower] || lower == "om" || lower == "history" {
			t.Errorf("%q is no name for a sheet", name)
		}
		seen[lower] = true
	}
}
