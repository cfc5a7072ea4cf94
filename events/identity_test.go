package events

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// All numbers below are made: birth numbers 980–999 are never given to anybody.

var today = Date(2026, 3, 15)

// madeNumber returns twelve digits with the right check digit.
func madeNumber(year, month, day, birthNumber int) string {
	nine := fmt.Sprintf("%04d%02d%02d%03d", year, month, day, birthNumber)
	for check := byte('0'); ; check++ {
		if luhn(nine[2:] + string(check)) {
			return nine + string(check)
		}
	}
}

// wrongCheck returns the number with another check digit.
func wrongCheck(twelve string) string {
	return twelve[:11] + string('0'+(twelve[11]-'0'+3)%10)
}

// inScript writes the digits with the script that has its zero at the given rune.
func inScript(s string, zero rune) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return zero + r - '0'
		}
		return r
	}, s)
}

// spellings returns the ways people and machines write the twelve digits, all meaning the same number.
func spellings(n string) map[string]string {
	date, last := n[2:8], n[8:]
	return map[string]string{
		"twelve digits":            n,
		"twelve with a dash":       n[:8] + "-" + last,
		"twelve with a space":      n[:8] + " " + last,
		"ten digits":               date + last,
		"ten with a dash":          date + "-" + last,
		"ten with a space":         date + " " + last,
		"an en dash":               date + "–" + last,
		"a minus sign":             date + "−" + last,
		"a non-breaking hyphen":    date + "\u2011" + last,
		"dash between spaces":      date + " - " + last,
		"non-breaking space":       n[:8] + "\u00a0" + last,
		"narrow space":             n[:8] + "\u202f" + last,
		"century apart":            n[:2] + " " + date + "-" + last,
		"as a day":                 n[:4] + "-" + n[4:6] + "-" + n[6:8] + "-" + last,
		"in pairs":                 n[:2] + " " + n[2:4] + " " + n[4:6] + " " + n[6:8] + " " + n[8:10] + " " + n[10:],
		"digit by digit":           strings.Join(strings.Split(n, ""), " "),
		"zero-width characters":    strings.Join(strings.Split(n, ""), "\u200b"),
		"a soft hyphen":            date + "\u00ad" + last,
		"a byte order mark":        "\ufeff" + date + "-" + last,
		"full-width digits":        inScript(date+"-"+last, '０'),
		"full-width with its dash": inScript(date+"－"+last, '０'),
		"arabic digits":            inScript(n, '٠'),
		"devanagari digits":        inScript(n, '०'),
		"bold digits":              inScript(n, '𝟎'),
		"keycaps":                  strings.Join(strings.Split(n, ""), "\ufe0f\u20e3") + "\ufe0f\u20e3",
		"around it spaces":         "  " + date + "-" + last + "\t",
	}
}

func TestAnIdentityNumberIsReadInEverySpelling(t *testing.T) {
	for _, want := range []string{madeNumber(2014, 3, 5, 981), madeNumber(2019, 12, 91, 990), madeNumber(2000, 2, 29, 985)} {
		for name, s := range spellings(want) {
			got, year, ok := ParseIdentityNumber(s, today)
			if !ok || got != want || fmt.Sprint(int(year)) != want[:4] {
				t.Errorf("%s: %q is read as %s of %d (%v), want %s", name, s, got, year, ok, want)
			}
		}
	}
}

func TestTenDigitsMeanTheLatestCenturyThatHasBegun(t *testing.T) {
	for _, c := range []struct {
		says  string
		ten   string
		today Day
		want  Year
	}{
		{"born today", madeNumber(2026, 3, 15, 981)[2:], today, 2026},
		{"tomorrow has not come, so a hundred years ago", madeNumber(1926, 3, 16, 981)[2:], today, 1926},
		{"a samordningsnummer of today", madeNumber(2026, 3, 75, 981)[2:], today, 2026},
		{"a year ago the same number was a hundred years older", madeNumber(1926, 3, 15, 981)[2:], Date(2025, 3, 15), 1926},
		{"a plus is a hundred years more", plus(madeNumber(1914, 3, 5, 981)), today, 1914},
		{"a plus and a day that has not come", plus(madeNumber(1826, 12, 5, 981)), today, 1826},
		{"the leap day of 2000", madeNumber(2000, 2, 29, 981)[2:], today, 2000},
	} {
		if _, year, ok := ParseIdentityNumber(c.ten, c.today); !ok || year != c.want {
			t.Errorf("%s: %d, %v, want %d", c.says, year, ok, c.want)
		}
	}
}

