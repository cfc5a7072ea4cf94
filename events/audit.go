package events

// FiguresReplayed says that somebody computed a period's figures again from the log alone, why, and what came of it. The
// reason and which figures differed are kept beside the log, as the words of a survey are. Version 1 named no figures.
type FiguresReplayed struct {
	From        Day          `json:"from"`
	To          Day          `json:"to"`
	Definition  DefinitionID `json:"definition"`
	Position    Sequence     `json:"position"`              // up to which the log was read
	Root        Digest       `json:"root"`                  // RFC 6962, of the messages up to there
	Differences Amount       `json:"differences,omitempty"` // figures that the read model had otherwise; 0: none
	Wording     Wording      `json:"wording"`               // why
	Differing   Wording      `json:"differing,omitzero"`    // which figures, and what they were; none: none differed, or they were not kept
}

func (FiguresReplayed) Kind() string { return "audit.replayed" }

// ReadModelMaintained says that somebody had a read model made anew, or other tables of it used, and why. The reason is kept
// beside the log, as that of a replay is.
type ReadModelMaintained struct {
	ReadModel   ReadModel   `json:"read_model"`
	Act         Maintenance `json:"act"`
	Generation  Amount      `json:"generation"`            // the tables that it is about
	Position    Sequence    `json:"position"`              // up to which they showed the log
	Differences Amount      `json:"differences,omitempty"` // tables in which they differ from those in use; 0: none
	Wording     Wording     `json:"wording"`               // why
}

func (ReadModelMaintained) Kind() string { return "audit.read_model_maintained" }
