package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// someRejected is what an import answers of which one row of two was rejected.
const someRejected = `{"rows": 2, "recorded": 1, "rejected": [{"line": 3, "column": "form", "code": "unknown_form", "message": "no form"}], "position": 1}`

func TestTheRejectsOverwriteNoFile(t *testing.T) {
	server, asked := answering(t, someRejected)
	t.Chdir(t.TempDir())
	for _, line := range []string{
		"import own.csv -m 1880 --rejects own.csv", "import own.csv -m 1880 --rejects ./other.csv", "report import own.csv --rejects own.csv", "reference import own.csv --rejects other.csv",
	} {
		for _, name := range []string{"own.csv", "other.csv"} {
			if err := os.WriteFile(name, []byte("theirs"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		code, _, errs := carryOut(t, server, strings.Fields(line)...)
		own, _ := os.ReadFile("own.csv")
		other, _ := os.ReadFile("other.csv")
		if code != wrongUsage || !strings.Contains(errs, "is there already") || string(own) != "theirs" || string(other) != "theirs" {
			t.Errorf("%s: %d, %s, %q, %q", line, code, errs, own, other)
		}
	}
	if len(*asked) > 0 {
		t.Errorf("%d files were sent", len(*asked))
	}
}

func TestRejectsThatCannotBeWrittenAreToldBeforeAnythingIsSent(t *testing.T) {
	server, asked := answering(t, someRejected)
	t.Chdir(t.TempDir())
	if err := os.WriteFile("own.csv", []byte("theirs"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := carryOut(t, server, "import", "own.csv", "-m", "1880", "--rejects", "nowhere/rejects.csv"); code != failed || !strings.Contains(errs, "rejects") {
		t.Errorf("%d, %s", code, errs)
	}
	if len(*asked) > 0 {
		t.Errorf("%d files were sent", len(*asked))
	}
	if code, _, errs := carryOut(t, server, "import", "own.csv", "-m", "1880", "--rejects", "rejects.csv"); code != done {
		t.Errorf("%d, %s", code, errs)
	}
	if rejects, err := os.ReadFile("rejects.csv"); !strings.Contains(string(rejects), "unknown_form") || err != nil {
		t.Errorf("%s, %v", rejects, err)
	}
}

func TestNoRejectsAreLeftOfAnImportThatFailed(t *testing.T) {
	server, _ := answering(t, someRejected)
	t.Chdir(t.TempDir())
	if code, _, errs := carryOut(t, server, "import", "nowhere.csv", "-m", "1880", "--rejects", "rejects.csv"); code != failed {
		t.Errorf("%d, %s", code, errs)
	}
	if there, err := os.ReadDir("."); len(there) > 0 || err != nil {
		t.Errorf("%v is left, %v", there, err)
	}
}

func TestWhatBecameOfTheFilesBeforeOneThatIsNotTakenIsTold(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"first.csv", "second.csv", "third.csv"} {
		if err := os.WriteFile(name, []byte("theirs"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sent := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if sent++; sent == 2 {
			w.WriteHeader(http.StatusBadRequest)
		}
		fmt.Fprint(w, someRejected)
	}))
	defer s.Close()
	code, out, errs := carryOut(t, s.URL, "import", "first.csv", "second.csv", "third.csv", "-m", "1880", "--rejects", "rejects.csv", "--format", "json")
	rejects, err := os.ReadFile("rejects.csv")
	if code != failed || sent != 2 || !strings.Contains(out, `"first.csv"`) || !strings.HasSuffix(string(rejects), "\n3,form,unknown_form,no form,first.csv\n") || err != nil {
		t.Errorf("%d after %d files: %s, rejects %s, %v", code, sent, out, rejects, err)
	}
	if !strings.Contains(errs, "second.csv") || !strings.Contains(errs, "not sent: third.csv") {
		t.Errorf("said: %s", errs)
	}
}

func TestAFileThatCannotBeReadIsToldBeforeAnyIsSent(t *testing.T) {
	server, asked := answering(t, someRejected)
	t.Chdir(t.TempDir())
	if err := os.WriteFile("own.csv", []byte("theirs"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := carryOut(t, server, "import", "own.csv", "nowhere.csv", "-m", "1880"); code != failed || !strings.Contains(errs, "nothing was sent") || len(*asked) > 0 {
		t.Errorf("%d after %d files: %s", code, len(*asked), errs)
	}
}

func TestTheMapOfHeadingsIsReadAsEditorsOnWindowsWriteIt(t *testing.T) {
	name := t.TempDir() + "/map.txt"
	if err := os.WriteFile(name, []byte("\ufeffNär=occurred_on\r\n\r\n# noted\r\nAnteckning = -\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if columns, err := readMap(name); columns != `{"Anteckning":"-","När":"occurred_on"}` || err != nil {
		t.Errorf("%s, %v", columns, err)
	}
}
