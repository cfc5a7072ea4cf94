package access

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

const (
	passkeyAdding attemptKind = "passkey_adding"
	passkeySignIn attemptKind = "passkey_sign_in"

	// mostPasskeys are what one account may have.
	mostPasskeys = 20
)

// Passkey is a key of somebody's, as it is listed.
type Passkey struct {
	ID     string // as addresses have it
	Added  time.Time
	Used   *time.Time
	Synced bool // it is copied among its owner's devices
}

// begunPasskey is what an authenticator's answer must be to.
type begunPasskey struct {
	Origin   string
	Session  webauthn.SessionData
	Password []byte // the hash of what was stored of the password that a new key was begun with
}

// holder is an account as the library sees it.
type holder struct {
	account [16]byte
	name    string
	keys    []webauthn.Credential
}

func (h *holder) WebAuthnID() []byte                         { return h.account[:] }
func (h *holder) WebAuthnName() string                       { return h.name }
func (h *holder) WebAuthnDisplayName() string                { return h.name }
func (h *holder) WebAuthnCredentials() []webauthn.Credential { return h.keys }

// PasskeysAt reports whether there can be passkeys for an address: they are for a name, never for a number.
func PasskeysAt(origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Hostname() != "" && net.ParseIP(u.Hostname()) == nil
}

// site is the library for one address. Whoever has a key must unlock it, and is found by it without a name.
func site(origin string) (*webauthn.WebAuthn, error) {
	u, err := url.Parse(origin)
	if err != nil || !PasskeysAt(origin) {
		return nil, fmt.Errorf("%w: there are none for this address", ErrPasskey)
	}
	required := true
	return webauthn.New(&webauthn.Config{
		RPID: u.Hostname(), RPDisplayName: "Räckvidd", RPOrigins: []string{origin}, AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			RequireResidentKey: &required, ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired,
		},
	})
}

// BeginPasskey returns what a browser makes a passkey with, for whoever has signed in and knows the password, and the
// secret that it comes back with. ErrUnauthenticated: it is another password, or there is none, or too many wrong ones
// came in a row. ErrPasskey: there are none for this address, or too many.
func (s *Service) BeginPasskey(ctx context.Context, origin string, account events.ID, password string) (options []byte, attempt string, err error) {
	at, err := site(origin)
	if err != nil {
		return nil, "", err
	}
	h, err := s.holder(ctx, s.pool, account, at.Config.RPID)
	if err != nil {
		return nil, "", err
	}
	_, stored, err := s.knows(ctx, h.name, password)
	if err != nil {
		return nil, "", err
	}
	if len(h.keys) >= mostPasskeys {
		return nil, "", fmt.Errorf("%w: there are %d already", ErrPasskey, len(h.keys))
	}
	creation, session, err := at.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.keys).CredentialDescriptors()))
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrPasskey, err)
	}
	known := hashOf(stored)
	return s.ceremony(ctx, passkeyAdding, creation.Response, begunPasskey{origin, *session, known[:]})
}

func (s *Service) ceremony(ctx context.Context, kind attemptKind, options any, begun begunPasskey) ([]byte, string, error) {
	raw, err := json.Marshal(options)
	if err != nil {
		return nil, "", err
	}
	attempt, err := s.attempt(ctx, kind, begun)
	return raw, attempt, err
}

// AddPasskey keeps what the browser made. ErrAttempt and ErrPasskey: it is not what was begun, or the account has another password
// since.
func (s *Service) AddPasskey(ctx context.Context, account events.ID, attempt string, made []byte) error {
	var b begunPasskey
	if err := s.resume(ctx, passkeyAdding, attempt, &b); err != nil {
		return err
	}
	at, err := site(b.Origin)
	if err != nil {
		return err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(made)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrPasskey, err)
	}
	key, err := at.CreateCredential(&holder{account: account}, b.Session, parsed)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrPasskey, err)
	}
	key.Attestation = webauthn.CredentialAttestation{} // whose make it is concerns nobody
	raw, err := json.Marshal(key)
	if err != nil {
		return err
	}
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var stored string
		if err := tx.QueryRow(ctx, `SELECT coalesce(password, '') FROM access.login WHERE account = $1 FOR UPDATE`, [16]byte(account)).Scan(&stored); err != nil {
			return err
		}
		if known := hashOf(stored); !bytes.Equal(known[:], b.Password) {
			return fmt.Errorf("%w: the account has another password since", ErrPasskey)
		}
		_, err := tx.Exec(ctx, `INSERT INTO access.passkey (id, account, site, credential, added) VALUES ($1, $2, $3, $4, $5)`,
			key.ID, [16]byte(account), at.Config.RPID, raw, s.now())
		return err
	})
	if duplicates(err, "passkey_pkey") {
		return fmt.Errorf("%w: it is kept already", ErrPasskey)
	}
	return failed("keep a passkey", err)
}

// Ways are how an account signs in, where the identity provider does not vouch for it.
type Ways struct {
	Name     string // what is typed to sign in; "": the account does not
	Password bool
	Passkeys []Passkey // the oldest first
}

