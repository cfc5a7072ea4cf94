package survey

import (
	"fmt"
	"math/big"
	"strconv"
)

// Percent is a percentage in hundredths, rounded half up once, from whole numbers. In JSON it has two decimals: 90.52.
type Percent int64

// PercentOf is 100 × part ÷ whole; nil where there is no whole to have a part of.
func PercentOf(part, whole *big.Rat) *Percent {
	if whole.Sign() == 0 {
		return nil
	}
	share := new(big.Rat).Quo(part, whole)
	p := Percent(halfUp(share.Mul(share, big.NewRat(10_000, 1))))
	return &p
}

// count is a number of things, exactly.
func count[N ~int | ~int64](n N) *big.Rat { return new(big.Rat).SetInt64(int64(n)) }

// halfUp is the whole number nearest to r, which is not negative; of two that are as near, the larger.
func halfUp(r *big.Rat) int64 {
	twice := new(big.Int).Add(new(big.Int).Lsh(r.Num(), 1), r.Denom())
	return twice.Div(twice, new(big.Int).Lsh(r.Denom(), 1)).Int64()
}

// MarshalJSON writes a number with two decimals.
func (p Percent) MarshalJSON() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalJSON reads what MarshalJSON writes.
func (p *Percent) UnmarshalJSON(b []byte) error {
	r, ok := new(big.Rat).SetString(string(b))
	if !ok || r.Sign() < 0 {
		return fmt.Errorf("a percentage is a number of two decimals")
	}
	*p = Percent(halfUp(r.Mul(r, big.NewRat(100, 1))))
	return nil
}

// String writes 90.52.
func (p Percent) String() string { return fmt.Sprintf("%d.%02d", int64(p)/100, int64(p)%100) }

// Float is the number nearest to p.
func (p Percent) Float() float64 { return float64(p) / 100 }

// WholePercent is 100 × part ÷ whole as screens show it, rounded half up once: 210 of 232 is 91. "–" where there is no
// whole.
func WholePercent(part, whole int) string {
	if whole == 0 {
		return "–"
	}
	return strconv.FormatInt(halfUp(big.NewRat(100*int64(part), int64(whole))), 10)
}
