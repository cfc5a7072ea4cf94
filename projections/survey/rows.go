package survey

import (
	"strings"
	"time"

	"rackvidd/events"
	"rackvidd/projections"
)

type answerKey struct {
	municipality events.Municipality
	year         events.Year
	district     events.District
}

type placeKey struct {
	year         events.Year
	municipality events.Municipality
}

type placeRow struct {
	children events.Amount
	source   events.Name
}

type message struct {
	position, first events.Position
	recorded        time.Time
}

func newFold() *fold {
	return &fold{
		answers: projections.NewVersions(projections.VersionTable[answerKey, events.AnswerReceived]{
			Name: "answer", Key: []string{"municipality", "year", "district"},
			WriteKey: func(k answerKey, w *projections.Row) {
				w.Text(string(k.municipality))
				w.Int(int(k.year))
				w.Text(string(k.district))
			},
			Columns: []string{
				"state", "offers", "children", "basis", "value", "lower", "upper", "organisers", "forms", "channels", "measures", "withheld",
				"form", "definition", "version", "origin",
			},
			Write: writeAnswer,
		}),
		population: projections.NewVersions(projections.VersionTable[placeKey, placeRow]{
			Name: "population", Key: []string{"year", "municipality"},
			WriteKey: func(k placeKey, w *projections.Row) { w.Int(int(k.year)); w.Text(string(k.municipality)) },
			Columns:  []string{"children", "source"},
			Write:    func(r placeRow, w *projections.Row) { w.Int(int(r.children)); w.Text(string(r.source)) },
		}),
		denominators: projections.NewVersions(projections.VersionTable[events.DenominatorID, events.DenominatorStated]{
			Name: "denominator", Key: []string{"denominator"},
			WriteKey: func(id events.DenominatorID, w *projections.Row) { w.Text(string(id)) },
			Columns:  []string{"name", "need", "source", "from_year", "until_year"},
			Write:    writeDenominator,
		}),
		messages: projections.NewFacts(projections.FactTable[message]{
			Name: "message", Columns: []string{"position", "first", "recorded"},
			Write: func(m message, w *projections.Row) { w.Position(m.position); w.Position(m.first); w.Time(m.recorded) },
		}),
	}
}

func writeAnswer(a events.AnswerReceived, w *projections.Row) {
	w.Text(string(a.State))
	w.Text(string(a.Offers))
	w.Text(string(a.Children))
	w.Text(string(a.Basis))
	w.Int(int(a.Value))
	w.Int(int(a.Lower))
	w.Int(int(a.Upper))
	w.Text(joined(a.Organisers))
	w.Text(joined(a.Forms))
	w.Text(joined(a.Channels))
	w.Text(joined(a.Measures))
	w.Text(joined(a.Withheld))
	w.Text(string(a.Form))
	w.Text(string(a.Definition))
	w.Int(int(a.Version))
	w.Text(string(a.Origin))
}

func writeDenominator(d events.DenominatorStated, w *projections.Row) {
	w.Text(string(d.Name))
	w.Int(int(d.Need))
	w.Text(string(d.Source))
	w.Int(int(d.From))
	w.Int(int(d.Until))
}

// joined writes a list of codes, none of which holds a |.
func joined[C ~string](list []C) string {
	texts := make([]string, len(list))
	for i, c := range list {
		texts[i] = string(c)
	}
	return strings.Join(texts, "|")
}

func parted[C ~string](text string) (list []C) {
	if text == "" {
		return nil
	}
	for c := range strings.SplitSeq(text, "|") {
		list = append(list, C(c))
	}
	return list
}
