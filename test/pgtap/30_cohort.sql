-- Cohorts against the reference numbers, against plain SQL, and against themselves however the customers are divided.
\set QUIET on
\pset format unaligned
\pset tuples_only on
\pset pager off
\set ON_ERROR_STOP on
SET client_min_messages = warning;
\getenv reference CLV_REFERENCE_DIR
\if :{?reference}
\else
\set reference ../shared/reference
\setenv CLV_REFERENCE_DIR ../shared/reference
\endif
\set orders `cat "$CLV_REFERENCE_DIR/cdnow.csv" 2>/dev/null`
\set months `cat "$CLV_REFERENCE_DIR/cdnow_cohort_month.csv" 2>/dev/null`
\set weeks `cat "$CLV_REFERENCE_DIR/cdnow_cohort_week.csv" 2>/dev/null`

BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clv;
SELECT no_plan();

-- CDNOW, as of 1998-06-30. Columns: cohort, offset, cohort_size, active, retention, purchase_days, rows, revenue.
CREATE TEMPORARY TABLE reference AS
SELECT unit, f[1]::date AS cohort, f[2]::int AS period_number, f[3]::bigint AS cohort_size, f[4]::bigint AS active,
       f[5]::numeric AS rate, f[7]::bigint AS orders, f[8]::numeric AS revenue
FROM (VALUES ('month', :'months'), ('week', :'weeks')) AS file (unit, content)
CROSS JOIN LATERAL string_to_table(content, E'\n') AS line
CROSS JOIN LATERAL string_to_array(line, ',') AS f
WHERE line ~ '^[0-9]';

CREATE TEMPORARY TABLE cdnow AS
SELECT f[1]::int AS customer, clv.order_history(f[2]::date, f[4]::numeric) AS h
FROM string_to_table(:'orders', E'\n') AS line CROSS JOIN LATERAL string_to_array(line, ',') AS f
WHERE line ~ '^[0-9]' GROUP BY f[1];

SELECT count(*) > 0 AS have_reference FROM reference
\gset
\if :have_reference
SELECT is((SELECT count(*)::text FROM reference WHERE unit = u), n, n || ' cells of the reference by ' || u)
FROM (VALUES ('month', '51'), ('week', '949')) AS v (u, n);
SELECT set_eq(
    format($$ SELECT cohort, period_number, cohort_size, active, orders, revenue, cumulative_revenue
              FROM clv.cohorts((SELECT clv.cohort_state(h, %1$L, '1998-06-30') FROM cdnow)) $$, u),
    format($$ SELECT cohort, period_number, cohort_size, active, orders, revenue,
                     sum(revenue) OVER (PARTITION BY cohort ORDER BY period_number)
              FROM reference WHERE unit = %1$L $$, u),
    'CDNOW by ' || u || ': every cell, and no other')
FROM (VALUES ('month'), ('week')) AS v (u);
-- the reference rates have 12 decimals
SELECT is_empty(
    format($$ SELECT * FROM clv.cohorts((SELECT clv.cohort_state(h, %1$L, '1998-06-30') FROM cdnow)) AS c
              JOIN reference AS r USING (cohort, period_number)
              WHERE r.unit = %1$L AND NOT abs(c.rate - r.rate::float8) <= 5.1e-13 $$, u),
    'CDNOW by ' || u || ': every rate')
FROM (VALUES ('month'), ('week')) AS v (u);
SELECT is((SELECT sum(revenue) FROM clv.cohorts((SELECT clv.cohort_state(h, 'quarter', '1998-06-30') FROM cdnow))),
          (SELECT sum(clv.revenue(h)) FROM cdnow), 'no cent of the revenue is lost');
SELECT is((SELECT count(*) FROM clv.cohorts((SELECT clv.cohort_state(h, 'month', '1998-06-29') FROM cdnow)) WHERE NOT complete),
          3::bigint, 'the running month is incomplete, once for each cohort');
SELECT is_empty($$ SELECT * FROM clv.cohorts((SELECT clv.cohort_state(h, 'month', '1998-06-30') FROM cdnow)) WHERE NOT complete $$,
          'a month is complete on its last day');
\else
SELECT skip('CLV_REFERENCE_DIR has no cdnow.csv', 8);
\endif

