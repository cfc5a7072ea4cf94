package vault

import (
	"errors"
	"strings"
	"testing"

	"rackvidd/events"
)

func TestACardIsReadHoweverItIsTyped(t *testing.T) {
	for range 2000 {
		card := CardOf(events.NewID())
		typed := strings.NewReplacer("0", "o", "1", "l", "2", "z", "5", "s", "-", " ").Replace(strings.ToLower(card))
		for _, s := range []string{card, typed, " " + strings.ReplaceAll(card, "-", "") + " "} {
			if got, err := ParseCard(s); err != nil || got != card {
				t.Fatalf("%s typed as %q: %q %v", card, s, got, err)
			}
		}
		if events.Revealing(card) != "" || len(card) != 11 {
			t.Fatal(card)
		}
	}
}

func TestACardIsTheSameChildInEverySpelling(t *testing.T) {
	eachService(t, func(t *testing.T, s Service) {
		card := CardOf(events.NewID())
		bare := strings.ReplaceAll(card, "-", "")
		child := tokenOf(t, s, orebro, "a", card)
		for _, typed := range []string{strings.ToLower(card), bare, bare[:5] + " \u2013 " + bare[5:], "\ufeff" + bare + "\u00a0"} {
			if tokenOf(t, s, orebro, "a", typed) != child {
				t.Errorf("%q is another child than %s", typed, card)
			}
		}
		if tokenOf(t, s, orebro, "a", CardOf(events.NewID())) == child || tokenOf(t, s, kumla, "a", card) == child {
			t.Error("two cards or two municipalities share a child")
		}
	})
}

func TestACardIsTheSameChildWhicheverSourceNamesIt(t *testing.T) {
	eachService(t, func(t *testing.T, s Service) {
		card, digits := CardOf(events.NewID()), "1251521941" // which has the checks of a card
		if tokenOf(t, s, orebro, "a", card) != tokenOf(t, s, orebro, "b", strings.ToLower(card)) {
			t.Error("a card that two sources name is two children")
		}
		if tokenOf(t, s, orebro, "a", digits) == tokenOf(t, s, orebro, "b", digits) {
			t.Errorf("the ids %s of two sources are one child", digits)
		}
	})
}

func TestTheSameSeedIsTheSameCardAndAnotherIsAnother(t *testing.T) {
	seen := make(map[string]bool)
	for i := range 2000 {
		seed := [16]byte{byte(i), byte(i >> 8)}
		card := CardOf(seed)
		if _, err := ParseCard(card); err != nil || CardOf(seed) != card || seen[card] {
			t.Fatalf("%s of seed %d: %v", card, i, err)
		}
		seen[card] = true
	}
}

func TestWhatPassesAsAnIdentityNumberIsNoCard(t *testing.T) {
	tried := 0
	for i := range 40_000 {
		number := madeNumber(i)[2:]
		code := make([]int, len(number))
		for at, digit := range number {
			code[at] = int(digit - '0')
		}
		if !checks(code) {
			continue
		}
		tried++
		if card, err := ParseCard(number); err == nil {
			t.Errorf("%s passes as the card %s", number, card)
		}
	}
	if tried == 0 {
		t.Error("no number has the checks of a card: nothing was tried")
	}
}

func TestOneOrTwoWrongSymbolsAreFound(t *testing.T) {
	card := []byte(strings.ReplaceAll(CardOf(events.NewID()), "-", ""))
	for i := range card {
		for _, wrong := range []byte(cardSymbols) {
			one := change(card, i, wrong)
			mustRefuse(t, card, one)
			for j := range i {
				for _, wrong := range []byte(cardSymbols) {
					mustRefuse(t, card, change(one, j, wrong))
				}
			}
		}
	}
}

func TestAnyTwoSwappedSymbolsAreFound(t *testing.T) {
	for range 200 {
		card := []byte(strings.ReplaceAll(CardOf(events.NewID()), "-", ""))
		for i := range card {
			for j := range i {
				mustRefuse(t, card, change(change(card, i, card[j]), j, card[i]))
			}
		}
	}
}

func TestWhatIsNoCardIsRefused(t *testing.T) {
	card := CardOf(events.NewID())
	for _, s := range []string{"", "-", card[1:], card + "0", "Å" + card[2:], strings.Repeat("A", 5000), card + card} {
		if _, err := ParseCard(s); !errors.Is(err, ErrCard) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func change(card []byte, i int, to byte) []byte {
	c := append([]byte(nil), card...)
	c[i] = to
	return c
}

func mustRefuse(t *testing.T, card, typed []byte) {
	t.Helper()
	if string(card) == string(typed) {
		return
	}
	if _, err := ParseCard(string(typed)); err == nil {
		t.Fatalf("%s passes for %s", typed, card)
	}
}
