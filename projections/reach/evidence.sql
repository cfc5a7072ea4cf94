-- What every query of the period begins with. $1 is the position, $2 the municipality, $3 and $4 the period's days,
-- $5 the children that count as another, $6 the child each of them counts as.
WITH root AS (
  SELECT child, root FROM unnest($5::uuid[], $6::uuid[]) AS r(child, root)
), home AS ( -- a mark that names no home is of a child who lives where its latest enrolment says
  SELECT DISTINCT ON (coalesce(r.root, e.child)) coalesce(r.root, e.child) AS child, e.home
  FROM enrolment e LEFT JOIN root r ON r.child = e.child
  WHERE e.home <> '' AND e.since <= $1 AND (e.until IS NULL OR e.until > $1)
  ORDER BY coalesce(r.root, e.child), e.enrolled_on DESC, e.number DESC
), held AS MATERIALIZED (
  SELECT s.session, s.form, CASE s.provider WHEN '' THEN s.programme ELSE s.provider || '/' || s.programme END AS programme
  FROM session s
  WHERE s.held_on BETWEEN $3 AND $4 AND s.since <= $1 AND (s.until IS NULL OR s.until > $1)
    AND NOT EXISTS (SELECT FROM void v WHERE v.session = s.session AND v.since <= $1 AND (v.until IS NULL OR v.until > $1))
    AND NOT EXISTS (SELECT FROM programme p WHERE p.programme = s.programme AND s.provider = '' AND p.target = 'other'
      AND p.since <= $1 AND (p.until IS NULL OR p.until > $1))
)
