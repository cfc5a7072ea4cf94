package access

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

const (
	invitationLife = 7 * 24 * time.Hour
	fewFailures    = 5 // wrong passwords in a row that cost no wait
	longestWait    = 15 * time.Minute
)

// Login is how an account signs in, and what it may do then.
type Login struct {
	Account        events.ID             `json:"account"`
	Name           string                `json:"name" doc:"what is typed to sign in"`
	Roles          []Role                `json:"roles"`
	Everywhere     bool                  `json:"everywhere"`
	Municipalities []events.Municipality `json:"municipalities"`
	Programmes     []events.ProgrammeID  `json:"programmes"`
	Subject        string                `json:"subject,omitempty" doc:"whom the identity provider vouches for, in its own words; there is no password then"`
	Passkeys       int                   `json:"passkeys" doc:"how many sign in beside the password"`
	Chosen         bool                  `json:"chosen" doc:"whether there is a way to sign in: a password was chosen, or the identity provider vouches"`
	Version        string                `json:"version,omitempty" doc:"of a login that is listed: in quotes, in If-Match, it keeps a change from undoing somebody else's"`
}

// version tells what was set from what somebody else sets after it.
func (l Login) version() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %t %q %q", l.Name, l.Subject, l.Roles, l.Everywhere, l.Municipalities, l.Programmes))
	return hex.EncodeToString(sum[:8])
}

// loginName is what is typed to sign in: a word, never an address or a number.
var loginName = regexp.MustCompile(`^[a-zåäö][a-zåäö0-9._-]{1,39}$`)

// SetLogin lets an account sign in, or changes what it may do when it has. What it was allowed before ends at once: every
// session of the account does, and its tokens may no more than it. An account that signs in for the first time gets a link, as of NewLink, whose secret is
// returned; one whose provider's subject is named needs none, and one that signed in before goes on signing in as it did.
// ErrStale: it has another version than the one that is given.
func (s *Service) SetLogin(ctx context.Context, l Login) (_ Login, link string, err error) {
	if err := s.checkLogin(&l); err != nil {
		return l, "", err
	}
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) (err error) {
		link, err = s.setLogin(ctx, tx, &l)
		return err
	})
	s.recent.forget()
	if err != nil {
		link = ""
	}
	return l, link, notSet(err)
}

// AddUser makes an account that signs in, as AddAccount and SetLogin do, or neither: an error's field of the login has
// "login." before it. The same id again is the same account.
func (s *Service) AddUser(ctx context.Context, id events.ID, name string, l Login) (a Account, _ Login, link string, err error) {
	l.Account = id
	if err := s.checkLogin(&l); err != nil {
		return a, l, "", ofLogin(err)
	}
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) (err error) {
		if a, err = addAccount(ctx, tx, id, name); err != nil {
			return err
		}
		link, err = s.setLogin(ctx, tx, &l)
		return ofLogin(notSet(err))
	})
	if err != nil {
		link = ""
	}
	return a, l, link, err
}

// ofLogin says that the field that is wrong is the login's.
func ofLogin(err error) error {
	var wrong *InvalidError
	if errors.As(err, &wrong) {
		return &InvalidError{"login." + wrong.Field, wrong.Message}
	}
	return err
}

// setLogin returns the secret of a link where there was no way to sign in before.
func (s *Service) setLogin(ctx context.Context, tx pgx.Tx, l *Login) (link string, err error) {
	if err := unchanged(ctx, tx, *l); err != nil {
		return "", err
	}
	first, err := putLogin(ctx, tx, l)
	if err != nil {
		return "", err
	}
	l.Version = ""
	if l.Subject != "" {
		l.Chosen = true
		return "", s.name(ctx, tx, *l)
	}
	if !first {
		return "", endSessions(ctx, tx, l.Account)
	}
	return s.invite(ctx, tx, l.Account)
}

func endSessions(ctx context.Context, tx pgx.Tx, account events.ID) error {
	_, err := tx.Exec(ctx, `DELETE FROM access.session WHERE account = $1`, [16]byte(account))
	return err
}

// unchanged refuses a login that is to have a version, and has another one or is none.
func unchanged(ctx context.Context, tx pgx.Tx, l Login) error {
	if l.Version == "" {
		return nil
	}
	rows, err := tx.Query(ctx, logins+` WHERE l.account = $1 FOR UPDATE OF l`, [16]byte(l.Account))
	if err != nil {
		return err
	}
	now, err := pgx.CollectExactlyOneRow(rows, scanLogin)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && now.Version != l.Version {
		return ErrStale
	}
	return err
}

// notSet says why a login was not set.
func notSet(err error) error {
	switch {
	case duplicates(err, "login_name_key"):
		return &InvalidError{"name", "is somebody else's; choose another"}
	case duplicates(err, "identity_issuer_subject_key"):
		return &InvalidError{"subject", "is somebody else's already"}
	case errors.Is(err, pgx.ErrNoRows):
		return ErrUnknown
	}
	return failed("set a login", err)
}

