package intake_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"rackvidd/events"
	"rackvidd/services/intake"
	"rackvidd/services/surveying"
)

// An identity number in the form of Skatteverket's test numbers, of somebody born in 2012.
const testNumber = "201203042393"

var today = events.Date(2026, 11, 22)

func options() intake.Options { return intake.Options{Municipality: "1880", Today: today} }

func TestARowThatKeepsEveryRuleIsRead(t *testing.T) {
	rows, rejected := read(t, `record_id,type,session,occurred_on,child,programme,form,channel,outcome,reason,birth_year,gender,role,home_municipality,count,target
r1,referral_received,,2025-01-07,b-1,sputnik,support_group,school,,,2014,girl,,,,
r2,referral_closed,,2025-01-09,b-1,,,,accepted,,,,,,,
r3,child_enrolled,,2025-01-14,b-1,sputnik,support_group,,,,,,,1885,,other
r4,session_attended,s1,2025-01-14,b-1,sputnik,support_group,,,,,,adult,,,
r5,session_attended,s1,2025-01-14,,sputnik,support_group,,,,,,,,3,
r6,session_cancelled,,2025-01-21,,sputnik,support_group,,,,,,,,,
r7,enrolment_ended,,2025-06-10,b-1,sputnik,support_group,,,completed,,,,,,
`)
	want := []intake.Row{
		{Line: 2, RecordID: "r1", Type: intake.ReferralReceived, OccurredOn: events.Date(2025, 1, 7), Child: "b-1", Programme: "sputnik", Form: "support_group", Channel: "school", BirthYear: 2014, Gender: "girl", Role: "child", Home: "1880", Target: "substance_abuse"},
		{Line: 3, RecordID: "r2", Type: intake.ReferralClosed, OccurredOn: events.Date(2025, 1, 9), Child: "b-1", Channel: "unknown", Outcome: "accepted", Role: "child", Home: "1880", Target: "substance_abuse"},
		{Line: 4, RecordID: "r3", Type: intake.ChildEnrolled, OccurredOn: events.Date(2025, 1, 14), Child: "b-1", Programme: "sputnik", Form: "support_group", Role: "child", Home: "1885", Target: "other"},
		{Line: 5, RecordID: "r4", Session: "s1", Type: intake.SessionAttended, OccurredOn: events.Date(2025, 1, 14), Child: "b-1", Programme: "sputnik", Form: "support_group", Role: "adult", Home: "1880", Target: "substance_abuse"},
		{Line: 6, RecordID: "r5", Session: "s1", Type: intake.SessionAttended, OccurredOn: events.Date(2025, 1, 14), Programme: "sputnik", Form: "support_group", Count: 3, Role: "child", Home: "1880", Target: "substance_abuse"},
		{Line: 7, RecordID: "r6", Type: intake.SessionCancelled, OccurredOn: events.Date(2025, 1, 21), Programme: "sputnik", Form: "support_group", Role: "child", Home: "1880", Target: "substance_abuse"},
		{Line: 8, RecordID: "r7", Type: intake.EnrolmentEnded, OccurredOn: events.Date(2025, 6, 10), Child: "b-1", Programme: "sputnik", Form: "support_group", Reason: "completed", Role: "child", Home: "1880", Target: "substance_abuse"},
	}
	if len(rejected) > 0 || !reflect.DeepEqual(rows, want) {
		t.Errorf("read %+v\nrejected %+v\nwant %+v", rows, rejected, want)
	}
}

