package backoffice

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/services/disclosure"
	"rackvidd/services/surveying"
)

// ledger is what was released of a year's figures.
type ledger struct {
	releases []events.FiguresReleased
}

func (l *ledger) Evolve(e events.Event) {
	if e, ok := e.(events.FiguresReleased); ok {
		l.releases = append(l.releases, e)
	}
}

// released is the ledger as disclosure attacks it.
func (l *ledger) released() disclosure.Ledger {
	all := make(disclosure.Ledger, len(l.releases))
	for i, r := range l.releases {
		for _, c := range r.Cells {
			all[i].Statements = append(all[i].Statements, disclosure.Statement{Cell: disclosure.Cell(c.Cell), Lower: int(c.Lower), Upper: int(c.Upper)})
		}
		for _, rel := range r.Relations {
			one := disclosure.Relation{Kind: disclosure.Kind(rel.Relation)}
			for _, c := range rel.Cells {
				one.Cells = append(one.Cells, disclosure.Cell(c))
			}
			for _, n := range rel.Numbers {
				one.Numbers = append(one.Numbers, int(n))
			}
			all[i].Relations = append(all[i].Relations, one)
		}
	}
	return all
}

// line is a release as the ledger keeps it.
func line(year events.Year, purpose events.ReleasePurpose, definition events.DefinitionID, at events.Position, r disclosure.Released) events.FiguresReleased {
	e := events.FiguresReleased{Year: year, Purpose: purpose, Definition: definition, Position: events.Sequence(at)}
	for _, s := range r.Statements {
		e.Cells = append(e.Cells, events.ReleasedCell{Cell: events.CellName(s.Cell), Lower: events.Amount(s.Lower), Upper: events.Amount(s.Upper)})
	}
	for _, rel := range r.Relations {
		one := events.ReleasedRelation{Relation: events.CellRelation(rel.Kind)}
		for _, c := range rel.Cells {
			one.Cells = append(one.Cells, events.CellName(c))
		}
		for _, n := range rel.Numbers {
			one.Numbers = append(one.Numbers, events.Amount(n))
		}
		e.Relations = append(e.Relations, one)
	}
	return e
}

// cells names a year's numbers under a definition. Figures under different definitions are different numbers.
type cells string

func cellsOf(year events.Year, d events.DefinitionID) cells {
	return cells(fmt.Sprintf("%d/%s/", year, strings.ReplaceAll(string(d), "/", "-")))
}

func (c cells) children() disclosure.Cell { return disclosure.Cell(c) + "children" }

func (c cells) of(dimension, code string) disclosure.Cell {
	return disclosure.Cell(string(c) + dimension + "/" + code)
}

func (c cells) programme(name string) disclosure.Cell {
	return c.of("programme", surveying.ProgrammeInLedger(name))
}

// pair is what two forms share, in their order.
func (c cells) pair(a, b events.Form) disclosure.Cell {
	return c.of("form", string(a)+"&"+string(b))
}

// least is how many children there were at least, where heads were counted of whom not all were identified.
func (c cells) least() disclosure.Cell { return disclosure.Cell(c) + "least" }

// number is what a survey says of figures: all children or, where heads were counted, how many there were at least. That tells
// that no more were identified.
func (c cells) number(f reach.Figures) (disclosure.Cell, disclosure.Family) {
	children, least := c.children(), c.least()
	if f.Bounds.Lower <= f.Children {
		return children, disclosure.Family{Values: map[disclosure.Cell]int{children: f.Children}}
	}
	return least, disclosure.Family{
		Values: map[disclosure.Cell]int{least: f.Bounds.Lower, children: f.Children}, Silent: []disclosure.Cell{children},
		Relations: []disclosure.Relation{{Kind: disclosure.Within, Cells: []disclosure.Cell{least, children}}},
	}
}

// counts are the numbers of figures, and what everybody knows of them.
func (c cells) counts(f reach.Figures) disclosure.Family {
	family := disclosure.Family{Values: map[disclosure.Cell]int{c.children(): f.Children}}
	relate := func(kind disclosure.Kind, parts []disclosure.Cell) {
		if len(parts) > 0 {
			family.Relations = append(family.Relations, disclosure.Relation{Kind: kind, Cells: append([]disclosure.Cell{c.children()}, parts...)})
		}
	}
	kind, forms := c.forms(family, f)
	relate(kind, forms)
	relate(disclosure.Union, put(family, f.ByProgramme, func(r reach.ByProgramme) (disclosure.Cell, int) { return c.programme(r.Programme), r.Children }))
	relate(disclosure.Disjoint, put(family, firstBy(f.ByChannel), func(r reach.ByChannel) (disclosure.Cell, int) { return c.of("channel", string(r.Channel)), r.First }))
	relate(disclosure.Partition, put(family, f.ByAge, func(r reach.ByAge) (disclosure.Cell, int) { return c.of("age", r.Age), r.Children }))
	relate(disclosure.Partition, put(family, everyGender(f.ByGender), func(r reach.ByGender) (disclosure.Cell, int) { return c.of("gender", string(r.Gender)), r.Children }))
	return family
}

