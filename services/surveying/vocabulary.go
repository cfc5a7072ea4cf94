package surveying

import (
	"regexp"
	"slices"
)

// Word is what a code of the log is called on screen and in documents; the code itself where
// there is none. A span of ages or numbers, 7-12 in data, is written 7–12 for people.
func Word(code string, l Language) string {
	if t, ok := vocabulary[code]; ok {
		return t.In(l)
	}
	return span.ReplaceAllString(code, "$1–$2")
}

var span = regexp.MustCompile(`^([0-9]+)-([0-9]+)$`)

func wordsOf[C ~string](codes []C, l Language) []string {
	list := make([]string, len(codes))
	for i, c := range codes {
		list[i] = Word(string(c), l)
	}
	return list
}

// vocabulary holds the codes that are called alike everywhere. "other" and "unknown" are the same word of every list.
var vocabulary = map[string]Text{
	"support_group": {"stödgrupp", "support group"}, "counselling": {"stödsamtal", "counselling"}, "family_support": {"familjeinsats", "family support"},
	"contact_person": {"kontaktperson eller kontaktfamilj", "contact person or family"}, "school_health": {"elevhälsan", "school health"},
	"camp": {"läger", "camp"}, "open_preschool": {"öppen förskola", "open preschool"}, "other": {"annat", "other"}, "unknown": {"okänt", "unknown"},

	"social_services_children": {"socialtjänsten för barn", "social services for children"}, "social_services_adults": {"socialtjänsten för vuxna", "social services for adults"},
	"school": {"skolan", "school"}, "adult_seeking": {"vuxna söker stöd för barnen", "adults seek support for the children"}, "self": {"barnet självt", "the child itself"},
	"health_care": {"hälso- och sjukvården", "health care"}, "police": {"polisen", "the police"},

	"municipality": {"kommunen i egen regi", "the municipality itself"}, "ngo": {"ideell organisation", "non-profit organisation"},
	"other_municipality": {"annan kommun", "another municipality"}, "private": {"privat utförare", "private provider"}, "region": {"regionen", "the region"},

	"cooperation": {"samverkan mellan kommunens instanser", "cooperation within the municipality"}, "information": {"information", "information"},
	"political_priority": {"politisk prioritering", "political priority"}, "funding": {"ekonomi", "funding"},
	"trained_leaders": {"fler utbildade ledare", "more trained leaders"}, "other_activity": {"annan verksamhet", "another activity"},

	"girl": {"flicka", "girl"}, "boy": {"pojke", "boy"},

	"number": {"antal", "number"}, "zero": {"noll", "zero"}, "choices": {"val", "choices"}, "yes": {"ja", "yes"}, "no": {"nej", "no"}, "text": {"text", "text"},
	"not_asked": {"inte frågat", "not asked"}, "not_answered": {"inte besvarat", "not answered"}, "suppressed": {"visas inte", "not shown"},
	"counted": {"räknat", "counted"}, "interval": {"intervall", "interval"}, "estimated": {"uppskattat", "estimated"}, "entered": {"angivet", "entered"}, "overridden": {"ändrat", "overridden"},
	"draft": {"utkast", "draft"}, "checked": {"kontrollerad", "checked"}, "approved": {"godkänd", "approved"}, "submitted": {"inlämnad", "submitted"}, "amended": {"under ändring", "being amended"},
	"error": {"fel", "error"}, "warning": {"varning", "warning"}, "notice": {"upplysning", "notice"},
	"left_out_too_old": {"för gammalt under året", "too old in the year"}, "left_out_guest": {"hemkommunen är en annan", "lives in another municipality"},
	"left_out_other_form": {"stödformen räknas inte", "the form does not count"}, "left_out_other_aim": {"kom av ett annat skäl", "came for another reason"},
	"left_out_never_came": {"hade plats men kom inte till något som räknas", "had a place and came to nothing that counts"}, "left_out_cancelled": {"träffen ställdes in", "the session was cancelled"},
	"left_out_withdrawn": {"träffen är borttagen", "the session was withdrawn"}, "left_out_removed": {"struket i närvaron", "taken out of the register"},
	"text_erased": {"(texten är raderad)", "(the text was erased)"}, "text_lost": {"(texten saknas: den är förlorad, ingen har raderat den)", "(the text is missing: it was lost, nobody erased it)"},
	"text_changed":    {"(en annan text än den som skrevs)", "(another text than the one that was written)"},
	"left_out_merged": {"samma barn som ett annat", "the same child as another"},
	"answered":        {"besvarad", "answered"}, "commented": {"kommenterad", "commented"}, "returned": {"tillbakaskickad", "sent back"},
}

// Codes lists the codes that have a word, in their order.
func Codes() []string {
	var list []string
	for code := range vocabulary {
		list = append(list, code)
	}
	slices.Sort(list)
	return list
}
