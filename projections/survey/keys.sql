CREATE UNIQUE INDEX answer_open ON answer (municipality, year, district) WHERE until IS NULL;
CREATE INDEX answer_year ON answer (year);
CREATE UNIQUE INDEX population_open ON population (year, municipality) WHERE until IS NULL;
CREATE INDEX population_place ON population (municipality);
CREATE UNIQUE INDEX denominator_open ON denominator (denominator) WHERE until IS NULL;
ALTER TABLE message ADD PRIMARY KEY (position);
