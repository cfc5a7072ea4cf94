-- +goose Up
-- Which backups were taken, by whom, and how large they were. A year of them is kept.
CREATE TABLE audit.backup (
    id      bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    account uuid, -- who asked for it; none: it was taken beside the services
    taken   timestamptz NOT NULL,
    bytes   bigint NOT NULL
);

-- +goose Down
DROP TABLE audit.backup;
