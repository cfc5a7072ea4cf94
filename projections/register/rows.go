package register

import (
	"cmp"
	"encoding/binary"
	"strings"
	"time"

	"rackvidd/events"
	"rackvidd/projections"
)

type programmeRow struct {
	name      events.Name
	forms     string
	organiser events.Organiser
	provider  events.Municipality
	target    events.Target
	identity  events.IdentityMode
	district  events.District
	validFrom events.Day
}

func programmeOf(e events.ProgrammeRegistered) programmeRow {
	forms := make([]string, len(e.Forms))
	for i, f := range e.Forms {
		forms[i] = string(f)
	}
	return programmeRow{e.Name, strings.Join(forms, ","), e.Organiser, e.ProviderMunicipality, e.Target, e.Identity, e.District, e.ValidFrom}
}

type groupRow struct {
	programme events.ProgrammeID
	form      events.Form
	name      events.Name
	places    events.Count
	district  events.District
}

func groupOf(e events.GroupFormed) groupRow {
	return groupRow{e.Programme, e.Form, e.Name, e.Places, e.District}
}

type memberKey struct{ group, child events.ID }

type openedRow struct {
	session, group events.ID
	since          events.Position
}

type sessionRow struct {
	programme events.ProgrammeID
	form      events.Form
	heldOn    events.Day
	provider  events.Municipality
}

const (
	cancelled = "cancelled"
	withdrawn = "withdrawn"
)

type voidKey struct {
	session events.ID
	why     string
}

type markKey struct {
	session, child events.ID
	role           events.Role
	target         events.Target
	home           events.Municipality
}

func markOf(e events.SessionAttended, m events.Mark) markKey {
	return markKey{e.Session, m.Child, cmp.Or(m.Role, events.ChildRole), cmp.Or(m.Target, events.SubstanceAbuse), cmp.Or(m.HomeMunicipality, e.HomeMunicipality)}
}

type countRow struct {
	role   events.Role
	target events.Target
	people events.Count
}

func countOf(c events.HeadCount) countRow {
	return countRow{cmp.Or(c.Role, events.ChildRole), cmp.Or(c.Target, events.SubstanceAbuse), c.Count}
}

type savedRow struct {
	session events.ID
	since   events.Position
}

// entryKey is an entry: what it is of, and its number as PostgreSQL's bigint.
type entryKey struct {
	of     events.ID
	number int64
}

func keyOf(e events.Entry) entryKey {
	return entryKey{e.Of, int64(binary.BigEndian.Uint64(e.Number[:]))}
}

type guestsRow struct {
	events.GuestsCounted
	actor events.ID
	since events.Position
}

type guestsWithdrawnRow struct {
	events.GuestCountWithdrawn
	actor events.ID
	since events.Position
}

type referralRow struct {
	channel    events.Channel
	receivedOn events.Day
	programme  events.ProgrammeID
	form       events.Form
}

type closingRow struct {
	referral events.Entry
	closedOn events.Day
}

type enrolmentRow struct {
	programme  events.ProgrammeID
	form       events.Form
	enrolledOn events.Day
}

type endingRow struct {
	enrolment events.Entry
	endedOn   events.Day
}

type erasedRow struct {
	child events.ID
	since events.Position
}

type messageRow struct {
	position events.Position
	recorded time.Time
	about    events.ID
}

func writeID(id events.ID, w *projections.Row) { w.ID(id) }

func writeEntry(k entryKey, w *projections.Row) {
	w.ID(k.of)
	w.Int64(k.number)
}

// writeMatch writes the number of an entry of the same child, NULL where there is none.
func writeMatch(e events.Entry, w *projections.Row) {
	if e.IsZero() {
		w.NoInt64()
	} else {
		w.Int64(keyOf(e).number)
	}
}
