-- +goose Up
-- Whether a request named a child by an identity or a label, and which child that is, where somebody was found: with the child goes what
-- was kept of what the request said. Of those that were claimed before it is not known: they go with the next child of their municipality.
ALTER TABLE request ADD COLUMN naming boolean NOT NULL DEFAULT true, ADD COLUMN child uuid, ALTER COLUMN fingerprint DROP NOT NULL;
ALTER TABLE request ALTER COLUMN naming SET DEFAULT false;
CREATE INDEX request_child ON request (child) WHERE child IS NOT NULL;
CREATE INDEX request_naming ON request (municipality) WHERE naming AND child IS NULL;

-- +goose Down
DELETE FROM request WHERE fingerprint IS NULL;
ALTER TABLE request DROP COLUMN naming, DROP COLUMN child, ALTER COLUMN fingerprint SET NOT NULL;
