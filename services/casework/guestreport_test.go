package casework_test

import (
	"testing"

	"rackvidd/events"
	"rackvidd/services/casework"
)

func TestACountOfGuests(t *testing.T) {
	report := events.ID{9}
	counted := events.GuestsCounted{Report: report, ProviderMunicipality: "1881", Programme: "lanterna", Form: events.Camp, HeldOn: march(1), Children: 9000}
	withdrawn := events.GuestCountWithdrawn{Report: report, Reason: events.EnteredInError}
	for _, c := range []struct {
		name  string
		given []events.Event
		then  []any
	}{
		{"is taken back", []events.Event{counted}, []any{withdrawn}},
		{"once", []events.Event{counted, withdrawn}, nil},
		{"that nobody recorded is not", nil, []any{"unknown_count_of_guests"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := given(&casework.GuestReport{}, c.given...).Withdraw(events.EnteredInError)
			then(t, got, err, c.then...)
		})
	}
}
