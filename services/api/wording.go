package api

import "strings"

// wording says what to send instead, in place of the framework's words about its schema. The first that begins a
// message counts; {} is the rest of it, which comes from the contract and never from the request.
var wording = []struct{ theirs, ours string }{
	{"invalid value: ", "{}"},
	{"invalid integer", "must be a whole number"},
	{"invalid boolean", "must be true or false"},
	{"invalid date/time", "must be a time, written 2021-03-02T16:00:00Z"},
	{"expected value to be one of ", "must be one of {}"},
	{"expected string to be RFC 3339 date-time", "must be a time, written 2021-03-02T16:00:00Z"},
	{"expected string to be RFC 3339 date", "must be a day that exists, written YYYY-MM-DD"},
	{"expected string to match pattern ^(19|20|21)", "must be a day that exists, written YYYY-MM-DD"},
	{"expected string to match pattern ^[a-z2-7]{25}", "must be an id, as an earlier answer gave it"},
	{"expected string to match pattern ", "must match the pattern {}"},
	{"expected length >= 1", "is empty; write something"},
	{"expected length <= ", "must have at most {} characters"},
	{"expected array length >= ", "must have at least {} entries"},
	{"expected array length <= ", "must have at most {} entries"},
	{"expected number >= ", "must be at least {}"},
	{"expected number <= ", "must be at most {}"},
	{"expected string", "must be a text in quotation marks"},
	{"expected integer", "must be a whole number"},
	{"expected number", "must be a number"},
	{"expected boolean", "must be true or false"},
	{"expected array", "must be a list in square brackets"},
	{"expected object", "must be an object in braces"},
}

// inOurWords rewrites a message of the framework's.
func inOurWords(message string) string {
	for _, w := range wording {
		if rest, ok := strings.CutPrefix(message, w.theirs); ok {
			rest = strings.Trim(strings.TrimSuffix(rest, " to be present"), `"`)
			return strings.ReplaceAll(w.ours, "{}", rest)
		}
	}
	return message
}
