// Package surveying holds the rules of the annual survey: which form asks about which year, what answers it, what is
// checked, and who may decide what. It is pure: figures and commands in, answers and events out.
package surveying

import "errors"

// ErrUnavailable is the error of whoever keeps the words of a survey, where they cannot be reached.
var ErrUnavailable = errors.New("the texts of surveys cannot be reached")
