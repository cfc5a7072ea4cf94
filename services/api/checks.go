package api

import (
	"context"
	"fmt"
	"net/http"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/services/access"
	"rackvidd/services/casework"
	"rackvidd/services/export"
	"rackvidd/services/surveying"
)

// BehindCheck names a check of a survey.
type BehindCheck struct {
	OfYear
	AtLeast
	Rule string `path:"rule" pattern:"^S[0-9]{2}$"`
}

type readBehindCheck struct {
	BehindCheck
	Offset int `query:"offset" minimum:"0" maximum:"1000000"`
	Limit  int `query:"limit" minimum:"1" maximum:"500" default:"50"`
}

type exportBehindCheck struct {
	BehindCheck
	Format string `query:"format" default:"csv" enum:"csv,xlsx"`
}

// CheckedSession is a session that a check is about. It names no child.
type CheckedSession struct {
	Programme events.ProgrammeID `json:"programme"`
	Form      events.Form        `json:"form"`
	HeldOn    events.Day         `json:"held_on"`
	ID        *events.ID         `json:"id,omitempty" doc:"for whoever may read its register"`
	Group     events.Name        `json:"group,omitempty" doc:"what its group is called, for whoever may read the groups of the programme"`
}

// CheckedSessions are those that a check is about, the earliest first.
type CheckedSessions struct {
	Rule     string           `json:"rule"`
	Position events.Position  `json:"position" doc:"of the log, that the survey shows"`
	Total    int              `json:"total" doc:"at most 1000 are listed"`
	Sessions []CheckedSession `json:"sessions" nullable:"false" doc:"those that were asked for"`
}

func (s *server) checkRoutes() {
	add(s, route{id: "read-check", method: http.MethodGet, path: "surveys/{year}/checks/{rule}/sessions", permission: access.ReadRows, summary: "The sessions that a check of the survey is about"}, s.readBehindCheck)
	add(s, route{id: "read-check-entries", method: http.MethodGet, path: "surveys/{year}/checks/{rule}/entries", permission: access.ReadRows, summary: "The places or referrals that a check of the survey is about: rows that lead to nobody; the reads are logged"}, s.readCheckEntries)
	add(s, route{id: "export-check", method: http.MethodGet, path: "surveys/{year}/checks/{rule}/sessions/export", permission: access.ReadRows, summary: "The same as a file", operation: answersTable}, s.exportBehindCheck)
}

func (s *server) readBehindCheck(ctx context.Context, c caller, in *readBehindCheck) (*Answer[CheckedSessions], error) {
	asked := in.asked(c)
	asked.Least = in.MinPosition
	all, at, err := s.Surveys.Behind(ctx, asked, events.Rule(in.Rule))
	if err != nil {
		return nil, err
	}
	body := CheckedSessions{Rule: in.Rule, Position: at, Total: len(all)}
	body.Sessions, err = s.checkedSessions(ctx, c, all[min(in.Offset, len(all)):min(in.Offset+in.Limit, len(all))])
	return show(at, body), err
}

// checkedSessions reads what sessions are. Where the caller may, it is told which they are and what their groups are called.
func (s *server) checkedSessions(ctx context.Context, c caller, ids []events.ID) ([]CheckedSession, error) {
	list := []CheckedSession{}
	if len(ids) == 0 {
		return list, nil
	}
	read := func(names []events.Stream) (map[events.Stream]events.State, error) {
		states := make(map[events.Stream]events.State)
		recorded, err := s.Log.Streams(ctx, c.municipality, names...)
		for _, name := range names {
			state := casework.Fresh(name)
			events.Fold(state, recorded[name])
			states[name] = state
		}
		return states, err
	}
	var names, groups []events.Stream
	for _, id := range ids {
		names = append(names, events.SessionOf(id))
	}
	sessions, err := read(names)
	if err != nil {
		return nil, err
	}
	of := make([]events.Stream, len(ids))
	for i, id := range ids {
		session := sessions[names[i]].(*casework.Session)
		one := CheckedSession{Programme: session.Programme, Form: session.Form, HeldOn: session.HeldOn}
		if c.May(access.ReadSessions, c.municipality, workedIn(session)) {
			one.ID = &id
		}
		if !session.Group.IsZero() && c.May(access.ReadGroups, c.municipality, session.Programme) {
			of[i] = events.GroupOf(session.Group)
			groups = append(groups, of[i])
		}
		list = append(list, one)
	}
	if len(groups) == 0 {
		return list, nil
	}
	states, err := read(groups)
	for i := range list {
		if group, known := states[of[i]].(*casework.Group); known {
			list[i].Group = group.Name
		}
	}
	return list, err
}

