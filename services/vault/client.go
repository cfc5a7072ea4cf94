package vault

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"rackvidd/events"
)

// Client is a vault in another process.
type Client struct {
	URL        string
	Credential string
	HTTP       *http.Client  // nil: http.DefaultClient
	Patience   time.Duration // how long one question may take, with the whole of its answer; 0: two minutes
}

// patience is long enough for the largest body on a slow network, and for what the vault takes longest to do.
const patience = 2 * time.Minute

// NewClient asks the vault whose Handler is served at url, without the path.
func NewClient(url, credential string) *Client { return &Client{URL: url, Credential: credential} }

// ask posts a question. Errors name the call and never what was in it.
func (c *Client) ask(ctx context.Context, name string, q question) (a answer, err error) {
	body, err := json.Marshal(q)
	if err != nil {
		return a, fmt.Errorf("ask the vault for %s: %w", name, err)
	}
	within, cancel := context.WithTimeout(ctx, cmp.Or(c.Patience, patience))
	defer cancel()
	r, err := http.NewRequestWithContext(within, http.MethodPost, strings.TrimSuffix(c.URL, "/")+mountedAt+name, bytes.NewReader(body))
	if err != nil {
		return a, fmt.Errorf("ask the vault for %s: %w", name, err)
	}
	r.Header.Set("Authorization", "Bearer "+c.Credential)
	r.Header.Set("Content-Type", "application/json")
	answered, err := c.client().Do(r)
	if err != nil {
		return a, fmt.Errorf("ask the vault for %s: %w", name, unreachable(ctx, err))
	}
	defer answered.Body.Close()
	if answered.StatusCode != http.StatusOK {
		return a, fmt.Errorf("ask the vault for %s: %w", name, refused(answered))
	}
	if err := json.NewDecoder(answered.Body).Decode(&a); err != nil {
		return a, fmt.Errorf("read the vault's %s: %w", name, unreachable(ctx, err))
	}
	return a, nil
}

func (c *Client) client() *http.Client {
	if c.HTTP != nil {
		return c.HTTP
	}
	return http.DefaultClient
}

