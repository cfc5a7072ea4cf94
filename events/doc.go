// Package events says what happened: the kinds of event a municipality's log may hold, how they are written, and what
// a log is. It knows nothing of what is made of them.
package events