// Ways says how an account signs in.
func (s *Service) Ways(ctx context.Context, account events.ID) (w Ways, err error) {
	err = s.pool.QueryRow(ctx, `SELECT name, password IS NOT NULL FROM access.login WHERE account = $1`, [16]byte(account)).Scan(&w.Name, &w.Password)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return w, failed("read how an account signs in", err)
	}
	rows, err := s.pool.Query(ctx, `
		SELECT `+inAddress+`, added, used, coalesce((credential->'flags'->>'backupState')::boolean, false)
		FROM access.passkey WHERE account = $1 ORDER BY added, id`, [16]byte(account))
	if err != nil {
		return w, failed("list passkeys", err)
	}
	w.Passkeys, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (p Passkey, err error) {
		err = row.Scan(&p.ID, &p.Added, &p.Used, &p.Synced)
		return p, err
	})
	return w, failed("list passkeys", err)
}

// inAddress is a passkey's id as it stands in an address.
const inAddress = `encode(id, 'hex')`

// RemovePasskey forgets one of an account's, and ends every other session of the account: whoever has the key may be
// signed in. ErrUnknown: the account has no such key.
func (s *Service) RemovePasskey(ctx context.Context, account events.ID, id, session string) error {
	hash := hashOf(session)
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `DELETE FROM access.passkey WHERE account = $1 AND `+inAddress+` = $2 RETURNING 1`, [16]byte(account), id).Scan(new(int))
		if err != nil {
			return err
		}
		return endOtherSessions(ctx, tx, account, hash)
	})
	s.recent.forget()
	return missing("remove a passkey", err)
}

// BeginPasskeySignIn returns what a browser asks for a passkey with, and the secret that it comes back with.
func (s *Service) BeginPasskeySignIn(ctx context.Context, origin string) (options []byte, attempt string, err error) {
	at, err := site(origin)
	if err != nil {
		return nil, "", err
	}
	asked, session, err := at.BeginDiscoverableLogin()
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrPasskey, err)
	}
	return s.ceremony(ctx, passkeySignIn, asked.Response, begunPasskey{Origin: origin, Session: *session})
}

// SignInByPasskey begins a session for whoever unlocked a key, and returns its secret. ErrAttempt and ErrPasskey: the
// answer is to something else, or the key is nobody's, a disabled account's, or seems to be copied.
func (s *Service) SignInByPasskey(ctx context.Context, attempt string, answer []byte) (string, error) {
	var b begunPasskey
	if err := s.resume(ctx, passkeySignIn, attempt, &b); err != nil {
		return "", err
	}
	at, err := site(b.Origin)
	if err != nil {
		return "", err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrPasskey, err)
	}
	var account [16]byte
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) (err error) {
		account, err = s.unlock(ctx, tx, at, b.Session, parsed)
		return err
	})
	if err != nil {
		return "", err
	}
	secret, err := s.begin(ctx, account, way{`SELECT 1 FROM access.passkey WHERE account = $1 AND id = $2 FOR KEY SHARE`, []any{account, parsed.RawID}}, vouched{})
	if errors.Is(err, ErrUnauthenticated) {
		err = fmt.Errorf("%w: it was removed meanwhile", ErrPasskey)
	}
	return secret, err
}

// unlock checks an answer against the key that it names, and keeps the key's counter and flags.
func (s *Service) unlock(ctx context.Context, tx pgx.Tx, at *webauthn.WebAuthn, session webauthn.SessionData, answer *protocol.ParsedCredentialAssertionData) (account [16]byte, err error) {
	var broken error // the database's, which is nobody's fault
	find := func(_, handle []byte) (webauthn.User, error) {
		if len(handle) != len(account) {
			return nil, ErrUnknown
		}
		h, err := s.holder(ctx, tx, events.ID(handle), at.Config.RPID)
		if err != nil && !errors.Is(err, ErrUnknown) {
			broken = err
		}
		return h, err
	}
	user, key, err := at.ValidatePasskeyLogin(find, session, answer)
	switch {
	case broken != nil:
		return account, broken
	case err != nil:
		return account, fmt.Errorf("%w: %w", ErrPasskey, err)
	case key.Authenticator.CloneWarning:
		return account, fmt.Errorf("%w: its counter went backwards, so there may be a copy", ErrPasskey)
	}
	raw, err := json.Marshal(key)
	if err != nil {
		return account, err
	}
	_, err = tx.Exec(ctx, `UPDATE access.passkey SET credential = $2, used = $3 WHERE id = $1`, key.ID, raw, s.now())
	return [16]byte(user.WebAuthnID()), failed("note the use of a passkey", err)
}

// querier is the pool, or a transaction of it.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// holder reads an account that may sign in by passkeys, with those for one address, which nobody else uses meanwhile in a
// transaction. ErrUnknown: there is none, it is disabled, or the identity provider vouches for it.
func (s *Service) holder(ctx context.Context, q querier, account events.ID, at string) (*holder, error) {
	rows, err := q.Query(ctx, `
		SELECT l.name, p.credential FROM access.login l JOIN access.account a ON a.id = l.account LEFT JOIN access.passkey p ON p.account = l.account AND p.site = $2
		WHERE l.account = $1 AND NOT a.disabled AND NOT EXISTS (SELECT FROM access.identity i WHERE i.account = l.account) FOR UPDATE OF l`, [16]byte(account), at)
	if err != nil {
		return nil, failed("read passkeys", err)
	}
	h := &holder{account: account}
	var raw []byte
	_, err = pgx.ForEachRow(rows, []any{&h.name, &raw}, func() error {
		if raw == nil {
			return nil
		}
		var key webauthn.Credential
		err := json.Unmarshal(raw, &key)
		h.keys = append(h.keys, key)
		return err
	})
	if err == nil && h.name == "" {
		return nil, ErrUnknown
	}
	return h, failed("read passkeys", err)
}
