package backoffice_test

import (
	"errors"
	"testing"

	"rackvidd/services/integrity"
)

// loses takes a child out of the tables behind the program's back.
func (h *house) loses() (give func()) {
	h.t.Helper()
	exec := func(sql string) {
		h.t.Helper()
		if _, err := h.Pool.Exec(h.t.Context(), sql); err != nil {
			h.t.Fatal(err)
		}
	}
	exec(`CREATE TABLE lost AS SELECT * FROM reach_1880_1.attendance WHERE child = (SELECT min(child::text) FROM reach_1880_1.attendance)::uuid`)
	exec(`DELETE FROM reach_1880_1.attendance WHERE child IN (SELECT child FROM lost)`)
	return func() { exec(`INSERT INTO reach_1880_1.attendance SELECT * FROM lost`) }
}

func TestNothingIsSubmittedFromTablesThatShowAnotherFigureThanTheLog(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.explains(anna)
	h.checks(anna)
	h.approves(bo)
	h.loses()
	h.Counts = nil // as after a restart
	_, err := h.Submit(t.Context(), h.asked, command(anna), anyVersion)
	var damaged *integrity.DamagedError
	if !errors.As(err, &damaged) || damaged.Findings[0].Code != integrity.OtherFigure {
		t.Errorf("%v", err)
	}
}

func TestWhatWasCheckedOnDamagedTablesIsNotSubmittedAfterTheyWereMended(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.explains(anna)
	give := h.loses()
	h.Counts = nil
	h.checks(anna)
	h.approves(bo)
	give()
	_, err := h.Submit(t.Context(), h.asked, command(anna), anyVersion)
	refused(t, err, "counted_otherwise")
	if len(h.national.all()) != 0 {
		t.Error("the national level was told")
	}
}
