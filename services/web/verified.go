package web

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/integrity"
)

func (s *site) verifiedPage() {
	s.page("GET /operations/verifications", access.ReadProjections, (*visit).verifications)
	s.page("GET /municipalities/{code}/verifications", access.ReadLog, (*visit).audited)
}

// ended is a verification that came to its end, on the line of all that did: which ended last it says, whatever a clock said.
type ended struct {
	Line         int64               `json:"line"`
	Municipality events.Municipality `json:"municipality"`
	Account      *events.ID          `json:"account"` // nil: the scrub
	Name         string              `json:"name"`
	Ended        time.Time           `json:"ended_at"`
	Year         events.Year         `json:"year"`
	Position     events.Position     `json:"position"`
	Findings     int                 `json:"findings"`
	Unchecked    int                 `json:"unchecked"`
}

// logVerified is when a log was verified last: because somebody asked, and by the scrub.
type logVerified struct {
	Municipality events.Municipality `json:"municipality"`
	Asked        *ended              `json:"asked"`
	Scrubbed     *ended              `json:"scrubbed"`
	Overdue      bool                `json:"overdue"`
}

// Last is the later of the two; nil: there was none.
func (l logVerified) Last() *ended {
	return later(l.Asked, l.Scrubbed)
}

// verifiedLogs is when all logs were verified.
type verifiedLogs struct {
	Of            map[events.Municipality]logVerified
	All, InTime   int
	Never         int
	Last          *ended // of all, what somebody asked for
	LastScrub     *ended
	OldestOverdue *ended
}

// lastVerified asks when each log was verified; where that is not known there are none.
func (v *visit) lastVerified() (d verifiedLogs, err error) {
	var answer struct {
		Logs []logVerified `json:"logs"`
	}
	if err = v.get(&answer, "verifications/latest"); isProblem(err, http.StatusServiceUnavailable) {
		return d, nil
	}
	d.Of, d.All = make(map[events.Municipality]logVerified), len(answer.Logs)
	for _, one := range answer.Logs {
		d.Of[one.Municipality] = one
		d.Last, d.LastScrub = later(d.Last, one.Asked), later(d.LastScrub, one.Scrubbed)
		switch last := one.Last(); {
		case !one.Overdue:
			d.InTime++
		case last == nil:
			d.Never++
		case d.OldestOverdue == nil || last.Ended.Before(d.OldestOverdue.Ended):
			d.OldestOverdue = last
		}
	}
	return d, err
}

// later is whichever ended last; nil: neither did.
func later(a, b *ended) *ended {
	if a == nil || b != nil && b.Line > a.Line {
		return b
	}
	return a
}

// Overdue is how many were verified too long ago.
func (d verifiedLogs) Overdue() int { return d.All - d.InTime - d.Never }

// pastVerifications is a part of what was verified.
type pastVerifications struct {
	Rows  []ended
	Logs  []choice
	Older string
}

// verifications lists what was verified, the latest first: of one log, or of all.
func (v *visit) verifications() error {
	l := v.text()
	d := pastVerifications{Logs: []choice{{Label: l.text("log.any")}, {Value: string(events.National), Label: l.place(events.National)}}}
	for _, one := range events.Municipalities() {
		d.Logs = append(d.Logs, choice{Value: string(one.Code), Label: one.Name})
	}
	f := v.newForm("log", v.Query("log"))
	var answer struct {
		Verifications []ended `json:"verifications"`
		Older         int64   `json:"older"`
	}
	if err := v.get(&answer, "verifications", "log", f.Get("log"), "before", v.Query("before")); err != nil {
		if err := f.refused(err, nil); err != nil {
			return err
		}
	}
	if d.Rows = answer.Verifications; answer.Older > 0 {
		query := pairs([]string{"log", f.Get("log"), "before", strconv.FormatInt(answer.Older, 10)})
		d.Older = v.Path() + "?" + query.Encode()
	}
	return v.show("verifications", sheet{Title: l.text("verified.title"), Crumbs: []crumb{{"/operations", l.text("operations.title")}}, Form: f, D: d, Wide: true})
}

// repaired is a repair as it was recorded.
type repaired struct {
	Number   int                 `json:"number"` // 0: an earlier version of the program recorded it
	By       string              `json:"by"`
	At       time.Time           `json:"at"`
	Position events.Position     `json:"position"`
	Root     string              `json:"root"`
	State    string              `json:"state"`
	Restored []string            `json:"restored"`
	Lost     string              `json:"lost"`
	Gone     []int               `json:"gone"`
	Findings []integrity.Finding `json:"findings"`
}

// audited is what is known of a municipality's copies.
type audited struct {
	pastVerifications
	Standing []damagedCopy // what was found and is not known to be whole again
	Repairs  []repaired    // the latest first
	Records  []integrity.Finding
	Apart    bool // the log's copies are elsewhere
}

// audited tells an auditor what was verified and repaired of a municipality, and what is damaged.
func (v *visit) audited() error {
	d, err := v.copies(v.in("audit"))
	if err != nil {
		return err
	}
	l := v.text()
	return v.show("audited", sheet{Title: l.text("audited.title"), Crumbs: []crumb{{v.Home("replay"), l.text("replay.title")}}, D: d, Wide: true})
}

// copies is what is known of a log's copies, by what the API tells of it below a path.
func (v *visit) copies(path string) (d audited, err error) {
	var past struct {
		Verifications []ended `json:"verifications"`
		Older         int64   `json:"older"`
	}
	var standing struct {
		Findings []integrity.Finding `json:"findings"`
	}
	var repairs struct {
		Repairs  []repaired          `json:"repairs"`
		Findings []integrity.Finding `json:"findings"`
	}
	err = v.get(&past, path+"/verifications/past", "before", v.Query("before"))
	if err == nil {
		err = v.get(&standing, path+"/findings")
	}
	if err == nil {
		err = v.get(&repairs, path+"/repairs")
	}
	switch {
	case isProblem(err, http.StatusServiceUnavailable):
		d.Apart = true
	case isProblem(err, http.StatusUnprocessableEntity):
		return d, errNothingHere
	case err != nil:
		return d, err
	}
	if d.Rows = past.Verifications; past.Older > 0 {
		d.Older = v.Path() + "?before=" + strconv.FormatInt(past.Older, 10)
	}
	d.Standing, d.Repairs, d.Records = byCopy(standing.Findings), repairs.Repairs, repairs.Findings
	slices.Reverse(d.Repairs)
	return d, nil
}
