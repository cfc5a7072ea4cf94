package events

// Revealing says what a text reads as when it passes as somebody's identity ("an identity number", "an e-mail
// address", "a telephone number"), or "" when it does not.
func Revealing(s string) string { return "" }
