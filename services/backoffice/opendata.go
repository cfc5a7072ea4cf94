package backoffice

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/services/disclosure"
	"rackvidd/services/surveying"
)

// Publish releases a year's figures as open data: what is shown was attacked together with everything released before,
// and stands in the ledger from here on.
func (s *Service) Publish(ctx context.Context, a surveying.Asked, cmd events.Command) (surveying.OpenData, error) {
	form, err := s.form(a.Year)
	if err != nil {
		return surveying.OpenData{}, err
	}
	if err := s.upToDate(ctx, &a); err != nil {
		return surveying.OpenData{}, err
	}
	f, err := s.figures(ctx, question{m: a.Municipality, year: a.Year, form: form, least: a.Least})
	if err != nil {
		return surveying.OpenData{}, err
	}
	q := question{m: a.Municipality, year: a.Year, form: form, at: f.Position}
	c := cellsOf(a.Year, form.Definition)
	family := c.counts(f)
	if len(f.ByProgramme) > 1 {
		offered, err := s.programmes(ctx, q)
		if err != nil {
			return surveying.OpenData{}, err
		}
		family.Known = c.structured(f, offered).relations(family)
	}
	var release disclosure.Release
	about := &events.Deciding{Stream: events.ReleasesOf(a.Year)}
	_, err = events.Decide(ctx, s.Log, a.Municipality, cmd, []*events.Deciding{about}, fresh, func() error {
		if release, err = s.protect(ctx, q, about.State.(*ledger), family, disclosure.Settings{Threshold: s.Threshold, Public: true}); err != nil {
			return err
		}
		about.Record(line(a.Year, events.OpenRelease, form.Definition, f.Position, release.Released()))
		return nil
	})
	if err != nil {
		return surveying.OpenData{}, err
	}
	return openData(a, form, f, release, cmp.Or(s.Threshold, surveying.Few)), nil
}

// openData is a release as it is read, in the order of the figures.
func openData(a surveying.Asked, form surveying.Form, f reach.Figures, r disclosure.Release, threshold int) surveying.OpenData {
	o := surveying.OpenData{
		Municipality: a.Municipality, Year: a.Year, Definition: form.Definition, Position: f.Position, Threshold: threshold, Step: string(r.Step),
		Figures: []surveying.OpenFigure{},
	}
	c, shown := cellsOf(a.Year, form.Definition), byName(r)
	add := func(dimension, code string, cell disclosure.Cell) {
		figure := openFigure(a.Language, dimension, code, shown[cell], r, threshold)
		if shown[cell].Way == disclosure.Hidden {
			figure.Code = "" // that it is there would say that it is not zero
		}
		if !slices.Contains(o.Figures, figure) {
			o.Figures = append(o.Figures, figure)
		}
	}
	add("children", "", c.children())
	if all := shown[c.children()]; all.Way == disclosure.Band || all.Way == disclosure.Hidden {
		o.Figures = append(o.Figures, withheld(a.Language, all, threshold)...)
		return o
	}
	for _, row := range f.ByForm {
		add("form", string(row.Form), c.of("form", string(row.Form)))
	}
	for i, one := range f.ByForm {
		for _, two := range f.ByForm[i+1:] {
			add("overlap", string(one.Form)+"&"+string(two.Form), c.pair(one.Form, two.Form))
		}
	}
	for _, row := range f.ByProgramme {
		add("programme", row.Programme, c.programme(row.Programme))
	}
	for _, row := range firstBy(f.ByChannel) {
		add("channel", string(row.Channel), c.of("channel", string(row.Channel)))
	}
	for _, row := range f.ByAge {
		add("age", row.Age, c.of("age", row.Age))
	}
	for _, row := range everyGender(f.ByGender) {
		add("gender", string(row.Gender), c.of("gender", string(row.Gender)))
	}
	return o
}

// withheld says of every breakdown that it is left out, alike whatever few children, or nobody knows how many, took part in.
func withheld(l surveying.Language, all disclosure.Shown, threshold int) (list []surveying.OpenFigure) {
	if all.Way == disclosure.Band {
		all.Reason = disclosure.FewInAll
	}
	all.Way = disclosure.Hidden
	for _, dimension := range []string{"form", "overlap", "programme", "channel", "age", "gender"} {
		list = append(list, openFigure(l, dimension, "", all, disclosure.Release{}, threshold))
	}
	return list
}

// byName finds what is shown of a number by the name it has in every release.
func byName(r disclosure.Release) map[disclosure.Cell]disclosure.Shown {
	m := make(map[disclosure.Cell]disclosure.Shown, len(r.Shown))
	for _, s := range r.Shown {
		m[s.Cell.Plain()] = s
	}
	return m
}

func openFigure(l surveying.Language, dimension, code string, s disclosure.Shown, r disclosure.Release, threshold int) surveying.OpenFigure {
	figure := surveying.OpenFigure{Dimension: dimension, Code: code, Reason: s.Reason.Swedish(threshold)}
	if l == surveying.English {
		figure.Reason = s.Reason.English(threshold)
	}
	if s.Way == disclosure.Merged {
		all, _, _ := shown(l, r.Of(s.Into))
		figure.Shown = surveying.Text{SV: "tillsammans med andra: ", EN: "together with others: "}.In(l) + all
		return figure
	}
	figure.Shown, figure.Lower, figure.Upper = shown(l, s)
	return figure
}

// shown is a number as it is read, and what can be told of it.
func shown(l surveying.Language, s disclosure.Shown) (text string, lower, upper *int) {
	switch s.Way {
	case disclosure.Exact:
		return strconv.Itoa(s.Lower), &s.Lower, &s.Upper
	case disclosure.Band:
		return strconv.Itoa(s.Lower) + "–" + strconv.Itoa(s.Upper), &s.Lower, &s.Upper
	case disclosure.Fives:
		return strconv.Itoa(middle(s, 5)), &s.Lower, &s.Upper
	case disclosure.Tens:
		return strconv.Itoa(middle(s, 10)), &s.Lower, &s.Upper
	case disclosure.AtLeast:
		return surveying.Text{SV: "minst ", EN: "at least "}.In(l) + strconv.Itoa(s.Lower), &s.Lower, nil
	}
	return surveying.Word(string(events.SuppressedAnswer), l), nil, nil
}

// middle is the rounded number that an interval of rounding stands for.
func middle(s disclosure.Shown, step int) int { return (s.Upper + step/2) / step * step }
