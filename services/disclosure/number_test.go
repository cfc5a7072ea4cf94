package disclosure

import (
	"math/big"
	"math/rand/v2"
	"testing"
)

// TestNumbersAreThoseOfMathBig computes long chains, so that words overflow, and compares each step.
func TestNumbersAreThoseOfMathBig(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	grown := 0
	for range 200 {
		a, want := whole(1), big.NewRat(1, 1)
		for range 40 {
			over, under := rng.Int64N(2000)-1000, 1+rng.Int64N(1000)
			b, r := fraction(over, under), big.NewRat(over, under)
			switch op := rng.IntN(4); {
			case op == 0:
				a, want = a.add(b), new(big.Rat).Add(want, r)
			case op == 1:
				a, want = a.sub(b), new(big.Rat).Sub(want, r)
			case op == 2 || over == 0:
				a, want = a.mul(b), new(big.Rat).Mul(want, r)
			default:
				a, want = a.mul(b.inv()), new(big.Rat).Quo(want, r)
			}
			below := new(big.Int).Div(want.Num(), want.Denom())
			if a.rat().Cmp(want) != 0 || a.sign() != want.Sign() || a.cmp(b) != want.Cmp(r) || below.IsInt64() && a.floor() != int(below.Int64()) {
				t.Fatalf("%v is not %v", a.rat(), want)
			}
			if a.sign() != 0 && a.inv().mul(a).cmp(whole(1)) != 0 {
				t.Fatalf("1/%v is wrong", want)
			}
			if a.big != nil {
				grown++
			}
		}
	}
	if grown == 0 {
		t.Error("nothing outgrew a machine word")
	}
}
