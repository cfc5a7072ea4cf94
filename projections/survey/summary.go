package survey

import "rackvidd/events"

// summary is what one municipality answered about a year, with its districts.
type summary struct {
	answered, partial, silent bool // a part answered whole, in part, or not
	districts                 bool // a district answered
	yes, no                   bool
	value, lower, upper       int
	unknown, unknownDistrict  bool // the municipality's own number is not known; a district's is not
	band                      bool
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
	s.districts = s.districts || a.District != ""
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

// addChildren adds a number, or the bounds of one. Who offers nothing is asked for none.
func (s *summary) addChildren(a events.AnswerReceived) {
	value, lower, upper := int(a.Value), int(a.Lower), int(a.Upper)
	switch {
	case a.Children == events.SuppressedAnswer:
		s.band, value = true, lower
	case a.Children == events.NumberAnswer || a.Children == events.ZeroAnswer:
		if lower == 0 || lower > value {
			lower = value
		}
	case a.Offers == "no":
		return
	case a.District == "":
		s.unknown = true
		return
	default:
		s.unknownDistrict = true
		return
	}
	s.value, s.lower, s.upper = s.value+value, s.lower+lower, s.upper+max(upper, value)
}

// responded reports whether the municipality answered, for itself or by a district.
func (s *summary) responded() bool { return s.answered || s.partial }

// whole reports whether nothing of the answer is missing.
func (s *summary) whole() bool { return s.answered && !s.partial && !s.silent }

// offers reports whether support is offered anywhere in the municipality.
func (s *summary) offers() bool { return s.responded() && s.yes }

// offersNone reports whether the municipality says that no support is offered.
func (s *summary) offersNone() bool { return s.responded() && s.no && !s.yes }

// unsure reports whether children may have been reached who are in no number. Where districts give theirs, the
// municipality's own answer need not have one.
func (s *summary) unsure() bool { return s.unknownDistrict || s.unknown && !s.districts }