-- A shop of 700 customers over three years, the same on every machine.
CREATE TEMPORARY TABLE orders AS
SELECT c AS customer, date '2020-12-20' + ((c * 7919) % 700 + CASE WHEN n = 0 THEN 0 ELSE (c * n * 104729 + n * n * 31) % 500 END)::int AS day,
       ((c * 31 + n * 17) % 10000) / 100.0 - CASE WHEN (c + n) % 23 = 0 THEN 60 ELSE 0 END AS amount
FROM generate_series(1, 700) AS c CROSS JOIN LATERAL generate_series(0, c % 7) AS n;
CREATE TEMPORARY TABLE shop AS SELECT customer, customer % 5 AS store, clv.order_history(day, amount) AS h FROM orders GROUP BY customer;
ANALYZE shop;

-- Retention in plain SQL. Histories add the amounts of a day, so that refunds are netted by day there too.
CREATE FUNCTION pg_temp.expected(unit text, week_start text, until date, kind text)
RETURNS TABLE (cohort date, cohort_size bigint, period_number int, period_start date, active bigint, complete bool, orders bigint, revenue numeric)
LANGUAGE sql AS $$
    WITH bought AS (SELECT customer, day, amount, min(clv.period_start(day, unit, week_start)) OVER (PARTITION BY customer) AS cohort FROM orders WHERE day <= until),
    activity AS (SELECT customer, cohort, clv.periods_between(cohort, day, unit, week_start) AS k, count(*) AS orders, sum(amount) AS revenue
                 FROM bought GROUP BY 1, 2, 3),
    sizes AS (SELECT cohort, count(DISTINCT customer) AS n FROM bought GROUP BY 1),
    grid AS (SELECT s.cohort, s.n, k FROM sizes s, generate_series(0, clv.periods_between(s.cohort, until, unit, week_start)) AS k),
    runs AS (SELECT customer, cohort, max(k) FILTER (WHERE k = rank) AS run, max(k) AS last, min(k) FILTER (WHERE k > 0) AS back
             FROM (SELECT *, row_number() OVER (PARTITION BY customer ORDER BY k) - 1 AS rank FROM activity) AS a GROUP BY 1, 2)
    SELECT g.cohort, g.n, g.k, starts.day,
           (SELECT count(*) FROM runs r WHERE r.cohort = g.cohort AND CASE kind
                WHEN 'on_or_after' THEN r.last >= g.k
                WHEN 'rolling' THEN r.run >= g.k
                WHEN 'cumulative' THEN r.back <= g.k OR g.k = 0
                ELSE EXISTS (SELECT FROM activity a WHERE a.customer = r.customer AND a.k = g.k) END),
           clv.period_end(starts.day, unit, week_start) <= until,
           coalesce((SELECT sum(a.orders) FROM activity a WHERE a.cohort = g.cohort AND a.k = g.k), 0)::bigint,
           coalesce((SELECT sum(a.revenue) FROM activity a WHERE a.cohort = g.cohort AND a.k = g.k), 0)
    FROM grid g
    CROSS JOIN LATERAL (SELECT d::date AS day FROM generate_series(g.cohort::timestamp, g.cohort::timestamp + CASE unit
            WHEN 'month' THEN make_interval(months => g.k) WHEN 'quarter' THEN make_interval(months => 3 * g.k)
            WHEN 'year' THEN make_interval(years => g.k) ELSE make_interval(days => 7 * g.k) END,
            CASE unit WHEN 'month' THEN interval '1 month' WHEN 'quarter' THEN '3 months' WHEN 'year' THEN '1 year' ELSE '7 days' END) AS d
        ORDER BY 1 DESC LIMIT 1) AS starts
$$;
SELECT set_eq(
    format($$ SELECT cohort, cohort_size, period_number, period_start, active, complete, orders, revenue
              FROM clv.cohorts((SELECT clv.cohort_state(h, %L, '2022-11-13', %L) FROM shop), %L) $$, unit, week_start, kind),
    format($$ SELECT * FROM pg_temp.expected(%L, %L, '2022-11-13', %L) $$, unit, week_start, kind),
    concat_ws(' ', unit, nullif(week_start, 'monday'), kind, 'as plain SQL counts'))
FROM (VALUES ('month', 'monday'), ('quarter', 'monday'), ('year', 'monday')) AS v (unit, week_start),
     unnest(ARRAY['on', 'on_or_after', 'rolling', 'cumulative']) AS kind;
