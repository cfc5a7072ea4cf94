package disclosure

import (
	"cmp"
	"math/big"
)

// number is an exact fraction: two machine words as long as they are small, and a big.Rat beyond. The zero value is 0.
type number struct {
	over, under int64 // in lowest terms; under 0 is 1
	big         *big.Rat
}

// small is what two may be multiplied and added without overflow.
const small = 1 << 30

func whole(n int) number { return number{over: int64(n)} }

func (a number) parts() (over, under int64, ok bool) {
	under = max(a.under, 1)
	return a.over, under, a.big == nil && -small < a.over && a.over < small && under < small
}

func (a number) rat() *big.Rat {
	if a.big != nil {
		return a.big
	}
	return big.NewRat(a.over, max(a.under, 1))
}

// fraction brings a quotient of whole numbers to its lowest terms; under is not 0.
func fraction(over, under int64) number {
	if under == 1 {
		return number{over: over}
	}
	a, b := over, under
	for b != 0 {
		a, b = b, a%b
	}
	if (a < 0) != (under < 0) {
		a = -a
	}
	return number{over: over / a, under: under / a}
}

func exact(r *big.Rat) number {
	if r.Num().IsInt64() && r.Denom().IsInt64() {
		return number{over: r.Num().Int64(), under: r.Denom().Int64()}
	}
	return number{big: r}
}

func (a number) add(b number) number {
	p, q, ok := a.parts()
	r, s, also := b.parts()
	switch {
	case !ok || !also:
		return exact(new(big.Rat).Add(a.rat(), b.rat()))
	case q == s:
		return fraction(p+r, q)
	}
	return fraction(p*s+r*q, q*s)
}

func (a number) mul(b number) number {
	p, q, ok := a.parts()
	r, s, also := b.parts()
	if !ok || !also {
		return exact(new(big.Rat).Mul(a.rat(), b.rat()))
	}
	return fraction(p*r, q*s)
}

func (a number) neg() number {
	if a.big != nil {
		return number{big: new(big.Rat).Neg(a.big)}
	}
	return number{over: -a.over, under: a.under}
}

func (a number) sub(b number) number { return a.add(b.neg()) }

// inv is 1/a, for a that is not 0.
func (a number) inv() number {
	if a.big != nil {
		return exact(new(big.Rat).Inv(a.big))
	}
	return fraction(max(a.under, 1), a.over)
}

func (a number) sign() int {
	if a.big != nil {
		return a.big.Sign()
	}
	return cmp.Compare(a.over, 0)
}

func (a number) cmp(b number) int {
	p, q, ok := a.parts()
	r, s, also := b.parts()
	if !ok || !also {
		return a.rat().Cmp(b.rat())
	}
	return cmp.Compare(p*s, r*q)
}

func (a number) isWhole() bool { return a.big == nil && a.under <= 1 }

// floor is the greatest whole number not above a.
func (a number) floor() int {
	r := a.rat()
	return int(new(big.Int).Div(r.Num(), r.Denom()).Int64())
}
