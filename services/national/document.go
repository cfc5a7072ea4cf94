package national

import (
	"fmt"
	"strconv"
	"time"

	"rackvidd/events"
	"rackvidd/projections/survey"
	"rackvidd/services/export"
)

// Document is a report as it is written and published: in English where the language is en, else in Swedish. It is dated by
// when the last of what it shows was recorded, so that the same report gives the same bytes.
func Document(r survey.Report, language string) export.Document {
	t := tongue{english: language == "en"}
	d := export.Document{
		Title:    fmt.Sprintf(t.say("Kommunernas stöd till barn i familjer med missbruk %d", "Municipalities' support for children in families with substance abuse %d"), r.Year),
		Subtitle: t.say("Nationell rapport om vad kommunerna svarat", "National report on what the municipalities answered"),
		Language: t.say("sv", "en"), Created: dated(r),
		About: []export.Fact{
			{Label: t.say("Verksamhetsår", "Activity year"), Value: strconv.Itoa(int(r.Year))},
			{Label: t.say("Kommuner", "Municipalities"), Value: strconv.Itoa(r.Municipalities)},
			{Label: t.say("Position i den nationella loggen", "Position in the national log"), Value: strconv.FormatUint(r.Position, 10)},
		},
		Sections: []export.Section{
			t.responseSection(r), t.childrenSection(r), t.coverageSection(r),
			t.namedSection(t.say("Stödformer", "Forms of support"), t.say("Stödformer som kommunerna anger", "Forms of support that municipalities name"), formKind, bars(r.Forms)),
			t.namedSection(t.say("Kontaktvägar", "Channels of contact"), t.say("Kontaktvägar som kommunerna anger", "Channels of contact that municipalities name"), channelKind, bars(r.Channels)),
			t.namedSection(t.say("Utförare", "Organisers"), t.say("Utförare som kommunerna anger", "Organisers that municipalities name"), organiserKind, bars(r.Organisers)),
			t.measureSection(r), t.countySection(r), t.yearSection(r), t.municipalitySection(r),
		},
		Footer: t.say("Procenttal är avrundade en gång, och halva uppåt.", "Percentages are rounded once, halves up."),
	}
	protection := t.say("Inget: antal barn är som kommunerna lämnat dem, och rapporten är inte till för att publiceras", "None: numbers of children are as municipalities gave them, and the report is not for publication")
	if r.Public {
		protection = t.say("Antal barn är avrundade till närmaste 5-tal; 1–4 visas som intervall och små län tillsammans", "Numbers of children are rounded to the nearest 5; 1–4 are shown as a band and small counties together")
	}
	d.About = append(d.About, export.Fact{Label: t.say("Skydd", "Protection"), Value: protection})
	return d
}

// dated is when the last of a report was recorded; of one about nothing, the first day after its year.
func dated(r survey.Report) time.Time {
	if r.Recorded.IsZero() {
		return time.Date(int(r.Year)+1, time.January, 1, 0, 0, 0, 0, time.UTC)
	}
	return r.Recorded
}

func (t tongue) responseSection(r survey.Report) export.Section {
	row := func(what string, n, of int) []export.Cell {
		return []export.Cell{export.Text(what), export.Number(n), export.Percent(export.Share{Part: n, Whole: of}, 0)}
	}
	return export.Section{Heading: t.say("Svar", "Answers"), Blocks: []export.Block{export.Table{
		Caption: t.say("Kommuner som svarat, och vad de svarat", "Municipalities that answered, and what they answered"),
		Columns: []export.Column{{Heading: "", Kind: export.Texts}, {Heading: t.say("Kommuner", "Municipalities"), Kind: export.Numbers}, {Heading: t.say("Andel", "Share"), Kind: export.Percents}},
		Rows: [][]export.Cell{
			row(t.say("Har svarat, av alla", "Answered, of all"), r.Responded, r.Municipalities),
			row(t.say("Erbjuder stöd, av dem som svarat", "Offer support, of those that answered"), r.Offering, r.Responded),
			row(t.say("Erbjuder inte stöd, av dem som svarat", "Offer no support, of those that answered"), r.NotOffering, r.Responded),
			row(t.say("Säger inte om de erbjuder stöd, av dem som svarat", "Do not say whether they offer support, of those that answered"), r.OffersUnknown, r.Responded),
			row(t.say("Har svarat delvis, av alla", "Answered in part, of all"), len(r.Partial), r.Municipalities),
		},
	}}}
}

// children is a number of children, or the bounds of one.
func children(n, lower, upper int) export.Cell {
	switch {
	case lower == upper:
		return export.Number(n)
	case n > 0 && n < survey.FewChildren:
		return export.Band(lower, upper)
	}
	return export.Range(lower, upper)
}

