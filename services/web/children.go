package web

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/casework"
)

func (s *site) childPages() {
	s.page("GET /municipalities/{code}/children/{child}", access.ReadCase, func(v *visit) error { return v.showChild(v.newForm()) })
	s.page("POST /municipalities/{code}/children/{child}/label", access.LabelChildren, (*visit).labelChild)
	s.page("POST /municipalities/{code}/children/{child}/end", access.WriteEnrolments, (*visit).endEnrolment)
	s.page("POST /municipalities/{code}/children/{child}/close", access.WriteReferrals, (*visit).closeReferral)
	s.page("POST /municipalities/{code}/children/{child}/withdraw", access.WriteEnrolments, (*visit).withdrawRecord)
}

// history is one child's, as the API tells it.
type history struct {
	child
	Position   events.Position `json:"position"`
	BirthYear  events.Year     `json:"birth_year"` // 0: not known
	Erased     *time.Time      `json:"erased"`     // nil: it is not listed for that
	MergedInto *events.ID      `json:"merged_into"`
	Absorbed   []struct {
		Child events.ID `json:"child"`
		Merge string    `json:"merge"`
	} `json:"absorbed"`
	Referrals []struct {
		ID         string             `json:"id"`
		Channel    events.Channel     `json:"channel"`
		ReceivedOn events.Day         `json:"received_on"`
		Programme  events.ProgrammeID `json:"programme"`
		Form       events.Form        `json:"form"`
		Closing    string             `json:"closing"`
		Outcome    events.Outcome     `json:"outcome"`
		ClosedOn   events.Day         `json:"closed_on"`
		Recorded   *rowMark           `json:"recorded"`
		Closed     *rowMark           `json:"closing_recorded"`
	} `json:"referrals"`
	Merges     []merged    `json:"merges"`
	Groups     []groupOf   `json:"groups"` // that the child is in
	Enrolments []enrolment `json:"enrolments"`
	Sessions   []attended  `json:"sessions"`
	Struck     []struct {
		casework.Struck
		Name string `json:"struck_name"`
	} `json:"struck"`
	StruckRows []struck `json:"struck_rows"`
}

// groupOf is a group that the child is in.
type groupOf struct {
	Group     events.ID          `json:"group"`
	Name      string             `json:"name"`
	Programme events.ProgrammeID `json:"programme"`
	Form      events.Form        `json:"form"`
}

// struck is what a register said of the child and no longer says.
type struck struct {
	casework.StruckRow
	Name      string `json:"struck_name"`
	Elsewhere bool   `json:"elsewhere"`
}

// merged is that the child was found to be another one.
type merged struct {
	ID       string    `json:"id"`
	Child    events.ID `json:"child"`
	Kept     bool      `json:"kept"` // the other one counts as this child
	Recorded *rowMark  `json:"recorded"`
	Undone   *rowMark  `json:"undone"`
}

type enrolment struct {
	ID         string             `json:"id"`
	Programme  events.ProgrammeID `json:"programme"`
	Form       events.Form        `json:"form"`
	EnrolledOn events.Day         `json:"enrolled_on"`
	Target     events.Target      `json:"target"` // "": substance abuse
	End        string             `json:"end"`
	Reason     events.EndReason   `json:"reason"`
	EndedOn    events.Day         `json:"ended_on"`
	Recorded   *rowMark           `json:"recorded"`
	Ended      *rowMark           `json:"end_recorded"`
}

// happening is a line of the timeline.
type happening struct {
	Day       events.Day
	Kind      string // referral, closed, enrolled, ended, attendance, merged, or what was struck
	ID        string
	Text      string
	Programme string             // its name
	In        events.ProgrammeID // of a session
	Form      events.Form
	Struck    bool
	Elsewhere bool      // its session is one of another's programme now, and has no page for this reader
	Recorded  *rowMark  // by whom and when; of a line that is struck, by whom it was struck
	Why       string    // what is struck no longer holds; "": nobody said
	Open      bool      // a referral or a place that can be ended
	Other     events.ID // of a merge: the other child
	Undone    *rowMark  // by whom and when a merge was taken back

	Rows     []happening // of registers of a year in one place, the latest first; ID is the session's
	Attended int         // how many of the sessions the child was at
	Of       int         // and how many there are of which it is known
}

