package national

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"rackvidd/events"
	"rackvidd/services/casework"
)

// measures are what a table may name as important to develop the support: those of the forms that are published. An answer
// from the log or a signed file may name any that its own form has.
var measures = []string{"cooperation", "information", "political_priority", "funding", "trained_leaders", "other_activity"}

// answerColumns are the headings of a table of answers, in English and Swedish.
var answerColumns = headingsOf([]string{"year", "municipality", "state"}, map[string]string{
	"year": "year", "municipality": "municipality", "district": "district", "state": "state", "offers": "offers", "children": "children",
	"basis": "basis", "organisers": "organisers", "forms": "forms", "channels": "channels", "measures": "measures",
	"år": "year", "kommun": "municipality", "kommunkod": "municipality", "stadsdel": "district", "barn": "children",
})

// Load records the answers of a file: a table, or one that another installation signed. Every row is recorded, stands
// already, or is rejected; rejected rows keep nothing else back. A *FileError says that it cannot be read at all. dry
// says what would happen and records nothing.
func (s *Service) Load(ctx context.Context, c events.Command, file []byte, dry bool) (Summary, error) {
	if bytes.HasPrefix(bytes.TrimPrefix(file, []byte("\xef\xbb\xbf")), []byte(strings.TrimSpace(signedHeader))) {
		return s.loadSigned(ctx, c, file, dry)
	}
	t, err := readTable(file, answerColumns)
	if err != nil {
		return Summary{}, err
	}
	var list []proposal
	var lines []int
	sum := Summary{Rows: len(t.lines)}
	for _, l := range t.lines {
		a, wrong := s.row(l)
		if wrong != nil {
			sum.Rejected = append(sum.Rejected, *wrong)
			continue
		}
		list, lines = append(list, s.proposed(a)), append(lines, l.number)
	}
	return s.carryOut(ctx, c, dry, sum, list, lines)
}

// carryOut records proposals, one for each line, and waits until they show.
func (s *Service) carryOut(ctx context.Context, c events.Command, dry bool, sum Summary, list []proposal, lines []int) (Summary, error) {
	outcomes, at, err := s.record(ctx, c, dry, list)
	if err != nil {
		return sum, err
	}
	for i, o := range outcomes {
		switch {
		case o.refused != nil:
			wrong, err := rejected(lines[i], o.refused)
			if err != nil {
				return sum, err
			}
			sum.Rejected = append(sum.Rejected, *wrong)
		case o.recorded:
			sum.Recorded++
		default:
			sum.Duplicates++
		}
	}
	slices.SortFunc(sum.Rejected, func(a, b Rejection) int { return a.Line - b.Line })
	sum.Position = at
	if dry {
		return sum, nil
	}
	return sum, s.shown(ctx, at)
}

// rejected is a refusal as it is told of a line; any other error is one.
func rejected(line int, err error) (*Rejection, error) {
	var r *casework.Refusal
	if !errors.As(err, &r) {
		return nil, err
	}
	return &Rejection{line, r.Field, r.Code, r.Message}, nil
}

// row reads one line of a table of answers.
func (s *Service) row(l tableLine) (a events.AnswerReceived, wrong *Rejection) {
	if l.wrong != nil {
		return a, l.wrong
	}
	a, err := parseAnswer(l.cells)
	if err == nil {
		a = sorted(a)
		err = s.check(a)
	}
	if err != nil {
		wrong, _ = rejected(l.number, err) // there are only refusals
	}
	return a, wrong
}

func parseAnswer(cells map[string]string) (a events.AnswerReceived, err error) {
	a.Origin = events.FromTable
	if year, ok := whole(cells["year"]); ok {
		a.Year = events.Year(year)
	}
	if a.District, err = districtOf(cells["district"]); err != nil {
		return a, err
	}
	a.Municipality = code(cells["municipality"])
	a.State, a.Offers, a.Basis = events.AnswerState(cells["state"]), events.YesNo(cells["offers"]), events.AnswerBasis(cells["basis"])
	a.Organisers, a.Forms, a.Channels = listed[events.Organiser](cells["organisers"]), listed[events.Form](cells["forms"]), listed[events.Channel](cells["channels"])
	a.Measures = listed[events.Choice](cells["measures"])
	for _, m := range a.Measures {
		if !slices.Contains(measures, string(m)) {
			return a, refuse("measures", "unknown_code", "must be one of %s", strings.Join(measures, ", "))
		}
	}
	if a.Offers == "no" && len(a.Organisers)+len(a.Forms)+len(a.Channels) > 0 {
		return a, refuse("offers", "contradiction", "is no, and an organiser, a form or a channel is named; correct one of them")
	}
	return a, parseChildren(&a, cells["children"])
}

func listed[C ~string](cell string) (list []C) {
	if cell == "" {
		return nil
	}
	for c := range strings.SplitSeq(cell, "|") {
		list = append(list, C(strings.TrimSpace(c)))
	}
	return list
}

// parseChildren reads a number, a band, or an interval where the basis says so; nothing is unknown.
func parseChildren(a *events.AnswerReceived, cell string) error {
	lower, upper, ranged := strings.Cut(strings.NewReplacer("–", "-", "—", "-").Replace(cell), "-")
	n, ok := whole(lower)
	switch {
	case cell == "":
		a.Children = withoutNumber(*a)
		return nil
	case !ok:
		return refuse("children", "not_a_number", "must be a whole number, a band as in 1–4, or empty where it is not known")
	case !ranged && n == 0:
		a.Children = events.ZeroAnswer
		return nil
	case !ranged:
		a.Children, a.Value, a.Lower, a.Upper = events.NumberAnswer, events.Amount(n), events.Amount(n), events.Amount(n)
		return nil
	}
	most, ok := whole(upper)
	if !ok || most <= n {
		return refuse("children", "not_a_band", "must be a band of two numbers, the smaller first, as in 1–4")
	}
	a.Children, a.Lower, a.Upper = events.SuppressedAnswer, events.Amount(n), events.Amount(most)
	if a.Basis == events.IntervalBasis {
		a.Children, a.Value = events.NumberAnswer, events.Amount(n)
	}
	if n == 0 && a.Basis == events.IntervalBasis {
		a.Children = events.ZeroAnswer
	}
	return nil
}

// withoutNumber says what kind of answer an empty cell is. Who offers nothing is not asked how many took part.
func withoutNumber(a events.AnswerReceived) events.AnswerStatus {
	switch {
	case a.State == events.NotAnsweredState:
		return events.NotAnswered
	case a.Offers == "no":
		return events.NotAsked
	}
	return events.UnknownAnswer
}

// loadSigned records the answer of one signed file.
func (s *Service) loadSigned(ctx context.Context, c events.Command, file []byte, dry bool) (Summary, error) {
	sum := Summary{Rows: 1}
	a, err := s.readSigned(ctx, file)
	if err == nil {
		err = s.check(sorted(a))
	}
	if wrong, other := rejected(1, err); err != nil {
		if other != nil {
			return sum, fmt.Errorf("read a signed answer: %w", other)
		}
		sum.Rejected = []Rejection{*wrong}
		sum.Position, err = s.Log.Head(ctx, events.National)
		return sum, err
	}
	return s.carryOut(ctx, c, dry, sum, []proposal{s.proposed(sorted(a))}, []int{1})
}