// forms are the parts of the union over forms and, of two and more, what each pair shares.
func (c cells) forms(family disclosure.Family, f reach.Figures) (disclosure.Kind, []disclosure.Cell) {
	parts := put(family, f.ByForm, func(r reach.ByForm) (disclosure.Cell, int) { return c.of("form", string(r.Form)), r.Children })
	if len(parts) < 2 {
		return disclosure.Union, parts
	}
	shared := make(map[[2]events.Form]int)
	for _, o := range f.Overlap {
		shared[o.Forms] = o.Children
	}
	for i, a := range f.ByForm {
		for _, b := range f.ByForm[i+1:] {
			pair := c.pair(a.Form, b.Form)
			family.Values[pair] = shared[[2]events.Form{a.Form, b.Form}]
			parts = append(parts, pair)
		}
	}
	return disclosure.Overlaps, parts
}

// firstBy are the channels that brought a child in first. Another that is named with 0 would say that it referred a child too.
func firstBy(all []reach.ByChannel) []reach.ByChannel {
	return slices.DeleteFunc(slices.Clone(all), func(r reach.ByChannel) bool { return r.First == 0 })
}

// everyGender has a row of zero for each gender that no child has, as ages have: so that to name one says nothing of it.
func everyGender(rows []reach.ByGender) (list []reach.ByGender) {
	children := make(map[events.Gender]int)
	for _, r := range rows {
		children[r.Gender] = r.Children
	}
	for _, g := range slices.Sorted(slices.Values(events.UnknownGender.Codes())) {
		list = append(list, reach.ByGender{Gender: events.Gender(g), Children: children[events.Gender(g)]})
	}
	return list
}

// put adds numbers to a family and returns their cells.
func put[R any](family disclosure.Family, rows []R, cell func(R) (disclosure.Cell, int)) (list []disclosure.Cell) {
	for _, r := range rows {
		c, n := cell(r)
		family.Values[c] = n
		list = append(list, c)
	}
	return list
}

// protect makes a release of a family, attacked together with all that was released of the year before.
func (s *Service) protect(ctx context.Context, q question, l *ledger, family disclosure.Family, settings disclosure.Settings) (disclosure.Release, error) {
	before, err := s.before(ctx, q, l)
	if err != nil {
		return disclosure.Release{}, err
	}
	now, err := family.Since(before, l.released(), false)
	if err != nil {
		return disclosure.Release{}, err
	}
	return disclosure.Protect(now, l.released(), settings)
}

// before is what each number was when a release of the same definition last spoke of it: the survey speaks of all children and of
// the forms and channels it names, open data of every part.
func (s *Service) before(ctx context.Context, q question, l *ledger) (map[disclosure.Cell]int, error) {
	was := make(map[disclosure.Cell]int)
	all := l.released()
	for i := len(all) - 1; i >= 0; i-- {
		if l.releases[i].Definition != q.form.Definition {
			continue
		}
		news := all[i : i+1].Plain()
		maps.DeleteFunc(news, func(c disclosure.Cell, _ bool) bool { _, known := was[c]; return known })
		if len(news) == 0 {
			continue
		}
		then := q
		then.at = events.Position(l.releases[i].Position)
		f, err := s.figuresThen(ctx, then)
		if err != nil {
			return nil, err
		}
		c := cellsOf(q.year, q.form.Definition)
		values := c.counts(f).Values
		values[c.least()] = f.Bounds.Lower
		for cell := range news {
			if n, counted := values[cell]; counted {
				was[cell] = n
			}
		}
	}
	return was, nil
}

// figuresThen are the figures at a position; at 0 there was nothing yet.
func (s *Service) figuresThen(ctx context.Context, q question) (reach.Figures, error) {
	if q.at > 0 {
		return s.figures(ctx, q)
	}
	d, err := reach.Named(string(q.form.Definition))
	return reach.Compute(reach.Evidence{Municipal: q.m}, d, reach.CalendarYear(q.year), 0), err
}