func TestARowThatBreaksARuleIsRejectedByColumnAndCode(t *testing.T) {
	const head = "record_id,type,session,occurred_on,child,programme,form,channel,outcome,reason,birth_year,gender,role,home_municipality,count,target\n"
	tests := []struct{ name, row, column, code string }{
		{"no record id", ",session_attended,,2025-01-01,b,p,camp,,,,,,,,,", "record_id", "missing_record_id"},
		{"a record id of 201 characters", strings.Repeat("å", 201) + ",session_attended,,2025-01-01,b,p,camp,,,,,,,,,", "record_id", "invalid_record_id"},
		{"a record id that lost its digits", `"1,98E+11",session_attended,,2025-01-01,b,p,camp,,,,,,,,,`, "record_id", "invalid_record_id"},
		{"no type", "r,,,2025-01-01,b,p,camp,,,,,,,,,", "type", "missing_type"},
		{"an unknown type", "r,absent,,2025-01-01,b,p,camp,,,,,,,,,", "type", "unknown_type"},
		{"no day", "r,session_attended,,,b,p,camp,,,,,,,,,", "occurred_on", "missing_occurred_on"},
		{"a day that does not exist", "r,session_attended,,2025-02-29,b,p,camp,,,,,,,,,", "occurred_on", "invalid_occurred_on"},
		{"a day with a time zone", "r,session_attended,,2025-02-20T23:30:00Z,b,p,camp,,,,,,,,,", "occurred_on", "invalid_occurred_on"},
		{"a spreadsheet's day number in a text file", "r,session_attended,,45678,b,p,camp,,,,,,,,,", "occurred_on", "invalid_occurred_on"},
		{"tomorrow", "r,session_attended,,2026-11-23,b,p,camp,,,,,,,,,", "occurred_on", "future_date"},
		{"a session that is not printable", "r,session_attended,a\x01b,2025-01-01,b,p,camp,,,,,,,,,", "session", "invalid_session"},
		{"no child", "r,session_attended,,2025-01-01,,p,camp,,,,,,,,,", "child", "missing_child"},
		{"a referral of nobody", "r,referral_received,,2025-01-01,,,,school,,,,,,,,", "child", "missing_child"},
		{"a referral of a count", "r,referral_received,,2025-01-01,,,,school,,,,,,,2,", "child", "missing_child"},
		{"a child with a mistyped identity number", "r,session_attended,,2025-01-01,201203042394,p,camp,,,,,,,,,", "child", "invalid_identity_number"},
		{"a child with a mistyped number that a program took for a fraction", "r,session_attended,,2025-01-01,201203042394.0,p,camp,,,,,,,,,", "child", "invalid_identity_number"},
		{"a child with a mistyped number in short", "r,session_attended,,2025-01-01,120304-2394,p,camp,,,,,,,,,", "child", "invalid_identity_number"},
		{"a child with a mistyped number and spaces", "r,session_attended,,2025-01-01,2012 0304 - 2394,p,camp,,,,,,,,,", "child", "invalid_identity_number"},
		{"a child whose number lost its zero", "r,session_attended,,2025-01-01,503042392,p,camp,,,,,,,,,", "child", "lost_zero"},
		{"an adult who is enrolled", "r,child_enrolled,,2025-01-01,b,p,camp,,,,,,adult,,,", "role", "not_for_this_type"},
		{"an adult who is referred", "r,referral_received,,2025-01-01,b,,,school,,,,,adult,,,", "role", "not_for_this_type"},
		{"a child of 201 characters", "r,session_attended,,2025-01-01," + strings.Repeat("b", 201) + ",p,camp,,,,,,,,,", "child", "invalid_child"},
		{"a child that cannot be seen", "r,session_attended,,2025-01-01,b\u200b1,p,camp,,,,,,,,,", "child", "invalid_child"},
		{"a child that lost its digits", `r,session_attended,,2025-01-01,"2,01E+11",p,camp,,,,,,,,,`, "child", "invalid_child"},
		{"a child that a formula lost", "r,session_attended,,2025-01-01,#SAKNAS!,p,camp,,,,,,,,,", "child", "error_value"},
		{"no programme", "r,session_attended,,2025-01-01,b,,camp,,,,,,,,,", "programme", "missing_programme"},
		{"a programme of 65 characters", "r,session_attended,,2025-01-01,b," + strings.Repeat("p", 65) + ",camp,,,,,,,,,", "programme", "invalid_programme"},
		{"a programme that is a person", "r,session_attended,,2025-01-01,b," + testNumber + ",camp,,,,,,,,,", "programme", "identity_outside_child"},
		{"a programme that a formula lost", "r,session_attended,,2025-01-01,b,#REF!,camp,,,,,,,,,", "programme", "error_value"},
		{"no form", "r,child_enrolled,,2025-01-01,b,p,,,,,,,,,,", "form", "missing_form"},
		{"a cancelled session without programme", "r,session_cancelled,,2025-01-01,,,camp,,,,,,,,,", "programme", "missing_programme"},
		{"an unknown form", "r,session_attended,,2025-01-01,b,p,choir,,,,,,,,,", "form", "unknown_form"},
		{"a form that is a person", "r,session_attended,,2025-01-01,b,p,20120304-2393,,,,,,,,,", "form", "identity_outside_child"},
		{"an unknown channel", "r,referral_received,,2025-01-01,b,,,neighbour,,,,,,,,", "channel", "unknown_channel"},
		{"a channel that is a telephone", "r,referral_received,,2025-01-01,b,,,070-174 06 05,,,,,,,,", "channel", "identity_outside_child"},
		{"no outcome", "r,referral_closed,,2025-01-01,b,,,,,,,,,,,", "outcome", "missing_outcome"},
		{"an unknown outcome", "r,referral_closed,,2025-01-01,b,,,,maybe,,,,,,,", "outcome", "unknown_outcome"},
		{"an outcome of an attendance", "r,session_attended,,2025-01-01,b,p,camp,,accepted,,,,,,,", "outcome", "not_for_this_type"},
		{"no reason", "r,enrolment_ended,,2025-01-01,b,p,camp,,,,,,,,,", "reason", "missing_reason"},
		{"an unknown reason", "r,enrolment_ended,,2025-01-01,b,p,camp,,,tired,,,,,,", "reason", "unknown_reason"},
		{"a reason of an enrolment", "r,child_enrolled,,2025-01-01,b,p,camp,,,moved,,,,,,", "reason", "not_for_this_type"},
		{"a birth year before 1900", "r,session_attended,,2025-01-01,b,p,camp,,,,1899,,,,,", "birth_year", "invalid_birth_year"},
		{"a birth year to come", "r,session_attended,,2025-01-01,b,p,camp,,,,2027,,,,,", "birth_year", "invalid_birth_year"},
		{"a birth year with an e-mail address", "r,session_attended,,2025-01-01,b,p,camp,,,,a@example.org,,,,,", "birth_year", "identity_outside_child"},
		{"another birth year than the number's", "r,session_attended,,2025-01-01," + testNumber + ",p,camp,,,,2013,,,,,", "birth_year", "conflicting_birth_year"},
		{"an unknown gender", "r,session_attended,,2025-01-01,b,p,camp,,,,,x,,,,", "gender", "unknown_gender"},
		{"an unknown role", "r,session_attended,,2025-01-01,b,p,camp,,,,,,leader,,,", "role", "unknown_role"},
		{"an unknown municipality", "r,session_attended,,2025-01-01,b,p,camp,,,,,,,1879,,", "home_municipality", "unknown_municipality"},
		{"a count beside a child", "r,session_attended,,2025-01-01,b,p,camp,,,,,,,,2,", "count", "count_with_child"},
		{"a count of nobody", "r,session_attended,,2025-01-01,,p,camp,,,,,,,,0,", "count", "invalid_count"},
		{"a count of 10001", "r,session_attended,,2025-01-01,,p,camp,,,,,,,,10001,", "count", "invalid_count"},
		{"a negative count", "r,session_attended,,2025-01-01,,p,camp,,,,,,,,-1,", "count", "invalid_count"},
		{"a count at a cancelled session", "r,session_cancelled,,2025-01-01,,p,camp,,,,,,,,4,", "count", "not_for_this_type"},
		{"a target that only a programme has", "r,session_attended,,2025-01-01,b,p,camp,,,,,,,,,mixed", "target", "unknown_target"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rows, rejected := read(t, head+tt.row+"\n")
			if len(rows) != 0 || len(rejected) != 1 {
				t.Fatalf("rows %v, rejected %v", rows, rejected)
			}
			got := rejected[0]
			if got.Line != 2 || got.Column != tt.column || got.Code != tt.code {
				t.Errorf("rejected %+v, want %s %s", got, tt.column, tt.code)
			}
		})
	}
}

