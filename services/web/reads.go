package web

import (
	"net/url"
	"strconv"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
)

func (s *site) readPages() {
	s.page("GET /municipalities/{code}/reads", access.ReadReads, (*visit).reads)
}

// readLine says that somebody read about one child, or, without one, in the read log, in a part of the log, or by a file.
type readLine struct {
	At      time.Time  `json:"at"`
	Child   *events.ID `json:"child"`
	Account events.ID  `json:"account"`
	Name    string     `json:"name"`
	Why     string     `json:"why"`
	OfChild string     // the page with all reads of the child
	By      string     // the page with all that the account read
}

// readSheet is a part of the read log.
type readSheet struct {
	Reads []readLine
	Whys  []choice
	Older string
}

// reads shows the latest of the read log, or what is asked for in the page's address.
func (v *visit) reads() error {
	l := v.text()
	d := readSheet{Whys: []choice{{Label: l.text("reads.any")}}}
	for _, why := range append([]string{"case", "alone", "rows", "entered", "looked_up", "disclosed", "protected", "unprotected", "read_log", "raw_events", "tried_import"}, eventReasons...) {
		d.Whys = append(d.Whys, choice{Value: why, Label: l.text("reads.why_" + why)})
	}
	f := v.newForm()
	var query []string
	for _, name := range []string{"child", "account", "why", "from", "to", "before"} {
		f.Set(name, v.Query(name))
		query = append(query, name, v.Query(name))
	}
	var answer struct {
		Reads []readLine `json:"reads"`
		Older int64      `json:"older"`
	}
	if err := v.get(&answer, v.in("reads"), query...); err != nil {
		if err := f.refused(err, nil); err != nil {
			return err
		}
	}
	for _, r := range answer.Reads {
		if r.Child != nil {
			r.OfChild = v.readsWith("child", r.Child.String())
		}
		r.By = v.readsWith("account", r.Account.String())
		d.Reads = append(d.Reads, r)
	}
	if answer.Older > 0 {
		d.Older = v.readsWith("before", strconv.FormatInt(answer.Older, 10))
	}
	return v.show("reads", sheet{Title: l.text("reads.title"), Form: f, D: d, Wide: true})
}

// readsWith is the page's address with one filter more, from the beginning.
func (v *visit) readsWith(name, value string) string {
	query := v.r.URL.Query()
	query.Del("before")
	query.Set(name, value)
	return (&url.URL{Path: v.Path(), RawQuery: query.Encode()}).String()
}
