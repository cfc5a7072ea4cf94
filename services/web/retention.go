package web

import (
	"net/http"
	"strconv"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/casework"
)

func (s *site) retentionPages() {
	s.page("GET /municipalities/{code}/retention", access.EraseChildren, func(v *visit) error { return v.showRetention(nil) })
	s.page("POST /municipalities/{code}/retention", access.EraseChildren, (*visit).decideRetention)
}

// retained is for how long it is kept who a child is, and who is to be erased.
type retained struct {
	Years    int      `json:"years"`
	Decided  *rowMark `json:"decided"`  // nil: nobody ever decided
	Withheld bool     `json:"withheld"` // what is kept is damaged
	Children []struct {
		Child  events.ID  `json:"child"`
		Last   time.Time  `json:"last_recorded"`
		Erased *time.Time `json:"erased"` // at the earliest; nil: thirty days after it is listed
	} `json:"children"`
}

// showRetention shows what is decided; a nil form is filled in with it.
func (v *visit) showRetention(f *form) error {
	var now retained
	if err := v.see(&now, v.in("retention")); err != nil {
		return err
	}
	if f == nil {
		f = v.newForm("years", strconv.Itoa(now.Years))
	}
	l := v.text()
	years := []choice{{Value: "0", Label: l.text("retention.none")}}
	for n := 1; n <= casework.LongestRetention; n++ {
		years = append(years, choice{Value: strconv.Itoa(n), Label: l.text("retention.years_count", n)})
	}
	return v.show("retention", sheet{
		Title: l.text("retention.title"), Crumbs: []crumb{{v.Home("erasures"), l.text("erasures.title")}}, Form: f,
		D: map[string]any{"Now": now, "Years": years, "Listed": partOf(v, now.Children, "page")},
	})
}

func (v *visit) decideRetention() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	f.need("years")
	body := map[string]any{"years": f.whole("years")}
	if len(f.Errors) > 0 {
		return v.showRetention(f)
	}
	r, err := v.send(f, http.MethodPut, v.in("retention"), body)
	if err == nil {
		return v.to(v.Home("retention"), r.Position, "retention")
	}
	if err := f.refused(err, nil); err != nil {
		return err
	}
	return v.showRetention(f)
}
