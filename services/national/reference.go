package national

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"rackvidd/events"
	"rackvidd/projections/survey"
)

var populationColumns = headingsOf([]string{"code", "year", "n", "source"}, map[string]string{
	"code": "code", "year": "year", "n": "n", "source": "source",
	"kommunkod": "code", "kommun": "code", "municipality": "code", "år": "year", "antal": "n", "children": "n", "källa": "source",
})

var denominatorColumns = headingsOf([]string{"denominator", "name", "need", "source"}, map[string]string{
	"denominator": "denominator", "name": "name", "need": "need", "source": "source", "from": "from", "until": "until",
	"nämnare": "denominator", "namn": "name", "behov": "need", "källa": "source", "från": "from", "till": "until",
})

// LoadReference records a table of reference data: child population or denominators, as its headings say. What was loaded
// before of the same municipality and year, or of the same denominator, is replaced. Answers are Load's.
func (s *Service) LoadReference(ctx context.Context, c events.Command, file []byte, dry bool) (Summary, error) {
	t, err := readTable(file, denominatorColumns)
	propose := denominators
	if err != nil {
		if _, none := readTable(file, headingsOf(nil, denominatorColumns.words)); none == nil {
			return Summary{}, err // its headings are a denominator's, though not all are there
		}
		t, err = readTable(file, populationColumns)
		propose = populations
	}
	if err != nil {
		return Summary{}, err
	}
	sum := Summary{Rows: len(t.lines)}
	list := propose(t.lines, &sum)
	outcomes, at, err := s.record(ctx, c, dry, list.proposals())
	if err != nil {
		return sum, err
	}
	sum.Position = at
	list.count(outcomes, &sum)
	slices.SortFunc(sum.Rejected, func(a, b Rejection) int { return a.Line - b.Line })
	if dry {
		return sum, nil
	}
	return sum, s.shown(ctx, at)
}

// group is the rows of a table that are one change of one stream, and how many of them say something new.
type group struct {
	proposal
	rows  int
	fresh *int
}

type groups []group

func (g groups) proposals() []proposal {
	list := make([]proposal, len(g))
	for i, one := range g {
		list[i] = one.proposal
	}
	return list
}

// count says what became of the rows. A change that the same command made before is counted as then: none of its rows
// was decided about again.
func (g groups) count(outcomes []outcome, sum *Summary) {
	for i, o := range outcomes {
		fresh := *g[i].fresh
		if o.recorded && fresh < 0 {
			fresh = g[i].rows
		}
		fresh = max(fresh, 0)
		sum.Recorded, sum.Duplicates = sum.Recorded+fresh, sum.Duplicates+g[i].rows-fresh
	}
}

// placed is one row of child population.
type placed struct {
	year   events.Year
	source events.Name
	events.PopulationOfPlace
}

func populations(lines []tableLine, sum *Summary) (list groups) {
	var rows []placed
	for _, l := range lines {
		row, wrong := parsePlace(l)
		if wrong != nil {
			sum.Rejected = append(sum.Rejected, *wrong)
			continue
		}
		rows = append(rows, row)
	}
	for len(rows) > 0 {
		var now, later []placed
		for _, r := range rows {
			again := slices.ContainsFunc(now, func(o placed) bool { return o.Municipality == r.Municipality })
			if r.year == rows[0].year && !again {
				now = append(now, r)
			} else {
				later = append(later, r)
			}
		}
		list, rows = append(list, population(now)), later
	}
	return list
}

// population is the rows of one year, each municipality once.
func population(rows []placed) group {
	year, fresh := rows[0].year, -1
	return group{proposal{stream: events.PopulationOf(year), content: fmt.Sprint(rows), decide: func(past []events.Event) ([]events.Event, error) {
		stands := make(map[events.Municipality]placed)
		for _, e := range past {
			if e, ok := e.(events.PopulationStated); ok {
				for _, row := range e.Rows {
					stands[row.Municipality] = placed{year, e.Source, row}
				}
			}
		}
		news := slices.DeleteFunc(slices.Clone(rows), func(r placed) bool { return stands[r.Municipality] == r })
		fresh = len(news)
		return stated(news), nil
	}}, len(rows), &fresh}
}

