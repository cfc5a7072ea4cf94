package survey_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections/projectiontest"
	"rackvidd/projections/survey"
)

const (
	örebro    = events.Municipality("1880")
	stockholm = events.Municipality("0180")
	kumla     = events.Municipality("1881")
)

func TestMain(m *testing.M) { projectiontest.Main(m) }

func answered(m events.Municipality, year events.Year, children int) events.AnswerReceived {
	return events.AnswerReceived{
		Year: year, Municipality: m, State: events.AnsweredState, Offers: "yes", Children: events.NumberAnswer, Basis: events.CountedBasis,
		Value: events.Amount(children), Lower: events.Amount(children), Upper: events.Amount(children), Origin: events.FromTable,
	}
}

func received(s *projectiontest.Story, a events.AnswerReceived) events.Position {
	return s.Happens(events.AnswerOf(a.Municipality, a.Year, a.District), a)
}

// invented tells a random story of the national log, of few municipalities, so that much is replaced.
func invented(t *testing.T, seed uint64) *projectiontest.Story {
	s, r := projectiontest.NewStory(t, events.National), rand.New(rand.NewPCG(seed, 1))
	places := []events.Municipality{örebro, stockholm, kumla, survey.Country}
	for range 40 {
		m, year := places[r.IntN(3)], events.Year(2019+r.IntN(3))
		switch r.IntN(5) {
		case 0:
			key := events.VerifierKey(fmt.Sprintf("rackvidd-%d+1d2b8a3f+AdB3nWzD0rZl6kcXGm4zNhVxUqsf1mGO9yTn2oEJmqKd", r.IntN(2)))
			if s.Happens(events.TrustOf(m), events.KeyTrusted{Municipality: m, Key: key}); r.IntN(3) == 0 {
				s.Happens(events.TrustOf(m), events.KeyDistrusted{Municipality: m, Key: key})
			}
		case 1:
			e := events.PopulationStated{Year: year, Source: "SCB"}
			for range 1 + r.IntN(3) {
				e.Rows = append(e.Rows, events.PopulationOfPlace{Municipality: places[r.IntN(4)], Children: events.Amount(r.IntN(5000))})
			}
			s.Happens(events.PopulationOf(year), e)
		case 2:
			s.Happens(events.DenominatorOf("own"), events.DenominatorStated{Denominator: "own", Name: "Egen", Need: events.Amount(r.IntN(9)), Source: "X"})
		default:
			a := answered(m, year, r.IntN(90))
			a.District = []events.District{"", "city", "soder"}[r.IntN(3)]
			a.Forms, a.Channels, a.Measures = []events.Form{events.Camp, events.Counselling}, []events.Channel{"school"}, []events.Choice{"funding"}
			received(s, a)
		}
	}
	return s
}

func TestRandomHistoriesGiveTheSameTablesHoweverTheyAreCut(t *testing.T) {
	pool := projectiontest.Pool(t)
	for seed := range uint64(15) {
		projectiontest.Same(t, pool, survey.Projection{}, invented(t, seed))
	}
}

func TestItConcernsTheNationalLogAlone(t *testing.T) {
	if p := (survey.Projection{}); !p.Concerns(events.National) || p.Concerns(örebro) {
		t.Error("it wants tables of other logs than the national one")
	}
}

func TestWhatWasAnsweredIsReadAsItWasReceivedAsOfAnyPosition(t *testing.T) {
	s := projectiontest.NewStory(t, events.National)
	whole := events.AnswerReceived{
		Year: 2021, Municipality: örebro, District: "oster-2", State: events.PartialState, Offers: "yes", Children: events.NumberAnswer,
		Basis: events.IntervalBasis, Value: 45, Lower: 45, Upper: 52, Organisers: []events.Organiser{"municipality", "ngo"},
		Forms: []events.Form{events.SupportGroup}, Channels: []events.Channel{"school", "self"}, Measures: []events.Choice{"cooperation"},
		Withheld: []events.Question{"Q5"}, Form: "v3", Definition: "reach/v3", Version: 2, Origin: events.FromFile,
	}
	first := received(s, whole)
	second := whole
	second.Value, second.Version = 47, 3
	last := received(s, second)
	projectiontest.Show(t, projectiontest.Pool(t), survey.Projection{}, s, func(tx pgx.Tx) {
		for at, want := range map[events.Position][]events.AnswerReceived{0: {}, first: {whole}, last: {second}} {
			got, err := survey.Answers(t.Context(), tx, 2021, 2021, at)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("at %d: %+v, %v", at, got, err)
			}
		}
		if got, err := survey.Answers(t.Context(), tx, 2022, 2023, last); err != nil || len(got) != 0 {
			t.Errorf("of other years: %+v, %v", got, err)
		}
	})
}

