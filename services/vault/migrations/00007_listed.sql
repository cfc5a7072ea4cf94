-- +goose Up
-- How many children are listed is asked for by every start page, and by whoever measures.
CREATE INDEX child_listed ON child (municipality, listed) WHERE listed IS NOT NULL;

-- +goose Down
DROP INDEX child_listed;
