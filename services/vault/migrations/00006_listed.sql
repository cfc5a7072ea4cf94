-- +goose Up
-- Since when a child is listed for erasure, because nothing was recorded of it for as long as the municipality keeps its children.
ALTER TABLE child ADD COLUMN listed timestamptz;
CREATE INDEX child_municipality ON child (municipality);

-- When each municipality's list was made last: a list that was not kept up gave nobody notice.
CREATE TABLE listing (
    municipality text PRIMARY KEY,
    made         timestamptz NOT NULL
);

-- +goose Down
DROP TABLE listing;
DROP INDEX child_municipality;
ALTER TABLE child DROP COLUMN listed;
