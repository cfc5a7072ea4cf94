package web

import (
	"strings"

	"rackvidd/services/access"
)

// item is a line of the menu.
type item struct {
	Path, Label string
	Here        bool
}

// Menu names the pages that the visitor may see: of the municipality, where one was chosen, and of the whole.
func (v *visit) Menu() (list []item) {
	if !v.SignedIn() {
		return nil
	}
	add := func(p access.Permission, path, key string) {
		if v.May(p) {
			list = append(list, item{path, v.text().text(key), v.Path() == path || path != v.Home("") && strings.HasPrefix(v.Path(), path+"/")})
		}
	}
	if v.Place != "" {
		add(access.ReadCaseload, v.Home(""), "day.title")
		add(access.ReadGroups, v.Home("groups"), "groups.title")
		add(access.ReadSurvey, v.Home("surveys"), "surveys.title")
		add(access.ReadReach, v.Home("reach"), "reach.title")
		add(access.ReadLog, v.Home("as-of"), "as_of.title")
		add(access.WriteProgrammes, v.Home("programmes"), "programmes.title")
		if !v.May(access.ReadGroups) { // whoever may is led there from the groups
			add(access.ReportGuests, v.Home("guests"), "guests.title")
		}
		add(access.Import, v.Home("import"), "import.title")
		add(access.DiscloseChildren, v.Home("privacy"), "privacy.title")
		add(access.ReadReads, v.Home("reads"), "reads.title")
		add(access.EraseChildren, v.Home("erasures"), "erasures.title")
		add(access.ReadLog, v.Home("log"), "log.title")
		add(access.ReadLog, v.Home("replay"), "replay.title")
	}
	here := v.Place
	v.Place = ""
	add(access.ReadReport, "/report", "report.title")
	add(access.ReadLog, "/national/log", "national_log.title")
	add(access.ReadProjections, "/operations", "operations.title")
	add(access.ManageAccounts, "/users", "users.title")
	v.Place = here
	return list
}

// QuickExit is offered where children are worked with.
func (v *visit) QuickExit() bool { return v.Place != "" && v.May(access.ReadCaseload) }

// MayImport reports whether the visitor may bring a file in: it holds many programmes.
func (v *visit) MayImport() bool {
	return v.Principal.May(access.Import, v.Place, access.EveryProgramme)
}
