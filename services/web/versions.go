package web

import (
	"strconv"

	"rackvidd/events"
	"rackvidd/services/surveying"
)

// submittedVersions are a year's, the first first.
type submittedVersions struct {
	Year     string
	Versions []surveying.Filed `json:"versions"`
	People   []surveyor        `json:"people"`
	Choices  []choice
}

// By is who submitted a version.
func (d submittedVersions) By(account events.ID) surveyor {
	return byAccount(d.People, account)
}

// Latest is the one that was submitted last.
func (d submittedVersions) Latest() surveying.Filed { return d.Versions[len(d.Versions)-1] }

// Several reports whether there are two to compare.
func (d submittedVersions) Several() bool { return len(d.Versions) > 1 }

func (v *visit) submittedVersions() (d submittedVersions, err error) {
	d.Year = v.At("year")
	if err := v.see(&d, v.in("surveys/"+d.Year+"/versions"), "lang", v.Lang); err != nil {
		return d, err
	}
	for _, one := range d.Versions {
		n := strconv.Itoa(one.Version)
		d.Choices = append(d.Choices, choice{Value: n, Label: v.text().text("versions.one", one.Version, v.text().moment(one.SubmittedAt))})
	}
	return d, nil
}

// versionCrumbs lead to the versions of the page's year.
func (v *visit) versionCrumbs() []crumb {
	year, l := v.At("year"), v.text()
	return v.surveyCrumbs(crumb{v.Home("surveys", year), l.text("survey.title", year)}, crumb{v.Home("surveys", year, "versions"), l.text("versions.crumb")})
}

// versions lists what was submitted about a year.
func (v *visit) versions() error {
	d, err := v.submittedVersions()
	if err != nil {
		return err
	}
	f := v.newForm()
	if n := len(d.Versions); n > 1 {
		f.Set("from", d.Choices[n-2].Value)
		f.Set("to", d.Choices[n-1].Value)
	}
	crumbs := v.versionCrumbs()
	return v.show("versions", sheet{Title: v.text().text("versions.title", d.Year), Crumbs: crumbs[:len(crumbs)-1], Form: f, D: d})
}

// apart is what two submitted versions differ in.
type apart struct {
	surveying.Apart
	Choices  []choice
	from, to *survey // with the form of each
}

// Then is the answer of the earlier version in one line, and Now that of the later one.
func (d apart) Then(a surveying.AnswersApart) string { return d.from.inShort(a.From) }
func (d apart) Now(a surveying.AnswersApart) string  { return d.to.inShort(a.To) }

// inShort is an answer in one line, to whichever question of the form.
func (s *survey) inShort(a surveying.Answer) string {
	q, _ := s.form.Question(a.Question)
	return s.Short(q, a)
}

// Asked is what a question asks; the number of one that neither form has.
func (d apart) Asked(id events.Question) string {
	for _, s := range []*survey{d.to, d.from} {
		if q, asked := s.form.Question(id); asked {
			return s.Text(q)
		}
	}
	return string(id)
}

// Because is what a reason is called.
func (d apart) Because(i surveying.SinceItem) string { return d.to.Because(i) }

// questionFigures are the figures that belong to a question and are not the same.
type questionFigures struct {
	Question events.Question
	Figures  []surveying.FigureApart
}

// ByQuestion are the figures, those of each question together.
func (d apart) ByQuestion() (list []questionFigures) {
	for _, q := range append([]surveying.Question{{}}, d.to.form.Questions...) {
		one := questionFigures{Question: q.ID}
		for _, f := range d.Figures {
			if f.Question == q.ID {
				one.Figures = append(one.Figures, f)
			}
		}
		if len(one.Figures) > 0 {
			list = append(list, one)
		}
	}
	return list
}

// difference shows what two submitted versions differ in: those that are named, or the last two.
func (v *visit) difference() error {
	all, err := v.submittedVersions()
	if err != nil {
		return err
	}
	n := len(all.Versions)
	if n < 2 {
		return v.to(v.Home("surveys", all.Year, "versions"), 0, "")
	}
	f := v.newForm("from", v.Query("from"), "to", v.Query("to"))
	from, to := number(f.Get("from")), number(f.Get("to"))
	if from == 0 || to == 0 {
		from, to = all.Versions[n-2].Version, all.Versions[n-1].Version
	}
	from, to = min(from, to), max(from, to)
	f.Set("from", strconv.Itoa(from))
	f.Set("to", strconv.Itoa(to))
	d := apart{Choices: all.Choices}
	if err := v.see(&d.Apart, v.in("surveys/"+all.Year+"/difference"), "lang", v.Lang, "from", f.Get("from"), "to", f.Get("to")); err != nil {
		return err
	}
	d.from, d.to = v.onForm(d.From.Form), v.onForm(d.To.Form)
	return v.show("difference", sheet{Title: v.text().text("difference.title", from, to, all.Year), Crumbs: v.versionCrumbs(), Form: f, D: d})
}

// onForm is a survey with the form on which it was answered.
func (v *visit) onForm(form events.FormID) *survey {
	s := &survey{lang: surveying.Language(v.Lang)}
	s.form, _ = v.Forms.Named(form)
	return s
}
