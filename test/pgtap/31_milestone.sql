-- Milestones of customers against plain SQL over their orders.
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
FROM generate_series(1, 300) AS c CROSS JOIN LATERAL generate_series(0, c % 7) AS n;
CREATE TEMPORARY TABLE customer AS SELECT customer, clv.order_history(day, amount) AS h, min(day) AS first FROM orders GROUP BY customer;

SELECT set_eq(format($$ SELECT customer, clv.value_within(h, %1$s, '2022-11-13') AS value FROM customer $$, days),
    format($$ SELECT customer, CASE WHEN first + %1$s <= '2022-11-13' THEN (SELECT sum(amount) FROM orders o WHERE o.customer = c.customer AND day <= first + %1$s) END
              FROM customer c $$, days), 'value within ' || days || ' days')
FROM unnest(ARRAY[0, 30, 90, 360]) AS days;
SELECT set_eq(format($$ SELECT customer, clv.days_to_purchase(h, %s, '2022-11-13') AS days FROM customer $$, n),
    format($$ SELECT customer, (SELECT day - first FROM (SELECT DISTINCT day FROM orders o WHERE o.customer = c.customer AND day <= '2022-11-13') AS d
                                ORDER BY day OFFSET %s - 1 LIMIT 1) FROM customer c $$, n), 'days to purchase ' || n)
FROM unnest(ARRAY[1, 2, 5]) AS n;
-- stddev() and avg() round their numeric results to about 16 digits
SELECT is_empty(format($$ SELECT customer, got, want FROM (
        SELECT customer, clv.variation(h, %1$L, '2022-11-13') AS got,
               (SELECT (stddev(v) / nullif(avg(v), 0))::float8 FROM (
                    SELECT coalesce((SELECT sum(amount) FROM orders o WHERE o.customer = c.customer AND clv.period_start(day, %1$L) = p), 0) AS v
                    FROM generate_series(clv.period_start(first, %1$L)::timestamp, date '2022-11-13' - interval %2$L + interval '1 day', interval %2$L) AS p) AS s) AS want
        FROM customer c WHERE customer %% 10 = 0) AS s
    WHERE got IS DISTINCT FROM want AND NOT coalesce(abs(got - want) <= 1e-13 * want, false) $$, unit, step), 'variation by ' || unit)
FROM (VALUES ('month', '1 month'), ('week', '7 days')) AS v (unit, step);

SELECT set_eq($$ SELECT abc::text || xyz::text AS cell, count(*)
                 FROM (SELECT clv.abc(clv.revenue(h)) OVER () AS abc, clv.xyz(clv.variation(h, 'quarter', '2022-12-31')) AS xyz FROM customer) AS s GROUP BY 1 $$,
              $$ SELECT abc || CASE WHEN v <= 0.5 THEN 'X' WHEN v <= 1 THEN 'Y' WHEN v IS NOT NULL THEN 'Z' END, count(*)
                 FROM (SELECT (clv.abc(clv.revenue(h)) OVER ())::text AS abc, clv.variation(h, 'quarter', '2022-12-31') AS v FROM customer) AS s GROUP BY 1 $$,
              'nine cells of value and steadiness');

SELECT throws_ok($$ SELECT clv.value_within('{}', -1, '2024-01-01') $$, '22023', 'number out of range');
SELECT throws_ok($$ SELECT clv.days_to_purchase('{}', 0, '2024-01-01') $$, '22023', 'number out of range');

SELECT * FROM finish();
ROLLBACK;
