package intake

import (
	"strings"
	"sync"

	"golang.org/x/text/unicode/norm"

	"rackvidd/events"
)

// The words that stand in Swedish files, beside the codes of the import format. Words are compared folded.

var headingWords = words(columnNamesByCode(), map[string]column{
	"record_id":         recordIDColumn,
	"post":              recordIDColumn,
	"post-id":           recordIDColumn,
	"postnr":            recordIDColumn,
	"löpnummer":         recordIDColumn,
	"löpnr":             recordIDColumn,
	"händelse":          typeColumn,
	"händelsetyp":       typeColumn,
	"typ":               typeColumn,
	"tillfälle":         sessionColumn,
	"tillfälles-id":     sessionColumn,
	"träff":             sessionColumn,
	"datum":             occurredOnColumn,
	"dag":               occurredOnColumn,
	"barn":              childColumn,
	"barnets id":        childColumn,
	"personnummer":      childColumn,
	"personnr":          childColumn,
	"verksamhet":        programmeColumn,
	"stödverksamhet":    programmeColumn,
	"stödform":          formColumn,
	"form av stöd":      formColumn,
	"kontaktväg":        channelColumn,
	"utfall":            outcomeColumn,
	"orsak":             reasonColumn,
	"avslutsorsak":      reasonColumn,
	"födelseår":         birthYearColumn,
	"född år":           birthYearColumn,
	"kön":               genderColumn,
	"roll":              roleColumn,
	"hemkommun":         homeColumn,
	"antal":             countColumn,
	"antal utan namn":   countColumn,
	"antal okända barn": countColumn,
	"målgrupp":          targetColumn,
})

var typeWords = words(codes[RowType](), map[string]RowType{
	"remiss":                 ReferralReceived,
	"remiss mottagen":        ReferralReceived,
	"anvisning":              ReferralReceived,
	"anvisning mottagen":     ReferralReceived,
	"remiss avslutad":        ReferralClosed,
	"remiss stängd":          ReferralClosed,
	"anvisning avslutad":     ReferralClosed,
	"inskrivning":            ChildEnrolled,
	"inskriven":              ChildEnrolled,
	"utskrivning":            EnrolmentEnded,
	"utskriven":              EnrolmentEnded,
	"avslutad":               EnrolmentEnded,
	"avslut":                 EnrolmentEnded,
	"inskrivning avslutad":   EnrolmentEnded,
	"avslutad plats":         EnrolmentEnded,
	"närvaro":                SessionAttended,
	"närvarande":             SessionAttended,
	"deltog":                 SessionAttended,
	"deltagit":               SessionAttended,
	"inställd":               SessionCancelled,
	"inställt":               SessionCancelled,
	"inställd träff":         SessionCancelled,
	"inställt tillfälle":     SessionCancelled,
	"tillfället inställt":    SessionCancelled,
	"tillfället är inställt": SessionCancelled,
})

var formWords = words(codes[events.Form](), map[string]events.Form{
	"stödgrupp":                         events.SupportGroup,
	"grupp":                             events.SupportGroup,
	"stödsamtal":                        events.Counselling,
	"samtal":                            events.Counselling,
	"familjeinsats":                     events.FamilySupport,
	"familjestöd":                       events.FamilySupport,
	"familjegrupp":                      events.FamilySupport,
	"kontaktperson":                     events.ContactPerson,
	"kontaktfamilj":                     events.ContactPerson,
	"kontaktperson/kontaktfamilj":       events.ContactPerson,
	"kontaktperson eller kontaktfamilj": events.ContactPerson,
	"elevhälsa":                         events.SchoolHealth,
	"elevhälsan":                        events.SchoolHealth,
	"verksamhet inom elevhälsan":        events.SchoolHealth,
	"läger":                             events.Camp,
	"öppen förskola":                    events.OpenPreschool,
	"annan":                             events.OtherForm,
	"annat":                             events.OtherForm,
	"annan form":                        events.OtherForm,
})

var channelWords = words(codes[events.Channel](), map[string]events.Channel{
	"socialtjänst barn":           "social_services_children",
	"socialtjänsten barn":         "social_services_children",
	"socialtjänsten för barn":     "social_services_children",
	"socialtjänst vuxna":          "social_services_adults",
	"socialtjänst vuxen":          "social_services_adults",
	"socialtjänsten vuxna":        "social_services_adults",
	"socialtjänsten för vuxna":    "social_services_adults",
	"skola":                       "school",
	"skolan":                      "school",
	"elevhälsa":                   "school",
	"elevhälsan":                  "school",
	"vuxna söker":                 "adult_seeking",
	"vuxen söker":                 "adult_seeking",
	"vuxna söker stöd":            "adult_seeking",
	"vuxna söker stöd för barnen": "adult_seeking",
	"barnet självt":               "self",
	"barnet":                      "self",
	"vården":                      "health_care",
	"vård":                        "health_care",
	"hälso- och sjukvård":         "health_care",
	"hälso- och sjukvården":       "health_care",
	"polis":                       "police",
	"polisen":                     "police",
	"annat":                       "other",
	"annan":                       "other",
	"okänd":                       events.UnknownChannel,
	"okänt":                       events.UnknownChannel,
})