// NewLink returns the secret of a link that signs in once, and lets a password be chosen or the account be linked to the
// identity provider. An earlier one is worth nothing any more, and the account's sessions end; until the link is used it
// signs in as before. ErrUnknown: there is no such account, it does not sign in, or is disabled.
func (s *Service) NewLink(ctx context.Context, account events.ID) (link string, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `SELECT 1 FROM access.login l JOIN access.account a ON a.id = l.account WHERE a.id = $1 AND NOT a.disabled`, [16]byte(account)).Scan(new(int))
		if err != nil {
			return err
		}
		if err := endSessions(ctx, tx, account); err != nil {
			return err
		}
		link, err = s.invite(ctx, tx, account)
		return err
	})
	s.recent.forget()
	if err != nil {
		link = ""
	}
	return link, missing("make a link", err)
}

// name makes an account the named subject's, without a link.
func (s *Service) name(ctx context.Context, tx pgx.Tx, l Login) error {
	if _, err := tx.Exec(ctx, `DELETE FROM access.invitation WHERE account = $1`, [16]byte(l.Account)); err != nil {
		return err
	}
	return link(ctx, tx, l.Account, s.openID.Issuer, l.Subject)
}

// checkLogin refuses what gives nothing. Unlike a token, a login may be given the administrator's role.
func (s *Service) checkLogin(l *Login) error {
	l.Name = strings.ToLower(strings.TrimSpace(l.Name))
	if !loginName.MatchString(l.Name) || events.Revealing(l.Name) != "" {
		return &InvalidError{"name", "must be 2 to 40 letters and digits, and begin with a letter"}
	}
	if l.Subject != "" {
		if s.openID == nil {
			return &InvalidError{"subject", "is an identity provider's, and none is set"}
		}
		if err := checkSubject(l.Subject); err != nil {
			return err
		}
	}
	g := Grant{Roles: l.Roles, Everywhere: l.Everywhere, Municipalities: l.Municipalities, Programmes: l.Programmes}
	if err := s.checkGrant(&g, append(Roles(), Administrator)); err != nil {
		return err
	}
	l.Roles, l.Municipalities, l.Programmes = g.Roles, g.Municipalities, g.Programmes
	return nil
}

// putLogin reports whether the account signs in for the first time.
func putLogin(ctx context.Context, tx pgx.Tx, l *Login) (first bool, err error) {
	err = tx.QueryRow(ctx, `
		INSERT INTO access.login AS l (account, name, roles, everywhere, municipalities, programmes)
		SELECT id, $2, $3, $4, $5, $6 FROM access.account WHERE id = $1 AND NOT disabled
		ON CONFLICT (account) DO UPDATE SET name = excluded.name, roles = excluded.roles, everywhere = excluded.everywhere,
			municipalities = excluded.municipalities, programmes = excluded.programmes, failures = 0
		RETURNING password IS NOT NULL OR EXISTS (SELECT FROM access.identity i WHERE i.account = l.account),
			(SELECT count(*) FROM access.passkey p WHERE p.account = l.account), xmax = 0`, // 0: the row is new
		[16]byte(l.Account), l.Name, texts(l.Roles), l.Everywhere, texts(l.Municipalities), texts(l.Programmes)).Scan(&l.Chosen, &l.Passkeys, &first)
	return first, err
}

func (s *Service) invite(ctx context.Context, tx pgx.Tx, account events.ID) (secret string, err error) {
	secret = newSecret(invitationPrefix)
	hash := hashOf(secret)
	_, err = tx.Exec(ctx, `
		INSERT INTO access.invitation (account, hash, expires) VALUES ($1, $2, $3)
		ON CONFLICT (account) DO UPDATE SET hash = excluded.hash, expires = excluded.expires`, [16]byte(account), hash[:], s.now().Add(invitationLife))
	return secret, err
}

// ListLogins returns all, in the order of their names.
func (s *Service) ListLogins(ctx context.Context) ([]Login, error) {
	rows, err := s.pool.Query(ctx, logins+` ORDER BY l.name`)
	if err != nil {
		return nil, failed("list logins", err)
	}
	list, err := pgx.CollectRows(rows, scanLogin)
	return list, failed("list logins", err)
}

// logins are read by scanLogin.
const logins = `
	SELECT l.account, l.name, l.roles, l.everywhere, l.municipalities, l.programmes, coalesce(i.subject, ''),
		(SELECT count(*) FROM access.passkey p WHERE p.account = l.account), l.password IS NOT NULL OR i.account IS NOT NULL
	FROM access.login l LEFT JOIN access.identity i USING (account)`

func scanLogin(row pgx.CollectableRow) (l Login, err error) {
	err = row.Scan((*[16]byte)(&l.Account), &l.Name, &l.Roles, &l.Everywhere, &l.Municipalities, &l.Programmes, &l.Subject, &l.Passkeys, &l.Chosen)
	l.Version = l.version()
	return l, err
}

// SignIn begins a session for whoever knows the password, and returns its secret. ErrUnauthenticated: there is no such
// login, it is another password, or too many wrong ones came in a row; which of them is not said, and takes the same time.
func (s *Service) SignIn(ctx context.Context, name, password string) (string, error) {
	account, stored, err := s.knows(ctx, name, password)
	if err != nil {
		return "", err
	}
	return s.begin(ctx, account, byPassword(account, stored), vouched{})
}

