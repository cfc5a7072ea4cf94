package web

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"time"

	"rackvidd/events"
	"rackvidd/services/disclosure"
	"rackvidd/services/export"
	"rackvidd/services/surveying"
)

// release is what was published of a year's figures at once.
type release struct {
	Time       time.Time           `json:"time"`
	Purpose    string              `json:"purpose"`
	Definition events.DefinitionID `json:"definition"`
	Position   events.Position     `json:"position"` // of the log, that the figures follow from
	Cells      []releasedCell      `json:"cells"`
}

// releasedCell is between which bounds, both included, a number was told to lie.
type releasedCell struct {
	Cell  disclosure.Cell `json:"cell"`
	Lower int             `json:"lower"`
	Upper int             `json:"upper"`
}

// lastPublished is what was published last; nil: nothing was.
func (v *visit) lastPublished() (last *release, err error) {
	var ledger struct {
		Releases []release `json:"releases"`
	}
	err = v.see(&ledger, v.in("surveys/"+v.At("year")+"/releases"))
	for i, one := range ledger.Releases {
		if one.Purpose == string(events.OpenRelease) {
			last = &ledger.Releases[i]
		}
	}
	return last, err
}

// publish makes the protected figures of the year, which the ledger remembers from then on.
func (v *visit) publish() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	_, err = v.send(f, http.MethodPost, v.in("surveys/"+v.At("year")+"/open-data"), nil)
	if err == nil {
		return v.to(v.Home("surveys", v.At("year"), "export"), 0, "published")
	}
	if err := f.refused(err, nil); err != nil {
		return err
	}
	return v.showFiles(f)
}

// published hands over what was published last, as a table to pass on.
func (v *visit) published() error {
	last, err := v.lastPublished()
	if err != nil {
		return err
	}
	year, l := v.At("year"), v.text()
	if last == nil { // not yet
		return v.to(v.Home("surveys", year, "export"), 0, "")
	}
	programmes, err := v.programmes()
	if err != nil {
		return err
	}
	names := make(programmeNames) // by what they are called in the ledger
	for _, p := range programmes {
		names[events.ProgrammeID(surveying.ProgrammeInLedger(string(p.ID)))] = p.Name
	}
	table := export.Table{Caption: l.text("published.numbers"), Columns: []export.Column{{Heading: l.text("published.what")}, {Heading: l.text("published.least"), Kind: export.Numbers}, {Heading: l.text("published.most"), Kind: export.Numbers}}}
	for _, c := range last.Cells {
		most := export.Number(c.Upper)
		if c.Upper >= disclosure.Most {
			most = export.Nothing(l.text("published.or_more"))
		}
		table.Rows = append(table.Rows, []export.Cell{export.Text(v.releasedName(c.Cell, names)), export.Number(c.Lower), most})
	}
	var out bytes.Buffer
	if err := export.CSV(&out, export.Document{
		Title: l.text("published.title", year), Subtitle: placeName(v.Place), Language: v.Lang, Created: last.Time,
		About: []export.Fact{
			{Label: l.text("published.when"), Value: l.moment(last.Time)},
			{Label: l.text("reach.definition"), Value: string(last.Definition)},
			{Label: l.text("published.position"), Value: strconv.FormatUint(uint64(last.Position), 10)},
			{Label: l.text("published.read"), Value: l.text("published.how")},
		},
		Sections: []export.Section{{Heading: l.text("published.numbers"), Blocks: []export.Block{table}}},
	}); err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	v.w.Header().Set("Content-Disposition", `attachment; filename="open-data-`+string(v.Place)+"-"+strconv.Itoa(int(v.year()))+`.csv"`)
	_, _ = out.WriteTo(v.w) // the reader has gone
	return nil
}

// releasedName is what a number of the ledger counts. Its name there begins with the year and the definition.
func (v *visit) releasedName(c disclosure.Cell, names programmeNames) string {
	parts := strings.SplitN(string(c.Plain()), "/", 4)
	if len(parts) < 3 {
		return string(c)
	}
	kind := parts[2]
	if len(parts) == 3 {
		return v.figureName(kind, names)
	}
	first, last, merged := strings.Cut(parts[3], ".to.") // categories shown as one, from the first to the last
	name := func(code string) string {
		switch {
		case kind == "channel":
			return v.figureName("first."+code, names)
		case strings.Contains(code, "&"):
			return v.figureName("overlap."+strings.ReplaceAll(code, "&", "."), names)
		}
		return v.figureName(kind+"."+code, names)
	}
	if merged {
		return v.text().text("published.together", name(first), name(last))
	}
	return name(first)
}