func TestWhatFilesHaveBesideTheContractIsRead(t *testing.T) {
	const head = "record_id,type,occurred_on,child,programme,form,channel,birth_year,home_municipality,count\n"
	tests := []struct {
		name, row string
		has       func(intake.Row) bool
	}{
		{"a number supplies the birth year", "r,session_attended,2025-01-01,120304-2393,p,camp,,,,", func(r intake.Row) bool { return r.BirthYear == 2012 && r.Child == testNumber }},
		{"a number that a program took for a fraction is the same child", "r,session_attended,2025-01-01," + testNumber + ".0,p,camp,,2012.0,,", func(r intake.Row) bool { return r.Child == testNumber && r.BirthYear == 2012 }},
		{"a record id may be the child's number", testNumber + ",session_attended,2025-01-01,b,p,camp,,,,", func(r intake.Row) bool { return r.RecordID == testNumber }},
		{"a day may have a time", "r,session_attended,2025-01-01 16:30,b,p,camp,,,,", func(r intake.Row) bool { return r.OccurredOn == events.Date(2025, 1, 1) }},
		{"a municipality may have lost its zero", "r,session_attended,2025-01-01,b,p,camp,,,114,", func(r intake.Row) bool { return r.Home == "0114" }},
		{"a municipality may be a name", "r,session_attended,2025-01-01,b,p,camp,,, göteborgs stad,", func(r intake.Row) bool { return r.Home == "1480" }},
		{"zeros in a column of counts are no counts", "r,session_attended,2025-01-01,b,p,camp,,,,0", func(r intake.Row) bool { return r.Count == 0 && r.Child == "b" }},
		{"what describes the child may stand in every row", "r,session_attended,2025-01-01,b,p,camp,school,,,", func(r intake.Row) bool { return r.Channel == "school" }},
		{"today is not in the future", "r,session_attended,2026-11-22,b,p,camp,,,,", func(r intake.Row) bool { return r.OccurredOn == today }},
		{"letters are composed, and spaces are spaces", "r,session_attended,2025-01-01,a\u030a\u00a01 ,p,camp,,,,", func(r intake.Row) bool { return r.Child == "å 1" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rows, rejected := read(t, head+tt.row+"\n")
			if len(rows) != 1 || !tt.has(rows[0]) {
				t.Errorf("rows %+v, rejected %+v", rows, rejected)
			}
		})
	}
}