// Changed is how many of the rows no longer hold.
func (h happening) Changed() int { return len(h.Rows) - h.Of }

// attended is a session and what its register says of the child.
type attended struct {
	sessionInfo
	casework.Row
	Recorded *rowMark `json:"recorded"`
}

// of is the part of a timeline that a line belongs to: what one can choose to see alone.
func (h happening) of() string {
	switch {
	case h.Kind == "merged":
		return "merges"
	case h.Struck:
		return "struck"
	case h.Kind == "referral" || h.Kind == "closed":
		return "referrals"
	case h.Kind == "attendance":
		return "sessions"
	}
	return "places"
}

// narrowed are the lines that belong to the parts to see alone; all where none is chosen. Of attendance there may be what is struck alone.
func narrowed(lines []happening, parts []string) (list []happening) {
	for _, h := range lines {
		switch {
		case len(parts) == 0 || slices.Contains(parts, h.of()):
		case h.Changed() > 0 && slices.Contains(parts, "struck"):
			h.Rows = slices.DeleteFunc(slices.Clone(h.Rows), func(row happening) bool { return !row.Struck })
			h.Attended, h.Of = 0, 0
		default:
			continue
		}
		list = append(list, h)
	}
	return list
}

// life is a child's page.
type life struct {
	history
	Years    []lifeYear
	Parts    []choice // of the timeline, to see alone
	Now      []enrolment
	Outcomes []choice
	Ends     []choice
	Reasons  []choice
	Names    map[events.ProgrammeID]string
	Today    events.Day
}

type lifeYear struct {
	Year  events.Year
	Lines []happening
}

// Lingering names the groups in which the child has no place: their registers ask for a child that may have left.
func (one life) Lingering() string {
	var names []string
	for _, g := range one.Groups {
		if !slices.ContainsFunc(one.Now, func(e enrolment) bool { return e.Programme == g.Programme && e.Form == g.Form }) {
			names = append(names, g.Name)
		}
	}
	return strings.Join(names, ", ")
}

// known is a child's history as far as the visitor may see it; nothing of one who is in others' programmes alone.
func (v *visit) known(id events.ID) (h history, err error) {
	err = v.see(&h, v.in("cases/"+id.String()))
	if isProblem(err, http.StatusNotFound) {
		return history{child: child{Child: id}}, nil
	}
	return h, err
}

func (v *visit) showChild(f *form) error {
	var one life
	if err := v.see(&one.history, v.in("cases/"+v.At("child"))); err != nil {
		return err
	}
	all, err := v.programmes()
	if err != nil {
		return err
	}
	l := v.text()
	one.Names, one.Today = named(all), v.today()
	lines := one.timeline(l)
	if len(lines) > 0 {
		for _, part := range []string{"referrals", "places", "sessions", "merges", "struck"} {
			one.Parts = append(one.Parts, choice{Value: part, Label: l.text("child.part_" + part)})
		}
	}
	f.Values["show"] = v.r.URL.Query()["show"]
	one.Years = byYear(narrowed(lines, f.Values["show"]))
	one.Now = standing(one.Enrolments)
	one.Outcomes, one.Ends, one.Reasons = toChoose(l, choices[events.Outcome](l)), toChoose(l, choices[events.EndReason](l)), toChoose(l, choices[events.Reason](l))
	if !f.Has("label") {
		f.Set("label", one.Label)
	}
	listed := l.unnamed(one.Child)
	return v.show("child", sheet{Title: cmp.Or(one.Label, listed), Listed: listed, Crumbs: []crumb{{v.Home(""), l.text("day.title")}}, Form: f, D: one})
}

// toChoose puts before a list that nothing is chosen yet: a button pressed at once says nothing that nobody meant.
func toChoose(l *language, list []choice) []choice {
	return append([]choice{{Label: l.text("form.choose_one")}}, list...)
}

// unnamed is a child without its label: what may stand where browsers keep it.
func (l *language) unnamed(child events.ID) string {
	return l.text("child.unnamed") + " " + child.String()[:4]
}

