package main

import (
	"errors"
	"testing"

	"rackvidd/services/api"
)

func TestARebuildOfNothingThatIsKnownIsAnUnknownProjection(t *testing.T) {
	if err := (&parts{}).rebuild(t.Context(), "nothing", "1880"); !errors.Is(err, api.ErrUnknownProjection) {
		t.Errorf("it is answered %v", err)
	}
}