func (t tongue) childrenSection(r survey.Report) export.Section {
	row := func(what string, c export.Cell) []export.Cell { return []export.Cell{export.Text(what), c} }
	rows := [][]export.Cell{row(t.say("Barn som fått stöd", "Children who received support"), children(r.Children, r.ChildrenLower, r.ChildrenUpper))}
	if p := r.Previous; p != nil {
		rows = append(rows, row(fmt.Sprintf(t.say("Barn som fått stöd %d", "Children who received support in %d"), p.Year), children(p.Children, p.ChildrenLower, p.ChildrenUpper)))
	}
	rows = append(rows,
		row(t.say("Kommuner som inte vet hur många", "Municipalities that do not know how many"), export.Number(r.ChildrenUnknown)),
		row(t.say("Kommuner vars antal inte lämnats ut för att barnen är få", "Municipalities whose number was not released because the children are few"), export.Number(r.ChildrenWithheld)),
		row(t.say("Kommuner som lämnat ett intervall för att barnen är få", "Municipalities that gave a band because the children are few"), export.Number(r.Bands)),
		row(t.say("Kommuner vars eget antal gäller i stället för stadsdelarnas", "Municipalities whose own number stands for their districts'"), export.Number(r.DistrictsLeftOut)))
	return export.Section{Heading: t.say("Barn", "Children"), Blocks: []export.Block{export.Table{
		Caption: t.say("Barn som tagit del av stöd", "Children who took part in support"),
		Columns: []export.Column{{Heading: "", Kind: export.Texts}, {Heading: t.say("Antal", "Number"), Kind: export.Numbers}}, Rows: rows,
	}}}
}

func (t tongue) coverageSection(r survey.Report) export.Section {
	table := export.Table{
		Caption: t.say("Barn som fått stöd, av dem som uppskattas behöva det", "Children who received support, of those estimated to need it"),
		Columns: []export.Column{
			{Heading: t.say("Uppskattning", "Estimate"), Kind: export.Texts},
			{Heading: t.say("Källa", "Source"), Kind: export.Texts},
			{Heading: t.say("I landet", "In the country"), Kind: export.Numbers},
			{Heading: t.say("Omfattning", "Scope"), Kind: export.Texts},
			{Heading: t.say("Del efter", "Share by"), Kind: export.Texts},
			{Heading: t.say("I omfattningen", "In the scope"), Kind: export.Numbers},
			{Heading: t.say("Täckningsgrad", "Coverage"), Kind: export.Percents},
		},
	}
	for _, c := range r.Coverage {
		share := export.Nothing("–")
		if c.Percent != nil {
			share = export.Rounded(export.Decimal{Units: int64(*c.Percent), Places: 2})
		}
		table.Rows = append(table.Rows, []export.Cell{
			export.Text(t.estimate(c)), export.Text(t.source(c)), export.Number(c.Need), export.Text(t.scope(c.Scope)), export.Text(t.share(c.By)),
			export.Number(c.ScaledNeed), share,
		})
	}
	return export.Section{Heading: t.say("Täckningsgrad", "Coverage"), Blocks: []export.Block{
		export.Paragraph{Text: t.say(
			"Täckningsgraden är antalet barn som fått stöd delat med en uppskattning av hur många som behöver det. "+
				"Samma antal barn ger olika täckningsgrad med olika uppskattningar.",
			"Coverage is the number of children who received support over an estimate of how many need it. "+
				"The same number of children gives another coverage with another estimate.")}, table,
	}}
}

// bar is one line of a bar chart.
type bar struct {
	code string
	n    int
}

func bars[C ~string](list []survey.Named[C]) (bars []bar) {
	for _, n := range list {
		bars = append(bars, bar{string(n.Code), n.Municipalities})
	}
	return bars
}

func (t tongue) namedSection(heading, title string, of kind, bars []bar) export.Section {
	return t.barSection(heading, title, of, t.say("kommuner", "municipalities"), bars)
}

func (t tongue) measureSection(r survey.Report) export.Section {
	var bars []bar
	for _, m := range r.Measures {
		bars = append(bars, bar{string(m.Code), m.Points})
	}
	return t.barSection(t.say("Åtgärder", "Measures"), t.say("Viktigast för att utveckla stödet", "Most important to develop the support"), measureKind, t.say("poäng", "points"), bars)
}

