package caseload

import (
	"rackvidd/events"
	"rackvidd/projections"
)

func newFold() *fold {
	return &fold{
		programmes: projections.NewVersions(projections.VersionTable[events.ProgrammeID, string]{
			Name: "programme", Key: []string{"programme"}, WriteKey: func(id events.ProgrammeID, w *projections.Row) { w.Text(string(id)) },
			Columns: []string{"stated"}, Write: func(s string, w *projections.Row) { w.Text(s) }}),
		groups: projections.NewVersions(projections.VersionTable[events.ID, groupRow]{
			Name: "grp", Key: []string{"grp"}, WriteKey: writeID,
			Columns: []string{"programme", "stated"},
			Write: func(r groupRow, w *projections.Row) {
				w.Text(string(r.programme))
				w.Text(r.stated)
			}}),
		members: projections.NewVersions(projections.VersionTable[memberKey, struct{}]{
			Name: "member", Key: []string{"grp", "child"}, WriteKey: func(k memberKey, w *projections.Row) {
				w.ID(k.group)
				w.ID(k.child)
			}}),
		sessions: projections.NewVersions(projections.VersionTable[events.ID, sessionRow]{
			Name: "session", Key: []string{"session"}, WriteKey: writeID,
			Columns: []string{"programme", "form", "held_on"},
			Write: func(r sessionRow, w *projections.Row) {
				w.Text(string(r.programme))
				w.Text(string(r.form))
				w.Day(r.heldOn)
			}}),
		gatherings: projections.NewFacts(projections.FactTable[gathering]{
			Name: "gathering", Columns: []string{"session", "grp"},
			Write: func(g gathering, w *projections.Row) {
				w.ID(g.session)
				w.ID(g.group)
			}}),
		voids: projections.NewVersions(projections.VersionTable[voidKey, struct{}]{
			Name: "void", Key: []string{"session", "why"}, WriteKey: func(k voidKey, w *projections.Row) {
				w.ID(k.session)
				w.Text(k.why)
			}}),
		marks: projections.NewVersions(projections.VersionTable[markKey, bool]{
			Name: "mark", Key: []string{"session", "child", "role", "target", "home"}, WriteKey: func(k markKey, w *projections.Row) {
				w.ID(k.session)
				w.ID(k.child)
				w.Text(string(k.role))
				w.Text(string(k.target))
				w.Text(string(k.home))
			},
			Columns: []string{"attended"}, Write: func(there bool, w *projections.Row) { w.Bool(there) }}),
		counts: projections.NewVersions(projections.VersionTable[countKey, countRow]{
			Name: "headcount", Key: []string{"session", "number"}, WriteKey: func(k countKey, w *projections.Row) {
				w.ID(k.session)
				w.Int64(k.number)
			},
			Columns: []string{"role", "people"},
			Write: func(r countRow, w *projections.Row) {
				w.Text(string(r.role))
				w.Int(int(r.people))
			}}),
		referrals: projections.NewVersions(projections.VersionTable[entryKey, referralRow]{
			Name: "referral", Key: []string{"child", "number"}, WriteKey: writeEntry,
			Columns: []string{"channel", "received_on", "programme", "form"},
			Write: func(r referralRow, w *projections.Row) {
				w.Text(string(r.channel))
				w.Day(r.receivedOn)
				w.Text(string(r.programme))
				w.Text(string(r.form))
			}}),
		closings: projections.NewVersions(projections.VersionTable[entryKey, closingRow]{
			Name: "closing", Key: []string{"child", "number"}, WriteKey: writeEntry,
			Columns: []string{"referral", "outcome"},
			Write: func(r closingRow, w *projections.Row) {
				w.Int64(r.referral)
				w.Text(string(r.outcome))
			}}),
		enrolments: projections.NewVersions(projections.VersionTable[entryKey, enrolmentRow]{
			Name: "enrolment", Key: []string{"child", "number"}, WriteKey: writeEntry,
			Columns: []string{"programme", "form", "enrolled_on"},
			Write: func(r enrolmentRow, w *projections.Row) {
				w.Text(string(r.programme))
				w.Text(string(r.form))
				w.Day(r.enrolledOn)
			}}),
		endings: projections.NewVersions(projections.VersionTable[entryKey, endingRow]{
			Name: "ending", Key: []string{"child", "number"}, WriteKey: writeEntry,
			Columns: []string{"enrolment", "ended_on"},
			Write: func(r endingRow, w *projections.Row) {
				w.Int64(r.enrolment)
				w.Day(r.endedOn)
			}}),
		merges: projections.NewVersions(projections.VersionTable[events.ID, events.ID]{
			Name: "merge", Key: []string{"child"}, WriteKey: writeID,
			Columns: []string{"into_child"}, Write: writeID}),
	}
}

func writeID(id events.ID, w *projections.Row) { w.ID(id) }

func writeEntry(k entryKey, w *projections.Row) {
	w.ID(k.child)
	w.Int64(k.number)
}
