-- +goose Up
-- Whoever answers for data protection reads the log of a municipality, the latest first.
CREATE INDEX read_log_municipality ON read_log (municipality, id DESC);
CREATE INDEX read_log_at ON read_log (at);

-- +goose Down
DROP INDEX read_log_at, read_log_municipality;
