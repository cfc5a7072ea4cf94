package intake

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"rackvidd/events"
)

// rowRules reads the values of one row. The first rule that is broken stands in column and code.
type rowRules struct {
	options *Options
	given   *[columnCount]string
	row     Row
	column  column
	code    string
}

func (x *rowRules) apply() {
	for i := range x.given {
		x.given[i] = tidy(x.given[i])
	}
	for _, rule := range rules {
		if rule(x); x.code != "" {
			return
		}
	}
}

var rules = []func(*rowRules){
	(*rowRules).readRecordID, (*rowRules).readType, (*rowRules).readDay, (*rowRules).readCodes,
	(*rowRules).readProgramme, (*rowRules).readHome, (*rowRules).readSession, (*rowRules).readChild,
	(*rowRules).readBirthYear, (*rowRules).readCount, (*rowRules).checkType, (*rowRules).fillDefaults,
}

func (x *rowRules) refuse(col column, code string) {
	if x.code != "" {
		return
	}
	if strings.HasSuffix(code, "_") {
		code += col.String()
	}
	x.column, x.code = col, code
}

// refuseValue refuses a value that is not what the column holds; if it reads as somebody's identity, for that.
func (x *rowRules) refuseValue(col column, code string) {
	if events.Revealing(x.given[col]) != "" {
		code = CodeIdentityOutside
	}
	x.refuse(col, code)
}

func (x *rowRules) readRecordID() {
	x.row.RecordID = x.given[recordIDColumn]
	if x.row.RecordID == "" {
		x.refuse(recordIDColumn, CodeMissing)
		return
	}
	x.checkLocalID(recordIDColumn)
}

func (x *rowRules) readType() {
	x.row.Type = readCode(x, typeColumn, typeWords)
	if x.row.Type == "" {
		x.refuse(typeColumn, CodeMissing)
	}
}

func (x *rowRules) readDay() {
	value := x.given[occurredOnColumn]
	if value == "" {
		x.refuse(occurredOnColumn, CodeMissing)
		return
	}
	day, err := events.ParseDay(withoutTime(value))
	switch {
	case err != nil:
		x.refuseValue(occurredOnColumn, CodeInvalid)
	case day > x.options.Today:
		x.refuse(occurredOnColumn, CodeFutureDate)
	}
	x.row.OccurredOn = day
}

var dayWithTime = regexp.MustCompile(`^(\d{4}-\d\d-\d\d)[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?$`)

// withoutTime takes away the time of day that databases export with a day. A time zone is not accepted: the day
// would depend on it.
func withoutTime(s string) string {
	if m := dayWithTime.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	return s
}

func (x *rowRules) readCodes() {
	x.row.Form = readCode(x, formColumn, formWords)
	x.row.Channel = readCode(x, channelColumn, channelWords)
	x.row.Outcome = readCode(x, outcomeColumn, outcomeWords)
	x.row.Reason = readCode(x, reasonColumn, reasonWords)
	x.row.Gender = readCode(x, genderColumn, genderWords)
	x.row.Role = readCode(x, roleColumn, roleWords)
	x.row.Target = readCode(x, targetColumn, targetWords)
}

func readCode[C ~string](x *rowRules, col column, words map[string]C) C {
	value := x.given[col]
	if value == "" {
		return ""
	}
	code, ok := words[value]
	if !ok {
		code, ok = words[foldWord(value)]
	}
	if !ok {
		x.refuseValue(col, CodeUnknown)
	}
	return code
}

func (x *rowRules) readProgramme() {
	value := x.given[programmeColumn]
	if value == "" {
		return
	}
	id, err := events.ParseProgrammeID(value)
	if isSpreadsheetError(value) {
		x.refuse(programmeColumn, CodeErrorValue)
	}
	if err != nil {
		x.refuseValue(programmeColumn, CodeInvalid)
	}
	x.row.Programme = id
}

func (x *rowRules) readHome() {
	value := x.given[homeColumn]
	if value == "" {
		x.row.Home = x.options.Municipality
		return
	}
	home, ok := municipalityOf(value)
	if !ok {
		x.refuseValue(homeColumn, CodeUnknownMunicipality)
	}
	x.row.Home = home
}

func (x *rowRules) readSession() {
	x.row.Session = x.given[sessionColumn]
	x.checkLocalID(sessionColumn)
}

// checkLocalID accepts a source's own word for something. It may hold an identity: it is keyed and goes nowhere.
func (x *rowRules) checkLocalID(col column) {
	value := x.given[col]
	switch {
	case value == "":
	case isSpreadsheetError(value):
		x.refuse(col, CodeErrorValue)
	case utf8.RuneCountInString(value) > 200 || !printable(value) || roundedNumber.MatchString(value):
		x.refuse(col, CodeInvalid)
	}
}

