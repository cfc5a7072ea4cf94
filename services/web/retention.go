package web

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
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
	Decided  *rowMark `json:"decided"` // nil: nobody ever decided
	Listed   toErase  `json:"listed"`
	Foreseen *struct {
		Years int `json:"years"`
		toErase
	} `json:"foreseen"` // nil: nobody asked
	Withheld bool         `json:"withheld"` // what is kept is damaged
	After    *events.ID   `json:"after"`    // nil: there are no more
	Children []unrecorded `json:"children"`
}

// unrecorded is a child of whom nothing was recorded for so long that it is to be erased.
type unrecorded struct {
	Child  events.ID  `json:"child"`
	Last   time.Time  `json:"last_recorded"`
	Erased *time.Time `json:"erased"` // at the earliest; nil: thirty days after it is listed
}

// listPart is a part of the list of those who are to be erased.
type listPart struct {
	Rows        []unrecorded
	Of          int    // of how many
	More, Start string // the addresses of the next part and of the first; "": there is none, or it is here
}

// toErase is how many records of children are to be erased because nothing was recorded of them, and from when.
type toErase struct {
	Children int        `json:"children"`
	From     *time.Time `json:"from"` // nil: nobody is listed yet
	To       *time.Time `json:"to"`
}

// toBeErased is how many children are announced to be erased; nil where nobody is, or where the API cannot tell, whatever the reason:
// no page waits for that, and the API's log says why.
func (v *visit) toBeErased() (*toErase, error) {
	var listed toErase
	err := v.get(&listed, v.in("retention/listed"))
	if p := (*problem)(nil); errors.As(err, &p) && p.Status >= http.StatusInternalServerError {
		return nil, nil
	}
	if err != nil || listed.Children == 0 || listed.From == nil || listed.To == nil {
		return nil, err
	}
	return &listed, nil
}

// showRetention shows what is decided, and what would be by the years that the address asks for; a nil form is filled in with them.
func (v *visit) showRetention(f *form) error {
	var now retained
	years, after := v.Query("years"), v.Query("after")
	err := v.see(&now, v.in("retention"), "years", years, "after", after, "limit", strconv.Itoa(onAPage))
	switch {
	case isProblem(err, http.StatusUnprocessableEntity) && after != "": // the list is another one by now
		return v.lead(v.retentionFrom(years, ""))
	case isProblem(err, http.StatusUnprocessableEntity):
		return errNothingHere
	case err != nil:
		return err
	}
	if f == nil {
		f = v.newForm("years", cmp.Or(years, strconv.Itoa(now.Years)))
	}
	list := listPart{Rows: now.Children, Of: now.Listed.Children}
	if now.Foreseen != nil {
		list.Of = now.Foreseen.Children
	}
	if now.After != nil {
		list.More = v.retentionFrom(years, now.After.String())
	}
	if after != "" {
		list.Start = v.retentionFrom(years, "")
	}
	l := v.text()
	periods := []choice{{Value: "0", Label: l.text("retention.none")}}
	for n := 1; n <= casework.LongestRetention; n++ {
		periods = append(periods, choice{Value: strconv.Itoa(n), Label: l.text("retention.years_count", n)})
	}
	return v.show("retention", sheet{
		Title: l.text("retention.title"), Crumbs: []crumb{{v.Home("erasures"), l.text("erasures.title")}}, Form: f,
		D: map[string]any{"Now": now, "Years": periods, "Listed": list},
	})
}

// retentionFrom is the address of a list by so many years, after a child.
func (v *visit) retentionFrom(years, after string) string {
	return (&url.URL{Path: v.Home("retention"), RawQuery: pairs([]string{"years", years, "after", after}).Encode()}).String()
}

func (v *visit) decideRetention() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	f.need("years")
	years := f.whole("years")
	if len(f.Errors) > 0 {
		return v.showRetention(f)
	}
	if f.Has("see") {
		return v.lead(v.retentionFrom(strconv.Itoa(years), ""))
	}
	body := map[string]any{"years": years}
	r, err := v.send(f, http.MethodPut, v.in("retention"), body)
	if err == nil {
		return v.to(v.Home("retention"), r.Position, "retention")
	}
	if err := f.refused(err, nil); err != nil {
		return err
	}
	return v.showRetention(f)
}
