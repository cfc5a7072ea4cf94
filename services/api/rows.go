package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/reach"
	"rackvidd/services/access"
	"rackvidd/services/export"
	"rackvidd/services/surveying"
)

// RowsQuestion is what is to be seen behind a figure.
type RowsQuestion struct {
	ReachQuestion
	Figure string `query:"figure" default:"children" maxLength:"120" doc:"children, guests, form.CODE, overlap.CODE.CODE, programme.ID, first.CHANNEL, channel.CHANNEL, age.7-12, gender.CODE, or what checks count: without_referral, not_born, disputed"`
}

type readRows struct {
	RowsQuestion
	LeftOut bool   `query:"left_out" doc:"the rows that are not in the figure, and why"`
	Sort    string `query:"sort" default:"number" enum:"number,-number,form,-form,programme,-programme,sessions,-sessions,first,-first,last,-last,why,-why"`
	Offset  int    `query:"offset" minimum:"0" maximum:"1000000"`
	Limit   int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
}

type exportRows struct {
	RowsQuestion
	Lang   surveying.Language `query:"lang" default:"en" enum:"sv,en"`
	Format string             `query:"format" default:"csv" enum:"csv,xlsx"`
}

// FigureRow is one child in one form of one programme. It names nobody.
type FigureRow struct {
	Number    int                 `json:"number" doc:"of the child, in the answers about this position alone"`
	CountsAs  int                 `json:"counts_as,omitempty" doc:"of a record that was merged: the number of the child it counts as"`
	Form      events.Form         `json:"form"`
	Programme string              `json:"programme" doc:"another municipality's with its code before it"`
	Sessions  int                 `json:"sessions"`
	First     events.Day          `json:"first,omitzero"`
	Last      events.Day          `json:"last,omitzero"`
	Why       reach.LeftOutReason `json:"why,omitempty" doc:"why it is not in the figure"`
	Child     *events.ID          `json:"child,omitempty" doc:"for whoever may read the child's history there"`
}

// LeftOutCount is how many children were left out for a reason.
type LeftOutCount struct {
	Why      reach.LeftOutReason `json:"why"`
	Children int                 `json:"children"`
}

// FigureRows is what a figure is counted from.
type FigureRows struct {
	Figure      string          `json:"figure"`
	From        events.Day      `json:"from"`
	To          events.Day      `json:"to"`
	Definition  string          `json:"definition"`
	Position    events.Position `json:"position"`
	Children    int             `json:"children" doc:"the figure"`
	Attendances int             `json:"attendances"`
	Counted     int             `json:"counted" doc:"rows that are in the figure"`
	Others      int             `json:"others" doc:"rows that are not"`
	LeftOut     []LeftOutCount  `json:"left_out" nullable:"false" doc:"who is not in the figure, each child once for each reason"`
	Rows        []FigureRow     `json:"rows" nullable:"false" doc:"those that were asked for"`
}

func (s *server) rowRoutes() {
	add(s, route{id: "read-rows", method: http.MethodGet, path: "reach/rows", permission: access.ReadRows, summary: "What a figure is counted from: a row for each child, form and programme, which leads to nobody; the reads are logged"}, s.readRows)
	add(s, route{id: "export-rows", method: http.MethodGet, path: "reach/rows/export", permission: access.ReadRows, summary: "The same as a file", operation: answersTable}, s.exportRows)
}

// listingKey is whose figures were looked behind: at one position they are the same for ever, in the same tables.
type listingKey struct {
	m          events.Municipality
	generation int
	definition string
	period     reach.Period
	at         events.Position
}

// behind looks behind a figure.
func (s *server) behind(ctx context.Context, c caller, in *RowsQuestion) (b reach.Behind, err error) {
	p, d, err := s.meant(ctx, c.municipality, &in.ReachQuestion)
	if err != nil {
		return b, err
	}
	l, err := s.listing(ctx, question{m: c.municipality, definition: d, period: p, least: in.MinPosition, asOf: in.AsOf, at: in.At})
	if err != nil {
		return b, err
	}
	salt, err := s.Vault.Keyed(ctx, "rows", string(c.municipality), p.From.String(), p.To.String(), d.ID, fmt.Sprint(l.Position()))
	if err != nil {
		return b, err
	}
	b, err = l.Of(reach.FigureKey(in.Figure), salt[:])
	var unknown *reach.UnknownFigureError
	if errors.As(err, &unknown) {
		return b, invalid("unknown_figure", "query.figure", "is no figure; name one as "+base+"/openapi.json says")
	}
	return b, err
}

