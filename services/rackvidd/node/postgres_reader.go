package node

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
)

// CreateReader makes a role that owns nothing and can connect to one database and to no other of those there are, unless it is
// there, and returns how to connect as it. What it may read there is up to whoever makes the tables.
func (p *Postgres) CreateReader(ctx context.Context, role, database string) (dsn string, err error) {
	secret, err := Secret(filepath.Join(p.dir, role+".password"), 32)
	if err != nil {
		return "", err
	}
	password := hex.EncodeToString(secret)
	if err := p.createReader(ctx, role, password, database); err != nil {
		return "", fmt.Errorf("make the role %s: %w", role, err)
	}
	return p.dsn(url.UserPassword(role, password), database), nil
}

func (p *Postgres) createReader(ctx context.Context, role, password, database string) error {
	conn, err := pgx.Connect(ctx, p.DSN(database))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var there bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)`, role).Scan(&there); err != nil {
		return err
	}
	name := pgx.Identifier{role}.Sanitize()
	if !there {
		if _, err := conn.Exec(ctx, "CREATE ROLE "+name); err != nil {
			return err
		}
	}
	rows, err := conn.Query(ctx, `SELECT quote_ident(datname) FROM pg_database WHERE datname <> 'template0'`)
	if err != nil {
		return err
	}
	databases, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, fmt.Sprintf(`ALTER ROLE %[1]s LOGIN NOINHERIT PASSWORD '%[2]s'; ALTER ROLE %[1]s SET default_transaction_read_only = on;
		REVOKE ALL ON FUNCTION lo_creat, lo_create, lo_from_bytea FROM PUBLIC; -- large objects are nobody's, and no table
		REVOKE ALL ON DATABASE %[3]s FROM PUBLIC; GRANT CONNECT ON DATABASE %[4]s TO %[1]s`,
		name, password, strings.Join(databases, ", "), pgx.Identifier{database}.Sanitize()))
	return err
}
