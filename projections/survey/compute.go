package survey

import (
	"cmp"
	"maps"
	"math/big"
	"slices"

	"rackvidd/events"
)

// Evidence is what the national log says at a position: all that a report is computed from.
type Evidence struct {
	Position     events.Position
	Answers      []events.AnswerReceived // of every year up to the report's
	Denominators []events.DenominatorStated
	Population   Population // of the report's year
}

// Compute makes the report about a year. Each need is one that somebody asks about, as if it were known.
func Compute(e Evidence, year events.Year, needs ...int) Report {
	years := summaries(e.Answers)
	r := Report{Year: year, Position: e.Position, Municipalities: len(events.Municipalities())}
	r.Forms, r.Channels = []Named[events.Form]{}, []Named[events.Channel]{}
	r.Measures, r.Organisers = []Points{}, []Named[events.Organiser]{}
	r.municipalities(years[year])
	r.addLists(years[year])
	r.Counties = counties(years[year])
	r.Coverage = r.coverage(e, needs)
	r.series(years)
	return r
}

// municipalities counts who answered what.
func (r *Report) municipalities(of map[events.Municipality]*summary) {
	r.Answered, r.Partial, r.NotAnswered, r.NothingReceived = []events.Municipality{}, []events.Municipality{}, []events.Municipality{}, []events.Municipality{}
	r.OfferingIn, r.NotOfferingIn = []events.Municipality{}, []events.Municipality{}
	for _, info := range events.Municipalities() {
		s := of[info.Code]
		switch {
		case s == nil:
			r.NothingReceived = append(r.NothingReceived, info.Code)
			continue
		case !s.responded():
			r.NotAnswered = append(r.NotAnswered, info.Code)
			continue
		case s.whole():
			r.Answered = append(r.Answered, info.Code)
		default:
			r.Partial = append(r.Partial, info.Code)
		}
		r.answered(info.Code, s)
	}
	r.ResponsePercent = PercentOf(count(r.Responded), count(r.Municipalities))
	r.OfferingPercent = PercentOf(count(r.Offering), count(r.Responded))
}

