// Package access says who may do what, in one place: accounts and their API tokens, and the policy.
package access

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
)

// leastSecret is how many characters a built-in token needs.
const leastSecret = 32

// Config is what access is decided with.
type Config struct {
	// Pool is the main database; accounts and tokens are in its schema "access".
	Pool *pgxpool.Pool
	// AdminToken (RACKVIDD_ADMIN_TOKEN) may do everything. None: "".
	AdminToken string
	// OperatorToken is the machine's own secret: the same rights for whoever can read its file. Whoever has both tokens
	// may be one person, so they are one account: neither approves what the other prepared.
	OperatorToken string
	OpenID        OpenIDConfig     // whom else people sign in by
	Clock         func() time.Time // nil: time.Now
}

// Service knows the accounts.
type Service struct {
	pool    *pgxpool.Pool
	now     func() time.Time
	builtIn []builtIn
	recent  recent
	hashing hashing
	dummy   string // the hash that is tried where there is no login of the name
	openID  *OpenID
}

// builtIn is a principal that comes with the configuration.
type builtIn struct {
	hash      [32]byte
	principal Principal
}

// New migrates the schema and refuses built-in tokens that could be guessed.
func New(ctx context.Context, c Config) (*Service, error) {
	s := &Service{pool: c.Pool, now: c.Clock, recent: recent{known: make(map[[32]byte]remembered)}, hashing: newHashing()}
	if s.now == nil {
		s.now = time.Now
	}
	for _, b := range []struct{ name, secret string }{
		{"RACKVIDD_ADMIN_TOKEN", c.AdminToken},
		{"the operator's token", c.OperatorToken},
	} {
		if b.secret == "" {
			continue
		}
		if len([]rune(b.secret)) < leastSecret {
			return nil, fmt.Errorf("%w: %s needs at least %d characters", ErrWeakToken, b.name, leastSecret)
		}
		s.builtIn = append(s.builtIn, builtIn{sha256.Sum256([]byte(b.secret)), everything(administrator())})
	}
	var err error
	if s.openID, err = newOpenID(s, c.OpenID); err != nil {
		return nil, err
	}
	if err := migrate(ctx, c.Pool); err != nil {
		return nil, failed("migrate the accounts", err)
	}
	s.dummy = nobodys()
	return s, nil
}

// BuiltIn is the account that acts where nobody is asked for a token: whoever has the machine.
func BuiltIn() events.ID { return administrator() }

// administrator is the account of every built-in token: the same on every machine and in every run, for the log names it.
func administrator() events.ID {
	sum := sha256.Sum256([]byte("rackvidd administrator"))
	return events.ID(sum[:16])
}

func everything(account events.ID) Principal {
	return Principal{Account: account, Roles: append(Roles(), Administrator), Everywhere: true, Programmes: []events.ProgrammeID{EveryProgramme}}
}