func (s *server) listing(ctx context.Context, q question) (l *reach.Listing, err error) {
	least, err := s.leastFor(ctx, q)
	if err != nil {
		return nil, err
	}
	recorded, err := projections.ViewRecorded(ctx, s.Log, s.Reading, reach.Projection{}.Name(), q.m, least, func(tx pgx.Tx, shown projections.Checkpoint) error {
		at, err := q.position(ctx, tx, shown.Position)
		if err != nil {
			return err
		}
		l, err = s.listings.Ask(listingKey{q.m, shown.Generation, q.definition.ID, q.period, at}, func() (*reach.Listing, error) {
			return s.Counts.LookBehind(ctx, tx, shown, q.definition, q.period, at)
		})
		return err
	})
	if !recorded {
		l = &reach.Listing{}
	}
	return l, err
}

func (s *server) readRows(ctx context.Context, c caller, in *readRows) (*Answer[FigureRows], error) {
	b, err := s.behind(ctx, c, &in.RowsQuestion)
	if err != nil {
		return nil, err
	}
	p, _ := in.period()
	answer := FigureRows{
		Figure: in.Figure, From: p.From, To: p.To, Definition: in.Definition, Position: b.Position, Children: b.Children, Attendances: b.Attendances,
		Counted: len(b.Rows), Others: len(b.LeftOut), LeftOut: leftOut(b), Rows: []FigureRow{},
	}
	list := b.Rows
	if in.LeftOut {
		list = b.LeftOut
	}
	sortRows(list, in.Sort)
	list = list[min(in.Offset, len(list)):min(in.Offset+in.Limit, len(list))]
	for _, r := range list {
		answer.Rows = append(answer.Rows, rowOf(c, r))
	}
	return show(b.Position, answer), s.noteRows(ctx, c, list)
}

// noteRows notes in the read log that rows of children were read.
func (s *server) noteRows(ctx context.Context, c caller, rows []reach.Row) error {
	var children []events.ID
	for _, r := range rows {
		children = append(children, r.Child)
	}
	return s.noteChildren(ctx, c, children)
}

func (s *server) noteChildren(ctx context.Context, c caller, children []events.ID) error {
	children = slices.Clone(children)
	slices.SortFunc(children, func(a, b events.ID) int { return strings.Compare(a.String(), b.String()) })
	return s.Vault.NoteReads(ctx, c.municipality, slices.Compact(children), c.Account, "rows")
}

// rowOf shows a row. Who may read a child's history in the programme is led there; nobody else is told whose row it is.
func rowOf(c caller, r reach.Row) FigureRow {
	row := FigureRow{Number: r.Number, CountsAs: r.As, Form: r.Form, Programme: r.Programme, Sessions: r.Sessions, First: r.First, Last: r.Last, Why: r.Why}
	if !r.Elsewhere && !r.Erased && c.May(access.ReadCase, c.municipality, events.ProgrammeID(r.Programme)) {
		row.Child = &r.Child
	}
	return row
}

func leftOut(b reach.Behind) []LeftOutCount {
	children := make(map[reach.LeftOutReason]map[events.ID]bool)
	for _, r := range b.LeftOut {
		if children[r.Why] == nil {
			children[r.Why] = make(map[events.ID]bool)
		}
		children[r.Why][r.Child] = true
	}
	list := []LeftOutCount{}
	for _, why := range reach.LeftOutReasons {
		if n := len(children[why]); n > 0 {
			list = append(list, LeftOutCount{why, n})
		}
	}
	return list
}

// sortRows puts rows in the order that is asked for; what is alike in the order of the children's numbers.
func sortRows(list []reach.Row, by string) {
	by, down := strings.CutPrefix(by, "-")
	slices.SortFunc(list, func(a, b reach.Row) int {
		order := 0
		switch by {
		case "form":
			order = cmp.Compare(a.Form, b.Form)
		case "programme":
			order = cmp.Compare(a.Programme, b.Programme)
		case "sessions":
			order = cmp.Compare(a.Sessions, b.Sessions)
		case "first":
			order = cmp.Compare(a.First, b.First)
		case "last":
			order = cmp.Compare(a.Last, b.Last)
		case "why":
			order = cmp.Compare(slices.Index(reach.LeftOutReasons, a.Why), slices.Index(reach.LeftOutReasons, b.Why))
		default:
			order = cmp.Compare(a.Number, b.Number)
		}
		if down {
			order = -order
		}
		return cmp.Or(order, cmp.Compare(a.Number, b.Number), cmp.Compare(a.Form, b.Form), cmp.Compare(a.Programme, b.Programme), cmp.Compare(a.Why, b.Why))
	})
}

