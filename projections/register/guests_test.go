package register_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections/projectiontest"
	"rackvidd/projections/register"
)

func guestsOf(report events.ID, d int, children events.Count) events.GuestsCounted {
	return events.GuestsCounted{Report: report, ProviderMunicipality: "1881", Programme: "lanterna", Form: events.Camp, HeldOn: day(d), Children: children}
}

func TestCountsOfGuestsAreListedWithThoseTakenBack(t *testing.T) {
	s := projectiontest.NewStory(t, örebro)
	typo, right, early := events.ID{1}, events.ID{2}, events.ID{3}
	s.Happens(events.GuestsOf(typo), guestsOf(typo, 8, 9000))
	wrong := s.Happens(events.GuestsOf(early), guestsOf(early, 2, 4))
	s.Happens(events.GuestsOf(typo), events.GuestCountWithdrawn{Report: typo, Reason: events.EnteredInError})
	now := s.Happens(events.GuestsOf(right), guestsOf(right, 8, 9))
	told := s.Messages()
	pool := projectiontest.Pool(t)
	projectiontest.Same(t, pool, register.Projection{}, s)
	projectiontest.Show(t, pool, register.Projection{}, s, func(tx pgx.Tx) {
		list := func(w register.WantedGuests, at events.Position) []register.Guests {
			t.Helper()
			found, err := register.GuestsCounted(t.Context(), tx, w, at)
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
		for _, c := range []struct {
			name   string
			wanted register.WantedGuests
			at     events.Position
			want   []string
		}{
			{"the latest day first", register.WantedGuests{}, now, []string{"2021-03-08 9000 entered_in_error", "2021-03-08 9 ", "2021-03-02 4 "}},
			{"as of before it was taken back, it stands", register.WantedGuests{}, wrong, []string{"2021-03-08 9000 ", "2021-03-02 4 "}},
			{"until a day", register.WantedGuests{To: day(7)}, now, []string{"2021-03-02 4 "}},
			{"from a day", register.WantedGuests{From: day(3)}, now, []string{"2021-03-08 9000 entered_in_error", "2021-03-08 9 "}},
			{"some", register.WantedGuests{Limit: 1}, now, []string{"2021-03-08 9000 entered_in_error"}},
			{"and those after them, on that day and before", register.WantedGuests{To: day(8), After: typo}, now, []string{"2021-03-08 9 ", "2021-03-02 4 "}},
		} {
			var got []string
			for _, g := range list(c.wanted, c.at) {
				got = append(got, fmt.Sprint(g.HeldOn, " ", g.Children, " ", g.Withdrawn))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: %q, want %q", c.name, got, c.want)
			}
		}
		want := register.Guests{
			GuestsCounted: guestsOf(typo, 8, 9000), Recorded: told[0].Time, Actor: told[0].Actor,
			Withdrawn: events.EnteredInError, WithdrawnAt: told[2].Time, WithdrawnBy: told[2].Actor,
		}
		if got := list(register.WantedGuests{}, now); got[0] != want || !got[1].WithdrawnAt.IsZero() {
			t.Errorf("when and by whom:\n got %+v\nwant %+v", got[0], want)
		}
	})
}