func (s *server) exportBehindCheck(ctx context.Context, c caller, in *exportBehindCheck) (*File, error) {
	asked := in.asked(c)
	asked.Least = in.MinPosition
	all, at, err := s.Surveys.Behind(ctx, asked, events.Rule(in.Rule))
	if err != nil {
		return nil, err
	}
	sessions, err := s.checkedSessions(ctx, c, all)
	if err != nil {
		return nil, err
	}
	names, err := s.programmeNames(ctx, c)
	if err != nil {
		return nil, err
	}
	recorded, err := s.recordedAt(ctx, c.municipality, at)
	if err != nil {
		return nil, err
	}
	if recorded.IsZero() {
		recorded = events.Date(int(in.Year), 1, 1).Time()
	}
	say := func(sv, en string) string { return surveying.Text{SV: sv, EN: en}.In(in.Lang) }
	t := export.Table{Caption: say("Träffar som kontrollen gäller", "Sessions that the check is about"), Columns: []export.Column{
		{Heading: say("Dag", "Day"), Kind: export.Days}, {Heading: say("Verksamhet", "Programme")}, {Heading: say("Stödform", "Form")}, {Heading: say("Grupp", "Group")},
	}}
	for _, one := range sessions {
		t.Rows = append(t.Rows, []export.Cell{export.Day(one.HeldOn), export.Text(names.of(string(one.Programme))), export.Text(surveying.Word(string(one.Form), in.Lang)), export.Text(string(one.Group))})
	}
	d := export.Document{
		Title: say("Underlag till kontroll", "What is behind a check"), Subtitle: in.Rule, Language: string(in.Lang), Created: recorded,
		About: []export.Fact{
			{Label: say("Kommun", "Municipality"), Value: string(c.municipality)},
			{Label: say("År", "Year"), Value: fmt.Sprint(in.Year)},
			{Label: say("Händelse i loggen", "Position of the log"), Value: fmt.Sprint(at)},
		},
		Sections: []export.Section{{Heading: t.Caption, Blocks: []export.Block{t}}},
	}
	return file(d, in.Format, fmt.Sprintf("check-%s-%d-%s", c.municipality, in.Year, in.Rule))
}

// CheckedEntry is a place or a referral that a check is about. It names nobody.
type CheckedEntry struct {
	Number    int                `json:"number" doc:"of the child, in this list alone"`
	Programme events.ProgrammeID `json:"programme,omitempty"`
	Form      events.Form        `json:"form,omitempty"`
	Channel   events.Channel     `json:"channel,omitempty" doc:"of a referral"`
	From      events.Day         `json:"from" doc:"the first day of a place, or the day on which a referral was received"`
	Child     *events.ID         `json:"child,omitempty" doc:"for whoever may read the child's history there"`
}

// CheckedEntries are those that a check is about.
type CheckedEntries struct {
	Rule     string          `json:"rule"`
	Position events.Position `json:"position" doc:"of the log, that the survey shows"`
	Total    int             `json:"total"`
	Entries  []CheckedEntry  `json:"entries" nullable:"false" doc:"those that were asked for"`
}

func (s *server) readCheckEntries(ctx context.Context, c caller, in *readBehindCheck) (*Answer[CheckedEntries], error) {
	asked := in.asked(c)
	asked.Least = in.MinPosition
	all, at, err := s.Surveys.Entries(ctx, asked, events.Rule(in.Rule))
	if err != nil {
		return nil, err
	}
	salt, err := s.Vault.Keyed(ctx, "entries", string(c.municipality), fmt.Sprint(in.Year), in.Rule, fmt.Sprint(at))
	if err != nil {
		return nil, err
	}
	var children []events.ID
	for _, e := range all {
		children = append(children, e.Child)
	}
	numbers := reach.Numbered(children, salt[:])
	body := CheckedEntries{Rule: in.Rule, Position: at, Total: len(all), Entries: []CheckedEntry{}}
	read := all[min(in.Offset, len(all)):min(in.Offset+in.Limit, len(all))]
	for _, e := range read {
		one := CheckedEntry{Number: numbers[e.Child], Programme: e.Programme, Form: e.Form, Channel: e.Channel, From: e.From}
		if !e.Erased && c.May(access.ReadCase, c.municipality, e.Programme) {
			one.Child = &e.Child
		}
		body.Entries = append(body.Entries, one)
	}
	return show(at, body), s.noteChildren(ctx, c, children[min(in.Offset, len(all)):min(in.Offset+in.Limit, len(all))])
}
