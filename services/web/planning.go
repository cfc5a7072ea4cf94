package web

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"rackvidd/events"
)

func (v *visit) planSeries() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	f.need("from", "count")
	count, every := f.whole("count"), max(f.whole("every_days"), 1)
	if len(f.Errors) > 0 {
		return v.showGroup(f)
	}
	skip := strings.Fields(strings.ReplaceAll(f.Get("skip"), ",", " "))
	taken, err := v.taken(f.Get("from"), count, every, skip)
	var r planned
	switch {
	case err == nil && len(taken) == count:
		f.wrong("from", "group.all_taken")
		return v.showGroup(f)
	case err == nil:
		body := map[string]any{"from": f.Get("from"), "count": count, "every_days": every, "skip": append(skip, taken...), "skip_holidays": f.Get("skip_holidays") != ""}
		path := v.in("groups/" + v.At("id") + "/series")
		err = v.ask(call{method: "POST", path: path, body: body, key: f.key(path)}, &r)
	}
	if err == nil {
		query := url.Values{"done": {"series"}, "at": {strconv.FormatUint(r.Position, 10)}}
		if len(taken) > 0 {
			query.Set("skipped", strconv.Itoa(len(taken)))
		}
		if len(r.Holidays) > 0 {
			query.Set("red", r.red())
		}
		return v.lead(v.Home("groups", v.At("id")) + "?" + query.Encode())
	}
	if err := f.refused(err, map[string]string{"body.days": "from", "query.from": "from"}); err != nil {
		return err
	}
	return v.showGroup(f)
}

// changePlanned cancels sessions that lie ahead, or takes back those that should never have been planned: the ones that are ticked, or
// all that the page showed.
func (v *visit) changePlanned() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	chosen := f.Values["session"]
	switch every := f.Get("every") != ""; {
	case every && len(chosen) > 0:
		f.wrong("every", "group.planned_both")
	case every:
		chosen = f.Values["shown"]
	case len(chosen) == 0:
		f.wrong("session", "form.choose")
	}
	if len(f.Errors) > 0 {
		return v.showGroup(f)
	}
	what, done, body := "cancel", "planned_cancelled", map[string]any{"sessions": chosen}
	if f.Get("do") == "withdraw" {
		what, done = "withdraw", "planned_withdrawn"
		body["reason"] = events.EnteredInError
	}
	path := v.in("groups/" + v.At("id") + "/sessions/" + what)
	var r receipt
	if err := v.ask(call{method: "POST", path: path, body: body, key: f.key(fmt.Sprint(path, chosen))}, &r); err != nil {
		if err := f.refused(err, map[string]string{"body.sessions": "session"}); err != nil {
			return err
		}
		if err := v.nameSession(f, chosen); err != nil {
			return err
		}
		return v.showGroup(f)
	}
	return v.to(v.Home("groups", v.At("id")), r.Position, done)
}

// nameSession says of a session that is in the way which it is: the API counts those that were sent, and the page shows days.
func (v *visit) nameSession(f *form, sent []string) error {
	begun := []string{f.lang.problem("register_begun", ""), f.lang.problem("register_not_empty", "")}
	for i, e := range f.Errors {
		if e.Item < 1 || e.Item > len(sent) {
			continue
		}
		if f.Errors[i].Item = 0; !slices.Contains(begun, e.Text) {
			continue
		}
		planned, err := v.sessions("group", v.At("id"), "limit", "400")
		if err != nil {
			return err
		}
		if n := slices.IndexFunc(planned, func(s sessionSummary) bool { return s.ID.String() == sent[e.Item-1] }); n >= 0 {
			f.Errors[i] = formError{Field: "session", Text: f.lang.text("group.planned_begun", f.lang.date(planned[n].HeldOn))}
		}
	}
	return nil
}

// Days are sessions to choose from, by their days.
func (p sheet) Days(sessions []sessionSummary) []choice {
	list := make([]choice, len(sessions))
	for i, s := range sessions {
		list[i] = choice{Value: s.ID.String(), Label: p.text().date(s.HeldOn)}
		if s.Cancelled {
			list[i].Hint = p.text().text("session.cancelled")
		}
	}
	return list
}

// planned is a series as it was planned.
type planned struct {
	receipt
	Holidays []events.Day `json:"holidays"` // on which it does not meet
}

// red are its holidays, with commas between.
func (p planned) red() string {
	list := make([]string, len(p.Holidays))
	for i, day := range p.Holidays {
		list[i] = day.String()
	}
	return strings.Join(list, ",")
}

// days are those of a list with commas between; what is no day is left out.
func days(list string) (all []events.Day) {
	for word := range strings.SplitSeq(list, ",") {
		var day events.Day
		if day.UnmarshalText([]byte(word)) == nil {
			all = append(all, day)
		}
	}
	return all
}

// taken are the days of a series, beside those to skip, on which the group has a session already.
func (v *visit) taken(from string, count, every int, skip []string) (days []string, err error) {
	there, err := v.sessions("group", v.At("id"), "from", from, "limit", "1000")
	if err != nil {
		return nil, err
	}
	var first events.Day
	if err := first.UnmarshalText([]byte(from)); err != nil {
		return nil, errUnreadable
	}
	inSeries := func(d events.Day) bool { return int(d-first)%every == 0 && int(d-first)/every < count }
	for _, s := range there {
		if day := s.HeldOn.String(); inSeries(s.HeldOn) && !slices.Contains(skip, day) && !slices.Contains(days, day) {
			days = append(days, day)
		}
	}
	return days, nil
}
