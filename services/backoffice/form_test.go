package backoffice_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"rackvidd/services/backoffice"
	"rackvidd/services/surveying"
)

// reworded are the forms where one says another word.
func reworded(t *testing.T, file, was, is string) surveying.Collection {
	t.Helper()
	raw, err := os.ReadFile("../surveying/forms/" + file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(raw), was) {
		t.Fatalf("%s does not say %q", file, was)
	}
	changed := fstest.MapFS{file: {Data: []byte(strings.ReplaceAll(string(raw), was, is))}}
	all, err := surveying.LoadForms(surveying.Definitions{"groups/v1": 17, "reach/v3": 17}, surveying.BuiltIn(), changed)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestAFormOnWhichWasSubmittedKeepsItsWords(t *testing.T) {
	h := submitted(t)
	if err := h.FormsAsSubmitted(t.Context()); err != nil {
		t.Errorf("as it was submitted on: %v", err)
	}
	for what, c := range map[string]struct {
		file, was, is string
		refused       bool
	}{
		"an option's label":             {"v3.yaml", "Stödgrupp", "Barngrupp", true},
		"an English title":              {"v3.yaml", "Survey on support", "Survey about support", true},
		"the years":                     {"v3.yaml", "{from: 2021}", "{from: 2020}", false},
		"a form that nothing stands on": {"v1.yaml", "Polisen", "Polis", false},
	} {
		h.Forms = reworded(t, c.file, c.was, c.is)
		err := h.FormsAsSubmitted(t.Context())
		var other *backoffice.RewordedFormError
		if errors.As(err, &other) != c.refused || !c.refused && err != nil {
			t.Errorf("%s is changed: %v", what, err)
		}
	}
}
