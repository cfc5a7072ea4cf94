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
	d := national.Document(survey.Compute(e, 2021))
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
			"Har svarat, av alla;3;1", "Erbjuder stöd, av dem som svarat;2;67", "Barn som fått stöd;2601–2604", "Barn som fått stöd 2020;2000", "Läger;1", "Stödgrupp;1",
			"Samverkan mellan kommunens instanser;1", "Skolan, med elevhälsan;1", "Ideell organisation;1", "CAN 2019;320000;alla kommuner;antal kommuner;320000;0,81",
			"Stockholm;Stockholms län;Har svarat delvis;Ja", "Upplands Väsby;Stockholms län;Har svarat;Nej", "Kumla;Örebro län;Inget svar har kommit;", "2021;3;1;2;2601–2604",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("the document does not say %q", want)
			}
		}
	}
	if _, err := io.WriteString(io.Discard, d.Title); err != nil || len(national.Document(survey.Compute(survey.Evidence{}, 2021)).Sections) != len(d.Sections) {
		t.Error("an empty year has other sections")
	}
}

func TestTheSameReportGivesTheSameBytes(t *testing.T) {
	recorded := survey.Compute(survey.Evidence{Position: 1}, 2021)
	recorded.Recorded = time.Date(2022, 4, 1, 12, 0, 0, 0, time.UTC)
	for name, write := range map[string]func(io.Writer, export.Document) error{"csv": export.CSV, "xlsx": export.XLSX, "pdf": export.PDF} {
		for _, r := range []survey.Report{recorded, survey.Compute(survey.Evidence{}, 2021)} {
			var first, second bytes.Buffer
			if err := errors.Join(write(&first, national.Document(r)), write(&second, national.Document(r))); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
				t.Errorf("%s: %d bytes and then %d others, %v", name, first.Len(), second.Len(), err)
			}
		}
	}
	if d := national.Document(recorded); !d.Created.Equal(recorded.Recorded) {
		t.Errorf("dated %s", d.Created)
	}
}
