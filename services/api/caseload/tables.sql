-- What the lists of work are made from. A row holds from position since to before position until (NULL: it holds).

CREATE TABLE programme (
  programme text NOT NULL, stated text NOT NULL, -- the event's data, as JSON
  since bigint NOT NULL, until bigint);

CREATE TABLE grp (
  grp uuid NOT NULL, programme text NOT NULL, stated text NOT NULL,
  since bigint NOT NULL, until bigint);

CREATE TABLE member (
  grp uuid NOT NULL, child uuid NOT NULL, since bigint NOT NULL, until bigint);

CREATE TABLE session (
  session uuid NOT NULL, programme text NOT NULL, form text NOT NULL, held_on date NOT NULL,
  since bigint NOT NULL, until bigint);

CREATE TABLE gathering ( -- which group an occasion is of; that never changes
  session uuid NOT NULL, grp uuid NOT NULL);

CREATE TABLE void (
  session uuid NOT NULL, why text NOT NULL, since bigint NOT NULL, until bigint);

CREATE TABLE mark (
  session uuid NOT NULL, child uuid NOT NULL, role text NOT NULL, target text NOT NULL, home text NOT NULL,
  attended boolean NOT NULL, since bigint NOT NULL, until bigint);

CREATE TABLE headcount (
  session uuid NOT NULL, number bigint NOT NULL, role text NOT NULL, people int NOT NULL,
  since bigint NOT NULL, until bigint);

CREATE TABLE referral (
  child uuid NOT NULL, number bigint NOT NULL, channel text NOT NULL, received_on date NOT NULL,
  programme text NOT NULL, form text NOT NULL, since bigint NOT NULL, until bigint);

CREATE TABLE closing ( -- closings that close a referral of the same child
  child uuid NOT NULL, number bigint NOT NULL, referral bigint NOT NULL, outcome text NOT NULL,
  since bigint NOT NULL, until bigint);

CREATE TABLE enrolment (
  child uuid NOT NULL, number bigint NOT NULL, programme text NOT NULL, form text NOT NULL, enrolled_on date NOT NULL,
  since bigint NOT NULL, until bigint);

CREATE TABLE ending ( -- ends that close an enrolment of the same child
  child uuid NOT NULL, number bigint NOT NULL, enrolment bigint NOT NULL, ended_on date NOT NULL,
  since bigint NOT NULL, until bigint);

CREATE TABLE merge (
  child uuid NOT NULL, into_child uuid NOT NULL, since bigint NOT NULL, until bigint);
