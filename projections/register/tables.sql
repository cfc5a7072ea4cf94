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

CREATE TABLE opened ( -- what never changes of an occasion, where it has a group or a district
  session uuid NOT NULL, grp uuid, district text NOT NULL, since bigint NOT NULL);

CREATE TABLE session (
  session uuid NOT NULL, programme text NOT NULL, form text NOT NULL, held_on date NOT NULL,
  provider text NOT NULL, -- the municipality that held it, '' for this one
  reason text NOT NULL, -- why it was corrected, '' where it was not
  since bigint NOT NULL, until bigint);

CREATE TABLE void ( -- occasions that were cancelled or withdrawn
  session uuid NOT NULL, why text NOT NULL, reason text NOT NULL, since bigint NOT NULL, until bigint);

CREATE TABLE mark (
  session uuid NOT NULL, child uuid NOT NULL, role text NOT NULL, target text NOT NULL,
  home text NOT NULL, -- '' : as the child's enrolment says
  attended boolean NOT NULL,
  marked_at bigint NOT NULL, -- milliseconds since 1970; 0: not stated
  since bigint NOT NULL, until bigint);

CREATE TABLE headcount (
  session uuid NOT NULL, number bigint NOT NULL, role text NOT NULL, target text NOT NULL, home text NOT NULL,
  people integer NOT NULL, since bigint NOT NULL, until bigint);

CREATE TABLE saved ( -- each time a register was written, were it only to say that nobody came
  session uuid NOT NULL, since bigint NOT NULL);

CREATE TABLE guests ( -- own children in other municipalities that cannot say who they were, standing or taken back
  report uuid NOT NULL, provider text NOT NULL, programme text NOT NULL, form text NOT NULL, held_on date NOT NULL,
  children integer NOT NULL, since bigint NOT NULL);

CREATE TABLE guests_withdrawn ( -- why a count of guests was taken back
  report uuid NOT NULL, reason text NOT NULL, since bigint NOT NULL);

CREATE TABLE referral (
  child uuid NOT NULL, number bigint NOT NULL, channel text NOT NULL, received_on date NOT NULL,
  programme text NOT NULL, form text NOT NULL, reason text NOT NULL, since bigint NOT NULL, until bigint);

CREATE TABLE closing (
  child uuid NOT NULL, number bigint NOT NULL,
  referral bigint, -- of the same child; NULL: it waits for one
  outcome text NOT NULL, closed_on date NOT NULL, since bigint NOT NULL, until bigint);

CREATE TABLE enrolment (
  child uuid NOT NULL, number bigint NOT NULL, programme text NOT NULL, form text NOT NULL, enrolled_on date NOT NULL,
  home text NOT NULL, target text NOT NULL, reason text NOT NULL, since bigint NOT NULL, until bigint);

CREATE TABLE ending (
  child uuid NOT NULL, number bigint NOT NULL,
  enrolment bigint, -- of the same child; NULL: it waits for one
  reason text NOT NULL, ended_on date NOT NULL, since bigint NOT NULL, until bigint);

CREATE TABLE withdrawal ( -- why an entry was taken back
  child uuid NOT NULL, number bigint NOT NULL, reason text NOT NULL, since bigint NOT NULL);

CREATE TABLE merge (
  child uuid NOT NULL, into_child uuid NOT NULL, since bigint NOT NULL, until bigint);

CREATE TABLE erased (
  child uuid NOT NULL, since bigint NOT NULL);

CREATE TABLE message ( -- when what stands at a position was recorded, by whom, and of which session or child
  position bigint NOT NULL, recorded timestamptz NOT NULL, actor uuid, about uuid);
