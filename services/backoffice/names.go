package backoffice

import (
	"context"
	"slices"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/services/disclosure"
	"rackvidd/services/surveying"
)

// naming is what a survey says of forms or channels by naming them: that each brought somebody and, of the most common ones
// alone, that none of the others brought more (disclosure/decisions/0006).
type naming struct {
	subject surveying.Subject
	said    disclosure.Family // all of the breakdown, with those that are named
}

// rowOf is one form or channel that brought children.
type rowOf struct {
	code     events.Choice
	cell     disclosure.Cell
	children int
}

// names are what answers name of figures. Few children's forms and channels are named to nobody.
func (c cells) names(form surveying.Form, answers []events.SurveyAnswer, f reach.Figures, t surveying.Telling) (list []naming) {
	if form.FewIn(answers, t) {
		return nil
	}
	var forms, channels []rowOf
	for _, r := range f.ByForm {
		forms = append(forms, rowOf{events.Choice(r.Form), c.of("form", string(r.Form)), r.Children})
	}
	for _, r := range firstBy(f.ByChannel) {
		channels = append(channels, rowOf{events.Choice(r.Channel), c.of("channel", string(r.Channel)), r.First})
	}
	add := func(s surveying.Subject, rows []rowOf, kind disclosure.Kind) {
		q, _ := form.About(s)
		said := c.breakdown(f, kind, rows)
		if said.Named, said.Told = named(q, form.ChoicesIn(answers, s), rows, said); len(said.Named) > 0 {
			list = append(list, naming{s, said})
		}
	}
	add(surveying.Forms, forms, disclosure.Union)
	add(surveying.Channels, channels, disclosure.Disjoint)
	return list
}

// breakdown is all children by forms or channels.
func (c cells) breakdown(f reach.Figures, kind disclosure.Kind, rows []rowOf) disclosure.Family {
	whole := disclosure.Relation{Kind: kind, Cells: []disclosure.Cell{c.children()}}
	family := disclosure.Family{Values: map[disclosure.Cell]int{c.children(): f.Children}}
	for _, r := range rows {
		family.Values[r.cell] = r.children
		whole.Cells = append(whole.Cells, r.cell)
	}
	if len(rows) > 0 {
		family.Relations = []disclosure.Relation{whole}
	}
	return family
}

// named are the rows that choices name, and how they rank before those that have an option and are not chosen. Of an option that
// covers several rows none is named by itself.
func named(q surveying.Question, choices []events.Choice, rows []rowOf, truth disclosure.Family) (list []disclosure.Cell, told []disclosure.Relation) {
	alone := slices.DeleteFunc(slices.Clone(rows), func(r rowOf) bool {
		o, ok := q.Option(r.code)
		return !ok || slices.ContainsFunc(rows, func(other rowOf) bool { return other != r && slices.Contains(o.Covers, other.code) })
	})
	for _, r := range alone {
		if !chosen(q, choices, r) {
			continue
		}
		list = append(list, r.cell)
		for _, other := range alone {
			before := disclosure.Relation{Kind: disclosure.Ranking, Cells: []disclosure.Cell{r.cell, other.cell}}
			if other.code < r.code { // of two alike it would have been chosen: ties go by code
				before.Numbers = []int{1}
			}
			if !chosen(q, choices, other) && truth.Holds(before) {
				told = append(told, before)
			}
		}
	}
	return list, told
}

func chosen(q surveying.Question, choices []events.Choice, r rowOf) bool {
	o, ok := q.Option(r.code)
	return ok && slices.Contains(choices, o.Code)
}

// untold are figures of which no number is told.
func (c cells) untold(f reach.Figures) disclosure.Family {
	return disclosure.Family{Values: map[disclosure.Cell]int{c.children(): f.Children}, Silent: []disclosure.Cell{c.children()}}
}

// protectNamed protects a number together with what is named beside it. What would make the number coarser, or give a small one
// away, is not named: of both lists the forms stay rather than the channels.
func (s *Service) protectNamed(ctx context.Context, q question, l *ledger, number disclosure.Family, list []naming) (r disclosure.Release, unnamed []surveying.Subject, err error) {
	settings := disclosure.Settings{Threshold: s.Threshold}
	if r, err = s.protect(ctx, q, l, number, settings); err != nil {
		return r, nil, err
	}
	for _, n := range list {
		family := number.With(n.said)
		named, err := s.protect(ctx, q, l, family, settings)
		if err != nil {
			return r, nil, err
		}
		if sameNumber(r, named) && names(named, family.Named) {
			number, r = family, named
		} else {
			unnamed = append(unnamed, n.subject)
		}
	}
	return r, unnamed, nil
}

// sameNumber reports whether a release says of the number what it said without the names.
func sameNumber(alone, named disclosure.Release) bool {
	shown := byName(named)
	return !slices.ContainsFunc(alone.Shown, func(s disclosure.Shown) bool {
		now := shown[s.Cell.Plain()]
		return now.Way != s.Way || now.Lower != s.Lower || now.Upper != s.Upper
	})
}

// names reports whether a release names all of these.
func names(r disclosure.Release, cells []disclosure.Cell) bool {
	shown := byName(r)
	return !slices.ContainsFunc(cells, func(c disclosure.Cell) bool { return shown[c].Way != disclosure.NotZero })
}
