package main

import (
	"strings"
	"testing"
	"time"

	"rackvidd/events"
)

// printed is what a command prints of what a server answers.
func printed(t *testing.T, answer, line string) string {
	t.Helper()
	server, _ := answering(t, answer)
	code, out, errs := carryOut(t, server, strings.Fields(line)...)
	if code != done {
		t.Errorf("%s: %d, %s", line, code, errs)
	}
	return out
}

func TestAReadOfNoChildIsCalledWhatItIs(t *testing.T) {
	const at = `"at": "2021-03-01T10:00:00+01:00", "account": "aaaaaaaaaaaaaaaaaaaaaaaaaa", "name": "Kim"`
	out := printed(t, `{"reads": [{`+at+`, "why": "raw_events"}, {`+at+`, "why": "read_log"}]}`, "reads -m 1880")
	lines := strings.Split(out, "\n")
	if !strings.HasPrefix(lines[0], "when ") || !strings.HasSuffix(lines[1], "raw_events  the event log") || !strings.HasSuffix(lines[2], "read_log    the read log") {
		t.Error(out)
	}
}

func TestATimeIsPrintedWithItsZone(t *testing.T) {
	const want = "2021-03-01T10:00:00+01:00"
	for line, answer := range map[string]string{
		"audit replays -m 1880":       `{"replays": [{"at": "` + want + `"}]}`,
		"audit verifications":         `{"verifications": [{"ended_at": "` + want + `"}]}`,
		"projections history -m 1880": `{"done": [{"at": "` + want + `"}]}`,
	} {
		if out := printed(t, answer, line); !strings.Contains(out, want) {
			t.Errorf("%s: %s", line, out)
		}
	}
}

func TestWhatIsReadOfALogAreItsPositions(t *testing.T) {
	if out := printed(t, `{"events_read": 1380, "equal": true}`, "audit replay -m 1880 --year 2021"); !strings.Contains(out, "1380 positions read") {
		t.Error(out)
	}
}

func TestReachIsPrintedWithTheUnidentified(t *testing.T) {
	out := printed(t, `{"children": 0, "bounds": {"lower": 8, "upper": 11}, "unidentified_attendances": 11}`, "reach -m 1880 --year 2021")
	said := strings.Join(strings.Fields(out), " ")
	if !strings.Contains(said, "Different children 8–11 of whom identified 0 11 attendances nobody was identified at") {
		t.Error(out)
	}
}

func TestHelpNamesCommandsThatThereAreAndWhatComesOut(t *testing.T) {
	for line, want := range map[string]string{
		"projections rollback --help": "projections list", "projections discard --help": "projections list", "user disable --help": "for good", "import --help": "Exit 1",
	} {
		if out := printed(t, "", line); !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
			t.Errorf("%s: %s", line, out)
		}
	}
}

func TestTheTokenThatIsProposedMayDoSomething(t *testing.T) {
	if out := printed(t, `{"id": "aaaaaaaaaaaaaaaaaaaaaaaaaa", "name": "Kim"}`, "user add Kim"); strings.Count(out, "--programme PROGRAMME") != 2 {
		t.Error(out)
	}
}

func TestALogThatIsNotThereLeavesNoVerification(t *testing.T) {
	s := serve(t, dataDir(t))
	if code, out, errs := carryOut(t, s.address, "audit", "verify", "--token", adminToken); code != done {
		t.Fatalf("%d, %s, %s", code, out, errs)
	}
	if _, out, errs := carryOut(t, s.address, "audit", "verifications", "--token", adminToken); strings.Contains(out, "1880") || strings.Count(out, "\n") > 2 {
		t.Errorf("%s, %s", out, errs)
	}
}

func TestADayThatIsAskedAboutIsItsEndInSweden(t *testing.T) {
	today := time.Now().In(events.Sweden).Format(time.DateOnly)
	for written, asked := range map[string]string{
		"2021-03-28": "2021-03-28T23:59:59.999+02:00", "2021-12-31": "2021-12-31T23:59:59.999+01:00", "2021-03-01T10:00:00Z": "2021-03-01T10:00:00Z", "then": "then", today: "",
	} {
		server, requests := answering(t, "{}")
		code, _, errs := carryOut(t, server, "reach", "-m", "1880", "--year", "2021", "--as-of", written, "--json")
		if code != done || len(*requests) != 1 || (*requests)[0].URL.Query().Get("as_of") != asked {
			t.Errorf("%s is not asked about as %q: %v; exit %d: %s", written, asked, *requests, code, errs)
		}
	}
}
