// Package surveying holds the rules of the annual survey: which form asks about which year, what answers it, what is
// checked, and who may decide what. It is pure: figures and commands in, answers and events out.
package surveying
