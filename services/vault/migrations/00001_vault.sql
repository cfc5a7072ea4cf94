-- +goose Up
CREATE TABLE child (
    token        uuid PRIMARY KEY,
    municipality text NOT NULL,
    birth_year   smallint,
    protected    boolean NOT NULL DEFAULT false,
    created      timestamptz NOT NULL DEFAULT now()
);

-- index is a keyed hash of an identity number (the same in every municipality) or of a source's own id.
CREATE TABLE identity (
    index        bytea NOT NULL,
    municipality text NOT NULL,
    key_version  int NOT NULL,
    person       boolean NOT NULL,
    token        uuid NOT NULL REFERENCES child,
    PRIMARY KEY (index, municipality)
);
CREATE UNIQUE INDEX identity_token ON identity (token);

CREATE TABLE label (
    token  uuid PRIMARY KEY REFERENCES child,
    sealed bytea NOT NULL
);

-- One row: which erasure ledger belongs to this database, and how many of its lines are done here.
CREATE TABLE ledger (
    id    uuid PRIMARY KEY,
    lines bigint NOT NULL
);

-- Which key versions this database was written with; the fingerprint tells a wrong key from the right one.
CREATE TABLE key (
    version     int PRIMARY KEY,
    fingerprint bytea NOT NULL
);

-- Outlives the child: who read about a token is still accounted for when nobody can tell whose it was.
CREATE TABLE read_log (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at           timestamptz NOT NULL DEFAULT now(),
    municipality text NOT NULL,
    token        uuid NOT NULL,
    account      uuid NOT NULL,
    why          text NOT NULL
);
CREATE INDEX read_log_token ON read_log (token);

-- A cache: everything in it can be read back from the log.
CREATE TABLE record (
    key          uuid PRIMARY KEY,
    municipality text NOT NULL,
    mac          bigint NOT NULL,
    position     bigint NOT NULL,
    stream       text NOT NULL
);
CREATE TABLE record_checkpoint (
    municipality text PRIMARY KEY,
    position     bigint NOT NULL
);

CREATE TABLE request (
    key         uuid PRIMARY KEY,
    fingerprint uuid NOT NULL,
    created     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX request_created ON request (created);

-- +goose Down
DROP TABLE request, record_checkpoint, record, read_log, key, ledger, label, identity, child;
