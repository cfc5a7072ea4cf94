CREATE UNIQUE INDEX referral_key ON referral (child, number, until) NULLS NOT DISTINCT;
CREATE UNIQUE INDEX closing_key ON closing (child, number, until) NULLS NOT DISTINCT;
CREATE UNIQUE INDEX enrolment_key ON enrolment (child, number, until) NULLS NOT DISTINCT;
CREATE UNIQUE INDEX ending_key ON ending (child, number, until) NULLS NOT DISTINCT;
CREATE UNIQUE INDEX merge_open ON merge (child) WHERE until IS NULL;
CREATE INDEX touched_since ON touched (since);
