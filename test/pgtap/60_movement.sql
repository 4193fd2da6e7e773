-- Movements and the bridge of revenue against plain SQL, and against themselves however the customers are divided.
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

CREATE TEMPORARY TABLE orders AS
SELECT c AS customer, date '2020-12-20' + ((c * 7919) % 700 + CASE WHEN n = 0 THEN 0 ELSE (c * n * 104729 + n * n * 31) % 500 END)::int AS day,
       ((c * 31 + n * 17) % 10000) / 100.0 AS amount
FROM generate_series(1, 500) AS c CROSS JOIN LATERAL generate_series(0, c % 7) AS n;
CREATE TEMPORARY TABLE customer AS SELECT customer, customer % 5 AS store, clv.order_history(day, amount) AS h FROM orders GROUP BY customer;
ANALYZE customer;

-- One row for each customer and period since the first purchase of anybody.
CREATE FUNCTION pg_temp.series(unit text, gap int) RETURNS TABLE (customer int, k int, revenue numeric, bought bool, member bool, before bool, first bool) LANGUAGE sql AS $$
    WITH d AS (SELECT customer, clv.periods_between('2020-01-01', day, unit) AS k, sum(amount) AS revenue FROM orders WHERE day <= '2022-11-13' GROUP BY 1, 2),
    grid AS (SELECT c.customer, k FROM (SELECT DISTINCT customer FROM d) AS c, generate_series((SELECT min(k) FROM d), clv.periods_between('2020-01-01', '2022-11-13', unit)) AS k),
    filled AS (SELECT g.customer, g.k, coalesce(d.revenue, 0) AS revenue, d.k IS NOT NULL AS bought,
                      max(d.k) OVER (PARTITION BY g.customer ORDER BY g.k) AS last, min(d.k) OVER (PARTITION BY g.customer) AS first
               FROM grid g LEFT JOIN d USING (customer, k)),
    members AS (SELECT *, coalesce(k < last + gap, false) AS member FROM filled)
    SELECT customer, k, revenue, bought, member, coalesce(lag(member) OVER (PARTITION BY customer ORDER BY k), false), k = first FROM members
$$;
SELECT set_eq(
    format($$ SELECT period_start, opening, new, kept, reactivated, lost, closing, buyers FROM clv.movements((SELECT clv.movement_state(h, %1$L, '2022-11-13', %2$s) FROM customer)) $$, unit, gap),
    format($$ SELECT * FROM (SELECT clv.period_start((date '2020-01-01' + k * interval %3$L)::date, %1$L), count(*) FILTER (WHERE before), count(*) FILTER (WHERE first),
                     count(*) FILTER (WHERE before AND member), count(*) FILTER (WHERE member AND NOT before AND NOT first),
                     count(*) FILTER (WHERE before AND NOT member), count(*) FILTER (WHERE member), count(*) FILTER (WHERE bought)
              FROM pg_temp.series(%1$L, %2$s) GROUP BY k) AS v (a, b, c, d, e, f, g, h) $$, unit, gap, step),
    'movements by ' || unit || ' with a gap of ' || gap)
FROM (VALUES ('month', '1 month'), ('quarter', '3 months'), ('week', '7 days')) AS v (unit, step), generate_series(1, 3) AS gap;
SELECT set_eq(
    format($$ SELECT period_start, opening_revenue, new, reactivated, expansion, contraction, lost, closing_revenue
              FROM clv.value_bridge((SELECT clv.movement_state(h, 'month', '2022-11-13', %s) FROM customer)) $$, gap),
    format($$ SELECT * FROM (SELECT (date '2020-01-01' + k * interval '1 month')::date, sum(revenue - change), coalesce(sum(change) FILTER (WHERE first), 0),
                     coalesce(sum(change) FILTER (WHERE member AND NOT before AND NOT first), 0),
                     coalesce(sum(change) FILTER (WHERE member = before AND change > 0), 0), coalesce(-sum(change) FILTER (WHERE member = before AND change < 0), 0),
                     coalesce(-sum(change) FILTER (WHERE before AND NOT member), 0), sum(revenue)
              FROM (SELECT *, revenue - lag(revenue, 1, 0::numeric) OVER (PARTITION BY customer ORDER BY k) AS change FROM pg_temp.series('month', %s)) AS s GROUP BY k) AS v (a, b, c, d, e, f, g, h) $$, gap),
    'bridge of revenue with a gap of ' || gap)
FROM generate_series(1, 3) AS gap;

-- The identities, in every period of every kind.
CREATE TEMPORARY TABLE tables AS
SELECT unit, gap, clv.movement_state(h, unit, '2022-11-13', gap, 'sunday') AS t
FROM customer, unnest(ARRAY['day', 'week', 'month', 'quarter', 'year']) AS unit, generate_series(1, 4) AS gap GROUP BY unit, gap;
SELECT is_empty($$ SELECT unit, gap, m.* FROM tables, clv.movements(t) AS m WHERE closing <> opening + new + reactivated - lost OR kept <> opening - lost OR net <> closing - opening $$,
    'closing = opening + new + reactivated - lost');
SELECT is_empty($$ SELECT unit, gap, m.* FROM tables, clv.value_bridge(t) AS m
                   WHERE closing_revenue <> opening_revenue + new + reactivated + expansion - contraction - lost $$, 'revenue = revenue before + gains - losses');
