package api_test

import (
	"strings"
	"testing"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/services/access"
	"rackvidd/services/api"
	"rackvidd/services/integrity"
)

func TestWhatAFigureIsCountedFrom(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	a, b, old := h.child("a"), h.child("b"), h.child("old")
	h.post("referrals", object{"child": old, "channel": "school", "received_on": "2021-01-10", "birth_year": 1999}).is(201)
	h.attend("2021-03-02", a, b)
	h.attend("2021-03-09", a, old)
	at := h.post("merges", object{"keep": a, "merge": b}).is(201).receipt().Position
	office := h.token(access.BackOffice, orebro)
	rows := func(token, query string) (f api.FigureRows) {
		t.Helper()
		h.ask(token, "GET", in("reach/rows?year=2021&min_position="+position(at)+query), nil).is(200).into(&f)
		return f
	}
	got := rows(office, "")
	if got.Children != 1 || got.Attendances != 2 || got.Counted != 1 || len(got.Rows) != 1 || got.Position != at {
		t.Fatalf("not one child at two sessions: %+v", got)
	}
	one := got.Rows[0]
	if one.Sessions != 2 || one.First.String() != "2021-03-02" || one.Last.String() != "2021-03-09" || one.Programme != "sputnik" || one.Child != nil {
		t.Errorf("the row is not the child's, or leads a back office to it: %+v", one)
	}
	if len(got.LeftOut) != 2 || got.LeftOut[0] != (api.LeftOutCount{Why: reach.TooOld, Children: 1}) || got.LeftOut[1].Why != reach.CountsAsOther {
		t.Errorf("who is left out: %+v", got.LeftOut)
	}
	if others := rows(office, "&left_out=true&sort=-why"); len(others.Rows) != 2 || others.Rows[0].CountsAs != one.Number || others.Rows[1].Why != reach.TooOld {
		t.Errorf("the rows that are left out: %+v", others.Rows)
	}
	if led := rows(adminToken, ""); led.Rows[0].Child == nil || led.Rows[0].Child.String() != a {
		t.Errorf("who may read the child's history is not led there: %+v", led.Rows)
	}
	if then := rows(office, "&position="+position(at-1)); then.Children != 2 || then.Rows[0].Number > 3 {
		t.Errorf("before the merge there are not two: %+v", then)
	}
	if page := rows(office, "&position="+position(at-1)+"&limit=1&offset=1"); len(page.Rows) != 1 || page.Counted != 2 {
		t.Errorf("the second row alone: %+v", page)
	}
	h.ask(office, "GET", in("reach/rows?year=2021&figure=names"), nil).problem(422, "unknown_figure", "query.figure")
	if f := rows(office, "&figure=form.camp"); f.Children != 0 || len(f.Rows) != 0 || f.Others != 0 {
		t.Errorf("of a form that nobody had: %+v", f)
	}
	for role, status := range map[access.Role]int{access.Coordinator: 403, access.National: 403, access.Operations: 403, access.Auditor: 200, access.Approver: 200} {
		h.ask(h.token(role, orebro, access.EveryProgramme), "GET", in("reach/rows?year=2021"), nil).is(status)
	}

	var known api.ChildDisclosure
	h.get("children/" + a + "/disclosure").is(200).into(&known)
	reads := 0
	for _, r := range known.Vault.Reads {
		if r.Why == "rows" {
			reads++
		}
	}
	if reads < 5 {
		t.Errorf("%d reads of the child's rows are noted", reads)
	}
}

func TestRowsOfWhatIsDamagedAreKeptBackAsItsFiguresAre(t *testing.T) {
	h := newHouse(t, func(d *api.Deps) {
		d.Damage = func(m events.Municipality, _ ...string) error {
			return &integrity.DamagedError{Municipality: m, Findings: []integrity.Finding{{Municipality: m, Copy: integrity.TheArchive}}}
		}
	})
	office := h.token(access.BackOffice, orebro)
	for _, path := range []string{"reach?year=2021", "reach/rows?year=2021", "reach/rows/export?year=2021", "surveys/2021/checks/S01/sessions"} {
		h.ask(office, "GET", in(path), nil).problem(503, "damaged", "")
	}
}

func TestRowsOfATownWhereNothingIsRecorded(t *testing.T) {
	h := newHouse(t)
	var f api.FigureRows
	h.get("reach/rows?year=2021").is(200).into(&f)
	if f.Children != 0 || f.Rows == nil || f.LeftOut == nil {
		t.Errorf("%+v", f)
	}
}

func TestRowsAsAFileCallProgrammesAndFiguresAsThePagesDo(t *testing.T) {
	h := newHouse(t)
	h.post("programmes", object{"id": "sput", "name": "Sputnik i Örebro", "forms": []string{"support_group"}, "organiser": "municipality", "target": "substance_abuse", "identity": "linked", "valid_from": "2021-01-01"}).is(201)
	session := h.post("sessions", object{"programme": "sput", "form": "support_group", "held_on": "2021-03-02"}).is(201).receipt()
	at := h.put("sessions/"+session.ID+"/register", object{"attended": []string{h.child("a")}}).is(200).receipt().Position
	for figure, called := range map[string]string{"children": "Olika barn", "form.support_group": "Stödform: stödgrupp", "programme.sput": "Verksamhet: Sputnik i Örebro"} {
		csv := h.get("reach/rows/export?year=2021&lang=sv&figure=" + figure + "&min_position=" + position(at)).is(200).text
		if !strings.Contains(csv, ";"+called+";") || !strings.Contains(csv, ";Sputnik i Örebro;1;") || strings.Contains(csv, "sput;") {
			t.Errorf("%s:\n%s", figure, csv)
		}
	}
	at = h.post("sessions", object{"programme": "sput", "form": "support_group", "held_on": "2021-03-09"}).is(201).receipt().Position
	for _, path := range []string{"surveys/2021/checks/S07/sessions/export?", "surveys/2021/export?format=csv&"} {
		if csv := h.get(path + "lang=sv&min_position=" + position(at)).is(200).text; !strings.Contains(csv, ";Sputnik i Örebro;") || strings.Contains(csv, "sput;") {
			t.Errorf("%s:\n%s", path, csv)
		}
	}
}

func TestRowsAsAFileHoldNoFormula(t *testing.T) {
	h := newHouse(t)
	h.post("programmes", object{"id": "=1+1", "name": "=1+1", "forms": []string{"support_group"}, "organiser": "municipality", "target": "substance_abuse", "identity": "linked", "valid_from": "2021-01-01"}).is(201)
	child := h.child("a")
	session := h.post("sessions", object{"programme": "=1+1", "form": "support_group", "held_on": "2021-03-02"}).is(201).receipt()
	at := h.put("sessions/"+session.ID+"/register", object{"attended": []string{child}}).is(200).receipt().Position
	csv := h.get("reach/rows/export?year=2021&lang=sv&min_position=" + position(at)).is(200).text
	for _, line := range strings.Split(csv, "\r\n") {
		for _, cell := range strings.Split(line, ";") {
			if strings.HasPrefix(strings.Trim(cell, `"`), "=") {
				t.Errorf("a formula: %q", line)
			}
		}
	}
	if !strings.Contains(csv, "stödgrupp") || !strings.Contains(csv, "2021-03-02") || strings.Contains(csv, child) {
		t.Errorf("not the row, or with the child's handle:\n%s", csv)
	}
	if xlsx := h.get("reach/rows/export?year=2021&format=xlsx&min_position=" + position(at)).is(200).text; !strings.HasPrefix(xlsx, "PK") {
		t.Error("no workbook")
	}
}
