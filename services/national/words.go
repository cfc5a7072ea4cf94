package national

import (
	"cmp"

	"rackvidd/projections/survey"
)

// tongue is the language that a document is written in: Swedish, where nothing else is asked for.
type tongue struct{ english bool }

// say is the one of two texts that is in the language.
func (t tongue) say(swedish, english string) string {
	if t.english {
		return english
	}
	return swedish
}

// kind is what codes are codes of.
type kind string

const (
	formKind      kind = "form"
	channelKind   kind = "channel"
	organiserKind kind = "organiser"
	measureKind   kind = "measure"
)

// named is what something is called in Swedish and in English.
type named struct{ swedish, english string }

var kinds = map[kind]named{
	formKind: {"Stödform", "Form of support"}, channelKind: {"Kontaktväg", "Channel of contact"}, organiserKind: {"Utförare", "Organiser"},
	measureKind: {"Åtgärd", "Measure"},
}

// codes are what codes are called in documents.
var codes = map[kind]map[string]named{
	formKind: {
		"support_group": {"Stödgrupp", "Support group"}, "counselling": {"Stödsamtal", "Counselling"}, "family_support": {"Familjeinsats", "Family support"},
		"contact_person": {"Kontaktperson eller kontaktfamilj", "Contact person or contact family"},
		"school_health":  {"Verksamhet inom elevhälsan", "Within school health"}, "camp": {"Läger", "Camp"}, "open_preschool": {"Öppen förskola", "Open preschool"},
		"other": {"Annan stödform", "Another form"},
	},
	channelKind: {
		"social_services_children": {"Socialtjänsten, barn", "Social services, children"}, "social_services_adults": {"Socialtjänsten, vuxna", "Social services, adults"},
		"school": {"Skolan, med elevhälsan", "School, with school health"}, "adult_seeking": {"Vuxna söker stöd för barnen", "Adults seeking support for the children"},
		"self": {"Barnet självt", "The child itself"}, "health_care": {"Hälso- och sjukvården", "Health care"}, "police": {"Polisen", "Police"},
		"other": {"Annan kontaktväg", "Another channel"}, "unknown": {"Okänd", "Unknown"},
	},
	organiserKind: {
		"municipality": {"Kommunen i egen regi", "The municipality itself"}, "ngo": {"Ideell organisation", "Non-profit organisation"},
		"other_municipality": {"Annan kommun", "Another municipality"}, "private": {"Privat utförare", "Private provider"}, "region": {"Regionen", "The region"},
	},
	measureKind: {
		"cooperation": {"Samverkan mellan kommunens instanser", "Cooperation within the municipality"}, "information": {"Information", "Information"},
		"political_priority": {"Politisk prioritering", "Political priority"}, "funding": {"Ekonomi", "Funding"},
		"trained_leaders": {"Fler utbildade ledare", "More trained leaders"}, "other_activity": {"Annan verksamhet", "Other activity"},
	},
}

// kind is what codes of a kind are.
func (t tongue) kind(k kind) string { return t.say(kinds[k].swedish, kinds[k].english) }

// code is what a code is called; itself where it has no name yet.
func (t tongue) code(k kind, code string) string {
	name := codes[k][code]
	return cmp.Or(t.say(name.swedish, name.english), code)
}

var scopes = map[survey.Scope]named{
	survey.AllScope:        {"alla kommuner", "all municipalities"},
	survey.RespondingScope: {"kommuner som svarat", "municipalities that answered"},
	survey.OfferingScope:   {"kommuner som erbjuder stöd", "municipalities that offer support"},
}

func (t tongue) scope(s survey.Scope) string { return t.say(scopes[s].swedish, scopes[s].english) }

// share is what a share of the country is of.
func (t tongue) share(by string) string {
	if by == "population" {
		return t.say("antal barn 0–17 år", "number of children aged 0–17")
	}
	return t.say("antal kommuner", "number of municipalities")
}

// estimate is what an estimate of those in need is called; one that was loaded has one name.
func (t tongue) estimate(c survey.NationalCoverage) string {
	return t.say(c.Name, cmp.Or(c.English, c.Name))
}

// askedFor is the Swedish source of a need that somebody supposes.
const askedFor = "angivet i frågan"

// source is where an estimate comes from.
func (t tongue) source(c survey.NationalCoverage) string {
	if c.Denominator == survey.WhatIf {
		return t.say(askedFor, c.Source)
	}
	return c.Source
}

// county is what a county, or those that are told of together, is called.
func (t tongue) county(c survey.County) string {
	if c.Code == rest {
		return t.say(c.Name, "Other counties")
	}
	return c.Name
}
