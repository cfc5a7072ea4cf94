package survey

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// Country is the municipality code by which a table of population names the whole country.
const Country events.Municipality = "0000"

// holds is true of the rows that hold at position $1.
const holds = "since <= $1 AND (until IS NULL OR until > $1)"

// Answers returns what was answered about the years from one to another, as of a position, in the order of year,
// municipality and district.
func Answers(ctx context.Context, tx pgx.Tx, from, to events.Year, at events.Position) ([]events.AnswerReceived, error) {
	rows, err := tx.Query(ctx, `
		SELECT year, municipality, district, state, offers, children, basis, value, lower, upper, organisers, forms, channels, measures, withheld,
			form, definition, version, origin
		FROM answer WHERE year BETWEEN $2 AND $3 AND `+holds+` ORDER BY year, municipality COLLATE "C", district COLLATE "C"`, at, int(from), int(to))
	if err != nil {
		return nil, fmt.Errorf("list answers: %w", err)
	}
	return collect(rows, "list answers", scanAnswer)
}

func scanAnswer(row pgx.CollectableRow) (a events.AnswerReceived, err error) {
	var organisers, forms, channels, measures, withheld string
	err = row.Scan(&a.Year, &a.Municipality, &a.District, &a.State, &a.Offers, &a.Children, &a.Basis, &a.Value, &a.Lower, &a.Upper,
		&organisers, &forms, &channels, &measures, &withheld, &a.Form, &a.Definition, &a.Version, &a.Origin)
	a.Organisers, a.Forms, a.Channels = parted[events.Organiser](organisers), parted[events.Form](forms), parted[events.Channel](channels)
	a.Measures, a.Withheld = parted[events.Choice](measures), parted[events.Question](withheld)
	return a, err
}

// Denominators returns the estimates that were loaded, by id.
func Denominators(ctx context.Context, tx pgx.Tx, at events.Position) ([]events.DenominatorStated, error) {
	rows, err := tx.Query(ctx, `
		SELECT denominator, name, need, source, from_year, until_year FROM denominator WHERE `+holds+` ORDER BY denominator COLLATE "C"`, at)
	if err != nil {
		return nil, fmt.Errorf("list denominators: %w", err)
	}
	return collect(rows, "list denominators", func(row pgx.CollectableRow) (d events.DenominatorStated, err error) {
		err = row.Scan(&d.Denominator, &d.Name, &d.Need, &d.Source, &d.From, &d.Until)
		return d, err
	})
}

// PopulationYear is what is known of one year's children: in how many municipalities, and from where.
type PopulationYear struct {
	Year           events.Year   `json:"year"`
	Municipalities int           `json:"municipalities"`
	Country        bool          `json:"country" doc:"a number for the whole country was loaded as well"`
	Children       int64         `json:"children" doc:"in those municipalities"`
	Sources        []events.Name `json:"sources" nullable:"false"`
}

// PopulationYears returns what child population is loaded, by year.
func PopulationYears(ctx context.Context, tx pgx.Tx, at events.Position) ([]PopulationYear, error) {
	rows, err := tx.Query(ctx, `
		SELECT year, count(*) FILTER (WHERE municipality <> $2), coalesce(bool_or(municipality = $2), false),
			coalesce(sum(children) FILTER (WHERE municipality <> $2), 0)::bigint, array_agg(DISTINCT source ORDER BY source)
		FROM population WHERE `+holds+` GROUP BY year ORDER BY year`, at, string(Country))
	if err != nil {
		return nil, fmt.Errorf("list child population: %w", err)
	}
	return collect(rows, "list child population", func(row pgx.CollectableRow) (y PopulationYear, err error) {
		err = row.Scan(&y.Year, &y.Municipalities, &y.Country, &y.Children, &y.Sources)
		return y, err
	})
}

// Population is how many children live where in one year.
type Population struct {
	Year    events.Year
	Country int // in the whole country; 0: not known
	Places  map[events.Municipality]int
	Source  events.Name // of the country's number
}

// PopulationOf returns the child population of the year or the nearest earlier one in which the municipality's is known
// and the country's: as a number of its own, or because every municipality's is. Year is 0 where there is none.
func PopulationOf(ctx context.Context, tx pgx.Tx, m events.Municipality, year events.Year, at events.Position) (p Population, err error) {
	const query = `
		SELECT coalesce(max(year), 0) FROM (
			SELECT year FROM population WHERE year <= $2 AND ` + holds + ` GROUP BY year
			HAVING bool_or(municipality = $5) AND (bool_or(municipality = $3) OR count(*) FILTER (WHERE municipality <> $3) = $4)) known`
	all := len(events.Municipalities())
	if err := tx.QueryRow(ctx, query, at, int(year), string(Country), all, string(m)).Scan(&p.Year); err != nil || p.Year == 0 {
		return p, wrapped(err, "find a year's child population")
	}
	return PopulationIn(ctx, tx, p.Year, at)
}

// PopulationIn returns the child population that is loaded of one year.
func PopulationIn(ctx context.Context, tx pgx.Tx, year events.Year, at events.Position) (p Population, err error) {
	p.Year = year
	rows, err := tx.Query(ctx, `SELECT municipality, children, source FROM population WHERE year = $2 AND `+holds+` ORDER BY municipality COLLATE "C"`, at, int(year))
	if err != nil {
		return p, fmt.Errorf("read child population: %w", err)
	}
	return p.with(rows)
}

// with adds the rows. Where every municipality is there, the country is their sum.
func (p Population) with(rows pgx.Rows) (Population, error) {
	p.Places = make(map[events.Municipality]int)
	var m events.Municipality
	var n, sum int
	var source events.Name
	_, err := pgx.ForEachRow(rows, []any{&m, &n, &source}, func() error {
		if p.Source == "" {
			p.Source = source
		}
		if m == Country {
			p.Country = n
			return nil
		}
		p.Places[m] = n
		sum += n
		return nil
	})
	if len(p.Places) == len(events.Municipalities()) {
		p.Country = sum
	}
	return p, wrapped(err, "read child population")
}

// PositionAt returns the last position that was recorded no later than t, where head is the last one of all.
func PositionAt(ctx context.Context, tx pgx.Tx, t time.Time, head events.Position) (at events.Position, err error) {
	err = tx.QueryRow(ctx, `SELECT coalesce((SELECT min(position) - 1 FROM message WHERE recorded > $1), $2)`, t, int64(head)).Scan(&at)
	return at, wrapped(err, "find the position of a time")
}

// RoundDown returns a position that is not inside a decision, and when the last message before it was recorded.
func RoundDown(ctx context.Context, tx pgx.Tx, at events.Position) (whole events.Position, recorded time.Time, err error) {
	const begins = `SELECT coalesce((SELECT first - 1 FROM message WHERE position = $1 + 1 AND first <= $1), $1)`
	if err := tx.QueryRow(ctx, begins, int64(at)).Scan(&whole); err != nil {
		return 0, recorded, fmt.Errorf("find the end of a decision: %w", err)
	}
	err = tx.QueryRow(ctx, `SELECT recorded FROM message WHERE position = $1`, int64(whole)).Scan(&recorded)
	if errors.Is(err, pgx.ErrNoRows) {
		return whole, time.Time{}, nil // nothing was recorded yet
	}
	return whole, recorded.UTC(), wrapped(err, "find when a decision was recorded")
}

func collect[T any](rows pgx.Rows, what string, scan pgx.RowToFunc[T]) ([]T, error) {
	list, err := pgx.CollectRows(rows, scan)
	return list, wrapped(err, what)
}

func wrapped(err error, what string) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
