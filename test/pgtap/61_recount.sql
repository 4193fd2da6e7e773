-- Counts carried on after some customers changed are those of a fresh count, byte for byte.
\set QUIET on
\pset format unaligned
\pset tuples_only on
\pset pager off
\set ON_ERROR_STOP on
SET client_min_messages = warning;

BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clv;
SELECT no_plan();
SELECT setseed(0.5);

-- 40 bases of 30 customers of whom some change, some come and some go, between two days at most 40 apart.
CREATE TEMPORARY TABLE base AS
SELECT b, date '2024-03-01' + (random() * 60)::int AS day, (random() * random() * 40)::int AS later, (random() * 3)::int AS decimals
FROM generate_series(1, 40) b;
CREATE TEMPORARY TABLE person AS
SELECT b, c, random() < 0.3 AS changes, b.day, b.day + b.later AS next_day, b.decimals FROM base b CROSS JOIN generate_series(1, 30) c;
CREATE TEMPORARY TABLE purchase AS
SELECT p.b, p.c, (p.day - (random() ^ 2 * 120)::int)::date AS day, round((random() * 100 - 5)::numeric, least(p.decimals, (random() * 3)::int)) AS amount,
	(random() < 0.9)::int AS orders, p.changes AND random() < 0.3 AS dropped
FROM person p CROSS JOIN generate_series(1, 4) n WHERE random() < 0.8;
CREATE TEMPORARY TABLE before AS
SELECT p.b, p.c, p.changes, p.day, p.next_day, clv.order_history(o.day, o.amount, o.orders) AS h
FROM person p JOIN purchase o USING (b, c) GROUP BY p.b, p.c, p.changes, p.day, p.next_day;
CREATE TEMPORARY TABLE after AS
SELECT p.b, p.c, p.changes, p.day, p.next_day, clv.order_history(o.day, o.amount, o.orders) AS h
FROM person p JOIN (
	SELECT b, c, day, amount, orders FROM purchase WHERE NOT dropped
	UNION ALL
	SELECT b, c, (next_day + 3 - (random() * 60)::int)::date, round((random() * 100)::numeric, decimals), 1
	FROM person CROSS JOIN generate_series(1, 2) n WHERE changes AND random() < 0.7) o USING (b, c)
GROUP BY p.b, p.c, p.changes, p.day, p.next_day;
SELECT is_empty($$ (SELECT b, c, h::text FROM before WHERE NOT changes) EXCEPT SELECT b, c, h::text FROM after WHERE NOT changes $$, 'who does not change, does not');

CREATE TEMPORARY TABLE counted AS
SELECT b.b, u.period, g.gap, b.day + b.later AS next_day, b.day, t.*, r.*, a.*, f.*
FROM base b CROSS JOIN unnest('{day,week,month,quarter,year}'::text[]) u (period) CROSS JOIN unnest('{1,3}'::int[]) g (gap)
CROSS JOIN LATERAL (SELECT clv.cohort_state(h, period, b.day, 'sunday') AS cohorts, clv.movement_state(h, period, b.day, gap, 'sunday') AS movements FROM before x WHERE x.b = b.b) t
CROSS JOIN LATERAL (SELECT clv.cohort_state(h, period, b.day, 'sunday') AS old_cohorts, clv.movement_state(h, period, b.day, gap, 'sunday') AS old_movements FROM before x WHERE x.b = b.b AND changes) r
CROSS JOIN LATERAL (SELECT clv.cohort_state(h, period, x.next_day, 'sunday') AS new_cohorts, clv.movement_state(h, period, x.next_day, gap, 'sunday') AS new_movements FROM after x WHERE x.b = b.b AND changes) a
CROSS JOIN LATERAL (SELECT clv.cohort_state(h, period, x.next_day, 'sunday') AS fresh_cohorts, clv.movement_state(h, period, x.next_day, gap, 'sunday') AS fresh_movements FROM after x WHERE x.b = b.b) f;
CREATE TEMPORARY TABLE again AS
SELECT *, clv.recount(cohorts, old_cohorts, new_cohorts, next_day) AS cohorts_again, clv.recount(movements, old_movements, new_movements, next_day) AS movements_again FROM counted;
SELECT is_empty($$ SELECT * FROM again WHERE cohorts_again IS NOT NULL AND clv.cohort_table_send(cohorts_again) <> clv.cohort_table_send(fresh_cohorts) $$, 'cohorts are those of a fresh count');
SELECT is_empty($$ SELECT * FROM again WHERE movements_again IS NOT NULL AND clv.movement_table_send(movements_again) <> clv.movement_table_send(fresh_movements) $$, 'movements too');
SELECT is_empty($$ SELECT * FROM again WHERE movements_again IS NOT NULL AND clv.period_start(day, period, 'sunday') <> clv.period_start(next_day, period, 'sunday') $$, 'movements are not carried into another period');
-- Which customer had the most decimals is left to chance: more than half can be carried on.
SELECT ok(count(cohorts_again) > 200, 'mostly there are cohorts') FROM again;
SELECT ok(count(movements_again) > count(*) / 2, 'and movements within a period') FROM again WHERE clv.period_start(day, period, 'sunday') = clv.period_start(next_day, period, 'sunday');

