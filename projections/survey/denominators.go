package survey

import (
	"cmp"
	"slices"

	"rackvidd/events"
)

// Denominator is an estimate of how many children in the country are in need of support.
type Denominator struct {
	ID      events.DenominatorID `json:"denominator"`
	Name    string               `json:"name" doc:"in Swedish"`
	English string               `json:"name_en,omitempty"`
	Need    int                  `json:"need"`
	Source  string               `json:"source"`
	From    events.Year          `json:"from,omitempty" doc:"the first year it is used for"`
	Until   events.Year          `json:"until,omitempty" doc:"the last"`
	BuiltIn bool                 `json:"built_in"`
}

// builtIn are the estimates that the published reports divide by, each with its source.
var builtIn = []Denominator{
	{"can-2019-any", "Barn i familjer med någon form av missbruksproblem", "Children in families with any problem of substance abuse", 430_000, "CAN 2019", 0, 0, true},
	{"fhi-2008", "Barn med en förälder som har riskbruk", "Children of a parent with risky drinking", 385_000, "Folkhälsoinstitutet 2008", 0, 0, true},
	{"can-2019-affected", "Barn som påverkas av missbruk i familjen", "Children affected by substance abuse in the family", 320_000, "CAN 2019", 0, 0, true},
	{"can-2019-severe", "Barn som påverkas allvarligt av missbruk i familjen", "Children severely affected by substance abuse in the family", 215_000, "CAN 2019", 0, 0, true},
	{"older", "Barn med minst en förälder med beroende (äldre uppskattning)", "Children of at least one addicted parent (older estimate)", 200_000, "Socialstyrelsen", 0, 0, true},
	{"skl-2012", "Barn till föräldrar i vård för missbruk", "Children of parents in treatment", 100_000, "SKL 2012", 0, 0, true},
	{"bereaved-or-hospital", "Barn med en förälder på sjukhus eller död", "Children of a parent in hospital or dead", 75_000, "Junis 2024", 0, 0, true},
}

// Reserved reports whether an id is that of an estimate built in or of a supposed need: nothing can be loaded under it, so
// that a published percentage always names the same estimate.
func Reserved(id events.DenominatorID) bool {
	return id == WhatIf || slices.ContainsFunc(builtIn, func(d Denominator) bool { return d.ID == id })
}

// DenominatorsOf returns those built in and those loaded that are used for a year, the largest first.
func DenominatorsOf(loaded []events.DenominatorStated, year events.Year) []Denominator {
	return slices.DeleteFunc(AllDenominators(loaded), func(d Denominator) bool {
		return d.From > year || d.Until != 0 && d.Until < year
	})
}

// AllDenominators returns those built in and those loaded, the largest first. What stands under a reserved id is none.
func AllDenominators(loaded []events.DenominatorStated) []Denominator {
	list := slices.Clone(builtIn)
	for _, d := range loaded {
		if !Reserved(d.Denominator) {
			list = append(list, Denominator{ID: d.Denominator, Name: string(d.Name), Need: int(d.Need), Source: string(d.Source), From: d.From, Until: d.Until})
		}
	}
	slices.SortFunc(list, func(a, b Denominator) int { return cmp.Or(cmp.Compare(b.Need, a.Need), cmp.Compare(a.ID, b.ID)) })
	return list
}

// WhatIf is the id of a need that somebody asks about and nobody states.
const WhatIf events.DenominatorID = "what-if"

func whatIf(need int) Denominator {
	return Denominator{ID: WhatIf, Name: "Tänkt behov", English: "A need supposed", Need: need, Source: "asked for"}
}
