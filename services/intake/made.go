package intake

import (
	"cmp"
	"slices"

	"rackvidd/events"
)

// Made is what the recorded rows of a file make, or would make. It counts and names nobody.
type Made struct {
	Rows     []MadeRows `json:"rows"` // by year, kind and form
	Sessions int        `json:"sessions"`
	// Children are whom those rows are about: of a dry run alone, which holds a whole file in memory anyway.
	Children *MadeChildren `json:"children,omitempty"`
}

// MadeRows are the rows of one kind, form and year. Form is "" where a referral names none.
type MadeRows struct {
	Type string      `json:"type"` // a RowType
	Form events.Form `json:"form,omitempty"`
	Year events.Year `json:"year"`
	Rows int         `json:"rows"`
}

// MadeChildren are different children, and how many of them the municipality knew before; nil: whoever asks is not told.
type MadeChildren struct {
	Named int  `json:"named"`
	Known *int `json:"known,omitempty"`
}

// making counts what rows make while they are recorded.
type making struct {
	rows     map[MadeRows]int // Rows of the key is 0
	sessions int
	children map[events.ID]bool // whether each was known before; of a dry run
}

// add counts a row that was recorded, or would be.
func (m *making) add(it *item, dry bool) {
	if m.rows == nil {
		m.rows, m.children = make(map[MadeRows]int), make(map[events.ID]bool)
	}
	m.rows[MadeRows{Type: string(it.Type), Form: it.Form, Year: it.OccurredOn.Year()}]++
	if dry && !it.token.IsZero() {
		m.children[it.token] = it.known
	}
}

// made is everything that was counted.
func (m *making) made(dry bool) Made {
	made := Made{Rows: []MadeRows{}, Sessions: m.sessions}
	for key, n := range m.rows {
		key.Rows = n
		made.Rows = append(made.Rows, key)
	}
	order := RowType("").Codes()
	slices.SortFunc(made.Rows, func(a, b MadeRows) int {
		return cmp.Or(cmp.Compare(a.Year, b.Year), cmp.Compare(slices.Index(order, a.Type), slices.Index(order, b.Type)), cmp.Compare(a.Form, b.Form))
	})
	if dry {
		all := 0
		for _, known := range m.children {
			if known {
				all++
			}
		}
		made.Children = &MadeChildren{Named: len(m.children), Known: &all}
	}
	return made
}
