-- +goose Up
-- What people wrote in surveys: answers in words, reasons, comments. The log names each by its id and a digest of salt, id
-- and text, so that a text can be erased here with its salt and, as long as it stands, be proved to be the one that was meant.
CREATE TABLE backoffice.wording (
    id           uuid PRIMARY KEY,
    municipality text NOT NULL,
    salt         bytea NOT NULL,
    text         text NOT NULL,
    written      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX wording_municipality ON backoffice.wording (municipality);

-- +goose Down
DROP TABLE backoffice.wording;
