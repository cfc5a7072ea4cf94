package events

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Event is something that happened. Its name on the wire is a method, never a Go type's name.
type Event interface {
	Kind() string
}

// Position is a sequence number in one municipality's log; the first is 1.
type Position = uint64

// StreamType says what a stream is about.
type StreamType string

const (
	ProgrammeStream StreamType = "programme"
	GroupStream     StreamType = "group"
	CaseStream      StreamType = "case"
	SessionStream   StreamType = "session"
	GuestStream     StreamType = "guest"
	SurveyStream    StreamType = "survey"
	ReleaseStream   StreamType = "release"
	AuditStream     StreamType = "audit"
	RetentionStream StreamType = "retention"
	AnswerStream    StreamType = "answer"
	TrustStream     StreamType = "trust"
	ReferenceStream StreamType = "reference"
)

// Stream is a consistency boundary: what is decided about one programme, group, case or session.
type Stream struct {
	Type StreamType
	ID   string
}

// CaseOf is the stream of one child in one municipality.
func CaseOf(child ID) Stream { return Stream{CaseStream, child.String()} }

// SessionOf is the stream of one occasion and its register.
func SessionOf(session ID) Stream { return Stream{SessionStream, session.String()} }

// GroupOf is the stream of a group.
func GroupOf(group ID) Stream { return Stream{GroupStream, group.String()} }

// GuestsOf is the stream of one count of guests that another municipality reported.
func GuestsOf(report ID) Stream { return Stream{GuestStream, report.String()} }

// SurveyOf is the stream of a municipality's survey about a year.
func SurveyOf(year Year) Stream { return Stream{SurveyStream, fmt.Sprint(int(year))} }

// ReleasesOf is the stream of what a municipality released of a year's figures.
func ReleasesOf(year Year) Stream { return Stream{ReleaseStream, fmt.Sprint(int(year))} }

// Replays is the stream of what was computed again from a municipality's log, and why.
func Replays() Stream { return Stream{AuditStream, "replays"} }

// ReadModels is the stream of what was done to a log's read models, and why.
func ReadModels() Stream { return Stream{AuditStream, "read-models"} }

// Retentions is the stream of for how long a municipality keeps who its children are.
func Retentions() Stream { return Stream{RetentionStream, "years"} }

// AnswerOf is the stream of one municipality's answers about a year, or one district's, in the national log.
func AnswerOf(m Municipality, year Year, d District) Stream {
	id := fmt.Sprintf("%s-%d", m, year)
	if d != "" {
		id += "-" + string(d)
	}
	return Stream{AnswerStream, id}
}

// TrustOf is the stream of the keys that sign a municipality's answers elsewhere, in the national log.
func TrustOf(m Municipality) Stream { return Stream{TrustStream, string(m)} }

// PopulationOf is the stream of the child population of a year, in the national log.
func PopulationOf(year Year) Stream {
	return Stream{ReferenceStream, fmt.Sprintf("population-%d", year)}
}

// DenominatorOf is the stream of an estimate of the children in need, in the national log.
func DenominatorOf(id DenominatorID) Stream {
	return Stream{ReferenceStream, "denominator-" + string(id)}
}

// ProgrammeOf is the stream of a programme. Its id is escaped so that any word is one subject token.
func ProgrammeOf(programme ProgrammeID) Stream {
	return Stream{ProgrammeStream, escapeSubject(string(programme))}
}

func (s Stream) String() string { return string(s.Type) + "/" + s.ID }

// ParseStream reads what String writes.
func ParseStream(s string) (Stream, error) {
	kind, id, ok := strings.Cut(s, "/")
	if !ok || kind == "" || id == "" {
		return Stream{}, fmt.Errorf("a stream is written type/id")
	}
	return Stream{StreamType(kind), id}, nil
}

const subjectSafe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

func escapeSubject(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if strings.IndexByte(subjectSafe, s[i]) >= 0 {
			b.WriteByte(s[i])
		} else {
			fmt.Fprintf(&b, "=%02X", s[i])
		}
	}
	return b.String()
}

// Append is one decision about one stream: its events stand or fall together and become one message.
type Append struct {
	Stream   Stream
	Expected Position // the stream's last position, 0 when nothing is recorded yet
	Command  uuid.UUID
	Actor    ID     // who decided: an opaque account
	Digest   string // a keyed MAC of the request, so that a repeat with another content is told apart
	Time     time.Time
	Events   []Event
}

// Decision is what must stand or fall together: one append, or several across streams.
type Decision []Append

// Recorded is one message of the log, read back.
type Recorded struct {
	Municipality Municipality
	Position     Position
	Stream       Stream
	Expected     Position
	Command      uuid.UUID
	Actor        ID
	Digest       string
	Time         time.Time
	Part, Parts  int // a decision across streams has several messages; 1 of 1 otherwise
	Events       []Event
	Raw          []byte // the exact bytes
}

// First and last position of the decision the message belongs to.
func (r Recorded) Span() (first, last Position) {
	return r.Position - Position(r.Part-1), r.Position + Position(r.Parts-r.Part)
}
