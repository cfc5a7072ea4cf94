package api_test

import (
	"testing"
	"time"

	"rackvidd/services/access"
	"rackvidd/services/api"
)

func TestOperationsAreToldWhereEachLogEndsAndWhenThatWasRecorded(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.moment.Store(now.Add(time.Hour).UnixMilli())
	at := h.post("programmes", object{"id": "lanterna", "forms": []string{"camp"}}).is(201).receipt().Position
	kumlas := h.ask(adminToken, "POST", "/api/v1/municipalities/1881/programmes", object{"id": "lyktan", "forms": []string{"camp"}}).is(201).receipt().Position
	operations := h.token(access.Operations, kumla)
	list := func(query string) []api.LogHead {
		var all api.LogHeads
		h.ask(operations, "GET", "/api/v1/logs"+query, nil).is(200).into(&all)
		return all.Logs
	}
	all := list("")
	if len(all) != 2 || all[1].Municipality != kumla || all[1].Position != kumlas {
		t.Errorf("%+v", all)
	}
	one := list("?log=1880&log=national")
	if len(one) != 1 || one[0].Municipality != orebro || one[0].Position != at || one[0].RecordedAt == nil || !one[0].RecordedAt.Equal(now.Add(time.Hour)) {
		t.Errorf("%+v, the last event is %d", one, at)
	}
	h.ask(operations, "GET", "/api/v1/logs?log=188", nil).is(422)
	h.ask(h.token(access.Auditor, orebro), "GET", "/api/v1/logs", nil).problem(403, "forbidden", "")
}
