package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/api"
)

func TestAVerificationGoesOnWithoutItsReaderAndTellsHowFarItIsAndWhatItFound(t *testing.T) {
	goOn, goneOn := make(chan error), make(chan struct{})
	h := newHouse(t, func(d *api.Deps) {
		d.Verify = func(_ context.Context, m events.Municipality, _ events.ID, year events.Year, heard func(api.Pass)) (json.RawMessage, error) {
			heard(api.Pass{Copy: "stream", Number: 2, Of: 4, Position: 50, Until: 100})
			close(goneOn)
			return json.RawMessage(`{"municipality":"` + string(m) + `","whole":true}`), <-goOn
		}
	})
	auditor, other := h.token(access.Auditor, orebro), h.token(access.Auditor, orebro)
	list := func(token string) []api.VerificationState {
		t.Helper()
		var all api.VerificationList
		h.ask(token, "GET", in("audit/verifications"), nil).is(200).into(&all)
		return all.Verifications
	}
	ended := func(state string) api.VerificationState {
		t.Helper()
		for begun := time.Now(); time.Since(begun) < 60*time.Second; time.Sleep(5 * time.Millisecond) {
			if all := list(auditor); len(all) == 1 && all[0].State == state && all[0].EndedAt != nil {
				return all[0]
			}
		}
		t.Fatalf("it is not %s: %+v", state, list(auditor))
		return api.VerificationState{}
	}
	if all := list(auditor); len(all) != 0 {
		t.Fatalf("one is told of before any was begun: %+v", all)
	}
	begin := func() { h.ask(auditor, "POST", in("audit/verifications?year=2021"), nil).is(202) }
	begin()
	<-goneOn
	begin() // it goes on: closing goneOn a second time would panic
	if all := list(auditor); len(all) != 1 || all[0].State != "going" || all[0].Year != 2021 || all[0].Copy != "stream" || all[0].Pass != 2 || all[0].Position != 50 || all[0].PerSecond <= 0 || all[0].SecondsLeft == nil {
		t.Errorf("how far it is: %+v", all)
	}
	if all := list(other); len(all) != 0 {
		t.Errorf("somebody else is told: %+v", all)
	}
	goOn <- nil
	if one := ended("done"); string(one.Report) == "" || one.Problem != nil {
		t.Errorf("what it found: %+v", one)
	}
	goneOn = make(chan struct{})
	begin()
	goOn <- errors.New("the disk is on fire")
	if one := ended("failed"); one.Problem == nil || one.Problem.Type != "urn:rackvidd:problem:internal" {
		t.Errorf("why it failed: %+v", one.Problem)
	}
}

func TestTheNationalLogIsComparedForWhoeverAuditsIt(t *testing.T) {
	compared := make(chan events.Year, 1)
	h := newHouse(t, func(d *api.Deps) {
		d.Verify = func(_ context.Context, m events.Municipality, _ events.ID, year events.Year, _ func(api.Pass)) (json.RawMessage, error) {
			if m != events.National {
				t.Errorf("the copies of %s are compared", m)
			}
			compared <- year
			return json.RawMessage(`{"municipality":"` + string(m) + `","whole":true}`), nil
		}
	})
	const path = "/api/v1/audit/verifications"
	auditor := h.token(access.Auditor, orebro)
	h.ask(auditor, "POST", path, nil).is(202)
	if year := <-compared; year != 0 {
		t.Errorf("the figures of %d are computed again", year)
	}
	var all api.VerificationList
	for begun := time.Now(); time.Since(begun) < 60*time.Second && (len(all.Verifications) == 0 || all.Verifications[0].EndedAt == nil); time.Sleep(5 * time.Millisecond) {
		h.ask(auditor, "GET", path, nil).is(200).into(&all)
	}
	if len(all.Verifications) != 1 || all.Verifications[0].State != "done" || string(all.Verifications[0].Report) == "" {
		t.Errorf("what it found: %+v", all.Verifications)
	}
	h.ask(auditor, "GET", in("audit/verifications"), nil).is(200).into(&all)
	if len(all.Verifications) != 0 {
		t.Errorf("it is told of the municipality: %+v", all.Verifications)
	}
	for _, method := range []string{"GET", "POST"} {
		h.ask(h.token(access.BackOffice, orebro), method, path, nil).problem(403, "forbidden", "")
	}
}
