package readers

import (
	"bytes"
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Run answers what a program prints.
func Run(t *testing.T, name string, args ...string) string {
	t.Helper()
	var complaints bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v (deploy/setup tests installs it)\n%s%s", name, err, out, complaints.Bytes())
	}
	if name != "soffice" && complaints.Len() > 0 {
		t.Errorf("%s complains: %s", name, complaints.Bytes())
	}
	return string(out)
}

// Convert has LibreOffice write a file in another format, and returns where, each sheet's in a file of its own where it is asked for that. Its profile is its own.
func Convert(t *testing.T, path, to string, more ...string) []string {
	t.Helper()
	dir := t.TempDir()
	args := append([]string{"-env:UserInstallation=file://" + filepath.Join(dir, "profile"), "--headless"}, more...)
	Run(t, "soffice", append(args, "--convert-to", to, "--outdir", dir, path)...)
	ending, _, _ := strings.Cut(to, ":")
	found, err := filepath.Glob(filepath.Join(dir, "*."+ending))
	if err != nil || len(found) == 0 {
		t.Fatalf("LibreOffice wrote nothing: %v", err)
	}
	return found
}

// How LibreOffice writes a workbook, and reads a CSV of ours where its numbers are Swedish. The last of the numbers asks for
// every sheet in a file of its own; the one before, for cells as they are and not as shown.
const (
	EverySheet = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"
	FromOurs   = "--infilter=CSV:59,34,76,1,,1053,false,true,false"
)

// Records are the rows of CSV files that LibreOffice wrote.
func Records(t *testing.T, paths []string) (list [][]string) {
	t.Helper()
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\uFEFF"))))
		r.FieldsPerRecord = -1
		rows, err := r.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, rows...)
	}
	return list
}

// Expect wants rows that begin so.
func Expect(t *testing.T, list [][]string, rows ...[]string) {
	t.Helper()
	for _, want := range rows {
		if !slices.ContainsFunc(list, func(r []string) bool { return len(r) >= len(want) && slices.Equal(r[:len(want)], want) }) {
			t.Errorf("no row %q in %q", want, list)
		}
	}
}
