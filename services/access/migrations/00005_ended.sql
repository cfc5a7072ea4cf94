-- +goose Up
-- What an identity provider calls a session that it vouched for, and whose it is there: by either it says that it has ended.
ALTER TABLE access.session ADD COLUMN subject text, ADD COLUMN provider_session text;

-- +goose Down
ALTER TABLE access.session DROP COLUMN subject, DROP COLUMN provider_session;
