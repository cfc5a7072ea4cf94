package access

// Permission is one thing that can be allowed. Every route names exactly one.
type Permission string

const (
	Browse           Permission = "browse" // what is known of municipalities to everybody
	ManageAccounts   Permission = "manage_accounts"
	ReadProjections  Permission = "read_projections"
	RebuildFigures   Permission = "rebuild_projections"
	BackUp           Permission = "back_up"
	ReadProgrammes   Permission = "read_programmes"
	WriteProgrammes  Permission = "write_programmes"
	EnterChildren    Permission = "enter_children"
	LabelChildren    Permission = "label_children"
	ReadGroups       Permission = "read_groups"
	WriteGroups      Permission = "write_groups"
	WriteReferrals   Permission = "write_referrals"
	WriteEnrolments  Permission = "write_enrolments"
	ReadSessions     Permission = "read_sessions"
	WriteSessions    Permission = "write_sessions"
	MergeChildren    Permission = "merge_children"
	ReportGuests     Permission = "report_guests"
	Import           Permission = "import"
	ReadReach        Permission = "read_reach"
	ReadRows         Permission = "read_rows" // what a figure is counted from: rows that lead to nobody
	ReadCaseload     Permission = "read_caseload"
	ReadSurvey       Permission = "read_survey"
	WriteSurvey      Permission = "write_survey"
	ApproveSurvey    Permission = "approve_survey"
	SubmitSurvey     Permission = "submit_survey"
	PublishFigures   Permission = "publish_figures"
	ReadReport       Permission = "read_report"
	LoadAnswers      Permission = "load_answers"
	TrustKeys        Permission = "trust_keys"
	ReadSigningKey   Permission = "read_signing_key"
	ReadReference    Permission = "read_reference"
	LoadReference    Permission = "load_reference"
	ReadCase         Permission = "read_case"
	ReadLog          Permission = "read_log"
	RepairLog        Permission = "repair_log"
	FindChildren     Permission = "find_children" // the handle of one whose identity is known, without making any
	DiscloseChildren Permission = "disclose_children"
	EraseChildren    Permission = "erase_children"
	ProtectChildren  Permission = "protect_children"
	ReadListed       Permission = "read_listed" // how many children retention is to erase, and when: which ones it does not say
	ReadReads        Permission = "read_reads"  // who looked a child up, and when
)

// policy is who may do what. What is not in it, nobody may.
var policy = map[Permission][]Role{
	Browse:          {Coordinator, BackOffice, Approver, DataProtection, Auditor, National, Operations},
	ManageAccounts:  {Administrator},
	ReadProjections: {Operations},
	RebuildFigures:  {Operations},
	BackUp:          {Operations}, // sealed: whoever carries it away sees nothing of it

	ReadProgrammes:   {Coordinator, BackOffice, Approver, Auditor},
	WriteProgrammes:  {Coordinator, BackOffice},
	EnterChildren:    {Coordinator},
	LabelChildren:    {Coordinator},
	ReadGroups:       {Coordinator},
	WriteGroups:      {Coordinator},
	WriteReferrals:   {Coordinator},
	WriteEnrolments:  {Coordinator},
	ReadSessions:     {Coordinator},
	WriteSessions:    {Coordinator},
	MergeChildren:    {Coordinator},
	ReportGuests:     {Coordinator, BackOffice},
	Import:           {Coordinator, BackOffice},
	ReadReach:        {BackOffice, Approver, Auditor},
	ReadRows:         {BackOffice, Approver, Auditor},
	ReadCaseload:     {Coordinator},
	ReadSurvey:       {BackOffice, Approver, Auditor},
	WriteSurvey:      {BackOffice},
	ApproveSurvey:    {Approver},
	SubmitSurvey:     {BackOffice, Approver},
	PublishFigures:   {BackOffice},
	ReadReport:       {National},
	LoadAnswers:      {National},
	TrustKeys:        {National},
	ReadSigningKey:   {BackOffice, Approver, Auditor, National, Operations},
	ReadReference:    {BackOffice, Approver, Auditor, National},
	LoadReference:    {National},
	ReadCase:         {Coordinator},
	ReadLog:          {Auditor},
	RepairLog:        {Operations},
	FindChildren:     {Coordinator, DataProtection},
	DiscloseChildren: {DataProtection},
	EraseChildren:    {DataProtection},
	ProtectChildren:  {DataProtection},
	ReadListed:       {Coordinator, DataProtection},
	ReadReads:        {DataProtection},
}

// Permits reports whether a role has a permission, somewhere and in some programme.
func Permits(r Role, p Permission) bool {
	for _, one := range policy[p] {
		if one == r {
			return true
		}
	}
	return false
}
