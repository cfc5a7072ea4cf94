package surveying

import (
	"rackvidd/events"
)

// Sheet is one municipality's survey about one year, named as in the HTTP contract.
type Sheet struct {
	Municipality    events.Municipality `json:"municipality"`
	Year            events.Year         `json:"year"`
	Form            events.FormID       `json:"form"`
	Title           string              `json:"title"`
	State           State               `json:"state"`
	Version         int                 `json:"version"`
	Due             *events.Day         `json:"due" doc:"the day by which the answers are wanted; null: the form tells none"`
	Position        events.Position     `json:"position" doc:"of the log, that the answers follow from"`
	Answers         []Answer            `json:"answers"`
	Checks          []Check             `json:"checks"`
	Remarks         []Remark            `json:"remarks" doc:"comments beside questions"`
	LastYear        LastYear            `json:"last_year" doc:"what the checks compare with; of a survey that was checked as it was then"`
	Submitted       *SubmittedVersion   `json:"submitted" doc:"the latest version that was; null before the first"`
	SinceCheck      *Since              `json:"since_check" doc:"what would be counted today instead of what was checked and is not submitted yet; null: the same"`
	SinceSubmission *Since              `json:"since_submission"`
	Reason          string              `json:"reason,omitempty" doc:"why it was amended or returned"`
	ReasonGone      Gone                `json:"reason_gone,omitempty" doc:"what became of the reason, where it is not there as it was written"`
	PreparedBy      []events.ID         `json:"prepared_by" doc:"the accounts that worked on this version: they cannot approve it"`
	Steps           []Step              `json:"steps"`
	ETag            events.Position     `json:"-"`
}

// InList is how far the survey about a year has come.
type InList struct {
	Year      events.Year   `json:"year"`
	Form      events.FormID `json:"form"`
	State     State         `json:"state"`
	Version   int           `json:"version" doc:"of the answers"`
	Submitted int           `json:"submitted" doc:"the version that was submitted last; 0: none was"`
	Due       *events.Day   `json:"due" doc:"the day by which the answers are wanted; null: the form tells none"`
	Last      *Step         `json:"last" doc:"the step that was taken last; null: nobody has begun"`
}

// Remark is a comment beside a question.
type Remark struct {
	Question events.Question `json:"question"`
	Comment  string          `json:"comment"`
	Gone     Gone            `json:"gone,omitempty" doc:"what became of the comment, where it is not there as it was written"`
}

// SubmittedVersion is what an answer was submitted with.
type SubmittedVersion struct {
	Version    int                   `json:"version"`
	Position   events.Position       `json:"position"`
	Definition events.DefinitionID   `json:"definition"`
	Program    events.ProgramVersion `json:"program"`
	Statement  *Statement            `json:"statement" doc:"what was signed of it; null until the log is archived that far"`
}

// Statement is what was signed of a submitted version: it proves what was submitted, and from which log.
type Statement struct {
	Position events.Position `json:"position" doc:"of the log, at which it was submitted"`
	Root     string          `json:"root" doc:"RFC 6962, in hex, of the log up to there"`
	Figures  string          `json:"figures" doc:"HMAC-SHA-256, in hex, of the figures, keyed with the message of the submission: it tells nothing of them to whoever has it alone; of a statement v1 their SHA-256"`
	Note     string          `json:"note" doc:"the statement itself: a signed note (C2SP signed-note)"`
}

// Since is what would be said today of a submitted number. The items sum exactly to the difference.
type Since struct {
	Submitted      int         `json:"submitted" doc:"or checked, in since_check"`
	Today          int         `json:"today"`
	SubmittedUpper int         `json:"submitted_upper" doc:"how many it can have been at most, as was submitted or checked"`
	TodayUpper     int         `json:"today_upper"`
	Position       int64       `json:"position" doc:"of the log, that today's number follows from"`
	Sentence       string      `json:"sentence"`
	Items          []SinceItem `json:"items"`
}

// SinceItem is how many more or fewer children for one reason: late, corrected, withdrawn, merged, unmerged, guest, definition
// or unidentified; given is what somebody gave instead of the number that was counted.
type SinceItem struct {
	Reason   string `json:"reason"`
	Children int    `json:"children"`
}

// reasons are what an item's reason is called, of one child and of several.
var reasons = map[string][2]Text{
	"late":         {say("sen registrering", "late record"), say("sena registreringar", "late records")},
	"corrected":    {say("rättelse", "correction"), say("rättelser", "corrections")},
	"withdrawn":    {say("registrering som är tagen tillbaka", "withdrawn record"), say("registreringar som är tagna tillbaka", "withdrawn records")},
	"merged":       {say("sammanslaget barn", "merged child"), say("sammanslagna barn", "merged children")},
	"unmerged":     {say("ångrad sammanslagning", "merge undone"), say("ångrade sammanslagningar", "merges undone")},
	"guest":        {say("gäst i en annan kommun", "guest elsewhere"), say("gäster i andra kommuner", "guests elsewhere")},
	"definition":   {say("genom annan definition", "by another definition"), say("genom annan definition", "by another definition")},
	"unidentified": {say("oidentifierad deltagare", "unidentified attendance"), say("oidentifierade deltagare", "unidentified attendances")},
	"given":        {say("angivet i stället för räknat", "given instead of counted"), say("angivna i stället för räknade", "given instead of counted")},
}

// WasSubmitted and WasChecked are what became of a number that another would be counted instead of today.
var WasSubmitted, WasChecked = say("inlämnat", "submitted"), say("kontrollerat", "checked")

// Say says in a sentence what changed, by the items, since a number was submitted or checked.
func (d *Since) Say(was Text, items []SinceItem, l Language) {
	d.Items = append([]SinceItem{}, items...)
	t := was.and(say("%[1]d, i dag %[2]d", "%[1]d, today %[2]d", d.Submitted, d.Today))
	separator := ": "
	for _, i := range items {
		t.SV += separator + i.sentence(Swedish)
		t.EN += separator + i.sentence(English)
		separator = ", "
	}
	if d.TodayUpper != d.SubmittedUpper && d.TodayUpper-d.Today != d.SubmittedUpper-d.Submitted {
		most := say("; högst %[1]d, i dag högst %[2]d", "; at most %[1]d, today at most %[2]d", d.SubmittedUpper, d.TodayUpper)
		t.SV += most.SV
		t.EN += most.EN
	}
	d.Sentence = t.In(l)
}

// Word is what the item's reason is called.
func (i SinceItem) Word(l Language) string { return reasons[i.Reason][1].In(l) }

func (i SinceItem) sentence(l Language) string {
	n := abs(i.Children)
	words, known := reasons[i.Reason]
	if !known {
		words = [2]Text{{i.Reason, i.Reason}, {i.Reason, i.Reason}}
	}
	text := words[1]
	if n == 1 {
		text = words[0]
	}
	sign := ""
	if i.Children < 0 {
		sign = "−"
	}
	return say(sign+"%d ", sign+"%d ", n).In(l) + text.In(l)
}
