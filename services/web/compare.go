package web

import (
	"net/http"
	"slices"
	"strconv"

	"golang.org/x/sync/errgroup"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/services/charts"
	"rackvidd/services/surveying"
)

// overYears is five years of figures, with their charts.
type overYears struct {
	Years           []reach.YearOfFigures
	Reach, Coverage drawing
}

// overYears reads a year and the four before it.
func (v *visit) overYears(year string) (o overYears, err error) {
	if err = v.see(&o, v.in("surveys/"+year+"/years")); err != nil || len(o.Years) == 0 {
		return o, err
	}
	var list []charts.Year
	for _, y := range o.Years {
		list = append(list, charts.Year{Year: y.Year, Assumed: y.Form == "", Known: y.Known, Children: y.Lower, Submitted: y.Submitted, Coverage: y.Coverage})
	}
	m := charts.Maker(surveying.Language(v.Lang))
	o.Reach, o.Coverage = v.lines(m.Years(list)), v.lines(m.Coverage(list, list[len(list)-1].Coverage))
	return o, nil
}

// Changed tells whether the years do not all ask the same.
func (o overYears) Changed() bool {
	return slices.ContainsFunc(o.Years, func(y reach.YearOfFigures) bool { return y.Definition != o.Years[0].Definition })
}

// comparison is several years' answers side by side.
type comparison struct {
	overYears
	Surveys  []*comparedYear // the earliest first
	Subjects []surveying.Subject
	Choices  []choice
}

// comparedYear is what a municipality has said of a year: what was submitted last, until something else is; of a year that never was,
// what its survey says now.
type comparedYear struct {
	*survey
	State surveying.State // of the survey, which may be open for another version
	Filed int             // the version that is shown; 0: none was submitted
}

// comparedYear reads what stands of a year; nil: nothing is asked about it.
func (v *visit) comparedYear(year events.Year) (*comparedYear, error) {
	now, err := v.readSurvey(year, "only", "answers")
	if isProblem(err, http.StatusNotFound) {
		return nil, nil // no form asks about the year
	}
	if err != nil {
		return nil, err
	}
	y := &comparedYear{survey: now, State: now.State}
	if now.Submitted == nil {
		return y, nil
	}
	y.Filed = now.Submitted.Version
	if now.State == surveying.Submitted {
		return y, nil
	}
	kept, err := v.readVersion(year, y.Filed)
	y.survey = kept.survey
	return y, err
}

const mostCompared = 5

// compareYears shows surveys beside each other.
func (v *visit) compareYears() error {
	last := int(v.today().Year()) - 1
	f := v.newForm("from", v.Query("from"), "to", v.Query("to"))
	d := comparison{Subjects: []surveying.Subject{surveying.Offers, surveying.Organisers, surveying.Forms, surveying.Children, surveying.Channels, surveying.Measures}}
	for year := last; events.Year(year) >= v.Forms.FirstYear(); year-- {
		if _, known := v.Forms.Of(events.Year(year)); known {
			d.Choices = append(d.Choices, choice{Value: strconv.Itoa(year), Label: strconv.Itoa(year)})
		}
	}
	to := number(f.Get("to"))
	if _, known := v.Forms.Of(events.Year(to)); !known || to > last {
		to = last
	}
	from := number(f.Get("from"))
	if from == 0 {
		from = to - 2
	}
	from = max(min(from, to), to-mostCompared+1)
	f.Set("from", strconv.Itoa(from))
	f.Set("to", strconv.Itoa(to))
	surveys := make([]*comparedYear, to-from+1)
	together := new(errgroup.Group)
	for i := range surveys {
		together.Go(func() (err error) {
			surveys[i], err = v.comparedYear(events.Year(from + i))
			return err
		})
	}
	together.Go(func() (err error) { d.overYears, err = v.overYears(strconv.Itoa(to)); return err })
	if err := together.Wait(); err != nil {
		return err
	}
	d.Surveys = slices.DeleteFunc(surveys, func(s *comparedYear) bool { return s == nil })
	return v.show("compare", sheet{Title: v.text().text("compare.title"), Crumbs: v.surveyCrumbs(), Form: f, D: d, Wide: true})
}

// Said is a survey's answer to a matter; ok is false where its form does not ask.
func (s *survey) Said(subject surveying.Subject) string {
	q, asked := s.form.About(subject)
	if !asked {
		return capital(surveying.Word(string(events.NotAsked), s.lang))
	}
	return s.Short(q, s.Answer(q.ID))
}
