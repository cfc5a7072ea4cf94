package national

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/projections/survey"
)

// Coverage divides a municipality's children by its part of every estimate of those in need, and by each need that is
// supposed, from the reference data as it is loaded now: that is not the municipality's log, so it is no part of the figures
// that a replay computes again. Where the child population is not known there is none.
func (s *Service) Coverage(ctx context.Context, m events.Municipality, year events.Year, children int, needs ...int) ([]reach.Coverage, error) {
	var population survey.Population
	var loaded []events.DenominatorStated
	err := s.view(ctx, func(tx pgx.Tx, at events.Position) (err error) {
		if population, err = survey.PopulationOf(ctx, tx, m, year, at); err == nil {
			loaded, err = survey.Denominators(ctx, tx, at)
		}
		return err
	})
	list := []reach.Coverage{}
	for _, c := range survey.Own(m, year, children, population, loaded, needs...) {
		sv, en := sourceOf(c)
		list = append(list, reach.Coverage{Denominator: string(c.ID), Name: c.Name, English: c.English, Need: c.Scaled, Percent: c.Percent.Float(), Source: en, SourceSV: sv, Scope: "own"})
	}
	return list, err
}

// sourceOf says, in both languages, by which year's children a country's need was divided among its municipalities.
func sourceOf(c survey.OwnCoverage) (sv, en string) {
	if c.Year == 0 {
		return askedFor, c.Source
	}
	return fmt.Sprintf("%s; efter kommunens andel av landets barn %d (%s)", c.Source, c.Year, c.Of),
		fmt.Sprintf("%s; by the municipality's part of the country's children %d (%s)", c.Source, c.Year, c.Of)
}
