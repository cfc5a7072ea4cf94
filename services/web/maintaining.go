package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/surveying"
)

func (s *site) maintainingPages() {
	s.page("GET /operations/models/{log}/{name}", access.ReadProjections, (*visit).readModel)
	s.page("POST /operations/models/{log}/{name}", access.RebuildFigures, (*visit).maintain)
}

// standsBeside is tables that are not in use.
type standsBeside struct {
	Projection   string              `json:"projection"`
	Municipality events.Municipality `json:"municipality"`
	Generation   int                 `json:"generation"`
	Position     events.Position     `json:"position"`
	Built        time.Time           `json:"built_at"`
	Left         *time.Time          `json:"left_at"` // nil: they never were in use, because they differ
	Differs      []string            `json:"differs"`
}

// maintained is what somebody did to a read model.
type maintained struct {
	Recorded    events.Position    `json:"recorded"`
	At          time.Time          `json:"at"`
	Name        string             `json:"name"`
	Reason      string             `json:"reason"`
	Gone        surveying.Gone     `json:"reason_gone"`
	ReadModel   string             `json:"read_model"`
	Act         events.Maintenance `json:"act"`
	Generation  int                `json:"generation"`
	Position    events.Position    `json:"position"`
	Differences int                `json:"differences"`
}

// maintaining is a read model of a log, and what can be done to it.
type maintaining struct {
	Log         events.Municipality
	InUse       readModel
	Head        logHead
	Beside      *standsBeside
	Acts        []choice
	Act         string // what is about to be done
	Rebuilding  []rebuilding
	Done        []maintained
	Older       string
	Unavailable bool // what was done before is not known here
}

// maintaining asks how a read model stands.
func (v *visit) maintaining() (d maintaining, err error) {
	d.Log = events.Municipality(v.At("log"))
	var answer struct {
		Projections []readModel    `json:"projections"`
		Beside      []standsBeside `json:"beside"`
		Rebuilding  []rebuilding   `json:"rebuilding"`
	}
	if err := v.get(&answer, "projections"); err != nil {
		return d, err
	}
	i := slices.IndexFunc(answer.Projections, func(m readModel) bool { return m.Projection == v.At("name") && m.Municipality == d.Log })
	if i < 0 {
		return d, errNothingHere
	}
	d.InUse, d.Rebuilding = answer.Projections[i], answer.Rebuilding
	for _, b := range answer.Beside {
		if b.Projection == v.At("name") && b.Municipality == d.Log {
			d.Beside = &b
		}
	}
	of, err := v.heads(d.Log)
	if err != nil {
		return d, err
	}
	d.Head = of[d.Log]
	l := v.text()
	d.Acts = []choice{{"rebuild", l.text("maintain.rebuild"), l.text("maintain.rebuild_hint")}}
	switch {
	case d.Beside == nil:
	case d.Beside.Left != nil:
		d.Acts = append(d.Acts, choice{"rollback", l.text("maintain.back", d.Beside.Generation), l.text("maintain.back_hint")})
	default:
		d.Acts = append(d.Acts,
			choice{"rollback", l.text("maintain.take", d.Beside.Generation), l.text("maintain.take_hint")},
			choice{"discard", l.text("maintain.discard", d.Beside.Generation), l.text("maintain.discard_hint")})
	}
	return d, nil
}

func (v *visit) readModel() error {
	d, err := v.maintaining()
	if err != nil {
		return err
	}
	return v.showReadModel(v.newForm("what", "rebuild"), d)
}

func (v *visit) showReadModel(f *form, d maintaining) error {
	var past struct {
		Done  []maintained    `json:"done"`
		Older events.Position `json:"older"`
	}
	err := v.get(&past, "projections/maintenance", "log", string(d.Log), "before", v.Query("before"))
	switch {
	case isProblem(err, http.StatusServiceUnavailable):
		d.Unavailable = true
	case isProblem(err, http.StatusUnprocessableEntity):
		return errNothingHere
	case err != nil:
		return err
	}
	if d.Done = past.Done; past.Older > 0 {
		d.Older = (&url.URL{Path: v.Path(), RawQuery: "before=" + strconv.FormatUint(past.Older, 10), Fragment: "done"}).String()
	}
	return v.show("read_model", sheet{Title: v.modelTitle(d), Crumbs: v.toOperations(), Form: f, D: d, Wide: true})
}

func (v *visit) modelTitle(d maintaining) string {
	return v.text().text("maintain.title", d.InUse.Projection, v.text().place(d.Log))
}

func (v *visit) toOperations() []crumb {
	return []crumb{{"/operations", v.text().text("operations.title")}}
}

// maintain says what will happen, and then does it.
func (v *visit) maintain() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	d, err := v.maintaining()
	if err != nil {
		return err
	}
	if f.Get("step") == "change" {
		return v.showReadModel(f, d)
	}
	if !slices.ContainsFunc(d.Acts, func(c choice) bool { return c.Value == f.Get("what") }) {
		f.wrong("what", "problem.not_a_choice")
	}
	if f.need("reason"); len(f.Errors) > 0 {
		return v.showReadModel(f, d)
	}
	if d.Act = f.Get("what"); f.Get("step") != "do" || v.Turned {
		return v.show("read_model_check", sheet{Title: v.text().text("maintain.check_" + d.Act), Crumbs: append(v.toOperations(), crumb{v.Path(), v.modelTitle(d)}), Form: f, Underway: true, D: d})
	}
	v.unhurried()
	path := "projections/" + d.InUse.Projection + "/" + d.Act
	body := map[string]any{"municipality": d.Log, "reason": f.Get("reason")}
	if meant, err := strconv.Atoi(f.Get("generation")); err == nil && d.Act != "rebuild" {
		body["generation"] = meant
	}
	_, err = v.send(f, http.MethodPost, path, body)
	if err == nil {
		return v.to(v.Path(), 0, "operations_"+d.Act)
	}
	if err := f.refused(err, nil); err != nil {
		return err
	}
	if d, err = v.maintaining(); err != nil { // a rebuild that differs stands beside now
		return err
	}
	return v.showReadModel(f, d)
}
