package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
)

func (s *site) operationsPages() {
	s.page("GET /operations", access.ReadProjections, (*visit).showOperations)
	s.stream("GET /operations/progress", access.ReadProjections, (*visit).progressOfRebuilds)
}

// running is how the system is.
type running struct {
	Status string `json:"status"`
	Parts  map[string]struct {
		Status string `json:"status"`
		Why    string `json:"why"` // of lists
	} `json:"parts"`
	Projections []readModel     `json:"projections"`
	Archives    []archived      `json:"archives"`
	Guests      []untold        `json:"guests"`
	Lists       []unkept        `json:"lists"`
	Backup      *backupTaken    `json:"backup"` // the last; nil: none is on record
	Rebuilding  []rebuilding    `json:"-"`
	Differ      []standsBeside  `json:"-"` // what rebuilds kept beside
	Models      lags[readModel] `json:"-"` // what is shown of Projections
	Kept        lags[archived]  `json:"-"` // and of Archives
	Stopped     []readModel     `json:"-"` // the first of those that have
	MoreStopped int             `json:"-"`
	MoreUntold  int             `json:"-"` // of Guests
	MoreUnkept  int             `json:"-"` // of Lists
	Damaged     []archived      `json:"-"` // the first of the logs of which something is
	MoreDamaged int             `json:"-"`
	States      []choice        `json:"-"`
	Verified    verifiedLogs    `json:"-"`
	Heads       logHeads        `json:"-"` // of the logs that are shown
}

// backupTaken is a backup that is kept somewhere, from its first byte to its last.
type backupTaken struct {
	At    time.Time `json:"taken_at"`
	Bytes int64     `json:"bytes"`
}

// LongAgo reports whether a backup is older than those are taken anew: every day, or every week at least.
func (v *visit) LongAgo(b backupTaken) bool { return v.Clock().Sub(b.At) > 8*24*time.Hour }

// Ahead reports whether the clock that dated a backup went ahead: how old it is nobody knows.
func (v *visit) Ahead(b backupTaken) bool { return b.At.Sub(v.Clock()) > time.Hour }

// Size is how large a backup is, in whole megabytes, or in kilobytes where it has none.
func (v *visit) Size(b backupTaken) string {
	if megabytes := b.Bytes / 1_000_000; megabytes > 0 {
		return v.text().text("operations.megabytes", int(megabytes))
	}
	return v.text().text("operations.kilobytes", int(b.Bytes/1_000)+1)
}

// logHead is how far a log has come.
type logHead struct {
	Municipality events.Municipality `json:"municipality"`
	Position     events.Position     `json:"position"`
	RecordedAt   *time.Time          `json:"recorded_at"`
}

// logHeads are those of some logs.
type logHeads map[events.Municipality]logHead

// heads asks how far logs have come; where that is not known there are none.
func (v *visit) heads(logs ...events.Municipality) (logHeads, error) {
	if len(logs) == 0 {
		return nil, nil
	}
	var answer struct {
		Logs []logHead `json:"logs"`
	}
	slices.Sort(logs)
	query := url.Values{}
	for _, log := range slices.Compact(logs) {
		query.Add("log", string(log))
	}
	err := v.ask(call{method: http.MethodGet, path: "logs", query: query}, &answer)
	if isProblem(err, http.StatusServiceUnavailable) {
		return nil, nil
	}
	of := make(logHeads, len(answer.Logs))
	for _, one := range answer.Logs {
		of[one.Municipality] = one
	}
	return of, err
}

// Waiting says in words what a log holds that something has not taken in.
func (v *visit) Waiting(l lag) string {
	if l.BehindEvents == 0 {
		return v.text().text("operations.nothing_waits")
	}
	return v.text().text("operations.waits", l.BehindEvents) + " " + v.text().text("operations.for_seconds", int(l.BehindSeconds+0.5))
}

// shown are the logs of which something is shown.
func (d *running) shown() (logs []events.Municipality) {
	for _, m := range d.Models.Rows {
		logs = append(logs, m.Municipality)
	}
	for _, a := range d.Kept.Rows {
		logs = append(logs, a.Municipality)
	}
	return logs
}

// untold is a log whose guests cannot be told of to their homes.
type untold struct {
	Municipality events.Municipality `json:"municipality"`
	Position     events.Position     `json:"position"`
	Since        time.Time           `json:"since"`
	Why          string              `json:"why"`
}

// unkept is a list of children to be erased that was not kept up.
type unkept struct {
	Municipality events.Municipality `json:"municipality"`
	Made         time.Time           `json:"made"`    // zero: never
	Decided      time.Time           `json:"decided"` // zero: it was made
}

