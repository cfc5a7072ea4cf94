package caseload

import (
	"encoding/binary"

	"rackvidd/events"
	"rackvidd/projections"
)

// entryKey is an entry of a child's case: the child, and its number as PostgreSQL's bigint.
type entryKey struct {
	child  events.ID
	number int64
}

func keyOf(e events.Entry) entryKey {
	return entryKey{e.Of, int64(binary.BigEndian.Uint64(e.Number[:]))}
}

func (k entryKey) entry() events.Entry {
	e := events.Entry{Of: k.child}
	binary.BigEndian.PutUint64(e.Number[:], uint64(k.number))
	return e
}

type referralRow struct {
	channel    events.Channel
	receivedOn events.Day
	programme  events.ProgrammeID
	form       events.Form
}

type closingRow struct {
	referral int64
	outcome  events.Outcome
	closedOn events.Day
}

type enrolmentRow struct {
	programme  events.ProgrammeID
	form       events.Form
	enrolledOn events.Day
	home       events.Municipality
}

type endingRow struct {
	enrolment int64
	endedOn   events.Day
}

type erasedRow struct {
	child events.ID
	since events.Position
}

type touchedRow struct {
	child events.ID
	since events.Position
}

func newFold() *fold {
	f := &fold{
		merges: projections.NewVersions(projections.VersionTable[events.ID, events.ID]{
			Name: "merge", Key: []string{"child"}, WriteKey: writeID, Columns: []string{"into_child"}, Write: writeID,
		}),
		erased: projections.NewFacts(projections.FactTable[erasedRow]{
			Name: "erased", Columns: []string{"child", "since"},
			Write: func(r erasedRow, w *projections.Row) { w.ID(r.child); w.Position(r.since) },
		}),
		touched: projections.NewFacts(projections.FactTable[touchedRow]{
			Name: "touched", Columns: []string{"child", "since"},
			Write: func(r touchedRow, w *projections.Row) { w.ID(r.child); w.Position(r.since) },
		}),
	}
	f.caseTables()
	f.endTables()
	return f
}

func (f *fold) caseTables() {
	f.referrals = projections.NewVersions(projections.VersionTable[entryKey, referralRow]{
		Name: "referral", Key: []string{"child", "number"}, WriteKey: writeEntry,
		Columns: []string{"channel", "received_on", "programme", "form"},
		Write: func(r referralRow, w *projections.Row) {
			w.Text(string(r.channel))
			w.Day(r.receivedOn)
			w.Text(string(r.programme))
			w.Text(string(r.form))
		},
	})
	f.enrolments = projections.NewVersions(projections.VersionTable[entryKey, enrolmentRow]{
		Name: "enrolment", Key: []string{"child", "number"}, WriteKey: writeEntry,
		Columns: []string{"programme", "form", "enrolled_on", "home"},
		Write: func(r enrolmentRow, w *projections.Row) {
			w.Text(string(r.programme))
			w.Text(string(r.form))
			w.Day(r.enrolledOn)
			w.Text(string(r.home))
		},
	})
}

func (f *fold) endTables() {
	f.closings = projections.NewVersions(projections.VersionTable[entryKey, closingRow]{
		Name: "closing", Key: []string{"child", "number"}, WriteKey: writeEntry,
		Columns: []string{"referral", "outcome", "closed_on"},
		Write: func(r closingRow, w *projections.Row) {
			w.Int64(r.referral)
			w.Text(string(r.outcome))
			w.Day(r.closedOn)
		},
	})
	f.endings = projections.NewVersions(projections.VersionTable[entryKey, endingRow]{
		Name: "ending", Key: []string{"child", "number"}, WriteKey: writeEntry,
		Columns: []string{"enrolment", "ended_on"},
		Write:   func(r endingRow, w *projections.Row) { w.Int64(r.enrolment); w.Day(r.endedOn) },
	})
}

func writeID(id events.ID, w *projections.Row) { w.ID(id) }

func writeEntry(k entryKey, w *projections.Row) {
	w.ID(k.child)
	w.Int64(k.number)
}