func (s *server) exportRows(ctx context.Context, c caller, in *exportRows) (*File, error) {
	b, err := s.behind(ctx, c, &in.RowsQuestion)
	if err != nil {
		return nil, err
	}
	recorded, err := s.recordedAt(ctx, c.municipality, b.Position)
	if err != nil {
		return nil, err
	}
	if err := s.noteRows(ctx, c, slices.Concat(b.Rows, b.LeftOut)); err != nil {
		return nil, err
	}
	names, err := s.programmeNames(ctx, c)
	if err != nil {
		return nil, err
	}
	p, _ := in.period()
	if recorded.IsZero() {
		recorded = p.From.Time()
	}
	sortRows(b.Rows, "number")
	sortRows(b.LeftOut, "why")
	say := func(sv, en string) string { return surveying.Text{SV: sv, EN: en}.In(in.Lang) }
	d := export.Document{
		Title: say("Underlag", "What is behind the figure"), Subtitle: figureName(in.Figure, names, in.Lang), Language: string(in.Lang), Created: recorded,
		About: []export.Fact{
			{Label: say("Kommun", "Municipality"), Value: string(c.municipality)},
			{Label: say("Period", "Period"), Value: p.From.String() + "–" + p.To.String()},
			{Label: say("Definition", "Definition"), Value: in.Definition},
			{Label: say("Händelse i loggen", "Position of the log"), Value: fmt.Sprint(b.Position)},
			{Label: say("Olika barn", "Different children"), Value: fmt.Sprint(b.Children)},
			{Label: say("Deltaganden", "Attendances"), Value: fmt.Sprint(b.Attendances)},
		},
		Sections: []export.Section{
			{Heading: say("Med i talet", "In the figure"), Blocks: []export.Block{rowTable(b.Rows, names, in.Lang, say)}},
			{Heading: say("Inte med i talet", "Not in the figure"), Blocks: []export.Block{rowTable(b.LeftOut, names, in.Lang, say)}},
		},
		Footer: say("Uppgifterna är pseudonymiserade.", "The data are pseudonymised."),
	}
	return file(d, in.Format, fmt.Sprintf("rows-%s-%s", c.municipality, p.To))
}

func rowTable(rows []reach.Row, names programmeNames, lang surveying.Language, say func(sv, en string) string) export.Table {
	t := export.Table{Caption: say("En rad för varje barn, stödform och verksamhet", "A row for each child, form and programme"), Columns: []export.Column{
		{Heading: say("Barn nr", "Child no."), Kind: export.Numbers},
		{Heading: say("Stödform", "Form")},
		{Heading: say("Verksamhet", "Programme")},
		{Heading: say("Träffar", "Sessions"), Kind: export.Numbers},
		{Heading: say("Första dag", "First day"), Kind: export.Days},
		{Heading: say("Sista dag", "Last day"), Kind: export.Days},
		{Heading: say("Varför inte", "Why not")},
	}}
	for _, r := range rows {
		first, last, why := export.Nothing("–"), export.Nothing("–"), export.Text("")
		if r.Sessions > 0 {
			first, last = export.Day(r.First), export.Day(r.Last)
		}
		if r.Why != "" {
			why = export.Text(surveying.Word("left_out_"+string(r.Why), lang))
		}
		t.Rows = append(t.Rows, []export.Cell{
			export.Number(r.Number), export.Text(surveying.Word(string(r.Form), lang)), export.Text(names.of(r.Programme)), export.Number(r.Sessions), first, last, why,
		})
	}
	return t
}

// figures are what figures are called that are not named by a code alone; %s stands for the code's word.
var figures = map[string]surveying.Text{
	"children": {SV: "Olika barn", EN: "Different children"}, "guests": {SV: "Barn från andra kommuner", EN: "Children from other municipalities"},
	"first": {SV: "Första remissen: %s", EN: "First referral: %s"}, "channel": {SV: "Någon remiss: %s", EN: "Any referral: %s"},
	"age": {SV: "Ålder: %s", EN: "Age: %s"}, "form": {SV: "Stödform: %s", EN: "Form: %s"}, "overlap": {SV: "I två former: %s", EN: "In two forms: %s"},
	"gender": {SV: "Kön: %s", EN: "Gender: %s"}, "programme": {SV: "Verksamhet: %s", EN: "Programme: %s"},
	"without_referral": {SV: "Nådda barn utan remiss eller anvisning", EN: "Reached children whom nobody referred"},
	"not_born":         {SV: "Barn som enligt födelseåret är födda efter året", EN: "Children who by their birth year were born after the year"},
	"disputed":         {SV: "Barn med två olika födelseår", EN: "Children with two different birth years"},
}

// figureName is what a figure is called.
func figureName(key string, names programmeNames, lang surveying.Language) string {
	kind, of, parted := strings.Cut(key, ".")
	name := figures[kind].In(lang)
	switch {
	case !parted:
		return name
	case kind == "programme":
		return fmt.Sprintf(name, names.of(of))
	}
	var words []string
	for code := range strings.SplitSeq(of, ".") {
		words = append(words, surveying.Word(code, lang))
	}
	return fmt.Sprintf(name, strings.Join(words, " + "))
}