func plus(n string) string { return n[2:8] + "+" + n[8:] }

func TestWhatIsNoIdentityNumberIsNotRead(t *testing.T) {
	good := madeNumber(2014, 3, 5, 981)
	for says, s := range map[string]string{
		"nothing":                     "",
		"a wrong check digit":         wrongCheck(good),
		"a day that does not exist":   madeNumber(2014, 2, 30, 981),
		"a leap day in a common year": madeNumber(2013, 2, 29, 981),
		"1900 was no leap year":       plus(madeNumber(1900, 2, 29, 981)),
		"day sixty":                   madeNumber(2014, 3, 60, 981),
		"month thirteen":              madeNumber(2014, 13, 5, 981),
		"a day to come":               madeNumber(2027, 3, 5, 981),
		"eleven digits":               good[1:],
		"thirteen digits":             good + "0",
		"a letter beside it":          "x" + good,
		"a plus in the wrong place":   "2014+0305" + good[8:],
		"two pluses":                  "140305++" + good[8:],
		"a slash":                     "140305/" + good[8:],
		"a local id":                  "b-17",
	} {
		if n, _, ok := ParseIdentityNumber(s, today); ok {
			t.Errorf("%s: %q was read as %s", says, s, n)
		}
	}
}

func TestAMistypedIdentityNumberIsSeen(t *testing.T) {
	for _, good := range []string{madeNumber(2014, 3, 5, 981), madeNumber(2019, 12, 91, 990), madeNumber(2000, 2, 29, 985), madeNumber(1899, 2, 3, 983)} {
		for name, s := range spellings(good) {
			if MistypedIdentityNumber(s, today) {
				t.Errorf("%s: %q is a right one", name, s)
			}
		}
		mistyped := spellings(wrongCheck(good))
		mistyped["a plus and twelve digits"] = good[:8] + "+" + wrongCheck(good)[8:]
		for name, s := range mistyped {
			ten := name == "ten digits" || name == "ten with a space" || name == "a soft hyphen" // which cannot be seen
			if got := MistypedIdentityNumber(s, today); got == ten {
				t.Errorf("%s: %q is mistyped: %v", name, s, got)
			}
		}
	}
	for name, s := range map[string]string{"in months": madeNumber(2027, 3, 5, 981), "tomorrow": madeNumber(2026, 3, 16, 981), "a century too late": madeNumber(2062, 3, 5, 981)} {
		if !MistypedIdentityNumber(s, today) || !MistypedIdentityNumber(s[:8]+"-"+s[8:], today) {
			t.Errorf("nobody is born yet %s, and %q passes as another kind of id", name, s)
		}
	}
	if s := plus(wrongCheck(madeNumber(1914, 3, 5, 981))); !MistypedIdentityNumber(s, today) {
		t.Errorf("six and four with a plus: %q is not seen", s)
	}
}

func TestWhatMayBeALocalIDIsNoMistypedIdentityNumber(t *testing.T) {
	wrong := wrongCheck(madeNumber(2014, 3, 5, 981))
	for says, s := range map[string]string{
		"nothing":                         "",
		"a word":                          "b-17",
		"ten digits, which a journal has": wrong[2:],
		"a day that does not exist":       "20140230" + wrong[8:],
		"a leap day in a common year":     "000229+" + wrongCheck(madeNumber(1900, 2, 29, 981))[8:],
		"another century":                 "2114" + wrong[4:],
		"a dash in another place":         wrong[2:6] + "-" + wrong[6:],
		"two dashes":                      wrong[2:4] + "-" + wrong[4:8] + "-" + wrong[8:],
		"a letter beside it":              "x" + wrong,
		"eleven digits":                   wrong[1:],
		"thirteen digits":                 wrong + "0",
		"a slash":                         wrong[2:8] + "/" + wrong[8:],
	} {
		if MistypedIdentityNumber(s, today) {
			t.Errorf("%s: %q", says, s)
		}
	}
}

