-- +goose Up
-- Since when a child is listed for erasure, because nothing was recorded of it for as long as the municipality keeps its children.
ALTER TABLE child ADD COLUMN listed timestamptz;

-- +goose Down
ALTER TABLE child DROP COLUMN listed;
