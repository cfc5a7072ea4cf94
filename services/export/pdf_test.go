package export

import (
	"bytes"
	"strings"
	"testing"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
)

func pdfOf(t *testing.T, d Document) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := PDF(&b, d); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAPDFIsValid(t *testing.T) {
	api.DisableConfigDir() // it would make a folder in one's home
	signed := surveyLike()
	signed.Signature = &Signature{"Jag intygar.", []string{"Ort", "Underskrift", "Namn"}}
	for name, d := range map[string]Document{"ordinary": signed, "hostile": hostileDocument(), "empty": {Title: "x", Language: "en", Created: created}} {
		conf := model.NewDefaultConfiguration()
		conf.ValidationMode = model.ValidationStrict
		if err := api.Validate(bytes.NewReader(pdfOf(t, d)), conf); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAFileThatTheLibraryWritesInAnotherWayIsRefused(t *testing.T) {
	var made bytes.Buffer
	if err := newPages(of()).pdf.Output(&made); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new string }{
		{"startxref", "startxxxx"},
		{"/Root", "/Roof"},
		{"\nxref\n0", "\nxxxx\n0"},
		{"\n3 0 obj\n", "\n9 0 obj\n"},
	} {
		broken := strings.ReplaceAll(made.String(), c.old, c.new)
		if err := writeTagged(&bytes.Buffer{}, []byte(broken), newTags(), "sv-SE"); err == nil {
			t.Errorf("%q was taken for %q", c.new, c.old)
		}
	}
	if err := writeTagged(&bytes.Buffer{}, made.Bytes(), newTags(), "sv-SE"); err != nil {
		t.Error(err)
	}
}
