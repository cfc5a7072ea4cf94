-- +goose Up
-- Whose log a request was answered from; where that lost its end, what was answered holds no more. None: it was claimed before this was kept.
ALTER TABLE request ADD COLUMN municipality text;

-- +goose Down
ALTER TABLE request DROP COLUMN municipality;