func TestThePositionOfATime(t *testing.T) {
	s := projectiontest.NewStory(t, events.National)
	first := received(s, answered(örebro, 2021, 5))
	noon := s.Now
	last := s.Together(
		projectiontest.Part{Stream: events.AnswerOf(kumla, 2021, ""), Events: []events.Event{answered(kumla, 2021, 6)}},
		projectiontest.Part{Stream: events.AnswerOf(stockholm, 2021, ""), Events: []events.Event{answered(stockholm, 2021, 7)}},
	)
	projectiontest.Show(t, projectiontest.Pool(t), survey.Projection{}, s, func(tx pgx.Tx) {
		for moment, want := range map[time.Time]events.Position{noon.Add(-time.Second): 0, noon: first, noon.Add(time.Hour): last} {
			if at, err := survey.PositionAt(t.Context(), tx, moment, last); err != nil || at != want {
				t.Errorf("%s is at %d, not %d, %v", moment, at, want, err)
			}
		}
		for at, want := range map[events.Position]events.Position{0: 0, first: first, last - 1: first, last: last} {
			whole, _, err := survey.RoundDown(t.Context(), tx, at)
			if err != nil || whole != want {
				t.Errorf("%d rounds down to %d, not %d, %v", at, whole, want, err)
			}
		}
		if _, recorded, err := survey.RoundDown(t.Context(), tx, first); err != nil || !recorded.Equal(noon) {
			t.Errorf("the first was recorded at %s, not %s, %v", recorded, noon, err)
		}
	})
}

func TestTheNearestYearWhosePopulationIsKnown(t *testing.T) {
	s := projectiontest.NewStory(t, events.National)
	state := func(year events.Year, rows ...events.PopulationOfPlace) {
		s.Happens(events.PopulationOf(year), events.PopulationStated{Year: year, Source: "SCB", Rows: rows})
	}
	state(2018, events.PopulationOfPlace{Municipality: örebro, Children: 30_000}, events.PopulationOfPlace{Municipality: survey.Country, Children: 2_000_000})
	state(2019, events.PopulationOfPlace{Municipality: survey.Country, Children: 2_100_000})
	var everywhere []events.PopulationOfPlace
	for i, info := range events.Municipalities() {
		everywhere = append(everywhere, events.PopulationOfPlace{Municipality: info.Code, Children: events.Amount(i)})
	}
	state(2021, everywhere...)
	projectiontest.Show(t, projectiontest.Pool(t), survey.Projection{}, s, func(tx pgx.Tx) {
		for year, want := range map[events.Year]struct {
			year    events.Year
			country int
		}{2017: {}, 2018: {2018, 2_000_000}, 2020: {2018, 2_000_000}, 2021: {2021, 289 * 290 / 2}, 2030: {2021, 289 * 290 / 2}} {
			p, err := survey.PopulationOf(t.Context(), tx, örebro, year, 9)
			if err != nil || p.Year != want.year || p.Country != want.country {
				t.Errorf("for %d: %d of %d, %v", year, p.Country, p.Year, err)
			}
		}
		years, err := survey.PopulationYears(t.Context(), tx, 9)
		if err != nil || len(years) != 3 || years[0].Municipalities != 1 || !years[1].Country || years[2].Municipalities != 290 || years[2].Sources[0] != "SCB" {
			t.Errorf("loaded: %+v, %v", years, err)
		}
	})
}
