package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
)

const (
	logPage   = 50
	logLooked = 1000 // positions that a filter looks through at a time
)

func (s *site) logPages() {
	s.page("GET /municipalities/{code}/log", access.ReadLog, (*visit).log)
	s.page("GET /municipalities/{code}/log/{position}", access.ReadLog, (*visit).logEntry)
	s.page("POST /municipalities/{code}/log/{position}", access.ReadLog, (*visit).logEntry)
}

// eventReasons are why the content of an event that tells of a child may be shown, in the words of the read log.
var eventReasons = []string{"event_review", "event_fault", "event_request"}

// recordedFrom is the first position of a day in Sweden, or the one after the last.
func (v *visit) recordedFrom(day events.Day, head events.Position) (events.Position, error) {
	t := day.Time()
	begins := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, v.sweden)
	var err error
	n := sort.Search(int(head), func(i int) bool {
		var list []entry
		if err == nil {
			list, _, err = v.readLog(events.Position(i)+1, 1)
		}
		return err != nil || len(list) > 0 && !list[0].Time.Before(begins)
	})
	return events.Position(n) + 1, err
}

// recordedUntil is the last position of the day that the form names as the last; the log's last, where it names none.
func (v *visit) recordedUntil(f *form, head events.Position) (events.Position, error) {
	var last events.Day
	switch err := last.UnmarshalText([]byte(f.Get("until"))); {
	case f.Get("until") == "":
		return head, nil
	case err != nil:
		f.wrong("until", "form.day")
		return head, nil
	}
	next, err := v.recordedFrom(last+1, head)
	return next - 1, err
}

// neighbours are the positions before and after one that are about the same thing; 0: none is near.
func (v *visit) neighbours(at events.Position, source string) (before, after events.Position, err error) {
	from := max(at, logLooked/2+1) - logLooked/2
	list, _, err := v.readLog(from, logLooked)
	for _, e := range list {
		switch {
		case e.Source != source:
		case e.Position < at:
			before = e.Position
		case e.Position > at && after == 0:
			after = e.Position
		}
	}
	return before, after, err
}

// entry is an event as the log has it.
type entry struct {
	Position events.Position `json:"position"`
	ID       string          `json:"id"`
	Source   string          `json:"source"`
	Type     string          `json:"type"`
	Time     time.Time       `json:"time"`
	Actor    string          `json:"actor"`
	Children *int            `json:"children"` // how many it names
	Data     json.RawMessage `json:"data"`
}

// OfChild reports whether it tells of single children, or may: its content is not shown unasked.
func (e entry) OfChild() bool { return e.Children == nil || *e.Children > 0 }

// Pretty is what the event says, one line a field.
func (e entry) Pretty() string {
	var out bytes.Buffer
	if json.Indent(&out, e.Data, "", "  ") != nil {
		return string(e.Data)
	}
	return out.String()
}

// logSheet is a part of the log.
type logSheet struct {
	Events   []entry
	Types    []choice
	Head     events.Position
	From     events.Position
	Older    string // the page before; "": none
	Newer    string
	Filtered bool
	Looked   events.Position // up to where a filter has looked
}

func (v *visit) readLog(from events.Position, limit int) (list []entry, head events.Position, err error) {
	var answer struct {
		Events   []entry         `json:"events"`
		Position events.Position `json:"position"`
	}
	err = v.get(&answer, v.in("log/events"), "from", strconv.FormatUint(from, 10), "limit", strconv.Itoa(limit), "masked", "true")
	return answer.Events, answer.Position, err
}

// logHead is how far the log has come: no log comes to where it is read from.
func (v *visit) logHead() (events.Position, error) {
	_, head, err := v.readLog(1<<62, 1)
	return head, err
}

