package events

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // where a machine has no time zones
	"unicode"
	"unicode/utf8"
)

// The types of this file and of id.go are the only ones a field of an event may have: opaque ids, codes from
// closed lists, days, small integers, and the guarded name of a programme or a group. None can hold an identity.

// Code is a word from a closed list.
type Code interface {
	~string
	Codes() []string
}

// ParseCode returns s as a code of its list, or an error that names the list.
func ParseCode[C Code](s string) (C, error) {
	c := C(s)
	if !slices.Contains(c.Codes(), s) {
		return "", fmt.Errorf("must be one of %s", strings.Join(c.Codes(), ", "))
	}
	return c, nil
}

// Form is a support form (stödform).
type Form string

const (
	SupportGroup  Form = "support_group"
	Counselling   Form = "counselling"
	FamilySupport Form = "family_support"
	ContactPerson Form = "contact_person"
	SchoolHealth  Form = "school_health"
	Camp          Form = "camp"
	OpenPreschool Form = "open_preschool"
	OtherForm     Form = "other"
)

func (Form) Codes() []string {
	return []string{"support_group", "counselling", "family_support", "contact_person", "school_health", "camp", "open_preschool", "other"}
}

// Channel is how a programme came into contact with a child (kontaktväg).
type Channel string

const UnknownChannel Channel = "unknown"

func (Channel) Codes() []string {
	return []string{"social_services_children", "social_services_adults", "school", "adult_seeking", "self", "health_care", "police", "other", "unknown"}
}

// Organiser is who runs a programme (huvudman).
type Organiser string

func (Organiser) Codes() []string {
	return []string{"municipality", "ngo", "other_municipality", "private", "region"}
}

// EndReason is why an enrolment ended.
type EndReason string

func (EndReason) Codes() []string {
	return []string{"completed", "discontinued", "moved", "transferred", "aged_out"}
}

// Outcome is how a referral was closed.
type Outcome string

func (Outcome) Codes() []string { return []string{"accepted", "declined", "redirected", "withdrawn"} }

// Gender of a child, as the programme states it.
type Gender string

const UnknownGender Gender = "unknown"

func (Gender) Codes() []string { return []string{"girl", "boy", "other", "unknown"} }

// Target is what a programme is aimed at or, on a mark, why this child was there.
type Target string

const (
	SubstanceAbuse Target = "substance_abuse"
	MixedTarget    Target = "mixed"
	OtherTarget    Target = "other"
)

func (Target) Codes() []string { return []string{"substance_abuse", "mixed", "other"} }

// IdentityMode is whether a programme documents who its children are.
type IdentityMode string

const (
	Linked     IdentityMode = "linked"
	Card       IdentityMode = "card"
	NoIdentity IdentityMode = "none"
)

func (IdentityMode) Codes() []string { return []string{"linked", "card", "none"} }

// Role is in what capacity somebody attended: adults never count as children.
type Role string

const (
	ChildRole Role = "child"
	AdultRole Role = "adult"
)

func (Role) Codes() []string { return []string{"child", "adult"} }

// Reason is why a record was withdrawn or corrected.
type Reason string

const (
	EnteredInError Reason = "entered_in_error"
	WrongDay       Reason = "wrong_day"
	WrongProgramme Reason = "wrong_programme"
	SourceChanged  Reason = "source_changed"
)

func (Reason) Codes() []string {
	return []string{"entered_in_error", "wrong_child", "wrong_day", "wrong_programme", "duplicate", "source_changed", "other"}
}

// Municipality is a Swedish municipality's four-digit code.
type Municipality string

// National is the log of reference data and received answers; it is no municipality.
const National Municipality = "national"

// ParseMunicipality accepts the 290 codes of municipalities.csv.
func ParseMunicipality(s string) (Municipality, error) {
	if _, ok := MunicipalityNamed(Municipality(s)); !ok {
		return "", fmt.Errorf("is not one of the 290 municipalities' four-digit codes, for example 1880")
	}
	return Municipality(s), nil
}

// District is a municipality's own short code of a part of itself (stadsdel).
type District string

var districtForm = regexp.MustCompile(`^[A-Za-z0-9-]{1,16}$`)

// ParseDistrict accepts 1 to 16 letters, digits and dashes.
func ParseDistrict(s string) (District, error) {
	if !districtForm.MatchString(s) {
		return "", fmt.Errorf("must be 1 to 16 letters, digits and dashes")
	}
	return District(s), guard(s)
}

// Name is what a programme or a group is called. It is the only free text an event holds.
type Name string

