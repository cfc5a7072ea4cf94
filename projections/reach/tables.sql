-- What reach figures are computed from. A row holds from position since to before position until (NULL: it holds).

CREATE TABLE session (
  session uuid NOT NULL, programme text NOT NULL, form text NOT NULL, held_on date NOT NULL,
  provider text NOT NULL, -- the municipality that held it, '' for this one
  since bigint NOT NULL, until bigint);

CREATE TABLE void ( -- occasions that reach nobody
  session uuid NOT NULL, why text NOT NULL, since bigint NOT NULL, until bigint);

CREATE TABLE attendance ( -- children who were there
  session uuid NOT NULL, child uuid NOT NULL, target text NOT NULL,
  home text NOT NULL, -- '' : as the child's enrolment says
  since bigint NOT NULL, until bigint);

CREATE TABLE headcount ( -- children who were there and whom nobody identified
  session uuid NOT NULL, number bigint NOT NULL, target text NOT NULL, home text NOT NULL, children int NOT NULL,
  since bigint NOT NULL, until bigint);

CREATE TABLE guests ( -- own children in other municipalities that cannot say who they were
  report uuid NOT NULL, form text NOT NULL, held_on date NOT NULL, children int NOT NULL,
  since bigint NOT NULL, until bigint);

CREATE TABLE referral (
  child uuid NOT NULL, number bigint NOT NULL, channel text NOT NULL, received_on date NOT NULL,
  ordinal int NOT NULL, -- among the events of its message; -1: of a correction in a later one
  since bigint NOT NULL, until bigint);

CREATE TABLE enrolment (
  child uuid NOT NULL, number bigint NOT NULL, programme text NOT NULL, form text NOT NULL, enrolled_on date NOT NULL,
  home text NOT NULL, since bigint NOT NULL, until bigint);

CREATE TABLE ending ( -- ends that close an enrolment of the same child
  child uuid NOT NULL, number bigint NOT NULL, enrolment bigint NOT NULL, ended_on date NOT NULL,
  since bigint NOT NULL, until bigint);

CREATE TABLE statement ( -- what was said of a child, also of one who was absent: a birth year (0: not said), a gender ('': not said)
  child uuid NOT NULL, birth_year int NOT NULL, gender text NOT NULL,
  correction bigint NOT NULL, -- the position of a correction, which outweighs all before; 0: as it came
  since bigint NOT NULL);

CREATE TABLE merge (
  child uuid NOT NULL, into_child uuid NOT NULL, since bigint NOT NULL, until bigint);

CREATE TABLE erased ( -- children of whom nobody can tell any more who they are
  child uuid NOT NULL, since bigint NOT NULL);

CREATE TABLE programme (
  programme text NOT NULL, target text NOT NULL, since bigint NOT NULL, until bigint);

CREATE TABLE span ( -- decisions of several messages: a position inside one rounds down to before it
  first bigint NOT NULL, last bigint NOT NULL);

CREATE TABLE moment ( -- the first position recorded at a time later than every one before
  recorded timestamptz NOT NULL, position bigint NOT NULL);
CREATE UNIQUE INDEX moment_key ON moment (recorded);
