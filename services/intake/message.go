package intake

import (
	"strings"

	"rackvidd/events"
)

// Language is what messages are written in.
type Language string

const (
	English Language = "en"
	Swedish Language = "sv"
)

// The codes of a rejected row. missing_, unknown_ and invalid_ are followed by the column, as in unknown_form.
const (
	CodeMissing             = "missing_"
	CodeUnknown             = "unknown_"
	CodeInvalid             = "invalid_"
	CodeUnknownMunicipality = "unknown_municipality"
	CodeFutureDate          = "future_date"
	CodeConflictingYear     = "conflicting_birth_year"
	CodeInvalidIdentity     = "invalid_identity_number"
	CodeLostZero            = "lost_zero"
	CodeCountWithChild      = "count_with_child"
	CodeNotForThisType      = "not_for_this_type"
	CodeIdentityOutside     = "identity_outside_child"
	CodeTooLong             = "too_long"
	CodeMalformedRow        = "malformed_row"
	CodeExtraCell           = "extra_cell"
	CodeWrongEncoding       = "wrong_encoding"
	CodeFormula             = "formula"
	CodeErrorValue          = "error_value"
	CodeMergedCell          = "merged_cell"
	CodeCutOff              = "cut_off"
	CodeChangedRecord       = "changed_record"
	CodeErasedSince         = "erased_since"
	CodeRecordTwice         = "record_twice"
	CodeUnknownRecord       = "unknown_record"
	CodeSessionWithdrawn    = "session_withdrawn"
	CodeCountedByHand       = "counted_by_hand"
	CodeMarkedByHand        = "marked_by_hand"
	CodeHeldByHand          = "held_by_hand"
	CodeEndedByHand         = "ended_by_hand"
	CodeCorrectedByHand     = "corrected_by_hand"
)

// The codes of a file that cannot be read.
const (
	CodeEmptyFile       = "empty_file"
	CodeBinaryFile      = "binary_file"
	CodeOldSpreadsheet  = "old_spreadsheet"
	CodeNotXLSX         = "not_xlsx"
	CodeDamagedFile     = "damaged_file"
	CodeTooLarge        = "too_large"
	CodeTooManyRejected = "too_many_rejected"
	CodeNoHeading       = "no_heading"
	CodeTooManyColumns  = "too_many_columns"
	CodeMissingColumn   = "missing_column"
	CodeDuplicateColumn = "duplicate_column"
	CodeUnknownColumn   = "unknown_column"
	CodeUnknownMapping  = "unknown_mapping"
	CodeRecordAsHeading = "record_as_heading"

	noSuchHeading = "unknown_mapping of a heading" // the message of its other kind
	alsoUnknown   = "unknown_column of others"
	adultsCase    = CodeNotForThisType + " of a role"

	ofCards        = "invalid_card of a session"
	ofNoIdentities = "programme_without_identities of a session"
)

// text is a message in each language; {codes} stands for the column's words.
type text struct{ english, swedish string }