// knows returns whose password it is, and what is stored of it. Every attempt counts as a wrong one until it turns out right, so that those that are made
// side by side are no more than those that are made in a row.
func (s *Service) knows(ctx context.Context, name, password string) (account [16]byte, stored string, err error) {
	back, err := s.hashing.turn(ctx)
	if err != nil {
		return account, "", err
	}
	defer back()
	if account, stored, err = s.claimAttempt(ctx, name); err != nil {
		return account, "", failed("find a login", err)
	}
	if right := matches(cmp.Or(stored, s.dummy), password); !right || stored == "" {
		return account, "", ErrUnauthenticated
	}
	_, err = s.pool.Exec(ctx, `UPDATE access.login SET failures = 0 WHERE account = $1`, account)
	return account, stored, failed("note a right password", err)
}

// claimAttempt counts an attempt and returns the hash that it has to match: "" where there is none, or nobody may try now. It asks
// the same in any case, and waits for no disk, which only a count that is kept would (decisions/0005).
func (s *Service) claimAttempt(ctx context.Context, name string) (account [16]byte, stored string, err error) {
	if name = strings.ToLower(strings.TrimSpace(name)); !loginName.MatchString(name) {
		name = "" // nobody's
	}
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET LOCAL synchronous_commit = off`); err != nil {
			return err
		}
		var failures int
		var last time.Time
		err := tx.QueryRow(ctx, `
			SELECT l.account, coalesce(l.password, ''), l.failures, coalesce(l.failed, 'epoch') FROM access.login l JOIN access.account a ON a.id = l.account
			WHERE l.name = $1 AND NOT a.disabled FOR UPDATE OF l`, name).Scan(&account, &stored, &failures, &last)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		counted := account
		if s.now().Sub(last).Abs() < waitAfter(failures) { // also where that was by a clock that was ahead
			stored, counted = "", [16]byte{} // nobody's
		}
		_, err = tx.Exec(ctx, `UPDATE access.login SET failures = failures + 1, failed = $2 WHERE account = $1`, counted, s.now())
		return err
	})
	return account, stored, err
}

// waitAfter is how long nobody may try after wrong passwords in a row: it doubles with each.
func waitAfter(failures int) time.Duration {
	if failures < fewFailures {
		return 0
	}
	return min(time.Second<<min(failures-fewFailures, 20), longestWait)
}

// Accept signs in once by a link, and keeps the password that was chosen: the account begins anew, without passkeys and
// without the identity provider. It returns the secret of the session.
// ErrUnauthenticated: the link is unknown, used or too old.
func (s *Service) Accept(ctx context.Context, invitation, password string) (string, error) {
	if err := checkPassword("password", password); err != nil {
		return "", err
	}
	if _, err := s.Invited(ctx, invitation); err != nil {
		return "", err
	}
	back, err := s.hashing.turn(ctx)
	if err != nil {
		return "", err
	}
	stored := hashed(password)
	back()
	hash := hashOf(invitation)
	var account [16]byte
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) (err error) {
		if account, err = s.use(ctx, tx, hash[:]); err != nil {
			return err
		}
		if err := renew(ctx, tx, account, &stored); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM access.identity WHERE account = $1`, account)
		return err
	})
	s.recent.forget()
	if errors.Is(err, pgx.ErrNoRows) {
		return "", ErrUnauthenticated
	}
	if err != nil {
		return "", failed("accept an invitation", err)
	}
	return s.begin(ctx, account, byPassword(account, stored), vouched{})
}

// use takes a link away, by its hash, and returns whose it was.
func (s *Service) use(ctx context.Context, tx pgx.Tx, link []byte) (account [16]byte, err error) {
	err = tx.QueryRow(ctx, `
		DELETE FROM access.invitation i USING access.account a
		WHERE i.hash = $1 AND i.expires > $2 AND a.id = i.account AND NOT a.disabled RETURNING i.account`, link, s.now()).Scan(&account)
	return account, err
}

// renew gives an account a password, or none, and has it forget its passkeys and its sessions. The login comes first: whoever is
// signing in by what it was either has a session by then, which ends here, or gets none.
func renew(ctx context.Context, tx pgx.Tx, account [16]byte, password *string) error {
	if _, err := tx.Exec(ctx, `UPDATE access.login SET password = $2, failures = 0 WHERE account = $1`, account, password); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM access.passkey WHERE account = $1`, account); err != nil {
		return err
	}
	return endSessions(ctx, tx, account)
}

// Invited returns the name that a link signs in, and leaves the link as it is.
func (s *Service) Invited(ctx context.Context, invitation string) (name string, err error) {
	hash := hashOf(invitation)
	err = s.pool.QueryRow(ctx, `
		SELECT l.name FROM access.invitation i JOIN access.login l USING (account) JOIN access.account a ON a.id = i.account
		WHERE i.hash = $1 AND i.expires > $2 AND NOT a.disabled`, hash[:], s.now()).Scan(&name)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", ErrUnauthenticated
	}
	return name, failed("find an invitation", err)
}
