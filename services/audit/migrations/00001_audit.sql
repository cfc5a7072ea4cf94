-- +goose Up
-- Which verifications came to their end: what was asked for, and what the scrub did by itself. A year of them is kept.
CREATE TABLE audit.verification (
    id           bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    municipality text NOT NULL,
    account      uuid, -- who asked for it; none: the scrub
    began        timestamptz NOT NULL,
    ended        timestamptz NOT NULL,
    year         integer NOT NULL, -- whose figures were computed again; 0: none were
    position     bigint NOT NULL, -- of the checkpoint that all was checked against
    findings     integer NOT NULL
);
CREATE INDEX verification_latest ON audit.verification (municipality, (account IS NULL), id);

-- +goose Down
DROP TABLE audit.verification;