// look chooses what is shown.
func (d *running) look(v *visit, f *form) {
	f.Set("state", v.Query("state"))
	f.Set("log", v.Query("log"))
	d.States = []choice{{Label: v.text().text("log.any")}}
	for _, state := range states {
		d.States = append(d.States, choice{Value: state, Label: v.text().text("operations." + state)})
	}
	d.Models, d.Kept = lagsOf(v, d.Projections, "page"), lagsOf(v, d.Archives, "archives")
	for _, m := range d.Projections {
		switch {
		case m.StoppedAt == 0:
		case len(d.Stopped) < mostReasons:
			d.Stopped = append(d.Stopped, m)
		default:
			d.MoreStopped++
		}
	}
	d.MoreUntold = max(0, len(d.Guests)-mostReasons)
	d.Guests = d.Guests[:len(d.Guests)-d.MoreUntold]
	d.MoreUnkept = max(0, len(d.Lists)-mostReasons)
	d.Lists = d.Lists[:len(d.Lists)-d.MoreUnkept]
	for _, a := range d.Archives {
		switch {
		case a.Found == nil:
		case len(d.Damaged) < mostReasons:
			d.Damaged = append(d.Damaged, a)
		default:
			d.MoreDamaged++
		}
	}
}

// rebuilding is how far a read model is that is being made anew.
type rebuilding struct {
	Projection   string              `json:"projection"`
	Municipality events.Municipality `json:"municipality"`
	pace
}

// pace is how far something has come that reads a log, and how fast.
type pace struct {
	Position    events.Position `json:"position"`
	Until       events.Position `json:"until"`
	PerSecond   float64         `json:"per_second"`
	SecondsLeft *float64        `json:"seconds_left"`
}

// step is that as a page shows it, and as it is told while it goes on.
type step struct {
	Name    string          `json:"name"`
	Text    string          `json:"text"`
	Value   events.Position `json:"value"`
	Of      events.Position `json:"of"`
	Percent int             `json:"percent"`
}

// Step says how far a rebuild has come, in words.
func (v *visit) Step(r rebuilding) step {
	return v.step(r.Projection+", "+v.text().place(r.Municipality), r.pace)
}

func (v *visit) step(name string, r pace) step {
	l := v.text()
	s := step{Name: name, Value: min(r.Position, r.Until), Of: max(r.Until, 1)}
	s.Percent = int(100 * s.Value / s.Of)
	s.Text = l.text("operations.progress", s.Value, s.Of, s.Percent, int(r.PerSecond))
	if r.SecondsLeft != nil {
		s.Text += " " + l.text("operations.left", int(*r.SecondsLeft+0.5))
	}
	return s
}

// rebuilds are those that go on, and what earlier ones left beside.
func (v *visit) rebuilds() ([]rebuilding, []standsBeside, error) {
	var answer struct {
		Rebuilding []rebuilding   `json:"rebuilding"`
		Beside     []standsBeside `json:"beside"`
	}
	err := v.get(&answer, "projections", "only", "rebuilding")
	return answer.Rebuilding, answer.Beside, err
}

func (v *visit) progressOfRebuilds() (telling, error) {
	return v.progress(func() (steps []step, err error) {
		list, _, err := v.rebuilds()
		for _, r := range list {
			steps = append(steps, v.Step(r))
		}
		return steps, err
	})
}

// progress tells how far something has come whenever it has come further, and, by no row, that nothing is left: also at first, for
// what a page shows may have ended before the page listens.
func (v *visit) progress(now func() ([]step, error)) (telling, error) {
	if v.r.URL.RawQuery != "" {
		return nil, errUnreadable
	}
	before := ""
	return func() string {
		steps, err := now()
		if err != nil {
			return ""
		}
		text, _ := json.Marshal(append([]step{}, steps...))
		if string(text) == before {
			return ""
		}
		before = string(text)
		return before
	}, nil
}

// running asks how the system is.
func (v *visit) running() (d running, err error) {
	a := &answer{header: http.Header{}}
	r, err := http.NewRequestWithContext(v.r.Context(), http.MethodGet, "/readyz", nil)
	if err != nil {
		return d, err
	}
	v.API.ServeHTTP(a, r)
	return d, json.Unmarshal(a.body.Bytes(), &d)
}

func (v *visit) showOperations() error {
	d, err := v.running()
	if err != nil {
		return err
	}
	var beside []standsBeside
	if d.Rebuilding, beside, err = v.rebuilds(); err != nil {
		return err
	}
	d.Differ = slices.DeleteFunc(beside, func(b standsBeside) bool { return b.Left != nil })
	if d.Verified, err = v.lastVerified(); err != nil {
		return err
	}
	f := v.newForm()
	d.look(v, f)
	if d.Heads, err = v.heads(d.shown()...); err != nil {
		return err
	}
	return v.show("operations", sheet{Title: v.text().text("operations.title"), Form: f, D: d, Wide: true})
}

// unhurried lifts the deadline of an answer that takes as long as it takes.
func (v *visit) unhurried() {
	_ = http.NewResponseController(v.w).SetWriteDeadline(time.Time{}) // where a connection has none there is nothing to lift
}
