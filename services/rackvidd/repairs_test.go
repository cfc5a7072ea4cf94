package main

import (
	"strings"
	"testing"

	"rackvidd/services/audit"
	"rackvidd/services/integrity"
)

// TestWhatWasRepairedIsAnsweredWithoutFigures is for whoever may repair and sees no data.
func TestWhatWasRepairedIsAnsweredWithoutFigures(t *testing.T) {
	found := []integrity.Finding{{Municipality: "1880", Copy: integrity.TheStatement, Code: integrity.OtherFigure, About: "children", Shown: "1000", Given: "17", Problem: "says another figure than the log gives"}}
	answer, err := repairedAnswer(audit.Repair{Municipality: "1880", Findings: found})
	if err != nil || strings.Contains(string(answer), "1000") || strings.Contains(string(answer), `"17"`) || !strings.Contains(string(answer), "other_figure") {
		t.Errorf("%s, %v", answer, err)
	}
	if found[0].Shown != "1000" {
		t.Error("what was recorded is changed")
	}
}