// ParseName accepts 1 to 120 printable characters that do not read as somebody's identity.
func ParseName(s string) (Name, error) {
	s = strings.TrimSpace(s)
	if n := utf8.RuneCountInString(s); n == 0 || n > 120 || !printable(s) {
		return "", fmt.Errorf("must be 1 to 120 printable characters")
	}
	return Name(s), guard(s)
}

// ProgrammeID is the id a programme is known by in its municipality: a slug, or a source's own word for it.
type ProgrammeID string

// ParseProgrammeID accepts 1 to 64 printable characters that do not read as somebody's identity, and among them a letter or a digit:
// dots alone name no page.
func ParseProgrammeID(s string) (ProgrammeID, error) {
	s = strings.TrimSpace(s)
	if n := utf8.RuneCountInString(s); n > 64 || !printable(s) || !strings.ContainsFunc(s, wordly) {
		return "", fmt.Errorf("must be 1 to 64 printable characters, a letter or a digit among them")
	}
	return ProgrammeID(s), guard(s)
}

func wordly(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

func printable(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

// guard refuses text that reads as an identity number, an e-mail address or a telephone number (privacy: no field
// but the vault's takes one).
func guard(s string) error {
	if what := Revealing(s); what != "" {
		return &RevealingError{What: what}
	}
	return nil
}

// RevealingError says that a text reads as somebody's identity. It never holds the text.
type RevealingError struct{ What string }

func (e *RevealingError) Error() string {
	return "reads as " + e.What + "; nobody's identity may be written here"
}

// Year is a calendar year, of birth or of activity.
type Year int

// Count is a number of people or places, 0 to 10,000.
type Count int

// Day is a calendar day, counted from 1970-01-01.
type Day int32

// Sweden is where a day begins at midnight, whatever the machine's own time zone is.
var Sweden = func() *time.Location {
	sweden, err := time.LoadLocation("Europe/Stockholm")
	if err != nil {
		panic(err) // time/tzdata has it
	}
	return sweden
}()

// DayOf returns the calendar day of t in t's own location.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	return Day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// Date returns the day of the given year, month and day of month.
func Date(year int, month time.Month, day int) Day {
	return DayOf(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
}

// ParseDay reads YYYY-MM-DD, from 1900 to 2199.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || !DayOf(t).Known() {
		return 0, fmt.Errorf("must be a day that exists, written YYYY-MM-DD")
	}
	return DayOf(t), nil
}

// Known reports whether the day is one that ParseDay reads: others are not written, for nobody could read the log from there on.
func (d Day) Known() bool { return d.Year() >= 1900 && d.Year() <= 2199 }

// Time returns the day's midnight in UTC.
func (d Day) Time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// Year returns the day's calendar year.
func (d Day) Year() Year { return Year(d.Time().Year()) }

func (d Day) String() string { return d.Time().Format(time.DateOnly) }

func (d Day) MarshalText() ([]byte, error) {
	if !d.Known() {
		return nil, fmt.Errorf("%s is no day from 1900 to 2199", d)
	}
	return d.Time().AppendFormat(nil, time.DateOnly), nil
}

func (d *Day) UnmarshalText(b []byte) (err error) {
	*d, err = ParseDay(string(b))
	return err
}

// Instant is a moment in milliseconds since 1970, written RFC 3339 in UTC.
type Instant int64

// InstantOf returns t cut to the millisecond.
func InstantOf(t time.Time) Instant { return Instant(t.UnixMilli()) }

// Time returns the instant as a time in UTC.
func (i Instant) Time() time.Time { return time.UnixMilli(int64(i)).UTC() }

func (i Instant) String() string { return i.Time().Format("2006-01-02T15:04:05.000Z") }

func (i Instant) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

func (i *Instant) UnmarshalText(b []byte) error {
	t, err := time.Parse(time.RFC3339, string(b))
	if err != nil {
		return fmt.Errorf("must be a time written as in 2021-03-01T16:00:00Z")
	}
	*i = InstantOf(t)
	return nil
}

// Record is where an imported fact came from: a keyed id of (municipality, source, record id) and a keyed MAC of
// the record's content. Neither can be turned back without the vault's key.
type Record struct {
	Key [16]byte
	MAC [8]byte
}

// IsZero reports whether the fact was not imported.
func (r Record) IsZero() bool { return r == Record{} }

func (r Record) MarshalText() ([]byte, error) {
	b := append(r.Key[:], r.MAC[:]...)
	return base64.RawURLEncoding.AppendEncode(nil, b), nil
}

func (r *Record) UnmarshalText(b []byte) error {
	raw, err := base64.RawURLEncoding.AppendDecode(nil, b)
	if err != nil || len(raw) != 24 {
		return fmt.Errorf("a record is 32 characters of base64url")
	}
	copy(r.Key[:], raw)
	copy(r.MAC[:], raw[16:])
	return nil
}
