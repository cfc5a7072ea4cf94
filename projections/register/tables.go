package register

import (
	"rackvidd/events"
	"rackvidd/projections"
)

func newFold() *fold {
	f := &fold{
		merges: projections.NewVersions(projections.VersionTable[events.ID, events.ID]{
			Name: "merge", Key: []string{"child"}, WriteKey: writeID, Columns: []string{"into_child"}, Write: writeID,
		}),
		erased: projections.NewFacts(projections.FactTable[erasedRow]{
			Name: "erased", Columns: []string{"child", "since"},
			Write: func(r erasedRow, w *projections.Row) { w.ID(r.child); w.Position(r.since) },
		}),
		messages: projections.NewFacts(projections.FactTable[messageRow]{
			Name: "message", Columns: []string{"position", "recorded", "about"},
			Write: func(r messageRow, w *projections.Row) {
				w.Position(r.position)
				w.Time(r.recorded)
				w.ID(r.about)
			},
		}),
	}
	f.offerTables()
	f.sessionTables()
	f.registerTables()
	f.guestTables()
	f.caseTables()
	f.endTables()
	return f
}

func (f *fold) offerTables() {
	f.programmes = projections.NewVersions(projections.VersionTable[events.ProgrammeID, programmeRow]{
		Name: "programme", Key: []string{"programme"},
		WriteKey: func(id events.ProgrammeID, w *projections.Row) { w.Text(string(id)) },
		Columns:  []string{"name", "forms", "organiser", "provider", "target", "identity", "district", "valid_from"},
		Write: func(r programmeRow, w *projections.Row) {
			w.Text(string(r.name))
			w.Text(r.forms)
			w.Text(string(r.organiser))
			w.Text(string(r.provider))
			w.Text(string(r.target))
			w.Text(string(r.identity))
			w.Text(string(r.district))
			w.Day(r.validFrom)
		},
	})
	f.groups = projections.NewVersions(projections.VersionTable[events.ID, groupRow]{
		Name: "groups", Key: []string{"grp"}, WriteKey: writeID,
		Columns: []string{"programme", "form", "name", "places", "district"},
		Write: func(r groupRow, w *projections.Row) {
			w.Text(string(r.programme))
			w.Text(string(r.form))
			w.Text(string(r.name))
			w.Int(int(r.places))
			w.Text(string(r.district))
		},
	})
	f.closures = projections.NewVersions(projections.VersionTable[events.ID, events.Day]{
		Name: "closure", Key: []string{"grp"}, WriteKey: writeID, Columns: []string{"closed_on"}, Write: func(day events.Day, w *projections.Row) { w.Day(day) },
	})
	f.members = projections.NewVersions(projections.VersionTable[memberKey, struct{}]{
		Name: "member", Key: []string{"grp", "child"},
		WriteKey: func(k memberKey, w *projections.Row) { w.ID(k.group); w.ID(k.child) },
	})
}

func (f *fold) sessionTables() {
	f.opened = projections.NewFacts(projections.FactTable[openedRow]{
		Name: "opened", Columns: []string{"session", "grp", "since"},
		Write: func(r openedRow, w *projections.Row) {
			w.ID(r.session)
			w.ID(r.group)
			w.Position(r.since)
		},
	})
	f.sessions = projections.NewVersions(projections.VersionTable[events.ID, sessionRow]{
		Name: "session", Key: []string{"session"}, WriteKey: writeID,
		Columns: []string{"programme", "form", "held_on", "provider"},
		Write: func(r sessionRow, w *projections.Row) {
			w.Text(string(r.programme))
			w.Text(string(r.form))
			w.Day(r.heldOn)
			w.Text(string(r.provider))
		},
	})
	f.voids = projections.NewVersions(projections.VersionTable[voidKey, struct{}]{
		Name: "void", Key: []string{"session", "why"},
		WriteKey: func(k voidKey, w *projections.Row) { w.ID(k.session); w.Text(k.why) },
	})
}

func (f *fold) registerTables() {
	f.marks = projections.NewVersions(projections.VersionTable[markKey, bool]{
		Name: "mark", Key: []string{"session", "child", "role", "target", "home"},
		WriteKey: func(k markKey, w *projections.Row) {
			w.ID(k.session)
			w.ID(k.child)
			w.Text(string(k.role))
			w.Text(string(k.target))
			w.Text(string(k.home))
		},
		Columns: []string{"attended"}, Write: func(attended bool, w *projections.Row) { w.Bool(attended) },
	})
	f.counts = projections.NewVersions(projections.VersionTable[entryKey, countRow]{
		Name: "headcount", Key: []string{"session", "number"}, WriteKey: writeEntry,
		Columns: []string{"role", "target", "people"},
		Write: func(r countRow, w *projections.Row) {
			w.Text(string(r.role))
			w.Text(string(r.target))
			w.Int(int(r.people))
		},
	})
	f.saved = projections.NewFacts(projections.FactTable[savedRow]{
		Name: "saved", Columns: []string{"session", "since"},
		Write: func(r savedRow, w *projections.Row) { w.ID(r.session); w.Position(r.since) },
	})
}

func (f *fold) guestTables() {
	f.guests = projections.NewFacts(projections.FactTable[guestsRow]{
		Name: "guests", Columns: []string{"report", "provider", "programme", "form", "held_on", "children", "actor", "since"},
		Write: func(r guestsRow, w *projections.Row) {
			w.ID(r.Report)
			w.Text(string(r.ProviderMunicipality))
			w.Text(string(r.Programme))
			w.Text(string(r.Form))
			w.Day(r.HeldOn)
			w.Int(int(r.Children))
			w.ID(r.actor)
			w.Position(r.since)
		},
	})
	f.uncounted = projections.NewFacts(projections.FactTable[guestsWithdrawnRow]{
		Name: "guests_withdrawn", Columns: []string{"report", "reason", "actor", "since"},
		Write: func(r guestsWithdrawnRow, w *projections.Row) {
			w.ID(r.Report)
			w.Text(string(r.Reason))
			w.ID(r.actor)
			w.Position(r.since)
		},
	})
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
		Columns: []string{"programme", "form", "enrolled_on"},
		Write: func(r enrolmentRow, w *projections.Row) {
			w.Text(string(r.programme))
			w.Text(string(r.form))
			w.Day(r.enrolledOn)
		},
	})
}

func (f *fold) endTables() {
	f.closings = projections.NewVersions(projections.VersionTable[entryKey, closingRow]{
		Name: "closing", Key: []string{"child", "number"}, WriteKey: writeEntry,
		Columns: []string{"referral", "closed_on"},
		Write: func(r closingRow, w *projections.Row) {
			writeMatch(r.referral, w)
			w.Day(r.closedOn)
		},
	})
	f.endings = projections.NewVersions(projections.VersionTable[entryKey, endingRow]{
		Name: "ending", Key: []string{"child", "number"}, WriteKey: writeEntry,
		Columns: []string{"enrolment", "ended_on"},
		Write: func(r endingRow, w *projections.Row) {
			writeMatch(r.enrolment, w)
			w.Day(r.endedOn)
		},
	})
}
