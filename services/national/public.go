package national

import (
	"cmp"
	"slices"

	"rackvidd/projections/survey"
)

// fewMunicipalities is how many municipalities of a county have to answer for it to be told of by itself: of two, each could
// take its own number off the sum.
const fewMunicipalities = 3

// Protected is a report as it may be published. It is computed anew from the evidence as it was released: a small number
// that only a table of historical answers tells exactly is the band 1–4 in every total, so that no two public reports tell
// it (decisions/0001). Of the report that is given only the year counts.
func Protected(r survey.Report, e survey.Evidence, needs ...int) survey.Report {
	e.Answers = released(e.Answers)
	return published(survey.Compute(e, r.Year, needs...), e, needs...)
}

// published rounds numbers of children to the nearest 5, makes 1 to 4 that band, and merges counties until none of the
// values 1 to 4 of a band can be ruled out by whoever knows the others and the country's total to the last child. Coverage
// is computed from the rounded number, so that it tells no more. Numbers of municipalities are as they are: who answered
// and who offers support is public.
func published(r survey.Report, e survey.Evidence, needs ...int) survey.Report {
	r.Public = true
	r.Counties = publicCounties(r.Counties, r.Children)
	r.Children, r.ChildrenLower, r.ChildrenUpper = rounded(r.Children, r.ChildrenLower, r.ChildrenUpper)
	r.Recover(e, needs...)
	r.Years = slices.Clone(r.Years)
	for i := range r.Years {
		y := &r.Years[i]
		y.Children, y.ChildrenLower, y.ChildrenUpper = rounded(y.Children, y.ChildrenLower, y.ChildrenUpper)
		if r.Previous != nil && y.Year == r.Previous.Year {
			r.Previous = y
		}
	}
	return r
}

// rounded is a sum and its bounds as they may be told.
func rounded(n, lower, upper int) (publicN, publicLower, publicUpper int) {
	switch {
	case n > 0 && n < survey.FewChildren && upper < survey.FewChildren:
		return 1, 1, survey.FewChildren - 1
	case n > 0 && n < survey.FewChildren:
		return 1, 1, nearestFive(upper)
	}
	return nearestFive(n), min(nearestFive(n), nearestFive(lower)), max(nearestFive(n), nearestFive(upper))
}

func nearestFive(n int) int { return (n + 2) / 5 * 5 }

// rest is the code of the counties that are told of together.
const rest = "other"

// publicCounties rounds and merges.
func publicCounties(list []survey.County, total int) []survey.County {
	list = slices.Clone(list)
	merge := func(c survey.County) { list = merged(list, c) }
	for i := slices.IndexFunc(list, few); i >= 0; i = slices.IndexFunc(list, few) {
		merge(list[i])
	}
	for i := tellsTooMuch(list, total); i >= 0; i = tellsTooMuch(list, total) {
		if list[i].Code == rest { // it is one county's, or few even together: the next smallest with it
			if i = smallest(list); i < 0 {
				break
			}
		}
		merge(list[i])
	}
	for i := range list {
		c := &list[i]
		c.Children, c.ChildrenLower, c.ChildrenUpper = rounded(c.Children, c.ChildrenLower, c.ChildrenUpper)
	}
	survey.SortCounties(list)
	return list
}

// few reports whether so few municipalities answered in a county that its number is about them.
func few(c survey.County) bool {
	return c.Code != rest && c.Children > 0 && c.Responded < fewMunicipalities
}

// merged is the counties with one of them told of as part of the rest.
func merged(list []survey.County, c survey.County) []survey.County {
	together := survey.County{Code: rest, Name: "Övriga län"}
	var others []survey.County
	for _, o := range list {
		if o.Code == rest || o.Code == c.Code {
			together = sum(together, o)
		} else {
			others = append(others, o)
		}
	}
	return append(others, together)
}

func sum(a, b survey.County) survey.County {
	a.Municipalities, a.Responded, a.Offering = a.Municipalities+b.Municipalities, a.Responded+b.Responded, a.Offering+b.Offering
	a.Children, a.ChildrenUnknown = a.Children+b.Children, a.ChildrenUnknown+b.ChildrenUnknown
	a.ChildrenLower, a.ChildrenUpper = a.ChildrenLower+b.ChildrenLower, a.ChildrenUpper+b.ChildrenUpper
	a.Counties += max(1, b.Counties)
	return a
}

// smallest is the county with the fewest children, though some, that is not part of the rest; −1 where there is none.
func smallest(list []survey.County) int {
	at := -1
	for i, c := range list {
		if c.Code != rest && c.Children > 0 && (at < 0 || cmp.Or(cmp.Compare(c.Children, list[at].Children), cmp.Compare(c.Code, list[at].Code)) < 0) {
			at = i
		}
	}
	return at
}

// tellsTooMuch is a county of few children of which some value from 1 to 4 can be ruled out, or the rest where it is one
// county's; −1 where there is none. Whoever tries knows the total exactly, and of each county what is told.
func tellsTooMuch(list []survey.County, total int) int {
	if i := slices.IndexFunc(list, func(c survey.County) bool { return c.Counties == 1 && c.Children > 0 }); i >= 0 && smallest(list) >= 0 {
		return i
	}
	var low, high int
	for _, c := range list {
		l, h := told(c)
		low, high = low+l, high+h
	}
	for i, c := range list {
		if c.Children == 0 || c.Children >= survey.FewChildren {
			continue
		}
		l, h := told(c)
		if total-(high-h) > 1 || total-(low-l) < survey.FewChildren-1 {
			return i
		}
	}
	return -1
}

// told are the bounds of what is told of a county's children.
func told(c survey.County) (lower, upper int) {
	switch {
	case c.Children == 0:
		return 0, 0
	case c.Children < survey.FewChildren:
		return 1, survey.FewChildren - 1
	}
	n := nearestFive(c.Children)
	return max(survey.FewChildren, n-2), n + 2
}
