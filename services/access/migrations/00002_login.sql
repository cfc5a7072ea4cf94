-- +goose Up
-- How an account signs in, and what it may do then. Tokens keep what each was made for.
CREATE TABLE access.login (
    account        uuid PRIMARY KEY REFERENCES access.account,
    name           text NOT NULL UNIQUE,
    password       text, -- Argon2id, as the PHC string; none before the account has chosen one
    roles          text[] NOT NULL,
    everywhere     boolean NOT NULL,
    municipalities text[] NOT NULL,
    programmes     text[] NOT NULL,
    failures       integer NOT NULL DEFAULT 0, -- wrong passwords in a row
    failed         timestamptz
);

-- A link that signs in once, to choose a password. A login has at most one.
CREATE TABLE access.invitation (
    account uuid PRIMARY KEY REFERENCES access.login,
    hash    bytea NOT NULL UNIQUE,
    expires timestamptz NOT NULL
);

-- Somebody who has signed in. The secret itself is nowhere.
CREATE TABLE access.session (
    hash    bytea PRIMARY KEY,
    account uuid NOT NULL REFERENCES access.login,
    seen    timestamptz NOT NULL,
    expires timestamptz NOT NULL
);
CREATE INDEX session_account ON access.session (account);

-- +goose Down
DROP TABLE access.session, access.invitation, access.login;
