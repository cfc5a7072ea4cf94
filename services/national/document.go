package national

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"rackvidd/events"
	"rackvidd/projections/survey"
	"rackvidd/services/export"
)

// Document is a report as it is written and published, in Swedish. It is dated by when the last of what it shows was
// recorded, so that the same report gives the same bytes.
func Document(r survey.Report) export.Document {
	d := export.Document{
		Title:    fmt.Sprintf("Kommunernas stöd till barn i familjer med missbruk %d", r.Year),
		Subtitle: "Nationell rapport om vad kommunerna svarat",
		Language: "sv", Created: dated(r),
		About: []export.Fact{
			{Label: "Verksamhetsår", Value: strconv.Itoa(int(r.Year))},
			{Label: "Kommuner", Value: strconv.Itoa(r.Municipalities)},
			{Label: "Position i den nationella loggen", Value: strconv.FormatUint(r.Position, 10)},
		},
		Sections: []export.Section{
			responseSection(r), childrenSection(r), coverageSection(r),
			namedSection("Stödformer", "Stödformer som kommunerna anger", "Stödform", named(r.Forms)),
			namedSection("Kontaktvägar", "Kontaktvägar som kommunerna anger", "Kontaktväg", named(r.Channels)),
			namedSection("Utförare", "Utförare som kommunerna anger", "Utförare", named(r.Organisers)),
			measureSection(r), countySection(r), yearSection(r), municipalitySection(r),
		},
		Footer: "Procenttal är avrundade en gång, och halva uppåt.",
	}
	if r.Public {
		d.About = append(d.About, export.Fact{Label: "Skydd", Value: "Antal barn är avrundade till närmaste 5-tal; 1–4 visas som intervall och små län tillsammans"})
	}
	return d
}

// dated is when the last of a report was recorded; of one about nothing, the first day after its year.
func dated(r survey.Report) time.Time {
	if r.Recorded.IsZero() {
		return time.Date(int(r.Year)+1, time.January, 1, 0, 0, 0, 0, time.UTC)
	}
	return r.Recorded
}

func responseSection(r survey.Report) export.Section {
	row := func(what string, n, of int) []export.Cell {
		return []export.Cell{export.Text(what), export.Number(n), export.Percent(export.Share{Part: n, Whole: of}, 0)}
	}
	return export.Section{Heading: "Svar", Blocks: []export.Block{export.Table{
		Caption: "Kommuner som svarat, och vad de svarat",
		Columns: []export.Column{{Heading: "", Kind: export.Texts}, {Heading: "Kommuner", Kind: export.Numbers}, {Heading: "Andel", Kind: export.Percents}},
		Rows: [][]export.Cell{
			row("Har svarat, av alla", r.Responded, r.Municipalities),
			row("Erbjuder stöd, av dem som svarat", r.Offering, r.Responded),
			row("Erbjuder inte stöd, av dem som svarat", r.NotOffering, r.Responded),
			row("Säger inte om de erbjuder stöd, av dem som svarat", r.OffersUnknown, r.Responded),
			row("Har svarat delvis, av alla", len(r.Partial), r.Municipalities),
		},
	}}}
}

// children is a number of children, or the bounds of one.
func children(n, lower, upper int) export.Cell {
	switch {
	case lower == upper:
		return export.Number(n)
	case n > 0 && n < fewChildren:
		return export.Band(lower, upper)
	}
	return export.Range(lower, upper)
}

func childrenSection(r survey.Report) export.Section {
	row := func(what string, c export.Cell) []export.Cell { return []export.Cell{export.Text(what), c} }
	rows := [][]export.Cell{row("Barn som fått stöd", children(r.Children, r.ChildrenLower, r.ChildrenUpper))}
	if p := r.Previous; p != nil {
		rows = append(rows, row(fmt.Sprintf("Barn som fått stöd %d", p.Year), children(p.Children, p.ChildrenLower, p.ChildrenUpper)))
	}
	rows = append(rows,
		row("Kommuner som inte vet hur många", export.Number(r.ChildrenUnknown)),
		row("Kommuner som lämnat ett intervall för att barnen är få", export.Number(r.Bands)),
		row("Kommuner vars eget antal gäller i stället för stadsdelarnas", export.Number(r.DistrictsLeftOut)))
	return export.Section{Heading: "Barn", Blocks: []export.Block{export.Table{
		Caption: "Barn som tagit del av stöd",
		Columns: []export.Column{{Heading: "", Kind: export.Texts}, {Heading: "Antal", Kind: export.Numbers}}, Rows: rows,
	}}}
}

var scopes = map[survey.Scope]string{
	survey.AllScope: "alla kommuner", survey.RespondingScope: "kommuner som svarat", survey.OfferingScope: "kommuner som erbjuder stöd",
}

var shares = map[string]string{"municipalities": "antal kommuner", "population": "antal barn 0–17 år"}

func coverageSection(r survey.Report) export.Section {
	t := export.Table{
		Caption: "Barn som fått stöd, av dem som uppskattas behöva det",
		Columns: []export.Column{
			{Heading: "Uppskattning", Kind: export.Texts},
			{Heading: "Källa", Kind: export.Texts},
			{Heading: "I landet", Kind: export.Numbers},
			{Heading: "Omfattning", Kind: export.Texts},
			{Heading: "Del efter", Kind: export.Texts},
			{Heading: "I omfattningen", Kind: export.Numbers},
			{Heading: "Täckningsgrad", Kind: export.Percents},
		},
	}
	for _, c := range r.Coverage {
		share := export.Nothing("–")
		if c.Percent != nil {
			share = export.Rounded(export.Decimal{Units: int64(*c.Percent), Places: 2})
		}
		t.Rows = append(t.Rows, []export.Cell{
			export.Text(c.Name), export.Text(c.Source), export.Number(c.Need), export.Text(scopes[c.Scope]), export.Text(shares[c.By]),
			export.Number(c.ScaledNeed), share,
		})
	}
	return export.Section{Heading: "Täckningsgrad", Blocks: []export.Block{
		export.Paragraph{Text: "Täckningsgraden är antalet barn som fått stöd delat med en uppskattning av hur många som behöver det. " +
			"Samma antal barn ger olika täckningsgrad med olika uppskattningar."}, t,
	}}
}

