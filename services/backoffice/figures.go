package backoffice

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/services/charts"
	"rackvidd/services/export"
)

// statistics are the sections of a municipality's own figures.
func (w writing) statistics(st Statistics) []export.Section {
	return []export.Section{w.forms(st.Figures), w.channels(st.Figures), w.people(st), w.programmes(st), w.overYears(st)}
}

func (w writing) childrenTable(caption, heading string) export.Table {
	return export.Table{Caption: caption, Columns: []export.Column{{Heading: heading}, {Heading: w.say("Barn", "Children"), Kind: export.Numbers}}}
}

// draw makes the charts that pages have too.
func (w writing) draw() charts.Maker { return charts.Maker(w.Language) }

// charts are the document's, by the names that they can be asked for.
func (w writing) charts(st Statistics) map[string]export.Chart {
	return map[string]export.Chart{
		"forms": w.draw().Forms(st.Figures), "overlap": w.draw().Overlap(st.Figures), "channels": w.draw().Channels(st.Figures), "ages": w.draw().Ages(st.Figures),
		"reach": w.draw().Years(st.overview()), "coverage": w.draw().Coverage(st.overview(), st.Coverage),
	}
}

// drawable reports whether there is something to draw.
func drawable(chart export.Chart) bool { return len(chart.Categories) > 0 && len(chart.Series) > 0 }

// drawn adds a chart to a section where there is something to draw.
func drawn(section export.Section, chart export.Chart) export.Section {
	if drawable(chart) {
		section.Blocks = append(section.Blocks, chart)
	}
	return section
}

func (w writing) forms(f reach.Figures) export.Section {
	t := export.Table{Caption: w.say("Barn och deltaganden per stödform", "Children and attendances by form"), Total: true, Columns: []export.Column{
		{Heading: w.say("Stödform", "Form")}, {Heading: w.say("Barn", "Children"), Kind: export.Numbers}, {Heading: w.say("Deltaganden", "Attendances"), Kind: export.Numbers},
	}}
	attendances := 0
	for _, row := range f.ByForm {
		attendances += row.Attendances
		t.Rows = append(t.Rows, []export.Cell{export.Text(w.word(string(row.Form))), export.Number(row.Children), export.Number(row.Attendances)})
	}
	t.Rows = append(t.Rows, []export.Cell{export.Text(w.say("Olika identifierade barn", "Different identified children")), export.Number(f.Children), export.Number(attendances)})
	section := export.Section{Heading: w.say("Stödformer", "Forms of support"), Name: w.say("Stödformer", "Forms"), Blocks: []export.Block{t, export.Paragraph{Text: w.say(
		"Ett barn som fått stöd i flera former räknas en gång. Summan över formerna är "+strconv.Itoa(f.SumOverForms)+".",
		"A child that had support in several forms counts once. The sum over the forms is "+strconv.Itoa(f.SumOverForms)+".")}}}
	if n := f.UnidentifiedAttendances; n > 0 {
		section.Blocks = append(section.Blocks, export.Paragraph{Text: w.say(
			"Deltaganden av barn som ingen identifierade: "+strconv.Itoa(n)+". De är inte med i tabellerna över former, kontaktvägar, ålder, kön, träffar och verksamheter.",
			"Attendances of children whom nobody identified: "+strconv.Itoa(n)+". They are not in the tables of forms, channels, age, gender, sessions and programmes.")})
	}
	return drawn(drawn(section, w.draw().Forms(f)), w.draw().Overlap(f))
}

func (w writing) channels(f reach.Figures) export.Section {
	section := export.Section{Heading: w.say("Kontaktvägar", "Channels"), Name: w.say("Kontaktvägar", "Channels")}
	if len(f.ByChannel) == 0 {
		section.Blocks = []export.Block{export.Paragraph{Text: w.say("Inget av de nådda barnen har en remiss eller anvisning.", "None of the children reached was referred.")}}
	}
	return drawn(section, w.draw().Channels(f))
}

func (w writing) people(st Statistics) export.Section {
	age := w.childrenTable(w.say("Ålder under året", "Age in the year"), w.say("Ålder", "Age"))
	for _, row := range st.ByAge {
		age.Rows = append(age.Rows, []export.Cell{export.Text(w.word(row.Age)), export.Number(row.Children)})
	}
	gender := w.childrenTable(w.say("Kön", "Gender"), w.say("Kön", "Gender"))
	for _, row := range st.ByGender {
		gender.Rows = append(gender.Rows, []export.Cell{export.Text(w.word(string(row.Gender))), export.Number(row.Children)})
	}
	sessions := w.childrenTable(w.say("Träffar per barn", "Sessions per child"), w.say("Träffar", "Sessions"))
	for _, row := range st.SessionsPerChild.Buckets {
		sessions.Rows = append(sessions.Rows, []export.Cell{export.Text(w.word(row.Sessions)), export.Number(row.Children)})
	}
	return export.Section{Heading: w.say("Barnen", "The children"), Name: w.say("Barnen", "Children"), Blocks: []export.Block{age, gender, sessions}}
}

