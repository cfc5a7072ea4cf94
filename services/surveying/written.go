package surveying

// Gone is why a text that the log names is not there as it was written; "": it is.
type Gone string

const (
	TextErased  Gone = "text_erased"  // the emptied row is kept
	TextLost    Gone = "text_lost"    // it has no row: it was lost with the database
	TextChanged Gone = "text_changed" // it is another than the one that was written
)

// Codes makes it a word of a closed list.
func (Gone) Codes() []string {
	return []string{string(TextErased), string(TextLost), string(TextChanged)}
}

// Written is a text that the log names: none where it is gone.
type Written struct {
	Text string
	Gone Gone
}

// In is what people read: where the text is gone, what became of it.
func (w Written) In(l Language) string {
	if w.Gone != "" {
		return Word(string(w.Gone), l)
	}
	return w.Text
}