func TestTextThatHoldsAnIdentityNumberIsRevealing(t *testing.T) {
	good := madeNumber(2014, 3, 5, 981)
	for name, s := range spellings(good) {
		for _, around := range []string{"%s", "Grupp 3: %s och två till", "barn%sx", "(%s)", "2021-03-01, %s", "%s 2021-03-01", "åk 4 %s"} {
			if text := fmt.Sprintf(around, s); Revealing(text) != "an identity number" {
				t.Errorf("%s: %q passes as %q", name, text, Revealing(text))
			}
		}
	}
	for says, s := range map[string]string{
		"twelve digits, wrong check digit":       wrongCheck(good),
		"eight and four, wrong check digit":      good[:8] + "-" + wrongCheck(good)[8:],
		"six and four, wrong check digit":        good[2:8] + "-" + wrongCheck(good)[8:],
		"a plus, wrong check digit":              good[2:8] + "+" + wrongCheck(good)[8:],
		"a day and four, wrong check digit":      "1985-01-01-9876",
		"among more digits":                      "77" + good + "55",
		"after another number":                   "12 " + good[2:],
		"a samordningsnummer in a sentence":      "ny: " + madeNumber(2015, 6, 75, 990)[2:] + ".",
		"beside a telephone number, it is worse": "0701234567 " + good,
	} {
		if got := Revealing(s); got != "an identity number" {
			t.Errorf("%s: %q passes as %q", says, s, got)
		}
	}
}

func TestAddressesAndTelephoneNumbersAreRevealing(t *testing.T) {
	for want, texts := range map[string][]string{
		"an e-mail address": {
			"nagon@example.se", "Fråga nagon.annan+x@example.se!", "nagon＠example．se", "na\u200bgon@\u200bexample.se",
			"nagon @ example.se", "nagon@kommun", "@x nagon@example.se", "1@2.se",
		},
		"a telephone number": {
			"0701234567", "070-123 45 67", "070 123 45 67", "070-1234567", "070-123-45-67", "tel0701234567", "0 7 0 1 2 3 4 5 6 7",
			"+46 70 123 45 67", "+46(0)70-123 45 67", "+46701234567", "＋４６７０１２３４５６７", "0046701234567", "0046 70 123 45 67",
			"019-21 10 00", "019-211000", "0522-69 60 00", "0522 696000", "08-508 000 00", "08-12 34 56", "08 508 000 00", "(019) 21 10 00",
			"Ring 019-21 10 00 före 16.00", "070\u2011123\u00a045\u00a067", "070.123.45.67", "+4712345678", "grupp 3 070-1234567", "07 01 23 45 67",
		},
	} {
		for _, s := range texts {
			if got := Revealing(s); got != want {
				t.Errorf("%q passes as %q, want %s", s, got, want)
			}
		}
	}
}

