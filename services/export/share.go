package export

import (
	"math/big"
	"strconv"
)

// Decimal is a rounded number, exactly: Units divided by ten to the power of Places.
type Decimal struct {
	Units  int64
	Places int
}

// HalfUp returns numerator divided by denominator, rounded to so many decimal places: a half goes up. It is the one rule
// by which figures are rounded, on screens and in documents: 19/2 is 10, 2600/3200 is 0.81 in two places. Like any
// division it panics when the denominator is 0.
func HalfUp(numerator, denominator, places int) Decimal {
	return halfUp(big.NewRat(int64(numerator), int64(denominator)), places)
}

// halfUp is the integer part of 10^places × r + 1/2.
func halfUp(r *big.Rat, places int) Decimal {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil)
	numerator := new(big.Int).Mul(r.Num(), scale)
	numerator.Lsh(numerator, 1).Add(numerator, r.Denom())
	units := numerator.Div(numerator, new(big.Int).Lsh(r.Denom(), 1)) // Euclidean: towards the lower, and so a half goes up
	return Decimal{units.Int64(), places}
}

// Float returns the number nearest to d.
func (d Decimal) Float() float64 {
	f, _ := strconv.ParseFloat(d.String(), 64)
	return f
}

// String writes d as 80, 66.9 or -0.81, with all its places.
func (d Decimal) String() string {
	sign, whole, fraction := d.parts()
	s := strconv.FormatUint(whole, 10)
	if sign {
		s = "-" + s
	}
	if fraction == "" {
		return s
	}
	return s + "." + fraction
}

func (d Decimal) parts() (negative bool, whole uint64, fraction string) {
	units := uint64(d.Units)
	if d.Units < 0 {
		units = -units
	}
	digits := strconv.FormatUint(units, 10)
	for len(digits) <= d.Places {
		digits = "0" + digits
	}
	point := len(digits) - d.Places
	whole, _ = strconv.ParseUint(digits[:point], 10, 64)
	return d.Units < 0, whole, digits[point:]
}

// Share is a part of a whole as two counts, from which a percentage is rounded once, exactly.
type Share struct{ Part, Whole int }

// Known reports whether there is a whole to have a part of.
func (s Share) Known() bool { return s.Whole > 0 }

// Percent returns the share in percent, half up: Share{210, 232}.Percent(0) is 91. A share that is not Known is 0.
func (s Share) Percent(places int) Decimal {
	if !s.Known() {
		return Decimal{0, places}
	}
	r := big.NewRat(int64(s.Part), int64(s.Whole))
	return halfUp(r.Mul(r, big.NewRat(100, 1)), places)
}
