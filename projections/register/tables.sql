-- Who came to what, and what was recorded of a child, with everything that stood before it was corrected.
-- A row holds from position since to before position until (NULL: it holds).

CREATE TABLE programme (
  programme text NOT NULL, name text NOT NULL, forms text NOT NULL, -- codes with a comma between
  organiser text NOT NULL, provider text NOT NULL, target text NOT NULL, identity text NOT NULL, district text NOT NULL,
  valid_from date NOT NULL, since bigint NOT NULL, until bigint);

CREATE TABLE groups (
  grp uuid NOT NULL, programme text NOT NULL, form text NOT NULL, name text NOT NULL,
  places integer NOT NULL, -- 0: not stated
  district text NOT NULL, since bigint NOT NULL, until bigint);

CREATE TABLE closure ( -- groups that do not meet after a day
  grp uuid NOT NULL, closed_on date NOT NULL, since bigint NOT NULL, until bigint);

CREATE TABLE member (
  grp uuid NOT NULL, child uuid NOT NULL, since bigint NOT NULL, until bigint);

CREATE TABLE opened ( -- the occasions that have a group, which never changes
  session uuid NOT NULL, grp uuid NOT NULL, since bigint NOT NULL);

CREATE TABLE session (
  session uuid NOT NULL, programme text NOT NULL, form text NOT NULL, held_on date NOT NULL,
  provider text NOT NULL, -- the municipality that held it, '' for this one
  since bigint NOT NULL, until bigint);

CREATE TABLE void ( -- occasions that were cancelled or withdrawn
  session uuid NOT NULL, why text NOT NULL, since bigint NOT NULL, until bigint);

CREATE TABLE mark (
  session uuid NOT NULL, child uuid NOT NULL, role text NOT NULL, target text NOT NULL,
  home text NOT NULL, -- '' : as the child's enrolment says
  attended boolean NOT NULL, since bigint NOT NULL, until bigint);

CREATE TABLE headcount (
  session uuid NOT NULL, number bigint NOT NULL, role text NOT NULL, target text NOT NULL,
  people integer NOT NULL, since bigint NOT NULL, until bigint);

CREATE TABLE saved ( -- each time a register was written, were it only to say that nobody came
  session uuid NOT NULL, since bigint NOT NULL);

CREATE TABLE guests ( -- own children in other municipalities that cannot say who they were, standing or taken back
  report uuid NOT NULL, provider text NOT NULL, programme text NOT NULL, form text NOT NULL, held_on date NOT NULL,
  children integer NOT NULL, actor uuid, since bigint NOT NULL);

CREATE TABLE guests_withdrawn ( -- why a count of guests was taken back
  report uuid NOT NULL, reason text NOT NULL, actor uuid, since bigint NOT NULL);

CREATE TABLE referral (
  child uuid NOT NULL, number bigint NOT NULL, channel text NOT NULL, received_on date NOT NULL,
  programme text NOT NULL, form text NOT NULL, since bigint NOT NULL, until bigint);

CREATE TABLE closing (
  child uuid NOT NULL, number bigint NOT NULL,
  referral bigint, -- of the same child; NULL: it waits for one
  closed_on date NOT NULL, since bigint NOT NULL, until bigint);

CREATE TABLE enrolment (
  child uuid NOT NULL, number bigint NOT NULL, programme text NOT NULL, form text NOT NULL, enrolled_on date NOT NULL,
  since bigint NOT NULL, until bigint);

CREATE TABLE ending (
  child uuid NOT NULL, number bigint NOT NULL,
  enrolment bigint, -- of the same child; NULL: it waits for one
  ended_on date NOT NULL, since bigint NOT NULL, until bigint);

CREATE TABLE merge (
  child uuid NOT NULL, into_child uuid NOT NULL, since bigint NOT NULL, until bigint);

CREATE TABLE erased (
  child uuid NOT NULL, since bigint NOT NULL);

CREATE TABLE message ( -- when what stands at a position was recorded, and of which session or child
  position bigint NOT NULL, recorded timestamptz NOT NULL, about uuid);