// saying is what a line of a timeline is about, in words.
func (l *language) saying(programme string, form events.Form, text string) string {
	list := []string{programme, "", text}
	if form != "" {
		list[1] = l.word(form)
	}
	return strings.Join(slices.DeleteFunc(list, func(part string) bool { return part == "" }), ", ")
}

// standing are the places that have not ended.
func standing(all []enrolment) (list []enrolment) {
	for _, e := range all {
		if e.EndedOn == 0 {
			list = append(list, e)
		}
	}
	return list
}

// holds reports whether the child has a place in a programme and form; for that reason, where one is given.
func (h history) holds(programme events.ProgrammeID, form events.Form, why events.Target) bool {
	return slices.ContainsFunc(standing(h.Enrolments), func(e enrolment) bool {
		return e.Programme == programme && e.Form == form && (why == "" || why == cmp.Or(e.Target, events.SubstanceAbuse))
	})
}

// timeline is what happened, the latest first, in one day too. The sessions of a year in one place are one line, where the latest of them is.
func (one *life) timeline(l *language) (lines []happening) {
	for _, s := range one.Struck {
		struck := happening{Day: s.Day, Kind: s.Kind, Programme: one.Names[s.Programme], Form: s.Form, Struck: true, Why: l.word(s.Reason), Recorded: &rowMark{s.By, s.Name, s.At}}
		if s.Channel != "" {
			struck.Text = l.word(s.Channel)
		}
		lines = append(lines, struck)
	}
	for _, r := range one.Referrals {
		lines = append(lines, happening{Day: r.ReceivedOn, Kind: "referral", ID: r.ID, Text: l.word(r.Channel), Programme: one.Names[r.Programme], Form: r.Form, Open: r.ClosedOn == 0, Recorded: r.Recorded})
		if r.ClosedOn != 0 {
			lines = append(lines, happening{Day: r.ClosedOn, Kind: "closed", ID: r.Closing, Text: l.word(r.Outcome), Programme: one.Names[r.Programme], Form: r.Form, Recorded: r.Closed})
		}
	}
	for _, e := range one.Enrolments {
		lines = append(lines, happening{Day: e.EnrolledOn, Kind: "enrolled", ID: e.ID, Programme: one.Names[e.Programme], Form: e.Form, Open: e.EndedOn == 0, Recorded: e.Recorded})
		if e.EndedOn != 0 {
			lines = append(lines, happening{Day: e.EndedOn, Kind: "ended", ID: e.End, Text: l.word(e.Reason), Programme: one.Names[e.Programme], Form: e.Form, Recorded: e.Ended})
		}
	}
	for _, m := range one.Merges {
		text := "child.counts_as"
		if m.Kept {
			text = "child.counts_as_this"
		}
		line := happening{Kind: "merged", Text: l.text(text, m.Child.String()[:4]), Struck: m.Undone != nil, Recorded: m.Recorded, Undone: m.Undone, Other: m.Child, ID: m.ID}
		if m.Recorded != nil {
			line.Day = events.DayOf(m.Recorded.At.In(events.Sweden))
		}
		lines = append(lines, line)
	}
	lines = append(lines, one.attendance(l)...)
	slices.Reverse(lines) // what no longer holds stands after what holds, and what was recorded last first
	slices.SortStableFunc(lines, func(a, b happening) int {
		return cmp.Or(cmp.Compare(b.Day, a.Day), cmp.Compare(stages[b.Kind], stages[a.Kind]))
	})
	return lines
}

// stages are the kinds of lines in the order in which they come in one day.
var stages = map[string]int{
	"referral": 1, "closed": 2, "closing": 2, "enrolled": 3, "enrolment": 3, "attendance": 4, "ended": 5, "end": 5, "merged": 6,
}

// attendance is a line for each year in each place.
func (one *life) attendance(l *language) (lines []happening) {
	type place struct {
		year      events.Year
		programme events.ProgrammeID
		form      events.Form
	}
	at := make(map[place]int)
	for _, row := range one.rows(l) {
		key := place{row.Day.Year(), row.In, row.Form}
		i, ok := at[key]
		if !ok {
			i = len(lines)
			at[key] = i
			lines = append(lines, happening{Day: row.Day, Kind: "attendance", Programme: row.Programme, Form: row.Form})
		}
		line := &lines[i]
		if line.Rows = append(line.Rows, row); !row.Struck {
			line.Of++
			line.Attended += row.Attended
		}
	}
	return lines
}