SELECT is_empty($$ SELECT * FROM (SELECT unit, gap, opening, lag(closing, 1, 0::bigint) OVER (PARTITION BY unit, gap ORDER BY period_start) AS before FROM tables, clv.movements(t) AS m) AS s WHERE opening <> before $$,
    'a period opens as the one before closed');
SELECT is_empty($$ SELECT unit, gap FROM tables WHERE (SELECT sum(closing_revenue) FROM clv.value_bridge(t)) <> (SELECT sum(amount) FROM orders WHERE day <= '2022-11-13') $$,
    'no cent of the revenue is lost');
SELECT is_empty($$ SELECT unit FROM tables WHERE gap = 1 AND (SELECT sum(new) FROM clv.movements(t)) <> (SELECT count(DISTINCT customer) FROM orders WHERE day <= '2022-11-13') $$, 'each customer is new once');

-- However the customers are divided: the same bytes.
SELECT is((SELECT clv.movement_table_send(clv.movement_state(h, unit, '2022-11-13', gap, 'sunday' ORDER BY md5(customer::text))) FROM customer), clv.movement_table_send(t), unit || ': in any order')
FROM tables WHERE gap < 3;
SELECT is((SELECT clv.movement_table_send(clv.merge(p ORDER BY store DESC)) FROM (SELECT store, clv.movement_state(h, unit, '2022-11-13', gap, 'sunday') AS p FROM customer GROUP BY store) AS parts),
          clv.movement_table_send(t), unit || ': merged from stores') FROM tables WHERE gap < 3;
SELECT is(clv.movement_table_send(t::text::clv.movement_table), clv.movement_table_send(t), unit || ': through text') FROM tables WHERE gap < 3;
CREATE TABLE clv_movement_customer AS SELECT * FROM customer;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 3;
CREATE FUNCTION pg_temp.plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || query; END $$;
SELECT matches((SELECT string_agg(line, ' ') FROM pg_temp.plan($$ SELECT clv.movement_state(h, 'day', '2022-11-13') FROM clv_movement_customer $$) AS line),
               'Partial Aggregate', 'the aggregate runs in parallel');
SELECT is((SELECT clv.movement_table_send(clv.movement_state(h, unit, '2022-11-13', gap, 'sunday')) FROM clv_movement_customer), clv.movement_table_send(t), unit || ': in parallel') FROM tables WHERE gap < 3;

-- Cohorts and movements of one query share what they read of a history, but not beyond its calendar, as_of and bytes.
CREATE TEMPORARY TABLE alike AS
SELECT h FROM customer UNION ALL SELECT h FROM customer
UNION ALL SELECT clv.order_history(date '2015-01-01' + n, n % 97 + 0.5) FROM generate_series(1, 2000) AS n
UNION ALL SELECT clv.order_history(date '2021-01-01' + 40 * n, m * 1.25) FROM generate_series(0, 3) AS n, generate_series(1, 30) AS m GROUP BY m;
SELECT is((SELECT ROW(clv.cohort_state(h, 'month', '2022-11-13'), clv.movement_state(h, 'month', '2022-11-13'), clv.movement_state(h, 'month', '2021-03-05'),
                      clv.cohort_state(h, 'week', '2021-03-05', 'sunday'), clv.movement_state(h, 'week', '2021-03-05', 2, 'monday'), clv.movement_state(h, 'week', '2021-03-05', 2, 'sunday'),
                      clv.cohort_state_rolling(h, 'month', '2022-11-13'), clv.cohort_state_recurring(h, 'month', '2022-11-13'))::text FROM alike),
          (SELECT ROW((SELECT clv.cohort_state(h, 'month', '2022-11-13') FROM alike), (SELECT clv.movement_state(h, 'month', '2022-11-13') FROM alike), (SELECT clv.movement_state(h, 'month', '2021-03-05') FROM alike),
                      (SELECT clv.cohort_state(h, 'week', '2021-03-05', 'sunday') FROM alike), (SELECT clv.movement_state(h, 'week', '2021-03-05', 2, 'monday') FROM alike), (SELECT clv.movement_state(h, 'week', '2021-03-05', 2, 'sunday') FROM alike),
                      (SELECT clv.cohort_state_rolling(h, 'month', '2022-11-13') FROM alike), (SELECT clv.cohort_state_recurring(h, 'month', '2022-11-13') FROM alike))::text),
          'together and each by itself');

SELECT throws_ok($$ SELECT clv.movement_state('{2024-01-05 9999999999999999999999999999999999999, 2024-01-06 -9999999999999999999999999999999999999, 2024-01-07 9999999999999999999999999999999999999, 2024-01-08 -9999999999999999999999999999999999999}'::clv.history, 'month', '2024-03-31') $$, '22003', 'amount out of range', 'refunds beyond what a table keeps, whatever the revenue');
SELECT throws_ok($$ SELECT clv.movement_state(h, '', '2000-01-01') FROM customer $$, '22023', 'unknown period');
SELECT throws_ok($$ SELECT clv.movement_state(h, 'month', '2022-11-13', 0) FROM customer $$, '22023', 'gap out of range');
SELECT throws_ok($$ SELECT clv.movement_state(h, 'month', 'infinity') FROM customer $$, '22008', 'date out of range');
SELECT throws_ok($$ SELECT 'x'::clv.movement_table $$, '22P02', 'invalid input syntax for type clv.movement_table');

SELECT * FROM finish();
ROLLBACK;
