package audit

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/projections/reach"
	"rackvidd/services/integrity"
)

// submitted is a version of a survey as the log has it, and what the log gives for it.
type submitted struct {
	Statement
	answers []events.SurveyAnswer
	figures *reach.Figures // nil: it does not follow from what was recorded before it, or cannot be counted
	unable  error          // why it cannot be counted
}

// submissions are all versions that were ever submitted of a municipality's surveys. The log is read once for all of them.
func submissions(ctx context.Context, log past, m events.Municipality) (list []submitted, err error) {
	const first, last = 2000, 2100 // of the years that can be asked for
	var names []events.Stream
	for year := events.Year(first); year <= last; year++ {
		names = append(names, events.SurveyOf(year))
	}
	found, err := log.streams.Streams(ctx, m, names...)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		for _, r := range found[name] {
			for _, e := range r.Events {
				if e, ok := e.(events.SurveySubmitted); ok {
					list = append(list, submitted{Statement: stated(m, r, e), answers: e.Answers})
				}
			}
		}
	}
	return list, compute(ctx, log.Source, m, list)
}

// compute adds the figures that each was submitted of.
func compute(ctx context.Context, log Source, m events.Municipality, list []submitted) error {
	var wanted []reach.Wanted
	var of []int
	for i, one := range list {
		if one.Position >= one.Submission {
			continue
		}
		d, err := definitionOf(one.Statement)
		if err != nil { // a version of the program knew it that is not this one
			list[i].unable = err
			continue
		}
		wanted, of = append(wanted, reach.Wanted{Definition: d, Period: reach.CalendarYear(one.Year), Position: one.Position}), append(of, i)
	}
	figures, err := reach.ReplayEach(ctx, log, m, wanted)
	for n := range figures {
		list[of[n]].figures = &figures[n]
	}
	return err
}

// ofVersion is a version that was submitted; where the log has it twice, the last.
func ofVersion(list []submitted, year events.Year, version int) (*submitted, bool) {
	for i := range slices.Backward(list) {
		if list[i].Year == year && list[i].Version == version {
			return &list[i], true
		}
	}
	return nil, false
}

// submitted holds what was ever submitted, and the statements of that, against the log.
func (v *Verification) submitted(ctx context.Context, c Copies, p *passes) (err error) {
	var files []string
	if c.Statements != nil { // looked for first: what is stated meanwhile is of a submission that is not looked for
		if files, err = c.Statements.files(v.Municipality); err != nil {
			return err
		}
	}
	log := c.past(p.next(integrity.TheSubmission, archive.Width))
	of, err := submissions(ctx, log, v.Municipality)
	if err != nil {
		return err
	}
	all := v.answers(of)
	if all {
		v.checked = append(v.checked, integrity.TheSubmission)
	}
	if c.Statements == nil {
		return nil
	}
	flaws, err := c.Statements.flaws(log.Source, v.Municipality, files, of)
	for _, f := range flaws {
		v.find(integrity.Finding{
			Copy: integrity.TheStatement, File: filepath.Base(f.file), Code: f.code, About: f.figure.Path, Shown: string(f.figure.ReadModel), Given: string(f.figure.Log),
			Problem: f.problem,
		})
	}
	if err == nil && all {
		v.checked = append(v.checked, integrity.TheStatement)
	}
	return err
}

// answers holds every version's answers against the figures that it was submitted of, and reports whether it could all of them.
func (v *Verification) answers(of []submitted) (all bool) {
	all = true
	for _, one := range of {
		version := fmt.Sprintf("version %d of the survey of %d", one.Version, one.Year)
		if one.unable != nil {
			all = false
			v.Unchecked = append(v.Unchecked, Unchecked{integrity.TheSubmission, fmt.Sprintf("%s: %v; rackvidd %s, which submitted it, has that definition, and so has every later version", version, one.unable, one.Program)})
			continue
		}
		if one.figures == nil {
			v.find(integrity.Finding{
				Copy: integrity.TheSubmission, Position: one.Submission, Code: integrity.LaterFigures, About: fmt.Sprintf("%d, version %d", one.Year, one.Version),
				Problem: fmt.Sprintf("%s is said to follow from position %d, which is not before it", version, one.Position),
			})
			continue
		}
		for _, a := range one.answers {
			if said, given := otherwise(a, one.figures.Bounds); said != "" {
				v.find(integrity.Finding{
					Copy: integrity.TheSubmission, Position: one.Submission, Code: integrity.OtherAnswer, About: fmt.Sprintf("%d, version %d, %s", one.Year, one.Version, a.Question), Shown: said, Given: given,
					Problem: fmt.Sprintf("%s was submitted with another number at %s than the log gives", version, a.Question),
				})
			}
		}
	}
	return all
}

// counted reports whether an answer is a number that was counted: so is one that does not say how it is known.
func counted(a events.SurveyAnswer) bool {
	number := a.Status == events.NumberAnswer || a.Status == events.ZeroAnswer
	return a.Basis == events.CountedBasis || a.Basis == events.IntervalBasis || a.Basis == "" && number
}

// otherwise says what an answer has as counted, or as what was counted where people gave another number, and what was; nothing: it has
// the same.
func otherwise(a events.SurveyAnswer, b reach.Bounds) (said, given string) {
	switch {
	case a.Basis == "" && !counted(a):
	case counted(a) && (int(a.Value) != b.Lower || int(a.Lower) != b.Lower || int(a.Upper) != b.Upper):
		return fmt.Sprintf("%d (%d–%d)", a.Value, a.Lower, a.Upper), fmt.Sprintf("%d (%d–%d)", b.Lower, b.Lower, b.Upper)
	case !counted(a) && int(a.Computed) != b.Lower:
		return strconv.Itoa(int(a.Computed)), strconv.Itoa(b.Lower)
	}
	return "", ""
}
