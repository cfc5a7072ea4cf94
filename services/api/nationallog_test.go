package api_test

import (
	"strings"
	"testing"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/api"
)

func TestAuditorsAreToldWhatTheNationalLogReceivedAndNoNumbers(t *testing.T) {
	h := newHouse(t)
	answers := "year,municipality,district,state,offers,children,basis,organisers,forms,channels,measures\n" +
		"2013,1880,,answered,yes,4711,counted,municipality,support_group,school,cooperation\n2012,1881,norr,answered,yes,4711,counted,municipality,support_group,school,cooperation\n"
	h.ask(adminToken, "POST", "/api/v1/report/answers", answers).is(200)
	list := func(token, query string) (told api.ReceivedList) {
		t.Helper()
		r := h.ask(token, "GET", "/api/v1/audit/received"+query, nil).is(200)
		if strings.Contains(r.text, "4711") {
			t.Errorf("a number is told: %s", r.text)
		}
		r.into(&told)
		return told
	}
	mine := list(h.token(access.Auditor, orebro), "")
	if len(mine.Received) != 2 || mine.Older != 0 || mine.Position != mine.Received[0].Position || mine.Received[0].Position <= mine.Received[1].Position {
		t.Fatalf("not both, the latest first: %+v", mine)
	}
	for _, one := range mine.Received {
		if one.Kind != "national.answer_received" || one.Origin != events.FromTable || one.RecordedAt.IsZero() || one.Year == 2013 && one.Municipality != orebro || one.Year == 2012 && (one.Municipality != "" || one.District != "") {
			t.Errorf("%+v", one)
		}
	}
	everywhere := h.granted(access.Grant{Account: h.everything(), Roles: []access.Role{access.Auditor}, Everywhere: true})
	first := list(everywhere, "?limit=1")
	second := list(everywhere, "?limit=1&before="+position(first.Older))
	if len(first.Received) != 1 || len(second.Received) != 1 || first.Received[0].Municipality == "" || second.Received[0].Municipality == "" || first.Received[0].Position == second.Received[0].Position || second.Older != 0 {
		t.Errorf("a page each: %+v, %+v", first, second)
	}
	for _, path := range []string{"received", "checkpoint", "findings", "verifications/past"} {
		h.ask(h.token(access.BackOffice, orebro), "GET", "/api/v1/audit/"+path, nil).problem(403, "forbidden", "")
	}
	h.ask(everywhere, "GET", "/api/v1/audit/findings", nil).is(200)
}