var messages = map[string]text{
	"missing_child":       {"a row needs a child; visitors without identity are given by count alone", "raden saknar barn; besökare utan identitet anges enbart med antal"},
	"invalid_child":       {"must be 1 to 200 printable characters that are not a rounded number such as 1,9E+11; format the column as text", "ska vara 1–200 skrivbara tecken och inte ett avrundat tal som 1,9E+11; formatera kolumnen som text"},
	"invalid_record_id":   {"must be 1 to 200 printable characters that are not a rounded number such as 1,9E+11", "ska vara 1–200 skrivbara tecken och inte ett avrundat tal som 1,9E+11"},
	"invalid_session":     {"must be at most 200 printable characters that are not a rounded number such as 1,9E+11", "ska vara högst 200 skrivbara tecken och inte ett avrundat tal som 1,9E+11"},
	"invalid_occurred_on": {"must be a day that exists, written YYYY-MM-DD", "ska vara en dag som finns, skriven ÅÅÅÅ-MM-DD"},
	"invalid_programme":   {"must be 1 to 64 printable characters, a letter or a digit among them", "ska vara 1–64 skrivbara tecken, bland dem en bokstav eller siffra"},
	"invalid_birth_year":  {"must be a year from 1900 to this year", "ska vara ett år från 1900 till i år"},
	"invalid_count":       {"must be a whole number from 1 to 10000", "ska vara ett heltal från 1 till 10000"},

	CodeUnknownMunicipality: {"is not one of the 290 municipalities; write its four-digit code, for example 1880, or its name", "är inte någon av de 290 kommunerna; skriv dess fyrsiffriga kod, till exempel 1880, eller dess namn"},
	CodeFutureDate:          {"the day has not come yet", "dagen har inte varit än"},
	CodeConflictingYear:     {"is not the year of the child's identity number", "är inte samma år som i barnets personnummer"},
	CodeLostZero:            {"is an identity number whose first zero a spreadsheet took away; format the column as text and write it again, or put a letter before an id of your own", "är ett personnummer vars första nolla ett kalkylblad har tagit bort; formatera kolumnen som text och skriv det igen, eller sätt en bokstav före ett eget id"},
	CodeInvalidIdentity:     {"is written as an identity number, but a digit of it is wrong; look it up again", "är skrivet som ett personnummer, men någon siffra är fel; kontrollera det"},
	CodeCountWithChild:      {"stands together with a child; write visitors without identity in a row of their own", "står tillsammans med ett barn; skriv besökare utan identitet på en egen rad"},
	CodeNotForThisType:      {"a row of this type cannot carry it; write it in a row of its own", "kan inte stå i en sådan rad; skriv det på en egen rad"},
	adultsCase:              {"is adult, and referrals and places are children's; leave the row out, and record that the adult came as session_attended", "är vuxen, och remisser och inskrivningar är barns; stryk raden, och skriv att den vuxna kom som närvaro"},
	CodeIdentityOutside:     {"reads as an identity number, an e-mail address or a telephone number, which may stand in the column child only", "ser ut som ett personnummer, en e-postadress eller ett telefonnummer, och det får bara stå i kolumnen barn"},
	CodeTooLong:             {"is longer than 65536 bytes", "är längre än 65536 byte"},
	CodeMalformedRow:        {"the row cannot be taken apart: look for a stray quotation mark, a line break or a NUL", "raden går inte att dela upp: leta efter ett ensamt citattecken, en radbrytning eller ett NUL-tecken"},
	CodeExtraCell:           {"the row has a cell that no heading stands above: look for an extra separator, or a value without quotation marks that holds one", "raden har en cell som saknar rubrik: leta efter en avgränsare för mycket, eller ett värde utan citattecken som innehåller en"},
	CodeWrongEncoding:       {"the row is not written in the same encoding as the rest of the file; save the file as UTF-8", "raden är inte skriven med samma teckenkodning som resten av filen; spara filen som UTF-8"},
	CodeFormula:             {"holds a formula, which is never computed; paste it as a value", "innehåller en formel, och sådana räknas inte ut; klistra in den som värde"},
	CodeErrorValue:          {"holds a spreadsheet's error instead of a value", "innehåller ett felvärde från kalkylarket"},
	CodeMergedCell:          {"is merged with a cell beside or above it, and only the first of merged cells holds a value; split them, and write the value in every row", "är sammanfogad med en cell bredvid eller ovanför, och bara den första av sammanfogade celler har ett värde; dela upp dem och skriv värdet på varje rad"},
	CodeCutOff:              {"the file breaks off in this row; save it again, whole, and end its last row with a line break", "filen slutar mitt i raden; spara den igen, hel, och avsluta sista raden med en radbrytning"},
	CodeChangedRecord:       {"the record was imported before with other content; to correct it, import the file as corrections (--update)", "posten är inläst tidigare med annat innehåll; läs in filen igen med ändrade rader som rättelser (--update)"},
	CodeErasedSince:         {"the record was imported before, and its child was erased since; nothing is recorded and nobody is made known. To record the child as a new one, give the row a record id of its own", "posten är inläst tidigare, och barnet är raderat sedan dess; inget registreras och inget barn blir känt. Ska barnet registreras som ett nytt, ge raden ett eget post-id"},
	CodeRecordTwice:         {"a row above has the same record id and says something else; leave one of them out, or give each an id of its own", "en rad ovanför har samma post-id och säger något annat; stryk den ena, eller ge dem varsitt id"},
	CodeUnknownRecord:       {"what the record said before cannot be found; take it back by hand, and write it with a record id of its own", "det posten sa förut går inte att hitta; ta tillbaka det för hand och skriv raden med ett eget post-id"},
	CodeSessionWithdrawn:    {"the session was withdrawn by hand, and that stands; leave the row out, or name another occasion of the day in this column if it was held after all", "träffen är borttagen för hand, och det gäller; stryk raden, eller namnge en annan träff samma dag i den här kolumnen om den hölls ändå"},
	CodeCountedByHand:       {"those who came were counted by hand in the register, and that number stands; correct it there if the file is right", "de som kom är räknade för hand i närvaron, och det antalet gäller; ändra det där om filen har rätt"},
	CodeMarkedByHand:        {"the register was filled in by hand, and what it says of the child stands; correct it there if the file is right", "närvaron är ifylld för hand, och vad den säger om barnet gäller; ändra det där om filen har rätt"},
	CodeHeldByHand:          {"somebody took back by hand that the session was cancelled, and that stands; cancel it on its page if the file is right", "någon har för hand tagit tillbaka att träffen ställdes in, och det gäller; ställ in den på dess sida om filen har rätt"},
	CodeEndedByHand:         {"the place was ended, or the referral closed, by hand, and that stands; take the end back on the child's page if the file is right", "inskrivningen eller remissen är avslutad för hand, och det gäller; ta tillbaka avslutet på barnets sida om filen har rätt"},
	CodeCorrectedByHand:     {"the place or the referral was corrected by hand, and that stands; correct it on the child's page if the file is right", "inskrivningen eller remissen är rättad för hand, och det gäller; rätta den på barnets sida om filen har rätt"},

	// What a programme refuses: casework's codes.
	"invalid_card":                 {"the programme knows children by their cards alone; copy the ten characters of the child's card", "verksamheten känner barnen bara genom deras kort; skriv av kortets tio tecken"},
	"programme_without_identities": {"the programme documents no identities; name no child and give a count instead", "verksamheten dokumenterar inte vilka barnen är; ange bara hur många som kom"},

	ofCards:        {"the session was corrected by hand to one of a programme that knows children by their cards alone; copy the ten characters of the child's card", "träffen är för hand rättad till en verksamhet som känner barnen bara genom deras kort; skriv av kortets tio tecken"},
	ofNoIdentities: {"the session was corrected by hand to one of a programme that documents no identities; name no child and give a count instead", "träffen är för hand rättad till en verksamhet som inte dokumenterar vilka barnen är; ange bara hur många som kom"},

	CodeEmptyFile:       {"the file is empty; choose another one", "filen är tom; välj en annan"},
	CodeBinaryFile:      {"the file is not text; save it as CSV or XLSX", "filen är inte text; spara den som CSV eller XLSX"},
	CodeOldSpreadsheet:  {"the file is a spreadsheet of the old kind or has a password; save it as XLSX without one", "filen är ett kalkylark av äldre slag eller har lösenord; spara den som XLSX utan lösenord"},
	CodeNotXLSX:         {"the file is packed but is no XLSX spreadsheet; save it as CSV or XLSX", "filen är packad men inget XLSX-kalkylark; spara den som CSV eller XLSX"},
	CodeDamagedFile:     {"the spreadsheet is damaged; open it and save it again", "kalkylarket är skadat; öppna det och spara det igen"},
	CodeTooLarge:        {"the spreadsheet is larger than can be read safely (32 MB packed, 512 MB unpacked); save it as CSV", "kalkylarket är större än vad som kan läsas säkert (32 MB packat, 512 MB uppackat); spara det som CSV"},
	CodeTooManyRejected: {"more than 100,000 rows are rejected, the first of them for this column; see whether it holds what its heading says. The rest of the file was not read; what was recorded of it counts as duplicates when it comes again", "fler än 100 000 rader avvisas, den första för den här kolumnen; se efter om den innehåller det som rubriken säger. Resten av filen är inte läst; det som hann registreras räknas som dubbletter när den kommer igen"},
	CodeNoHeading:       {"the first row holds no heading that is known; it must name the columns, for example record_id, type, occurred_on, child", "första raden har ingen känd rubrik; den ska namnge kolumnerna, till exempel löpnummer, händelse, datum, barn"},
	CodeTooManyColumns:  {"the first row has more cells than a spreadsheet has columns; see how they are separated", "första raden har fler celler än ett kalkylblad har kolumner; se efter hur de skiljs åt"},
	CodeMissingColumn:   {"the file has no such column; name the heading that holds it with --map", "filen saknar kolumnen; ange med --map vilken rubrik som har den"},
	CodeDuplicateColumn: {"two headings name this column; leave one of them out with --map", "två rubriker namnger kolumnen; utelämna en av dem med --map"},
	CodeUnknownColumn:   {"the heading is not known; say with --map what it holds, or - to leave it out", "rubriken är okänd; ange med --map vad den innehåller, eller - för att utelämna den"},
	alsoUnknown:         {"; not known either: ", "; inte heller kända: "},
	CodeRecordAsHeading: {"the day of the first row is none of a heading; put a row of headings above the records", "första raden har en dag och är ingen rubrikrad; sätt en rad med rubriker ovanför"},
	CodeUnknownMapping:  {"--map names a column that the import format does not have; it has {columns}", "--map nämner en kolumn som importformatet inte har; det har {columns}"},
	noSuchHeading:       {"--map names a heading that the file does not have; write it as the file does, or leave it out of the map", "--map nämner en rubrik som filen inte har; skriv den som i filen, eller stryk den"},
}

