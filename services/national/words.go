package national

// swedish is what codes are called in documents, by what they are codes of.
var swedish = map[string]map[string]string{
	"Stödform": {
		"support_group": "Stödgrupp", "counselling": "Stödsamtal", "family_support": "Familjeinsats", "contact_person": "Kontaktperson eller kontaktfamilj",
		"school_health": "Verksamhet inom elevhälsan", "camp": "Läger", "open_preschool": "Öppen förskola", "other": "Annan stödform",
	},
	"Kontaktväg": {
		"social_services_children": "Socialtjänsten, barn", "social_services_adults": "Socialtjänsten, vuxna", "school": "Skolan, med elevhälsan",
		"adult_seeking": "Vuxna söker stöd för barnen", "self": "Barnet självt", "health_care": "Hälso- och sjukvården", "police": "Polisen",
		"other": "Annan kontaktväg", "unknown": "Okänd",
	},
	"Utförare": {
		"municipality": "Kommunen i egen regi", "ngo": "Ideell organisation", "other_municipality": "Annan kommun", "private": "Privat utförare", "region": "Regionen",
	},
	"Åtgärd": {
		"cooperation": "Samverkan mellan kommunens instanser", "information": "Information", "political_priority": "Politisk prioritering", "funding": "Ekonomi",
		"trained_leaders": "Fler utbildade ledare", "other_activity": "Annan verksamhet",
	},
}

// inSwedish is what a code is called; itself where it has no name yet.
func inSwedish(what, code string) string {
	if name, ok := swedish[what][code]; ok {
		return name
	}
	return code
}
