package survey

import (
	"context"
	"math/big"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// Gather reads what a report about a year is computed from, as of a position.
func Gather(ctx context.Context, tx pgx.Tx, year events.Year, at events.Position) (e Evidence, err error) {
	const first events.Year = 1900
	e.Position = at
	if e.Answers, err = Answers(ctx, tx, first, year, at); err != nil {
		return e, err
	}
	if e.Denominators, err = Denominators(ctx, tx, at); err != nil {
		return e, err
	}
	e.Population, err = PopulationIn(ctx, tx, year, at)
	return e, err
}

// OwnCoverage is one municipality's children reached over one estimate of those in need there.
type OwnCoverage struct {
	Denominator
	Scaled  int // those of the country's need that live in the municipality
	Percent Percent
	Year    events.Year // of the child population
	Of      events.Name // and its source; none: the need is the municipality's own
}

// Own divides a municipality's children by its part of every estimate: as large as its part of the country's children, in
// the year or the nearest earlier one in which both are known. Where they never are, only needs that are asked about are
// divided by: those are the municipality's own already. A part that is no child to the nearest whole one is divided by
// nothing: a percentage of it would be of a number nobody sees.
func Own(m events.Municipality, year events.Year, children int, p Population, loaded []events.DenominatorStated, needs ...int) []OwnCoverage {
	list := []OwnCoverage{}
	if p.Country > 0 && p.Places[m] <= p.Country {
		part := big.NewRat(int64(p.Places[m]), int64(p.Country))
		for _, d := range DenominatorsOf(loaded, year) {
			list = appendOwn(list, OwnCoverage{Denominator: d, Year: p.Year, Of: p.Source}, new(big.Rat).Mul(count(d.Need), part), children)
		}
	}
	for _, need := range needs {
		list = appendOwn(list, OwnCoverage{Denominator: whatIf(need)}, count(need), children)
	}
	return list
}

func appendOwn(list []OwnCoverage, c OwnCoverage, need *big.Rat, children int) []OwnCoverage {
	c.Scaled = int(halfUp(need))
	if c.Scaled == 0 {
		return list
	}
	c.Percent = *PercentOf(count(children), need)
	return append(list, c)
}
