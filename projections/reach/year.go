package reach

import "rackvidd/events"

// YearOfFigures is what one year's figures say beside those of other years, and what was submitted of it.
type YearOfFigures struct {
	Year       events.Year         `json:"year"`
	Form       events.FormID       `json:"form,omitempty" doc:"left out where what was asked is not known"`
	Definition events.DefinitionID `json:"definition"`
	Known      bool                `json:"known" doc:"false where no programme was registered and nothing is recorded: that is not zero"`
	Children   int                 `json:"children"`
	Lower      int                 `json:"lower"`
	Upper      int                 `json:"upper"`
	Submitted  *int                `json:"submitted"`
	Coverage   []Coverage          `json:"coverage" nullable:"false"`
}

// Unidentified is how many attendances there were of children nobody identified: each may have been another child.
func (y YearOfFigures) Unidentified() int { return y.Upper - y.Children }
