package vault

import (
	"crypto/sha256"
	"errors"
	mathrand "math/rand/v2"
	"strings"
	"unicode"

	"rackvidd/events"
)

// cardSymbols are 31, a prime, without the letters that look like a digit.
const cardSymbols = "0123456789ABCDEFGHJKMNPQRTUVWXY"

var lookAlikes = strings.NewReplacer("O", "0", "I", "1", "L", "1", "Z", "2", "S", "5")

// ErrCard: the code is not one that CardOf made, or was mistyped.
var ErrCard = errors.New("this is not a card's code: one or two of its characters are wrong")

const cardRandom, cardChecks = 8, 2

// CardOf returns a code for a programme that hands out cards instead of asking who a child is: eight random symbols
// (40 bits) and two that check them, as in 7KQ4M-XA9RT. It is the municipality's, whichever source names it. A random seed always
// gives the same: who repeats a request gets the card of the first time, and nobody has kept it.
func CardOf(seed [16]byte) string {
	symbols := mathrand.New(mathrand.NewChaCha8(sha256.Sum256(seed[:])))
	for {
		code := make([]int, cardRandom, cardRandom+cardChecks)
		for i := range code {
			code[i] = symbols.IntN(len(cardSymbols))
		}
		if card := writeCard(withChecks(code)); !mistakable(card) {
			return card
		}
	}
}

// mistakable reports whether a code passes as somebody's identity, with its dash or without, or is digits alone, as ids of sources are.
func mistakable(card string) bool {
	bare := strings.ReplaceAll(card, "-", "")
	return events.Revealing(card) != "" || events.Revealing(bare) != "" || strings.Trim(bare, "0123456789") == ""
}

// ParseCard returns the code as CardOf wrote it, however it was typed. Any one or two wrong symbols, and any two
// swapped, are found. What passes as an identity number is no card, and nor are digits alone.
func ParseCard(s string) (string, error) {
	var code []int
	for _, r := range lookAlikes.Replace(strings.ToUpper(s)) {
		if unicode.In(r, unicode.Pd, unicode.Cf, unicode.White_Space) {
			continue
		}
		n := strings.IndexRune(cardSymbols, r)
		if n < 0 || len(code) == cardRandom+cardChecks {
			return "", ErrCard
		}
		code = append(code, n)
	}
	if len(code) != cardRandom+cardChecks || !checks(code) {
		return "", ErrCard
	}
	card := writeCard(code)
	if mistakable(card) {
		return "", ErrCard
	}
	return card, nil
}

// checks reports whether Σs and Σi·s are both 0 modulo 31: a Reed–Solomon code of distance 3.
func checks(code []int) bool {
	sum, weighed := sums(code)
	return sum == 0 && weighed == 0
}

// withChecks solves the two sums for the last two symbols.
func withChecks(code []int) []int {
	const p = len(cardSymbols)
	sum, weighed := sums(code)
	n := len(code) // weights of the checks are n and n+1
	last := ((n*sum-weighed)%p + p) % p
	return append(code, ((-sum-last)%p+p)%p, last)
}

func sums(code []int) (sum, weighed int) {
	for i, s := range code {
		sum += s
		weighed += i * s
	}
	return sum % len(cardSymbols), weighed % len(cardSymbols)
}

func writeCard(code []int) string {
	var b strings.Builder
	for i, n := range code {
		if i == len(code)/2 {
			b.WriteByte('-')
		}
		b.WriteByte(cardSymbols[n])
	}
	return b.String()
}
