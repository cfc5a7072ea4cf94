package survey

import (
	"slices"

	"rackvidd/events"
)

// summary is what one municipality answered about a year, with its districts.
type summary struct {
	answered, partial, silent bool // a part answered whole, in part, or not
	yes, no                   bool
	own, districts            number
	wholeOwn                  bool // the municipality's own number is of all of it
	organisers                map[events.Organiser]bool
	forms                     map[events.Form]bool
	channels                  map[events.Channel]bool
	measures                  map[events.Choice]bool
	withheld                  map[events.Question]bool
}

// summaries puts the answers of each year together by municipality.
func summaries(answers []events.AnswerReceived) map[events.Year]map[events.Municipality]*summary {
	years := make(map[events.Year]map[events.Municipality]*summary)
	for _, a := range answers {
		if years[a.Year] == nil {
			years[a.Year] = make(map[events.Municipality]*summary)
		}
		s := years[a.Year][a.Municipality]
		if s == nil {
			s = &summary{
				organisers: make(map[events.Organiser]bool), forms: make(map[events.Form]bool), channels: make(map[events.Channel]bool),
				measures: make(map[events.Choice]bool), withheld: make(map[events.Question]bool),
			}
			years[a.Year][a.Municipality] = s
		}
		s.add(a)
	}
	return years
}

func (s *summary) add(a events.AnswerReceived) {
	switch a.State {
	case events.AnsweredState:
		s.answered = true
	case events.PartialState:
		s.partial = true
	default:
		s.silent = true
		return
	}
	s.yes, s.no = s.yes || a.Offers == "yes", s.no || a.Offers == "no"
	s.addChildren(a)
	addAll(s.organisers, a.Organisers)
	addAll(s.forms, a.Forms)
	addAll(s.channels, a.Channels)
	addAll(s.measures, a.Measures)
	addAll(s.withheld, a.Withheld)
}

func addAll[C comparable](set map[C]bool, list []C) {
	for _, c := range list {
		set[c] = true
	}
}

// number is of how many children answers tell together.
type number struct {
	answers             int  // that were given
	known               int  // of them those with a number, zero or a band
	unknown             bool // one of them does not say how many
	withheld            bool // one of them was not released, because the children are few
	band                bool // one of them is one
	value, lower, upper int
}

// addChildren adds to the municipality's own number, or to its districts'.
func (s *summary) addChildren(a events.AnswerReceived) {
	if a.District != "" {
		s.districts.add(a)
		return
	}
	s.own.add(a)
	s.wholeOwn = a.State == events.AnsweredState && s.own.known > 0
}

// add adds a number, or the bounds of one. Who offers nothing is asked for none.
func (n *number) add(a events.AnswerReceived) {
	n.answers++
	value, lower, upper := int(a.Value), int(a.Lower), int(a.Upper)
	switch {
	case a.Children == events.SuppressedAnswer:
		n.band, value = true, lower
	case a.Children == events.NumberAnswer || a.Children == events.ZeroAnswer:
		if lower == 0 || lower > value {
			lower = value
		}
	case slices.Contains(a.Withheld, events.ChildrenQuestion):
		n.withheld = true
		return
	default:
		n.unknown = n.unknown || a.Offers != "no"
		return
	}
	n.known++
	n.value, n.lower, n.upper = n.value+value, n.lower+lower, n.upper+max(upper, value)
}

// children is the municipality's number: its own where it answered whole and gave one, which is of its districts too, and
// else all numbers added up. Where districts answered, an own answer without a number leaves nothing unknown.
func (s *summary) children() number {
	if s.wholeOwn {
		return s.own
	}
	own, districts := s.own, s.districts
	return number{
		answers: own.answers + districts.answers, known: own.known + districts.known,
		unknown: districts.unknown || own.unknown && districts.answers == 0, withheld: districts.withheld || own.withheld && districts.answers == 0,
		band:  own.band || districts.band,
		value: own.value + districts.value, lower: own.lower + districts.lower, upper: own.upper + districts.upper,
	}
}

// leftOut reports whether districts gave numbers that the municipality's own number stands for.
func (s *summary) leftOut() bool { return s.wholeOwn && s.districts.known > 0 }

// responded reports whether the municipality answered, for itself or by a district.
func (s *summary) responded() bool { return s.answered || s.partial }

// whole reports whether nothing of the answer is missing. What the municipality itself answered whole, with a number, is of
// its districts too.
func (s *summary) whole() bool { return s.wholeOwn || s.answered && !s.partial && !s.silent }

// offers reports whether support is offered anywhere in the municipality.
func (s *summary) offers() bool { return s.responded() && s.yes }

// offersNone reports whether the municipality says that no support is offered.
func (s *summary) offersNone() bool { return s.responded() && s.no && !s.yes }
