package access

// Role is what somebody's work is.
type Role string

const (
	Coordinator    Role = "coordinator"     // own programmes
	BackOffice     Role = "back_office"     // figures and survey; no single child
	Approver       Role = "approver"        // the second pair of eyes
	DataProtection Role = "data_protection" // erasure, disclosure, read log
	Auditor        Role = "auditor"         // log and proofs, read-only
	National       Role = "national"        // protected figures only
	Operations     Role = "operations"      // keeps it running; no data

	// Administrator makes accounts. No token can be given it: only whoever signs in, and the built-in principals.
	Administrator Role = "administrator"
)

// Roles lists those that a token can be given.
func Roles() []Role {
	return []Role{Coordinator, BackOffice, Approver, DataProtection, Auditor, National, Operations}
}

// Codes makes a role a word of a closed list.
func (Role) Codes() (list []string) {
	for _, r := range append(Roles(), Administrator) {
		list = append(list, string(r))
	}
	return list
}
