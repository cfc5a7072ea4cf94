// Package vault knows who a token is. It is the only place where an identity is ever seen, and it keeps none: an
// identity number becomes a keyed index and is forgotten.
package vault

import (
	"context"
	"time"

	"github.com/google/uuid"

	"rackvidd/events"
)

// Service is what a vault does: *Vault in its own process, *Client from any other.
type Service interface {
	// Tokens finds or makes the children's tokens, in the order of ids. What reads as an identity number is the same
	// child from every source; any other id is the source's own, a card's code however it is typed. Today tells the
	// century of ten digits; zero is the clock's. An empty id is ErrNoIdentity;
	// what is written as an identity number but has a wrong check digit, or a day to come, is ErrMistyped.
	Tokens(ctx context.Context, m events.Municipality, ids []Identity, today events.Day) ([]Person, error)
	// Lookup is Tokens for a dry run: it makes nothing, and says which children are known.
	Lookup(ctx context.Context, m events.Municipality, ids []Identity, today events.Day) ([]Person, []bool, error)
	// Enter finds or makes one child's token, with the same work for a known child as for a new one, and notes in the read
	// log that the account asked.
	Enter(ctx context.Context, m events.Municipality, id Identity, account events.ID, today events.Day) (Person, error)
	// Known returns those of the tokens that are children of the municipality, with what is known of each. A token that
	// was erased, or that nobody ever made, is not in the answer.
	Known(ctx context.Context, m events.Municipality, tokens []events.ID) (map[events.ID]Person, error)
	// HomeTokens finds or makes the same persons in another municipality. A child without an identity number
	// is not in the answer.
	HomeTokens(ctx context.Context, from events.Municipality, tokens []events.ID, home events.Municipality) (map[events.ID]Person, error)
	// LookupHome is HomeTokens without making any: whoever is not known there has a zero token.
	LookupHome(ctx context.Context, from events.Municipality, tokens []events.ID, home events.Municipality) (map[events.ID]Person, error)

	// SetLabel seals what the coordinator calls the child, 1 to 80 printable characters (ErrLabel) that read as
	// nobody's identity (ErrRevealingLabel); "" takes it away. Unless it is set over one that stands, that one stays,
	// and the work and the answer are the same.
	SetLabel(ctx context.Context, m events.Municipality, token events.ID, label string, over bool) error
	// Labels returns the labels there are, except of children with a protected identity.
	Labels(ctx context.Context, m events.Municipality, tokens []events.ID) (map[events.ID]string, error)
	// Protect flags a protected identity (skyddade personuppgifter), or takes the municipality's flag away, and notes in the
	// read log which account did: "protected" or "unprotected". A person is protected in every municipality while one of them
	// has the flag.
	Protect(ctx context.Context, m events.Municipality, token, account events.ID, protected bool) error
	// Protected returns those of the tokens whose identity is protected.
	Protected(ctx context.Context, m events.Municipality, tokens []events.ID) (map[events.ID]bool, error)

	// Erase makes sure that nobody can tell any more who the token is. It may be repeated, and finishes what a crash
	// left; a child who comes back is a new token.
	Erase(ctx context.Context, m events.Municipality, token events.ID) error
	// GiveUp has those of the tokens that the vault does not know count as erased: its database was lost, and nobody can tell any more
	// who they are. Whoever it knows stays known.
	GiveUp(ctx context.Context, m events.Municipality, tokens []events.ID) error
	// Erased reports whether the erasure ledger names the token.
	Erased(ctx context.Context, m events.Municipality, token events.ID) (bool, error)
	// Kept returns every child of the municipality: since when it is known, and since when it is listed for erasure by a list
	// that was kept up: made at least every two days.
	Kept(ctx context.Context, m events.Municipality, at time.Time) ([]Kept, error)
	// Listed returns since when a child of the municipality is listed for erasure, as Kept says it; zero: it is not.
	Listed(ctx context.Context, m events.Municipality, token events.ID, at time.Time) (time.Time, error)
	// Listings returns the list of a municipality as it was made last, or of each where none is named; none where nothing was ever
	// listed.
	Listings(ctx context.Context, m events.Municipality, at time.Time) ([]Listing, error)
	// List has these children of the municipality listed for erasure and no others. Whoever stands there already is there since
	// then, unless the list was not kept up.
	List(ctx context.Context, m events.Municipality, tokens []events.ID, at time.Time) error
	// Disclose returns all that is stored about the child (GDPR article 15), and notes the read.
	Disclose(ctx context.Context, m events.Municipality, token, account events.ID) (Disclosure, error)
	// NoteRead writes into the read log that the account read about one child, and why: a word in lower case.
	// A zero token stands for the read log itself.
	NoteRead(ctx context.Context, m events.Municipality, token, account events.ID, why string) error
	// NoteReads notes the same of several children at once.
	NoteReads(ctx context.Context, m events.Municipality, tokens []events.ID, account events.ID, why string) error
	// Reads returns lines of the municipality's read log, the latest first, 1,000 at most. A line is kept for five years.
	Reads(ctx context.Context, m events.Municipality, q ReadQuery) ([]LoggedRead, error)
	// Erasures returns the municipality's lines of the erasure ledger, in order.
	Erasures(ctx context.Context, m events.Municipality) ([]Erasure, error)

	// Keyed is a keyed hash for others, so that no key leaves the vault. It never equals one of the vault's own.
	Keyed(ctx context.Context, purpose string, parts ...string) ([16]byte, error)
	// RecordKeys returns where imported records come from, in their order.
	RecordKeys(ctx context.Context, m events.Municipality, source string, records []RecordSource) ([]events.Record, error)
	// SessionKeys returns the ids of a source's sessions: the same word is always the same session.
	SessionKeys(ctx context.Context, m events.Municipality, source string, sessions []string) ([]events.ID, error)

	// Recorded returns those of the record keys that Remember was told of.
	Recorded(ctx context.Context, m events.Municipality, keys [][16]byte) (map[[16]byte]Fact, error)
	// Remember adds to the import index and moves its position, which never goes back, in one transaction.
	Remember(ctx context.Context, m events.Municipality, facts map[[16]byte]Fact, position uint64) error
	// ForgetLog forgets what was only remembered of a municipality's log, which lost its end: the import index, to be filled
	// again from the log, and what requests were answered.
	ForgetLog(ctx context.Context, m events.Municipality) error
	// RecordsPosition returns how far into the log the import index reaches; 0 when it is empty.
	RecordsPosition(ctx context.Context, m events.Municipality) (uint64, error)

	// Claim returns the command an idempotency key stands for, with the answer that is kept of it, or ErrKeyReused when
	// the account used the key for another request. Of a request that named somebody who was erased it is not known any more what it said.
	Claim(ctx context.Context, m events.Municipality, account events.ID, r Request) (Claimed, error)
	// KeepAnswer keeps what a claimed request is answered, for its repeats, and returns what is kept: the first answer.
	// It outlives a child's erasure, so no answer may name a child that the request does not name by its token. The child is whom a naming
	// request named, where somebody was found: what the request said is forgotten when it is erased.
	KeepAnswer(ctx context.Context, m events.Municipality, account events.ID, key string, child events.ID, answer []byte) ([]byte, error)
	// ForgetRequests drops the fingerprints and answers of requests claimed before; their command ids stay the same.
	ForgetRequests(ctx context.Context, before time.Time) error
}