func TestSwedishHeadingsAndWordsAreRead(t *testing.T) {
	const head = "Löpnummer ;HÄNDELSE;Tillfälle;datum;Barn;Verksamhet;Stödform;Kontaktväg;Utfall;Avslutsorsak;Födelseår;Kön;Roll;Hemkommun;Antal;Målgrupp\n"
	rows, rejected := read(t, head+
		"1;Remiss mottagen;;2025-01-07;b;;;Socialtjänst barn;;;;Flicka;;;;\n"+
		"2;remiss avslutad;;2025-01-08;b;;;;Hänvisad vidare;;;pojke;;;;\n"+
		"3;Inskrivning;;2025-01-08;b;Sputnik;Öppen förskola;;;;;annat;barn;Uddevalla;;Missbruk/beroende\n"+
		"4;NÄRVARO;;2025-01-08;b;Sputnik;kontaktfamilj;;;;;okänt;Vuxen;;;annat\n"+
		"5;utskrivning;;2025-01-08;b;Sputnik;elevhälsa;vården;;Åldersgräns;;;;;;\n"+
		"6;inställd;;2025-01-08;;Sputnik;läger;;;;;;;;;\n")
	if len(rejected) > 0 || len(rows) != 6 {
		t.Fatalf("rejected %+v", rejected)
	}
	got := fmt.Sprintln(rows[0].Type, rows[0].Channel, rows[0].Gender, rows[1].Outcome, rows[2].Form, rows[2].Home, rows[3].Form, rows[3].Role, rows[3].Target, rows[4].Reason, rows[5].Type, rows[5].Form)
	want := "referral_received social_services_children girl redirected open_preschool 1485 contact_person adult other aged_out session_cancelled camp\n"
	if got != want {
		t.Errorf("read %s\nwant %s", got, want)
	}
}

