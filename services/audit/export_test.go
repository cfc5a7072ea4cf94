package audit

import (
	"bytes"
	"context"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"rackvidd/events"
	"rackvidd/projections/reach"
)

// Verify compares copies as the service does, without one.
func Verify(ctx context.Context, c Copies, m events.Municipality, year events.Year) (Verification, error) {
	return verify(ctx, c, m, year, unheard(func() {}))
}

// BundleFile is one file of a bundle.
type BundleFile struct {
	Name string
	Data []byte
}

// Unzipped are the files of a bundle.
func Unzipped(t testing.TB, bundle []byte) (list []BundleFile) {
	t.Helper()
	files, err := unzipped(bundle)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		list = append(list, BundleFile{f.name, f.data})
	}
	return list
}

// Zipped writes a bundle of files.
func Zipped(list []BundleFile) []byte {
	var files []file
	for _, f := range list {
		files = append(files, file{name: f.Name, data: f.Data})
	}
	var zip bytes.Buffer
	_ = writeZip(&zip, files) // which takes everything
	return zip.Bytes()
}

// DigestOf is how a file is named by its content.
func DigestOf(data []byte) string { return digestOf(data) }

// StatedDifferences are the paths at which figures differ from those that were stated.
func StatedDifferences(stated []byte, f reach.Figures) (paths []string, err error) {
	list, err := differencesFromStated(stated, f)
	for _, d := range list {
		paths = append(paths, d.Path)
	}
	return paths, err
}

func (s *Records) Keep(r *Repair) error { return s.keep(r) }

func (s *Records) Mend(m events.Municipality) (int, error) { return s.mend(m) }

func SignNote(key note.Signer, text string) ([]byte, error) {
	return note.Sign(&note.Note{Text: text}, key)
}