// allowed are the words of the columns that hold one of a list: the codes, and in Swedish words that the pages have for them.
var allowed = map[column]text{
	typeColumn:    listed[RowType]("remiss mottagen", "remiss avslutad", "inskrivning", "avslutad", "närvaro", "inställd"),
	formColumn:    listed[events.Form]("stödgrupp", "stödsamtal", "familjeinsats", "kontaktperson eller kontaktfamilj", "elevhälsan", "läger", "öppen förskola", "annat"),
	channelColumn: listed[events.Channel]("socialtjänsten för barn", "socialtjänsten för vuxna", "skolan", "vuxna söker stöd för barnen", "barnet självt", "hälso- och sjukvården", "polisen", "annat", "okänt"),
	outcomeColumn: listed[events.Outcome]("antagen", "avböjd", "hänvisad vidare", "tagen tillbaka"),
	reasonColumn:  listed[events.EndReason]("genomfört", "avbrutet", "flyttat", "överflyttat", "för gammalt"),
	genderColumn:  listed[events.Gender]("flicka", "pojke", "annat", "okänt"),
	roleColumn:    listed[events.Role]("barn", "vuxen"),
	targetColumn:  {"substance_abuse, other", "missbruk, annat"},
}

func listed[C events.Code](swedish ...string) text {
	return text{strings.Join(C("").Codes(), ", "), strings.Join(swedish, ", ")}
}

// message depends on nothing of the file but the column: it cannot echo what a row holds.
func message(code string, col column, in Language) string {
	m, ok := messages[code+" of a "+col.String()]
	if !ok {
		m, ok = messages[code]
	}
	if ok {
		return strings.ReplaceAll(m.in(in), "{columns}", strings.Join(columnNames[:], ", "))
	}
	if code == CodeMissing+col.String() {
		return text{"a row of this type needs it", "en sådan rad behöver ett värde här"}.in(in)
	}
	return text{"must be one of ", "ska vara något av "}.in(in) + allowed[col].in(in)
}

func (t text) in(l Language) string {
	if l == Swedish {
		return t.swedish
	}
	return t.english
}

func (o Options) fileError(code string) *FileError { return o.headingError(code, "") }

func (o Options) headingError(code, heading string) *FileError {
	return &FileError{Code: code, Column: heading, Message: message(code, namelessColumn, o.Language)}
}
