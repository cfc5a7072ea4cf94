package web

import (
	"strconv"

	nationwide "rackvidd/projections/survey"
	"rackvidd/services/access"
)

func (s *site) reportPages() {
	s.page("GET /report", access.ReadReport, (*visit).report)
}

// nationalReport is a year's, as it may be seen here or as it may be published.
type nationalReport struct {
	nationwide.Report
	Choices []choice
}

func (v *visit) report() error {
	this := int(v.today().Year())
	f := v.newForm("year", v.Query("year"), "public", v.Query("public"))
	if f.Get("year") == "" {
		f.Set("year", strconv.Itoa(this-1))
	}
	d := nationalReport{}
	if err := v.see(&d.Report, "report/"+f.Get("year"), "public", f.Get("public")); err != nil {
		return err
	}
	for year := this; year >= int(nationwide.FirstYear); year-- {
		d.Choices = append(d.Choices, choice{Value: strconv.Itoa(year), Label: strconv.Itoa(year)})
	}
	return v.show("report", sheet{Title: v.text().text("report.heading", f.Get("year")), Form: f, D: d, Wide: true})
}
