-- Who waits and who has a place. A row holds from position since to before position until (NULL: it holds).
CREATE TABLE referral (
  child uuid NOT NULL, number bigint NOT NULL, channel text NOT NULL, received_on date NOT NULL,
  programme text NOT NULL, form text NOT NULL, -- '' : not stated
  since bigint NOT NULL, until bigint);

CREATE TABLE closing ( -- closings that close a referral of the same child
  child uuid NOT NULL, number bigint NOT NULL, referral bigint NOT NULL, outcome text NOT NULL, closed_on date NOT NULL,
  since bigint NOT NULL, until bigint);

CREATE TABLE enrolment (
  child uuid NOT NULL, number bigint NOT NULL, programme text NOT NULL, form text NOT NULL, enrolled_on date NOT NULL,
  home text NOT NULL, since bigint NOT NULL, until bigint);

CREATE TABLE ending ( -- ends that end an enrolment of the same child
  child uuid NOT NULL, number bigint NOT NULL, enrolment bigint NOT NULL, ended_on date NOT NULL,
  since bigint NOT NULL, until bigint);

CREATE TABLE merge (
  child uuid NOT NULL, into_child uuid NOT NULL, since bigint NOT NULL, until bigint);

CREATE TABLE erased ( -- of whom nobody can tell any more who it is
  child uuid NOT NULL, since bigint NOT NULL);

CREATE TABLE touched ( -- in whose case something was recorded
  child uuid NOT NULL, since bigint NOT NULL);
