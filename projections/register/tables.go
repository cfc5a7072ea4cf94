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
			Name: "message", Columns: []string{"position", "recorded", "actor", "about"},
			Write: func(r messageRow, w *projections.Row) {
				w.Position(r.position)
				w.Time(r.recorded)
				w.ID(r.actor)
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
		Name: "opened", Columns: []string{"session", "grp", "district", "since"},
		Write: func(r openedRow, w *projections.Row) {
			w.ID(r.session)
			w.ID(r.group)
			w.Text(string(r.district))
			w.Position(r.since)
		},
	})
	f.sessions = projections.NewVersions(projections.VersionTable[events.ID, sessionRow]{
		Name: "session", Key: []string{"session"}, WriteKey: writeID,
		Columns: []string{"programme", "form", "held_on", "provider", "reason"},
		Write: func(r sessionRow, w *projections.Row) {
			w.Text(string(r.programme))
			w.Text(string(r.form))
			w.Day(r.heldOn)
			w.Text(string(r.provider))
			w.Text(string(r.reason))
		},
	})
	f.voids = projections.NewVersions(projections.VersionTable[voidKey, events.Reason]{
		Name: "void", Key: []string{"session", "why"},
		WriteKey: func(k voidKey, w *projections.Row) { w.ID(k.session); w.Text(k.why) },
		Columns:  []string{"reason"}, Write: func(r events.Reason, w *projections.Row) { w.Text(string(r)) },
	})
}

func (f *fold) registerTables() {
	f.marks = projections.NewVersions(projections.VersionTable[markKey, markRow]{
		Name: "mark", Key: []string{"session", "child", "role", "target", "home"},
		WriteKey: func(k markKey, w *projections.Row) {
			w.ID(k.session)
			w.ID(k.child)
			w.Text(string(k.role))
			w.Text(string(k.target))
			w.Text(string(k.home))
		},
		Columns: []string{"attended", "marked_at"},
		Write:   func(r markRow, w *projections.Row) { w.Bool(r.attended); w.Int64(int64(r.at)) },
	})
	f.counts = projections.NewVersions(projections.VersionTable[entryKey, countRow]{
		Name: "headcount", Key: []string{"session", "number"}, WriteKey: writeEntry,
		Columns: []string{"role", "target", "home", "people"},
		Write: func(r countRow, w *projections.Row) {
			w.Text(string(r.role))
			w.Text(string(r.target))
			w.Text(string(r.home))
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
		Name: "guests", Columns: []string{"report", "provider", "programme", "form", "held_on", "children", "since"},
		Write: func(r guestsRow, w *projections.Row) {
			w.ID(r.Report)
			w.Text(string(r.ProviderMunicipality))
			w.Text(string(r.Programme))
			w.Text(string(r.Form))
			w.Day(r.HeldOn)
			w.Int(int(r.Children))
			w.Position(r.since)
		},
	})
	f.uncounted = projections.NewFacts(projections.FactTable[guestsWithdrawnRow]{
		Name: "guests_withdrawn", Columns: []string{"report", "reason", "since"},
		Write: func(r guestsWithdrawnRow, w *projections.Row) {
			w.ID(r.Report)
			w.Text(string(r.Reason))
			w.Position(r.since)
		},
	})
}

func (f *fold) caseTables() {
	f.referrals = projections.NewVersions(projections.VersionTable[entryKey, referralRow]{
		Name: "referral", Key: []string{"child", "number"}, WriteKey: writeEntry,
		Columns: []string{"channel", "received_on", "programme", "form", "reason"},
		Write: func(r referralRow, w *projections.Row) {
			w.Text(string(r.channel))
			w.Day(r.receivedOn)
			w.Text(string(r.programme))
			w.Text(string(r.form))
			w.Text(string(r.reason))
		},
	})
	f.enrolments = projections.NewVersions(projections.VersionTable[entryKey, enrolmentRow]{
		Name: "enrolment", Key: []string{"child", "number"}, WriteKey: writeEntry,
		Columns: []string{"programme", "form", "enrolled_on", "home", "target", "reason"},
		Write: func(r enrolmentRow, w *projections.Row) {
			w.Text(string(r.programme))
			w.Text(string(r.form))
			w.Day(r.enrolledOn)
			w.Text(string(r.home))
			w.Text(string(r.target))
			w.Text(string(r.reason))
		},
	})
}

func (f *fold) endTables() {
	f.closings = projections.NewVersions(projections.VersionTable[entryKey, closingRow]{
		Name: "closing", Key: []string{"child", "number"}, WriteKey: writeEntry,
		Columns: []string{"referral", "outcome", "closed_on"},
		Write: func(r closingRow, w *projections.Row) {
			writeMatch(r.referral, w)
			w.Text(string(r.outcome))
			w.Day(r.closedOn)
		},
	})
	f.endings = projections.NewVersions(projections.VersionTable[entryKey, endingRow]{
		Name: "ending", Key: []string{"child", "number"}, WriteKey: writeEntry,
		Columns: []string{"enrolment", "reason", "ended_on"},
		Write: func(r endingRow, w *projections.Row) {
			writeMatch(r.enrolment, w)
			w.Text(string(r.reason))
			w.Day(r.endedOn)
		},
	})
	f.withdrawals = projections.NewFacts(projections.FactTable[withdrawalRow]{
		Name: "withdrawal", Columns: []string{"child", "number", "reason", "since"},
		Write: func(r withdrawalRow, w *projections.Row) {
			writeEntry(r.entryKey, w)
			w.Text(string(r.reason))
			w.Position(r.since)
		},
	})
}