// pageWord is what the pages call a code in Swedish.
func pageWord(t *testing.T, code string) string {
	t.Helper()
	texts, err := os.ReadFile("../web/texts/sv.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if own := regexp.MustCompile(`(?m)^word\.` + code + `: '(.+)'$`).FindSubmatch(texts); own != nil {
		return string(own[1])
	}
	return surveying.Word(code, surveying.Swedish)
}

func TestWhatThePagesCallAKindOfRowOrAnAimIsReadInAFile(t *testing.T) {
	rows, rejected, err := readAll(strings.NewReader("record_id;type;occurred_on;child;programme;form;reason;target\n"+
		"1;närvaro;2025-01-01;b;p;läger;;Missbruk i familjen\n2;Inställd träff;2025-01-02;;p;läger;;\n3;Avslutad plats;2025-01-03;b;p;läger;flyttat;\n"), options())
	if err != nil || len(rejected) != 0 || len(rows) != 3 {
		t.Fatalf("%+v, %+v, %v", rows, rejected, err)
	}
	if rows[0].Target != events.SubstanceAbuse || rows[1].Type != intake.SessionCancelled || rows[2].Type != intake.EnrolmentEnded {
		t.Errorf("%+v", rows)
	}
}

func TestWhatThePagesCallACodeIsReadInAFileAndNamedWhereAnotherWordStands(t *testing.T) {
	const head = "record_id;type;occurred_on;child;programme;form;channel;outcome;reason;gender\n"
	for _, list := range []struct {
		row   string // with the word in it
		codes []string
		of    func(intake.Row) string
	}{
		{"r;närvaro;2025-01-01;b;p;%s;;;;\n", events.Form("").Codes(), func(r intake.Row) string { return string(r.Form) }},
		{"r;remiss;2025-01-01;b;;;%s;;;\n", events.Channel("").Codes(), func(r intake.Row) string { return string(r.Channel) }},
		{"r;remiss avslutad;2025-01-01;b;;;;%s;;\n", events.Outcome("").Codes(), func(r intake.Row) string { return string(r.Outcome) }},
		{"r;avslutad;2025-01-01;b;p;läger;;;%s;\n", events.EndReason("").Codes(), func(r intake.Row) string { return string(r.Reason) }},
		{"r;remiss;2025-01-01;b;;;;;;%s\n", events.Gender("").Codes(), func(r intake.Row) string { return string(r.Gender) }},
	} {
		file := func(word string) ([]intake.Row, []intake.Rejection) {
			o := options()
			o.Language = intake.Swedish
			rows, rejected, err := readAll(strings.NewReader(head+fmt.Sprintf(list.row, word)), o)
			if err != nil {
				t.Fatal(err)
			}
			return rows, rejected
		}
		_, refused := file("något helt annat")
		for _, code := range list.codes {
			word := pageWord(t, code)
			if rows, rejected := file(word); len(rows) != 1 || list.of(rows[0]) != code {
				t.Errorf("the pages call %s %q, which is read as %+v, %+v", code, word, rows, rejected)
			}
			if len(refused) != 1 || !strings.Contains(refused[0].Message, word) {
				t.Errorf("the pages call %s %q, and whoever wrote another word is told %+v", code, word, refused)
			}
		}
	}
}

func TestEveryCodeHasItsWordInTheMessage(t *testing.T) {
	for _, language := range []intake.Language{intake.English, intake.Swedish} {
		o := options()
		o.Language = language
		_, rejected, err := readAll(strings.NewReader("record_id,type,occurred_on,child,form,channel\nr,x,2025-01-01,b,,\nr,närvaro,2025-01-01,b,x,\nr,närvaro,2025-01-01,b,,x\n"), o)
		if err != nil || len(rejected) != 3 {
			t.Fatal(rejected, err)
		}
		want := map[intake.Language]string{intake.English: "open_preschool", intake.Swedish: "öppen förskola"}
		if !strings.Contains(rejected[1].Message, want[language]) {
			t.Errorf("message %q", rejected[1].Message)
		}
	}
}

