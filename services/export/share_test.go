package export

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestAHalfGoesUp(t *testing.T) {
	for _, c := range []struct {
		part, whole, places int
		want                string
	}{
		{232, 290, 0, "80"},
		{232, 290, 1, "80.0"},
		{210, 232, 0, "91"},
		{210, 232, 1, "90.5"},
		{194, 290, 0, "67"},
		{194, 290, 2, "66.90"},
		{181, 194, 0, "93"},
		{2600, 320_000, 2, "0.81"},
		{2800 * 290, 200_000 * 210, 1, "1.9"},
		{1, 200, 0, "1"},
		{1, 201, 0, "0"},
		{1, 8, 1, "12.5"},
		{-1, 200, 0, "0"},
		{-3, 200, 0, "-1"},
		{-1, 3, 2, "-33.33"},
		{0, 290, 2, "0.00"},
		{1, 1 << 62, 2, "0.00"},
		{1 << 55, 1 << 55, 2, "100.00"},
	} {
		if got := (Share{c.part, c.whole}).Percent(c.places).String(); got != c.want {
			t.Errorf("%d/%d in %d places is %s, not %s", c.part, c.whole, c.places, got, c.want)
		}
	}
	if got := HalfUp(19, 2, 0).String(); got != "10" {
		t.Errorf("19/2 is %s", got)
	}
	if got := HalfUp(-19, -2, 1).String(); got != "9.5" {
		t.Errorf("-19/-2 is %s", got)
	}
}

// The nearest decimal is at most half a unit away, and of two that are as near, the upper.
func TestRoundingIsToTheNearest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, d, places := rapid.IntRange(-1e9, 1e9).Draw(t, "n"), rapid.IntRange(1, 1e6).Draw(t, "d"), rapid.IntRange(0, 4).Draw(t, "places")
		got, ok := new(big.Rat).SetString(HalfUp(n, d, places).String())
		if !ok {
			t.Fatal("not a number")
		}
		half := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil))
		half.Quo(half, big.NewRat(2, 1))
		off := new(big.Rat).Sub(got, big.NewRat(int64(n), int64(d)))
		if off.Cmp(half) > 0 || off.Cmp(new(big.Rat).Neg(half)) <= 0 {
			t.Fatalf("%d/%d is not %s", n, d, got.FloatString(places))
		}
	})
}

func TestNumbersAreWrittenAsInTheLanguage(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{FormatNumber("sv", 2800), "2\u00a0800"},
		{FormatNumber("sv", -1234567), "−1\u00a0234\u00a0567"},
		{FormatNumber("en", 2800), "2,800"},
		{wordsOf("sv").decimal(Decimal{123456, 2}), "1\u00a0234,56"},
		{wordsOf("sv").decimal(Decimal{-5, 1}), "−0,5"},
		{wordsOf("en").decimal(Decimal{-123456, 2}), "-1,234.56"},
		{Percent(Share{232, 290}, 0).show(wordsOf("sv")), "80\u00a0%"},
		{Percent(Share{194, 290}, 1).show(wordsOf("sv")), "66,9\u00a0%"},
		{Percent(Share{194, 290}, 1).show(wordsOf("en")), "66.9%"},
		{Percent(Share{}, 1).show(wordsOf("sv")), "–"},
		{Day(18000).show(wordsOf("sv")), "2019-04-14"},
		{Day(18000).show(wordsOf("en")), "14 April 2019"},
		{Range(45, 52).show(wordsOf("sv")), "45–52"},
		{Range(45, 45).show(wordsOf("sv")), "45"},
		{Band(1, 4).show(wordsOf("sv")), "1–4"},
		{Range(1000, 2000).show(wordsOf("sv")), "1\u00a0000–2\u00a0000"},
		{wordsOf("sv").pages(2, 3), "sida\u00a02\u00a0av\u00a03"},
		{wordsOf("sv").value(1173.5), "1\u00a0173,5"},
		{wordsOf("sv").value(0.125), "0,13"},
	} {
		if c.got != c.want {
			t.Errorf("%q, not %q", c.got, c.want)
		}
	}
}
