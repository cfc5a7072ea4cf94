package api

import (
	"context"
	"net/http"

	"rackvidd/events"
	"rackvidd/services/access"
)

// MunicipalityInfo is a municipality as everybody knows it.
type MunicipalityInfo struct {
	Code       events.Municipality `json:"code"`
	Name       string              `json:"name"`
	CountyCode string              `json:"county_code"`
	County     string              `json:"county"`
}

// Municipalities are those that the caller has to do with.
type Municipalities struct {
	Municipalities []MunicipalityInfo `json:"municipalities" nullable:"false"`
}

func (s *server) municipalityRoutes() {
	add(s, route{
		id: "list-municipalities", method: http.MethodGet, path: "/municipalities", permission: access.Browse,
		summary: "List your municipalities",
	}, s.listMunicipalities)
}

func (s *server) listMunicipalities(_ context.Context, c caller, _ *struct{}) (*struct{ Body Municipalities }, error) {
	out := &struct{ Body Municipalities }{Municipalities{[]MunicipalityInfo{}}}
	for _, m := range events.Municipalities() {
		if c.In(m.Code) {
			out.Body.Municipalities = append(out.Body.Municipalities, MunicipalityInfo{m.Code, m.Name, m.CountyCode, m.County})
		}
	}
	return out, nil
}