-- Distributions, of numbers with decimals and of doubles
CREATE TEMPORARY TABLE spread AS
SELECT b.b, t.*, r.*, a.*, f.* FROM base b
CROSS JOIN LATERAL (SELECT clv.concentration(clv.revenue(h)) AS revenue, clv.concentration(sqrt(clv.purchase_days(h))) AS root FROM before x WHERE x.b = b.b) t
CROSS JOIN LATERAL (SELECT clv.concentration(clv.revenue(h)) AS old_revenue, clv.concentration(sqrt(clv.purchase_days(h))) AS old_root FROM before x WHERE x.b = b.b AND changes) r
CROSS JOIN LATERAL (SELECT clv.concentration(clv.revenue(h)) AS new_revenue, clv.concentration(sqrt(clv.purchase_days(h))) AS new_root FROM after x WHERE x.b = b.b AND changes) a
CROSS JOIN LATERAL (SELECT clv.concentration(clv.revenue(h)) AS fresh_revenue, clv.concentration(sqrt(clv.purchase_days(h))) AS fresh_root FROM after x WHERE x.b = b.b) f;
SELECT is_empty($$ SELECT * FROM spread WHERE clv.lorenz_send(clv.recount(revenue, old_revenue, new_revenue)) <> clv.lorenz_send(fresh_revenue) $$, 'distributions are those of a fresh count');
SELECT ok(count(clv.recount(revenue, old_revenue, new_revenue)) > count(*) / 2, 'mostly there are distributions') FROM spread;
SELECT is_empty($$ SELECT * FROM spread WHERE (clv.lorenz_send(clv.recount(root, old_root, new_root)) = clv.lorenz_send(fresh_root)) IS NOT TRUE $$, 'those of doubles always');
SELECT is(clv.recount('numeric scale 0 {1, 3}'::clv.lorenz, NULL, 'numeric scale 2 {0.50*2, 3.00, 4.25}')::text, 'numeric scale 2 {0.50*2, 1.00, 3.00*2, 4.25}', 'more decimals than before');
SELECT is(clv.recount('numeric scale 0 {1, 3*2}'::clv.lorenz, 'numeric scale 0 {1, 3}', NULL)::text, 'numeric scale 0 {3}', 'some gone');
SELECT is(clv.recount('numeric scale 2 {1.00, 3.25}'::clv.lorenz, 'numeric scale 2 {3.25}', NULL)::text, NULL, 'the decimals may be gone');
SELECT is(clv.recount(NULL::clv.lorenz, NULL, 'numeric scale 0 {1}')::text, NULL, 'no distribution from none');
SELECT is(clv.recount('float8 {0.5}'::clv.lorenz, NULL, NULL)::text, 'float8 {0.5}', 'nobody changed');
SELECT throws_ok(format('SELECT clv.recount(''numeric scale 0 {1, 3*2}''::clv.lorenz, %L, %L)', removed, added), '22023', 'distributions do not fit together', format('%s, %s', removed, added))
FROM (VALUES ('numeric scale 0 {2}', NULL), ('numeric scale 0 {3*3}', NULL), ('float8 {1}', NULL), (NULL, 'float8 {1}'), ('numeric scale 0 {4}', 'numeric scale 0 {3}')) v (removed, added);

-- Nothing changed, everybody is gone
SELECT is(clv.recount(cohorts, NULL, NULL, day)::text, cohorts::text, 'nothing removed, nothing added') FROM counted LIMIT 1;
SELECT is(clv.recount(movements, movements, movements, day)::text, movements::text, 'all removed, all added') FROM counted LIMIT 1;
SELECT ok(clv.recount(cohorts, cohorts, NULL, day) IS NULL AND clv.recount(movements, movements, NULL, day) IS NULL, 'all gone: counted again') FROM counted WHERE cohorts::text LIKE '%.%' LIMIT 1;
SELECT ok(clv.recount(NULL::clv.cohort_table, old_cohorts, new_cohorts, day) IS NULL AND clv.recount(cohorts, NULL, NULL, NULL) IS NULL, 'nothing from nothing') FROM counted LIMIT 1;
SELECT ok(clv.recount(c, NULL, NULL, '2024-05-01') IS NULL, 'rolling windows are counted again')
	FROM (SELECT clv.cohort_state_rolling(h, 'month', '2024-05-01') AS c FROM after) s;
SELECT throws_ok($$ SELECT clv.recount(a.cohorts, b.cohorts, NULL, a.day) FROM counted a JOIN counted b ON b.b = a.b AND a.period = 'day' AND b.period = 'week' LIMIT 1 $$, '22023');
SELECT throws_ok($$ SELECT clv.recount(a.movements, b.movements, NULL, a.day) FROM counted a JOIN counted b ON b.b = a.b AND b.period = a.period AND a.gap = 1 AND b.gap = 3 LIMIT 1 $$, '22023');

SELECT * FROM finish();
ROLLBACK;
