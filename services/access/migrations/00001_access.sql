-- +goose Up
-- Whoever acts. The log knows the id alone; what the administrator calls the account stays here.
CREATE TABLE access.account (
    id       uuid PRIMARY KEY,
    name     text NOT NULL,
    disabled boolean NOT NULL DEFAULT false,
    created  timestamptz NOT NULL DEFAULT now()
);

-- The secret itself is nowhere: 256 random bits need no slow hash.
CREATE TABLE access.token (
    id             uuid PRIMARY KEY,
    account        uuid NOT NULL REFERENCES access.account,
    hash           bytea NOT NULL UNIQUE,
    roles          text[] NOT NULL,
    everywhere     boolean NOT NULL,
    municipalities text[] NOT NULL,
    programmes     text[] NOT NULL,
    created        timestamptz NOT NULL DEFAULT now(),
    expires        timestamptz NOT NULL,
    revoked        timestamptz,
    last_used      date
);
CREATE INDEX token_account ON access.token (account);

-- +goose Down
DROP TABLE access.token, access.account;
