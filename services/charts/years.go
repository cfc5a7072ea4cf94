package charts

import (
	"math"
	"strconv"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/services/export"
)

// Year is what one year's figures say beside those of others.
type Year struct {
	Year      events.Year
	Assumed   bool // no form is known that asked about it
	Known     bool // a programme had begun, or something is recorded
	Children  int  // at least
	Submitted *int
	Coverage  []reach.Coverage
}

// Name is the year, with a mark where no form is known that asked about it.
func (y Year) Name() string {
	if y.Assumed {
		return y.number() + " *"
	}
	return y.number()
}

func (y Year) number() string { return strconv.Itoa(int(y.Year)) }

// Years draws the children reached in each year, as they are counted and as they were submitted.
func (m Maker) Years(list []Year) export.Chart {
	chart := export.Chart{Title: m.say("Nådda barn över åren", "Children reached over the years"), Kind: export.Lines, Unit: m.say("barn", "children"), Axis: m.say("År", "Year")}
	var counted, submitted []float64
	for _, y := range list {
		now, said := math.NaN(), math.NaN()
		if y.Known {
			now = float64(y.Children)
		}
		if y.Submitted != nil {
			said = float64(*y.Submitted)
		}
		chart.Categories, counted, submitted = append(chart.Categories, y.Name()), append(counted, now), append(submitted, said)
	}
	chart.Series = []export.Series{{Name: m.say("Räknat från loggen", "Computed from the log"), Values: counted}, {Name: m.say("Inlämnat", "Submitted"), Values: submitted}}
	return chart
}

// Coverage draws the coverage by each of some estimates in the years it can be computed for.
func (m Maker) Coverage(list []Year, estimates []reach.Coverage) export.Chart {
	chart := export.Chart{Title: m.say("Täckningsgrad över åren", "Coverage over the years"), Kind: export.Lines, Unit: "%", Axis: m.say("År", "Year")}
	for _, y := range list {
		chart.Categories = append(chart.Categories, y.number())
	}
	for _, c := range estimates {
		values, known := make([]float64, len(list)), false
		for i, y := range list {
			values[i] = math.NaN()
			for _, of := range y.Coverage {
				if of.Denominator == c.Denominator {
					values[i], known = of.Percent, true
				}
			}
		}
		if known {
			chart.Series = append(chart.Series, export.Series{Name: c.Denominator, Values: values})
		}
	}
	return chart
}