// Identity is what somebody calls a child: an identity number, or an id of the source's own.
type Identity struct {
	Source string `json:"source,omitempty"`
	Child  string `json:"child"`
}

// Person is a child in one municipality. BirthYear is 0 unless an identity number told it.
type Person struct {
	Token     events.ID   `json:"token"`
	BirthYear events.Year `json:"birth_year,omitempty"`
}

// Kept is a child that the vault knows.
type Kept struct {
	Token   events.ID `json:"token"`
	Created time.Time `json:"created"`
	Listed  time.Time `json:"listed,omitzero"` // zero: it is not listed for erasure
}

// Listing is a municipality's list for erasure.
type Listing struct {
	Municipality events.Municipality `json:"municipality"`
	Made         time.Time           `json:"made"`
	Children     int                 `json:"children"`       // records of them on it, each by itself though some may be merged; 0 where it was not kept up
	First        time.Time           `json:"first,omitzero"` // since when the first of them is listed; zero: nobody is
	Last         time.Time           `json:"last,omitzero"`  // since when the last of them is
}

// RecordSource is an imported record: the source's own id of it and its content. In the content the child must be
// named by its token, not as the source does: else the MAC in the log could be matched with a number for ever.
type RecordSource struct {
	ID      string `json:"id"`
	Content []byte `json:"content"`
}

// Fact is what was recorded for a record key: the MAC of its content, in which stream, and where. Where nothing stands by the record
// the MAC is zero, and the stream the case of the child that it named, if it named one.
type Fact struct {
	MAC      [8]byte
	Position uint64
	Stream   string
}

// Request is an API request that carries an idempotency key.
type Request struct {
	Key   string `json:"key"`
	Route string `json:"route"`
	Body  []byte `json:"body"`

	Naming bool `json:"naming,omitempty"` // the body has somebody's identity or label
}

// Claimed is what an idempotency key stands for. Answer is nil where none was kept.
type Claimed struct {
	Command uuid.UUID `json:"command"`
	Answer  []byte    `json:"answer,omitempty"`
	Erased  bool      `json:"erased,omitempty"` // whom the first request named was erased: this one may be another
}

// Disclosure is all that the vault stores about one child.
type Disclosure struct {
	Token        events.ID           `json:"token"`
	Municipality events.Municipality `json:"municipality"`
	Number       bool                `json:"identity_number"` // whether the index is an identity number's
	KeyVersion   int                 `json:"key_version"`
	BirthYear    events.Year         `json:"birth_year,omitempty"`
	Protected    bool                `json:"protected"` // by this municipality's flag or another's
	Flagged      bool                `json:"flagged"`   // by this municipality
	Created      time.Time           `json:"created"`
	Listed       time.Time           `json:"listed,omitzero"` // for erasure by retention
	Label        string              `json:"label,omitempty"`
	Reads        []Read              `json:"reads"`
}

// Read is one line of the read log.
type Read struct {
	At      time.Time `json:"at"`
	Account events.ID `json:"account"`
	Why     string    `json:"why"`
}

// ReadQuery narrows the read log. What is zero does not narrow.
type ReadQuery struct {
	Child   events.ID `json:"child,omitzero"`
	Account events.ID `json:"account,omitzero"`
	Why     string    `json:"why,omitempty"`
	From    time.Time `json:"from,omitzero"`
	To      time.Time `json:"to,omitzero"`      // and not at it
	Before  int64     `json:"before,omitempty"` // a line
	Limit   int       `json:"limit,omitempty"`
}

// LoggedRead is a line of the read log with its number, and about whom it is: zero, the log itself.
type LoggedRead struct {
	Line  int64     `json:"line"`
	Child events.ID `json:"child"`
	Read
}

// Erasure is a line of the erasure ledger.
type Erasure struct {
	Token events.ID `json:"token"`
	At    time.Time `json:"at"`
}

var (
	_ Service = (*Vault)(nil)
	_ Service = (*Client)(nil)
)