func TestWhatNamesNobodyIsNotRevealing(t *testing.T) {
	for _, s := range []string{
		"", "Grupp 12", "Sputnik 7-12 år", "review-0", "pl-a5", "Måndagsgruppen 16.00-17.30", "2020/2021", "2020/2021 2021/2022", "1880", "0180 0181",
		"0114 0115 0117", "2021-03-01", "2021-03-01--2021-12-31", "2021-03-01 – 2021-12-31", "2021-03-01 16.00", "2021-03-01 16.00-17.30", "2021-03-01 2021-03-02",
		"2021-03-01T16:00:00Z", "2021-03-01T16:00:00.123+02:00", "2021-03-01 16:00:00", "20210301T160000Z", "20210301", "20210301-20211231", "210301-211231",
		"09.00-11.30", "08.30–12.15 på tisdagar", "08:00-09:30", "0800-0930", "08-10 13-15", "08-09-2021", "födda 07 08 09 10", "08 09 10 11", "05 06 07 08",
		"2019 2020 2021 2022", "212000-1967", "Smillagruppen (mammor & barn 0-6)", "Hus 1, rum 12345678", "1, 2, 3, 4, 5, 6, 7, 8", "kaffe @ torget", "@sputnik", "100 000 000",
		"019bb2c4-7a51-7c3e-9f00-1234567890ab", "01985010-1123-7abc-8def-001122334455", "HT 2021 + VT 2022", "vecka 35-50 2021", "7+7+7+7+7+7+7+7", "9780306406157",
	} {
		if got := Revealing(s); got != "" {
			t.Errorf("%q passes as %s", s, got)
		}
	}
}

func TestADayAndATimeAreNotRevealing(t *testing.T) {
	for day := Date(2021, 1, 1); day < Date(2022, 1, 1); day++ {
		for _, form := range []string{"%s 16.00", "%s 16.00-17.30", "%s kl 9.30–12.15", "%s 16:00", "%sT16:00:00Z", "%[1]s--%[1]s", "%[1]s %[1]s", "%s/2021", "%s, 2022"} {
			if s := fmt.Sprintf(form, day); Revealing(s) != "" {
				t.Errorf("%q passes as %s", s, Revealing(s))
			}
		}
	}
}

func TestAnIDIsNeverRevealing(t *testing.T) {
	for range 20_000 {
		if id := NewID(); Revealing(id.String()+"-"+NewID().String()[:13]) != "" || Revealing(id.String()) != "" {
			t.Fatal(id)
		}
	}
}

func TestShortTextIsReadWithoutAllocation(t *testing.T) {
	for _, s := range []string{"sputnik", "Måndagsgruppen 16.00", "support_group", strings.Repeat("å", 120)} {
		if n := testing.AllocsPerRun(100, func() { Revealing(s) }); n != 0 {
			t.Errorf("%q: %v allocations", s, n)
		}
	}
}

func TestEveryMadeNumberIsReadAndRefusedInEverySpelling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		born := rapid.Int32Range(int32(Date(1927, 1, 1)), int32(today)).Draw(t, "born")
		day := Day(born).Time()
		extra := rapid.SampledFrom([]int{0, 60}).Draw(t, "extra")
		want := madeNumber(day.Year(), int(day.Month()), day.Day()+extra, rapid.IntRange(980, 999).Draw(t, "birth number"))
		for name, s := range spellings(want) {
			if got, _, ok := ParseIdentityNumber(s, today); !ok || got != want {
				t.Fatalf("%s: %q is read as %q", name, s, got)
			}
			if Revealing("a "+s+" b") != "an identity number" {
				t.Fatalf("%s: %q passes", name, s)
			}
		}
	})
}

func FuzzIdentityNumber(f *testing.F) {
	for _, s := range spellings(madeNumber(2014, 3, 5, 981)) {
		f.Add(s)
	}
	for _, s := range []string{"", "@", "+", "nagon@example.se", "070-123 45 67", "2021-03-01--2021-12-31", "16.00-17.30", "\xff\xfe1\x00", "١٢٣", "-+-+0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		what := Revealing(s)
		number, year, ok := ParseIdentityNumber(s, today)
		if !ok {
			return
		}
		if again, y, ok := ParseIdentityNumber(number, today); !ok || again != number || y != year {
			t.Errorf("%q is %q, and that is %q", s, number, again)
		}
		if what == "" {
			t.Errorf("%q is %s and passes for nobody", s, number)
		}
	})
}

func BenchmarkRevealing(b *testing.B) {
	for _, s := range []string{"sputnik", "Måndagsgruppen 16.00-17.30", madeNumber(2014, 3, 5, 981)} {
		b.Run(s[:7], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Revealing(s)
			}
		})
	}
}