func TestAFileWithoutTheRightHeadingsIsRefused(t *testing.T) {
	tests := []struct{ name, file, code, column string }{
		{"an empty file", "", "empty_file", ""},
		{"a file of empty lines", "\n\n;;;\n", "empty_file", ""},
		{"a byte order mark alone", "\ufeff", "empty_file", ""},
		{"no day", "record_id,type,child,programme\n", "missing_column", "occurred_on"},
		{"neither child nor count", "record_id,type,occurred_on\n", "missing_column", "child"},
		{"the same column twice", "record_id,type,occurred_on,child,Barn\n", "duplicate_column", "child"},
		{"a column that nobody knows", "record_id,type,occurred_on,child,skostorlek\n", "unknown_column", "skostorlek"},
		{"a column named by a number", "record_id,type,occurred_on,child," + testNumber + "\n", "unknown_column", "E"},
		{"a word beside one heading", "barn,annat\n", "unknown_column", "B"},
		{"no headings", "1,deltog,2025-01-01," + testNumber + "\n", "no_heading", ""},
		{"a heading with a stray quotation mark", "record_id,type,occurred_on,ch\"ild\n", "no_heading", ""},
		{"more columns than a spreadsheet has", strings.Repeat(",", 1<<14) + "record_id,type,occurred_on,child\n", "too_many_columns", ""},
		{"a picture", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "binary_file", ""},
		{"zeros", "\x00\x00\x00\x00\x00\x00\x00\x00", "binary_file", ""},
		{"a spreadsheet of the old kind", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old_spreadsheet", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := intake.NewReader(strings.NewReader(tt.file), options())
			wantFileError(t, err, tt.code, tt.column)
		})
	}
}

func TestHeadingsOfOnesOwnAreMapped(t *testing.T) {
	o := options()
	o.Columns = map[string]string{"Ärende ": "record_id", "vad": "händelse", "När": "occurred_on", "Vem": "child", "Anteckning": "-", "Ålder": ""}
	rows, rejected, err := readAll(strings.NewReader("ärende;VAD;när;vem;anteckning;ålder;verksamhet;stödform\n1;deltog;2025-01-01;b;\"två\nrader\";8;p;läger\n2;deltog;2025-01-01;c;;;p;läger\n"), o)
	if err != nil || len(rejected) > 0 || len(rows) != 2 || rows[0].Child != "b" || rows[1].Line != 4 {
		t.Errorf("rows %+v, rejected %+v, %v", rows, rejected, err)
	}
	o.Columns = map[string]string{"vad": "shoe_size"}
	_, err = intake.NewReader(strings.NewReader("vad\n"), o)
	wantFileError(t, err, "unknown_mapping", "")
	for heading, column := range map[string]string{"Anteckningg": "Anteckningg", " Löpnr ": "Löpnr", "201203042393": ""} {
		for _, to := range []string{"gender", "-"} {
			o.Columns = map[string]string{"Vem": "child", heading: to}
			_, err = intake.NewReader(strings.NewReader("vem;record_id;type;datum\n"), o)
			wantFileError(t, err, "unknown_mapping", column)
			if strings.Contains(fmt.Sprint(err), testNumber) || !strings.Contains(fmt.Sprint(err), "the file does not have") {
				t.Errorf("%s: it says %v", heading, err)
			}
		}
	}
}

