package casework

import (
	"time"

	"rackvidd/events"
)

// Holiday reports whether a day is a public holiday in Sweden (lagen 1989:253 om allmänna helgdagar), or Midsummer's,
// Christmas or New Year's Eve, on which nobody works either (semesterlagen 1977:480, 3 a §). An ordinary Sunday is none. The
// rules are those since 2005, when the National Day became one.
func Holiday(d events.Day) bool {
	t := d.Time()
	switch month, day := t.Month(), t.Day(); {
	case fixedHolidays[[2]int{int(month), day}]:
		return true
	case t.Weekday() == time.Friday: // Midsummer's Eve
		if month == time.June && day >= 19 && day <= 25 {
			return true
		}
	case t.Weekday() == time.Saturday: // Midsummer's Day, All Saints' Day
		if month == time.June && day >= 20 && day <= 26 || month == time.October && day == 31 || month == time.November && day <= 6 {
			return true
		}
	}
	switch d - easter(t.Year()) {
	case -2, 0, 1, 39, 49: // Good Friday, Easter, Ascension Day, Whit Sunday
		return true
	}
	return false
}

// fixedHolidays are those with the same date every year, as month and day.
var fixedHolidays = map[[2]int]bool{
	{1, 1}: true, {1, 6}: true, {5, 1}: true, {6, 6}: true, {12, 24}: true, {12, 25}: true, {12, 26}: true, {12, 31}: true,
}

// easter is Easter Sunday of a year, by the rule of the Gregorian calendar (Meeus, Jones and Butcher).
func easter(year int) events.Day {
	a, b, c := year%19, year/100, year%100
	moon := (19*a + b - b/4 - (b-(b+8)/25+1)/3 + 15) % 30
	weekday := (32 + 2*(b%4) + 2*(c/4) - moon - c%4) % 7
	month := moon + weekday - 7*((a+11*moon+22*weekday)/451) + 114
	return events.Date(year, time.Month(month/31), month%31+1)
}
