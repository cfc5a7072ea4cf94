package access

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

const (
	tokenPrefix = "rv_" // so that scanners of leaked secrets find it
	tokenLife   = 365 * 24 * time.Hour
)

// Grant is what a token is for: it may do that, and never more than its account's login may when it is used.
type Grant struct {
	ID             events.ID // of the token, the same again is the same token; zero: a new one
	Account        events.ID
	Roles          []Role
	Everywhere     bool
	Municipalities []events.Municipality
	Programmes     []events.ProgrammeID
	Expires        time.Time // zero: in a year
}

// Token is a token as it is kept: without its secret.
type Token struct {
	ID             events.ID             `json:"id"`
	Account        events.ID             `json:"account"`
	Roles          []Role                `json:"roles"`
	Everywhere     bool                  `json:"everywhere"`
	Municipalities []events.Municipality `json:"municipalities"`
	Programmes     []events.ProgrammeID  `json:"programmes"`
	Expires        time.Time             `json:"expires_at"`
	Revoked        *time.Time            `json:"revoked_at,omitempty"`
	LastUsed       string                `json:"last_used,omitempty" doc:"the day of its last use"`
	Now            *Rights               `json:"now,omitempty" doc:"what it may do now, where that is less than it was made for: never more than its account may"`
}

// State is valid or, where the token is not any more, expired or revoked.
func (t Token) State(now time.Time) string {
	switch {
	case t.Revoked != nil:
		return "revoked"
	case !t.Expires.After(now):
		return "expired"
	}
	return "valid"
}

// AddToken makes a token and returns its secret, which is shown this once: of a token that was made before, what it was
// made for is returned, and no secret. *InvalidError: it is for what nobody is given, or for more than the account's login may.
func (s *Service) AddToken(ctx context.Context, g Grant) (Token, string, error) {
	if err := s.check(&g); err != nil {
		return Token{}, "", err
	}
	t := Token{
		ID: cmp.Or(g.ID, events.NewID()), Account: g.Account, Roles: g.Roles, Everywhere: g.Everywhere,
		Municipalities: g.Municipalities, Programmes: g.Programmes, Expires: g.Expires.UTC().Truncate(time.Microsecond), // as it is kept
	}
	if err := s.mayGive(ctx, t); err != nil {
		return Token{}, "", err
	}
	secret := newSecret(tokenPrefix)
	hash := hashOf(secret)
	err := s.pool.QueryRow(ctx, `
		INSERT INTO access.token (id, account, hash, roles, everywhere, municipalities, programmes, expires)
		SELECT $1, id, $3, $4, $5, $6, $7, $8 FROM access.account WHERE id = $2 AND NOT disabled
		ON CONFLICT (id) DO NOTHING RETURNING 1`,
		[16]byte(t.ID), [16]byte(t.Account), hash[:], texts(t.Roles), t.Everywhere, texts(t.Municipalities), texts(t.Programmes), t.Expires).Scan(new(int))
	if errors.Is(err, pgx.ErrNoRows) {
		t, err = s.made(ctx, t.ID)
		return t, "", err
	}
	if err != nil {
		return Token{}, "", failed("add a token", err)
	}
	return t, secret, nil
}

// mayGive refuses a new token that goes beyond its account's login. An account that has none gives its tokens all their rights.
func (s *Service) mayGive(ctx context.Context, t Token) error {
	var may Rights
	err := s.pool.QueryRow(ctx, `
		SELECT roles, everywhere, municipalities, programmes FROM access.login
		WHERE account = $1 AND NOT EXISTS (SELECT FROM access.token WHERE id = $2)`, [16]byte(t.Account), [16]byte(t.ID)).
		Scan(&may.Roles, &may.Everywhere, &may.Municipalities, &may.Programmes)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return failed("find what a token may be given", err)
	}
	wider := Rights{t.Roles, t.Everywhere, t.Municipalities, t.Programmes}.Wider(may)
	if len(wider) > 0 {
		return &InvalidError{wider[0], "goes beyond what the account's login may; give the token no more than that"}
	}
	return nil
}