func TestAColumnIsNamedByItsPlaceWhereItsHeadingDoesNotSay(t *testing.T) {
	const file = "nr;vad;när;barn;barn;;verksamhet;stödform\n1;deltog;2025-01-01;Elev ett;b;x;p;läger\n"
	_, err := intake.NewReader(strings.NewReader(file), options())
	var wrong *intake.FileError
	if !errors.As(err, &wrong) || len(wrong.Headings) != 8 {
		t.Fatalf("%+v", err)
	}
	want := []intake.Heading{
		{Place: "A", Text: "nr"},
		{Place: "B", Text: "vad"},
		{Place: "C", Text: "när"},
		{Place: "D", Text: "barn", Column: "child"},
		{Place: "E", Text: "barn", Column: "child"},
		{Place: "F", None: true},
		{Place: "G", Text: "verksamhet", Column: "programme"},
		{Place: "H", Text: "stödform", Column: "form"},
	}
	for i := range want {
		want[i].Digest = sha256.Sum256([]byte(want[i].Text))
	}
	if !slices.Equal(wrong.Headings, want) {
		t.Errorf("the headings are %+v", wrong.Headings)
	}
	o := options()
	o.Columns = map[string]string{"[A]": "record_id", "[b]": "händelse", "[C]": "occurred_on", "[D]": "-", "[F]": ""}
	rows, rejected, err := readAll(strings.NewReader(file), o)
	if err != nil || len(rejected) > 0 || len(rows) != 1 || rows[0].Child != "b" || rows[0].RecordID != "1" {
		t.Errorf("rows %+v, rejected %+v, %v", rows, rejected, err)
	}
	o.Columns["[I]"] = "-"
	_, err = intake.NewReader(strings.NewReader(file), o)
	wantFileError(t, err, "unknown_mapping", "")
}

func TestEveryHeadingThatIsNotKnownIsNamed(t *testing.T) {
	_, err := intake.NewReader(strings.NewReader("nr;vad;datum;barn;verksamhet\n"), options())
	if err == nil || err.Error() != "column nr: the heading is not known; say with --map what it holds, or - to leave it out; not known either: vad" {
		t.Errorf("it says %v", err)
	}
}

func TestWhereColumnsAreNamedByPlaceTheFirstRecordIsNotTakenForHeadings(t *testing.T) {
	o := options()
	o.Columns = map[string]string{"[A]": "record_id", "[B]": "type", "[C]": "occurred_on", "[D]": "child", "[E]": "programme", "[F]": "form"}
	const row = "1;deltog;2025-01-01;Elev ett;p;läger\n"
	var err error
	for _, day := range []string{"2025-01-01", "20250101", "1/2 2025", "4 mars 2025", "2025-01-01 12:30", "45658"} {
		first := strings.Replace(row, "2025-01-01", day, 1)
		_, err = intake.NewReader(strings.NewReader(first+row), o)
		wantFileError(t, err, "record_as_heading", "C")
	}
	for _, heading := range []string{"Datum 2025", "Dag 1", "Vt-25"} {
		if rows, _, err := readAll(strings.NewReader("a;b;"+heading+";d;e;f\n"+row), o); err != nil || len(rows) != 1 {
			t.Errorf("%q is no heading: %v", heading, err)
		}
	}
	var wrong *intake.FileError
	if !errors.As(err, &wrong) || slices.ContainsFunc(wrong.Headings, func(h intake.Heading) bool { return h.Text != "" }) {
		t.Errorf("cells of a record are shown as headings: %+v", wrong)
	}
}

func wantFileError(t *testing.T, err error, code, column string) {
	t.Helper()
	var wrong *intake.FileError
	if !errors.As(err, &wrong) || wrong.Code != code || wrong.Column != column || wrong.Message == "" {
		t.Errorf("error %#v, want %s %s", err, code, column)
	}
}

func read(t *testing.T, file string) ([]intake.Row, []intake.Rejection) {
	t.Helper()
	rows, rejected, err := readAll(strings.NewReader(file), options())
	if err != nil {
		t.Fatal(err)
	}
	return rows, rejected
}

func readAll(r io.Reader, o intake.Options) (rows []intake.Row, rejected []intake.Rejection, err error) {
	in, err := intake.NewReader(r, o)
	if err != nil {
		return nil, nil, err
	}
	for {
		row, wrong, err := in.Next()
		switch {
		case err == io.EOF:
			return rows, rejected, nil
		case err != nil:
			return rows, rejected, err
		case wrong != nil:
			rejected = append(rejected, *wrong)
		default:
			rows = append(rows, row)
		}
	}
}
