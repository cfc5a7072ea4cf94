package caseload_test

import (
	"testing"

	"rackvidd/projections/projectiontest"
	"rackvidd/services/api/caseload"
)

func TestMain(m *testing.M) { projectiontest.Main(m) }

func TestTheTablesAreTheSameHoweverAHistoryIsCut(t *testing.T) {
	pool := projectiontest.Pool(t)
	for seed := range uint64(10) {
		projectiontest.Same(t, pool, caseload.Projection{}, projectiontest.Invent(t, "1880", seed, 150))
		projectiontest.Forget(t, pool, caseload.Projection{}, "1880")
	}
}