// made returns a token as it was made, whatever became of it.
func (s *Service) made(ctx context.Context, id events.ID) (Token, error) {
	t := Token{ID: id}
	var account [16]byte
	err := s.pool.QueryRow(ctx, `SELECT account, roles, everywhere, municipalities, programmes, expires FROM access.token WHERE id = $1`, [16]byte(id)).
		Scan(&account, &t.Roles, &t.Everywhere, &t.Municipalities, &t.Programmes, &t.Expires)
	if err != nil {
		return Token{}, missing("find a token", err)
	}
	t.Account, t.Expires = account, t.Expires.UTC()
	return t, nil
}

func newSecret(prefix string) string {
	var b [32]byte
	rand.Read(b[:])
	return prefix + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:]))
}

// hashOf is what is kept of a secret.
func hashOf(secret string) [32]byte { return sha256.Sum256([]byte(secret)) }

// check refuses what gives nothing, or gives what nobody meant, and fills in defaults.
func (s *Service) check(g *Grant) error {
	g.Expires = cmp.Or(g.Expires, s.now().Add(tokenLife))
	if !g.Expires.After(s.now()) {
		return &InvalidError{"expires_at", "must be in the future"}
	}
	return s.checkGrant(g, Roles())
}

// checkGrant refuses roles that cannot be given, and a grant of nothing.
func (s *Service) checkGrant(g *Grant, allowed []Role) error {
	g.Roles, g.Municipalities, g.Programmes = listed(g.Roles), listed(g.Municipalities), listed(g.Programmes)
	if len(g.Roles) == 0 {
		return &InvalidError{"roles", "is empty; give at least one role"}
	}
	for _, r := range g.Roles {
		if !slices.Contains(allowed, r) {
			return &InvalidError{"roles", fmt.Sprintf("must be among %s", strings.Join(texts(allowed), ", "))}
		}
	}
	if g.Everywhere == (len(g.Municipalities) > 0) {
		return &InvalidError{"municipalities", "name the municipalities, or everywhere, and not both"}
	}
	for _, m := range g.Municipalities {
		if _, err := events.ParseMunicipality(string(m)); err != nil {
			return &InvalidError{"municipalities", err.Error()}
		}
	}
	for _, p := range g.Programmes {
		if _, err := events.ParseProgrammeID(string(p)); err != nil && p != EveryProgramme {
			return &InvalidError{"programmes", err.Error()}
		}
	}
	return nil
}

// ListTokens returns those of an account, of all with the zero ID, newest first.
func (s *Service) ListTokens(ctx context.Context, account events.ID) ([]Token, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT t.id, t.account, t.roles, t.everywhere, t.municipalities, t.programmes, t.expires, t.revoked, coalesce(t.last_used::text, ''), `+ownerColumns+`
		FROM access.token t JOIN access.account a ON a.id = t.account LEFT JOIN access.login l ON l.account = a.id
		WHERE $1 OR t.account = $2 ORDER BY t.created DESC, t.id`, account.IsZero(), [16]byte(account))
	if err != nil {
		return nil, failed("list tokens", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (t Token, err error) {
		var by owner
		err = row.Scan(append([]any{(*[16]byte)(&t.ID), (*[16]byte)(&t.Account), &t.Roles, &t.Everywhere, &t.Municipalities, &t.Programmes, &t.Expires, &t.Revoked, &t.LastUsed}, by.into()...)...)
		t.Expires = t.Expires.UTC()
		made := Rights{t.Roles, t.Everywhere, t.Municipalities, t.Programmes}
		if now := by.allows(made); !now.same(made) {
			t.Now = &now
		}
		return t, err
	})
	return list, failed("list tokens", err)
}

// RevokeToken ends a token for good.
func (s *Service) RevokeToken(ctx context.Context, id events.ID) error {
	err := s.pool.QueryRow(ctx, `UPDATE access.token SET revoked = coalesce(revoked, now()) WHERE id = $1 RETURNING 1`, [16]byte(id)).Scan(new(int))
	s.recent.forget()
	return missing("revoke a token", err)
}

// listed sorts, and makes an empty list of none.
func listed[T ~string](list []T) []T {
	sorted := append([]T{}, list...)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

func texts[T ~string](list []T) []string {
	words := make([]string, len(list))
	for i, w := range list {
		words[i] = string(w)
	}
	return words
}
