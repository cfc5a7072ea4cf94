package reach

import (
	"rackvidd/events"
	"rackvidd/projections"
)

func newFold() *fold {
	return &fold{
		received: make(map[entryKey]int),
		sessions: projections.NewVersions(projections.VersionTable[events.ID, sessionRow]{
			Name: "session", Key: []string{"session"}, WriteKey: writeID,
			Columns: []string{"programme", "form", "held_on", "provider"},
			Write: func(r sessionRow, w *projections.Row) {
				w.Text(string(r.programme))
				w.Text(string(r.form))
				w.Day(r.heldOn)
				w.Text(string(r.provider))
			},
		}),
		voids: projections.NewVersions(projections.VersionTable[voidKey, struct{}]{
			Name: "void", Key: []string{"session", "why"}, WriteKey: func(k voidKey, w *projections.Row) {
				w.ID(k.session)
				w.Text(k.why)
			},
		}),
		marks: projections.NewVersions(projections.VersionTable[markKey, struct{}]{
			Name: "attendance", Key: []string{"session", "child", "target", "home"}, WriteKey: func(k markKey, w *projections.Row) {
				w.ID(k.session)
				w.ID(k.child)
				w.Text(string(k.target))
				w.Text(string(k.home))
			},
		}),
		counts: projections.NewVersions(projections.VersionTable[countKey, countRow]{
			Name: "headcount", Key: []string{"session", "number"}, WriteKey: func(k countKey, w *projections.Row) {
				w.ID(k.session)
				w.Int64(k.number)
			},
			Columns: []string{"target", "home", "children"},
			Write: func(r countRow, w *projections.Row) {
				w.Text(string(r.target))
				w.Text(string(r.home))
				w.Int(int(r.children))
			},
		}),
		guests: projections.NewVersions(projections.VersionTable[events.ID, guestsRow]{
			Name: "guests", Key: []string{"report"}, WriteKey: writeID,
			Columns: []string{"form", "held_on", "children"},
			Write: func(r guestsRow, w *projections.Row) {
				w.Text(string(r.form))
				w.Day(r.heldOn)
				w.Int(int(r.children))
			},
		}),
		referrals: projections.NewVersions(projections.VersionTable[entryKey, referralRow]{
			Name: "referral", Key: []string{"child", "number"}, WriteKey: writeEntry,
			Columns: []string{"channel", "received_on", "ordinal"},
			Write: func(r referralRow, w *projections.Row) {
				w.Text(string(r.channel))
				w.Day(r.receivedOn)
				w.Int(r.ordinal)
			},
		}),
		enrolments: projections.NewVersions(projections.VersionTable[entryKey, enrolmentRow]{
			Name: "enrolment", Key: []string{"child", "number"}, WriteKey: writeEntry,
			Columns: []string{"programme", "form", "enrolled_on", "home"},
			Write: func(r enrolmentRow, w *projections.Row) {
				w.Text(string(r.programme))
				w.Text(string(r.form))
				w.Day(r.enrolledOn)
				w.Text(string(r.home))
			},
		}),
		endings: projections.NewVersions(projections.VersionTable[entryKey, endingRow]{
			Name: "ending", Key: []string{"child", "number"}, WriteKey: writeEntry,
			Columns: []string{"enrolment", "ended_on"},
			Write: func(r endingRow, w *projections.Row) {
				w.Int64(r.enrolment)
				w.Day(r.endedOn)
			},
		}),
		merges: projections.NewVersions(projections.VersionTable[events.ID, events.ID]{
			Name: "merge", Key: []string{"child"}, WriteKey: writeID,
			Columns: []string{"into_child"}, Write: writeID,
		}),
		programmes: projections.NewVersions(projections.VersionTable[events.ProgrammeID, events.Target]{
			Name: "programme", Key: []string{"programme"}, WriteKey: func(id events.ProgrammeID, w *projections.Row) { w.Text(string(id)) },
			Columns: []string{"target"}, Write: func(t events.Target, w *projections.Row) { w.Text(string(t)) },
		}),
		erasures: projections.NewFacts(projections.FactTable[erasure]{
			Name: "erased", Columns: []string{"child", "since"},
			Write: func(e erasure, w *projections.Row) {
				w.ID(e.child)
				w.Position(e.since)
			},
		}),
		spans: projections.NewFacts(projections.FactTable[span]{
			Name: "span", Columns: []string{"first", "last"},
			Write: func(s span, w *projections.Row) {
				w.Position(s.first)
				w.Position(s.last)
			},
		}),
		stated: projections.NewFirsts(projections.FirstTable[statement]{
			Name: "statement", Key: []string{"child", "birth_year", "gender", "correction"},
			WriteKey: func(s statement, w *projections.Row) {
				w.ID(s.child)
				w.Int(int(s.birthYear))
				w.Text(string(s.gender))
				w.Position(s.correction)
			},
		}),
	}
}

func writeID(id events.ID, w *projections.Row) { w.ID(id) }

func writeEntry(k entryKey, w *projections.Row) {
	w.ID(k.child)
	w.Int64(k.number)
}
