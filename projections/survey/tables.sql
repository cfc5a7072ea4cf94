-- What municipalities answered, and of how many children. A row holds from position since to before position until
-- (NULL: it holds). Lists of codes are written with | between them.

CREATE TABLE answer (
  municipality text NOT NULL, year int NOT NULL,
  district text NOT NULL, -- '' : the municipality itself
  state text NOT NULL,
  offers text NOT NULL, -- '' : unknown
  children text NOT NULL, -- what kind of answer; value, lower and upper belong to a number or a band
  basis text NOT NULL, value int NOT NULL, lower int NOT NULL, upper int NOT NULL,
  organisers text NOT NULL, forms text NOT NULL, channels text NOT NULL, measures text NOT NULL,
  withheld text NOT NULL, -- questions that were answered and not released
  form text NOT NULL, definition text NOT NULL, version int NOT NULL, origin text NOT NULL,
  since bigint NOT NULL, until bigint);

CREATE TABLE population ( -- children aged 0–17; municipality 0000 is the country
  year int NOT NULL, municipality text NOT NULL, children int NOT NULL, source text NOT NULL,
  since bigint NOT NULL, until bigint);

CREATE TABLE denominator (
  denominator text NOT NULL, name text NOT NULL, need int NOT NULL, source text NOT NULL,
  from_year int NOT NULL, until_year int NOT NULL, -- 0: no bound
  since bigint NOT NULL, until bigint);

CREATE TABLE message ( -- where decisions begin, and when they were recorded
  position bigint NOT NULL, first bigint NOT NULL, recorded timestamptz NOT NULL);
