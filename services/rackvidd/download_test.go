package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// answering is a server that answers everything with one text and remembers what was asked.
func answering(t *testing.T, text string) (address string, asked *[]*http.Request) {
	asked = new([]*http.Request)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r)
		fmt.Fprint(w, text)
	}))
	t.Cleanup(s.Close)
	return s.URL, asked
}

// carryOut carries out one command line, without a token of this machine.
func carryOut(t *testing.T, server string, args ...string) (code int, out, errs string) {
	var stdout, stderr bytes.Buffer
	code = Run(t.Context(), append([]string{"--server", server, "--token", "none"}, args...), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func TestASurveyIsWrittenInTheFormatThatItsFileIsCalledBy(t *testing.T) {
	server, asked := answering(t, "{}")
	for _, c := range []struct{ out, format, want string }{
		{"a.xlsx", "", "xlsx"}, {"a.CSV", "", "csv"}, {"a.pdf", "", "pdf"}, {"a.json", "", "json"}, {"a.csv", "csv", "csv"}, {"a", "", "pdf"}, {"a", "xlsx", "xlsx"}, {"a.txt", "answer", "answer"},
	} {
		args := []string{"survey", "export", "-m", "1880", "--year", "2021", "--out", filepath.Join(t.TempDir(), c.out)}
		if c.format != "" {
			args = append(args, "--format", c.format)
		}
		code, _, errs := carryOut(t, server, args...)
		if code != done || (*asked)[len(*asked)-1].URL.Query().Get("format") != c.want {
			t.Errorf("%+v: %d, %s, %v", c, code, errs, (*asked)[len(*asked)-1].URL)
		}
	}
}

func TestADocumentThatIsMadeAgainSaysWhatItTakesThePlaceOf(t *testing.T) {
	server, _ := answering(t, "{}")
	t.Chdir(t.TempDir())
	for _, line := range []string{"survey export -m 1880 --year 2021 --out a.json", "report show --year 2021 --out b.json"} {
		for _, want := range []string{" written\n", " written, in place of the file that was there\n"} {
			if code, out, errs := carryOut(t, server, strings.Fields(line)...); code != done || out != "" || !strings.HasSuffix(errs, want) {
				t.Errorf("%s: %d, %s, %s", line, code, out, errs)
			}
		}
	}
	for _, line := range []string{"survey export -m 1880 --year 2021 --format json --out -", "report show --year 2021 --format json --out -"} {
		if code, out, errs := carryOut(t, server, strings.Fields(line)...); code != done || !strings.HasPrefix(out, "{") || errs != "" {
			t.Errorf("%s: %d, %s, %s", line, code, out, errs)
		}
	}
	if there, err := os.ReadDir("."); len(there) != 2 || err != nil {
		t.Errorf("%v, %v", there, err)
	}
}

func TestADocumentThatFindsNoRoomLeavesNothing(t *testing.T) {
	here, mountable := whereDisksCanBeMade(t)
	if !here || !mountable {
		return
	}
	d := newDisk(t, filepath.Join(t.TempDir(), "disk"), 1)
	d.fill()
	server, _ := answering(t, "{}")
	code, _, errs := carryOut(t, server, "survey", "export", "-m", "1880", "--year", "2021", "--out", filepath.Join(d.dir, "a.json"))
	if there, err := os.ReadDir(d.dir); code != failed || !strings.Contains(errs, "no space left on device") || len(there) != 1 || err != nil {
		t.Errorf("%d, %s, %v, %v", code, errs, there, err)
	}
}

func TestANameThatSaysAnotherFormatIsRefused(t *testing.T) {
	server, asked := answering(t, "{}")
	for line, want := range map[string]string{
		"survey export -m 1880 --year 2021 --out a.docx":              ".csv, .json, .pdf, .xlsx",
		"survey export -m 1880 --year 2021 --out a.xlsx --format csv": "xlsx",
		"report show --year 2021 --out a.docx":                        ".csv, .json, .pdf, .txt, .xlsx",
		"report show --year 2021 --out a.pdf --format xlsx":           "pdf",
		"report show --year 2021 --out a.pdf --json":                  "pdf",
	} {
		t.Chdir(t.TempDir())
		if code, _, errs := carryOut(t, server, strings.Fields(line)...); code != wrongUsage || !strings.Contains(errs, want) {
			t.Errorf("%s: %d, %s", line, code, errs)
		}
		if there, err := os.ReadDir("."); len(there) > 0 || err != nil {
			t.Errorf("%s: %v was written, %v", line, there, err)
		}
	}
	if len(*asked) > 0 {
		t.Errorf("%d requests were sent", len(*asked))
	}
}

func TestADocumentTakesThePlaceOfAnotherWhole(t *testing.T) {
	server, _ := answering(t, `{"new":true}`)
	dir := t.TempDir()
	kept, link := filepath.Join(dir, "kept.json"), filepath.Join(dir, "link.json")
	if err := os.WriteFile(kept, []byte(`{"old":true}`), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("kept.json", link); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := carryOut(t, server, "survey", "export", "-m", "1880", "--year", "2021", "--out", link); code != done {
		t.Fatal(errs)
	}
	raw, err := os.ReadFile(kept)
	there, _ := os.Stat(kept)
	if err != nil || !strings.Contains(string(raw), "new") || there.Mode().Perm() != 0o640 {
		t.Errorf("%s, %v, %v", raw, there.Mode(), err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
		t.Errorf("beside it lie %v, %v", left, err)
	}
}

func TestAHeadingThatIsMappedTwiceIsRefused(t *testing.T) {
	server, asked := answering(t, "{}")
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{"rows.csv": "a\n1\n", "map": "Elev=child\n# it is left out\nElev = -\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	code, _, errs := carryOut(t, server, "import", "rows.csv", "-m", "1880", "--map", "map")
	if code != wrongUsage || !strings.Contains(errs, "map line 3: the heading is there above as well") || len(*asked) != 0 {
		t.Errorf("%d: %s", code, errs)
	}
}
