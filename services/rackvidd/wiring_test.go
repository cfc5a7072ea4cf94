package main

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"rackvidd/services/api"
	"rackvidd/services/intake"
)

func TestARebuildOfNothingThatIsKnownIsAnUnknownProjection(t *testing.T) {
	if err := (&parts{}).rebuild(t.Context(), "nothing", "1880"); !errors.Is(err, api.ErrUnknownProjection) {
		t.Errorf("it is answered %v", err)
	}
}

func TestHeadingsThatAreWrittenAlikeHaveOneKeyAndNotThatOfAnotherInstallation(t *testing.T) {
	headings := func(of importing, file string) (keys []string) {
		_, err := intake.NewReader(strings.NewReader(file), intake.Options{Municipality: "1880"})
		var wrong *intake.FileError
		if !errors.As(err, &wrong) {
			t.Fatal(err)
		}
		for _, one := range wrong.Headings {
			if shown := of.heading(one); shown.Text != "" {
				t.Errorf("%s is shown of a file of which nothing is known", shown.Text)
			} else {
				keys = append(keys, shown.Key)
			}
		}
		return keys
	}
	here, there := importing{seed: []byte("here")}, importing{seed: []byte("there")}
	one, other := headings(here, "nr;vem;;när\n"), headings(here, "Vem ;NÄR;mer\n")
	if one[1] != other[0] || one[3] != other[1] || one[1] == one[3] || other[2] == one[0] || one[2] != "" || len(one[0]) != 8 {
		t.Errorf("%q and %q", one, other)
	}
	if slices.Contains(headings(there, "vem;x\n"), one[1]) {
		t.Error("another installation has the same key")
	}
}
