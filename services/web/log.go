package web

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
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
	logRows   = 100  // events that a page of matches shows
)

// logStream is how a stream is written, alone or as the end of an event's source.
var logStream = regexp.MustCompile(`^[a-z]+/[A-Za-z0-9_=-]+$`)

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
	begins := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, events.Sweden)
	var err error
	n := sort.Search(int(head), func(i int) bool {
		var p logPart
		if err == nil {
			p, err = v.readLog(1, "from", position(events.Position(i)+1))
		}
		return err != nil || len(p.Events) > 0 && !p.Events[0].Time.Before(begins)
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

// neighbours are the positions before and after one that are about the same thing; 0: there is none.
func (v *visit) neighbours(at events.Position, source string) (before, after events.Position, err error) {
	stream := v.streamOf(source)
	if stream == "" {
		return 0, 0, nil
	}
	earlier, err := v.readLog(1, "stream", stream, "before", position(at))
	if err != nil {
		return 0, 0, err
	}
	later, err := v.readLog(1, "stream", stream, "from", position(at+1))
	if len(earlier.Events) > 0 {
		before = earlier.Events[0].Position
	}
	if len(later.Events) > 0 {
		after = later.Events[0].Position
	}
	return before, after, err
}

// streamOf is the stream that a text names: its name, or the source of its events; "": none of this log.
func (v *visit) streamOf(text string) string {
	if name := strings.TrimPrefix(text, "/"+string(v.Place)+"/"); logStream.MatchString(name) {
		return name
	}
	return ""
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
	Events      []entry // the latest first
	Types       []choice
	Head        events.Position
	From, Until events.Position // what was looked through
	Older       string          // the page before; "": none
	Newer       string
	Filtered    bool
}

// logPart is a part of the log as the API answers it.
type logPart struct {
	Events   []entry         `json:"events"`
	Position events.Position `json:"position"`
	Earlier  events.Position `json:"earlier"` // before it there is more; 0: no more
	Next     events.Position `json:"next"`    // from it on there is more
}

func (v *visit) readLog(limit int, which ...string) (p logPart, err error) {
	err = v.get(&p, v.in("log/events"), append(which, "limit", strconv.Itoa(limit), "masked", "true")...)
	return p, err
}

func position(n events.Position) string { return strconv.FormatUint(n, 10) }

// logHead is how far the log has come: no log comes to where it is read from.
func (v *visit) logHead() (events.Position, error) {
	p, err := v.readLog(1, "from", position(1<<62))
	return p.Position, err
}

// log shows the latest of the log, or what is asked for in the page's address.
func (v *visit) log() error {
	f := v.newForm("type", v.Query("type"), "actor", v.Query("actor"), "about", v.Query("about"), "from", v.Query("from"), "day", v.Query("day"), "until", v.Query("until"))
	head, err := v.logHead()
	if err != nil {
		return err
	}
	d := logSheet{Head: head, Filtered: f.Get("type")+f.Get("actor")+f.Get("about") != "", Types: v.logTypes(f.Get("type"))}
	end, err := v.recordedUntil(f, head)
	if err != nil {
		return err
	}
	from := events.Position(f.whole("from"))
	before, _ := strconv.ParseUint(v.Query("before"), 10, 64)
	var day events.Day
	switch err := day.UnmarshalText([]byte(f.Get("day"))); {
	case f.Get("day") == "":
	case err != nil:
		f.wrong("day", "form.day")
	case from == 0 && before == 0:
		if from, err = v.recordedFrom(day, head); err != nil {
			return err
		}
	}
	if from > 0 {
		err = v.lookOn(f, &d, from, end)
	} else {
		if before == 0 || before > end {
			before = end + 1
		}
		err = v.lookBack(f, &d, before, end)
	}
	if err != nil {
		return err
	}
	return v.show("log", sheet{Title: v.text().text("log.title"), Form: f, D: d, Wide: true})
}

func (v *visit) logTypes(chosen string) []choice {
	list := []choice{{Label: v.text().text("log.any")}}
	names := events.Kinds.Names()
	if chosen != "" && !slices.Contains(names, chosen) { // a link may name its version as well
		names = append(names, chosen)
	}
	for _, name := range names {
		list = append(list, choice{Value: name, Label: name})
	}
	return list
}

// part reads what a form asks for: of one thing, where it names one, and otherwise of the log, to be looked through.
func (v *visit) part(f *form, filtered bool, which ...string) (p logPart, err error) {
	if stream := v.streamOf(f.Get("about")); stream != "" {
		p, err = v.readLog(logLooked, append([]string{"stream", stream}, which...)...)
		if err != nil || len(p.Events) > 0 || p.Earlier > 0 || p.Next > 0 {
			return p, err
		}
	}
	if filtered {
		return v.readLog(logLooked, which...)
	}
	return v.readLog(logPage, which...)
}

// lookBack looks through the log from before a position towards its beginning.
func (v *visit) lookBack(f *form, d *logSheet, before, end events.Position) error {
	p, err := v.part(f, d.Filtered, "before", position(before))
	d.Events = matching(p.Events, f)
	slices.Reverse(d.Events)
	d.From, d.Until = max(p.Earlier, 1), before-1
	if n := fitting(d.Events); n < len(d.Events) {
		d.Events = d.Events[:n]
		p.Earlier = d.Events[n-1].Position
		d.From = p.Earlier
	}
	v.around(d, p, end)
	return err
}

// lookOn looks through the log from a position on.
func (v *visit) lookOn(f *form, d *logSheet, from, end events.Position) error {
	p, err := v.part(f, d.Filtered, "from", position(from))
	list := matching(p.Events, f)
	n, _ := slices.BinarySearchFunc(list, end+1, func(e entry, at events.Position) int { return cmp.Compare(e.Position, at) })
	d.Events = list[:n]
	d.From, d.Until = from, end
	if p.Next > 0 {
		d.Until = min(end, p.Next-1)
	}
	if n := fitting(d.Events); n < len(d.Events) {
		d.Events = d.Events[:n]
		d.Until = d.Events[n-1].Position
		p.Next = d.Until + 1
	}
	slices.Reverse(d.Events)
	v.around(d, p, end)
	return err
}

// around leads to what comes before and after a part.
func (v *visit) around(d *logSheet, p logPart, end events.Position) {
	if p.Earlier > 0 {
		d.Older = v.logAt("before", p.Earlier)
	}
	if p.Next > 0 && p.Next <= end {
		d.Newer = v.logAt("from", p.Next)
	}
}

// fitting is how many events from the first on fit a page. A message is not divided, and one fits whatever it holds.
func fitting(list []entry) int {
	if len(list) <= logRows {
		return len(list)
	}
	n := logRows
	for n > 0 && list[n].Position == list[n-1].Position {
		n--
	}
	for n == 0 || n < len(list) && list[n].Position == list[0].Position {
		n++
	}
	return n
}

func matching(list []entry, f *form) (found []entry) {
	for _, e := range list {
		if matches(e, f) {
			found = append(found, e)
		}
	}
	return found
}

func matches(e entry, f *form) bool {
	return strings.HasPrefix(e.Type, f.Get("type")) && strings.HasPrefix(e.Actor, f.Get("actor")) && strings.Contains(e.Source, f.Get("about"))
}

// logAt is the page's address, with another place in the log.
func (v *visit) logAt(which string, at events.Position) string {
	query := v.r.URL.Query()
	query.Del("from")
	query.Del("before")
	query.Set(which, position(at))
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
	here, err := v.readLog(1, "from", position(at))
	if err != nil {
		return err
	}
	if at > here.Position {
		return errNothingHere
	}
	list := here.Events
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
		"Events": list, "Position": at, "Before": at - 1, "After": at + 1, "Last": at == here.Position, "SameBefore": before, "SameAfter": after,
		"Models": models, "Opened": opened, "Masked": !opened && slices.ContainsFunc(list, entry.OfChild), "Whys": whys,
	}})
}