// A spreadsheet that writes a long number as 1,98E+11 has lost its digits: many would become one.
var roundedNumber = regexp.MustCompile(`^\d([.,]\d+)?[eE]\+\d{1,3}$`)

func (x *rowRules) readChild() {
	value := x.given[childColumn]
	whole := strings.TrimSuffix(value, ".0")
	number, year, ok := events.ParseIdentityNumber(whole, x.options.Today)
	if ok {
		x.row.Child, x.row.BirthYear = number, year
		return
	}
	switch {
	case events.MistypedIdentityNumber(whole, x.options.Today):
		x.refuse(childColumn, CodeInvalidIdentity)
	case x.lostZero(whole):
		x.refuse(childColumn, CodeLostZero)
	}
	x.row.Child = value
	x.checkLocalID(childColumn)
}

// lostZero reports whether nine digits are the identity number of somebody born 2001 to 2009 that a spreadsheet took for a
// number. Taken for a local id they would silently be another child. Of fewer digits, as of somebody born in 2000, too many ids
// of sources would be refused: one in sixteen of seven digits passes for a number.
func (x *rowRules) lostZero(value string) bool {
	if _, whole := wholeNumber(value); !whole || len(value) != 9 {
		return false
	}
	_, _, is := events.ParseIdentityNumber("0"+value, x.options.Today)
	return is
}

func (x *rowRules) readBirthYear() {
	value := x.given[birthYearColumn]
	if value == "" {
		return
	}
	year, ok := wholeNumber(value)
	switch {
	case !ok || year < 1900 || events.Year(year) > x.options.Today.Year():
		x.refuseValue(birthYearColumn, CodeInvalid)
	case x.row.BirthYear != 0 && x.row.BirthYear != events.Year(year):
		x.refuse(birthYearColumn, CodeConflictingYear)
	}
	x.row.BirthYear = events.Year(year)
}

func (x *rowRules) readCount() {
	value := x.given[countColumn]
	if value == "" {
		return
	}
	count, ok := wholeNumber(value)
	switch {
	case ok && count == 0 && (x.row.Child != "" || x.row.Type != SessionAttended): // a column filled with zeros
	case !ok || count < 1 || count > 10000:
		x.refuseValue(countColumn, CodeInvalid)
	case x.row.Child != "":
		x.refuse(countColumn, CodeCountWithChild)
	}
	x.row.Count = events.Count(count)
}

// wholeNumber reads digits, also with the ".0" that programs which take every number for a fraction add.
func wholeNumber(s string) (int, bool) {
	s = strings.TrimSuffix(s, ".0")
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}

func (x *rowRules) checkType() {
	t := x.row.Type
	if !t.isReferral() {
		x.need(programmeColumn, x.row.Programme != "")
		x.need(formColumn, x.row.Form != "")
	}
	if t != SessionCancelled {
		x.need(childColumn, x.row.Child != "" || t == SessionAttended && x.row.Count > 0)
	}
	x.only(outcomeColumn, t == ReferralClosed, x.row.Outcome != "")
	x.only(reasonColumn, t == EnrolmentEnded, x.row.Reason != "")
	if t != SessionAttended && x.row.Count > 0 {
		x.refuse(countColumn, CodeNotForThisType)
	}
	if !t.isSession() && x.row.Role == events.AdultRole { // an adult is no child's case
		x.refuse(roleColumn, CodeNotForThisType)
	}
}

func (x *rowRules) need(col column, given bool) {
	if !given {
		x.refuse(col, CodeMissing)
	}
}

// only refuses a column that is given in the wrong type of row, or not in the right one.
func (x *rowRules) only(col column, here, given bool) {
	switch {
	case here && !given:
		x.refuse(col, CodeMissing)
	case given && !here:
		x.refuse(col, CodeNotForThisType)
	}
}

func (x *rowRules) fillDefaults() {
	if x.row.Type.isReferral() && x.row.Channel == "" {
		x.row.Channel = events.UnknownChannel
	}
	if x.row.Role == "" {
		x.row.Role = events.ChildRole
	}
	if x.row.Target == "" {
		x.row.Target = events.SubstanceAbuse
	}
}

// tidy takes away the space around a value and writes its letters composed and its spaces alike, so that the same
// word from two programs is the same word.
func tidy(s string) string {
	if isASCII(s) {
		return strings.TrimSpace(s)
	}
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Zs, r) {
			return ' '
		}
		return r
	}, s)
	return strings.TrimSpace(norm.NFC.String(s))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func printable(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

func isSpreadsheetError(s string) bool { return s[0] == '#' && spreadsheetErrors[foldWord(s)] }
