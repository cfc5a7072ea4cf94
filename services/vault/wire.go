package vault

import (
	"net/http"
	"syscall"
	"time"

	"rackvidd/events"
)

// question and answer are the bodies of every call over HTTP; a call uses the fields it needs.
type question struct {
	Municipality events.Municipality `json:"municipality,omitempty"`
	Home         events.Municipality `json:"home,omitempty"`
	Identities   []Identity          `json:"identities,omitempty"`
	Today        events.Day          `json:"today,omitzero"`
	Token        events.ID           `json:"token,omitzero"`
	Tokens       []events.ID         `json:"tokens,omitempty"`
	Account      events.ID           `json:"account,omitzero"`
	Label        *string             `json:"label,omitempty"`
	Over         bool                `json:"over,omitempty"`
	Protected    bool                `json:"protected,omitempty"`
	Why          string              `json:"why,omitempty"`
	Reads        *ReadQuery          `json:"reads,omitempty"`
	Purpose      string              `json:"purpose,omitempty"`
	Source       string              `json:"source,omitempty"`
	Words        [][]byte            `json:"words,omitempty"` // not strings: JSON would mend what is no UTF-8
	Records      []RecordSource      `json:"records,omitempty"`
	Facts        []wireFact          `json:"facts,omitempty"`
	Position     uint64              `json:"position,omitempty"`
	Request      *Request            `json:"request,omitempty"`
	Answer       []byte              `json:"answer,omitempty"`
	Before       time.Time           `json:"before,omitzero"`
	At           time.Time           `json:"at,omitzero"`
}

// named reports whether what stands for a municipality is one: it is kept, and answered.
func (q question) named() bool {
	_, err := events.ParseMunicipality(string(q.Municipality))
	return err == nil || q.Municipality == events.National || q.Municipality == ""
}

type answer struct {
	Persons    []Person             `json:"persons,omitempty"`
	Known      []bool               `json:"known,omitempty"`
	Homes      map[events.ID]Person `json:"homes,omitempty"`
	Labels     map[events.ID]string `json:"labels,omitempty"`
	Flags      map[events.ID]bool   `json:"flags,omitempty"`
	Kept       []Kept               `json:"kept,omitempty"`
	At         time.Time            `json:"at,omitzero"`
	Listings   []Listing            `json:"listings,omitempty"`
	Yes        bool                 `json:"yes,omitempty"`
	Disclosure *Disclosure          `json:"disclosure,omitempty"`
	Reads      []LoggedRead         `json:"reads,omitempty"`
	Erasures   []Erasure            `json:"erasures,omitempty"`
	IDs        []events.ID          `json:"ids,omitempty"`
	Records    []events.Record      `json:"records,omitempty"`
	Facts      []wireFact           `json:"facts,omitempty"`
	Position   uint64               `json:"position,omitempty"`
	Claimed    *Claimed             `json:"claimed,omitempty"`
	Answer     []byte               `json:"answer,omitempty"`
}

type refusal struct {
	Code string `json:"code"`
}

// wireFact is a Fact with its key.
type wireFact struct {
	Record   events.Record `json:"record"`
	Position uint64        `json:"position"`
	Stream   string        `json:"stream"`
}

func factsToWire(facts map[[16]byte]Fact) []wireFact {
	list := make([]wireFact, 0, len(facts))
	for key, f := range facts {
		list = append(list, wireFact{events.Record{Key: key, MAC: f.MAC}, f.Position, f.Stream})
	}
	return list
}

func factsFromWire(list []wireFact) map[[16]byte]Fact {
	facts := make(map[[16]byte]Fact, len(list))
	for _, f := range list {
		facts[f.Record.Key] = Fact{f.Record.MAC, f.Position, f.Stream}
	}
	return facts
}

func bytesOf(words []string) [][]byte {
	list := make([][]byte, len(words))
	for i, w := range words {
		list[i] = []byte(w)
	}
	return list
}

func stringsOf(words [][]byte) []string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = string(w)
	}
	return list
}

func idsOf(keys [][16]byte) []events.ID {
	list := make([]events.ID, len(keys))
	for i, k := range keys {
		list[i] = k
	}
	return list
}

// refusals are the errors that a caller may branch on, as they cross the wire: of those with one code, the first is what the caller
// gets. Whatever else went wrong stays here.
var refusals = []struct {
	err    error
	code   string
	status int
	logged bool // whoever runs the vault has to do something
}{
	{ErrUnavailable, "unavailable", http.StatusServiceUnavailable, false},
	{syscall.ENOSPC, "no_room", http.StatusServiceUnavailable, true},
	{syscall.EDQUOT, "no_room", http.StatusServiceUnavailable, true},
	{ErrUnknownChild, "unknown_child", http.StatusNotFound, false},
	{ErrKeyReused, "key_reused", http.StatusUnprocessableEntity, false},
	{ErrNoIdentity, "no_identity", http.StatusUnprocessableEntity, false},
	{ErrMistyped, "mistyped", http.StatusUnprocessableEntity, false},
	{ErrLabel, "label", http.StatusUnprocessableEntity, false},
	{ErrRevealingLabel, "revealing_label", http.StatusUnprocessableEntity, false},
	{ErrReason, "reason", http.StatusUnprocessableEntity, false},
}