// answered adds one municipality that responded.
func (r *Report) answered(m events.Municipality, s *summary) {
	r.Responded++
	switch {
	case s.offers():
		r.Offering++
		r.OfferingIn = append(r.OfferingIn, m)
	case s.offersNone():
		r.NotOffering++
		r.NotOfferingIn = append(r.NotOfferingIn, m)
	default:
		r.OffersUnknown++
	}
	n := s.children()
	r.Children, r.ChildrenLower, r.ChildrenUpper = r.Children+n.value, r.ChildrenLower+n.lower, r.ChildrenUpper+n.upper
	r.ChildrenUnknown += one(n.unknown)
	r.ChildrenWithheld += one(n.withheld)
	r.Bands += one(n.band)
	r.DistrictsLeftOut += one(s.leftOut())
	r.FormsWithheld += one(s.withheld[events.FormsQuestion])
	r.ChannelsWithheld += one(s.withheld[events.ChannelsQuestion])
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

func (r *Report) addLists(of map[events.Municipality]*summary) {
	forms, channels := make(map[events.Form]int), make(map[events.Channel]int)
	organisers, measures := make(map[events.Organiser]int), make(map[events.Choice]int)
	for _, s := range of {
		tally(forms, s.forms)
		tally(channels, s.channels)
		tally(organisers, s.organisers)
		tally(measures, s.measures)
	}
	for _, c := range ranked(forms) {
		r.Forms = append(r.Forms, Named[events.Form]{c, forms[c]})
	}
	for _, c := range ranked(channels) {
		r.Channels = append(r.Channels, Named[events.Channel]{c, channels[c]})
	}
	for _, c := range ranked(organisers) {
		r.Organisers = append(r.Organisers, Named[events.Organiser]{c, organisers[c]})
	}
	for _, c := range ranked(measures) {
		r.Measures = append(r.Measures, Points{c, measures[c]})
	}
}

func tally[C comparable](counts map[C]int, named map[C]bool) {
	for c := range named {
		counts[c]++
	}
}

// ranked lists codes with the most named first, ties by code.
func ranked[C cmp.Ordered](counts map[C]int) []C {
	return slices.SortedFunc(maps.Keys(counts), func(a, b C) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
}

func counties(of map[events.Municipality]*summary) []County {
	byCode := make(map[string]*County)
	for _, info := range events.Municipalities() {
		c := byCode[info.CountyCode]
		if c == nil {
			c = &County{Code: info.CountyCode, Name: info.County}
			byCode[info.CountyCode] = c
		}
		c.Municipalities++
		if s := of[info.Code]; s != nil && s.responded() {
			c.Responded++
			c.Offering += one(s.offers())
			n := s.children()
			c.Children, c.ChildrenLower, c.ChildrenUpper = c.Children+n.value, c.ChildrenLower+n.lower, c.ChildrenUpper+n.upper
			c.ChildrenUnknown += one(n.unknown || n.withheld)
		}
	}
	list := make([]County, 0, len(byCode))
	for _, c := range byCode {
		list = append(list, *c)
	}
	SortCounties(list)
	return list
}

// SortCounties puts the county with the most children first, ties by code.
func SortCounties(list []County) {
	slices.SortFunc(list, func(a, b County) int { return cmp.Or(cmp.Compare(b.Children, a.Children), cmp.Compare(a.Code, b.Code)) })
}

// Recover computes coverage again where the children of a report are no longer those it was computed from.
func (r *Report) Recover(e Evidence, needs ...int) { r.Coverage = r.coverage(e, needs) }

// coverage divides the children by every estimate, in every scope. Shares are of municipalities, as in the published
// reports; where the year's child population is loaded, of children as well.
func (r *Report) coverage(e Evidence, needs []int) []NationalCoverage {
	list := []NationalCoverage{}
	denominators := DenominatorsOf(e.Denominators, r.Year)
	for _, need := range needs {
		denominators = append(denominators, whatIf(need))
	}
	for _, by := range []string{"municipalities", "population"} {
		for _, d := range denominators {
			for _, scope := range []Scope{AllScope, RespondingScope, OfferingScope} {
				if part, whole, known := r.share(scope, by, e.Population); known {
					list = append(list, r.covered(d, scope, by, new(big.Rat).Mul(count(d.Need), big.NewRat(int64(part), int64(whole)))))
				}
			}
		}
	}
	return list
}

func (r *Report) covered(d Denominator, scope Scope, by string, need *big.Rat) NationalCoverage {
	c := NationalCoverage{Denominator: d.ID, Name: d.Name, English: d.English, Source: d.Source, Need: d.Need, Scope: scope, By: by, ScaledNeed: int(halfUp(need))}
	if c.ScaledNeed > 0 {
		c.Percent = PercentOf(count(r.Children), need)
	}
	return c
}

// share is how much of the country a scope is.
func (r *Report) share(scope Scope, by string, p Population) (part, whole int, known bool) {
	in := slices.Concat(r.Answered, r.Partial)
	if scope == OfferingScope {
		in = r.OfferingIn
	}
	switch {
	case by == "population" && p.Country == 0:
		return 0, 0, false
	case by == "population" && scope == AllScope:
		return 1, 1, true
	case by == "population":
		return p.of(in)
	case scope == AllScope:
		return 1, 1, true
	}
	return len(in), r.Municipalities, true
}

// of is how many children live in municipalities, of all; known is false where one of them is not loaded, or where they
// would be more than all.
func (p Population) of(in []events.Municipality) (part, whole int, known bool) {
	for _, m := range in {
		n, loaded := p.Places[m]
		if !loaded {
			return 0, 0, false
		}
		part += n
	}
	return part, p.Country, part <= p.Country
}

// series sets the year beside those before it.
func (r *Report) series(years map[events.Year]map[events.Municipality]*summary) {
	r.Years = []YearFigures{}
	for _, year := range slices.Sorted(maps.Keys(years)) {
		if year > r.Year {
			continue
		}
		f := yearFigures(year, years[year])
		r.Years = append(r.Years, f)
		if year == r.Year-1 {
			r.Previous = &f
		}
	}
}

func yearFigures(year events.Year, of map[events.Municipality]*summary) YearFigures {
	f := YearFigures{Year: year}
	for _, s := range of {
		if s.responded() {
			f.Responded++
			f.Offering += one(s.offers())
			n := s.children()
			f.Children, f.ChildrenLower, f.ChildrenUpper = f.Children+n.value, f.ChildrenLower+n.lower, f.ChildrenUpper+n.upper
		}
	}
	f.ResponsePercent = PercentOf(count(f.Responded), count(len(events.Municipalities())))
	return f
}