// log shows the latest of the log, or what is asked for in the page's address.
func (v *visit) log() error {
	f := v.newForm("type", v.Query("type"), "actor", v.Query("actor"), "about", v.Query("about"), "from", v.Query("from"), "day", v.Query("day"), "until", v.Query("until"))
	head, err := v.logHead()
	if err != nil {
		return err
	}
	d := logSheet{Head: head, Filtered: f.Get("type")+f.Get("actor")+f.Get("about") != ""}
	size := logPage
	if d.Filtered {
		size = logLooked
	}
	end, err := v.recordedUntil(f, head)
	if err != nil {
		return err
	}
	d.From = max(end, events.Position(size)) - events.Position(size) + 1
	if from := f.whole("from"); from > 0 {
		d.From = events.Position(from)
	}
	var day events.Day
	switch err := day.UnmarshalText([]byte(f.Get("day"))); {
	case f.Get("day") == "":
	case err != nil:
		f.wrong("day", "form.day")
	case f.Get("from") == "":
		if d.From, err = v.recordedFrom(day, head); err != nil {
			return err
		}
	}
	var all []entry
	if d.Looked = min(end, d.From+events.Position(size)-1); d.Looked >= d.From {
		if all, _, err = v.readLog(d.From, int(d.Looked-d.From+1)); err != nil {
			return err
		}
	}
	d.Types = []choice{{Label: v.text().text("log.any")}}
	names := events.Kinds.Names()
	if chosen := f.Get("type"); chosen != "" && !slices.Contains(names, chosen) { // a link may name its version as well
		names = append(names, chosen)
	}
	for _, name := range names {
		d.Types = append(d.Types, choice{Value: name, Label: name})
	}
	for _, e := range all {
		if matches(e, f) {
			d.Events = append(d.Events, e)
		}
	}
	slices.Reverse(d.Events)
	if d.From > 1 {
		d.Older = v.logFrom(max(d.From, events.Position(size)+1) - events.Position(size))
	}
	if d.Looked < end {
		d.Newer = v.logFrom(d.Looked + 1)
	}
	return v.show("log", sheet{Title: v.text().text("log.title"), Form: f, D: d, Wide: true})
}

func matches(e entry, f *form) bool {
	return strings.HasPrefix(e.Type, f.Get("type")) && strings.HasPrefix(e.Actor, f.Get("actor")) && strings.Contains(e.Source, f.Get("about"))
}

func (v *visit) logFrom(from events.Position) string {
	query := v.r.URL.Query()
	query.Set("from", strconv.FormatUint(from, 10))
	return (&url.URL{Path: v.Path(), RawQuery: query.Encode()}).String()
}

// appliedBy is a read model, and whether it has taken in what a position holds.
type appliedBy struct {
	Name    string
	At      events.Position
	Applied bool
}

// appliedBy lists the read models of the municipality.
func (v *visit) appliedBy(at events.Position) (list []appliedBy, err error) {
	state, err := v.running()
	for _, p := range state.Projections {
		if p.Municipality == v.Place {
			list = append(list, appliedBy{p.Projection, p.Position, p.Position >= at})
		}
	}
	return list, err
}

// logEntry is what one position of the log holds. What it tells of a child is shown for a reason, which the read log keeps.
func (v *visit) logEntry() error {
	at, err := strconv.ParseUint(v.At("position"), 10, 64)
	if err != nil || at == 0 {
		return errNothingHere
	}
	list, head, err := v.readLog(at, 1)
	if err != nil {
		return err
	}
	if at > head {
		return errNothingHere
	}
	var before, after events.Position
	if len(list) > 0 {
		if before, after, err = v.neighbours(at, list[0].Source); err != nil {
			return err
		}
	}
	models, err := v.appliedBy(at)
	if err != nil {
		return err
	}
	f, opened := v.newForm(), false
	if v.r.Method == http.MethodPost {
		if f, err = v.form(); err != nil {
			return err
		}
		var answer struct{ Events []entry }
		if f.need("why"); len(f.Errors) == 0 && (!v.Turned || f.Get("opened") != "") { // shown in the other language it is read again, and that is noted too
			err = v.get(&answer, v.in("log/events/"+v.At("position")), "why", f.Get("why"))
			if err == nil {
				list, opened = answer.Events, true
				f.Set("opened", "yes")
			} else if err := f.refused(err, nil); err != nil {
				return err
			}
		}
	}
	l := v.text()
	var whys []choice
	for _, why := range eventReasons {
		whys = append(whys, choice{Value: why, Label: l.text("log.why_" + why)})
	}
	return v.show("log_entry", sheet{Title: l.text("log.entry", at), Form: f, Once: opened, Crumbs: []crumb{{v.Home("log"), l.text("log.title")}}, Wide: true, D: map[string]any{
		"Events": list, "Position": at, "Before": at - 1, "After": at + 1, "Last": at == head, "SameBefore": before, "SameAfter": after,
		"Models": models, "Opened": opened, "Masked": !opened && slices.ContainsFunc(list, entry.OfChild), "Whys": whys,
	}})
}
