package api

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/reach"
	"rackvidd/projections/survey"
)

// coverage divides a municipality's children by its part of every estimate of those in need, from the reference data as
// it is loaded now: that is not the municipality's log, so it is no part of the figures that a replay computes again. Where
// the child population is not known there is none, and what goes wrong in the national log keeps no figure back.
func (s *server) coverage(ctx context.Context, m events.Municipality, year events.Year, children int, needs []int) []reach.Coverage {
	var population survey.Population
	var loaded []events.DenominatorStated
	err := projections.View(ctx, s.Pool, survey.Projection{}.Name(), events.National, 0, func(tx pgx.Tx, shown projections.Checkpoint) (err error) {
		if population, err = survey.PopulationOf(ctx, tx, m, year, shown.Position); err == nil {
			loaded, err = survey.Denominators(ctx, tx, shown.Position)
		}
		return err
	})
	if err != nil && !errors.Is(err, projections.ErrNothingYet) {
		s.Logger.Warn("coverage could not be computed", "municipality", m, "err", err)
	}
	list := []reach.Coverage{}
	for _, c := range survey.Own(m, year, children, population, loaded, needs...) {
		list = append(list, reach.Coverage{Denominator: string(c.ID), Need: c.Scaled, Percent: c.Percent.Float(), Source: sourceOf(c), Scope: "own"})
	}
	return list
}

// sourceOf says by which year's children a country's need was divided among its municipalities.
func sourceOf(c survey.OwnCoverage) string {
	if c.Year == 0 {
		return c.Source
	}
	return fmt.Sprintf("%s; by the municipality's part of the country's children %d (%s)", c.Source, c.Year, c.Of)
}

// checkNeeds refuses a need that nobody can have.
func checkNeeds(needs []int) error {
	const most = 100_000_000
	for _, n := range needs {
		if n < 1 || n > most {
			return invalid("invalid", "query.need", "must be a number of children above 0")
		}
	}
	return nil
}
