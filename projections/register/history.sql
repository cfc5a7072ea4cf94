-- Everything that was recorded, until position $1, of the child $2 and of all that count as the same child there.
WITH RECURSIVE up (child) AS (
  SELECT $2::uuid
  UNION
  SELECT m.into_child FROM up JOIN merge m ON m.child = up.child AND m.since <= $1 AND (m.until IS NULL OR m.until > $1)
), same (child) AS (
  SELECT child FROM up
  UNION
  SELECT m.child FROM same JOIN merge m ON m.into_child = same.child AND m.since <= $1 AND (m.until IS NULL OR m.until > $1)
), line AS (
  SELECT 'referral' AS what, child, number, NULL::uuid AS other, received_on AS on_day, programme, form, channel AS code,
    '' AS home, '' AS target, '' AS role, NULL::bigint AS closes, false AS attended, reason, since, until
  FROM referral JOIN same USING (child)
  UNION ALL
  SELECT 'referral_closed', child, number, NULL, closed_on, '', '', outcome, '', '', '', referral, false, '', since, until
  FROM closing JOIN same USING (child)
  UNION ALL
  SELECT 'enrolment', child, number, NULL, enrolled_on, programme, form, '', home, target, '', NULL, false, reason, since, until
  FROM enrolment JOIN same USING (child)
  UNION ALL
  SELECT 'enrolment_ended', child, number, NULL, ended_on, '', '', reason, '', '', '', enrolment, false, '', since, until
  FROM ending JOIN same USING (child)
  UNION ALL
  SELECT 'session', k.child, NULL, k.session, s.held_on, s.programme, s.form,
    coalesce((SELECT max(why) FROM void v WHERE v.session = k.session AND v.since <= $1 AND (v.until IS NULL OR v.until > $1)), 'held'),
    k.home, k.target, k.role, NULL, k.attended, '', k.since, k.until
  FROM mark k JOIN same USING (child)
  JOIN session s ON s.session = k.session AND s.since <= $1 AND (s.until IS NULL OR s.until > $1)
  UNION ALL
  SELECT 'merged', m.child, NULL, m.into_child, NULL, '', '', '', '', '', '', NULL, false, '', m.since, m.until
  FROM merge m WHERE m.child IN (SELECT child FROM same)
  UNION ALL
  SELECT 'erased', child, NULL, NULL, NULL, '', '', '', '', '', '', NULL, false, '', since, NULL
  FROM erased JOIN same USING (child)
)
SELECT what, line.child, coalesce(line.number, 0), other, on_day, programme, form, code, home, target, role, coalesce(closes, 0), attended,
  line.reason, line.since, a.recorded, a.actor, coalesce(b.position, 0), coalesce(b.recorded, 'epoch'), b.actor, coalesce(w.reason, '')
FROM line
JOIN message a ON a.position = line.since
LEFT JOIN message b ON b.position = line.until AND line.until <= $1
LEFT JOIN withdrawal w ON w.child = line.child AND w.number = line.number AND w.since = line.until AND w.since <= $1
WHERE line.since <= $1
ORDER BY coalesce(on_day, (a.recorded AT TIME ZONE 'UTC')::date), line.since, what, line.child, line.number, other, role, target, home
