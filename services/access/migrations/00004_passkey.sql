-- +goose Up
-- What somebody signs in by beside a password: a public key, whose private half never leaves the authenticator.
CREATE TABLE access.passkey (
    id         bytea PRIMARY KEY,
    account    uuid NOT NULL REFERENCES access.login,
    site       text NOT NULL, -- the domain that it is for
    credential jsonb NOT NULL, -- with the counter and the flags of its latest use
    added      timestamptz NOT NULL,
    used       timestamptz
);
CREATE INDEX passkey_account ON access.passkey (account);

-- +goose Down
DROP TABLE access.passkey;