// stated is rows as events, one for each source.
func stated(rows []placed) (list []events.Event) {
	var sources []events.Name
	bySource := make(map[events.Name][]events.PopulationOfPlace)
	for _, r := range rows {
		if bySource[r.source] == nil {
			sources = append(sources, r.source)
		}
		bySource[r.source] = append(bySource[r.source], r.PopulationOfPlace)
	}
	for _, source := range sources {
		list = append(list, events.PopulationStated{Year: rows[0].year, Source: source, Rows: bySource[source]})
	}
	return list
}

func parsePlace(l tableLine) (p placed, wrong *Rejection) {
	if l.wrong != nil {
		return p, l.wrong
	}
	reject := func(column, code, message string) (placed, *Rejection) {
		return placed{}, &Rejection{l.number, column, code, message}
	}
	var err error
	if p.Municipality = code(l.cells["code"]); country(l.cells["code"]) {
		p.Municipality = survey.Country
	} else if _, err = events.ParseMunicipality(string(p.Municipality)); err != nil {
		return reject("code", "unknown_municipality", err.Error()+", and not 00 for the whole country")
	}
	if p.year, err = parseYear(l.cells["year"]); err != nil || p.year == 0 {
		return reject("year", "impossible_year", "must be a year, as in 2021")
	}
	n, ok := whole(l.cells["n"])
	if !ok || n > mostInCountry {
		return reject("n", "not_a_number", "must be a whole number of children")
	}
	p.Children = events.Amount(n)
	if p.source, err = events.ParseName(l.cells["source"]); err != nil {
		return reject("source", "invalid", err.Error())
	}
	return p, nil
}

// mostInCountry is more children than any table of the country has.
const mostInCountry = 20_000_000

// country reports whether a code or a name stands for the whole country.
func country(cell string) bool {
	return cell != "" && strings.Trim(cell, "0") == "" || folded(cell) == "riket"
}

func parseYear(cell string) (events.Year, error) {
	if cell == "" {
		return 0, nil
	}
	year, ok := whole(cell)
	if !ok || year < 1900 || year > 2199 {
		return 0, refuse("year", "impossible_year", "must be a year, as in 2021")
	}
	return events.Year(year), nil
}

func denominators(lines []tableLine, sum *Summary) (list groups) {
	for _, l := range lines {
		d, wrong := parseDenominator(l)
		if wrong != nil {
			sum.Rejected = append(sum.Rejected, *wrong)
			continue
		}
		fresh := -1
		list = append(list, group{proposal{stream: events.DenominatorOf(d.Denominator), content: written(d), decide: func(past []events.Event) ([]events.Event, error) {
			if fresh = 1; len(past) > 0 && past[len(past)-1] == events.Event(d) {
				fresh = 0
				return nil, nil
			}
			return []events.Event{d}, nil
		}}, 1, &fresh})
	}
	return list
}

func parseDenominator(l tableLine) (d events.DenominatorStated, wrong *Rejection) {
	if l.wrong != nil {
		return d, l.wrong
	}
	reject := func(column, code string, err error) (events.DenominatorStated, *Rejection) {
		return d, &Rejection{l.number, column, code, err.Error()}
	}
	var err error
	if d.Denominator, err = events.ParseDenominatorID(l.cells["denominator"]); err != nil {
		return reject("denominator", "invalid", err)
	}
	if survey.Reserved(d.Denominator) {
		return reject("denominator", "reserved", refuse("", "", "is what an estimate that is built in, or a supposed need, is called; choose another"))
	}
	if d.Name, err = events.ParseName(l.cells["name"]); err != nil {
		return reject("name", "invalid", err)
	}
	if d.Source, err = events.ParseName(l.cells["source"]); err != nil {
		return reject("source", "invalid", err)
	}
	need, ok := whole(l.cells["need"])
	if !ok || need == 0 || need > mostInCountry {
		return reject("need", "not_a_number", refuse("", "", "must be a whole number of children above 0"))
	}
	d.Need = events.Amount(need)
	if d.From, err = parseYear(l.cells["from"]); err != nil {
		return reject("from", "impossible_year", err)
	}
	if d.Until, err = parseYear(l.cells["until"]); err != nil || d.Until != 0 && d.Until < d.From {
		return reject("until", "impossible_year", refuse("", "", "must be a year no earlier than from"))
	}
	return d, nil
}