// bar is one line of a bar chart.
type bar struct {
	code string
	n    int
}

func named[C ~string](list []survey.Named[C]) (bars []bar) {
	for _, n := range list {
		bars = append(bars, bar{string(n.Code), n.Municipalities})
	}
	return bars
}

func namedSection(heading, title, axis string, bars []bar) export.Section {
	return barSection(heading, title, axis, "kommuner", bars)
}

func measureSection(r survey.Report) export.Section {
	var bars []bar
	for _, m := range r.Measures {
		bars = append(bars, bar{string(m.Code), m.Points})
	}
	return barSection("Åtgärder", "Viktigast för att utveckla stödet", "Åtgärd", "poäng", bars)
}

func barSection(heading, title, axis, unit string, bars []bar) export.Section {
	if len(bars) == 0 {
		return export.Section{Heading: heading, Blocks: []export.Block{export.Paragraph{Text: "Inga svar."}}}
	}
	c := export.Chart{Title: title, Kind: export.Bars, Unit: unit, Axis: axis, Series: []export.Series{{Name: unit}}}
	for _, b := range bars {
		c.Categories = append(c.Categories, inSwedish(axis, b.code))
		c.Series[0].Values = append(c.Series[0].Values, float64(b.n))
	}
	return export.Section{Heading: heading, Blocks: []export.Block{c}}
}

func countySection(r survey.Report) export.Section {
	t := export.Table{
		Caption: "Svar och barn efter län",
		Columns: []export.Column{
			{Heading: "Län", Kind: export.Texts},
			{Heading: "Kommuner", Kind: export.Numbers},
			{Heading: "Svarat", Kind: export.Numbers},
			{Heading: "Erbjuder stöd", Kind: export.Numbers},
			{Heading: "Barn", Kind: export.Numbers},
		},
	}
	for _, c := range r.Counties {
		t.Rows = append(t.Rows, []export.Cell{
			export.Text(c.Name), export.Number(c.Municipalities), export.Number(c.Responded), export.Number(c.Offering),
			children(c.Children, c.ChildrenLower, c.ChildrenUpper),
		})
	}
	return export.Section{Heading: "Län", Blocks: []export.Block{t}}
}

func yearSection(r survey.Report) export.Section {
	t := export.Table{
		Caption: "År för år",
		Columns: []export.Column{
			{Heading: "År", Kind: export.Texts},
			{Heading: "Svarat", Kind: export.Numbers},
			{Heading: "Svarsfrekvens", Kind: export.Percents},
			{Heading: "Erbjuder stöd", Kind: export.Numbers},
			{Heading: "Barn", Kind: export.Numbers},
		},
	}
	c := export.Chart{Title: "Barn som fått stöd, år för år", Kind: export.Columns, Unit: "barn", Axis: "År", Series: []export.Series{{Name: "barn"}}}
	for _, y := range r.Years {
		t.Rows = append(t.Rows, []export.Cell{
			export.Text(strconv.Itoa(int(y.Year))), export.Number(y.Responded), export.Percent(export.Share{Part: y.Responded, Whole: r.Municipalities}, 0),
			export.Number(y.Offering), children(y.Children, y.ChildrenLower, y.ChildrenUpper),
		})
		c.Categories = append(c.Categories, strconv.Itoa(int(y.Year)))
		c.Series[0].Values = append(c.Series[0].Values, drawn(y))
	}
	s := export.Section{Heading: "År för år", Blocks: []export.Block{t}}
	if len(r.Years) > 1 {
		s.Blocks = append(s.Blocks, c)
	}
	return s
}

// drawn is a year's children as a chart shows them: a band has no height.
func drawn(y survey.YearFigures) float64 {
	if y.Children > 0 && y.Children < fewChildren && y.ChildrenLower != y.ChildrenUpper {
		return math.NaN()
	}
	return float64(y.Children)
}

// municipalitySection lists who answered, who offers support, who does not, and who did not answer.
func municipalitySection(r survey.Report) export.Section {
	said := make(map[events.Municipality]string)
	for answer, list := range map[string][]events.Municipality{"Har svarat": r.Answered, "Har svarat delvis": r.Partial, "Har inte svarat": r.NotAnswered, "Inget svar har kommit": r.NothingReceived} {
		for _, m := range list {
			said[m] = answer
		}
	}
	offers := make(map[events.Municipality]string)
	for answer, list := range map[string][]events.Municipality{"Ja": r.OfferingIn, "Nej": r.NotOfferingIn} {
		for _, m := range list {
			offers[m] = answer
		}
	}
	t := export.Table{
		Caption: "Kommunerna",
		Columns: []export.Column{
			{Heading: "Kommun", Kind: export.Texts}, {Heading: "Län", Kind: export.Texts}, {Heading: "Svar", Kind: export.Texts}, {Heading: "Erbjuder stöd", Kind: export.Texts},
		},
	}
	for _, info := range events.Municipalities() {
		t.Rows = append(t.Rows, []export.Cell{export.Text(info.Name), export.Text(info.County), export.Text(said[info.Code]), export.Text(offers[info.Code])})
	}
	return export.Section{Heading: "Kommunerna", Blocks: []export.Block{t}}
}
