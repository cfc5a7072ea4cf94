-- +goose Up
-- How many copies a verification could not compare; of those that an earlier version of the program kept it is not known.
ALTER TABLE audit.verification ADD COLUMN unchecked integer NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE audit.verification DROP COLUMN unchecked;
