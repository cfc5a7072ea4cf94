-- Every query of evidence.go begins with these. $1 is the position, $2 the municipality.
WITH RECURSIVE edge AS (
  SELECT child, into_child FROM merge WHERE since <= $1 AND (until IS NULL OR until > $1)
), chain AS (
  SELECT child, into_child FROM edge
  UNION
  SELECT c.child, e.into_child FROM chain c JOIN edge e ON e.child = c.into_child
), root AS (
  SELECT child, into_child AS root FROM chain c WHERE NOT EXISTS (SELECT FROM edge e WHERE e.child = c.into_child)
), home AS (
  SELECT DISTINCT ON (coalesce(r.root, e.child)) coalesce(r.root, e.child) AS child, e.home
  FROM enrolment e LEFT JOIN root r ON r.child = e.child
  WHERE e.home <> '' AND e.since <= $1 AND (e.until IS NULL OR e.until > $1)
  ORDER BY coalesce(r.root, e.child), e.enrolled_on DESC, e.number DESC
), held AS (
  SELECT s.session, s.form, CASE s.provider WHEN '' THEN s.programme ELSE s.provider || '/' || s.programme END AS programme
  FROM session s LEFT JOIN programme p ON p.programme = s.programme AND s.provider = '' AND p.since <= $1 AND (p.until IS NULL OR p.until > $1)
  WHERE s.held_on BETWEEN $3 AND $4 AND s.since <= $1 AND (s.until IS NULL OR s.until > $1) AND coalesce(p.target, '') <> 'other'
    AND NOT EXISTS (SELECT FROM void v WHERE v.session = s.session AND v.since <= $1 AND (v.until IS NULL OR v.until > $1))
), there AS (
  SELECT a.session, h.form, h.programme, coalesce(r.root, a.child) AS child,
    coalesce(nullif(a.home, ''), m.home, $2) AS home
  FROM held h JOIN attendance a ON a.session = h.session
    LEFT JOIN root r ON r.child = a.child LEFT JOIN home m ON m.child = coalesce(r.root, a.child)
  WHERE a.target = 'substance_abuse' AND a.since <= $1 AND (a.until IS NULL OR a.until > $1)
), place AS (
  SELECT coalesce(r.root, e.child) AS child, coalesce(nullif(e.home, ''), $2) AS home, e.form, e.programme
  FROM enrolment e LEFT JOIN root r ON r.child = e.child
  WHERE e.enrolled_on <= $4 AND e.since <= $1 AND (e.until IS NULL OR e.until > $1)
    AND NOT EXISTS (SELECT FROM ending x WHERE x.child = e.child AND x.enrolment = e.number AND x.ended_on < $3
      AND x.since <= $1 AND (x.until IS NULL OR x.until > $1))
)
