package events

// RetentionDecided says for how long a municipality keeps who its children are: children of whom nothing was recorded for so
// many whole years are erased. 0: nobody is erased until somebody asks for it.
type RetentionDecided struct {
	Years Amount `json:"years"`
}

func (RetentionDecided) Kind() string { return "retention.decided" }
