package simulate

import (
	"strconv"

	"rackvidd/events"
)

var headings = []string{
	"record_id", "type", "session", "occurred_on", "child", "programme", "form", "channel", "outcome", "reason",
	"birth_year", "gender", "role", "home_municipality", "count", "target",
}

// record is one row, before it has an id.
type record struct {
	kind, session string
	day           events.Day
	who           *person // nobody: cancelled, or counted
	programme     string
	form          events.Form
	channel       events.Channel
	outcome       events.Outcome
	reason        events.EndReason
	count         int
}

// person is an invented child or parent.
type person struct {
	id        string
	born      int    // 0: not known
	gender    string // "": not known
	home      events.Municipality
	adult     bool
	elsewhere bool // came for another reason than substance abuse
}

func (r record) row(id string) []string {
	row := []string{
		id, r.kind, r.session, r.day.String(), "", r.programme, string(r.form), string(r.channel), string(r.outcome), string(r.reason),
		"", "", "", "", "", "",
	}
	if r.count > 0 {
		row[14] = strconv.Itoa(r.count)
	}
	if p := r.who; p != nil {
		row[4], row[11], row[13] = p.id, p.gender, string(p.home)
		if p.born > 0 {
			row[10] = strconv.Itoa(p.born)
		}
		if p.adult {
			row[12] = "adult"
		}
		if p.elsewhere {
			row[15] = "other"
		}
	}
	return row
}