func unreachable(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

func refused(answered *http.Response) error {
	var no refusal
	_ = json.NewDecoder(answered.Body).Decode(&no) // else the status says enough
	for _, r := range refusals {
		if no.Code == r.code {
			return r.err
		}
	}
	if no.Code == "" && answered.StatusCode == http.StatusNotFound {
		return ErrTooOld
	}
	if answered.StatusCode == http.StatusUnauthorized { // until one of the two is told the other's
		return fmt.Errorf("%w: it is shown another credential than its own", ErrUnavailable)
	}
	if answered.StatusCode >= 502 && answered.StatusCode <= 504 {
		return ErrUnavailable
	}
	return fmt.Errorf("it answered %d", answered.StatusCode)
}

var errShort = errors.New("the vault answered less than was asked")

func (c *Client) Tokens(ctx context.Context, m events.Municipality, ids []Identity, today events.Day) ([]Person, error) {
	a, err := c.ask(ctx, "tokens", question{Municipality: m, Identities: ids, Today: today})
	if err == nil && len(a.Persons) != len(ids) {
		err = errShort
	}
	return a.Persons, err
}

func (c *Client) Lookup(ctx context.Context, m events.Municipality, ids []Identity, today events.Day) ([]Person, []bool, error) {
	a, err := c.ask(ctx, "lookup", question{Municipality: m, Identities: ids, Today: today})
	if err == nil && (len(a.Persons) != len(ids) || len(a.Known) != len(ids)) {
		err = errShort
	}
	return a.Persons, a.Known, err
}

func (c *Client) Enter(ctx context.Context, m events.Municipality, id Identity, account events.ID, today events.Day) (Person, error) {
	a, err := c.ask(ctx, "enter", question{Municipality: m, Identities: []Identity{id}, Account: account, Today: today})
	if err == nil && len(a.Persons) != 1 {
		err = errShort
	}
	if err != nil {
		return Person{}, err
	}
	return a.Persons[0], nil
}

func (c *Client) Known(ctx context.Context, m events.Municipality, tokens []events.ID) (map[events.ID]Person, error) {
	a, err := c.ask(ctx, "known", question{Municipality: m, Tokens: tokens})
	return byToken(a.Persons), err
}

func (c *Client) HomeTokens(ctx context.Context, from events.Municipality, tokens []events.ID, home events.Municipality) (map[events.ID]Person, error) {
	a, err := c.ask(ctx, "home-tokens", question{Municipality: from, Tokens: tokens, Home: home})
	return a.Homes, err
}

func (c *Client) LookupHome(ctx context.Context, from events.Municipality, tokens []events.ID, home events.Municipality) (map[events.ID]Person, error) {
	a, err := c.ask(ctx, "home-lookup", question{Municipality: from, Tokens: tokens, Home: home})
	return a.Homes, err
}

func (c *Client) SetLabel(ctx context.Context, m events.Municipality, token events.ID, label string, over bool) error {
	_, err := c.ask(ctx, "set-label", question{Municipality: m, Token: token, Label: &label, Over: over})
	return err
}

func (c *Client) Labels(ctx context.Context, m events.Municipality, tokens []events.ID) (map[events.ID]string, error) {
	a, err := c.ask(ctx, "labels", question{Municipality: m, Tokens: tokens})
	return a.Labels, err
}

func (c *Client) Protect(ctx context.Context, m events.Municipality, token, account events.ID, protected bool) error {
	_, err := c.ask(ctx, "protect", question{Municipality: m, Token: token, Account: account, Protected: protected})
	return err
}

func (c *Client) Protected(ctx context.Context, m events.Municipality, tokens []events.ID) (map[events.ID]bool, error) {
	a, err := c.ask(ctx, "protected", question{Municipality: m, Tokens: tokens})
	return a.Flags, err
}

func (c *Client) Erase(ctx context.Context, m events.Municipality, token events.ID) error {
	_, err := c.ask(ctx, "erase", question{Municipality: m, Token: token})
	return err
}

func (c *Client) GiveUp(ctx context.Context, m events.Municipality, tokens []events.ID) error {
	_, err := c.ask(ctx, "give-up", question{Municipality: m, Tokens: tokens})
	return err
}

func (c *Client) Erased(ctx context.Context, m events.Municipality, token events.ID) (bool, error) {
	a, err := c.ask(ctx, "erased", question{Municipality: m, Token: token})
	return a.Yes, err
}

func (c *Client) Kept(ctx context.Context, m events.Municipality, at time.Time) ([]Kept, error) {
	a, err := c.ask(ctx, "kept", question{Municipality: m, At: at})
	return a.Kept, err
}

func (c *Client) Listed(ctx context.Context, m events.Municipality, token events.ID, at time.Time) (time.Time, error) {
	a, err := c.ask(ctx, "listed", question{Municipality: m, Token: token, At: at})
	return a.At, err
}

func (c *Client) Listings(ctx context.Context, m events.Municipality, at time.Time) ([]Listing, error) {
	a, err := c.ask(ctx, "listings", question{Municipality: m, At: at})
	return a.Listings, err
}

func (c *Client) List(ctx context.Context, m events.Municipality, tokens []events.ID, at time.Time) error {
	_, err := c.ask(ctx, "list", question{Municipality: m, Tokens: tokens, At: at})
	return err
}

func (c *Client) Disclose(ctx context.Context, m events.Municipality, token, account events.ID) (Disclosure, error) {
	a, err := c.ask(ctx, "disclose", question{Municipality: m, Token: token, Account: account})
	if err == nil && a.Disclosure == nil {
		err = errShort
	}
	if err != nil {
		return Disclosure{}, err
	}
	return *a.Disclosure, nil
}

func (c *Client) NoteRead(ctx context.Context, m events.Municipality, token, account events.ID, why string) error {
	_, err := c.ask(ctx, "note-read", question{Municipality: m, Token: token, Account: account, Why: why})
	return err
}

func (c *Client) NoteReads(ctx context.Context, m events.Municipality, tokens []events.ID, account events.ID, why string) error {
	_, err := c.ask(ctx, "note-reads", question{Municipality: m, Tokens: tokens, Account: account, Why: why})
	return err
}

func (c *Client) Reads(ctx context.Context, m events.Municipality, q ReadQuery) ([]LoggedRead, error) {
	a, err := c.ask(ctx, "reads", question{Municipality: m, Reads: &q})
	return a.Reads, err
}

func (c *Client) Erasures(ctx context.Context, m events.Municipality) ([]Erasure, error) {
	a, err := c.ask(ctx, "erasures", question{Municipality: m})
	return a.Erasures, err
}

func (c *Client) Keyed(ctx context.Context, purpose string, parts ...string) ([16]byte, error) {
	a, err := c.ask(ctx, "keyed", question{Purpose: purpose, Words: bytesOf(parts)})
	if err == nil && len(a.IDs) != 1 {
		err = errShort
	}
	if err != nil {
		return [16]byte{}, err
	}
	return a.IDs[0], nil
}

func (c *Client) RecordKeys(ctx context.Context, m events.Municipality, source string, records []RecordSource) ([]events.Record, error) {
	a, err := c.ask(ctx, "record-keys", question{Municipality: m, Source: source, Records: records})
	if err == nil && len(a.Records) != len(records) {
		err = errShort
	}
	return a.Records, err
}

func (c *Client) SessionKeys(ctx context.Context, m events.Municipality, source string, sessions []string) ([]events.ID, error) {
	a, err := c.ask(ctx, "session-keys", question{Municipality: m, Source: source, Words: bytesOf(sessions)})
	if err == nil && len(a.IDs) != len(sessions) {
		err = errShort
	}
	return a.IDs, err
}

func (c *Client) Recorded(ctx context.Context, m events.Municipality, keys [][16]byte) (map[[16]byte]Fact, error) {
	a, err := c.ask(ctx, "recorded", question{Municipality: m, Tokens: idsOf(keys)})
	return factsFromWire(a.Facts), err
}

func (c *Client) Remember(ctx context.Context, m events.Municipality, facts map[[16]byte]Fact, position uint64) error {
	_, err := c.ask(ctx, "remember", question{Municipality: m, Facts: factsToWire(facts), Position: position})
	return err
}

func (c *Client) ForgetLog(ctx context.Context, m events.Municipality) error {
	_, err := c.ask(ctx, "forget-log", question{Municipality: m})
	return err
}

func (c *Client) RecordsPosition(ctx context.Context, m events.Municipality) (uint64, error) {
	a, err := c.ask(ctx, "records-position", question{Municipality: m})
	return a.Position, err
}

func (c *Client) Claim(ctx context.Context, m events.Municipality, account events.ID, r Request) (Claimed, error) {
	a, err := c.ask(ctx, "claim", question{Municipality: m, Account: account, Request: &r})
	if err == nil && a.Claimed == nil {
		err = errShort
	}
	if err != nil {
		return Claimed{}, err
	}
	return *a.Claimed, nil
}

func (c *Client) KeepAnswer(ctx context.Context, m events.Municipality, account events.ID, key string, child events.ID, answer []byte) ([]byte, error) {
	a, err := c.ask(ctx, "keep-answer", question{Municipality: m, Account: account, Request: &Request{Key: key}, Token: child, Answer: answer})
	return a.Answer, err
}

func (c *Client) ForgetRequests(ctx context.Context, before time.Time) error {
	_, err := c.ask(ctx, "forget-requests", question{Before: before})
	return err
}
