package reach_test

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
	"rackvidd/projections/projectiontest"
	"rackvidd/projections/reach"
)

// evidenceOf is the evidence of 2021 from the tables and from the log alone.
func evidenceOf(t *testing.T, pool *pgxpool.Pool, list ...events.Event) (tables, log reach.Evidence) {
	t.Helper()
	s := projectiontest.NewStory(t, "1880")
	tell(s, list...)
	h, err := reach.ReadHistory(t.Context(), s.Log, "1880", reach.AsOf{})
	if err != nil {
		t.Fatal(err)
	}
	projectiontest.Show(t, pool, reach.Projection{}, s, func(tx pgx.Tx) {
		if tables, err = reach.Gather(t.Context(), tx, "1880", reach.CalendarYear(2021), h.Position()); err != nil {
			t.Fatal(err)
		}
	})
	return tables, h.Evidence(reach.CalendarYear(2021))
}

// comes is so many evenings to which a child comes, a day apart.
func comes(child events.ID, evenings int, form events.Form) (list []events.Event) {
	for n := range evenings {
		id := events.ID{0x51, child[0], byte(n)}
		list = append(list, events.SessionOpened{Session: id, Programme: "sputnik", Form: form, HeldOn: spring + events.Day(n)},
			events.SessionAttended{Session: id, Attended: []events.Mark{{Child: child}}})
	}
	return list
}

func TestHowManySessionsAChildComesTo(t *testing.T) {
	pool := projectiontest.Pool(t)
	place := events.ChildEnrolled{Enrolment: events.Entry{Of: events.ID{6}, Number: [8]byte{1}}, Programme: "sputnik", Form: events.Camp, EnrolledOn: spring}
	list := []events.Event{place}
	for i, evenings := range []int{1, 4, 5, 15, 30} {
		list = append(list, comes(events.ID{byte(i + 1)}, evenings, events.SupportGroup)...)
	}
	list = append(list, comes(events.ID{7}, 2, events.Camp)...)
	list = append(list, events.CaseMerged{Merge: events.Entry{Of: events.ID{7}, Number: [8]byte{1}}, Into: events.ID{2}},
		events.SessionAttended{Session: events.ID{0x51, 3, 0}, Attended: []events.Mark{{Child: events.ID{2}, HomeMunicipality: "1881"}}}) // as a guest
	tables, log := evidenceOf(t, pool, list...)
	for _, c := range []struct{ definition, want string }{
		{"reach/v3", "1:1 2-4:0 5-9:2 10-14:0 15+:2, half of them 6 or fewer"},
		{"groups/v1", "1:1 2-4:1 5-9:1 10-14:0 15+:2, half of them 5 or fewer"},
		{"enrolled/v1", "0:1 1:0 2-4:0 5-9:0 10-14:0 15+:0, half of them 0 or fewer"},
	} {
		d, _ := reach.Named(c.definition)
		for _, e := range []reach.Evidence{tables, log} {
			s, got := reach.CountSessions(e, d, reach.CalendarYear(2021)), ""
			for _, b := range s.Buckets {
				got += fmt.Sprintf("%s:%d ", b.Sessions, b.Children)
			}
			if got = fmt.Sprintf("%s, half of them %.3g or fewer", got[:len(got)-1], s.Median); got != c.want {
				t.Errorf("%s: %s, want %s", c.definition, got, c.want)
			}
		}
	}
	if s := reach.CountSessions(reach.Evidence{}, reach.Definitions[2], reach.CalendarYear(2021)); s.Median != 0 || len(s.Buckets) != 5 {
		t.Errorf("of nobody: %+v", s)
	}
}