func (t tongue) barSection(heading, title string, of kind, unit string, bars []bar) export.Section {
	if len(bars) == 0 {
		return export.Section{Heading: heading, Blocks: []export.Block{export.Paragraph{Text: t.say("Inga svar.", "No answers.")}}}
	}
	c := export.Chart{Title: title, Kind: export.Bars, Unit: unit, Axis: t.kind(of), Series: []export.Series{{Name: unit}}}
	for _, b := range bars {
		c.Categories = append(c.Categories, t.code(of, b.code))
		c.Series[0].Values = append(c.Series[0].Values, float64(b.n))
	}
	return export.Section{Heading: heading, Blocks: []export.Block{c}}
}

func (t tongue) countySection(r survey.Report) export.Section {
	table := export.Table{
		Caption: t.say("Svar och barn efter län", "Answers and children by county"),
		Columns: []export.Column{
			{Heading: t.say("Län", "County"), Kind: export.Texts},
			{Heading: t.say("Kommuner", "Municipalities"), Kind: export.Numbers},
			{Heading: t.say("Svarat", "Answered"), Kind: export.Numbers},
			{Heading: t.say("Erbjuder stöd", "Offers support"), Kind: export.Numbers},
			{Heading: t.say("Barn", "Children"), Kind: export.Numbers},
		},
	}
	for _, c := range r.Counties {
		table.Rows = append(table.Rows, []export.Cell{
			export.Text(t.county(c)), export.Number(c.Municipalities), export.Number(c.Responded), export.Number(c.Offering),
			children(c.Children, c.ChildrenLower, c.ChildrenUpper),
		})
	}
	return export.Section{Heading: t.say("Län", "Counties"), Blocks: []export.Block{table}}
}

func (t tongue) yearSection(r survey.Report) export.Section {
	table := export.Table{
		Caption: t.say("År för år", "Year by year"),
		Columns: []export.Column{
			{Heading: t.say("År", "Year"), Kind: export.Texts},
			{Heading: t.say("Svarat", "Answered"), Kind: export.Numbers},
			{Heading: t.say("Svarsfrekvens", "Response rate"), Kind: export.Percents},
			{Heading: t.say("Erbjuder stöd", "Offers support"), Kind: export.Numbers},
			{Heading: t.say("Barn", "Children"), Kind: export.Numbers},
		},
	}
	c := export.Chart{Title: t.say("Barn som fått stöd, år för år", "Children who received support, year by year"), Kind: export.Columns, Unit: t.say("barn", "children"), Axis: t.say("År", "Year"), Series: []export.Series{{Name: t.say("barn", "children")}}}
	for _, y := range r.Years {
		table.Rows = append(table.Rows, []export.Cell{
			export.Text(strconv.Itoa(int(y.Year))), export.Number(y.Responded), export.Percent(export.Share{Part: y.Responded, Whole: r.Municipalities}, 0),
			export.Number(y.Offering), children(y.Children, y.ChildrenLower, y.ChildrenUpper),
		})
		c.Categories = append(c.Categories, strconv.Itoa(int(y.Year)))
		c.Series[0].Values = append(c.Series[0].Values, y.Height())
	}
	s := export.Section{Heading: t.say("År för år", "Year by year"), Blocks: []export.Block{table}}
	if len(r.Years) > 1 {
		s.Blocks = append(s.Blocks, c)
	}
	return s
}

// municipalitySection lists who answered, who offers support, who does not, and who did not answer.
func (t tongue) municipalitySection(r survey.Report) export.Section {
	said := make(map[events.Municipality]string)
	for answer, list := range map[string][]events.Municipality{t.say("Har svarat", "Answered"): r.Answered, t.say("Har svarat delvis", "Answered in part"): r.Partial, t.say("Har inte svarat", "Did not answer"): r.NotAnswered, t.say("Inget svar har kommit", "Nothing received"): r.NothingReceived} {
		for _, m := range list {
			said[m] = answer
		}
	}
	offers := make(map[events.Municipality]string)
	for answer, list := range map[string][]events.Municipality{t.say("Ja", "Yes"): r.OfferingIn, t.say("Nej", "No"): r.NotOfferingIn} {
		for _, m := range list {
			offers[m] = answer
		}
	}
	table := export.Table{
		Caption: t.say("Kommunerna", "The municipalities"),
		Columns: []export.Column{
			{Heading: t.say("Kommun", "Municipality"), Kind: export.Texts}, {Heading: t.say("Län", "County"), Kind: export.Texts}, {Heading: t.say("Svar", "Answer"), Kind: export.Texts}, {Heading: t.say("Erbjuder stöd", "Offers support"), Kind: export.Texts},
		},
	}
	for _, info := range events.Municipalities() {
		table.Rows = append(table.Rows, []export.Cell{export.Text(info.Name), export.Text(info.County), export.Text(said[info.Code]), export.Text(offers[info.Code])})
	}
	return export.Section{Heading: t.say("Kommunerna", "The municipalities"), Blocks: []export.Block{table}}
}