// rows are what registers say of the child, the latest session first, and of each what stands before what stood.
func (one *life) rows(l *language) (list []happening) {
	for _, s := range one.Sessions {
		row := happening{Day: s.HeldOn, Kind: "session", ID: s.ID.String(), Programme: one.Names[s.Programme], In: s.Programme, Form: s.Form, Text: l.row(s.Row), Recorded: s.Recorded}
		if s.State == casework.RowAttended {
			row.Attended = 1
		}
		list = append(list, row)
	}
	for _, s := range slices.Backward(one.StruckRows) {
		list = append(list, happening{
			Day: s.Day, Kind: "session", ID: s.Session.String(), Programme: one.Names[s.Programme], In: s.Programme, Form: s.Form, Text: l.row(s.Was),
			Struck: true, Why: l.struck(s.StruckRow), Elsewhere: s.Elsewhere, Recorded: &rowMark{s.By, s.Name, s.At},
		})
	}
	slices.SortStableFunc(list, func(a, b happening) int { return cmp.Compare(b.Day, a.Day) })
	return list
}

// row is what a register says of a child, in words.
func (l *language) row(r casework.Row) string {
	text := l.word("row_" + string(r.State))
	if r.Target == events.OtherTarget {
		text += ", " + l.text("register.other")
	}
	if r.Home != "" {
		text += ", " + l.text("register.from", placeName(r.Home))
	}
	return text
}

// struck says why a row no longer holds.
func (l *language) struck(row casework.StruckRow) string {
	if row.How == casework.MarkedOtherwise {
		return l.text("child.struck_marked", l.row(row.Became))
	}
	text := l.text("child.struck_" + string(row.How))
	if row.Reason != "" {
		text += ", " + l.word(row.Reason)
	}
	return text
}

func byYear(lines []happening) (years []lifeYear) {
	for _, line := range lines {
		if n := len(years); n == 0 || years[n-1].Year != line.Day.Year() {
			years = append(years, lifeYear{Year: line.Day.Year()})
		}
		years[len(years)-1].Lines = append(years[len(years)-1].Lines, line)
	}
	return years
}

func (v *visit) labelChild() error {
	return v.writeChild("PUT", func(f *form) (string, string, any) {
		done := "label"
		if f.Get("label") == "" {
			done = "unlabelled"
		}
		return done, "children/" + v.At("child") + "/label", map[string]any{"label": f.Get("label")}
	})
}

func (v *visit) endEnrolment() error {
	return v.writeChild("POST", func(f *form) (string, string, any) {
		f.need("reason", "ended_on")
		return "ended", "enrolments/" + f.Get("record") + "/end", map[string]any{"reason": f.Get("reason"), "ended_on": f.Get("ended_on")}
	})
}

func (v *visit) closeReferral() error {
	return v.writeChild("POST", func(f *form) (string, string, any) {
		f.need("outcome", "ended_on")
		return "closed", "referrals/" + f.Get("record") + "/close", map[string]any{"outcome": f.Get("outcome"), "closed_on": f.Get("ended_on")}
	})
}

// withdrawRecord takes a line of the timeline back: it stays, struck through.
func (v *visit) withdrawRecord() error {
	return v.writeChild("POST", func(f *form) (string, string, any) {
		f.need("why")
		what := "enrolments/"
		if kind := f.Get("kind"); kind == "referral" || kind == "closed" {
			what = "referrals/"
		}
		return "withdrawn", what + f.Get("record") + "/withdraw", map[string]any{"reason": f.Get("why")}
	})
}

// writeChild carries out one form of a child's page.
func (v *visit) writeChild(method string, say func(*form) (done, path string, body any)) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	done, path, body := say(f)
	if len(f.Errors) > 0 {
		return v.showChild(f)
	}
	r, err := v.send(f, method, v.in(path), body)
	if err == nil {
		return v.to(v.Home("children", v.At("child")), r.Position, done)
	}
	if err := f.refused(err, map[string]string{"body.closed_on": "ended_on"}); err != nil {
		return err
	}
	return v.showChild(f)
}