SELECT set_eq(
    format($$ SELECT cohort, cohort_size, period_number, period_start, active, complete, orders, revenue
              FROM clv.cohorts((SELECT clv.cohort_state(h, 'week', '2021-07-03', %L) FROM shop)) $$, week_start),
    format($$ SELECT * FROM pg_temp.expected('week', %L, '2021-07-03', 'on') $$, week_start),
    concat_ws(' ', 'weeks from', week_start, 'as plain SQL counts'))
FROM unnest(ARRAY['monday', 'sunday', 'saturday']) AS week_start;

-- Rolling windows and brackets, counted from each customer's own first day.
SELECT set_eq(
    $$ SELECT cohort, period_number, active, revenue FROM clv.cohorts((SELECT clv.cohort_state_rolling(h, 'month', '2022-11-13') FROM shop)) WHERE active > 0 $$,
    $$ WITH bought AS (SELECT *, min(day) OVER (PARTITION BY customer) AS first FROM orders WHERE day <= '2022-11-13')
       SELECT date_trunc('month', first)::date, k, count(DISTINCT customer), sum(amount)
       FROM bought JOIN LATERAL generate_series(0, 40) AS k
         ON day >= (first + make_interval(months => k))::date AND day < (first + make_interval(months => k + 1))::date
       GROUP BY 1, 2 $$,
    'rolling months end on their anniversaries');
SELECT set_eq(
    $$ SELECT cohort, period_number, active, revenue FROM clv.cohorts((SELECT clv.cohort_state_brackets(h, 'month', '2022-11-13', '{0,1,8,31,181}') FROM shop)) WHERE active > 0 $$,
    $$ WITH bought AS (SELECT *, day - min(day) OVER (PARTITION BY customer) AS age, min(day) OVER (PARTITION BY customer) AS first FROM orders WHERE day <= '2022-11-13')
       SELECT date_trunc('month', first)::date, width_bucket(age, ARRAY[0, 1, 8, 31, 181]) - 1, count(DISTINCT customer), sum(amount)
       FROM bought WHERE age < 181 GROUP BY 1, 2 $$,
    'brackets hold their days');
SELECT set_eq(
    $$ SELECT cohort, period_number, active, orders, revenue FROM clv.cohorts((SELECT clv.cohort_state_recurring(h, 'month', '2022-11-13') FROM shop)) WHERE active > 0 $$,
    $$ WITH a AS (SELECT customer, date_trunc('month', day)::date AS month, count(*) AS n, sum(amount) AS amount FROM orders WHERE day <= '2022-11-13' GROUP BY 1, 2)
       SELECT a.month, clv.periods_between(a.month, b.month, 'month'), count(*), sum(b.n)::bigint AS orders, sum(b.amount) AS revenue
       FROM a JOIN a AS b ON a.customer = b.customer AND b.month >= a.month GROUP BY 1, 2 $$,
    'recurring cohorts take a customer in each of its months');

-- However the customers are divided, and whichever way they come: the same bytes.
CREATE TEMPORARY TABLE whole AS
SELECT unit, clv.cohort_table_send(clv.cohort_state(h, unit, '2022-11-13')) AS bytes
FROM shop, unnest(ARRAY['day', 'week', 'month', 'quarter', 'year']) AS unit GROUP BY unit;
SELECT is((SELECT clv.cohort_table_send(clv.cohort_state(h, unit, '2022-11-13' ORDER BY md5(customer::text))) FROM shop), bytes, unit || ': in any order')
FROM whole;
SELECT is((SELECT clv.cohort_table_send(clv.merge(t ORDER BY store DESC)) FROM (SELECT store, clv.cohort_state(h, unit, '2022-11-13') AS t FROM shop GROUP BY store) AS parts),
          bytes, unit || ': merged from stores')
FROM whole;
SELECT is(clv.cohort_table_send(clv.cohort_state(h, unit, '2022-11-13')::text::clv.cohort_table), bytes, unit || ': through text')
FROM shop, whole GROUP BY unit, bytes;
CREATE TABLE clv_cohort_shop AS SELECT * FROM shop;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 3;
CREATE FUNCTION pg_temp.plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || query; END $$;
SELECT matches((SELECT string_agg(line, ' ') FROM pg_temp.plan($$ SELECT clv.cohort_state(h, 'day', '2022-11-13') FROM clv_cohort_shop $$) AS line),
               'Partial Aggregate', 'the aggregate runs in parallel');
SELECT is((SELECT clv.cohort_table_send(clv.cohort_state(h, unit, '2022-11-13')) FROM clv_cohort_shop), bytes, unit || ': in parallel') FROM whole;

