-- +goose Up
-- What somebody works as in a session: one of the account's roles, or all; null: nothing was chosen yet.
ALTER TABLE access.session ADD COLUMN working text;

-- +goose Down
ALTER TABLE access.session DROP COLUMN working;
