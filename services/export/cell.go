package export

import (
	"strconv"
	"time"

	"rackvidd/events"
)

// Cell is one value of a table. The zero Cell is empty.
type Cell struct {
	is           content
	text         string
	number       Decimal // also a percentage
	lower, upper int
	day          events.Day
}

type content int

const (
	isText content = iota
	isNumber
	isPercent
	isDay
	isInterval
	isNothing
)

// Text is a cell of text.
func Text(s string) Cell { return Cell{is: isText, text: s} }

// Number is a cell with a whole number.
func Number(n int) Cell { return Rounded(Decimal{Units: int64(n)}) }

// Rounded is a cell with a number that has decimals, as HalfUp makes it.
func Rounded(d Decimal) Cell { return Cell{is: isNumber, number: d} }

// Percent is a cell with a share in percent, rounded half up to so many decimal places: in XLSX the value is the rounded
// one as well, so that a figure is the same in every file.
func Percent(s Share, places int) Cell {
	if !s.Known() {
		return Nothing("–")
	}
	return Cell{is: isPercent, number: s.Percent(places)}
}

// Day is a cell with a calendar day.
func Day(d events.Day) Cell { return Cell{is: isDay, day: d} }

// Range is a number known to lie between two: "45–52", or "45" when they are one.
func Range(lower, upper int) Cell {
	if lower == upper {
		return Number(lower)
	}
	return Cell{is: isInterval, lower: lower, upper: upper}
}

// Band is a protected number of which only the band is told: "1–4". It is never a number in any file, even when
// its bounds are equal.
func Band(lower, upper int) Cell { return Cell{is: isInterval, lower: lower, upper: upper} }

// Nothing is a cell without a value, which says why: "okänt", "visas inte".
func Nothing(reason string) Cell { return Cell{is: isNothing, text: reason} }

// show writes the cell as it is read, cleaned.
func (c Cell) show(w words) string {
	switch c.is {
	case isNumber:
		return w.decimal(c.number)
	case isPercent:
		return w.decimal(c.number) + w.percent
	case isDay:
		return w.day(c.day.Time())
	case isInterval:
		return w.number(c.lower) + "–" + w.number(c.upper)
	}
	return clean(c.text)
}

// plain writes the cell as a Swedish spreadsheet reads it from a CSV: digits, a decimal comma, ISO days.
func (c Cell) plain() string {
	switch c.is {
	case isNumber, isPercent:
		return comma(c.number)
	case isDay:
		return c.day.Time().Format(time.DateOnly)
	case isInterval:
		return strconv.Itoa(c.lower) + "–" + strconv.Itoa(c.upper)
	}
	return Neutral(clean(c.text))
}
