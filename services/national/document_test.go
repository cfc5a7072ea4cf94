package national_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"rackvidd/events"
	"rackvidd/projections/survey"
	"rackvidd/services/export"
	"rackvidd/services/national"
)

func TestTheDocumentSaysWhatTheReportSaysInSwedish(t *testing.T) {
	answers := []events.AnswerReceived{
		{Year: 2021, Municipality: örebro, State: "answered", Offers: "yes", Children: "suppressed", Lower: 1, Upper: 4, Measures: []events.Choice{"cooperation"}},
		{Year: 2021, Municipality: stockholm, State: "partial", Offers: "yes", Children: "number", Value: 2600, Lower: 2600, Upper: 2600, Forms: []events.Form{"support_group", "camp"}, Channels: []events.Channel{"school"}, Organisers: []events.Organiser{"ngo"}},
		{Year: 2021, Municipality: "0114", State: "answered", Offers: "no", Children: "not_asked"},
		{Year: 2020, Municipality: stockholm, State: "answered", Offers: "yes", Children: "number", Value: 2000},
	}
	e := survey.Evidence{Position: 4, Answers: answers}
	d := national.Document(survey.Compute(e, 2021), "")
	for name, write := range map[string]func(io.Writer, export.Document) error{"csv": export.CSV, "xlsx": export.XLSX, "pdf": export.PDF} {
		var out bytes.Buffer
		if err := write(&out, d); err != nil || out.Len() < 1000 {
			t.Errorf("%s: %d bytes, %v", name, out.Len(), err)
		}
		if name != "csv" {
			continue
		}
		text := out.String()
		for _, want := range []string{
			"Skydd;Inget: antal barn är som kommunerna lämnat dem, och rapporten är inte till för att publiceras", "Har svarat, av alla;3;1", "Erbjuder stöd, av dem som svarat;2;67", "Barn som fått stöd;2601–2604", "Barn som fått stöd 2020;2000", "Läger;1", "Stödgrupp;1",
			"Samverkan mellan kommunens instanser;1", "Skolan, med elevhälsan;1", "Ideell organisation;1", "CAN 2019;320000;alla kommuner;antal kommuner;320000;0,81",
			"Stockholm;Stockholms län;Har svarat delvis;Ja", "Upplands Väsby;Stockholms län;Har svarat;Nej", "Kumla;Örebro län;Inget svar har kommit;", "2021;3;1;2;2601–2604",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("the document does not say %q", want)
			}
		}
	}
	if _, err := io.WriteString(io.Discard, d.Title); err != nil || len(national.Document(survey.Compute(survey.Evidence{}, 2021), "").Sections) != len(d.Sections) {
		t.Error("an empty year has other sections")
	}
}

func TestTheSameReportGivesTheSameBytes(t *testing.T) {
	recorded := survey.Compute(survey.Evidence{Position: 1}, 2021)
	recorded.Recorded = time.Date(2022, 4, 1, 12, 0, 0, 0, time.UTC)
	for name, write := range map[string]func(io.Writer, export.Document) error{"csv": export.CSV, "xlsx": export.XLSX, "pdf": export.PDF} {
		for _, r := range []survey.Report{recorded, survey.Compute(survey.Evidence{}, 2021)} {
			var first, second bytes.Buffer
			if err := errors.Join(write(&first, national.Document(r, "")), write(&second, national.Document(r, ""))); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
				t.Errorf("%s: %d bytes and then %d others, %v", name, first.Len(), second.Len(), err)
			}
		}
	}
	if d := national.Document(recorded, ""); !d.Created.Equal(recorded.Recorded) {
		t.Errorf("dated %s", d.Created)
	}
}

func TestADocumentInEnglishHoldsNoSwedish(t *testing.T) {
	r := survey.Compute(survey.Evidence{Answers: []events.AnswerReceived{
		{
			Year: 2021, Municipality: stockholm, State: "partial", Offers: "yes", Children: "number", Value: 2600, Forms: codesOf[events.Form](),
			Channels: codesOf[events.Channel](), Organisers: codesOf[events.Organiser](), Measures: []events.Choice{"cooperation", "information", "political_priority", "funding", "trained_leaders", "other_activity"},
		},
		{Year: 2020, Municipality: stockholm, State: "answered", Offers: "yes", Children: "number", Value: 2000},
	}}, 2021, 1000)
	r.Public, r.Counties = true, append(r.Counties, survey.County{Code: "other", Name: "Övriga län", Counties: 2})
	d := national.Document(r, "en")
	var out bytes.Buffer
	if err := export.CSV(&out, d); err != nil || d.Language != "en" {
		t.Fatal(d.Language, err)
	}
	for _, want := range []string{"Answered, of all", "Support group", "Adults seeking support for the children", "The municipality itself", "Cooperation within the municipality", "Other counties", "municipalities that offer support", "A need supposed", "Answered in part", "Children who received support in 2020", "Protection"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the document does not say %q", want)
		}
	}
	var swedish bytes.Buffer
	if err := export.CSV(&swedish, national.Document(r, "sv")); err != nil {
		t.Fatal(err)
	}
	names := make(map[string]bool) // what is called the same in both
	for _, info := range events.Municipalities() {
		names[info.Name], names[info.County] = true, true
	}
	for _, c := range r.Coverage {
		names[c.Source] = true
	}
	english := cellsOf(out.String())
	for cell := range cellsOf(swedish.String()) {
		if english[cell] && !names[cell] && strings.ContainsAny(cell, "abcdefghijklmnopqrstuvwxyz") && cell != "Information" {
			t.Errorf("in English it says %q", cell)
		}
	}
	for cell := range english {
		if !names[cell] && strings.ContainsAny(cell, "åäöÅÄÖ") {
			t.Errorf("in English it says %q", cell)
		}
	}
}

func codesOf[C interface {
	~string
	Codes() []string
}]() (list []C) {
	var zero C
	for _, code := range zero.Codes() {
		list = append(list, C(code))
	}
	return list
}

func cellsOf(csv string) map[string]bool {
	cells := make(map[string]bool)
	for line := range strings.Lines(csv) {
		for cell := range strings.FieldsFuncSeq(strings.TrimSpace(line), func(r rune) bool { return r == ';' || r == ',' || r == '\t' }) {
			cells[strings.Trim(cell, `" `)] = true
		}
	}
	return cells
}
