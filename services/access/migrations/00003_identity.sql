-- +goose Up
-- Whom an identity provider vouches for. An account has one at most, and then no password.
CREATE TABLE access.identity (
    account uuid PRIMARY KEY REFERENCES access.login,
    issuer  text NOT NULL,
    subject text NOT NULL,
    UNIQUE (issuer, subject)
);

-- Somebody is signing in, and comes back with this once. The secret itself is in one browser.
CREATE TABLE access.attempt (
    hash    bytea PRIMARY KEY,
    kind    text NOT NULL,
    begun   jsonb NOT NULL,
    expires timestamptz NOT NULL
);
CREATE INDEX attempt_expires ON access.attempt (expires);

-- +goose Down
DROP TABLE access.attempt, access.identity;
