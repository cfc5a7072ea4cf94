-- +goose Up
-- How each form was worded when a survey was first submitted on it: a digest of its title, questions and options.
CREATE TABLE backoffice.form (
    id        text PRIMARY KEY,
    words     bytea NOT NULL,
    submitted timestamptz NOT NULL DEFAULT now()
);

-- +goose Down
DROP TABLE backoffice.form;