-- Curves and extents from the cells.
SELECT set_eq(format($$ SELECT period_number, cohorts_used, customers, active, weighted_rate, lower, upper, simple_rate
                 FROM clv.cohort_curve((SELECT clv.cohort_state(h, %1$L, '2022-11-13') FROM shop), %2$L) $$, unit, kind),
    format($$ SELECT period_number, n, customers, active, rate, lower, upper, simple
              FROM (SELECT period_number, count(*)::int AS n, sum(cohort_size)::bigint AS customers, sum(active)::bigint AS active, avg(rate ORDER BY cohort) AS simple
                    FROM clv.cohorts((SELECT clv.cohort_state(h, %1$L, '2022-11-13') FROM shop), %2$L) WHERE complete GROUP BY 1) AS s, clv.wilson(active, customers) $$, unit, kind),
    concat_ws(' ', 'curve by', unit, kind))
FROM unnest('{week,month,year}'::text[]) AS unit, unnest('{on,rolling}'::text[]) AS kind;
SELECT results_eq(format($$ SELECT e.* FROM clv.cohort_extent((SELECT %1$s FROM shop)) AS e $$, state),
    format($$ SELECT count(DISTINCT cohort), sum(cohort_size) FILTER (WHERE period_number = 0)::bigint, sum(returned)::bigint, min(cohort_size), max(period_number) FILTER (WHERE complete) + 1::bigint,
                     count(*) FILTER (WHERE NOT complete), date '2022-11-13' FROM clv.cohort_cells((SELECT %1$s FROM shop)) $$, state), 'extent of ' || state)
FROM unnest(ARRAY[$$clv.cohort_state(h, 'week', '2022-11-13')$$, $$clv.cohort_state_rolling(h, 'month', '2022-11-13')$$, $$clv.cohort_state_recurring(h, 'quarter', '2022-11-13')$$]) AS state;

-- Extremes.
SELECT is((SELECT count(*) FROM clv.cohorts((SELECT clv.cohort_state('{2004-01-01 1}', 'day', '2023-12-31')))), 7305::bigint,
          'one customer, twenty years of days');
SELECT cmp_ok(octet_length(clv.cohort_table_send(clv.cohort_state(h, 'month', '2022-11-13'))), '<', 25 * 26 / 2 * 30, 'a table grows with cells, not with customers')
FROM shop, generate_series(1, 30);

-- Errors by their code.
SELECT throws_ok($$ SELECT clv.cohort_state(h, 'decade', '2022-11-13') FROM shop $$, '22023', 'unknown period');
SELECT is(clv.cohort_state(h, 'month', '2024-03-31')::text, 'month until 2024-03-31 scale 0 {2024-01-01: 0 1 1 1 0 1 1 10 0, 1 0 0 0 0 0 0 0 -5}', 'a refund that money without an order makes up for')
FROM (VALUES ('{2024-01-05 10, 2024-02-05*0 5, 2024-02-06*0 -5}'::clv.history)) AS v (h);
SELECT throws_ok($$ SELECT clv.cohort_state('{2024-01-05 9999999999999999999999999999999999999, 2024-01-06 -9999999999999999999999999999999999999, 2024-01-07 9999999999999999999999999999999999999, 2024-01-08 -9999999999999999999999999999999999999}'::clv.history, 'month', '2024-03-31') $$, '22003', 'amount out of range', 'refunds beyond what a table keeps, whatever the revenue');
SELECT throws_ok($$ SELECT clv.cohort_state(h, '', '2000-01-01') FROM shop $$, '22023', 'unknown period');
SELECT throws_ok($$ SELECT clv.cohort_state(h, 'week', '2000-01-01', '') FROM shop $$, '22023', 'unknown weekday');
SELECT throws_ok($$ SELECT clv.cohort_state(h, 'month', '-infinity') FROM shop $$, '22008', 'date out of range');
SELECT throws_ok($$ SELECT * FROM clv.cohorts((SELECT clv.cohort_state(h, 'month', '2022-11-13') FROM shop), '') $$, '22023', 'unknown kind of retention');
SELECT throws_ok($$ SELECT clv.cohort_state_brackets(h, 'month', '2022-11-13', '{0}') FROM shop $$, '22023', 'brackets out of order');
SELECT throws_ok($$ SELECT ''::clv.cohort_table $$, '22P02', 'invalid input syntax for type clv.cohort_table');

SELECT * FROM finish();
ROLLBACK;
