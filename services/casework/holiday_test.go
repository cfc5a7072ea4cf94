package casework_test

import (
	"slices"
	"testing"

	"rackvidd/events"
	"rackvidd/services/casework"
)

// Published red days that are no ordinary Sunday, and the three eves: Easter moves from the first possible days to the last.
var published = map[int][]string{
	2008: {"01-01", "01-06", "03-21", "03-23", "03-24", "05-01", "05-11", "06-06", "06-20", "06-21", "11-01", "12-24", "12-25", "12-26", "12-31"}, // Ascension is the first of May
	2011: {"01-01", "01-06", "04-22", "04-24", "04-25", "05-01", "06-02", "06-06", "06-12", "06-24", "06-25", "11-05", "12-24", "12-25", "12-26", "12-31"},
	2024: {"01-01", "01-06", "03-29", "03-31", "04-01", "05-01", "05-09", "05-19", "06-06", "06-21", "06-22", "11-02", "12-24", "12-25", "12-26", "12-31"},
	2025: {"01-01", "01-06", "04-18", "04-20", "04-21", "05-01", "05-29", "06-06", "06-08", "06-20", "06-21", "11-01", "12-24", "12-25", "12-26", "12-31"},
	2026: {"01-01", "01-06", "04-03", "04-05", "04-06", "05-01", "05-14", "05-24", "06-06", "06-19", "06-20", "10-31", "12-24", "12-25", "12-26", "12-31"},
	2038: {"01-01", "01-06", "04-23", "04-25", "04-26", "05-01", "06-03", "06-06", "06-13", "06-25", "06-26", "11-06", "12-24", "12-25", "12-26", "12-31"},
}

func TestPublicHolidaysAreThosePublished(t *testing.T) {
	for year, want := range published {
		var got []string
		for d := events.Date(year, 1, 1); d <= events.Date(year, 12, 31); d++ {
			if casework.Holiday(d) {
				got = append(got, d.String()[5:])
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d:\n%v, published were\n%v", year, got, want)
		}
	}
}
