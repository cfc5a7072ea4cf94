package api

import "strings"

// wording says what to send instead, in place of the framework's words about its schema, and which rule it is, for whoever
// says so in another language. The first that begins a message counts; {} is the rest of it, which comes from the contract
// and never from the request.
var wording = []struct{ theirs, ours, code string }{
	{"invalid value: ", "{}", ""},
	{"required path parameter is missing", "is missing; name it", "missing"},
	{"required query parameter is missing", "is missing; send it as well", "missing"},
	{"invalid integer", "must be a whole number", "not_a_number"},
	{"invalid boolean", "must be true or false", ""},
	{"invalid date/time", "must be a time, written 2021-03-02T16:00:00Z", "not_a_time"},
	{"expected value to be one of ", "must be one of {}", "not_a_choice"},
	{"expected string to be RFC 3339 date-time", "must be a time, written 2021-03-02T16:00:00Z", "not_a_time"},
	{"expected string to be RFC 3339 date", "must be a day that exists, written YYYY-MM-DD", "not_a_day"},
	{"expected string to match pattern ^(19|20|21)", "must be a day that exists, written YYYY-MM-DD", "not_a_day"},
	{"expected string to match pattern ^[a-z2-7]{25}", "must be an id, as an earlier answer gave it", "not_an_id"},
	{"expected string to match pattern ", "must match the pattern {}", ""},
	{"expected length >= 1", "is empty; write something", "empty"},
	{"expected length <= ", "must have at most {} characters", "too_long"},
	{"expected array length >= ", "must have at least {} entries", "too_few_entries"},
	{"expected array length <= ", "must have at most {} entries", "too_many_entries"},
	{"expected number >= ", "must be at least {}", "too_small"},
	{"expected number <= ", "must be at most {}", "too_high"},
	{"expected string", "must be a text in quotation marks", ""},
	{"expected integer", "must be a whole number", "not_a_number"},
	{"expected number", "must be a number", "not_a_number"},
	{"expected boolean", "must be true or false", ""},
	{"expected array", "must be a list in square brackets", ""},
	{"expected object", "must be an object in braces", ""},
}

// inOurWords rewrites a message of the framework's. The code is "" where the message says it all.
func inOurWords(message string) (ours, code string) {
	for _, w := range wording {
		if rest, ok := strings.CutPrefix(message, w.theirs); ok {
			rest = strings.Trim(strings.TrimSuffix(rest, " to be present"), `"`)
			return strings.ReplaceAll(w.ours, "{}", rest), w.code
		}
	}
	return message, ""
}