func (w writing) programmes(st Statistics) export.Section {
	t := export.Table{Caption: w.say("Barn och deltaganden per verksamhet", "Children and attendances by programme"), Columns: []export.Column{
		{Heading: w.say("Verksamhet", "Programme")}, {Heading: w.say("Barn", "Children"), Kind: export.Numbers}, {Heading: w.say("Deltaganden", "Attendances"), Kind: export.Numbers},
	}}
	for _, row := range st.ByProgramme {
		t.Rows = append(t.Rows, []export.Cell{export.Text(w.evidence.figures.ProgrammeName(events.ProgrammeID(row.Programme))), export.Number(row.Children), export.Number(row.Attendances)})
	}
	waiting := export.Table{Caption: w.say("Dagar från remiss till plats", "Days from referral to place"), Columns: []export.Column{
		{Heading: w.say("Verksamhet", "Programme")},
		{Heading: w.say("Remisser", "Referrals"), Kind: export.Numbers},
		{Heading: w.say("Median", "Median"), Kind: export.Numbers},
		{Heading: w.say("Längst", "Longest"), Kind: export.Numbers},
	}}
	for _, row := range st.Waiting {
		waiting.Rows = append(waiting.Rows, []export.Cell{export.Text(w.evidence.figures.ProgrammeName(row.Programme)), export.Number(row.Referrals), export.Rounded(export.HalfUp(int(2*row.MedianDays), 2, 1)), export.Number(row.LongestDays)})
	}
	return export.Section{Heading: w.say("Verksamheter och väntetider", "Programmes and waiting times"), Name: w.say("Verksamheter", "Programmes"), Blocks: []export.Block{t, waiting}}
}

func (w writing) overYears(st Statistics) export.Section {
	t := export.Table{Caption: w.say("Fem år", "Five years"), Columns: []export.Column{
		{Heading: w.say("År", "Year")},
		{Heading: w.say("Definition", "Definition")},
		{Heading: w.say("Barn", "Children"), Kind: export.Numbers},
		{Heading: w.say("Intervall", "Interval"), Kind: export.Numbers},
		{Heading: w.say("Identifierade barn", "Identified children"), Kind: export.Numbers},
		{Heading: w.say("Oidentifierades deltaganden", "Attendances of the unidentified"), Kind: export.Numbers},
		{Heading: w.say("Inlämnat", "Submitted"), Kind: export.Numbers},
	}}
	assumed := false // a year's question is not known
	for i, one := range st.overview() {
		y := st.Years[i]
		said := export.Nothing(w.say("inte inlämnat", "not submitted"))
		if y.Submitted != nil {
			said = export.Number(*y.Submitted)
		}
		counted := []export.Cell{export.Number(y.Lower), export.Range(y.Lower, y.Upper), export.Number(y.Children), export.Number(y.Unidentified())}
		if !y.Known {
			counted = slices.Repeat([]export.Cell{export.Nothing(w.word("unknown"))}, len(counted))
		}
		assumed = assumed || y.Form == ""
		t.Rows = append(t.Rows, slices.Concat([]export.Cell{export.Text(one.Name()), export.Text(string(y.Definition))}, counted, []export.Cell{said}))
	}
	section := export.Section{Heading: w.say("Utveckling", "Development"), Name: w.say("Utveckling", "Development"), Blocks: []export.Block{t}}
	if assumed {
		section.Blocks = append(section.Blocks, export.Paragraph{Text: w.say(
			"* Vad som frågades om det året är inte känt. Det är räknat som i år.", "* What was asked about that year is not known. It is counted as this year is.")})
	}
	return w.coverage(drawn(section, w.draw().Years(st.overview())), st)
}

func (w writing) coverage(section export.Section, st Statistics) export.Section {
	if len(st.Coverage) == 0 {
		section.Blocks = append(section.Blocks, export.Paragraph{Text: w.say(
			"Täckningsgrad visas när kommunens och landets antal barn är inläst.", "Coverage is shown once the numbers of children in the municipality and the country are loaded.")})
		return section
	}
	t := export.Table{Caption: w.say("Täckningsgrad", "Coverage"), Columns: []export.Column{
		{Heading: w.say("Uppskattning av behovet", "Estimate of the need")},
		{Heading: w.say("Barn i behov", "Children in need"), Kind: export.Numbers},
		{Heading: w.say("Täckningsgrad", "Coverage"), Kind: export.Percents},
		{Heading: w.say("Källa", "Source")},
	}}
	for _, c := range st.Coverage {
		t.Rows = append(t.Rows, []export.Cell{export.Text(w.say(c.Name, cmp.Or(c.English, c.Name))), export.Number(c.Need), export.Rounded(export.Decimal{Units: int64(math.Round(100 * c.Percent)), Places: 2}), export.Text(w.say(cmp.Or(c.SourceSV, c.Source), c.Source))})
	}
	section.Blocks = append(section.Blocks, t)
	return drawn(section, w.draw().Coverage(st.overview(), st.Coverage))
}

// overview is the years as charts show them.
func (st Statistics) overview() (list []charts.Year) {
	for _, y := range st.Years {
		list = append(list, charts.Year{Year: y.Year, Assumed: y.Form == "", Known: y.Known, Children: y.Lower, Submitted: y.Submitted, Coverage: y.Coverage})
	}
	return list
}
