package events

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Upcaster turns the data of one version of a kind into the next version's.
type Upcaster func(json.RawMessage) (json.RawMessage, error)

// KindInfo is what the catalog knows of a kind of event.
type KindInfo struct {
	Kind    string
	Version int   // the version written today
	Event   Event // its zero value
	decode  func(json.RawMessage) (Event, error)
	scan    func(*cursor) Event // nil: decode alone reads it
	upcast  []Upcaster          // upcast[i] reads version i+1
}

// Catalog is every kind of event that can be read. Kinds are never removed; a new version comes with an upcaster.
type Catalog map[string]KindInfo

// Of describes a kind whose current version is one more than the number of its upcasters.
func Of[E Event](upcasters ...Upcaster) KindInfo {
	var zero E
	return KindInfo{
		Kind: zero.Kind(), Version: len(upcasters) + 1, Event: zero, upcast: upcasters, scan: scanOf[E](),
		decode: func(data json.RawMessage) (Event, error) {
			var e E
			d := json.NewDecoder(bytes.NewReader(data))
			d.DisallowUnknownFields()
			err := d.Decode(&e)
			return e, err
		},
	}
}

// onlyMore is the upcaster of a version that only adds fields that may be left out.
func onlyMore(data json.RawMessage) (json.RawMessage, error) { return data, nil }

// NewCatalog returns the catalog of the given kinds.
func NewCatalog(kinds ...KindInfo) Catalog {
	c := make(Catalog, len(kinds))
	for _, k := range kinds {
		c[k.Kind] = k
	}
	return c
}

// Kinds is the catalog of the log.
var Kinds = NewCatalog(
	Of[ProgrammeRegistered](), Of[ProgrammeAmended](),
	Of[GroupFormed](), Of[GroupAmended](), Of[GroupClosed](), Of[GroupReopened](), Of[GroupMembersChanged](), Of[GroupSeriesPlanned](),
	Of[ReferralReceived](), Of[ReferralCorrected](), Of[ReferralClosed](), Of[ReferralClosingMatched](),
	Of[ChildEnrolled](), Of[EnrolmentCorrected](), Of[EnrolmentEnded](), Of[EnrolmentEndMatched](),
	Of[EntryWithdrawn](), Of[ChildDescribed](onlyMore),
	Of[CaseMerged](), Of[CaseAbsorbed](), Of[MergeUndone](), Of[AbsorptionUndone](), Of[IdentityErased](onlyMore),
	Of[SessionOpened](), Of[SessionCorrected](), Of[SessionAttended](), Of[SessionCancelled](),
	Of[SessionReinstated](onlyMore), Of[SessionWithdrawn](),
	Of[GuestsCounted](), Of[GuestCountWithdrawn](),
	Of[SurveyAnswered](), Of[SurveyCommented](), Of[SurveyQuestionCommented](), Of[SurveyChecked](), Of[SurveyApproved](), Of[SurveyReturned](),
	Of[SurveySubmitted](), Of[SurveyAmended](), Of[FiguresReleased](),
	Of[FiguresReplayed](onlyMore), Of[ReadModelMaintained](),
	Of[RetentionDecided](),
	Of[AnswerReceived](), Of[KeyTrusted](), Of[KeyDistrusted](), Of[PopulationStated](), Of[DenominatorStated](),
)

// Names returns the kinds in the order of the alphabet.
func (c Catalog) Names() []string { return slices.Sorted(maps.Keys(c)) }

// UnknownKindError says that an event was written by a version of the program that knows more than this one.
type UnknownKindError struct{ Type string }

func (e *UnknownKindError) Error() string {
	return fmt.Sprintf("event type %q is not known to this version of the program; upgrade it", e.Type)
}

// typeName is the CloudEvents type of an event: kind and version.
func (c Catalog) typeName(e Event) (string, error) {
	k, ok := c[e.Kind()]
	if !ok {
		return "", &UnknownKindError{e.Kind()}
	}
	return k.Kind + ".v" + strconv.Itoa(k.Version), nil
}

// Decode reads the data of an event of the given CloudEvents type, through the upcasters where it is of an older version.
func (c Catalog) Decode(typeName string, data json.RawMessage) (Event, error) {
	kind, v, ok := cutLast(typeName, ".v")
	version, err := strconv.Atoi(v)
	k, known := c[kind]
	if !ok || err != nil || !known || version < 1 || version > k.Version {
		return nil, &UnknownKindError{typeName}
	}
	for n, up := range k.upcast[version-1:] {
		if data, err = up(data); err != nil {
			return nil, fmt.Errorf("upcast %s from version %d: %w", kind, version+n, err)
		}
	}
	e, err := k.decode(data)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", typeName, err)
	}
	return e, nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
