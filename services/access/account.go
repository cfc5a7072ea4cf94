package access

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// Account is somebody, or something, that acts.
type Account struct {
	ID       events.ID `json:"id"`
	Name     string    `json:"name"`
	Disabled bool      `json:"disabled"`
}

// AddAccount makes an account; the same id again is the same account. The name is what the administrator calls it; no
// log and no event ever holds it.
func (s *Service) AddAccount(ctx context.Context, id events.ID, name string) (Account, error) {
	return addAccount(ctx, s.pool, id, name)
}

// rows is the database, or a transaction of it.
type rows interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func addAccount(ctx context.Context, db rows, id events.ID, name string) (Account, error) {
	n, err := events.ParseName(name)
	if err != nil {
		return Account{}, &InvalidError{"name", err.Error()}
	}
	a := Account{ID: id}
	err = db.QueryRow(ctx, `
		INSERT INTO access.account AS a (id, name) VALUES ($1, $2)
		ON CONFLICT (id) DO UPDATE SET name = a.name RETURNING name`, [16]byte(id), string(n)).Scan(&a.Name)
	return a, failed("add an account", err)
}

// RenameAccount calls an account something else. ErrUnknown: there is none, or it was disabled.
func (s *Service) RenameAccount(ctx context.Context, id events.ID, name string) (Account, error) {
	n, err := events.ParseName(name)
	if err != nil {
		return Account{}, &InvalidError{"name", err.Error()}
	}
	a := Account{ID: id, Name: string(n)}
	err = s.pool.QueryRow(ctx, `UPDATE access.account SET name = $2 WHERE id = $1 AND NOT disabled RETURNING 1`, [16]byte(id), a.Name).Scan(new(int))
	return a, missing("rename an account", err)
}

// ListAccounts returns all, in the order of their names.
func (s *Service) ListAccounts(ctx context.Context) ([]Account, error) {
	rows, err := s.pool.Query(ctx, `SELECT id, name, disabled FROM access.account ORDER BY name, id`)
	if err != nil {
		return nil, failed("list accounts", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (a Account, err error) {
		var id [16]byte
		err = row.Scan(&id, &a.Name, &a.Disabled)
		a.ID = id
		return a, err
	})
	return list, failed("list accounts", err)
}

// Names returns what accounts are called; those that do not exist are left out.
func (s *Service) Names(ctx context.Context, accounts []events.ID) (map[events.ID]string, error) {
	names := make(map[events.ID]string, len(accounts))
	if len(accounts) == 0 {
		return names, nil
	}
	ids := make([][16]byte, len(accounts))
	for i, id := range accounts {
		ids[i] = id
	}
	rows, err := s.pool.Query(ctx, `SELECT id, name FROM access.account WHERE id = ANY($1)`, ids)
	if err != nil {
		return nil, failed("name accounts", err)
	}
	var id [16]byte
	var name string
	_, err = pgx.ForEachRow(rows, []any{&id, &name}, func() error {
		names[id] = name
		return nil
	})
	return names, failed("name accounts", err)
}

// DisableAccount ends every token of an account for good, within the time an authentication is remembered.
func (s *Service) DisableAccount(ctx context.Context, id events.ID) error {
	err := s.pool.QueryRow(ctx, `UPDATE access.account SET disabled = true WHERE id = $1 RETURNING 1`, [16]byte(id)).Scan(new(int))
	s.recent.forget()
	return missing("disable an account", err)
}

func missing(what string, err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrUnknown
	}
	return failed(what, err)
}
