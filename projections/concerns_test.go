package projections_test

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/projectiontest"
)

func TestALogHasTablesOfTheProjectionsItConcernsAlone(t *testing.T) {
	pool, s := projectiontest.Pool(t), projectiontest.NewStory(t, örebro)
	national := projectiontest.NewStory(t, events.National)
	national.Log = s.Log
	start(t, s.Log, pool, marked{name: "cases", only: örebro}, marked{name: "answers", only: events.National}, marked{})
	session := events.ID{0xa0}
	s.Happens(events.SessionOf(session), attended(session, anna))
	national.Happens(events.SessionOf(session), attended(session, bo))
	for _, of := range []struct {
		projection string
		log        events.Municipality
	}{{"cases", örebro}, {"marked", örebro}, {"answers", events.National}, {"marked", events.National}} {
		if n, _ := messages(t, pool, of.projection, of.log, 1); n != 1 {
			t.Errorf("%s of %s shows %d messages", of.projection, of.log, n)
		}
	}
	list, err := projections.Status(t.Context(), pool)
	if err != nil || len(list) != 4 {
		t.Errorf("there are tables of %+v, %v", list, err)
	}
	if behind, err := projections.Lag(t.Context(), s.Log, nil, list, s.Now); err != nil || len(behind) != 4 || behind[0].Messages != 0 {
		t.Errorf("they are behind: %+v, %v", behind, err)
	}
	err = projections.View(t.Context(), pool, "answers", örebro, 0, func(pgx.Tx, projections.Checkpoint) error { return nil })
	if !errors.Is(err, projections.ErrNothingYet) {
		t.Errorf("a log that is not concerned shows %v", err)
	}
	err = projections.Rebuild(t.Context(), s.Log, pool, marked{name: "answers", only: events.National}, örebro, nil)
	if !errors.Is(err, projections.ErrNoConcern) {
		t.Errorf("what there is nothing to make of was rebuilt: %v", err)
	}
}

func TestALogThatConcernsNobodyIsNotFollowed(t *testing.T) {
	pool, s := projectiontest.Pool(t), projectiontest.NewStory(t, örebro)
	other := projectiontest.NewStory(t, uddevalla)
	other.Log = s.Log
	session := events.ID{0xa0}
	s.Happens(events.SessionOf(session), attended(session, anna))
	start(t, s.Log, pool, marked{only: uddevalla})
	other.Happens(events.SessionOf(session), attended(session, anna))
	messages(t, pool, "marked", uddevalla, 1)
	if list, err := projections.Status(t.Context(), pool); err != nil || len(list) != 1 {
		t.Errorf("there are tables of %+v, %v", list, err)
	}
}
