package national

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"rackvidd/events"
	"rackvidd/services/casework"
)

// Receive records answers that were submitted in this installation. One that stands already, or of which a later version
// was received, records nothing; a later one replaces. Nothing is recorded where one of them cannot be. When it returns,
// reads show them; where it cannot wait so long they are recorded all the same, and the error says so.
func (s *Service) Receive(ctx context.Context, c events.Command, answers []events.AnswerReceived) (events.Position, error) {
	list := make([]proposal, len(answers))
	for i, a := range answers {
		a.Origin = events.FromLog
		a = sorted(a)
		if err := s.check(a); err != nil {
			return 0, fmt.Errorf("receive the answer of %s about %d: %w", a.Municipality, a.Year, err)
		}
		list[i] = s.proposed(a)
	}
	_, at, err := s.record(ctx, c, false, list)
	if err != nil {
		return at, err
	}
	return at, s.shown(ctx, at)
}

// proposed is an answer on its way into the log.
func (s *Service) proposed(a events.AnswerReceived) proposal {
	return proposal{stream: events.AnswerOf(a.Municipality, a.Year, a.District), content: written(a), decide: func(past []events.Event) ([]events.Event, error) {
		return decideAnswer(past, a)
	}}
}

// written is the canonical JSON of plain structs of ours.
func written(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// decideAnswer compares an answer with what stands, and with the latest version that was ever received. A row of a table
// replaces whatever stands; what has a version never goes back to an earlier one. This installation's own log says what a
// version is: it differs from what was received before where part of that log was lost.
func decideAnswer(past []events.Event, a events.AnswerReceived) ([]events.Event, error) {
	var stands, latest events.AnswerReceived
	for _, e := range past {
		if e, ok := e.(events.AnswerReceived); ok {
			if stands = e; e.Version >= latest.Version {
				latest = e
			}
		}
	}
	received := len(past) > 0
	switch {
	case a.Origin == events.FromTable && received && says(stands, a),
		a.Origin != events.FromTable && received && same(stands, a),
		a.Origin == events.FromLog && (a.Version < latest.Version || same(latest, a)):
		return nil, nil
	case a.Origin == events.FromFile && a.Version < latest.Version:
		return nil, &casework.Refusal{
			Why: casework.Conflict, Code: "older_version", Field: "version",
			Message: fmt.Sprintf("is version %d, and version %d was received already; ask the municipality for its latest file", a.Version, latest.Version),
		}
	case a.Origin == events.FromFile && a.Version == latest.Version && latest.Version > 0 && !same(latest, a):
		return nil, &casework.Refusal{
			Why: casework.Conflict, Code: "same_version", Field: "version",
			Message: fmt.Sprintf("is version %d, which was received with another content; the municipality has to amend its survey to change it", a.Version),
		}
	}
	return []events.Event{a}, nil
}

// says reports whether two answers say the same, whatever they came from.
func says(a, b events.AnswerReceived) bool {
	for _, x := range []*events.AnswerReceived{&a, &b} {
		x.Form, x.Definition, x.Version = "", "", 0
	}
	return same(a, b)
}

// same reports whether two answers are one, however they came.
func same(a, b events.AnswerReceived) bool {
	a.Origin, b.Origin = "", ""
	return written(a) == written(b)
}

// sorted puts lists in the order of their codes and a district in lower case: the order of choices says nothing, and NV is nv.
func sorted(a events.AnswerReceived) events.AnswerReceived {
	a.District = events.District(strings.ToLower(string(a.District)))
	a.Organisers, a.Forms, a.Channels = inOrder(a.Organisers), inOrder(a.Forms), inOrder(a.Channels)
	a.Measures, a.Withheld = inOrder(a.Measures), inOrder(a.Withheld)
	return a
}

func inOrder[C ~string](list []C) []C {
	if len(list) == 0 {
		return nil
	}
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}

// check refuses an answer that says what cannot be so.
func (s *Service) check(a events.AnswerReceived) error {
	if _, err := events.ParseMunicipality(string(a.Municipality)); err != nil {
		return refuse("municipality", "unknown_municipality", "%v", err)
	}
	if last := s.thisYear(); a.Year < FirstYear || a.Year > last {
		return refuse("year", "impossible_year", "must be a year that the survey asked about, from %d to %d", FirstYear, last)
	}
	if err := checkWords(a); err != nil {
		return err
	}
	if a.Origin == events.FromFile && a.Version == 0 {
		return refuse("version", "missing", "is missing: nobody could tell a later answer from an earlier one; ask the municipality for the file again")
	}
	if a.District != "" {
		if _, err := events.ParseDistrict(string(a.District)); err != nil {
			return refuse("district", "invalid", "%v", err)
		}
	}
	for _, check := range []func(events.AnswerReceived) error{checkState, checkNumber, checkOffers, s.checkChoices} {
		if err := check(a); err != nil {
			return err
		}
	}
	return nil
}

// checkState refuses an answer of somebody who did not answer.
func checkState(a events.AnswerReceived) error {
	if a.State == "" {
		return refuse("state", "missing", "is empty; write answered, partial or not_answered")
	}
	nothing := events.AnswerReceived{
		Year: a.Year, Municipality: a.Municipality, District: a.District, State: a.State, Children: events.NotAnswered,
		Form: a.Form, Definition: a.Definition, Version: a.Version, Origin: a.Origin,
	}
	if a.State == events.NotAnsweredState && written(a) != written(nothing) {
		return refuse("state", "not_answered", "says that nobody answered, and an answer is given; write answered or partial, or leave the answer out")
	}
	return nil
}

// mostChildren is more than any municipality has.
const mostChildren = 500_000

// widestBand is more children than a release that is protected ever tells of as a band.
const widestBand = 10_000

// checkNumber holds a number, a band and their bounds together. A band is any that small-number protection may come to:
// 1–4, 5–14, 33–37, also one of a single number.
func checkNumber(a events.AnswerReceived) error {
	value, lower, upper := a.Value, a.Lower, a.Upper
	switch a.Children {
	case events.NumberAnswer:
		if value == 0 {
			return refuse("children", "not_a_number", "must be a number of children above 0; none is zero")
		}
	case events.SuppressedAnswer:
		if value != 0 || lower < 1 || upper < lower || upper > widestBand {
			return refuse("children", "not_a_band", "must be a band of two numbers from 1 to %d, the smaller first, as in 1–4", widestBand)
		}
	case events.ZeroAnswer:
		if value != 0 || lower != 0 {
			return refuse("children", "contradiction", "is zero, and a number is given")
		}
	case events.UnknownAnswer, events.NotAsked, events.NotAnswered:
		if value+lower+upper != 0 {
			return refuse("children", "contradiction", "is not known, and a number is given")
		}
	default:
		return refuse("children", "unknown_code", "must be number, zero, suppressed, unknown, not_asked or not_answered")
	}
	if max(value, lower, upper) > mostChildren {
		return refuse("children", "too_many", "is more children than live in any municipality; correct it")
	}
	return nil
}

// checkOffers refuses children reached by nothing.
func checkOffers(a events.AnswerReceived) error {
	if a.Offers == "no" && max(a.Value, a.Lower) > 0 {
		return refuse("children", "contradiction", "is above 0, and no support is offered; correct one of them")
	}
	return nil
}

// checkChoices holds what was chosen against what the form of the year allows.
func (s *Service) checkChoices(a events.AnswerReceived) error {
	for _, c := range []struct {
		column   string
		question events.Question
		chosen   []string
	}{
		{"organisers", events.OrganisersQuestion, texts(a.Organisers)}, {"forms", events.FormsQuestion, texts(a.Forms)}, {"channels", events.ChannelsQuestion, texts(a.Channels)}, {"measures", events.MeasuresQuestion, texts(a.Measures)},
	} {
		if hasTwice(c.chosen) {
			return refuse(c.column, "repeated", "names the same twice; name it once")
		}
		// What a municipality submitted was held against its form; one option of that may stand for several codes.
		if most := s.most(a.Year, c.question); a.Origin == events.FromTable && most > 0 && len(c.chosen) > most {
			return refuse(c.column, "too_many_choices", "names more than the %d that the form of the year allows", most)
		}
	}
	return nil
}

func hasTwice(list []string) bool {
	seen := make(map[string]bool)
	for _, c := range list {
		if seen[c] {
			return true
		}
		seen[c] = true
	}
	return false
}

func (s *Service) most(year events.Year, q events.Question) int {
	if s.MostChoices == nil {
		return 0
	}
	return s.MostChoices(year, q)
}

func texts[C ~string](list []C) []string {
	t := make([]string, len(list))
	for i, c := range list {
		t[i] = string(c)
	}
	return t
}

// checkWords holds every field of an event against what the log's contract says of its type. Measures are any choices
// there: a form may come with measures of its own, and which ones a table may name parseAnswer says.
func checkWords(e events.Event) error {
	if field, must := events.Mismatch(e); must != "" {
		return refuse(field, "unknown_code", "%s", must)
	}
	return nil
}
