-- +goose Up
-- What a repeat of the request is answered, where nothing else can tell it. No answer names a child.
ALTER TABLE request ADD COLUMN answer bytea;

-- +goose Down
ALTER TABLE request DROP COLUMN answer;
