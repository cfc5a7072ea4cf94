package surveying

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"rackvidd/events"
)

// OpenData is what may be published of a municipality's year: rounded, banded, and nothing from which a small number
// could be computed.
type OpenData struct {
	Municipality events.Municipality `json:"municipality"`
	Year         events.Year         `json:"year"`
	Definition   events.DefinitionID `json:"definition"`
	Position     events.Position     `json:"position"`
	Threshold    int                 `json:"threshold" doc:"a number from one to below it is protected"`
	Step         string              `json:"step" doc:"how far protection had to go"`
	Figures      []OpenFigure        `json:"figures"`
}

// OpenFigure is one number as it may be published. Lower and upper are what can be told of it; both are left out where
// nothing is said.
type OpenFigure struct {
	Dimension string `json:"dimension" doc:"children, form, overlap, programme, channel, age or gender; each of children who were identified"`
	Code      string `json:"code,omitempty" doc:"none of all children, and of a breakdown of which nothing is said: to name what it has would say that it is not zero"`
	Shown     string `json:"shown" doc:"the number, a band, or why it is not shown"`
	Lower     *int   `json:"lower,omitempty"`
	Upper     *int   `json:"upper,omitempty"`
	Reason    string `json:"reason,omitempty"`
}

// ProgrammeInLedger is what a programme is called in the ledger of releases: a digest, because it may be called anything.
func ProgrammeInLedger(id string) string {
	sum := sha256.Sum256([]byte(id))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:10]))
}
