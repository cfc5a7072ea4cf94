package disclosure

import "fmt"

// Release is what may leave the house: what is shown of each cell that was asked for, and of those that were made by
// merging. Step is how far it had to go.
type Release struct {
	Shown     []Shown
	Step      Step
	Relations []Relation
	Given     []Finding // cells that the ledger alone gives away already, and nothing can take back
}

// Shown is what is shown of a cell. Lower and Upper are what a reader can tell from it; they say nothing when hidden.
type Shown struct {
	Cell   Cell
	Way    Way
	Lower  int
	Upper  int
	Into   Cell // of a merged cell, the cell that shows it
	Reason Reason
}

// Way is how a cell is shown.
type Way string

const (
	Exact   Way = "exact"
	Band    Way = "band"    // 1 to T−1
	Fives   Way = "fives"   // rounded to the nearest 5
	Tens    Way = "tens"    // rounded to the nearest 10
	AtLeast Way = "atleast" // T or more
	Merged  Way = "merged"  // only as part of another
	NotZero Way = "notzero" // 1 or more
	Hidden  Way = "hidden"
)

// Step is how far protection went: each gives more up than the one before.
type Step string

const (
	Plain      Step = "plain"      // small cells as bands, everything else exact or rounded
	Complement Step = "complement" // others coarser too, so that small ones cannot be computed
	Merge      Step = "merge"      // the smallest categories merged
	Drop       Step = "drop"       // a breakdown left out
	Total      Step = "total"      // only totals
	TotalBand  Step = "band"       // only totals, and coarser
	Nothing    Step = "nothing"
)

var steps = []Step{Plain, Complement, Merge, Drop, Total, TotalBand, Nothing}

// Reason is why a cell is not shown exactly.
type Reason string

const (
	Small      Reason = "small"
	RoundedOff Reason = "rounded"
	Computable Reason = "computable"
	TooFew     Reason = "too_few"
	Broken     Reason = "breakdown"
	FewInAll   Reason = "few_in_all"
	NoCrossing Reason = "cross_table"
	Changed    Reason = "changed"
)

var sentences = map[Reason][2]string{
	Small:      {"From 1 to %d children: the number is not given.", "Mellan 1 och %d barn: antalet lämnas inte ut."},
	RoundedOff: {"Rounded to the nearest 5.", "Avrundat till närmaste 5-tal."},
	Computable: {"Coarser, because a number from 1 to %d could be computed from it.", "Grövre, eftersom ett antal mellan 1 och %d annars går att räkna fram."},
	TooFew:     {"Merged with others, because a number from 1 to %d could be computed.", "Sammanslaget med andra, eftersom ett antal mellan 1 och %d annars går att räkna fram."},
	Broken:     {"Left out: the breakdown would give away a number from 1 to %d.", "Utelämnat: fördelningen skulle avslöja ett antal mellan 1 och %d."},
	FewInAll:   {"From 1 to %d children in all: nothing more is said of them.", "Mellan 1 och %d barn totalt: inget mer sägs om dem."},
	NoCrossing: {"Left out: too few children in all for a cross table.", "Utelämnat: för få barn totalt för en korstabell."},
	Changed:    {"Coarser, because it changed by 1 to %d since the last release.", "Grövre, eftersom det ändrats med mellan 1 och %d sedan förra utlämnandet."},
}

// English and Swedish are the reason as a sentence, under a threshold; empty for what is shown exactly.
func (r Reason) English(threshold int) string { return r.sentence(0, threshold) }
func (r Reason) Swedish(threshold int) string { return r.sentence(1, threshold) }

func (r Reason) sentence(language, threshold int) string {
	text := sentences[r][language]
	switch r {
	case "", RoundedOff, NoCrossing:
		return text
	}
	return fmt.Sprintf(text, threshold-1)
}

// Of is what is shown of a cell, hidden if it was not asked for.
func (r Release) Of(c Cell) Shown {
	for _, s := range r.Shown {
		if s.Cell == c {
			return s
		}
	}
	return Shown{Cell: c, Way: Hidden}
}

// Released is the release as the ledger keeps it: append it when, and only when, it has left the house.
func (r Release) Released() Released {
	said := Released{Relations: r.Relations}
	for _, s := range r.Shown {
		if s.Way != Hidden && s.Way != Merged {
			said.Statements = append(said.Statements, Statement{s.Cell, s.Lower, s.Upper})
		}
	}
	return said
}
