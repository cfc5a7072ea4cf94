package events

// FiguresReplayed says that somebody computed a period's figures again from the log alone, why, and what came of it. The
// reason is kept beside the log, as the words of a survey are.
type FiguresReplayed struct {
	From        Day          `json:"from"`
	To          Day          `json:"to"`
	Definition  DefinitionID `json:"definition"`
	Position    Sequence     `json:"position"`              // up to which the log was read
	Root        Digest       `json:"root"`                  // RFC 6962, of the messages up to there
	Differences Amount       `json:"differences,omitempty"` // figures that the read model had otherwise; 0: none
	Wording     Wording      `json:"wording"`               // why
}

func (FiguresReplayed) Kind() string { return "audit.replayed" }