var outcomeWords = words(codes[events.Outcome](), map[string]events.Outcome{
	"accepterad":      "accepted",
	"antagen":         "accepted",
	"nekad":           "declined",
	"avböjd":          "declined",
	"hänvisad":        "redirected",
	"hänvisad vidare": "redirected",
	"återtagen":       "withdrawn",
	"tagen tillbaka":  "withdrawn",
})

var reasonWords = words(codes[events.EndReason](), map[string]events.EndReason{
	"fullföljd":   "completed",
	"fullföljt":   "completed",
	"genomförd":   "completed",
	"genomfört":   "completed",
	"avbruten":    "discontinued",
	"avbrutet":    "discontinued",
	"flyttat":     "moved",
	"flyttad":     "moved",
	"flytt":       "moved",
	"överförd":    "transferred",
	"överflyttad": "transferred",
	"överflyttat": "transferred",
	"åldersgräns": "aged_out",
	"för gammal":  "aged_out",
	"för gammalt": "aged_out",
})

var genderWords = words(codes[events.Gender](), map[string]events.Gender{
	"flicka": "girl",
	"kvinna": "girl",
	"pojke":  "boy",
	"man":    "boy",
	"annat":  "other",
	"annan":  "other",
	"okänt":  events.UnknownGender,
	"okänd":  events.UnknownGender,
})

var roleWords = words(codes[events.Role](), map[string]events.Role{
	"barn":     events.ChildRole,
	"vuxen":    events.AdultRole,
	"förälder": events.AdultRole,
})

// A record is aimed at substance abuse or not; only a programme can be mixed.
var targetWords = words(map[string]events.Target{"substance_abuse": events.SubstanceAbuse, "other": events.OtherTarget}, map[string]events.Target{
	"missbruk":            events.SubstanceAbuse,
	"missbruk i familjen": events.SubstanceAbuse,
	"beroende":            events.SubstanceAbuse,
	"missbruk/beroende":   events.SubstanceAbuse,
	"annat":               events.OtherTarget,
	"annan":               events.OtherTarget,
})

// spreadsheetErrors are what spreadsheets write where a formula failed, in English and in Swedish.
var spreadsheetErrors = words(nil, map[string]bool{
	"#n/a": true, "#ref!": true, "#value!": true, "#name?": true, "#div/0!": true, "#num!": true, "#null!": true,
	"#saknas!": true, "#referens!": true, "#värdefel!": true, "#namn?": true, "#division/0!": true, "#ogiltigt!": true, "#skärning!": true,
})

var municipalityWords = sync.OnceValue(func() map[string]events.Municipality {
	m := make(map[string]events.Municipality)
	for _, info := range events.Municipalities() {
		m[foldWord(info.Name)] = info.Code
	}
	return m
})

// municipalityOf reads a code, also one that a spreadsheet took the leading zero from, or a name: Örebro, Örebro
// kommun, Göteborgs stad.
func municipalityOf(s string) (events.Municipality, bool) {
	if len(s) == 3 {
		s = "0" + s
	}
	if m, err := events.ParseMunicipality(s); err == nil {
		return m, true
	}
	name := foldWord(s)
	if m, ok := municipalityWords()[name]; ok {
		return m, true
	}
	name, long := strings.CutSuffix(name, " kommun")
	if !long {
		name, long = strings.CutSuffix(name, " stad")
	}
	m, ok := municipalityWords()[name]
	if !ok && long {
		m, ok = municipalityWords()[strings.TrimSuffix(name, "s")]
	}
	return m, ok
}

func columnNamesByCode() map[string]column {
	m := make(map[string]column)
	for i, name := range columnNames {
		m[name] = column(i)
	}
	return m
}

func codes[C events.Code]() map[string]C {
	m := make(map[string]C)
	for _, code := range C("").Codes() {
		m[code] = C(code)
	}
	return m
}

func words[T any](codes, swedish map[string]T) map[string]T {
	m := make(map[string]T, 2*len(codes)+len(swedish))
	for code, value := range codes {
		m[code] = value
		m[foldWord(code)] = value
	}
	for word, value := range swedish {
		m[foldWord(word)] = value
	}
	return m
}

// foldWord writes a heading or a code in one way: composed, in lower case, one space for each run of spaces,
// line breaks, underscores and dashes.
func foldWord(s string) string {
	s = strings.ToLower(norm.NFC.String(s))
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return r == '_' || r == '-' || r == ' ' || r == '\u00a0' || r == '\t' || r == '\n' || r == '\r'
	}), " ")
}
